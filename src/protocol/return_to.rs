//! Where the user wants to be after sign-in: a place of this origin, never an open redirector
//! ([RFC 9700 §4.11.1](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11.1)).

use super::config::Config;
use super::credentials::RESPONSE_NAMES;
use super::form;
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
    /// backslash, is not parsable, would start with `//` once resolved, or is a sign-in response itself.
    pub fn parse(text: &str, config: &Config) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let rejected = || Error::from(Code::ReturnToRejected);
        if text.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\') {
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
        if !url.is_same_origin(base) || url.has_userinfo() || url.path().starts_with("//") || is_response() {
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
