//! The browser edge: the only files that name JavaScript. They do effects and decide nothing.

pub mod clock;
pub mod entropy;
#[cfg(not(feature = "npm"))]
pub mod pending_store;
pub mod url;

#[cfg(feature = "npm")]
pub mod exports;
#[cfg(feature = "npm")]
mod later_steps;
#[cfg(feature = "npm")]
mod module;
#[cfg(feature = "npm")]
mod session_steps;
#[cfg(feature = "npm")]
mod start_steps;
