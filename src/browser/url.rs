//! The URL parser that judges is the parser that navigates: the browser's own.

use crate::protocol::url::Url;

/// Parses with the browser's `URL`. See [`ParseUrl`](crate::protocol::url::ParseUrl).
#[must_use]
pub fn parse_url(input: &str, base: Option<&str>) -> Option<Url> {
    let url = match base {
        Some(base) => web_sys::Url::new_with_base(input, base),
        None => web_sys::Url::new(input),
    };
    Url::from_serialised(url.ok()?.href())
}
