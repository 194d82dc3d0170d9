//! The protocol: values in, values out. No clock, no randomness, no JavaScript, no input or output.
//!
//! The modules stand in the order in which data visits them, and each uses only those above it
//! (`scripts/check-flow.mjs` proves it). Standards: [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749.html) ·
//! [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636.html) · [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207.html) ·
//! [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009.html) · [RFC 9700](https://www.rfc-editor.org/rfc/rfc9700.html).

// What values are made of.
pub mod secret;
pub mod time;
pub(crate) mod ascii;
pub mod json;
pub mod url;
pub mod form;
pub mod http;
pub(crate) mod echo;

// Who asks whom.
pub mod confidentiality;
mod options;
mod scope;
pub mod environment;
pub mod credentials;
mod server;
pub mod config;

// What a server grants. The implicit flow's authorization response is one too (RFC 6749 §4.2.2), so it stands first.
pub mod token_response;

// To the login page and back.
#[cfg(any(feature = "npm", all(feature = "app", target_arch = "wasm32"), test))]
pub(crate) mod rounds;
pub mod pkce;
pub mod return_to;
pub mod pending_authorization;
pub mod authorization_request;
pub mod authorization_response;
pub mod scrubbing;
#[cfg(any(all(feature = "app", target_arch = "wasm32"), test))]
pub(crate) mod spent;
#[cfg(any(all(feature = "app", target_arch = "wasm32"), test))]
pub(crate) mod login_window;

// From code to tokens.
pub mod token_request;
pub mod revocation_request;
pub mod token_info;

// Tokens over time, and their use.
pub mod session;
mod session_record;
pub mod api_request;
pub mod api_response;

// The steps, put together.
pub mod client;

// The same in every tab of an origin.
pub mod shared;
