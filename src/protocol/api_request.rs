//! Which request may carry the token: those to this environment's own API, and nothing else
//! ([RFC 9700 §4.9.1](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.9.1),
//! [RFC 6750 §2](https://www.rfc-editor.org/rfc/rfc6750.html#section-2)).

use super::confidentiality;
use super::config::Config;
use super::form;
use crate::error::{Code, Error, Phase};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// A URL that may be called with the token: on the API's own origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRequest {
    url: String,
    company_id: Option<CompanyId>,
    first_try: Option<u64>,
    is_renewed: bool,
}

impl ApiRequest {
    /// Resolves `target` against the API's origin, and checks what came out.
    ///
    /// # Errors
    ///
    /// - `resource_origin_forbidden` when it is not https on exactly the API's origin, or has a user name
    /// - `token_in_url` when its query has `access_token` (RFC 6750 §2.3)
    /// - `config_secret_forbidden` when its query has something named like a secret
    pub fn new(target: &str, company_id: Option<CompanyId>, config: &Config) -> Result<Self, Error> {
        let forbidden = || Error::from(Code::ResourceOriginForbidden);
        // As a parser wrote it, so it needs no parsing again.
        let api = &config.environment.api_origin;
        let url = (config.parse_url)(target, Some(api)).ok_or_else(forbidden)?;
        if url.origin() != api || url.has_userinfo() {
            return Err(Error::about(Code::ResourceOriginForbidden, url.shown_origin()));
        }
        for (name, _) in form::pairs(url.query()) {
            let name = form::decode(name).unwrap_or_default();
            if matches!(name.as_str(), "access_token" | "refresh_token") {
                return Err(Code::TokenInUrl.into());
            }
            confidentiality::refuse_param(&name).map_err(|error| error.during(Phase::Api))?;
        }
        Ok(Self {
            url: url.href().to_owned(),
            company_id,
            first_try: None,
            is_renewed: false,
        })
    }

    /// Says that it was tried before, in the session of `generation` (see [`Client::generation`]): it must not go out in
    /// another user's.
    ///
    /// [`Client::generation`]: super::client::Client::generation
    #[must_use]
    pub const fn tried_in(mut self, generation: u64) -> Self {
        self.first_try = Some(generation);
        self
    }

    /// Says that the access token was renewed for it just now: it goes out with that, whatever its lifetime.
    #[must_use]
    pub const fn renewed(mut self) -> Self {
        self.is_renewed = true;
        self
    }

    pub(crate) const fn is_renewed(&self) -> bool {
        self.is_renewed
    }

    pub(crate) const fn first_try(&self) -> Option<u64> {
        self.first_try
    }

    /// The URL as the parser wrote it: fetch this, not what was asked for.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// For the `Procore-Company-Id` header.
    #[must_use]
    pub const fn company_id(&self) -> Option<&CompanyId> {
        self.company_id.as_ref()
    }

    /// Refuses a header that is the SDK's to set.
    ///
    /// # Errors
    ///
    /// `param_reserved` for `Authorization`, in any case.
    pub fn refuse_header(name: &str) -> Result<(), Error> {
        if name.eq_ignore_ascii_case("authorization") {
            return Err(Error::about(Code::ParamReserved, "Authorization").during(Phase::Api));
        }
        Ok(())
    }
}

/// A Procore company: decimal digits; may exceed 32 bits (tutorial_mpz.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyId(String);

impl CompanyId {
    /// Checks an ID written in digits. `is_from_float`: it was a JavaScript number, exact only up to 2^53 − 1.
    ///
    /// # Errors
    ///
    /// `company_id_invalid` when it is not 1 to 20 digits, or a number too large to be exact.
    pub fn parse(text: &str, is_from_float: bool) -> Result<Self, Error> {
        const MAX_SAFE_INTEGER: &str = "9007199254740991";
        let is_number = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        // Both in digits, so the longer is the larger, and of equal length the later.
        let is_exact = !is_from_float || (text.len(), text) <= (MAX_SAFE_INTEGER.len(), MAX_SAFE_INTEGER);
        if is_number && is_exact {
            Ok(Self(text.to_owned()))
        } else {
            Err(Code::CompanyIdInvalid.into())
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use crate::protocol::environment::EnvironmentName;

    fn url_of(target: &str) -> Result<String, Code> {
        let config = Config::new(
            EnvironmentName::Production,
            "CID",
            &["https://app.example/cb"],
            None,
            parse_url,
        );
        match ApiRequest::new(target, None, &config.unwrap()) {
            Ok(request) => Ok(request.url().to_owned()),
            Err(error) => {
                assert_eq!(error.phase(), Phase::Api, "{target}");
                Err(error.code())
            }
        }
    }

    #[test]
    fn a_target_is_resolved_on_the_apis_own_origin() {
        for (target, expected) in [
            ("/rest/v1.0/me", "/rest/v1.0/me"),
            ("rest/v1.0/me?a=1#b", "/rest/v1.0/me?a=1#b"),
            ("/rest/../x", "/x"),
            ("", "/"),
            ("https://api.procore.com/x", "/x"),
            ("HTTPS://API.procore.com:443/x", "/x"),
            ("//api.procore.com/x", "/x"),
            ("/x?next=https://evil.example", "/x?next=https://evil.example"),
            ("/x?token=1", "/x?token=1"),
        ] {
            let expected = ["https://api.procore.com", expected].concat();
            assert_eq!(url_of(target), Ok(expected), "{target}");
        }
    }

    #[test]
    fn a_token_goes_nowhere_else_and_stands_in_no_url() {
        let cases: [(Code, &[&str]); 3] = [
            (
                Code::ResourceOriginForbidden,
                &[
                    "https://evil.example/",
                    "//evil.example/",
                    "/\\evil.example/",
                    "\\\\evil.example",
                    "http://api.procore.com/",
                    "https://api.procore.com:444/",
                    "https://api.procore.com.evil.example/",
                    "https://api.procore.com./",
                    "https://api.procore.com@evil.example/",
                    "https://u:p@api.procore.com/",
                    "https://login.procore.com/oauth/token",
                    "https://sandbox.procore.com/",
                    "https://",
                    "javascript:alert(1)",
                    "data:,x",
                ],
            ),
            (
                Code::TokenInUrl,
                &["/x?access_token=T", "/x?a=1&acc%65ss_token=T", "/x?refresh_token"],
            ),
            (
                Code::ConfigSecretForbidden,
                &["/x?client_secret=s", "/x?client%5Fsecret"],
            ),
        ];
        for (code, targets) in cases {
            for target in targets {
                assert_eq!(url_of(target), Err(code), "{target}");
            }
        }
    }

    #[test]
    fn a_company_id_is_digits_and_exact() {
        for (text, is_from_float, expected) in [
            ("1", true, true),
            ("9007199254740991", true, true),
            ("9007199254740992", true, false),
            ("10000000000000000", true, false),
            ("9007199254740992", false, true),
            ("99999999999999999999", false, true),
            ("100000000000000000000", false, false),
            ("", false, false),
            ("-1", false, false),
            ("+1", false, false),
            (" 1", false, false),
            ("1.0", true, false),
            ("1e3", true, false),
            ("NaN", true, false),
            ("٣", false, false),
            ("1\r\nX: y", false, false),
        ] {
            let id = CompanyId::parse(text, is_from_float);
            assert_eq!(id.is_ok(), expected, "{text:?}");
            match id {
                Ok(id) => assert_eq!(id.as_str(), text),
                Err(error) => assert_eq!(error.code(), Code::CompanyIdInvalid),
            }
        }
    }

    #[test]
    fn the_authorization_header_is_the_sdks_in_any_case() {
        for (name, expected) in [
            ("Authorization", Some(Code::ParamReserved)),
            ("aUTHORIZATION", Some(Code::ParamReserved)),
            ("Proxy-Authorization", None),
            ("Accept", None),
        ] {
            let code = ApiRequest::refuse_header(name).err().map(|error| error.code());
            assert_eq!(code, expected, "{name}");
        }
    }
}
