//! The first step. RFC 6749.

use super::{
    second::{self, Second},
};

pub struct First(pub Second);
