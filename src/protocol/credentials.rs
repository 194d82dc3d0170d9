//! The public half of an application's credentials: client ID and redirect URIs.
//!
//! Procore: oauth_keys.md and the Developer Portal's form;
//! [RFC 6749 §2.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.2) and
//! [§3.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2).

use super::ascii;
use super::confidentiality;
use super::form;
use super::url::{ParseUrl, Url};
use crate::error::{Code, Error};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// A client identifier: public, 1 or more printable ASCII characters (`VSCHAR`, RFC 6749 appendix A.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// Checks a client ID.
    ///
    /// # Errors
    ///
    /// - `config_secret_forbidden` when it carries something like `client_secret=`
    /// - `config_invalid_client_id` when it is empty, not printable ASCII, or plainly a placeholder
    pub fn parse(text: &str) -> Result<Self, Error> {
        confidentiality::refuse_text(text)?;
        let is_printable = !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        let is_placeholder = ascii::has(text, b"<>{}$")
            || text.trim_ascii() != text
            || ["undefined", "null", "NaN", "client_id", "clientId"].contains(&text)
            || (text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("your"))
                && matches!(text.as_bytes().get(4), Some(b'-' | b'_' | b' ')));
        if is_printable && !is_placeholder {
            Ok(Self(text.to_owned()))
        } else {
            Err(Code::ConfigInvalidClientId.into())
        }
    }

    /// The client ID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A redirection URI exactly as registered.
///
/// Compared and sent byte for byte, never as re-serialised by a parser (RFC 9700 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    registered: String,
    url: Url,
}

impl RedirectUri {
    /// Checks a redirect URI by the Developer Portal's rules and the browser's parser.
    ///
    /// # Errors
    ///
    /// In the order of the checks:
    ///
    /// - `config_secret_forbidden` when its query carries something like `client_secret`
    /// - `config_oob_not_allowed` for `urn:ietf:wg:oauth:2.0:oob`
    /// - `config_redirect_invalid` when it is no absolute http(s) URL, or has white space, a user name or a wildcard
    /// - `config_redirect_fragment` when it has a `#`, even a bare one
    /// - `config_redirect_insecure` when it is `http` and not `http://localhost[:port]`
    /// - `config_redirect_noncanonical` when the parser would write it differently
    /// - `config_redirect_reserved_param` when its query uses a name of the response
    pub fn parse(text: &str, parse_url: ParseUrl) -> Result<Self, Error> {
        confidentiality::refuse_text(text)?;
        let refuse = |code| Err(Error::about(code, ascii::before(text, b"?#")));
        if text == "urn:ietf:wg:oauth:2.0:oob" {
            return Err(Code::ConfigOobNotAllowed.into());
        }
        if text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '*' | '\\'))
        {
            return refuse(Code::ConfigRedirectInvalid);
        }
        let Some(url) = parse_url(text, None) else {
            return refuse(Code::ConfigRedirectInvalid);
        };
        if ascii::has(text, b"#") {
            return refuse(Code::ConfigRedirectFragment);
        }
        if url.has_userinfo() {
            return Err(Code::ConfigRedirectInvalid.into());
        }
        if !url.is_https() && !url.is_localhost() {
            return refuse(Code::ConfigRedirectInsecure);
        }
        // An origin without a path is registered as it is; the parser adds the slash.
        if url.href() != text && url.href().strip_suffix('/') != Some(text) {
            return refuse(Code::ConfigRedirectNoncanonical);
        }
        let is_reserved =
            |(name, _): (&str, &str)| form::decode(name).is_none_or(|name| RESPONSE_NAMES.contains(&name.as_str()));
        if form::pairs(url.query()).any(is_reserved) {
            return refuse(Code::ConfigRedirectReservedParam);
        }
        Ok(Self {
            registered: text.to_owned(),
            url,
        })
    }

    /// The registered bytes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.registered
    }

    /// Its parts.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Whether `url` is this redirect URI with a response added: same origin and path, and the registered query kept.
    #[must_use]
    pub fn is_base_of(&self, url: &Url) -> bool {
        self.url.is_same_origin(url)
            && self.url.path() == url.path()
            && form::pairs(self.url.query()).all(|pair| form::pairs(url.query()).any(|other| other == pair))
    }
}

/// The parameters of an authorization response (RFC 6749 §4.1.2, §4.2.2; RFC 9207), which each may stand there once.
pub(crate) const RESPONSE_NAMES: [&str; 15] = [
    "code",
    "state",
    "error",
    "error_description",
    "error_uri",
    "iss",
    "response",
    "access_token",
    "token_type",
    "expires_in",
    "scope",
    "refresh_token",
    "id_token",
    "token",
    "session_state",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;

    #[test]
    fn a_client_id_is_printable_and_no_placeholder() {
        for text in ["CID", "0", "a b", "0a1b-2c3d_4e", "you", "nullable"] {
            assert_eq!(ClientId::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            " ",
            " CID",
            "CID\n",
            "C\0D",
            "ÇID",
            "<CID>",
            "{{CID}}",
            "${CID}",
            "YOUR_CLIENT_ID",
            "undefined",
            "null",
            "NaN",
            "client_id",
            "clientId",
        ] {
            let error = ClientId::parse(text).unwrap_err();
            assert_eq!(error.code(), Code::ConfigInvalidClientId, "{text:?}");
        }
        let error = ClientId::parse("CID&client_secret=very-secret").unwrap_err();
        assert_eq!(error.code(), Code::ConfigSecretForbidden);
        assert!(!error.message().contains("very-secret"));
    }

    #[test]
    fn a_redirect_uri_is_kept_byte_for_byte() {
        for text in [
            "https://app.example/cb",
            "https://app.example/cb?",
            "https://app.example/cb?tenant=a%20b",
            "https://app.example:8443/",
            "https://app.example",
            "http://localhost",
            "http://localhost:5173/cb",
        ] {
            assert_eq!(RedirectUri::parse(text, parse_url).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_redirect_uri_follows_the_portals_rules() {
        let cases: [(Code, &[&str]); 6] = [
            (Code::ConfigOobNotAllowed, &["urn:ietf:wg:oauth:2.0:oob"]),
            (
                Code::ConfigRedirectInvalid,
                &[
                    "",
                    "/cb",
                    "app.example/cb",
                    "https://",
                    "javascript:alert(1)",
                    "urn:ietf:wg:oauth:2.0:oob:auto",
                    "https://app.example/c b",
                    "https://app.example/cb\n",
                    "https://app.example/\u{a0}",
                    "https://*.example/cb",
                    "https://app.example\\cb",
                    "https://u:p@app.example/cb",
                ],
            ),
            (
                Code::ConfigRedirectFragment,
                &["https://app.example/cb#", "https://app.example/#/cb"],
            ),
            (
                Code::ConfigRedirectInsecure,
                &[
                    "http://app.example/cb",
                    "http://127.0.0.1/cb",
                    "http://[::1]/cb",
                    "http://localhost.evil.example/cb",
                ],
            ),
            (
                Code::ConfigRedirectNoncanonical,
                &[
                    "HTTPS://app.example/cb",
                    "https://APP.example/cb",
                    "https://app.example:443/cb",
                    "https://app.example/a/../cb",
                    "https://app.example?tenant=1",
                    "https://bücher.example/cb",
                ],
            ),
            (
                Code::ConfigRedirectReservedParam,
                &[
                    "https://app.example/cb?code=1",
                    "https://app.example/cb?a=1&state",
                    "https://app.example/cb?acc%65ss_token=1",
                    "https://app.example/cb?%ff=1",
                ],
            ),
        ];
        for (code, texts) in cases {
            for text in texts {
                let error = RedirectUri::parse(text, parse_url).unwrap_err();
                assert_eq!(error.code(), code, "{text:?}");
            }
        }
    }

    #[test]
    fn a_refused_redirect_uri_is_named_without_its_query() {
        let error = RedirectUri::parse("http://app.example/cb?tenant=private", parse_url).unwrap_err();
        assert!(error.message().ends_with("[http://app.example/cb]"), "{error}");
    }

    #[test]
    fn a_response_keeps_origin_path_and_registered_query() {
        let registered = RedirectUri::parse("https://app.example/cb?tenant=a%20b", parse_url).unwrap();
        for (text, expected) in [
            ("https://app.example/cb?tenant=a%20b&code=C1", true),
            ("https://app.example/cb?code=C1&tenant=a%20b#x", true),
            ("https://app.example/cb?code=C1", false),
            ("https://app.example/cb?tenant=a+b&code=C1", false),
            ("https://app.example/cb/?tenant=a%20b&code=C1", false),
            ("https://app.example/CB?tenant=a%20b&code=C1", false),
            ("http://app.example/cb?tenant=a%20b&code=C1", false),
            ("https://app.example:444/cb?tenant=a%20b&code=C1", false),
            ("https://evil.example/cb?tenant=a%20b&code=C1", false),
        ] {
            let url = parse_url(text, None).unwrap();
            assert_eq!(registered.is_base_of(&url), expected, "{text}");
        }
    }
}
