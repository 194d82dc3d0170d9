//! The options, as an app writes them or reads them from its own configuration. They are checked where all options are, by
//! [`Config::parse`](crate::protocol::config::Config::parse).

use super::page;
use crate::error::{Code, Error};
use crate::protocol::environment::EnvironmentName;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Who asks, whom, and how: the options of the npm package, under the same names in JSON.
///
/// Copy client ID and redirect URIs from the Developer Portal. There is no field for a client secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Options {
    /// By environment. The one in force is that whose redirect URI is on the page's origin.
    pub credentials: BTreeMap<EnvironmentName, Credentials>,
    /// The environment in force, where credentials alone don't tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// Other servers than Procore's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub servers: BTreeMap<EnvironmentName, Server>,
    /// The scope to ask for (RFC 6749 §3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where the response stands: `query`, which is the default, or `fragment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mode: Option<String>,
    /// The path of a token mediator on the page's own origin (docs/token-mediator.md).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_mediator: Option<String>,
    /// Whether the session survives a reload and is shared by the tabs of the origin, until the last of them is closed. It is
    /// kept in IndexedDB, encrypted; SECURITY.md has what that protects from.
    #[serde(skip_serializing)]
    pub persist: bool,
}

/// The public half of an application's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Credentials {
    /// The client ID.
    pub client_id: String,
    /// The registered redirect URIs, byte for byte.
    pub redirect_uris: Vec<String>,
}

/// Another server than Procore's own. What is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Server {
    /// Says that it is one, on purpose. Without it only paths may differ.
    pub custom_authorization_server: bool,
    /// Its issuer identifier (RFC 9207 §2).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub issuer: String,
    /// `required` where a response without `iss` is to be refused.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub iss_parameter: String,
    /// RFC 6749 §3.1.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authorization_endpoint: String,
    /// RFC 6749 §3.2.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token_endpoint: String,
    /// RFC 7009 §2.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revocation_endpoint: String,
    /// Where a token can be asked about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token_info_endpoint: String,
    /// The only origin that gets a token.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_origin: String,
    /// Whether the endpoints are read from the issuer's metadata (RFC 8414 §3).
    pub discover: bool,
    /// Whether its API answers 403 to a dead token.
    pub renew_on_forbidden: bool,
}

impl Options {
    /// Those that stand in this page as JSON, in the element with this ID: `<script type="application/json" id="options">`, say.
    ///
    /// # Errors
    ///
    /// `config_invalid` where there is no such element, or something else in it; about its ID, with line and column.
    pub fn from_page(id: &str) -> Result<Self, Error> {
        let about = |what: &str| Error::about(Code::ConfigInvalid, &["#", id, what].concat());
        let document = page::window()?.document().ok_or(Code::PageWithoutOrigin)?;
        let text = document
            .get_element_by_id(id)
            .and_then(|element| element.text_content());
        let text = text.ok_or_else(|| about(": there is no such element"))?;
        // Without the parser's own words: they may show a value.
        serde_json::from_str(&text).map_err(|error| about(&format!(":{}:{}", error.line(), error.column())))
    }

    /// With the credentials of one environment.
    #[must_use]
    pub fn with_credentials(mut self, environment: EnvironmentName, client_id: &str, redirect_uris: &[&str]) -> Self {
        let credentials = Credentials {
            client_id: client_id.into(),
            redirect_uris: redirect_uris.iter().map(|uri| String::from(*uri)).collect(),
        };
        self.credentials.insert(environment, credentials);
        self
    }

    /// With a session that survives a reload and is shared by tabs: see [`persist`](Self::persist).
    #[must_use]
    pub const fn with_persist(mut self) -> Self {
        self.persist = true;
        self
    }

    /// With the scope to ask for.
    #[must_use]
    pub fn with_scope(mut self, scope: &str) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// With the path of a token mediator on the page's own origin.
    #[must_use]
    pub fn with_token_mediator(mut self, path: &str) -> Self {
        self.token_mediator = Some(path.into());
        self
    }

    /// With another server for one environment.
    #[must_use]
    pub fn with_server(mut self, environment: EnvironmentName, server: Server) -> Self {
        self.servers.insert(environment, server);
        self
    }

    /// The form in which they are checked.
    pub(super) fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|_| Code::ConfigInvalid.into())
    }
}
