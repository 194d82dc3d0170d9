//! Rows about configurations, token responses and calls of the API.

use super::page::{API, APP, MARK, NOW, Page, REDIRECT_URI, answer, configured, options, tokens_of};
use super::run::Run;
use super::situation::{BROWSER, Elsewhere, Situation, expanded};
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::client::{Exchange, Renewal};
use procore_spa_auth::protocol::http::MAX_BODY;
use procore_spa_auth::protocol::session::Status;
use serde_json::{Value, json};

impl Situation<'_> {
    pub(crate) fn construct(&self, options: &Value) -> Run {
        // A page under development is on the localhost that its redirect URI names; any other is the app's.
        let redirect_uri = &options["credentials"]["production"]["redirectUris"][0];
        let local = redirect_uri.as_str().and_then(|uri| url::Url::parse(uri).ok());
        let local = local.filter(|uri| uri.scheme() == "http" && uri.host_str() == Some("localhost"));
        let page = local.map_or_else(|| APP.to_owned(), |uri| uri.origin().ascii_serialization());
        match configured(options, &page) {
            Ok(config) => Run::new(["ok".to_owned()], Some(Page::new(config)), Vec::new()),
            Err(error) => {
                // A page of its own, for what the error shows and for the next construction.
                let mut page = Page::new(configured(&super::page::options(json!({})), APP).unwrap());
                let outcome = page.word(Err(error));
                Run::new([outcome], Some(page), Vec::new())
            }
        }
    }

    pub(crate) fn config(&self) -> Result<Run, Elsewhere> {
        if let Value::Object(input) = &self.row.input {
            let mut input = Value::Object(input.clone());
            if self.is_marked {
                mark(&mut input, None);
            }
            return Ok(self.construct(&options(input)));
        }
        let text = self.text()?;
        // What JavaScript objects do before they are text: the facade's part.
        let is_of_objects = ["Object.prototype.", "with getter", "Proxy ", "mutated after construct"];
        if is_of_objects.iter().any(|words| text.contains(words)) {
            Err(BROWSER)
        } else {
            self.unknown("the options")
        }
    }

    pub(crate) fn authorization_params(&self) -> Result<Run, Elsewhere> {
        let Value::Object(input) = &self.row.input else {
            return self.unknown("the parameters");
        };
        if let Some(extra) = input.get("extraAuthParams") {
            let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
            let result = page.login(&json!({ "extraParams": extra }).to_string()).map(|_| "ok");
            let outcome = page.word(result);
            return Ok(Run::new([outcome], Some(page), Vec::new()));
        }
        let Some(endpoint) = input.get("authorizationEndpoint").and_then(Value::as_str) else {
            return self.unknown("the parameters");
        };
        let is_custom = input.get("customAS") == Some(&Value::Bool(true));
        let with = |is_custom: bool| {
            let mut server = json!({ "authorizationEndpoint": endpoint });
            if is_custom {
                let there = |path| url::Url::parse(endpoint).unwrap().join(path).unwrap().to_string();
                server["customAuthorizationServer"] = true.into();
                server["tokenEndpoint"] = there("/oauth/token").into();
                server["revocationEndpoint"] = there("/oauth/revoke").into();
                server["apiOrigin"] = API.into();
            }
            options(json!({ "servers": { "production": server } }))
        };
        let mut run = self.construct(&with(is_custom));
        if self.row.effects.contains("unless customAS:true") && configured(&with(true), APP).is_err() {
            run.broken.push("customAS:true does not help".to_owned());
        }
        Ok(run)
    }

    pub(crate) fn token(&self) -> Result<Run, Elsewhere> {
        let Value::Object(input) = &self.row.input else {
            return self.unknown("the answer");
        };
        let body = input.get("body").and_then(Value::as_str);
        let (Some(body), Some(status)) = (body, input.get("status").and_then(Value::as_u64)) else {
            return self.unknown("the answer");
        };
        let content_type = input.get("content_type").and_then(Value::as_str).unwrap_or_default();
        let mut body = expanded(body).map_or_else(|| self.unknown("the size"), Ok)?;
        if self.is_marked {
            for (plain, member) in [
                ("\"T", "access_token"),
                ("\"R\"", "refresh_token"),
                ("\"leak", "client_secret"),
            ] {
                let at = format!("\"{member}\":{plain}");
                body = body.replacen(&at, &format!("\"{member}\":\"{MARK}{}", &plain[1..]), 1);
            }
        }
        // One scope is asked for, so that an answer with more is one with more.
        let exchange = |scope: Option<&str>, body: &str| {
            let rest = scope.map_or_else(|| json!({}), |scope| json!({ "scope": scope }));
            let mut page = Page::new(configured(&options(rest), APP).unwrap());
            page.pend(&self.marked("S1"), &self.marked("V1"), "{}", |_| {});
            // As the sender reads it: one byte more than the limit tells that there was more.
            let read = body.get(..MAX_BODY + 1).unwrap_or(body);
            let answer = answer(status, content_type, read);
            let result = page.redeem(&self.marked(&format!("{REDIRECT_URI}?code=C1&state=S1")), answer);
            let outcome = page.word(result);
            (outcome, page)
        };
        let (outcome, page) = exchange(Some("read"), &body);
        let mut broken = Vec::new();
        if page.bodies.len() != 1 || !page.records.is_empty() {
            broken.push(format!(
                "{} token requests, {} records",
                page.bodies.len(),
                page.records.len()
            ));
        }
        if outcome != "ok" && page.client.session(NOW).status != Status::SignedOut {
            broken.push("a token was kept".to_owned());
        }
        if self.row.effects.starts_with("only if scope requested") && exchange(None, &body).0 != "ok" {
            broken.push("it is refused where no scope was requested, too".to_owned());
        }
        if let Some(list) = self.row.effects.strip_suffix(" rejected") {
            for other in list.split('\'').skip(1).step_by(2) {
                let changed = body.replacen("\"5400\"", &Value::from(other).to_string(), 1);
                let got = exchange(Some("read"), &changed).0;
                if changed == body || got != "err:token_bad_expires_in" {
                    broken.push(format!("{other:?} gave {got}"));
                }
            }
        }
        Ok(Run::new([outcome], Some(page), broken))
    }

    pub(crate) fn api(&self) -> Result<Run, Elsewhere> {
        let mut page = signed_in("tokens")?;
        let outcome = match &self.row.input {
            Value::Object(input) => {
                let Some(target) = input.get("fetch").and_then(Value::as_str) else {
                    return self.unknown("the call");
                };
                page.call(target)
            }
            Value::String(text) => {
                let header = text.strip_prefix("caller passes headers.");
                if let Some(target) = text.strip_prefix("fetch('").and_then(|rest| rest.split('\'').next()) {
                    page.call(target)
                } else if let Some(name) = header {
                    ApiRequest::refuse_header(name).map(|()| "ok")
                } else if let Some(query) = text.strip_prefix("url?").and_then(|rest| rest.split("...").next()) {
                    page.call(&format!("{API}/rest/v1.0/me?{query}{MARK}"))
                } else if text.starts_with("error object of failed call") {
                    return failed_calls();
                } else if text.starts_with("two users alternate login in same tab; late response of user 1") {
                    return two_users();
                } else if ["api 302 ->", "request with credentials:", "new Request("]
                    .iter()
                    .any(|start| text.starts_with(start))
                {
                    // What fetch does with redirects, cookies and objects.
                    return Err(BROWSER);
                } else {
                    return self.unknown("the call");
                }
            }
            _ => return self.unknown("the call"),
        };
        let outcome = page.word(outcome);
        Ok(Run::new([outcome], Some(page), Vec::new()))
    }
}

/// A page that was signed in with tokens of that name.
fn signed_in(tokens: &str) -> Result<Page, Elsewhere> {
    let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
    let exchange = begun(&mut page, "S1", "V1");
    let result = page.finish(exchange, tokens_of(tokens));
    match page.word(result).as_str() {
        "ok" => {
            page.bodies.clear();
            page.targets.clear();
            Ok(page)
        }
        other => Err(Elsewhere::Unknown(format!("the fixture's sign-in: {other}"))),
    }
}

fn begun(page: &mut Page, state: &str, verifier: &str) -> Exchange {
    page.pend(state, verifier, "{}", |_| {});
    page.begin(&format!("{REDIRECT_URI}?code={MARK}&state={state}"))
        .unwrap()
        .unwrap()
}

/// Every way to fail with a token at hand: none shows it.
fn failed_calls() -> Result<Run, Elsewhere> {
    let mut page = signed_in("tokens")?;
    let mut words = Vec::new();
    for target in [
        "https://evil.example/",
        "https://[",
        &format!("/x?access_token={MARK}"),
        &format!("/x?client_secret={MARK}"),
    ] {
        let result = page.call(target);
        words.push(page.word(result));
    }
    for (status, body) in [
        (400, r#"{"error":"invalid_grant"}"#),
        (500, MARK),
        (200, MARK),
        (401, ""),
    ] {
        let mut page_of_one = signed_in("tokens")?;
        let Ok(Renewal::Send(exchange)) = page_of_one.client.begin_refresh() else {
            return Err(Elsewhere::Unknown("no refresh begun".to_owned()));
        };
        let result = page_of_one.finish(exchange, answer(status, "application/json", body));
        words.push(page_of_one.word(result));
        page.errors.append(&mut page_of_one.errors);
    }
    let is_each_an_error = words.iter().all(|word| word.starts_with("err:"));
    let broken = if is_each_an_error {
        Vec::new()
    } else {
        vec![format!("not all failed: {words:?}")]
    };
    Ok(Run::new(["ok".to_owned()], Some(page), broken))
}

/// User 1's exchange is under way when the tab changes hands: user 2's tokens stay user 2's.
fn two_users() -> Result<Run, Elsewhere> {
    let mut broken = Vec::new();
    let user_of = |page: &mut Page| {
        page.headers.clear();
        page.call("/rest/v1.0/me").ok();
        page.headers.pop().unwrap_or_default()
    };
    // A refresh of user 1, and a code of user 1; each with a sign-out between.
    for is_refresh in [true, false] {
        let mut page = if is_refresh {
            signed_in("user1")?
        } else {
            Page::new(configured(&options(json!({})), APP).unwrap())
        };
        let late = match is_refresh {
            true => match page.client.begin_refresh() {
                Ok(Renewal::Send(exchange)) => exchange,
                other => return Err(Elsewhere::Unknown(format!("{other:?}"))),
            },
            false => begun(&mut page, "S1", "V1"),
        };
        page.client.begin_sign_out(page.now);
        let second = begun(&mut page, "S2", "V2");
        let result = page.finish(second, tokens_of("user2"));
        let second = page.word(result);
        page.sent.clear();
        let settled = page.finish(late, tokens_of("late"));
        let late = page.word(settled);
        let is_revoked = page.sent.iter().filter(|url| url.ends_with("/oauth/revoke")).count() == 2;
        let user = user_of(&mut page);
        if second != "ok" || late != "err:session_ended" || !is_revoked || !user.contains("user2") {
            broken.push(format!(
                "refresh {is_refresh}: {second}, late: {late}, revoked: {is_revoked}"
            ));
        }
    }
    Ok(Run::new(["ok".to_owned()], Some(signed_in("tokens")?), broken))
}

/// Adds the mark to every value that may be a secret.
fn mark(value: &mut Value, key: Option<&str>) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(key, value)| mark(value, Some(key))),
        Value::String(text) if !matches!(key, Some("clientId" | "redirectUri")) && !text.is_empty() => {
            text.push_str(MARK)
        }
        _ => {}
    }
}
