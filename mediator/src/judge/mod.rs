//! What is decided: values in, values out. No clock, no randomness, no socket, no file.
//!
//! The modules stand in the order in which a request visits them.

pub mod request;
pub mod cookie;
pub mod seal;
pub mod name;
pub mod session;
pub mod procore;
pub mod answer;
