//! A flow of two steps. RFC 6749.

pub mod first;
pub mod second;
