//! The mediator over real sockets: its own process, a Procore that answers in every way, browsers with their cookies.

#![expect(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that can't go on fails; load is measured in real time, and told"
)]

mod support;
mod observed;
mod cookies;
mod renewing;
mod signing_out;
mod requests;
mod operation;
mod fleet;
mod load;
