//! Sign-in with Procore from a browser page, without a client secret.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod error;
pub mod protocol;

#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(not(target_arch = "wasm32"))]
pub mod native_url;

#[cfg(target_arch = "wasm32")]
pub use browser::url::parse_url;
#[cfg(not(target_arch = "wasm32"))]
pub use native_url::parse_url;
