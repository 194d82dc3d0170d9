//! Rows about going to the login page and coming back.

use super::page::{API, APP, LOGIN, NOW, Page, REDIRECT_URI, answer, configured, field, options};
use super::run::Run;
use super::situation::{Elsewhere, Situation, expanded};
use procore_spa_auth::protocol::http::HttpOutcome;
use serde_json::{Value, json};

/// What has to be said to get the implicit flow.
const RISK: &str = "I accept that tokens in the URL can leak";

impl Situation<'_> {
    /// The page that `setup` describes, with its pending sign-in.
    pub(crate) fn page(&self) -> Result<Page, Elsewhere> {
        let setup = self.row.setup.as_str();
        let mut rest = json!({});
        let mut sign_in = json!({ "flow": "code" });
        let mut age = 0;
        let mut is_pending = true;
        match setup {
            "pending" | "tx_consumed" | "two_tx" | "other_tab" => {}
            "no_tx" | "fresh" => is_pending = false,
            "implicit_on" => {
                rest["allowImplicit"] = RISK.into();
                sign_in["flow"] = "implicit".into();
            }
            "tx_age>ttl" => age = 601,
            _ if setup.starts_with("pending mode=") => {
                let mode = setup["pending mode=".len()..].split(' ').next().unwrap_or_default();
                rest["responseMode"] = mode.into();
            }
            _ if setup.starts_with("issuer") => {
                let named = setup
                    .strip_prefix("issuer=")
                    .and_then(|rest| rest.split([',', ' ']).next());
                let is_required = setup.contains("iss_supported=true");
                rest["servers"]["production"] = json!({
                    "issuer": named.unwrap_or(LOGIN),
                    "issParameter": if is_required { "required" } else { "optional" },
                });
            }
            _ => return self.unknown("the setup"),
        }
        let mut page =
            Page::new(configured(&options(rest), APP).map_err(|error| Elsewhere::Unknown(error.to_string()))?);
        if is_pending {
            let (state, verifier) = (self.marked("S1"), self.marked("V1"));
            page.pend(&state, &verifier, &sign_in.to_string(), |record| {
                record["created"] = (NOW.wall - age).into()
            });
        }
        Ok(page)
    }

    /// A URL that the user comes back on, and what is odd about how.
    pub(crate) fn redirect(&self) -> Result<Run, Elsewhere> {
        let text = self.text()?;
        if let Some(run) = self.told_redirect(text)? {
            return Ok(run);
        }
        let Some((url, how)) = text
            .starts_with("http")
            .then(|| text.split_once(' ').unwrap_or((text, "")))
        else {
            return self.unknown("the situation");
        };
        let (url, how) = match text.find("...(") {
            Some(_) => (expanded(text).map_or_else(|| self.unknown("the size"), Ok)?, ""),
            None => (self.marked(url), how),
        };
        let mut page = self.page()?;
        match how {
            "" | "passed to handleCallback()" => {}
            "(second time)" => {
                let first = page.deliver(&url);
                if first != "ok" {
                    return Err(Elsewhere::Unknown(format!("the first time: {first}")));
                }
                // The effects count what the second time does.
                page.bodies.clear();
                page.targets.clear();
            }
            _ if how.contains("delivered in tab B") && how.contains("created in tab A") => page.records.clear(),
            _ => return self.unknown("how the URL is delivered"),
        }
        if self.row.setup == "tx_consumed" && how.is_empty() {
            page.records.clear();
        }
        let outcome = page.deliver(&url);
        let mut broken = Vec::new();
        if self.row.effects.contains("new state+verifier") {
            page.login(r#"{"flow":"code"}"#).unwrap();
            page.login(r#"{"flow":"code"}"#).unwrap();
            let parts = |url: &String| {
                let parts = ["state", "code_challenge"].map(|name| field(url.split_once('?').unwrap().1, name));
                assert!(parts.iter().all(Option::is_some));
                parts
            };
            let (a, b) = (parts(&page.logins[0]), parts(&page.logins[1]));
            if a[0] == b[0] || a[1] == b[1] || page.deliver(&url) != "err:state_mismatch" {
                broken.push("an old state or verifier is used again".to_owned());
            }
        }
        Ok(Run::new([outcome], Some(page), broken))
    }

    /// Redirects that are told, not shown.
    pub(crate) fn told_redirect(&self, text: &str) -> Result<Option<Run>, Elsewhere> {
        let url = |state: &str, code: &str| self.marked(&format!("{REDIRECT_URI}?code={code}&state={state}"));
        if text.starts_with("two logins started S1,S2; callback for S1 then S2") {
            let mut page = self.page()?;
            page.pend(&self.marked("S2"), &self.marked("V2"), r#"{"flow":"code"}"#, |_| {});
            let outcomes = [page.deliver(&url("S1", "C1")), page.deliver(&url("S2", "C2"))];
            let sent: Vec<_> = page
                .bodies
                .iter()
                .filter_map(|body| field(body, "code_verifier"))
                .collect();
            let is_own = sent == [self.marked("V1"), self.marked("V2")];
            let broken = if is_own {
                Vec::new()
            } else {
                vec![format!("verifiers {}", sent.len())]
            };
            return Ok(Some(Run::new(outcomes, Some(page), broken)));
        }
        let stored_for = text
            .strip_prefix("tx stored for client_id ")
            .and_then(|rest| rest.split(',').next());
        if let Some(client_id) = stored_for.filter(|_| text.contains("SDK now configured with client_id")) {
            let mut page = self.page()?;
            let mut record: Value = serde_json::from_str(&page.records[0].1).unwrap();
            record["clientId"] = client_id.into();
            page.records[0].1 = record.to_string();
            let outcome = page.deliver(&url("S1", "C1"));
            return Ok(Some(Run::new([outcome], Some(page), Vec::new())));
        }
        if text.starts_with("start at sandbox AS, setEnvironment(production)") {
            let mut page = self.page()?;
            let mut record: Value = serde_json::from_str(&page.records[0].1).unwrap();
            record["environment"] = "sandbox".into();
            page.records[0].1 = record.to_string();
            let outcome = page.deliver(&url("S1", "C1"));
            return Ok(Some(Run::new([outcome], Some(page), Vec::new())));
        }
        Ok(None)
    }

    pub(crate) fn discovery(&self) -> Result<Run, Elsewhere> {
        let mut metadata = json!({
            "issuer": LOGIN,
            "authorization_endpoint": "https://login.procore.com/oauth/authorize",
            "token_endpoint": "https://login.procore.com/oauth/token",
            "revocation_endpoint": "https://login.procore.com/oauth/revoke",
        });
        let Some(change) = self.text()?.strip_prefix("metadata.") else {
            return self.unknown("the metadata");
        };
        if let Some((key, value)) = change
            .split_once('=')
            .filter(|(key, _)| !key.ends_with('!') && !key.contains(' '))
        {
            metadata[key] = value.into();
        } else if change.starts_with("issuer != configured issuer") {
            metadata["issuer"] = "https://evil.example".into();
        } else if let Some((key, _)) = change.split_once(" on other origin than issuer") {
            metadata[key] = "https://evil.example/oauth/token".into();
        } else {
            return self.unknown("the metadata");
        }
        let server = json!({ "customAuthorizationServer": true, "discover": true, "issuer": LOGIN, "apiOrigin": API });
        let config = configured(&options(json!({ "servers": { "production": server } })), APP).expect("discovery");
        let mut page = Page::new(config);
        let exchange = page.client.begin_discovery().expect("there is something to discover");
        page.note(&exchange);
        let answer = answer(200, "application/json", &metadata.to_string());
        let result = page
            .client
            .settle(exchange, HttpOutcome::Answer(answer), NOW)
            .map(|_| "ok");
        let outcome = page.word(result);
        Ok(Run::new([outcome], Some(page), Vec::new()))
    }

    pub(crate) fn implicit(&self) -> Result<Run, Elsewhere> {
        let text = self.text()?;
        if let Some(flow) = text
            .strip_prefix("login({flow:'")
            .and_then(|rest| rest.split('\'').next())
        {
            let mut page = self.page()?;
            let result = page.login(&json!({ "flow": flow }).to_string()).map(|_| "ok");
            let outcome = page.word(result);
            return Ok(Run::new([outcome], Some(page), Vec::new()));
        }
        if text.starts_with("code flow fails with invalid_client") {
            let mut page = self.page()?;
            page.pend(&self.marked("S1"), &self.marked("V1"), "{}", |_| {});
            let refusal = answer(401, "application/json", r#"{"error":"invalid_client"}"#);
            let result = page.redeem(&self.marked(&format!("{REDIRECT_URI}?code=C1&state=S1")), refusal);
            let outcome = page.word(result);
            return Ok(Run::new([outcome], Some(page), Vec::new()));
        }
        if cfg!(feature = "implicit") {
            self.redirect()
        } else {
            Err(Elsewhere::Skip("built without the implicit flow"))
        }
    }

    pub(crate) fn return_to(&self) -> Result<Run, Elsewhere> {
        let text = self.text()?;
        let tampered = text.strip_prefix("returnTo tampered in sessionStorage to ");
        if let Some(target) = tampered.and_then(|rest| rest.split(' ').next()) {
            let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
            page.pend("S1", "V1", r#"{"returnTo":"/ok"}"#, |record| {
                record["returnTo"] = target.into()
            });
            let outcome = page.deliver(&format!("{REDIRECT_URI}?code=C1&state=S1"));
            let is_default = page.targets == ["/"];
            let broken = if is_default {
                Vec::new()
            } else {
                vec![format!("it leads to {:?}", page.targets)]
            };
            return Ok(Run::new([outcome], Some(page), broken));
        }
        let target = match text
            .strip_prefix("unparsable '")
            .and_then(|rest| rest.split('\'').next())
        {
            Some(quoted) => quoted,
            None if self.row.setup == "login({returnTo})" => text,
            None => return self.unknown("the target"),
        };
        let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
        let at_login = page
            .login(&json!({ "returnTo": target }).to_string())
            .and_then(|warning| warning.map_or(Ok("ok"), Err));
        let outcome = page.word(at_login);
        let state = page.records[0].0.clone();
        let back = page.deliver(&format!("{REDIRECT_URI}?code=C1&state={state}"));
        let is_signed_in = back == "ok";
        let broken = if is_signed_in {
            Vec::new()
        } else {
            vec![format!("the sign-in ended with {back}")]
        };
        Ok(Run::new([outcome], Some(page), broken))
    }
}
