//! What the npm package's facade calls: one door, JSON text in and out. Structures are small and few here, and one
//! door costs a tenth of what a door for each step does. Every copy on this side is wiped.

use super::{clock, entropy, url};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::{ApiRequest, CompanyId};
use crate::protocol::api_response::{ApiAnswer, ApiResponse};
use crate::protocol::authorization_request::{AuthorizationRequest, SignInOptions};
use crate::protocol::authorization_response::{AuthorizationResponse, Granted};
use crate::protocol::client::{Authorization, Client, Exchange, Progress, Renewal};
use crate::protocol::config::Config;
use crate::protocol::credentials::RedirectUri;
use crate::protocol::http::{Body, HttpOutcome, HttpResponse};
use crate::protocol::json::{self, Object, Value, Writer};
use crate::protocol::pending_authorization::{Flow, PendingAuthorization};
use crate::protocol::rounds;
use crate::protocol::secret::Wiped;
use crate::protocol::session::SessionEvent;
use alloc::string::String;
use alloc::vec::Vec;
use spin::Mutex;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroize;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = isSecureContext)]
    static IS_SECURE_CONTEXT: Option<bool>;
}

/// The clients of this page or worker, by number: the first is 1. A lock, for a static has to have one; nobody waits for it.
static CLIENTS: Mutex<Vec<Option<State>>> = Mutex::new(Vec::new());

/// A client, and what it has to be answered.
#[derive(Debug)]
struct State {
    client: Client,
    /// Handed out by number, taken back once: what JavaScript holds can't be spent twice.
    under_way: Vec<(u64, Exchange)>,
    exchanges: u64,
}

/// Takes one step, which `input` names as `step`, of the client that `open` has given the number `core`. It and the answer
/// are JSON objects; an answer with `error` is one.
#[must_use]
#[wasm_bindgen]
pub fn call(input: String) -> JsValue {
    let answer = answer(&Wiped::new(input));
    wipe_stack();
    answer
}

#[inline(never)]
fn answer(input: &str) -> JsValue {
    let mut out = Writer::object();
    // What the browser runs for us, a page may have replaced; nothing that it calls may come in here meanwhile.
    let clients = CLIENTS.try_lock().ok_or_else(|| Code::NotReady.into());
    if let Err(error) = clients.and_then(|mut clients| take_step(&mut clients, input, &mut out)) {
        out = Writer::object();
        write_error(&mut out, &error);
    }
    JsValue::from_str(&out.end())
}

/// Wipes what a step has left on the stack, such as a code verifier in the middle of its hash. The deepest step needs a
/// third of what is wiped.
#[inline(never)]
fn wipe_stack() {
    [0_u64; 1024].zeroize();
}

fn take_step(clients: &mut Vec<Option<State>>, input: &str, out: &mut Writer) -> Result<(), Error> {
    let input = json::parse_said(input).map_err(|_| Code::ConfigInvalid)?;
    let input = input.as_object().ok_or(Code::ConfigInvalid)?;
    if IS_SECURE_CONTEXT.with(|is_secure| *is_secure == Some(false)) {
        return Err(Code::InsecureContext.into());
    }
    match input.text("step") {
        "open" => {
            let mut state = State::open(input, out)?;
            state.hand_out(state.client.begin_discovery(), out);
            clients.push(Some(state));
            out.number("core", u64::try_from(clients.len()).unwrap_or_default());
        }
        "buildLoginUrl" => build_login_url(input, out)?,
        "parseRedirect" => parse_redirect(input, out)?,
        step => {
            let core = usize::try_from(input.number("core")).unwrap_or_default();
            let slot = core.checked_sub(1).and_then(|index| clients.get_mut(index));
            let slot = slot.ok_or(Code::NotReady)?;
            if step == "close" {
                *slot = None;
            } else {
                slot.as_mut().ok_or(Code::NotReady)?.take_step(step, input, out)?;
            }
        }
    }
    Ok(())
}

impl State {
    fn open(input: &Object, out: &mut Writer) -> Result<Self, Error> {
        let page = match input.text("page") {
            // Off a page, in Node, say.
            "" => None,
            page => Some(url::parse_url(page, None).ok_or(Code::PageWithoutOrigin)?),
        };
        let config = Config::parse(input.text("options"), page, url::parse_url)?;
        let name = config.environment().name.as_str();
        out.string("client", &[name, ":", config.client_id().as_str()].concat());
        Ok(Self {
            client: Client::new(config),
            under_way: Vec::new(),
            exchanges: 0,
        })
    }

    fn take_step(&mut self, step: &str, input: &Object, out: &mut Writer) -> Result<(), Error> {
        let client = &mut self.client;
        let now = clock::now();
        let mut next = None;
        match step {
            "signIn" => {
                // A popup needs a click, so it goes round by nobody's own doing.
                if !input.is("isPopup") {
                    let rounds = rounds::next(input.text("rounds"), input.text("load"), input.is("isByUser"))?;
                    out.string("rounds", &rounds);
                }
                let request = begin_sign_in(client, input)?;
                out.string("state", request.pending.state());
                out.string("record", &request.pending.to_record());
                out.string("url", &request.url);
                write_warning(out, request.warning.as_ref());
            }
            "redeem" => next = redeem(client, input, out)?,
            "refresh" => {
                if let Renewal::Send(exchange) = client.begin_refresh()? {
                    next = Some(exchange);
                }
            }
            "use" => next = client.begin_use(),
            "resume" => next = client.begin_resume(),
            "signOut" => next = client.begin_sign_out(now),
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
            "settle" => {
                let id = input.number("id");
                let at = self
                    .under_way
                    .iter()
                    .position(|(number, _)| *number == id)
                    .ok_or(Code::NotReady)?;
                let (_, exchange) = self.under_way.swap_remove(at);
                match client.settle(exchange, outcome(input), now)? {
                    Progress::Send(exchange) => next = Some(exchange),
                    Progress::SignedIn { return_to, warning } => {
                        out.string("returnTo", return_to.as_str());
                        write_warning(out, warning.as_ref());
                    }
                    Progress::SignedOut { is_revoked } => out.bool("isRevoked", is_revoked),
                    Progress::Discovered | Progress::Refreshed | Progress::Used => {}
                }
            }
            "authorize" => authorize(client, input, out)?,
            "judge" => {
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
            }
            // "session"
            _ => {
                write_session(client, out);
                out.optional("event", client.take_event().map(SessionEvent::as_str));
            }
        }
        self.hand_out(next, out);
        Ok(())
    }

    /// `{ id, url, body?, authorization?, isSameOrigin }`: to be sent once, and brought back to `settle`.
    fn hand_out(&mut self, exchange: Option<Exchange>, out: &mut Writer) {
        if let Some(exchange) = exchange {
            self.exchanges += 1;
            let request = &exchange.request;
            out.number("id", self.exchanges);
            out.string("url", &request.url);
            out.optional("body", request.body.as_ref().map(Body::expose));
            out.optional("authorization", request.authorization.as_ref().map(Body::expose));
            out.bool("isSameOrigin", request.is_same_origin);
            self.under_way.push((self.exchanges, exchange));
        }
    }
}

fn begin_sign_in(client: &Client, input: &Object) -> Result<AuthorizationRequest, Error> {
    let mut options = SignInOptions::parse(input.text("options"), client.config())?;
    options.is_popup = input.is("isPopup");
    // A parser that refuses makes an exception of it, which is slow.
    let page = input.present("page").and_then(Value::as_str);
    options.page = page.and_then(|page| url::parse_url(page, None));
    client.begin_sign_in(&options, entropy::entropy()?, clock::now().wall)
}

fn build_login_url(input: &Object, out: &mut Writer) -> Result<(), Error> {
    let client = Client::new(Config::parse(input.text("config"), None, url::parse_url)?);
    let request = begin_sign_in(&client, input)?;
    out.string("url", &request.url);
    out.string("pending", &request.pending.to_record());
    // Nobody waits here for the sign-in, so a bad target is an error at once.
    request.warning.map_or(Ok(()), Err)
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

fn write_warning(out: &mut Writer, warning: Option<&Error>) {
    out.optional("warning", warning.map(|warning| warning.code().as_str()));
}

/// `{ error, phase, retryable, subject, returnTo?, oauthError?, oauthErrorDescription? }`, of which the facade makes a
/// `ProcoreAuthError`, with the message that it has for each code. The one place where an [`Error`] leaves for JavaScript.
fn write_error(out: &mut Writer, error: &Error) {
    let oauth = error.oauth();
    out.string("error", error.code().as_str());
    out.string("phase", error.phase().as_str());
    out.bool("retryable", error.is_retryable());
    out.string("subject", error.subject());
    out.optional("returnTo", error.return_to());
    out.optional("oauthError", oauth.map(|said| said.error));
    out.optional(
        "oauthErrorDescription",
        oauth.and_then(|said| said.description.as_deref()),
    );
}
