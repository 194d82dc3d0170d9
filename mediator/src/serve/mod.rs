//! What is done: sockets, files, the clock, randomness. What is decided stands in [`crate::judge`].
//!
//! The modules stand in the order in which a request visits them, and those that serve the server itself last.

pub mod listen;
pub mod page;
pub mod client_address;
pub mod mediator;
pub mod redeem;
pub mod renew;
pub mod revoke;
pub mod once;
pub mod flights;
pub mod fleet;
pub mod journal;
pub mod upstream;
pub mod entropy;
pub mod files;
pub mod metrics;
pub mod admin;
