//! The page that a login window came back to: its response goes to the page that opened it, whole and unjudged, and the window
//! closes ([RFC 9700 §4.17](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.17)). What the two windows say is what the
//! npm package's say.

use super::tabs::promise;
use crate::error::{Code, Error};
use crate::protocol::secret::Wiped;
use alloc::string::String;
use core::cell::Cell;
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, Event, MessageEvent, Window};

/// What a callback page tells its opener is `{ type, url }`, the response as it came; the answer is `{ type }`.
const TYPE: &str = "procore:auth";
/// The core judges URLs of up to 32 KiB, and says so of longer ones. This much longer is no URL.
const MAX_URL: usize = 64 * 1024;
/// How long an opener has to say that it has the response. One that was reloaded knows nothing of it.
const TAKEN_MS: u32 = 3_000;

/// A response that is handed over. The page that has it is good for nothing else.
pub(super) enum Relay {
    /// The opener can't be reached, and is told so in another way.
    Severed,
    /// It was told. `untaken` resolves where it does not answer.
    Told {
        untaken: Promise,
        /// Closes the window.
        _answered: EventListener,
    },
}

impl Relay {
    pub(super) fn begin(window: &Window, url: &str, state: &str) -> Self {
        let opener = window.opener().ok().filter(JsValue::is_object);
        let opener = opener.map(JsCast::unchecked_into::<Window>);
        let Some(opener) = opener.filter(|opener| opener.closed() == Ok(false)) else {
            if let Some(channel) = channel_of(state) {
                let _ = channel.post_message(&"severed".into());
                channel.close();
            }
            return Self::Severed;
        };
        let (untaken, late) = promise();
        let timer = Timeout::new(TAKEN_MS, move || {
            let _ = late.call0(&JsValue::UNDEFINED);
        });
        let timer = Cell::new(Some(timer));
        let (here, source) = (window.clone(), opener.clone());
        let answered = EventListener::new(window, "message", move |event| {
            if Message::read(event, &source, &here).is_some() {
                timer.take();
                let _ = here.close();
            }
        });
        // To this origin only: whoever else has opened this page hears nothing (RFC 9700 §4.17.2).
        tell(&opener, &origin(window), Some(url));
        Self::Told {
            untaken,
            _answered: answered,
        }
    }

    /// Resolves only where nobody takes the response.
    pub(super) fn failed(&self) -> impl Future<Output = Error> + use<> {
        let untaken = match self {
            Self::Severed => None,
            Self::Told { untaken, .. } => Some(JsFuture::from(untaken.clone())),
        };
        async move {
            match untaken {
                None => Code::OpenerSevered.into(),
                Some(untaken) => {
                    let _ = untaken.await;
                    Code::OpenerReloaded.into()
                }
            }
        }
    }
}

/// What one window of this origin has told another.
pub(super) struct Message {
    pub(super) url: Option<Wiped>,
}

impl Message {
    /// Reads a message of `source`, in the page `here`. Whatever else it is, however it is made, it does no harm.
    pub(super) fn read(event: &Event, source: &Window, here: &Window) -> Option<Self> {
        let event: &MessageEvent = event.dyn_ref()?;
        let is_from_source = Reflect::get(event, &"source".into()).is_ok_and(|found| Object::is(&found, source));
        if !is_from_source || event.origin() != origin(here) {
            return None;
        }
        let data: Object = event.data().dyn_into().ok()?;
        let text = |name: &str| Reflect::get(&data, &name.into()).ok()?.as_string();
        if text("type")? != TYPE {
            return None;
        }
        let url = text("url").map(Wiped::new);
        let members = Reflect::own_keys(&data).ok()?.length();
        let is_whole = members == if url.is_some() { 2 } else { 1 };
        let is_short = url.as_ref().is_none_or(|url| url.len() <= MAX_URL);
        (is_whole && is_short).then_some(Self { url })
    }
}

pub(super) fn tell(window: &Window, origin: &str, url: Option<&str>) {
    let message = Object::new();
    let members = [("type", Some(TYPE)), ("url", url)];
    for (name, value) in members.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let _ = Reflect::set(&message, &name.into(), &value.into());
    }
    let _ = window.post_message(&message, origin);
}

pub(super) fn origin(window: &Window) -> String {
    window.location().origin().unwrap_or_default()
}

/// For the one note that the opener could not be reached. Only who knows the state finds it; it carries nothing.
pub(super) fn channel_of(state: &str) -> Option<BroadcastChannel> {
    let name = Wiped::new(["procore-spa-auth:", state].concat());
    // Some engines have none where storage is blocked.
    BroadcastChannel::new(&name).ok()
}
