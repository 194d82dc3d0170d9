//! `procore-token-mediator`: the server that docs/token-mediator.md describes.
//!
//! A request visits the modules in this order: [`serve`] lets it in and does what has to be done, [`judge`] decides. The
//! judging is pure; sockets, files, the clock and randomness are in `serve`.

mod secret;
mod clock;
mod config;
mod judge;

fn main() {}
