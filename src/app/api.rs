//! Requests to the API: each try is sent here, and what comes of it is told to the machine, which says whether there is another.

use super::driver::{Driver, ended};
use super::request::{Request, Response};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::{ApiRequest, CompanyId};
use crate::protocol::api_response::ApiResponse;
use crate::protocol::http::Body;
use crate::protocol::shared::{Done, Event};
use alloc::rc::Rc;
use core::cell::RefCell;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, AbortSignal, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect,
    ResponseType, Window,
};

const COMPANY: &str = "procore-company-id";

/// A request to the API, over all its tries.
pub(super) struct ApiCall {
    request: Request,
    judged: RefCell<ApiRequest>,
    controller: AbortController,
    /// The answer to the last try, or why there is none.
    last: RefCell<Option<Result<web_sys::Response, Error>>>,
}

impl Driver {
    /// Sends a request to the API as often as the machine says.
    pub(super) async fn fetch(self: &Rc<Self>, request: Request) -> Result<Response, Error> {
        let judged = self.with_client(|client| request.judged(client.config()))?;
        let controller = AbortController::new().map_err(|_| refused())?;
        let may_wait = request.may_wait;
        let (call, outcome) = self.call();
        let api_call = Rc::new(ApiCall {
            request,
            judged: RefCell::new(judged),
            controller,
            last: RefCell::default(),
        });
        self.requests.borrow_mut().insert(call, Rc::clone(&api_call));
        let _given_up = GivenUp(self, call);
        self.handle(Event::Fetch { call, may_wait });
        let outcome = ended(outcome).await;
        match api_call.last.take() {
            Some(last) => outcome.and(last).map(Response::new),
            None => Err(outcome.err().unwrap_or_else(refused)),
        }
    }

    pub(super) fn try_fetch(self: &Rc<Self>, call: u64, header: &Body, is_bare: bool) {
        let Some(api_call) = self.requests.borrow().get(&call).map(Rc::clone) else {
            return;
        };
        if let Some(Ok(before)) = api_call.last.take()
            && let Some(body) = before.body()
        {
            let _ = body.cancel();
        }
        let prepared = {
            let judged = api_call.judged.borrow();
            let facts = (judged.url(), judged.company_id().map(CompanyId::as_str));
            Try::new(&api_call.request, facts, header, is_bare, &api_call.controller.signal())
        };
        let this = Rc::clone(self);
        spawn_local(async move {
            match prepared {
                Ok(prepared) => {
                    let tried = prepared.send(&this.window).await;
                    this.tried(call, &api_call, tried, is_bare);
                }
                // What the browser refuses, such as a GET with a body, is the caller's own mistake.
                Err(_) => this.end_fetch(call, &api_call, Err(refused())),
            }
        });
    }

    fn tried(self: &Rc<Self>, call: u64, api_call: &ApiCall, tried: Tried, is_bare: bool) {
        let Tried::Answer(response, is_redirect) = tried else {
            return self.handle(Event::NoAnswer { call });
        };
        if response.redirected() {
            let judged = self.with_client(|client| api_call.request.judged_at(&response.url(), client.config()));
            match judged {
                // What another server says is no word of the API.
                Err(_) => return self.end_fetch(call, api_call, Ok(response)),
                // The way without the company's ID has led to the API again: there it is sent.
                Ok(judged) if is_bare => {
                    *api_call.judged.borrow_mut() = judged;
                    return self.handle(Event::Again { call });
                }
                Ok(_) => {}
            }
        }
        let header = |name| response.headers().get(name).ok().flatten().unwrap_or_default();
        let (retry_after, rate_limit_reset) = (header("retry-after"), header("x-rate-limit-reset"));
        let status = if is_redirect { 0 } else { response.status() };
        *api_call.last.borrow_mut() = Some(Ok(response));
        let response = ApiResponse::new(status.into())
            .to(&api_call.request.method, true)
            .declared(api_call.request.is_idempotent)
            .with(&retry_after, &rate_limit_reset);
        self.handle(Event::Response { call, response });
    }

    /// Ends a call whose answer is not for the machine.
    fn end_fetch(self: &Rc<Self>, call: u64, api_call: &ApiCall, last: Result<web_sys::Response, Error>) {
        *api_call.last.borrow_mut() = Some(last);
        self.settle(call, Ok(Done::Return));
        self.handle(Event::Drop { call });
    }
}

/// Ends a call's request when nobody waits for it any more.
struct GivenUp<'a>(&'a Rc<Driver>, u64);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        let Self(driver, call) = self;
        let api_call = driver.requests.borrow_mut().remove(call);
        let is_waiting = driver.calls.borrow_mut().remove(call).is_some();
        if is_waiting {
            if let Some(api_call) = api_call {
                api_call.controller.abort();
            }
            driver.handle(Event::Drop { call: *call });
        }
    }
}

/// One try of a request to the API, ready to be sent.
struct Try {
    request: web_sys::Request,
    is_held: bool,
}

/// What came of a try.
enum Tried {
    /// An answer, and whether it is a redirect that was held back.
    Answer(web_sys::Response, bool),
    /// None.
    NoAnswer,
}

impl Try {
    /// `is_bare`: without the company's ID, so that a redirect may be followed.
    fn new(
        request: &Request,
        (url, company_id): (&str, Option<&str>),
        header: &Body,
        is_bare: bool,
        signal: &AbortSignal,
    ) -> Result<Self, JsValue> {
        let headers = Headers::new()?;
        for (name, value) in &request.headers {
            headers.append(name, value)?;
        }
        headers.set("authorization", header.expose())?;
        if let Some(company_id) = company_id {
            headers.set(COMPANY, company_id)?;
        }
        if is_bare {
            headers.delete(COMPANY)?;
        }
        // Browsers take `Authorization` off on the way to another origin, and no other header.
        let is_held = headers.has(COMPANY)?;
        let init = RequestInit::new();
        init.set_method(&request.method);
        init.set_headers(&headers);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_signal(Some(signal));
        init.set_redirect(match is_held {
            true => RequestRedirect::Manual,
            false => RequestRedirect::Follow,
        });
        if let Some(body) = &request.body {
            init.set_body(&Uint8Array::from(body.as_slice()));
        }
        let request = web_sys::Request::new_with_str_and_init(url, &init)?;
        Ok(Self { request, is_held })
    }

    async fn send(self, window: &Window) -> Tried {
        let answer = JsFuture::from(window.fetch_with_request(&self.request)).await;
        match answer.and_then(JsCast::dyn_into::<web_sys::Response>) {
            Ok(response) => {
                let is_redirect = self.is_held && response.type_() == ResponseType::Opaqueredirect;
                Tried::Answer(response, is_redirect)
            }
            Err(_) => Tried::NoAnswer,
        }
    }
}

fn refused() -> Error {
    Error::about(Code::ConfigInvalid, "request").during(Phase::Api)
}
