//! Every other step: what judges a response, and what a session is used, renewed, kept and ended with. The core's second
//! part. See [`super::exports`].

use super::exports::{Clients, State, slot, write_warning};
use super::{clock, start_steps, url};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::{ApiRequest, CompanyId};
use crate::protocol::api_response::{ApiAnswer, ApiResponse};
use crate::protocol::authorization_response::{AuthorizationResponse, Granted};
use crate::protocol::client::{Authorization, Client, Exchange, Progress, Renewal};
use crate::protocol::config::Config;
use crate::protocol::credentials::RedirectUri;
use crate::protocol::http::{HttpOutcome, HttpResponse};
use crate::protocol::json::{Object, Value, Writer};
use crate::protocol::pending_authorization::{Flow, PendingAuthorization};
use crate::protocol::secret::Wiped;
use crate::protocol::session::SessionEvent;
use crate::protocol::time::Moment;
use alloc::string::String;

/// Takes any step.
pub(super) fn take(clients: &mut Clients, input: &Object, out: &mut Writer) -> Result<(), Error> {
    match input.text("step") {
        "parseRedirect" => parse_redirect(input, out),
        "open" | "buildLoginUrl" | "close" | "signIn" | "look" => start_steps::take(clients, input, out),
        step => {
            let state = slot(clients, input)?.as_mut().ok_or(Code::NotReady)?;
            let next = begin(state, step, input, out)?;
            state.hand_out(next, out);
            Ok(())
        }
    }
}

/// A step of a client. What it gives is to be sent.
fn begin(state: &mut State, step: &str, input: &Object, out: &mut Writer) -> Result<Option<Exchange>, Error> {
    let client = &mut state.client;
    let now = clock::now();
    match step {
        "session" => {
            write_session(client, out);
            out.optional("event", client.take_event().map(SessionEvent::as_str));
        }
        "discover" => return Ok(client.begin_discovery()),
        "redeem" => return redeem(client, input, out),
        "refresh" => {
            return Ok(match client.begin_refresh()? {
                Renewal::Send(exchange) => Some(exchange),
                Renewal::UnderWay => None,
            });
        }
        "use" => return Ok(client.begin_use()),
        "resume" => return Ok(client.begin_resume()),
        "signOut" => return Ok(client.begin_sign_out(now)),
        "settle" => return settle(state, input, now, out),
        "save" => out.optional("record", client.save(now).as_deref().map(String::as_str)),
        "restore" => {
            client.restore(input.text("record"), input.is("isSameGrant"), now)?;
            match input.text("late") {
                "" => {}
                late => client.retire(late, now)?,
            }
        }
        "forget" => client.forget(),
        "facts" => write_facts(client.config(), out),
        "authorize" => authorize(client, input, out)?,
        "judge" => judge(client, input, now, out)?,
        _ => return Err(Code::NotReady.into()),
    }
    Ok(None)
}

fn settle(state: &mut State, input: &Object, now: Moment, out: &mut Writer) -> Result<Option<Exchange>, Error> {
    let exchange = state.take_back(input.number("id")).ok_or(Code::NotReady)?;
    match state.client.settle(exchange, outcome(input), now)? {
        Progress::Send(exchange) => return Ok(Some(exchange)),
        Progress::SignedIn { return_to, warning } => {
            out.string("returnTo", return_to.as_str());
            write_warning(out, warning.as_ref());
        }
        Progress::SignedOut { is_revoked } => out.bool("isRevoked", is_revoked),
        Progress::Discovered | Progress::Refreshed | Progress::Used => {}
    }
    Ok(None)
}
fn parse_redirect(input: &Object, out: &mut Writer) -> Result<(), Error> {
    let pending = PendingAuthorization::from_record(input.text("pending"))?;
    let mut config = Config::parse(input.text("config"), None, url::parse_url)?;
    // Where the sign-in has asked for it; it may have been of the implicit flow.
    config.response_mode = pending.response_mode;
    let Some(response) = AuthorizationResponse::parse(input.text("url"), &config)? else {
        out.string("kind", "none");
        return Ok(());
    };
    if !response.claims(pending.state()) {
        out.string("kind", "none");
        return response.unclaimed(true).map_or(Ok(()), Err);
    }
    let grant = pending.accept(&response, &config, clock::now().wall)?;
    match &grant.credential {
        Granted::Code(code, verifier) => {
            out.string("kind", "code");
            out.string("code", code.expose());
            out.string("codeVerifier", verifier.expose());
            out.string("redirectUri", grant.redirect_uri());
        }
        #[cfg(feature = "implicit")]
        Granted::Token(tokens) => {
            out.string("kind", "token");
            out.string("accessToken", tokens.access_token.expose());
            out.number("expiresIn", tokens.expires_in);
            out.optional("scope", tokens.scope.as_deref());
        }
    }
    out.string("clientId", config.client_id().as_str());
    out.string("environment", config.environment().name.as_str());
    out.string("returnTo", grant.return_to.as_str());
    Ok(())
}

/// Judges a URL. `None`: no response, nothing touched; or, with `isStored`, one whose `record` is still in storage, and is
/// to be removed there before it comes back here without that word. `isSpent`: this tab has had that response before.
fn redeem(client: &mut Client, input: &Object, out: &mut Writer) -> Result<Option<Exchange>, Error> {
    let record = input.member("record").and_then(Value::as_str);
    let Some(response) = AuthorizationResponse::parse(input.text("url"), client.config())? else {
        // A record is there because its state is in the URL.
        return record.map_or(Ok(None), |_| Err(Code::ResponseTooLarge.into()));
    };
    let Some(record) = record else {
        let is_spent = input.is("isSpent");
        // Who is signed in has no use for it any more, and nothing to be told.
        if is_spent && client.is_signed_in() {
            return Ok(None);
        }
        return response
            .unclaimed(input.is("isAnyPending") && !is_spent)
            .map_or(Ok(None), Err);
    };
    let pending = PendingAuthorization::from_record(record);
    if input.is("isStored") {
        let is_here = response.is_on_redirect_uri();
        let config = client.config();
        let is_foreign =
            |pending: &PendingAuthorization| !(pending.is_of(config) && (is_here || pending.is_to(config)));
        if !pending.as_deref().is_ok_and(is_foreign) {
            out.bool("isClaimed", true);
        } else if is_here {
            return Err(Code::IssuerChanged.into());
        }
        // Another client of this page may wait for it: it stays.
        return Ok(None);
    }
    let grant = client.accept_response(*pending?, &response, clock::now().wall)?;
    Ok(Some(client.begin_redemption(grant)))
}

/// `outcome`: `"answer"`, `"redirected"`, `"notSent"`, `"timedOut"`, or anything else for no answer.
fn outcome(input: &Object) -> HttpOutcome {
    match input.text("outcome") {
        "answer" => HttpOutcome::Answer(HttpResponse::new(
            input.number("status"),
            input.text("contentType").into(),
            Wiped::from(input.text("body")),
        )),
        "redirected" => HttpOutcome::Redirected,
        "notSent" => HttpOutcome::NotSent,
        "timedOut" => HttpOutcome::TimedOut,
        _ => HttpOutcome::NoAnswer,
    }
}

/// `{ url, companyId?, generation, authorization?, isUnused? }`: without `authorization`, a renewal comes first.
fn authorize(client: &mut Client, input: &Object, out: &mut Writer) -> Result<(), Error> {
    if input.is("hasAuthorization") {
        return Err(Error::about(Code::ParamReserved, "Authorization").during(Phase::Api));
    }
    let company_id = match input.text("companyId") {
        "" if !input.is("hasCompanyId") => None,
        digits => Some(CompanyId::parse(digits, input.is("isCompanyIdFloat"))?),
    };
    let request = ApiRequest::new(input.text("target"), company_id, client.config())?;
    let request = match input.number("generation") {
        0 => request,
        generation => request.tried_in(generation),
    };
    let request = if input.is("isRenewed") {
        request.renewed()
    } else {
        request
    };
    out.string("url", request.url());
    out.optional("companyId", request.company_id().map(CompanyId::as_str));
    let authorization = client.authorize(&request, clock::now())?;
    out.number("generation", client.generation());
    if let Authorization::Header { value, .. } = authorization {
        out.string("authorization", value.expose());
        out.bool("isUnused", client.is_unused());
    }
    Ok(())
}

fn judge(client: &mut Client, input: &Object, now: Moment, out: &mut Writer) -> Result<(), Error> {
    let (status, generation) = (input.number("status"), input.number("generation"));
    // No status and no redirect, no answer.
    if status == 0 && !input.is("isRedirect") {
        return Err(Error::from(Code::NetworkError).during(Phase::Api));
    }
    let response = ApiResponse::new(status)
        .after(input.number("tries"))
        .to(input.text("method"), input.is("isReplayable"))
        .declared(match input.member("isIdempotent") {
            Some(Value::Bool(is_idempotent)) => Some(*is_idempotent),
            _ => None,
        })
        .with(input.text("retryAfter"), input.text("rateLimitReset"))
        .cached(input.text("cache"));
    let answer = client.judge(&response, generation, now);
    out.bool("isToRetry", answer != ApiAnswer::Return);
    // Others may have renewed it meanwhile.
    let is_to_renew = answer == ApiAnswer::RenewAndRetry && !client.is_replaced(generation);
    out.bool("isToRenew", is_to_renew);
    out.bool("isToFollow", answer == ApiAnswer::Follow);
    if let ApiAnswer::WaitAndRetry(seconds) = answer {
        out.number("waitSeconds", seconds);
    }
    Ok(())
}

fn write_session(client: &Client, out: &mut Writer) {
    let session = client.session(clock::now());
    out.string("status", session.status.as_str());
    out.optional("id", client.session_handle());
    out.string("environment", client.config().environment().name.as_str());
    out.optional("flow", session.flow.map(Flow::as_str));
    out.bool("renewable", session.is_renewable);
    out.optional("scope", session.scope.as_deref());
    if let Some(expires_at) = session.expires_at {
        out.number("expiresAtEpochSeconds", expires_at);
    }
}

/// What a check-up goes by.
fn write_facts(config: &Config, out: &mut Writer) {
    let environment = config.environment();
    let (token_endpoint, is_mediator) = config.token_endpoint();
    let (revocation_endpoint, _) = config.revocation_endpoint();
    out.strings("redirectUris", config.redirect_uris().iter().map(RedirectUri::as_str));
    out.bool("isMediator", is_mediator);
    out.string("environment", environment.name.as_str());
    out.string("clientId", config.client_id().as_str());
    out.string("issuer", &environment.issuer);
    out.string("authorizationEndpoint", &environment.authorization_endpoint);
    out.string("tokenEndpoint", token_endpoint);
    out.string("revocationEndpoint", revocation_endpoint);
    out.string("tokenInfoEndpoint", &environment.token_info_endpoint);
    out.string("apiOrigin", &environment.api_origin);
}
