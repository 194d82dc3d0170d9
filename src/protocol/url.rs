//! A URL as its parts.
//!
//! The protocol judges URLs but does not parse them: the edge does, with the parser that will also navigate
//! (the browser's own; the `url` crate elsewhere), so that no two parsers can disagree about an origin.
//! [WHATWG URL](https://url.spec.whatwg.org/); redirect URIs per
//! [RFC 6749 §3.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2).

use super::ascii;
use super::secret::Wiped;
use alloc::string::String;

/// An absolute `http` or `https` URL, as a parser wrote it, and where its parts are in there.
///
/// Other schemes have no representation: nothing here may be asked, sent or gone to by `javascript:` or `blob:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Wiped, for a redirect carries a code.
    href: Wiped,
    /// Where the path starts.
    origin: usize,
    /// Where the query's `?` would stand.
    path: usize,
    /// Where the fragment's `#` would stand.
    query: usize,
}

impl Url {
    /// Takes a URL that the platform's parser has serialised.
    ///
    /// What is left to do is cutting, not parsing: in this form the first `/` after `://` ends the authority, the first
    /// `#` starts the fragment, and the first `?` before it the query (WHATWG URL, "URL serializing").
    #[must_use]
    pub fn from_serialised(href: String) -> Option<Self> {
        let href = Wiped::new(href);
        let authority = if href.starts_with("https://") {
            "https://".len()
        } else if href.starts_with("http://") {
            "http://".len()
        } else {
            return None;
        };
        let until =
            |start: usize, marks: &[u8]| start + ascii::before(href.get(start..).unwrap_or_default(), marks).len();
        let origin = until(authority, b"/");
        if origin == href.len() {
            return None;
        }
        let (path, query) = (until(origin, b"?#"), until(origin, b"#"));
        Some(Self {
            href,
            origin,
            path,
            query,
        })
    }

    /// The whole URL.
    #[must_use]
    pub fn href(&self) -> &str {
        &self.href
    }

    /// `https://host[:port]`, the default port left out; with a user name, if there is one.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.href.get(..self.origin).unwrap_or_default()
    }

    /// The origin for a message; nothing where it would show a user name or password.
    pub(crate) fn shown_origin(&self) -> &str {
        if self.has_userinfo() { "" } else { self.origin() }
    }

    /// From the first slash to before `?` and `#`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.href.get(self.origin..self.path).unwrap_or_default()
    }

    /// The path without the slashes at its end.
    pub(crate) fn bare_path(&self) -> &str {
        let mut path = self.path();
        while let Some(shorter) = path.strip_suffix("/") {
            path = shorter;
        }
        path
    }

    /// After `?`, still encoded; empty if there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.href.get(self.path + 1..self.query).unwrap_or_default()
    }

    /// After `#`, still encoded; empty if there is none.
    #[must_use]
    pub fn fragment(&self) -> &str {
        self.href.get(self.query + 1..).unwrap_or_default()
    }

    /// Path, query and fragment.
    #[must_use]
    pub fn after_origin(&self) -> &str {
        self.href.get(self.origin..).unwrap_or_default()
    }

    /// Whether a user name or password stands before the host.
    #[must_use]
    pub fn has_userinfo(&self) -> bool {
        ascii::has(self.origin(), b"@")
    }

    /// Whether both have the same scheme, host and port. Never true of a URL with a user name and one without.
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.origin() == other.origin()
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.href.starts_with("https:")
    }

    /// Whether this is `http://localhost`, on any port: the only place where the Developer Portal accepts no TLS.
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        let port = self.origin().strip_prefix("http://localhost");
        port.is_some_and(|port| ascii::before(port, b":").is_empty())
    }
}

/// The longest URL of a response, or to return to, in bytes. Real ones are below 4 KiB.
pub const MAX_URL: usize = 32 * 1024;

/// Parses `input`, against `base` if it is relative. `None` where the platform's parser refuses.
///
/// A plain function, so that the protocol stays a value and every test can choose its parser.
pub type ParseUrl = fn(input: &str, base: Option<&str>) -> Option<Url>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use proptest::prelude::*;

    #[test]
    fn other_schemes_do_not_exist() {
        for text in [
            "javascript:alert(1)",
            "blob:https://app.example/uuid",
            "data:text/html,x",
            "urn:x",
            "ftp://a/b",
        ] {
            assert_eq!(parse_url(text, None), None, "{text}");
        }
    }

    #[test]
    fn localhost_is_exactly_that() {
        for (text, expected) in [
            ("http://localhost/", true),
            ("http://localhost:5173/cb", true),
            ("https://localhost/", false),
            ("http://localhost.evil.example/", false),
            ("http://localhost./", false),
            ("http://127.0.0.1/", false),
            ("http://u@localhost/", false),
        ] {
            assert_eq!(parse_url(text, None).unwrap().is_localhost(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn cutting_finds_what_the_parser_found(text in r"https?://[a-z@:0-9.\[\]/?#=&%é -]{1,40}") {
            if let Ok(theirs) = ::url::Url::parse(&text) {
                let ours = Url::from_serialised(theirs.as_str().into()).unwrap();
                prop_assert_eq!(ours.path(), theirs.path());
                prop_assert_eq!(ours.query(), theirs.query().unwrap_or_default());
                prop_assert_eq!(ours.fragment(), theirs.fragment().unwrap_or_default());
                prop_assert_eq!(ours.has_userinfo(), !theirs.username().is_empty() || theirs.password().is_some());
                if !ours.has_userinfo() {
                    prop_assert_eq!(ours.origin(), theirs.origin().ascii_serialization());
                }
            }
        }
    }
}
