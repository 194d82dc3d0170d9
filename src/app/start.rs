//! What a page does when it is loaded: it takes up the session, or the response, and goes on to where the user wanted to be.

use super::driver::Driver;
use super::redirect;
use super::session::{Session, SessionNews};
use super::sign_in::{self, SignInOptions};
use crate::error::Error;
use crate::protocol::shared::Event;
use alloc::rc::Rc;
use web_sys::Window;

/// What a start does about a page where nobody is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartOptions {
    /// Whether it is left to the app to sign in. By default the page goes to the login page by itself, unless this tab's user has
    /// signed out, in whatever tab.
    pub is_manual: bool,
}

impl StartOptions {
    /// The page goes to the login page only where the app calls for it.
    #[must_use]
    pub const fn manual() -> Self {
        Self { is_manual: true }
    }
}

/// Takes what this page is at once, and goes on when it is known what comes of it.
pub(super) fn start(
    driver: &Rc<Driver>,
    options: &StartOptions,
) -> impl Future<Output = Result<Session, Error>> + use<> {
    let driver = Rc::clone(driver);
    let is_manual = options.is_manual;
    note_sign_outs(&driver);
    let redirected = redirect::arrive(&driver);
    async move {
        if let Some(return_to) = redirected.await?.return_to {
            replace(&driver.window, &return_to);
        }
        if !driver.session().signed_in {
            driver.ask(|call| Event::Ready { call }).await?;
        }
        let session = driver.session();
        if session.signed_in || is_manual || driver.marks.has_signed_out() {
            return Ok(session);
        }
        match sign_in::sign_in(&driver, &SignInOptions::default()).await? {}
    }
}

/// From now on, who signs out here or in another tab is not signed in by a start.
fn note_sign_outs(driver: &Rc<Driver>) {
    if driver.is_noting_sign_outs.replace(true) {
        return;
    }
    let marks = driver.marks;
    let note = move |(session, news): &(Session, SessionNews)| {
        if *news == SessionNews::SignedOut {
            marks.note_sign_out();
        } else if session.signed_in {
            marks.forget_sign_out();
        }
    };
    driver.listeners.add(note).forget();
}

fn replace(window: &Window, return_to: &str) {
    // Some engines limit how often a page may do that.
    let _ = window.history().and_then(|history| {
        let kept = history.state()?;
        history.replace_state_with_url(&kept, "", Some(return_to))
    });
}
