//! The URL parser that judges is the parser that navigates: the browser's own.

use crate::protocol::url::Url;
use alloc::borrow::ToOwned;
use alloc::string::String;

/// Parses with the browser's `URL`. See [`ParseUrl`](crate::protocol::url::ParseUrl).
#[must_use]
pub fn parse_url(input: &str, base: Option<&str>) -> Option<Url> {
    let url = match base {
        Some(base) => web_sys::Url::new_with_base(input, base),
        None => web_sys::Url::new(input),
    }
    .ok()?;
    let without = |text: String, mark: char| text.strip_prefix(mark).map(ToOwned::to_owned).unwrap_or_default();
    Some(Url::from_parts(
        url.href(),
        url.protocol().trim_end_matches(':').to_owned(),
        url.host(),
        url.pathname(),
        without(url.search(), '?'),
        without(url.hash(), '#'),
        !url.username().is_empty() || !url.password().is_empty(),
    ))
}
