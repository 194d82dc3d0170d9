//! The second step. RFC 6749.

use super::first::First;
use crate::error::Error;

pub const SECOND: First = First("js_sys");
