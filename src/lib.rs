//! Sign-in with Procore from a browser page, without a client secret.
//!
//! This crate decides and never acts. It has no clock, no randomness and no network in it: time and entropy are arguments,
//! and whatever has to be sent is a value, an [`Exchange`](protocol::client::Exchange). Send it once, in whatever way suits
//! your app, and give what came back to [`Client::settle`](protocol::client::Client::settle), which says what is next. The
//! npm package `procore-spa-auth` is this crate with a browser page around it.
//!
//! ```
//! use procore_spa_auth::parse_url;
//! use procore_spa_auth::protocol::api_request::ApiRequest;
//! use procore_spa_auth::protocol::authorization_request::SignInOptions;
//! use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
//! use procore_spa_auth::protocol::client::{Authorization, Client, Progress};
//! use procore_spa_auth::protocol::config::Config;
//! use procore_spa_auth::protocol::environment::EnvironmentName;
//! use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
//! use procore_spa_auth::protocol::pkce::Entropy;
//! # use procore_spa_auth::error::Error;
//! # use procore_spa_auth::protocol::http::{HttpOutcome, HttpRequest, HttpResponse};
//! # use procore_spa_auth::protocol::time::Moment;
//! #
//! # /// The app's part: the server that it asks answers as Procore documents.
//! # fn send(request: &HttpRequest) -> HttpOutcome {
//! #     assert_eq!(request.url, "https://login.procore.com/oauth/token");
//! #     let body = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"bearer","expires_in":5400}"#;
//! #     HttpOutcome::Answer(HttpResponse::new(200, "application/json".into(), body.into()))
//! # }
//! # fn now() -> Moment { Moment::new(1_800_000_000, 0) }
//! # fn random_bytes() -> [u8; 64] { core::array::from_fn(|i| u8::try_from(i).unwrap_or(0)) }
//! # fn come_back_from(login_url: &str) -> String {
//! #     assert!(login_url.starts_with("https://login.procore.com/oauth/authorize?response_type=code&client_id=the-client-id"));
//! #     let state = login_url.split("&state=").nth(1).and_then(|rest| rest.split('&').next());
//! #     ["https://app.example.com/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=", state.unwrap_or("")].concat()
//! # }
//! # fn main() -> Result<(), Error> {
//!
//! let page = parse_url("https://app.example.com/", None);
//! let redirect_uris = ["https://app.example.com/callback"];
//! let config = Config::new(EnvironmentName::Production, "the-client-id", &redirect_uris, page, parse_url)?;
//! let mut client = Client::new(config);
//!
//! // The login URL, and what to remember of it until the user is back.
//! let options = SignInOptions::new(client.config());
//! let login = client.begin_sign_in(&options, Entropy::new(random_bytes())?, now().wall)?;
//! let record = login.pending.to_record();
//!
//! // Back on the redirect URI. `None` would be a page like any other.
//! let url = come_back_from(&login.url);
//! let response = AuthorizationResponse::parse(&url, client.config())?;
//! if let Some(response) = response.filter(|response| response.claims(login.pending.state())) {
//!     // Both are spent here, whatever comes out: a response is judged once.
//!     let pending = PendingAuthorization::from_record(&record)?;
//!     let grant = pending.accept(&response, client.config(), now().wall)?;
//!
//!     let mut exchange = client.begin_redemption(grant);
//!     loop {
//!         let outcome = send(&exchange.request);
//!         match client.settle(exchange, outcome, now())? {
//!             Progress::Send(next) => exchange = next,
//!             _signed_in => break,
//!         }
//!     }
//! }
//!
//! // A request to the API: its URL is checked before the token is shown.
//! let request = ApiRequest::new("/rest/v1.0/me", None, client.config())?;
//! if let Authorization::Header { value, .. } = client.authorize(&request, now())? {
//!     assert_eq!(request.url(), "https://api.procore.com/rest/v1.0/me");
//!     assert_eq!(value.expose(), "Bearer 2YotnFZFEjr1zCsicMWpAA");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The modules of [`protocol`] stand in the order in which data visits them. `ARCHITECTURE.md` says where each thing happens,
//! `SECURITY.md` what this can and can't protect.
//!
//! # Features
//!
//! - `app`: the module `app`, a ready-made client for apps in a browser (Leptos, Yew, Dioxus, plain wasm-bindgen), on wasm32
//!   only: `docs/rust.md`.
//! - `implicit`: the legacy implicit flow (RFC 6749 §4.2). Off by default, and then its code is not in the build at all.
//! - `serde`: lets Rust apps read an [`EnvironmentName`](protocol::environment::EnvironmentName) from their configuration.
//! - `audit-core`: the module `audit`, which searches a build for a leaked client secret. It links `std`.
//! - `audit`: the same as a native program, `procore-spa-auth audit`; `audit-js`: the same for Node. Not for Rust apps.
//! - `npm`: the exports, panic handler and allocator of the npm package's WebAssembly module. Not for Rust apps.

#![cfg_attr(not(feature = "audit-core"), no_std)]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "audit-core")]
pub mod audit;
pub mod error;
pub mod protocol;

#[cfg(all(feature = "app", target_arch = "wasm32"))]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(not(target_arch = "wasm32"))]
pub mod native_url;

#[cfg(target_arch = "wasm32")]
pub use browser::url::parse_url;
#[cfg(not(target_arch = "wasm32"))]
pub use native_url::parse_url;
