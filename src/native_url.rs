//! The URL parser off the browser: the `url` crate. For native tests, server-side rendering and tools.

use crate::protocol::url::Url;
use alloc::borrow::ToOwned;

/// Parses with the `url` crate. See [`ParseUrl`](crate::protocol::url::ParseUrl).
#[must_use]
pub fn parse_url(input: &str, base: Option<&str>) -> Option<Url> {
    let base = match base {
        Some(base) => Some(::url::Url::parse(base).ok()?),
        None => None,
    };
    let url = ::url::Url::options().base_url(base.as_ref()).parse(input).ok()?;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => [host, ":", &alloc::string::ToString::to_string(&port)].concat(),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    Some(Url::from_parts(
        url.as_str().to_owned(),
        url.scheme().to_owned(),
        host,
        url.path().to_owned(),
        url.query().unwrap_or_default().to_owned(),
        url.fragment().unwrap_or_default().to_owned(),
        !url.username().is_empty() || url.password().is_some(),
    ))
}
