//! The mediator over real sockets: its own process, a Procore that answers in every way, browsers with their cookies.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails"
)]

mod support;
mod observed;
mod cookies;
mod renewing;
mod signing_out;
mod requests;
mod operation;
mod fleet;
#[cfg(feature = "load")]
mod load;
