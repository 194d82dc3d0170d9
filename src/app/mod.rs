//! A ready-made client for apps in a browser: Leptos, Yew, Dioxus, or plain wasm-bindgen.
//!
//! ```no_run
//! use procore_spa_auth::app::{Options, ProcoreAuth, StartOptions};
//! use procore_spa_auth::error::Error;
//! use procore_spa_auth::protocol::environment::EnvironmentName;
//!
//! async fn begin() -> Result<(), Error> {
//!     let redirect_uris = ["https://app.example.com/callback"];
//!     let options = Options::default().with_credentials(EnvironmentName::Production, "the-client-id", &redirect_uris);
//!     // One for the whole page: clone it, it is small.
//!     let auth = ProcoreAuth::new(&options)?;
//!     // On every load, before the router. Where nobody is signed in, it goes to the login page, and after that back here.
//!     let session = auth.start(&StartOptions::default()).await?;
//!     // Not so for who has signed out in this tab.
//!     if session.signed_in {
//!         let projects = auth.fetch("/rest/v1.0/projects?company_id=42").await?;
//!         assert_eq!(projects.status(), 200);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Everything is decided by [`Shared`](crate::protocol::shared::Shared), the session as the tabs of an origin share it; here is
//! what it has done: requests, timers, storage, locks, and a channel between tabs. Nothing here is `Send`: a page has one thread.

// In the order in which a call passes through.
mod auth;
mod options;
mod following;
mod start;
mod redirect;
mod sign_in;
mod popup;
mod session;
mod request;

// What is done for it.
mod api;
mod driver;
mod listeners;
mod page;
mod relay;
mod send;
mod tabs;
mod vault;

pub use auth::{ProcoreAuth, SignOutOutcome, SignOutResult};
pub use following::{Following, SignInState, SignInStatus};
pub use listeners::Subscription;
pub use options::{Credentials, Options, Server};
pub use popup::PopupSignInOptions;
pub use redirect::RedirectResult;
pub use request::{Request, Response};
pub use session::{Session, SessionNews, SessionStatus, User};
pub use sign_in::SignInOptions;
pub use start::StartOptions;
