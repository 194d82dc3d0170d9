//! What the npm package's facade calls. Structures cross as JSON text, for they are small and few; secrets cross as
//! late as they can, and every copy on this side is wiped.

use super::throw::throw;
use super::{clock, entropy, pending_store};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::{ApiAnswer, ApiRequest, CompanyId};
use crate::protocol::authorization_request::SignInOptions;
use crate::protocol::authorization_response::{AuthorizationResponse, Granted};
use crate::protocol::client::{self, Authorization, Client, Progress, Renewal};
use crate::protocol::config::Config;
use crate::protocol::http::{Body, HttpOutcome, HttpResponse};
use crate::protocol::json::Writer;
use crate::protocol::pending_authorization::PendingAuthorization;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroizing;

type Result<T> = core::result::Result<T, JsValue>;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = isSecureContext)]
    static IS_SECURE_CONTEXT: Option<bool>;
}

/// A client and its session, for one page.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core(RefCell<Client>);

#[wasm_bindgen]
impl Core {
    /// A client from the options' JSON and the page's URL.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, page: &str) -> Result<Self> {
        if IS_SECURE_CONTEXT.with(|is_secure| *is_secure == Some(false)) {
            return Err(throw(&Code::InsecureContext.into()));
        }
        let config = configure(options, Some(page))?;
        Ok(Self(RefCell::new(Client::new(config))))
    }

    /// The exchange that reads the server's metadata, while it is still to be read.
    pub fn discover(&self) -> Option<Exchange> {
        self.0.borrow().begin_discovery().map(Exchange)
    }

    /// Builds a login URL and stores its pending authorization. `{ url, warning? }`
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(&self, options: &str) -> Result<String> {
        let client = self.0.borrow();
        let now = clock::now().wall;
        let request = SignInOptions::parse(options, client.config())
            .and_then(|options| client.begin_sign_in(&options, entropy::entropy()?, now))
            .map_err(|error| throw(&error))?;
        pending_store::put(&request.pending, now).map_err(|error| throw(&error))?;
        let warning = request.warning.map(|warning| warning.code().as_str());
        Ok(Writer::object()
            .string("url", &request.url)
            .optional("warning", warning)
            .end()
            .as_str()
            .to_owned())
    }

    /// Judges a URL. `undefined`: no response, nothing touched. `record`: what the facade has taken already.
    pub fn redeem(&self, url: &JsValue, record: &JsValue) -> Result<Option<Exchange>> {
        let client = self.0.borrow();
        let redeem = || {
            let Some(response) = AuthorizationResponse::parse(&text(url), client.config())? else {
                return Ok(None);
            };
            let record = record
                .as_string()
                .map(Zeroizing::new)
                .or_else(|| pending_store::take(&response));
            let Some(record) = record else {
                return response.unclaimed(pending_store::is_any()).map_or(Ok(None), Err);
            };
            let pending = PendingAuthorization::from_record(&record)?;
            let grant = pending.accept(&response, client.config(), clock::now().wall)?;
            Ok(Some(Exchange(client.begin_redemption(grant))))
        };
        redeem().map_err(|error: Error| throw(&error))
    }

    /// The exchange that renews the access token; `undefined` when one is under way.
    pub fn refresh(&self) -> Result<Option<Exchange>> {
        match self.0.borrow_mut().begin_refresh() {
            Ok(Renewal::Send(exchange)) => Ok(Some(Exchange(exchange))),
            Ok(Renewal::UnderWay) => Ok(None),
            Err(error) => Err(throw(&error)),
        }
    }

    /// Wipes the session; the exchange that revokes its tokens, if there were any.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) -> Option<Exchange> {
        self.0.borrow_mut().begin_sign_out().map(Exchange)
    }

    /// Takes what came back. An [`Exchange`] if there is one more, else what came of it, as JSON.
    ///
    /// `outcome`: `"answer"`, `"redirected"`, `"notSent"`, `"noAnswer"` or `"timedOut"`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an exchange is spent, here and in JavaScript"
    )]
    pub fn settle(
        &self,
        exchange: Exchange,
        outcome: &str,
        status: u16,
        content_type: &str,
        body: Option<Uint8Array>,
    ) -> Result<JsValue> {
        let outcome = match outcome {
            "answer" => HttpOutcome::Answer(HttpResponse::new(status, content_type.to_owned(), None, bytes(body))),
            "redirected" => HttpOutcome::Redirected,
            "notSent" => HttpOutcome::NotSent,
            "timedOut" => HttpOutcome::TimedOut,
            _ => HttpOutcome::NoAnswer,
        };
        let settled = self.0.borrow_mut().settle(exchange.0, outcome, clock::now());
        let done = match settled.map_err(|error| throw(&error))? {
            Progress::Send(exchange) => return Ok(Exchange(exchange).into()),
            Progress::SignedIn { return_to, warning } => Writer::object()
                .string("returnTo", return_to.as_str())
                .optional("warning", warning.map(|warning| warning.code().as_str())),
            Progress::SignedOut { is_revoked } => Writer::object().bool("isRevoked", is_revoked),
            Progress::Discovered | Progress::Refreshed => Writer::object(),
        };
        Ok(JsValue::from_str(&done.end()))
    }

    /// Checks a request to the API. Without `authorization` in the answer, a renewal comes first.
    pub fn authorize(&self, target: &JsValue, company_id: &JsValue, headers: Vec<String>) -> Result<Authorized> {
        let mut client = self.0.borrow_mut();
        let mut authorize = || {
            headers.iter().try_for_each(|name| ApiRequest::refuse_header(name))?;
            let company_id = match company_id.as_f64() {
                Some(_) => Some(CompanyId::parse(
                    &String::from(js_sys::JsString::from(company_id.clone())),
                    true,
                )?),
                None => company_id
                    .as_string()
                    .map(|id| CompanyId::parse(&id, false))
                    .transpose()?,
            };
            let request = ApiRequest::new(&text(target), company_id, client.config())?;
            let authorization = client.authorize(&request, clock::now())?;
            Ok(Authorized { request, authorization })
        };
        authorize().map_err(|error: Error| throw(&error))
    }

    /// Whether a request that got `status` is to be sent once more.
    #[wasm_bindgen(js_name = isToRetry)]
    pub fn is_to_retry(&self, status: u16, generation: u32, is_first_try: bool, is_replayable: bool) -> bool {
        let answer = self
            .0
            .borrow()
            .judge(status, generation, is_first_try, is_replayable, clock::now());
        answer == ApiAnswer::RenewAndRetry
    }

    /// Whether the token was replaced since `generation`.
    #[wasm_bindgen(js_name = isReplaced)]
    pub fn is_replaced(&self, generation: u32) -> bool {
        self.0.borrow().is_replaced(generation)
    }

    /// The latest change of the session, once.
    #[wasm_bindgen(js_name = takeEvent)]
    pub fn take_event(&self) -> Option<String> {
        self.0.borrow_mut().take_event().map(|event| event.as_str().to_owned())
    }

    /// The session, as JSON.
    pub fn session(&self) -> String {
        let client = self.0.borrow();
        let session = client.session(clock::now());
        let environment = client.config().environment().name.as_str();
        let json = Writer::object()
            .string("status", session.status.as_str())
            .string("environment", environment)
            .optional(
                "flow",
                session.flow.map(crate::protocol::pending_authorization::Flow::as_str),
            )
            .bool("renewable", session.is_renewable)
            .optional("scope", session.scope.as_deref());
        match session.expires_at {
            Some(expires_at) => json.number("expiresAtEpochSeconds", expires_at),
            None => json,
        }
        .end()
        .as_str()
        .to_owned()
    }
}

/// One request, to be sent once. Passing it to `settle` spends it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Exchange(client::Exchange);

#[wasm_bindgen]
impl Exchange {
    /// Where to.
    #[wasm_bindgen(getter)]
    pub fn url(&self) -> String {
        self.0.request.url.clone()
    }

    /// The form to `POST`; `undefined` means `GET`.
    #[wasm_bindgen(getter)]
    pub fn body(&self) -> JsValue {
        self.0.request.body.as_ref().map_or(JsValue::UNDEFINED, shown)
    }

    /// The `Authorization` header, if there is one.
    #[wasm_bindgen(getter)]
    pub fn authorization(&self) -> JsValue {
        self.0.request.authorization.as_ref().map_or(JsValue::UNDEFINED, shown)
    }

    /// Whether this page's cookies go with it: the token mediator only.
    #[wasm_bindgen(getter, js_name = isSameOrigin)]
    pub fn is_same_origin(&self) -> bool {
        self.0.request.is_same_origin
    }
}

/// A request to the API that may leave.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Authorized {
    request: ApiRequest,
    authorization: Authorization,
}

#[wasm_bindgen]
impl Authorized {
    /// Where to, as the browser's parser wrote it.
    #[wasm_bindgen(getter)]
    pub fn url(&self) -> String {
        self.request.url().to_owned()
    }

    /// For the `Procore-Company-Id` header.
    #[wasm_bindgen(getter, js_name = companyId)]
    pub fn company_id(&self) -> Option<String> {
        self.request.company_id().map(|id| id.as_str().to_owned())
    }

    /// The `Authorization` header; `undefined`: renew first.
    #[wasm_bindgen(getter)]
    pub fn authorization(&self) -> JsValue {
        match &self.authorization {
            Authorization::Header { value, .. } => shown(value),
            Authorization::RenewFirst => JsValue::UNDEFINED,
        }
    }

    /// Which token it is.
    #[wasm_bindgen(getter)]
    pub fn generation(&self) -> u32 {
        match self.authorization {
            Authorization::Header { generation, .. } => generation,
            Authorization::RenewFirst => 0,
        }
    }
}

/// An error that the facade found, with this crate's words. `code` and `phase` are words of the enums.
#[wasm_bindgen(js_name = errorOf)]
pub fn error_of(code: &str, phase: &str) -> JsValue {
    let code = Code::ALL
        .iter()
        .find(|known| known.as_str() == code)
        .copied()
        .unwrap_or(Code::UnknownError);
    let phase = Phase::ALL
        .into_iter()
        .find(|known| known.as_str() == phase)
        .unwrap_or(Phase::Start);
    throw(&Error::from(code).during(phase))
}

/// `buildLoginUrl`: `{ url, pending, warning? }`
#[wasm_bindgen(js_name = buildLoginUrl)]
pub fn build_login_url(config: &str, options: &str) -> Result<JsValue> {
    let config = configure(config, None)?;
    let request = SignInOptions::parse(options, &config)
        .and_then(|options| Client::new(config).begin_sign_in(&options, entropy::entropy()?, clock::now().wall))
        .map_err(|error| throw(&error))?;
    // Nobody waits here for the sign-in, so a bad target is an error at once.
    if let Some(error) = request.warning {
        return Err(throw(&error));
    }
    let json = Writer::object()
        .string("url", &request.url)
        .string("pending", &request.pending.to_record())
        .end();
    Ok(JsValue::from_str(&json))
}

/// `parseRedirect`: `undefined` when it is no response.
#[wasm_bindgen(js_name = parseRedirect)]
pub fn parse_redirect(url: &JsValue, pending: &JsValue, server: Option<String>) -> Result<JsValue> {
    let parse = || {
        let pending = PendingAuthorization::from_record(&text(pending))?;
        let config = pending.config(server.as_deref(), super::url::parse_url)?;
        let Some(response) = AuthorizationResponse::parse(&text(url), &config)? else {
            return Ok(JsValue::UNDEFINED);
        };
        let grant = pending.accept(&response, &config, clock::now().wall)?;
        let return_to = grant.return_to.as_str();
        let json = match &grant.credential {
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
        let json = json
            .string("clientId", config.client_id().as_str())
            .string("environment", config.environment().name.as_str())
            .string("returnTo", return_to)
            .end();
        Ok(JsValue::from_str(&json))
    };
    parse().map_err(|error: Error| throw(&error))
}

fn configure(options: &str, page: Option<&str>) -> Result<Config> {
    let page = page.and_then(|page| super::url::parse_url(page, None));
    Config::parse(options, page, super::url::parse_url).map_err(|error| throw(&error))
}

fn text(value: &JsValue) -> Zeroizing<String> {
    Zeroizing::new(value.as_string().unwrap_or_default())
}

fn shown(body: &Body) -> JsValue {
    JsValue::from_str(body.expose())
}

fn bytes(body: Option<Uint8Array>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(body.map(|body| body.to_vec()).unwrap_or_default())
}
