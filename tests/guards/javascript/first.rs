//! The first step. RFC 6749.

pub fn first() -> f64 {
    js_sys::Date::now()
}
