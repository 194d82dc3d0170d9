//! The client of a page.

use super::driver::Driver;
use super::following::Following;
use super::listeners::Subscription;
use super::options::Options;
use super::popup::{self, PopupSignInOptions};
use super::redirect::{self, RedirectResult};
use super::request::{Request, Response};
use super::session::{Session, SessionNews, User};
use super::sign_in::{self, SignInOptions};
use super::start::{self, StartOptions};
use crate::error::{Code, Error};
use crate::protocol::shared::{Done, Event, Wiped};
use alloc::rc::Rc;
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

    /// The one call of a page that is loaded, before a router: [`handle_redirect`](Self::handle_redirect), back to where the user
    /// was, by `history.replaceState()`, and [`sign_in`](Self::sign_in) where nobody is signed in. Answers with the session that
    /// the page begins with. The URL is scrubbed in this very call, before anything is awaited.
    ///
    /// Who has signed out in this tab, in whatever tab, is not signed in by it, until they sign in again: a mark in
    /// `sessionStorage` says so.
    ///
    /// # Errors
    ///
    /// - those of [`handle_redirect`](Self::handle_redirect), with [`return_to`](Error::return_to), where the user wanted to be
    /// - those of [`ready`](Self::ready)
    /// - those of [`sign_in`](Self::sign_in), `sign_in_loop` above all
    pub fn start(&self, options: &StartOptions) -> impl Future<Output = Result<Session, Error>> + use<> {
        start::start(&self.0, options)
    }

    /// The same for the components of a framework: [`start`](Self::start)s in this very call, and keeps one state for them to show,
    /// with the user and the last error. Call it once, and hand out clones.
    ///
    /// ```no_run
    /// use procore_spa_auth::app::{Following, ProcoreAuth, SignInState, StartOptions};
    ///
    /// fn show(auth: &ProcoreAuth, signal: impl Fn(SignInState) + 'static) -> Following {
    ///     // In this very call it scrubs the URL.
    ///     let page = auth.follow(&StartOptions::default());
    ///     signal(page.state());
    ///     // For as long as there is the page.
    ///     page.subscribe(move |state| signal(state.clone())).forget();
    ///     page
    /// }
    /// ```
    #[must_use = "dropping it stops nothing, and nobody sees what has come of it"]
    pub fn follow(&self, options: &StartOptions) -> Following {
        Following::new(self.clone(), options)
    }

    /// Looks whether this page is the answer to a sign-in, and if so, signs in with it. Call it on every load, before a router:
    /// the URL is scrubbed in this very call, before anything is awaited.
    ///
    /// Where it is none, this waits until it is known who is signed in, as with [`ready`](Self::ready). With
    /// [`persist`](Options::persist), that is also so where this tab has had that response before, as after a reload: it is
    /// scrubbed, and no error while somebody is signed in.
    ///
    /// In the window of [`sign_in_with_popup`](Self::sign_in_with_popup) it hands the response to the page that opened it, and
    /// closes the window. Then the future resolves only where nobody there takes it, so that nothing else of the app begins there.
    ///
    /// # Errors
    ///
    /// - `opener_severed` in a login window whose opener can't be reached, `opener_reloaded` where it does not answer
    /// - those of [`AuthorizationResponse::parse`], [`PendingAuthorization::accept`] and [`Client::settle`]
    /// - `storage_unavailable` where the record of the sign-in can't be removed
    ///
    /// [`AuthorizationResponse::parse`]: crate::protocol::authorization_response::AuthorizationResponse::parse
    /// [`PendingAuthorization::accept`]: crate::protocol::pending_authorization::PendingAuthorization::accept
    /// [`Client::settle`]: crate::protocol::client::Client::settle
    pub fn handle_redirect(&self) -> impl Future<Output = Result<RedirectResult, Error>> + use<> {
        redirect::arrive(&self.0)
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

    /// Signs in by a login window, for apps that must not leave their page, and for those in a frame, which Procore's login page
    /// refuses. The window opens in this very call, so call it right inside a click; with
    /// [`discover`](super::Server::discover), after [`ready`](Self::ready).
    ///
    /// State and code verifier never leave this page's memory. The redirect URI's page must call
    /// [`handle_redirect`](Self::handle_redirect) or [`start`](Self::start), as always. Dropping the future gives the sign-in up
    /// and closes the window. [RFC 9700 §4.17](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.17) is what the two windows
    /// go by.
    ///
    /// ```no_run
    /// use procore_spa_auth::app::{PopupSignInOptions, ProcoreAuth};
    /// use procore_spa_auth::error::Error;
    /// use wasm_bindgen_futures::spawn_local;
    ///
    /// fn on_click(auth: &ProcoreAuth, told: impl FnOnce(Result<(), Error>) + 'static) {
    ///     // The window opens here, in the click's own turn; only what comes of it is waited for.
    ///     let signed_in = auth.sign_in_with_popup(&PopupSignInOptions::default());
    ///     spawn_local(async move { told(signed_in.await.map(|_| ())) });
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// - those of [`AuthorizationRequest::new`](crate::protocol::authorization_request::AuthorizationRequest::new)
    /// - `popup_blocked` where the browser opens no window, `popup_closed` where the user has closed it
    /// - `opener_severed` where a `Cross-Origin-Opener-Policy` has cut it off from this page
    /// - `timeout` when the user has taken longer than [`PopupSignInOptions::timeout`]
    /// - `redirect_mismatch`, `state_mismatch` where the window brought another site's, or another sign-in's response
    /// - those of [`handle_redirect`](Self::handle_redirect)
    pub fn sign_in_with_popup(
        &self,
        options: &PopupSignInOptions,
    ) -> impl Future<Output = Result<RedirectResult, Error>> + use<> {
        popup::sign_in(&self.0, options)
    }

    /// The session as it is now.
    #[must_use]
    pub fn session(&self) -> Session {
        self.0.session()
    }

    /// Calls `listener` with every change of the session, until what this returns is dropped.
    pub fn subscribe(&self, listener: impl Fn(&Session, SessionNews) + 'static) -> Subscription {
        self.0.listeners.add(move |(session, news)| listener(session, *news))
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
    /// The word, as in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::RevokePending => "revoke_pending",
            Self::Nothing => "nothing",
        }
    }

    const fn of(is_revoked: Option<bool>) -> Self {
        match is_revoked {
            Some(true) => Self::Revoked,
            Some(false) => Self::RevokePending,
            None => Self::Nothing,
        }
    }
}
