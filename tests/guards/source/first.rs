//! The first step, by nobody's standard.

pub struct First;
