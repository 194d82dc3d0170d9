//! Procore's environments: which login server belongs to which API.
//!
//! Procore: development_environments.md, federal_zone_overview.md (2026-06). A token of one environment never goes to
//! another one.

use alloc::string::String;

/// A Procore environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum EnvironmentName {
    /// The real thing; On-Demand Sandboxes too.
    Production,
    /// The Developer Sandbox, with credentials of its own.
    Sandbox,
    /// The Monthly Sandbox: other servers, but the credentials of production.
    MonthlySandbox,
    /// Procore for Government, with credentials of its own.
    Federal,
}

impl EnvironmentName {
    /// Every environment.
    pub const ALL: [Self; 4] = [Self::Production, Self::Sandbox, Self::MonthlySandbox, Self::Federal];

    /// The name in configurations and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
            Self::MonthlySandbox => "monthly-sandbox",
            Self::Federal => "federal",
        }
    }

    /// The environment of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.as_str() == name)
    }

    /// The set of credentials that it takes.
    #[must_use]
    pub const fn credentials(self) -> Self {
        match self {
            Self::MonthlySandbox => Self::Production,
            other => other,
        }
    }

    const fn origins(self) -> (&'static str, &'static str) {
        match self {
            Self::Production => ("https://login.procore.com", "https://api.procore.com"),
            Self::Sandbox => ("https://login-sandbox.procore.com", "https://sandbox.procore.com"),
            Self::MonthlySandbox => (
                "https://login-sandbox-monthly.procore.com",
                "https://api-monthly.procore.com",
            ),
            Self::Federal => ("https://login.procoregov.com", "https://api.procoregov.com"),
        }
    }
}

/// The servers of one environment. All URLs are `https`, or `http://localhost` on a custom server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Environment {
    /// Which one.
    pub name: EnvironmentName,
    /// RFC 6749 §3.1.
    pub authorization_endpoint: String,
    /// RFC 6749 §3.2.
    pub token_endpoint: String,
    /// RFC 7009 §2.
    pub revocation_endpoint: String,
    /// Procore's `GET /oauth/token/info` (oauth_endpoints.md).
    pub token_info_endpoint: String,
    /// The only origin that gets a token.
    pub api_origin: String,
    /// The issuer identifier (RFC 9207 §2), compared as a plain string.
    pub issuer: String,
    /// Whether a response without `iss` is refused (RFC 9207 §2.4).
    pub is_iss_required: bool,
    /// Whether its API answers 403 to a dead token, as Django OAuth Toolkit does, where RFC 6750 §3.1 says 401.
    pub is_renewed_on_forbidden: bool,
    /// Whether the endpoints are still to be read from the issuer's metadata (RFC 8414 §3).
    pub is_to_discover: bool,
}

impl Environment {
    /// What an option or the server's metadata may set: the authorization, token, revocation and token info endpoints, and
    /// the API's origin.
    #[inline(never)]
    pub(crate) const fn urls(&mut self) -> [&mut String; 5] {
        [
            &mut self.authorization_endpoint,
            &mut self.token_endpoint,
            &mut self.revocation_endpoint,
            &mut self.token_info_endpoint,
            &mut self.api_origin,
        ]
    }

    /// Procore's own servers, as documented.
    #[must_use]
    pub fn procore(name: EnvironmentName) -> Self {
        let (login, api) = name.origins();
        let endpoint = |path: &str| [login, path].concat();
        Self {
            name,
            authorization_endpoint: endpoint("/oauth/authorize"),
            token_endpoint: endpoint("/oauth/token"),
            revocation_endpoint: endpoint("/oauth/revoke"),
            token_info_endpoint: endpoint("/oauth/token/info"),
            api_origin: api.into(),
            issuer: login.into(),
            is_iss_required: false,
            is_renewed_on_forbidden: false,
            is_to_discover: false,
        }
    }
}
