//! The first step. RFC 6749.

pub struct First(pub crate::protocol::second::Second);
