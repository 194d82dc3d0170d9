//! What the npm package's facade calls. Structures cross as JSON text, for they are small and few; every copy on this
//! side is wiped.

use super::throw::throw;
use super::{clock, entropy, pending_store, url};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::{ApiAnswer, ApiRequest, CompanyId};
use crate::protocol::authorization_request::SignInOptions;
use crate::protocol::authorization_response::{AuthorizationResponse, Granted};
use crate::protocol::client::{Authorization, Client, Exchange, Progress, Renewal};
use crate::protocol::config::Config;
use crate::protocol::http::{Body, HttpOutcome, HttpResponse};
use crate::protocol::json::Writer;
use crate::protocol::pending_authorization::{Flow, PendingAuthorization};
use crate::protocol::secret::Wiped;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroizing;

/// JSON text, or a thrown error.
type Thrown = Result<JsValue, JsValue>;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = isSecureContext)]
    static IS_SECURE_CONTEXT: Option<bool>;
}

/// A client and its session, for one page.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core(RefCell<State>);

#[derive(Debug)]
struct State {
    client: Client,
    /// Handed out by number, taken back once: what JavaScript holds can't be spent twice.
    under_way: Vec<(u32, Exchange)>,
    exchanges: u32,
}

#[wasm_bindgen]
impl Core {
    /// A client from the options' JSON and the page's URL.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, page: &str) -> Result<Self, JsValue> {
        if IS_SECURE_CONTEXT.with(|is_secure| *is_secure == Some(false)) {
            return Err(throw(&Code::InsecureContext.into()));
        }
        let client = Client::new(configure(options, Some(page)).map_err(|error| throw(&error))?);
        Ok(Self(RefCell::new(State { client, under_way: Vec::new(), exchanges: 0 })))
    }

    /// The exchange that reads the server's metadata, while it is still to be read.
    pub fn discover(&self) -> JsValue {
        let mut state = self.0.borrow_mut();
        let exchange = state.client.begin_discovery();
        state.hand_out(exchange)
    }

    /// Builds a login URL and stores its pending authorization. `{ url, warning? }`
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(&self, options: &str) -> Thrown {
        json(|| {
            let client = &self.0.borrow().client;
            let options = SignInOptions::parse(options, client.config())?;
            let now = clock::now().wall;
            let request = client.begin_sign_in(&options, entropy::entropy()?, now)?;
            pending_store::put(&request.pending, now)?;
            Ok(Writer::object().string("url", &request.url).optional("warning", word(request.warning.as_ref())))
        })
    }

    /// Judges a URL. `undefined`: no response, nothing touched. `record`: what the facade has taken already.
    pub fn redeem(&self, url: &JsValue, record: &JsValue) -> Thrown {
        let mut state = self.0.borrow_mut();
        let redeem = |client: &Client| {
            let Some(response) = AuthorizationResponse::parse(&text(url), client.config())? else {
                return Ok(None);
            };
            let record = record.as_string().map(Wiped::new).or_else(|| pending_store::take(&response));
            let Some(record) = record else {
                return response.unclaimed(pending_store::is_any()).map_or(Ok(None), Err);
            };
            let pending = PendingAuthorization::from_record(&record)?;
            let grant = pending.accept(&response, client.config(), clock::now().wall)?;
            Ok(Some(client.begin_redemption(grant)))
        };
        let exchange = redeem(&state.client).map_err(|error: Error| throw(&error))?;
        Ok(state.hand_out(exchange))
    }

    /// The exchange that renews the access token; `undefined` when one is under way.
    pub fn refresh(&self) -> Thrown {
        let mut state = self.0.borrow_mut();
        let exchange = match state.client.begin_refresh().map_err(|error| throw(&error))? {
            Renewal::Send(exchange) => Some(exchange),
            Renewal::UnderWay => None,
        };
        Ok(state.hand_out(exchange))
    }

    /// Wipes the session; the exchange that revokes its tokens, if there were any.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) -> JsValue {
        let mut state = self.0.borrow_mut();
        let exchange = state.client.begin_sign_out();
        state.hand_out(exchange)
    }

    /// Takes what came back for an exchange. Another exchange (it has an `id`), or what has come of it all.
    ///
    /// `outcome`: `"answer"`, `"redirected"`, `"notSent"`, `"noAnswer"` or `"timedOut"`.
    pub fn settle(&self, id: u32, outcome: &str, status: u16, content_type: &str, body: &JsValue) -> Thrown {
        let mut state = self.0.borrow_mut();
        let Some(at) = state.under_way.iter().position(|(number, _)| *number == id) else {
            return Err(throw(&Code::NotReady.into()));
        };
        let (_, exchange) = state.under_way.swap_remove(at);
        let outcome = match outcome {
            "answer" => HttpOutcome::Answer(HttpResponse::new(status, content_type.to_owned(), None, bytes(body))),
            "redirected" => HttpOutcome::Redirected,
            "notSent" => HttpOutcome::NotSent,
            "timedOut" => HttpOutcome::TimedOut,
            _ => HttpOutcome::NoAnswer,
        };
        let progress = state.client.settle(exchange, outcome, clock::now());
        let done = match progress.map_err(|error| throw(&error))? {
            Progress::Send(exchange) => return Ok(state.hand_out(Some(exchange))),
            Progress::SignedIn { return_to, warning } => Writer::object()
                .string("returnTo", return_to.as_str())
                .optional("warning", word(warning.as_ref())),
            Progress::SignedOut { is_revoked } => Writer::object().bool("isRevoked", is_revoked),
            Progress::Discovered | Progress::Refreshed => Writer::object(),
        };
        Ok(shown(&done.end()))
    }

    /// Checks a request to the API. `{ url, companyId?, authorization?, generation? }`: without `authorization`, a
    /// renewal comes first.
    pub fn authorize(
        &self,
        target: &JsValue,
        company_id: Option<String>,
        is_company_id_float: bool,
        has_authorization: bool,
    ) -> Thrown {
        json(|| {
            if has_authorization {
                return Err(Error::about(Code::ParamReserved, "Authorization").during(Phase::Api));
            }
            let client = &mut self.0.borrow_mut().client;
            let company_id = company_id.map(|id| CompanyId::parse(&id, is_company_id_float)).transpose()?;
            let request = ApiRequest::new(&text(target), company_id, client.config())?;
            let answer = Writer::object()
                .string("url", request.url())
                .optional("companyId", request.company_id().map(CompanyId::as_str));
            Ok(match client.authorize(&request, clock::now())? {
                Authorization::Header { value, generation } => {
                    answer.string("authorization", value.expose()).number("generation", generation.into())
                }
                Authorization::RenewFirst => answer,
            })
        })
    }

    /// Whether a request that got `status` is to be sent once more.
    #[wasm_bindgen(js_name = isToRetry)]
    pub fn is_to_retry(&self, status: u16, generation: u32, is_first_try: bool, is_replayable: bool) -> bool {
        let client = &self.0.borrow().client;
        client.judge(status, generation, is_first_try, is_replayable, clock::now()) == ApiAnswer::RenewAndRetry
    }

    /// Whether the token was replaced since `generation`.
    #[wasm_bindgen(js_name = isReplaced)]
    pub fn is_replaced(&self, generation: u32) -> bool {
        self.0.borrow().client.is_replaced(generation)
    }

    /// The latest change of the session, once.
    #[wasm_bindgen(js_name = takeEvent)]
    pub fn take_event(&self) -> JsValue {
        let event = self.0.borrow_mut().client.take_event();
        event.map_or(JsValue::UNDEFINED, |event| JsValue::from_str(event.as_str()))
    }

    /// The session.
    pub fn session(&self) -> JsValue {
        let client = &self.0.borrow().client;
        let session = client.session(clock::now());
        let facts = Writer::object()
            .string("status", session.status.as_str())
            .string("environment", client.config().environment().name.as_str())
            .optional("flow", session.flow.map(Flow::as_str))
            .bool("renewable", session.is_renewable)
            .optional("scope", session.scope.as_deref());
        let facts = match session.expires_at {
            Some(expires_at) => facts.number("expiresAtEpochSeconds", expires_at),
            None => facts,
        };
        shown(&facts.end())
    }
}

impl State {
    /// `{ id, url, body?, authorization?, isSameOrigin }`: to be sent once, and brought back to `settle`.
    fn hand_out(&mut self, exchange: Option<Exchange>) -> JsValue {
        let Some(exchange) = exchange else {
            return JsValue::UNDEFINED;
        };
        self.exchanges = self.exchanges.wrapping_add(1);
        let request = &exchange.request;
        let json = Writer::object()
            .number("id", self.exchanges.into())
            .string("url", &request.url)
            .optional("body", request.body.as_ref().map(Body::expose))
            .optional("authorization", request.authorization.as_ref().map(Body::expose))
            .bool("isSameOrigin", request.is_same_origin)
            .end();
        self.under_way.push((self.exchanges, exchange));
        shown(&json)
    }
}

/// An error that the facade found, with this crate's words. `code` and `phase` are words of the enums.
#[wasm_bindgen(js_name = errorOf)]
pub fn error_of(code: &str, phase: &str) -> JsValue {
    let code = Code::ALL.iter().find(|known| known.as_str() == code).copied().unwrap_or(Code::UnknownError);
    let phase = Phase::ALL.into_iter().find(|known| known.as_str() == phase).unwrap_or(Phase::Start);
    throw(&Error::from(code).during(phase))
}

/// `buildLoginUrl`: `{ url, pending }`
#[wasm_bindgen(js_name = buildLoginUrl)]
pub fn build_login_url(config: &str, options: &str) -> Thrown {
    json(|| {
        let client = Client::new(configure(config, None)?);
        let options = SignInOptions::parse(options, client.config())?;
        let request = client.begin_sign_in(&options, entropy::entropy()?, clock::now().wall)?;
        match request.warning {
            // Nobody waits here for the sign-in, so a bad target is an error at once.
            Some(error) => Err(error),
            None => {
                Ok(Writer::object().string("url", &request.url).string("pending", &request.pending.to_record()))
            }
        }
    })
}

/// `parseRedirect`: `{ kind, … }`
#[wasm_bindgen(js_name = parseRedirect)]
pub fn parse_redirect(url: &JsValue, pending: &JsValue, server: Option<String>) -> Thrown {
    json(|| {
        let pending = PendingAuthorization::from_record(&text(pending))?;
        let config = pending.config(server.as_deref(), url::parse_url)?;
        let Some(response) = AuthorizationResponse::parse(&text(url), &config)? else {
            return Ok(Writer::object().string("kind", "none"));
        };
        let grant = pending.accept(&response, &config, clock::now().wall)?;
        let answer = match &grant.credential {
            Granted::Code(code, verifier) => Writer::object()
                .string("kind", "code")
                .string("code", code.expose())
                .string("codeVerifier", verifier.expose())
                .string("redirectUri", grant.redirect_uri()),
            #[cfg(feature = "implicit")]
            Granted::Token(tokens) => Writer::object()
                .string("kind", "token")
                .string("accessToken", tokens.access_token.expose())
                .number("expiresIn", tokens.expires_in)
                .optional("scope", tokens.scope.as_deref()),
        };
        Ok(answer
            .string("clientId", config.client_id().as_str())
            .string("environment", config.environment().name.as_str())
            .string("returnTo", grant.return_to.as_str()))
    })
}

fn json(make: impl FnOnce() -> Result<Writer, Error>) -> Thrown {
    match make() {
        Ok(object) => Ok(shown(&object.end())),
        Err(error) => Err(throw(&error)),
    }
}

fn configure(options: &str, page: Option<&str>) -> Result<Config, Error> {
    Config::parse(options, page.and_then(|page| url::parse_url(page, None)), url::parse_url)
}

fn word(warning: Option<&Error>) -> Option<&'static str> {
    warning.map(|warning| warning.code().as_str())
}

fn text(value: &JsValue) -> Wiped {
    Wiped::new(value.as_string().unwrap_or_default())
}

fn shown(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// A copy of a `Uint8Array`; nothing for anything else.
fn bytes(body: &JsValue) -> Zeroizing<Vec<u8>> {
    use wasm_bindgen::JsCast;
    Zeroizing::new(body.dyn_ref::<js_sys::Uint8Array>().map(js_sys::Uint8Array::to_vec).unwrap_or_default())
}
