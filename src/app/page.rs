//! The page: where it is, what it goes through, and what it keeps for itself and for other tabs.

use super::driver::Driver;
use crate::error::{Code, Error};
use crate::protocol::config::Config;
use crate::protocol::secret::Wiped;
use crate::protocol::shared::Id;
use crate::protocol::spent;
use crate::protocol::time::UnixSeconds;
use crate::protocol::url::Url;
use alloc::rc::{Rc, Weak};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use gloo_events::EventListener;
use web_sys::{Storage, VisibilityState, Window};

/// In the storage of a tab that has had a session: only such a tab, or one beside it, takes it up again.
const TAB: &str = "procore-spa-auth-app.tab";
/// For all tabs: when one of them that had the session was left, in seconds since 1970.
const LEFT: &str = "procore-spa-auth-app.left";
/// For all tabs: the session that was signed out of and could not be removed.
const OVER: &str = "procore-spa-auth-app.over";
/// In the storage of a tab whose pages go to the login page by themselves: when they did, and the last error.
const ROUNDS: &str = "procore-spa-auth-app.rounds";
/// In the storage of a tab whose user has signed out: its pages do not go to the login page by themselves. The npm package has
/// the same.
const OUT: &str = "procore-spa-auth.out";
/// In the storage of a tab with `persist`: which responses it has had. The npm package has the same.
const SPENT: &str = "procore-spa-auth.spent";

/// This page.
///
/// # Errors
///
/// - `page_without_origin` off a page, or where the page has none
/// - `insecure_context` where the browser has no cryptography
pub(super) fn window() -> Result<Window, Error> {
    let window = web_sys::window().ok_or(Code::PageWithoutOrigin)?;
    match window.is_secure_context() {
        true => Ok(window),
        false => Err(Code::InsecureContext.into()),
    }
}

/// The URL of this page. Wiped, for it may hold a code.
pub(super) fn href(window: &Window) -> Wiped {
    Wiped::new(window.location().href().unwrap_or_default())
}

/// This page without query and fragment.
pub(super) fn url(window: &Window, parse_url: fn(&str, Option<&str>) -> Option<Url>) -> Result<Url, Error> {
    let location = window.location();
    let origin = window.origin();
    let path = location.pathname().unwrap_or_default();
    parse_url(&[origin, path].concat(), None).ok_or_else(|| Code::PageWithoutOrigin.into())
}

/// What sessions of this configuration are kept by.
pub(super) fn name(config: &Config) -> String {
    [config.environment().name.as_str(), ":", config.client_id().as_str()].concat()
}

/// Whether the user has just clicked, in browsers that tell of it.
pub(super) fn is_by_user(window: &Window) -> bool {
    let navigator = window.navigator();
    let activation = js_sys::Reflect::get(&navigator, &"userActivation".into());
    let is_active = activation.and_then(|activation| js_sys::Reflect::get(&activation, &"isActive".into()));
    is_active.is_ok_and(|is_active| is_active.is_truthy())
}

/// When this page was loaded, in milliseconds since 1970.
pub(super) fn loaded_at(window: &Window) -> String {
    let origin = window
        .performance()
        .map_or(0.0, |performance| performance.time_origin());
    origin.trunc().to_string()
}

/// What this page keeps. Storage may be blocked; then nothing is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks;

impl Marks {
    pub(super) fn had_session(self) -> bool {
        read(tab(), TAB).is_some()
    }

    pub(super) fn note_session(self) {
        write(tab(), TAB, "");
    }

    pub(super) fn left(self) -> Option<UnixSeconds> {
        read(all_tabs(), LEFT)?.parse().ok()
    }

    pub(super) fn leave(self, now: UnixSeconds) {
        write(all_tabs(), LEFT, &now.to_string());
    }

    pub(super) fn is_buried(self, id: Id) -> bool {
        read(all_tabs(), OVER).is_some_and(|over| over == id.to_string())
    }

    /// Answers whether it could.
    pub(super) fn bury(self, id: Id) -> bool {
        write(all_tabs(), OVER, &id.to_string())
    }

    pub(super) fn rounds(self) -> String {
        read(tab(), ROUNDS).unwrap_or_default()
    }

    pub(super) fn has_signed_out(self) -> bool {
        read(tab(), OUT).is_some()
    }

    pub(super) fn note_sign_out(self) {
        write(tab(), OUT, "");
    }

    pub(super) fn forget_sign_out(self) {
        remove(tab(), OUT);
    }

    pub(super) fn keep_rounds(self, rounds: &str) {
        match rounds {
            "" => remove(tab(), ROUNDS),
            rounds => {
                write(tab(), ROUNDS, rounds);
            }
        }
    }

    pub(super) fn is_spent(self, state: &str) -> bool {
        read(tab(), SPENT).is_some_and(|record| spent::is_known(&record, state))
    }

    /// Where storage is full of other things, a reload of that response will be one that nobody has asked for.
    pub(super) fn spend(self, state: &str) {
        let record = read(tab(), SPENT).unwrap_or_default();
        write(tab(), SPENT, &spent::with(&record, state));
    }

    /// For the error of a page that goes round: why nobody is signed in.
    pub(super) fn note_cause(self, error: &Error) {
        let rounds = self.rounds();
        if let Some(pages) = rounds.split(' ').next().filter(|pages| !pages.is_empty()) {
            self.keep_rounds(&[pages, " ", error.code().as_str()].concat());
        }
    }
}

fn tab() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

fn all_tabs() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn read(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok()?
}

fn write(storage: Option<Storage>, key: &str, value: &str) -> bool {
    storage.is_some_and(|storage| storage.set_item(key, value).is_ok())
}

fn remove(storage: Option<Storage>, key: &str) {
    let _ = storage.map(|storage| storage.remove_item(key));
}

/// Keeps a driver informed of what its page goes through, for as long as the listeners live.
pub(super) fn attend(window: &Window, driver: &Rc<Driver>) -> Vec<EventListener> {
    let mut listeners = Vec::new();
    listeners.extend(["pageshow", "online"].map(|name| listen(window, name, driver, Driver::resume)));
    listeners.push(listen(window, "pagehide", driver, Driver::suspend));
    if let Some(document) = window.document() {
        let driver = Rc::downgrade(driver);
        let shown = document.clone();
        listeners.push(EventListener::new(&document, "visibilitychange", move |_| {
            if shown.visibility_state() == VisibilityState::Visible {
                tell(&driver, Driver::resume);
            }
        }));
    }
    listeners
}

fn listen(window: &Window, name: &'static str, driver: &Rc<Driver>, act: fn(&Rc<Driver>)) -> EventListener {
    let driver = Rc::downgrade(driver);
    EventListener::new(window, name, move |_| tell(&driver, act))
}

fn tell(driver: &Weak<Driver>, act: fn(&Rc<Driver>)) {
    if let Some(driver) = driver.upgrade() {
        act(&driver);
    }
}
