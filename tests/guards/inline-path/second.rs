//! The second step. RFC 6749.

pub struct Second;
