//! A request to the API, and its answer.

use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::{ApiRequest, CompanyId};
use crate::protocol::config::Config;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use js_sys::Uint8Array;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen_futures::JsFuture;

/// A request to the environment's own API. Made of a path, it is a `GET`.
#[derive(Clone, Debug)]
pub struct Request {
    target: String,
    pub(super) method: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
    company_id: Option<String>,
    pub(super) is_idempotent: Option<bool>,
    pub(super) may_wait: bool,
}

impl Request {
    /// A `GET`. `target`: a path, or a URL of the API.
    #[must_use]
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A request with that method, in capitals.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            target: target.into(),
            method: method.into(),
            headers: Vec::new(),
            body: None,
            company_id: None,
            is_idempotent: None,
            may_wait: true,
        }
    }

    /// With one more header. `Authorization` is not the caller's to set.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// With a body of JSON, and its `Content-Type`.
    ///
    /// # Errors
    ///
    /// Where `value` has no form in JSON.
    pub fn with_json(self, value: &impl Serialize) -> serde_json::Result<Self> {
        let body = serde_json::to_vec(value)?;
        Ok(self.with_header("content-type", "application/json").with_body(body))
    }

    /// For this company, in digits: the header `Procore-Company-Id`.
    #[must_use]
    pub fn with_company_id(mut self, company_id: impl ToString) -> Self {
        self.company_id = Some(company_id.to_string());
        self
    }

    /// Says whether it does no harm twice. After a 503 only such a request is sent again; by default its method tells
    /// (RFC 9110 §9.2.2).
    #[must_use]
    pub const fn with_idempotence(mut self, is_idempotent: bool) -> Self {
        self.is_idempotent = Some(is_idempotent);
        self
    }

    /// Where the API asks to wait, its answer is handed out at once.
    #[must_use]
    pub const fn without_waiting(mut self) -> Self {
        self.may_wait = false;
        self
    }

    /// What may leave with the token.
    ///
    /// # Errors
    ///
    /// Those of [`ApiRequest::new`] and [`CompanyId::parse`]; `param_reserved` for `Authorization`.
    pub(super) fn judged(&self, config: &Config) -> Result<ApiRequest, Error> {
        self.judged_at(&self.target, config)
    }

    /// The same, for another address that it has been led to.
    pub(super) fn judged_at(&self, target: &str, config: &Config) -> Result<ApiRequest, Error> {
        for (name, _) in &self.headers {
            ApiRequest::refuse_header(name)?;
        }
        let digits = self.company_id.as_deref();
        let company_id = digits.map(|digits| CompanyId::parse(digits, false)).transpose()?;
        ApiRequest::new(target, company_id, config)
    }
}

impl From<&str> for Request {
    fn from(target: &str) -> Self {
        Self::get(target)
    }
}

impl From<String> for Request {
    fn from(target: String) -> Self {
        Self::get(&target)
    }
}

/// An answer of the API, whatever its status. Its body can be read once.
#[derive(Debug)]
pub struct Response(web_sys::Response);

impl Response {
    pub(super) const fn new(response: web_sys::Response) -> Self {
        Self(response)
    }

    /// The status code; 0 for a redirect that could not be followed.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// Whether the status says success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.0.ok()
    }

    /// A header, where CORS shows it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).ok().flatten()
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// `network_error` when it breaks off.
    pub async fn text(self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes().await?).into_owned())
    }

    /// The body as it came.
    ///
    /// # Errors
    ///
    /// `network_error` when it breaks off.
    pub async fn bytes(self) -> Result<Vec<u8>, Error> {
        let broken = |_| Error::from(Code::NetworkError).during(Phase::Api);
        let buffer = JsFuture::from(self.0.array_buffer().map_err(broken)?).await;
        Ok(Uint8Array::new(&buffer.map_err(broken)?).to_vec())
    }

    /// The body, read as JSON, of an answer that says success.
    ///
    /// # Errors
    ///
    /// - `answer_unexpected` when it says something else, or its body is no JSON, or not that of a `T`
    /// - `network_error` when it breaks off
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let unexpected = Error::about(Code::AnswerUnexpected, &self.status().to_string());
        if !self.is_ok() {
            return Err(unexpected);
        }
        serde_json::from_slice(&self.bytes().await?).map_err(|_| unexpected)
    }

    /// The browser's own answer.
    #[must_use]
    pub fn into_inner(self) -> web_sys::Response {
        self.0
    }
}
