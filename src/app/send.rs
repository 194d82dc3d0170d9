//! Sending one exchange with the login server. Nothing here knows what an answer means.

use crate::protocol::http::{HttpOutcome, HttpRequest, HttpResponse};
use crate::protocol::secret::Wiped;
use alloc::string::String;
use alloc::vec;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials, RequestInit,
    RequestMode, RequestRedirect, Response, ResponseType, Window,
};

/// How long a server may take, in milliseconds.
const TIMEOUT_MS: u32 = 30_000;
/// The core judges the first 64 KiB; one byte more tells it that there was more.
const MAX_BODY: usize = 64 * 1024 + 1;

/// An exchange, ready to be sent.
pub(super) struct Prepared {
    url: String,
    request: RequestInit,
    signal: AbortSignal,
}

impl Prepared {
    pub(super) fn new(request: &HttpRequest) -> Result<Self, JsValue> {
        let signal = AbortSignal::timeout_with_u32(TIMEOUT_MS);
        let init = ordinary(request.is_same_origin, &signal);
        let headers = Headers::new()?;
        headers.set("accept", "application/json")?;
        if let Some(value) = &request.authorization {
            headers.set("authorization", value.expose())?;
        }
        if let Some(body) = &request.body {
            headers.set("content-type", "application/x-www-form-urlencoded")?;
            init.set_method("POST");
            init.set_body(&body.expose().into());
        }
        init.set_headers(&headers);
        // A followed 307 would carry the code and the verifier to wherever it points.
        init.set_redirect(RequestRedirect::Manual);
        Ok(Self {
            url: request.url.clone(),
            request: init,
            signal,
        })
    }

    /// Sends it, once.
    pub(super) async fn send(self, window: &Window) -> HttpOutcome {
        // With a VPN or in a virtual machine a browser often is wrong about that: is there anybody, whatever they may answer?
        // Where it is right, no code and no refresh token is wasted.
        if !window.navigator().on_line() && self.reach(window).await.is_err() {
            return HttpOutcome::NotSent;
        }
        self.ask(window).await.unwrap_or_else(|_| match self.signal.aborted() {
            true => HttpOutcome::TimedOut,
            false => HttpOutcome::NoAnswer,
        })
    }

    async fn reach(&self, window: &Window) -> Result<JsValue, JsValue> {
        let init = ordinary(false, &self.signal);
        init.set_method("HEAD");
        init.set_mode(RequestMode::NoCors);
        JsFuture::from(window.fetch_with_str_and_init(&self.url, &init)).await
    }

    async fn ask(&self, window: &Window) -> Result<HttpOutcome, JsValue> {
        let response = JsFuture::from(window.fetch_with_str_and_init(&self.url, &self.request)).await?;
        let response: Response = response.dyn_into()?;
        if response.type_() == ResponseType::Opaqueredirect {
            return Ok(HttpOutcome::Redirected);
        }
        let content_type = response.headers().get("content-type")?.unwrap_or_default();
        let body = read(&response).await?;
        Ok(HttpOutcome::Answer(HttpResponse::new(
            response.status().into(),
            content_type,
            body,
        )))
    }
}

/// Without cookies, cache and referrer; a token mediator of the page's own origin gets its cookies.
fn ordinary(is_same_origin: bool, signal: &AbortSignal) -> RequestInit {
    let init = RequestInit::new();
    init.set_credentials(match is_same_origin {
        true => RequestCredentials::SameOrigin,
        false => RequestCredentials::Omit,
    });
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_signal(Some(signal));
    init
}

/// The body, as far as it is judged.
async fn read(response: &Response) -> Result<Wiped, JsValue> {
    let mut body = vec![0; MAX_BODY];
    let mut length = 0;
    if let Some(stream) = response.body() {
        let reader = ReadableStreamDefaultReader::new(&stream)?;
        while length < MAX_BODY {
            let part = JsFuture::from(reader.read()).await?;
            if Reflect::get(&part, &"done".into())?.is_truthy() {
                break;
            }
            let part: Uint8Array = Reflect::get(&part, &"value".into())?.dyn_into()?;
            let end = u32::try_from(MAX_BODY - length).unwrap_or(u32::MAX);
            let part = part.subarray(0, end);
            let read = usize::try_from(part.length()).unwrap_or_default();
            if let Some(place) = body.get_mut(length..length + read) {
                part.copy_to(place);
            }
            part.fill(0, 0, part.length());
            length += read;
        }
        if length == MAX_BODY {
            let _ = reader.cancel();
        }
    }
    body.truncate(length);
    // What is no UTF-8 is no JSON.
    Ok(Wiped::new(String::from_utf8(body).unwrap_or_default()))
}
