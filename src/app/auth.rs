//! The client of a page.

use super::driver::{Driver, ended};
use super::options::Options;
use super::redirect;
use super::request::{Request, Response};
use super::session::{Session, SessionNews, User};
use super::sign_in::{self, SignInOptions};
use crate::error::{Code, Error};
use crate::protocol::shared::{Done, Event, Wiped};
use alloc::rc::{Rc, Weak};
use alloc::string::String;
use core::convert::Infallible;
use core::fmt;

/// The client of a page, and the session of its user.
///
/// A clone is the same client. Make one for the whole page, and hand out clones: two made of the same options are like two tabs.
/// It is not `Send`, for a page has one thread.
#[derive(Clone)]
pub struct ProcoreAuth(Rc<Driver>);

impl ProcoreAuth {
    /// A client. Nothing is sent before the first call.
    ///
    /// # Errors
    ///
    /// - `page_without_origin`, `insecure_context` where the page is none that a sign-in can come back to
    /// - `config_*` and `implicit_not_enabled`: see [`Config::parse`](crate::protocol::config::Config::parse)
    pub fn new(options: &Options) -> Result<Self, Error> {
        Driver::new(&options.to_json()?, options.persist).map(Self)
    }

    /// Looks whether this page is the answer to a sign-in, and if so, signs in with it. Call it on every load, before a router:
    /// the URL is scrubbed in this very call, before anything is awaited.
    ///
    /// Where it is none, this waits until it is known who is signed in, as with [`ready`](Self::ready).
    ///
    /// # Errors
    ///
    /// - those of [`AuthorizationResponse::parse`], [`PendingAuthorization::accept`] and [`Client::settle`]
    /// - `storage_unavailable` where the record of the sign-in can't be removed
    ///
    /// [`AuthorizationResponse::parse`]: crate::protocol::authorization_response::AuthorizationResponse::parse
    /// [`PendingAuthorization::accept`]: crate::protocol::pending_authorization::PendingAuthorization::accept
    /// [`Client::settle`]: crate::protocol::client::Client::settle
    pub fn handle_redirect(&self) -> impl Future<Output = Result<RedirectResult, Error>> + use<> {
        let driver = Rc::clone(&self.0);
        let taken = driver.with_client(|client| redirect::take_from_page(&driver.window, client.config()));
        let judging = taken.map(|taken| taken.map(|taken| driver.redeem(taken)));
        async move {
            let outcome = match judging {
                Ok(Some((call, outcome))) => ended(outcome).await.map(|_| driver.take_target(call)),
                Ok(None) => driver.ask(|call| Event::Ready { call }).await.map(|_| None),
                // Somebody may be signed in all the same.
                Err(error) => {
                    driver.handle(Event::Start);
                    Err(error)
                }
            };
            outcome
                .map(|target| RedirectResult {
                    handled: target.is_some(),
                    warning: target.as_ref().and_then(|(_, warning)| *warning),
                    return_to: target.map(|(return_to, _)| return_to),
                })
                .inspect_err(|error| driver.marks.note_cause(error))
        }
    }

    /// Waits until it is known who is signed in.
    ///
    /// # Errors
    ///
    /// Those of the server's metadata, where they are to be read: see
    /// [`Config::discovered`](crate::protocol::config::Config::discovered).
    pub async fn ready(&self) -> Result<(), Error> {
        self.0.ask(|call| Event::Ready { call }).await.map(|_| ())
    }

    /// Leaves for the login page. Settles only where that fails, or where the user comes back by the Back button.
    ///
    /// # Errors
    ///
    /// - `sign_in_framed` in a frame, `sign_in_abandoned` when the user comes back without a response
    /// - `sign_in_loop` for the fourth time within a minute that no user has asked for
    /// - `storage_unavailable` where the sign-in can't be remembered
    /// - those of [`AuthorizationRequest::new`](crate::protocol::authorization_request::AuthorizationRequest::new)
    pub async fn sign_in(&self, options: &SignInOptions) -> Result<Infallible, Error> {
        sign_in::sign_in(&self.0, options).await
    }

    /// The session as it is now.
    #[must_use]
    pub fn session(&self) -> Session {
        self.0.session()
    }

    /// Calls `listener` with every change of the session, until what this returns is dropped.
    #[must_use = "dropping it ends it at once"]
    pub fn subscribe(&self, listener: impl Fn(&Session, SessionNews) + 'static) -> Subscription {
        Subscription {
            driver: Rc::downgrade(&self.0),
            number: self.0.listeners.add(Rc::new(listener)),
        }
    }

    /// Sends a request to the environment's own API, with the token, and with another one after a renewal where that is over.
    /// Where the API asks to wait, up to a minute, it waits and sends again, as the README says. Dropping the future gives
    /// the request up.
    ///
    /// # Errors
    ///
    /// - `resource_origin_forbidden`, `token_in_url`, `config_secret_forbidden`, `company_id_invalid`, `param_reserved` for a
    ///   request that may not leave
    /// - `config_invalid` for one that the browser refuses, such as a `GET` with a body
    /// - `not_signed_in`, `reauth_required`, `session_ended`, and those of a renewal
    /// - `network_error` when no answer came
    pub async fn fetch(&self, request: impl Into<Request>) -> Result<Response, Error> {
        self.0.fetch(request.into()).await
    }

    /// Who is signed in: `GET /rest/v1.0/me`.
    ///
    /// # Errors
    ///
    /// Those of [`fetch`](Self::fetch); `answer_unexpected` when the API does not say it.
    pub async fn user(&self) -> Result<User, Error> {
        self.fetch("/rest/v1.0/me").await?.json().await
    }

    /// Renews the access token. Seldom needed: [`fetch`](Self::fetch) renews what has expired.
    ///
    /// # Errors
    ///
    /// - `not_signed_in` when nobody is; `session_ended` when the session has ended meanwhile
    /// - `reauth_required` when it can't be renewed any more
    /// - `lock_timeout`, `storage_unavailable`, `network_error`, `rate_limited` when it may go better later
    pub async fn refresh(&self) -> Result<Session, Error> {
        self.0.ask(|call| Event::Refresh { call }).await?;
        Ok(self.session())
    }

    /// Signs out, in every tab: the tokens are wiped, and then revoked.
    ///
    /// # Errors
    ///
    /// Those of [`ready`](Self::ready).
    pub async fn sign_out(&self) -> Result<SignOutResult, Error> {
        let done = self.0.ask(|call| Event::SignOut { call }).await?;
        let (outcome, is_kept) = match done {
            Done::SignedOut { is_revoked, wiped } => (SignOutOutcome::of(is_revoked), wiped != Wiped::Gone),
            _ => (SignOutOutcome::Nothing, false),
        };
        let warning = is_kept.then_some(Code::StorageUnavailable);
        Ok(SignOutResult { outcome, warning })
    }
}

impl fmt::Debug for ProcoreAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcoreAuth").field(&self.session()).finish()
    }
}

/// Two clients are equal if they are clones of one: for frameworks that compare what they pass on.
impl PartialEq for ProcoreAuth {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What a page was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedirectResult {
    /// Whether it was the answer to a sign-in, and somebody is signed in by it.
    pub handled: bool,
    /// Where to go on to then: a path of this origin, for your router.
    pub return_to: Option<String>,
    /// What was put right on the way: `returnto_rejected`.
    pub warning: Option<Code>,
}

/// What has come of a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignOutResult {
    /// What the server has made of it.
    pub outcome: SignOutOutcome,
    /// `storage_unavailable`: the kept session could not be removed. No start of this client takes it up.
    pub warning: Option<Code>,
}

/// What the server has made of a sign-out. Here, everything is wiped in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignOutOutcome {
    /// It has confirmed that all tokens are dead.
    Revoked,
    /// It may hold some of them valid.
    RevokePending,
    /// Nobody was signed in.
    Nothing,
}

impl SignOutOutcome {
    const fn of(is_revoked: Option<bool>) -> Self {
        match is_revoked {
            Some(true) => Self::Revoked,
            Some(false) => Self::RevokePending,
            None => Self::Nothing,
        }
    }
}

/// A listener, for as long as this is not dropped.
#[derive(Debug)]
#[must_use = "dropping it ends it at once"]
pub struct Subscription {
    driver: Weak<Driver>,
    number: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.upgrade() {
            driver.listeners.remove(self.number);
        }
    }
}
