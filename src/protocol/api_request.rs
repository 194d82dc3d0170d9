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
        let api = (config.parse_url)(&config.environment.api_origin, None).ok_or_else(forbidden)?;
        let url = (config.parse_url)(target, Some(api.href())).ok_or_else(forbidden)?;
        if !url.is_same_origin(&api) || url.has_userinfo() {
            return Err(Error::about(Code::ResourceOriginForbidden, url.origin()));
        }
        for (name, _) in form::pairs(url.query()) {
            let name = form::decode(name).unwrap_or_default();
            if matches!(name.as_str(), "access_token" | "refresh_token") {
                return Err(Code::TokenInUrl.into());
            }
            confidentiality::refuse_name(&name).map_err(|error| error.during(Phase::Api))?;
        }
        Ok(Self {
            url: url.href().to_owned(),
            company_id,
            first_try: None,
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

/// What to do with an answer of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiAnswer {
    /// Hand it to the caller.
    Return,
    /// The token is dead: renew it and send the request once more.
    RenewAndRetry,
}

impl ApiAnswer {
    /// Judges an answer. A 401 to the first try of a request that can be sent again is worth one renewal
    /// (RFC 6750 §3.1), never more: the second 401 is the caller's.
    #[must_use]
    pub const fn judge(status: u64, is_first_try: bool, is_replayable: bool) -> Self {
        if status == 401 && is_first_try && is_replayable {
            Self::RenewAndRetry
        } else {
            Self::Return
        }
    }
}
