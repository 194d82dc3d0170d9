//! A client and its page, as a framework shows them: one state for signals, and what can be done about it without a future.

use super::auth::ProcoreAuth;
use super::listeners::{Listeners, Subscription};
use super::session::{Session, SessionNews, SessionStatus, User};
use super::sign_in::SignInOptions;
use super::start::StartOptions;
use super::tabs::promise;
use crate::error::Error;
use alloc::rc::{Rc, Weak};
use alloc::string::String;
use core::cell::RefCell;
use core::convert::Infallible;
use core::fmt;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Where a page stands with its user: what a framework shows. A value: it does not change by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInState {
    /// What to show.
    pub status: SignInStatus,
    /// The session.
    pub session: Session,
    /// Who is signed in, as soon as the API has told; none where it could not be asked.
    pub user: Option<User>,
    /// What the last start, sign-in or sign-out has failed by, until the next one begins. Its
    /// [`return_to`](Error::return_to) is where the user wanted to be.
    pub error: Option<Error>,
}

/// What to show of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInStatus {
    /// Neither the app nor a button: the client is starting, or the page is about to leave for the login page.
    Unknown,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is.
    SignedIn,
    /// A start or a sign-in has failed, and nobody is signed in.
    Error,
}

impl SignInStatus {
    /// The word, as in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::SignedOut => "signed_out",
            Self::SignedIn => "signed_in",
            Self::Error => "error",
        }
    }
}

/// A client and its page, for the components of a framework. A clone is the same; it lives as long as one of them.
#[derive(Clone)]
pub struct Following(Rc<Shown>);

impl Following {
    pub(super) fn new(auth: ProcoreAuth, options: &StartOptions) -> Self {
        let shown = Rc::new_cyclic(|shown: &Weak<Shown>| {
            let weak = Weak::clone(shown);
            let hear = move |_: &Session, news| {
                if let Some(shown) = weak.upgrade() {
                    shown.hear(news);
                }
            };
            let (known, settle) = promise();
            Shown {
                _hearing: auth.subscribe(hear),
                facts: RefCell::new(Facts::default()),
                state: RefCell::new(Facts::default().state(auth.session())),
                listeners: Listeners::new(),
                known,
                settle,
                auth,
            }
        });
        let started = shown.auth.start(options);
        let this = Self(Rc::clone(&shown));
        spawn_local(async move {
            let error = started.await.err();
            shown.change(|facts| (facts.error, facts.is_starting) = (error, false));
            let _ = shown.settle.call0(&JsValue::UNDEFINED);
        });
        this
    }

    /// The state as it is now.
    #[must_use]
    pub fn state(&self) -> SignInState {
        self.0.state.borrow().clone()
    }

    /// Calls `listener` with the state after each change, until what this returns is dropped.
    pub fn subscribe(&self, listener: impl Fn(&SignInState) + 'static) -> Subscription {
        self.0.listeners.add(listener)
    }

    /// Resolves when the start is over, and the user is back where the sign-in began: an app with a router is mounted then. Never,
    /// where the page leaves for the login page.
    pub fn known(&self) -> impl Future<Output = ()> + use<> {
        let known = JsFuture::from(self.0.known.clone());
        async {
            let _ = known.await;
        }
    }

    /// Goes to the login page; also the way to try again after an error. Where that fails, [`SignInState::error`] says why: see
    /// [`ProcoreAuth::sign_in`].
    pub fn sign_in(&self, options: &SignInOptions) {
        let shown = Rc::clone(&self.0);
        let options = options.clone();
        shown.change(|facts| {
            facts.error = None;
            facts.leaving += 1;
        });
        spawn_local(async move {
            let failed: Result<Infallible, Error> = shown.auth.sign_in(&options).await;
            shown.change(|facts| {
                facts.error = failed.err();
                facts.leaving -= 1;
            });
        });
    }

    /// Signs out, in every tab. Where that fails, [`SignInState::error`] says why: see [`ProcoreAuth::sign_out`], which also says what
    /// the server has made of it.
    pub fn sign_out(&self) {
        let shown = Rc::clone(&self.0);
        shown.change(|facts| facts.error = None);
        spawn_local(async move {
            if let Err(error) = shown.auth.sign_out().await {
                shown.change(|facts| facts.error = Some(error));
            }
        });
    }

    /// The client, for all the rest.
    #[must_use]
    pub fn auth(&self) -> &ProcoreAuth {
        &self.0.auth
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Following").field(&self.state()).finish()
    }
}

/// Two are equal if they are clones of one: for frameworks that compare what they pass on.
impl PartialEq for Following {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

struct Shown {
    auth: ProcoreAuth,
    facts: RefCell<Facts>,
    state: RefCell<SignInState>,
    listeners: Rc<Listeners<SignInState>>,
    /// The end of the start, and what resolves it.
    known: Promise,
    settle: js_sys::Function,
    _hearing: Subscription,
}

/// What is shown depends on these, and on the session.
struct Facts {
    is_starting: bool,
    /// How many sign-ins are about to leave the page, or to fail.
    leaving: u32,
    error: Option<Error>,
    user: Option<User>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            is_starting: true,
            leaving: 0,
            error: None,
            user: None,
        }
    }
}

impl Facts {
    fn state(&self, session: Session) -> SignInState {
        let is_unknown = self.leaving > 0 || session.status == SessionStatus::Unknown;
        let status = match &self.error {
            _ if self.is_starting => SignInStatus::Unknown,
            _ if session.signed_in => SignInStatus::SignedIn,
            _ if is_unknown => SignInStatus::Unknown,
            Some(_) => SignInStatus::Error,
            None => SignInStatus::SignedOut,
        };
        SignInState {
            status,
            session,
            user: self.user.clone(),
            error: self.error.clone(),
        }
    }
}

impl Shown {
    fn hear(self: &Rc<Self>, news: SessionNews) {
        self.change(|facts| {
            if news == SessionNews::SignedIn {
                facts.error = None;
            }
        });
    }

    fn change(self: &Rc<Self>, change: impl FnOnce(&mut Facts)) {
        let session = self.auth.session();
        let is_new = session.id != self.state.borrow().session.id;
        let state = {
            let mut facts = self.facts.borrow_mut();
            if is_new {
                facts.user = None;
            }
            change(&mut facts);
            facts.state(session)
        };
        if *self.state.borrow() == state {
            return;
        }
        if let Some(id) = state.session.id.clone().filter(|_| is_new) {
            self.meet(id);
        }
        self.state.replace(state.clone());
        self.listeners.expect(state);
        self.listeners.tell();
    }

    /// Asks who is signed in. Without an answer nobody is named; who asks by [`ProcoreAuth::user`] hears why.
    fn meet(self: &Rc<Self>, id: String) {
        let this = Rc::clone(self);
        spawn_local(async move {
            let user = this.auth.user().await.ok();
            if this.auth.session().id == Some(id) {
                this.change(|facts| facts.user = user);
            }
        });
    }
}
