//! Requests and answers as plain values. Somebody else sends them.
//!
//! Every request is sent without cookies, cache, referrer and redirects
//! ([RFC 9700 §4.12](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.12)), except that the app's own token
//! mediator gets its cookies.

use super::ascii;
use super::form;
use super::secret::AccessToken;
use super::secret::{Wiped, is_visible_ascii};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;

/// One request, complete. Spent by sending it.
#[derive(Debug)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The whole URL.
    pub url: String,
    /// The form to `POST`, encoded; `None` means `GET`. Confidential.
    pub body: Option<Body>,
    /// The value of the `Authorization` header. Confidential.
    pub authorization: Option<Body>,
    /// Whether it goes to this page's own origin, with its cookies (the token mediator); else none are sent.
    pub is_same_origin: bool,
}

impl HttpRequest {
    pub(crate) fn get(url: &str, token: Option<&AccessToken>) -> Box<Self> {
        Box::new(Self {
            url: url.to_owned(),
            body: None,
            authorization: token.map(bearer),
            is_same_origin: false,
        })
    }

    /// A form to an endpoint; a field without a value is left out (RFC 6749 §3.2).
    pub(crate) fn post((url, is_same_origin): (&str, bool), fields: &[(&str, &str)]) -> Box<Self> {
        let mut body = Wiped::default();
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            form::append(&mut body, name, value);
        }
        Box::new(Self {
            url: url.to_owned(),
            body: Some(Body(body)),
            authorization: None,
            is_same_origin,
        })
    }
}

/// `Bearer …` (RFC 6750 §2.1), built in one piece so that no shorter copy is left in memory.
pub(crate) fn bearer(token: &AccessToken) -> Body {
    let mut header = Wiped::with_capacity(7 + token.expose().len());
    header.push_str("Bearer ");
    header.push_str(token.expose());
    Body(header)
}

/// Confidential text that goes out with a request: redacted in `Debug`, wiped when dropped.
pub struct Body(Wiped);

impl Body {
    /// The bare text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What came back.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpOutcome {
    /// The server answered.
    Answer(HttpResponse),
    /// A redirect, not followed.
    Redirected,
    /// Known not to have left. That a browser believes to be offline is no such knowledge: with a VPN or in a virtual
    /// machine it often is wrong.
    NotSent,
    /// It may have arrived; no answer came (network, CORS).
    NoAnswer,
    /// It may have arrived; the answer took too long.
    TimedOut,
}

/// An answer, read up to [`MAX_BODY`] and one byte.
#[non_exhaustive]
pub struct HttpResponse {
    /// The status code.
    pub status: u64,
    /// The `Content-Type` header, or empty.
    pub content_type: String,
    /// The body. Wiped when dropped.
    pub body: Wiped,
}

impl HttpResponse {
    /// The body, and whether there is more of it. What is beyond [`MAX_BODY`], however much it may be, is not looked into.
    pub(crate) fn bounded_body(&self) -> (&str, bool) {
        let is_cut = self.body.len() > MAX_BODY;
        let length = if is_cut { MAX_BODY } else { self.body.len() };
        // In the middle of a character it is no text, and so no JSON.
        (self.body.get(..length).unwrap_or_default(), is_cut)
    }

    /// An answer from its parts.
    #[must_use]
    pub const fn new(status: u64, content_type: String, body: Wiped) -> Self {
        Self {
            status,
            content_type,
            body,
        }
    }

    /// Whether the media type is `application/json` (RFC 6749 §5.1): parameters and case don't matter.
    pub(crate) fn is_json(&self) -> bool {
        media_type(&self.content_type).eq_ignore_ascii_case("application/json")
    }
}

/// The media type, without parameters. Of a header that was sent twice, as a proxy may do, the last one that is a media type
/// ([Fetch, "extract a MIME type"](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type)).
fn media_type(header: &str) -> &str {
    let (mut found, mut start) = ("", 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, byte) in header.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_quoted,
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                found = essence(header.get(start..at)).unwrap_or(found);
                start = at + 1;
            }
            _ => {}
        }
    }
    essence(header.get(start..)).unwrap_or(found)
}

/// A type and a subtype, and not the one that stands for any.
fn essence(value: Option<&str>) -> Option<&str> {
    /// What no token has in it (RFC 9110 §5.6.2).
    const DELIMITERS: &[u8] = b"\"(),/:;<=>?@[\\]{}";
    let is_token = |text| is_visible_ascii(text) && !ascii::has(text, DELIMITERS);
    let essence = ascii::before(value?, b";").trim_ascii();
    let (name, subtype) = ascii::cut(essence, b"/");
    (is_token(name) && is_token(subtype?) && essence != "*/*").then_some(essence)
}

impl core::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The longest body that is read, in bytes. A genuine token response is below 4 KiB.
pub const MAX_BODY: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_media_types() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/problem+json", false),
            ("text/json", false),
            ("text/plain", false),
            ("application/jsonp", false),
            ("", false),
            // Sent twice: the last one that is a media type.
            ("application/json, application/json", true),
            ("application/json; charset=utf-8,application/json", true),
            ("text/html, application/json", true),
            ("application/json, text/html", false),
            ("text/html, application/json, text/plain", false),
            ("application/json,", true),
            (", application/json ,, ", true),
            ("application/json, */*", true),
            ("application/json, json", true),
            ("application/json, a b/c", true),
            ("application/json, /", true),
            ("*/*", false),
            ("application/json; a=\", text/html\"", true),
            ("text/html; a=\", application/json\"", false),
            ("text/html; a=\"\\\", application/json\"", false),
            ("text/html; a=\\\"b, application/json\"", false),
            ("application/json; a=\"never ends, text/html", true),
            ("\tapplication/json\t;charset=utf-8", true),
            ("application / json", false),
        ] {
            let response = HttpResponse::new(200, content_type.into(), Wiped::default());
            assert_eq!(response.is_json(), expected, "{content_type}");
        }
    }

    #[test]
    fn a_form_can_not_be_broken_out_of() {
        let request = HttpRequest::post(
            ("https://as.example/token", false),
            &[("code", "a&client_secret=x"), ("none", ""), ("b", "c d")],
        );
        assert_eq!(request.body.unwrap().expose(), "code=a%26client_secret%3Dx&b=c+d");
    }
}
