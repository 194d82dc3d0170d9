//! A URL as its parts.
//!
//! The protocol judges URLs but does not parse them: the edge does, with the parser that will also navigate
//! (the browser's own; the `url` crate elsewhere), so that no two parsers can disagree about an origin.
//! [WHATWG URL](https://url.spec.whatwg.org/); redirect URIs per
//! [RFC 6749 §3.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2).

use alloc::string::String;

/// A parsed, absolute URL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Url {
    /// The whole URL, serialised by the parser.
    pub href: String,
    /// `https`, in lower case, without the colon.
    pub scheme: String,
    /// Host and port as serialised: `app.example`, `localhost:5173`; the default port is left out.
    pub host: String,
    /// From the first slash to before `?` and `#`.
    pub path: String,
    /// After `?`, still encoded; empty if there is none.
    pub query: String,
    /// After `#`, still encoded; empty if there is none.
    pub fragment: String,
    /// Whether a user name or password stands before the host.
    pub has_userinfo: bool,
}

impl Url {
    /// A URL from what a parser found: `href` whole, the other parts without their delimiters.
    #[must_use]
    pub const fn from_parts(
        href: String,
        scheme: String,
        host: String,
        path: String,
        query: String,
        fragment: String,
        has_userinfo: bool,
    ) -> Self {
        Self {
            href,
            scheme,
            host,
            path,
            query,
            fragment,
            has_userinfo,
        }
    }

    /// Whether both have the same scheme, host and port.
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host
    }

    /// Whether this is `http://localhost`, on any port: the only place where the Developer Portal accepts no TLS.
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        self.scheme == "http" && (self.host == "localhost" || self.host.starts_with("localhost:"))
    }

    /// `https://host[:port]`.
    #[must_use]
    pub fn origin(&self) -> String {
        [&self.scheme, "://", &self.host].concat()
    }
}

/// Parses `input`, against `base` if it is relative. `None` where the platform's parser refuses.
///
/// A plain function, so that the protocol stays a value and every test can choose its parser.
pub type ParseUrl = fn(input: &str, base: Option<&str>) -> Option<Url>;
