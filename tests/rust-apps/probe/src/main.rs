//! The client for Rust apps, called from JavaScript by the tests: `probe.fetch("/rest/v1.0/me")`, and so on.

use js_sys::{Function, Reflect};
use procore_spa_auth::app::{
    Following, PopupSignInOptions, ProcoreAuth, RedirectResult, Request, SignInOptions, SignInState, StartOptions,
};
use procore_spa_auth::error::Error;
use std::pin::Pin;
use std::time::Duration;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

fn main() {}

#[wasm_bindgen]
pub struct Probe(ProcoreAuth);

#[wasm_bindgen]
impl Probe {
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Self, JsValue> {
        let options = serde_json::from_str(options).map_err(JsError::from)?;
        ProcoreAuth::new(&options).map(Self).map_err(thrown)
    }

    /// Not `async`, as the client's is not: the URL is scrubbed when this returns.
    #[wasm_bindgen(js_name = handleRedirect)]
    pub fn handle_redirect(&self) -> js_sys::Promise {
        let redirect = self.0.handle_redirect();
        wasm_bindgen_futures::future_to_promise(async move { redirected(redirect.await) })
    }

    /// Not `async`, for the same reason.
    pub fn start(&self, is_manual: bool) -> js_sys::Promise {
        let started = self.0.start(&match is_manual {
            true => StartOptions::manual(),
            false => StartOptions::default(),
        });
        wasm_bindgen_futures::future_to_promise(async move { shown(&started.await.map_err(thrown)?) })
    }

    pub fn follow(&self) -> Page {
        Page(self.0.follow(&StartOptions::manual()))
    }

    /// Not `async`: the window is open when this returns.
    #[wasm_bindgen(js_name = openPopup)]
    pub fn open_popup(&self, milliseconds: Option<u32>) -> Popup {
        let options = PopupSignInOptions::default();
        Popup(Box::pin(self.0.sign_in_with_popup(&match milliseconds {
            Some(milliseconds) => options.with_timeout(Duration::from_millis(milliseconds.into())),
            None => options,
        })))
    }

    #[wasm_bindgen(js_name = signIn)]
    pub async fn sign_in(&self, options: &str) -> Result<(), JsValue> {
        let options: SignInOptions = serde_json::from_str(options).map_err(JsError::from)?;
        match self.0.sign_in(&options).await.map_err(thrown)? {}
    }

    /// `given`: `{ target, method, body, companyId, headers, isIdempotent, withoutWaiting }`.
    pub async fn fetch(&self, given: JsValue) -> Result<JsValue, JsValue> {
        let text = |name: &str| {
            Reflect::get(&given, &name.into())
                .ok()
                .and_then(|value| value.as_string())
        };
        let is = |name: &str| {
            Reflect::get(&given, &name.into())
                .ok()
                .and_then(|value| value.as_bool())
        };
        let mut request = Request::new(
            &text("method").unwrap_or("GET".into()),
            &text("target").unwrap_or_default(),
        );
        if let Some(company_id) = text("companyId") {
            request = request.with_company_id(company_id);
        }
        if let Some(body) = text("body") {
            request = request.with_body(body);
        }
        if let Some(header) = text("header") {
            request = request.with_header(&header, "x");
        }
        if let Some(is_idempotent) = is("isIdempotent") {
            request = request.with_idempotence(is_idempotent);
        }
        if is("withoutWaiting") == Some(true) {
            request = request.without_waiting();
        }
        let response = self.0.fetch(request).await.map_err(thrown)?;
        let status = response.status();
        let body = response.text().await.map_err(thrown)?;
        shown(&serde_json::json!({ "status": status, "body": body }))
    }

    pub async fn user(&self) -> Result<JsValue, JsValue> {
        shown(&self.0.user().await.map_err(thrown)?)
    }

    pub async fn ready(&self) -> Result<(), JsValue> {
        self.0.ready().await.map_err(thrown)
    }

    pub async fn refresh(&self) -> Result<JsValue, JsValue> {
        shown(&self.0.refresh().await.map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = signOut)]
    pub async fn sign_out(&self) -> Result<JsValue, JsValue> {
        let ended = self.0.sign_out().await.map_err(thrown)?;
        let warning = ended.warning.map(|code| code.as_str());
        shown(&serde_json::json!({ "outcome": ended.outcome.as_str(), "warning": warning }))
    }

    #[wasm_bindgen(getter)]
    pub fn session(&self) -> JsValue {
        shown(&self.0.session()).unwrap_or_default()
    }

    /// Calls `listener(word, session)` until what this returns is freed.
    pub fn subscribe(&self, listener: Function) -> Listening {
        Listening(self.0.subscribe(move |session, news| {
            let session = shown(session).unwrap_or_default();
            listener
                .call2(&JsValue::UNDEFINED, &news.as_str().into(), &session)
                .expect("a listener does not throw");
        }))
    }

    /// A request that is given up at once.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(&self, target: String) {
        let auth = self.0.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let mut request = Box::pin(auth.fetch(target));
            std::future::poll_fn(|context| {
                assert!(request.as_mut().poll(context).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
        });
    }
}

#[wasm_bindgen]
pub struct Listening(procore_spa_auth::app::Subscription);

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The page, as a framework shows it.
#[wasm_bindgen]
pub struct Page(Following);

#[wasm_bindgen]
impl Page {
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> JsValue {
        seen(&self.0.state())
    }

    pub fn subscribe(&self, listener: Function) {
        let tell = move |state: &SignInState| {
            let told = listener.call1(&JsValue::UNDEFINED, &seen(state));
            told.expect("a listener does not throw");
        };
        self.0.subscribe(tell).forget();
    }

    pub fn known(&self) -> js_sys::Promise {
        let known = self.0.known();
        wasm_bindgen_futures::future_to_promise(async move {
            known.await;
            Ok(JsValue::UNDEFINED)
        })
    }

    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(&self, options: &str) -> Result<(), JsError> {
        self.0.sign_in(&serde_json::from_str(options)?);
        Ok(())
    }

    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) {
        self.0.sign_out();
    }
}

fn seen(state: &SignInState) -> JsValue {
    let seen = serde_json::json!({
        "status": state.status.as_str(), "session": state.session.status.as_str(),
        "user": state.user.as_ref().map(|user| &user.name),
        "error": state.error.as_ref().map(|error| error.code().as_str()),
        "returnTo": state.error.as_ref().and_then(Error::return_to),
    });
    shown(&seen).unwrap_or_default()
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A sign-in by popup that is under way. Freed, it is given up.
#[wasm_bindgen]
pub struct Popup(Pin<Box<dyn Future<Output = Result<RedirectResult, Error>>>>);

#[wasm_bindgen]
impl Popup {
    pub async fn ended(self) -> Result<JsValue, JsValue> {
        redirected(self.0.await)
    }
}

impl std::fmt::Debug for Popup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Popup")
    }
}

fn redirected(redirect: Result<RedirectResult, Error>) -> Result<JsValue, JsValue> {
    let redirect = redirect.map_err(thrown)?;
    let warning = redirect.warning.map(|code| code.as_str());
    shown(&serde_json::json!({ "handled": redirect.handled, "returnTo": redirect.return_to, "warning": warning }))
}

fn thrown(error: Error) -> JsValue {
    let facts = serde_json::json!({
        "code": error.code().as_str(), "phase": error.phase().as_str(), "retryable": error.is_retryable(),
        "message": error.to_string(), "returnTo": error.return_to(),
    });
    shown(&facts).unwrap_or_default()
}

fn shown(value: &impl serde::Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}
