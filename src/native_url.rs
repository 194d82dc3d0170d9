//! The URL parser off the browser: the `url` crate. For native tests, server-side rendering and tools.

use crate::protocol::url::Url;

/// Parses with the `url` crate. See [`ParseUrl`](crate::protocol::url::ParseUrl).
#[must_use]
pub fn parse_url(input: &str, base: Option<&str>) -> Option<Url> {
    let base = match base {
        Some(base) => Some(::url::Url::parse(base).ok()?),
        None => None,
    };
    let url = ::url::Url::options().base_url(base.as_ref()).parse(input).ok()?;
    Url::from_serialised(url.into())
}
