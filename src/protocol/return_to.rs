//! Where the user wants to be after sign-in: a place of this origin, never an open redirector
//! ([RFC 9700 §4.11.1](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11.1)).

use super::config::Config;
use super::credentials::RESPONSE_NAMES;
use super::form;
use super::url::MAX_URL;
use crate::error::{Code, Error};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// A path of this origin, with query and fragment, as the browser's parser wrote it. Always starts with one `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Resolves and checks a target. An empty text is the default, `/`.
    ///
    /// # Errors
    ///
    /// `returnto_rejected` when it leads to another origin or scheme, carries a user name, control character or
    /// backslash, is longer than [`MAX_URL`], is not parsable, would start with `//` once resolved, or is a sign-in
    /// response itself.
    pub fn parse(text: &str, config: &Config) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let rejected = || Error::from(Code::ReturnToRejected);
        if text.len() > MAX_URL || text.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\') {
            return Err(rejected());
        }
        let base = config
            .page
            .as_ref()
            .or_else(|| config.redirect_uris.first().map(|uri| uri.url()));
        let base = base.ok_or_else(rejected)?;
        let url = (config.parse_url)(text, Some(base.href())).ok_or_else(rejected)?;
        let is_response = || {
            let mut names = form::pairs(url.query())
                .chain(form::pairs(url.fragment()))
                .filter_map(|(name, _)| form::decode(name));
            config.redirect_uris.iter().any(|uri| uri.is_base_of(&url))
                && names.any(|name| RESPONSE_NAMES.contains(&name.as_str()))
        };
        // As written, too: the parser may have made three characters of one.
        let is_long = url.href().len() > MAX_URL;
        if is_long || !url.is_same_origin(base) || url.has_userinfo() || url.path().starts_with("//") || is_response() {
            return Err(rejected());
        }
        Ok(Self(url.after_origin().to_owned()))
    }

    /// The path, query and fragment.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use crate::protocol::environment::EnvironmentName;

    fn resolved(text: &str, page: Option<&str>) -> Option<String> {
        let uris = ["https://app.example/cb"];
        let page = page.map(|page| parse_url(page, None).unwrap());
        let config = Config::new(EnvironmentName::Production, "CID", &uris, page, parse_url).unwrap();
        match ReturnTo::parse(text, &config) {
            Ok(target) => Some(target.0),
            Err(error) => {
                assert_eq!(error, Code::ReturnToRejected.into(), "the target is never repeated");
                None
            }
        }
    }

    #[test]
    fn a_target_is_resolved_to_a_path_of_this_origin() {
        for (text, expected) in [
            ("", "/"),
            ("/projects?id=7#top", "/projects?id=7#top"),
            ("x", "/app/x"),
            ("?y", "/app/?y"),
            ("#top", "/app/?page#top"),
            ("/a/../b", "/b"),
            ("../../..", "/"),
            ("https://app.example", "/"),
            ("https://app.example:443/x", "/x"),
            ("/x?next=//evil.example", "/x?next=//evil.example"),
            // The redirect URI itself is a page; and only there are these the names of a response.
            ("/cb", "/cb"),
            ("/cb?tab=1", "/cb?tab=1"),
            ("/other?code=1&state=2", "/other?code=1&state=2"),
        ] {
            let page = Some("https://app.example/app/?page");
            assert_eq!(resolved(text, page).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(
            resolved("x", None).as_deref(),
            Some("/x"),
            "without a page, as seen from the redirect URI"
        );
    }

    #[test]
    fn a_target_elsewhere_is_rejected() {
        for text in [
            "//evil.example/x",
            "///evil.example/x",
            "/\\evil.example",
            "\\\\evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "https://app.example//evil.example",
            "/\t/evil.example",
            "/x\n",
            "/x\0",
            "/x\u{7f}",
            "https://evil.example/",
            "https://app.example.evil.example/",
            "https://app.example:444/",
            "http://app.example/",
            "https://app.example@evil.example/",
            "https://u@app.example/",
            "https://",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:https://app.example/x",
        ] {
            assert_eq!(resolved(text, Some("https://app.example/app/")), None, "{text:?}");
        }
    }

    #[test]
    fn a_target_is_as_long_as_a_url_may_be_once_it_is_written() {
        let page = "https://app.example/app/";
        let room = MAX_URL - "https://app.example/".len();
        for (letter, most) in [("x", room), ("ü", room / "%C3%BC".len())] {
            let longest = resolved(&["/", &letter.repeat(most)].concat(), Some(page)).unwrap();
            assert_eq!(
                resolved(&longest, Some(page)),
                Some(longest.clone()),
                "stored and read again"
            );
            assert_eq!(resolved(&["/", &letter.repeat(most + 1)].concat(), Some(page)), None);
        }
        // Too long as it came is not parsed.
        assert_eq!(resolved(&["/", &"./".repeat(MAX_URL)].concat(), Some(page)), None);
    }

    #[test]
    fn a_target_that_is_a_response_is_rejected() {
        for text in [
            "/cb?code=1",
            "/cb?st%61te=1",
            "/x/../cb?error=1",
            "/cb#access_token=1",
            "/cb#a&iss",
        ] {
            assert_eq!(resolved(text, Some("https://app.example/app/")), None, "{text}");
        }
    }
}
