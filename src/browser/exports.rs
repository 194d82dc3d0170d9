//! What the npm package's facade calls: JSON text in and out. Structures are small and few here, and a door for each step
//! would cost ten times as much. Every copy on this side is wiped.
//!
//! There are two doors, for `pkg/split.mjs` makes two modules of one: what a login URL needs, which every page loads and
//! compiles before anything else, and the rest. The first is whatever `call` reaches, also by a pointer to a function. So what
//! [`start_steps`] calls, and what that calls, is what every page has to load.

use super::{later_steps, start_steps, url};
use crate::error::{Code, Error};
use crate::protocol::client::Client;
use crate::protocol::config::Config;
use crate::protocol::json::{self, Object, Value, Writer};
use crate::protocol::secret::Wiped;
use crate::protocol::shared::Shared;
use alloc::string::String;
use alloc::vec::Vec;
use spin::Mutex;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = isSecureContext)]
    static IS_SECURE_CONTEXT: Option<bool>;
}

/// The clients of this page or worker.
#[derive(Debug)]
pub(super) struct Clients {
    /// By number: the first is 1.
    pub(super) list: Vec<Option<State>>,
    /// The configuration of the last login URL, with its text: whoever takes such steps brings the same again.
    last: Option<(String, Config)>,
    /// That of the last response, with the text of its server.
    pub(super) answered: Option<(String, Config)>,
}

/// A lock, for a static has to have one; nobody waits for it.
static CLIENTS: Mutex<Clients> = Mutex::new(Clients {
    list: Vec::new(),
    last: None,
    answered: None,
});

/// A client with its session, and what that has to be answered.
#[derive(Debug)]
pub(super) struct State {
    pub(super) machine: Shared<Client>,
    /// Of calls: where to go on to after a sign-in, and what was put right on the way there.
    pub(super) targets: Vec<(u64, String, Option<Code>)>,
    /// The session as it was told last.
    pub(super) shown: Wiped,
}

/// Takes one step, which `input` names as `step`, of the client that `open` has given the number `core`: a step of the
/// start, and no other. It and the answer are JSON objects; an answer with `error` is one.
#[must_use]
#[wasm_bindgen]
pub fn call(input: String) -> JsValue {
    let answer = answer(&Wiped::new(input), start_steps::take);
    wipe_stack();
    answer
}

/// Takes any step, as `call` does.
#[must_use]
#[wasm_bindgen(js_name = callAll)]
pub fn call_all(input: String) -> JsValue {
    let answer = answer(&Wiped::new(input), later_steps::take);
    wipe_stack();
    answer
}

/// Once for each door, so that neither reaches what only the other one calls.
#[inline(never)]
fn answer(input: &str, take: impl FnOnce(&mut Clients, &Object, &mut Writer) -> Result<(), Error>) -> JsValue {
    let mut out = Writer::object();
    // What the browser runs for us, a page may have replaced; nothing that it calls may come in here meanwhile.
    let clients = CLIENTS.try_lock().ok_or_else(|| Code::NotReady.into());
    let taken = clients.and_then(|mut clients| {
        take(
            &mut clients,
            read(input)?.as_object().ok_or(Code::ConfigInvalid)?,
            &mut out,
        )
    });
    finish(taken, out)
}

fn read(input: &str) -> Result<Value, Error> {
    let input = json::parse_said(input).map_err(|_| Code::ConfigInvalid)?;
    if IS_SECURE_CONTEXT.with(|is_secure| *is_secure == Some(false)) {
        return Err(Code::InsecureContext.into());
    }
    Ok(input)
}

#[inline(never)]
fn finish(taken: Result<(), Error>, mut out: Writer) -> JsValue {
    if let Err(error) = taken {
        out = Writer::object();
        write_error(&mut out, &error);
    }
    JsValue::from_str(&out.end())
}

/// Wipes what a step has left on the stack, such as a code verifier in the middle of its hash. The deepest step needs a
/// third of what is wiped.
fn wipe_stack() {
    zeroize::zeroize_stack::<8192>();
}

/// Where the client that the step is of has its place.
pub(super) fn slot<'a>(clients: &'a mut Clients, input: &Object) -> Result<&'a mut Option<State>, Error> {
    let core = usize::try_from(input.number("core")).unwrap_or_default();
    let slot = core.checked_sub(1).and_then(|index| clients.list.get_mut(index));
    slot.ok_or_else(|| Code::NotReady.into())
}

/// The configuration of a login URL, parsed once for equal texts.
#[inline(never)]
pub(super) fn configured<'a>(clients: &'a mut Clients, input: &Object) -> Result<&'a Config, Error> {
    let text = input.text("config");
    if clients.last.as_ref().is_none_or(|(known, _)| known != text) {
        let config = Config::parse(text, None, url::parse_url)?;
        clients.last = Some((text.into(), config));
    }
    let last = clients.last.as_ref();
    last.map(|(_, config)| config).ok_or_else(|| Code::ConfigInvalid.into())
}

pub(super) fn write_warning(out: &mut Writer, warning: Option<Code>) {
    out.optional("warning", warning.map(Code::as_str));
}

/// `{ error, phase, retryable, subject, returnTo?, oauthError?, oauthErrorDescription? }`, of which the facade makes a
/// `ProcoreAuthError`, with the message that it has for each code. The one place where an [`Error`] leaves for JavaScript.
pub(super) fn write_error(out: &mut Writer, error: &Error) {
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
