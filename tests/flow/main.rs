//! Whole sign-ins in simulated time: every request byte for byte, and what each answer, or none, makes of the session.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sign_in;
mod refresh;
mod api;
mod clock;
mod sign_out;
mod storage;
mod bounds;
mod echoes;
mod forged;
mod servers;
mod mediator;
mod advisories;
mod conformance;
mod first_use;
mod shared;
#[cfg(feature = "implicit")]
mod implicit;
mod support;
mod tabs;
