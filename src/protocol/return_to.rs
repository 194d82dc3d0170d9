//! Where the user wants to be after sign-in: a place of this origin, never an open redirector
//! ([RFC 9700 §4.11.1](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11.1)).

use super::config::Config;
use super::credentials::{RESPONSE_NAMES, RedirectUri};
use super::form;
use super::url::{MAX_URL, Url};
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
    /// `returnto_rejected` when it leads to another origin or scheme, carries a user name, control character, backslash or
    /// U+FFFD (which stands for what is no character), is longer than [`MAX_URL`], is not parsable, would start with `//`
    /// once resolved, or is a sign-in response itself.
    pub fn parse(text: &str, config: &Config) -> Result<Self, Error> {
        let first = || config.redirect_uris.first().map(RedirectUri::url);
        Self::resolve(text, config.page.as_ref().or_else(first), config)
    }

    /// The same, as seen from the page that the user is on.
    pub(crate) fn resolve(text: &str, base: Option<&Url>, config: &Config) -> Result<Self, Error> {
        // The default, which needs no parser: most sign-ins go on there.
        if matches!(text, "" | "/") {
            return Ok(Self::default());
        }
        let rejected = || Error::from(Code::ReturnToRejected);
        let is_odd = |character: char| character.is_ascii_control() || matches!(character, '\\' | '\u{fffd}');
        if text.len() > MAX_URL || text.chars().any(is_odd) {
            return Err(rejected());
        }
        let base = base.ok_or_else(rejected)?;
        let url = (config.parse_url)(text, Some(base.href())).ok_or_else(rejected)?;
        let is_response =
            || redirect_uri_of(&url, config).is_some() && (has_response(url.query()) || has_response(pairs_of(&url)));
        // As written, too: the parser may have made three characters of one.
        let is_long = url.href().len() > MAX_URL;
        if is_long || !url.is_same_origin(base) || url.has_userinfo() || url.path().starts_with("//") || is_response() {
            return Err(rejected());
        }
        Ok(Self(url.after_origin().to_owned()))
    }

    /// Where the user is: on `page`. A redirect URI by itself, or with a response, is no place to be: instead it is `meant`,
    /// where the response that came here was to go on to; without one, the folder that it is in.
    pub(crate) fn of_page(page: &Url, meant: &str, config: &Config) -> Self {
        let is_bare = redirect_uri_of(page, config)
            .is_some_and(|uri| page.fragment().is_empty() && page.query() == uri.url().query());
        let instead = if meant.is_empty() { "." } else { meant };
        let mut targets = [page.href(), instead].into_iter().skip(usize::from(is_bare));
        targets
            .find_map(|target| Self::resolve(target, Some(page), config).ok())
            .unwrap_or_default()
    }

    /// The path, query and fragment.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn redirect_uri_of<'a>(url: &Url, config: &'a Config) -> Option<&'a RedirectUri> {
    config.redirect_uris.iter().find(|uri| uri.is_base_of(url))
}

/// The pairs of a fragment; none where that is a hash route.
fn pairs_of(url: &Url) -> &str {
    let (route, pairs) = form::cut_fragment(url.fragment());
    if route.is_empty() { pairs } else { "" }
}

fn is_response_name(raw: &str) -> bool {
    form::decode(raw).is_some_and(|name| RESPONSE_NAMES.contains(&name.as_str()))
}

/// Whether there is anything of a response in these pairs.
pub(crate) fn has_response(raw: &str) -> bool {
    form::pairs(raw).any(|(name, _)| is_response_name(name))
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

    fn config_of(uris: &[&str], more: &str) -> Config {
        let uris = uris.join(r#"",""#);
        let options = [
            r#"{"credentials":{"production":{"clientId":"CID","redirectUris":[""#,
            &uris,
            r#""]}}"#,
            more,
            "}",
        ]
        .concat();
        Config::parse(&options, parse_url("https://app.example/", None), parse_url).unwrap()
    }

    #[test]
    fn a_hash_route_is_a_page_like_any_other() {
        for mode in ["", r#","responseMode":"fragment""#] {
            let config = config_of(&["https://app.example/"], mode);
            for text in [
                "/#/costs?page=2&code=3&state=open",
                "/?page=2#!/issues?error=1",
                "/#/code=1",
            ] {
                assert_eq!(ReturnTo::parse(text, &config).unwrap().as_str(), text, "{mode}");
            }
            for text in ["/#code=1", "/?state=open#/costs"] {
                assert_eq!(
                    ReturnTo::parse(text, &config).unwrap_err().code(),
                    Code::ReturnToRejected,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_character_or_too_long_is_rejected() {
        for text in ["/x\u{fffd}", &["/", &"x".repeat(MAX_URL)].concat()] {
            assert_eq!(resolved(text, Some("https://app.example/")), None);
        }
    }

    #[test]
    fn where_the_user_is_is_the_page_less_a_response() {
        let uris = ["https://app.example/", "https://app.example/app/cb?tenant=1"];
        for (page, meant, expected) in [
            (
                "/projects?id=7&code=03&state=open#top",
                "",
                "/projects?id=7&code=03&state=open#top",
            ),
            ("/projects", "/meant", "/projects"),
            ("/?code=C&state=S", "", "/"),
            ("/?code=C&state=S", "/meant?x#y", "/meant?x#y"),
            ("/?code=C&tab=1&st%61te=S", "/meant", "/meant"),
            ("/?tab=1", "/meant", "/?tab=1"),
            ("/#/costs?page=2&code=03", "/meant", "/#/costs?page=2&code=03"),
            ("/?code=C&state=S#/costs?page=2&code=03", "", "/"),
            ("/#access_token=T&state=S", "", "/"),
            ("/?a=1#top&error=x", "", "/"),
            ("/app/cb?tenant=1&code=C", "", "/app/"),
            ("/app/cb?tenant=1&code=C", "//evil.example", "/"),
            ("/app/cb?tenant=1", "", "/app/"),
            ("/app/cb?tenant=1&tab=2", "", "/app/cb?tenant=1&tab=2"),
            // Not the redirect URI, for its query is another.
            ("/app/cb?code=03", "", "/app/cb?code=03"),
            ("//evil.example/x", "", "/"),
        ] {
            let url = parse_url(&["https://app.example", page].concat(), None).unwrap();
            assert_eq!(
                ReturnTo::of_page(&url, meant, &config_of(&uris, "")).as_str(),
                expected,
                "{page} {meant}"
            );
        }
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
