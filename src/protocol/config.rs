//! The configuration: read once, checked whole, then a value.
//!
//! Portal rules: Procore, oauth_keys.md. Servers and metadata:
//! [RFC 8414 §3.3](https://www.rfc-editor.org/rfc/rfc8414.html#section-3.3),
//! [RFC 9700 §2.6](https://www.rfc-editor.org/rfc/rfc9700.html#section-2.6).

use super::confidentiality;
use super::credentials::{ClientId, RedirectUri};
use super::environment::{Environment, EnvironmentName};
use super::http::{HttpRequest, HttpResponse};
use super::json::{Object, Value};
use super::options::{self, invalid, known_keys, text_option, unknown_key};
use super::scope;
use super::server;
use super::url::{ParseUrl, Url};
use crate::error::{Code, Error};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Who asks, whom, and from where. Checked: every value in it has passed the portal's rules.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) environment: Environment,
    pub(crate) client_id: ClientId,
    /// On whatever origins they are; one at least is on the page's, if there is a page.
    pub(crate) redirect_uris: Vec<RedirectUri>,
    pub(crate) scope: Option<String>,
    pub(crate) response_mode: ResponseMode,
    pub(crate) token_mediator: Option<TokenMediator>,
    #[cfg(feature = "implicit")]
    pub(crate) is_implicit_allowed: bool,
    pub(crate) page: Option<Url>,
    pub(crate) parse_url: ParseUrl,
}

/// Where the authorization response stands (OAuth 2.0 Multiple Response Types §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// After `?`: the default of the code flow.
    Query,
    /// After `#`: the implicit flow, and codes where Procore's iframe page says so.
    Fragment,
}

impl ResponseMode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Query, Self::Fragment]
            .into_iter()
            .find(|mode| mode.as_str() == name)
    }
}

/// The app's own backend, which adds the client secret (OAuth 2.0 for Browser-Based Applications §6.2).
#[derive(Clone, Debug)]
pub(crate) struct TokenMediator {
    pub(crate) token_endpoint: String,
    /// The sibling `revoke` of the token endpoint.
    pub(crate) revocation_endpoint: String,
}

impl Config {
    /// A configuration for Procore's own servers, typed; for Rust apps.
    ///
    /// # Errors
    ///
    /// The `config_*` codes of [`ClientId::parse`] and [`RedirectUri::parse`]; `config_redirect_not_this_origin` when
    /// `page` is given and no redirect URI is on its origin.
    pub fn new(
        environment: EnvironmentName,
        client_id: &str,
        redirect_uris: &[&str],
        page: Option<Url>,
        parse_url: ParseUrl,
    ) -> Result<Self, Error> {
        let mut checked = Vec::new();
        for uri in redirect_uris {
            checked.push(RedirectUri::parse(uri, parse_url)?);
        }
        let config = Self {
            environment: Environment::procore(environment),
            client_id: ClientId::parse(client_id)?,
            redirect_uris: checked,
            scope: None,
            response_mode: ResponseMode::Query,
            token_mediator: None,
            #[cfg(feature = "implicit")]
            is_implicit_allowed: false,
            page,
            parse_url,
        };
        config.require_usable()?;
        Ok(config)
    }

    /// The same, on another server: the JSON form of one entry of `servers`.
    ///
    /// # Errors
    ///
    /// `config_invalid`, `config_unknown_key`, `config_secret_forbidden`, `config_endpoint_*`.
    pub fn with_server(mut self, server: &str) -> Result<Self, Error> {
        let server = options::read(server).ok_or_else(|| invalid("server"))?;
        confidentiality::refuse(&server)?;
        server::read_options(&mut self.environment, &server, self.parse_url)?;
        self.require_usable()?;
        Ok(self)
    }

    /// Reads a configuration from the JSON form of the documented options.
    ///
    /// # Errors
    ///
    /// In the order of the checks:
    ///
    /// - `config_invalid` when it is not a JSON object, a value has the wrong type, or the environment is not clear
    /// - `config_secret_forbidden` when anything in it looks like a client secret
    /// - `config_unknown_key` for an option that does not exist
    /// - `config_invalid_client_id`, `config_redirect_*`, `config_oob_not_allowed`: see [`RedirectUri::parse`]
    /// - `config_endpoint_*` for a server that is not https, or not on its environment's origin
    /// - `config_redirect_not_this_origin` when no redirect URI is on the page's origin
    pub fn parse(text: &str, page: Option<Url>, parse_url: ParseUrl) -> Result<Self, Error> {
        let value = options::read(text).ok_or(Code::ConfigInvalid)?;
        confidentiality::refuse(&value)?;
        let options = value.as_object().ok_or(Code::ConfigInvalid)?;
        #[cfg(not(feature = "implicit"))]
        if options.present("allowImplicit").is_some() {
            return Err(Code::ImplicitNotEnabled.into());
        }
        known_keys(options, OPTIONS)?;

        let sets = all_credentials(options, parse_url)?;
        let name = match text_option(options, "environment")? {
            Some(name) => EnvironmentName::from_name(name).ok_or_else(|| invalid("environment"))?,
            None => environment_of_page(&sets, page.as_ref())?,
        };
        let set = sets.into_iter().find(|set| set.name == name.credentials());
        let CredentialSet {
            client_id,
            redirect_uris,
            ..
        } = set.ok_or_else(|| invalid("credentials"))?;

        let mut environment = Environment::procore(name);
        if let Some(servers) = options.present("servers") {
            let servers = servers.as_object().ok_or_else(|| invalid("servers"))?;
            for (key, server) in servers.members() {
                let other = EnvironmentName::from_name(key).ok_or_else(|| unknown_key(key))?;
                // The others are checked too.
                let mut unused = Environment::procore(other);
                let changed = if other == name { &mut environment } else { &mut unused };
                server::read_options(changed, server, parse_url)?;
            }
        }

        let config = Self {
            environment,
            client_id,
            redirect_uris,
            scope: match text_option(options, "scope")? {
                Some(scope) => Some(scope::parse(scope).ok_or_else(|| invalid("scope"))?),
                None => None,
            },
            response_mode: match text_option(options, "responseMode")? {
                Some(mode) => ResponseMode::from_name(mode).ok_or_else(|| invalid("responseMode"))?,
                None => ResponseMode::Query,
            },
            token_mediator: match text_option(options, "tokenMediator")? {
                Some(path) => Some(token_mediator(path, page.as_ref())?),
                None => None,
            },
            #[cfg(feature = "implicit")]
            is_implicit_allowed: match text_option(options, "allowImplicit")? {
                Some(RISK) => true,
                Some(_) => return Err(Error::about(Code::ImplicitNotEnabled, RISK)),
                None => false,
            },
            page,
            parse_url,
        };
        config.require_usable()?;
        Ok(config)
    }

    /// The environment in force.
    #[must_use]
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The client ID.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The registered redirect URIs, in the order given.
    #[must_use]
    pub fn redirect_uris(&self) -> &[RedirectUri] {
        &self.redirect_uris
    }

    /// Where a response to a sign-in of this configuration stands, unless the sign-in says otherwise.
    pub(crate) const fn response_mode(&self) -> ResponseMode {
        #[cfg(feature = "implicit")]
        if self.is_implicit_allowed {
            return ResponseMode::Fragment;
        }
        self.response_mode
    }

    /// The request for the server's metadata (RFC 8414 §3.1), while its endpoints are still to be discovered.
    #[must_use]
    pub fn discovery(&self) -> Option<Box<HttpRequest>> {
        let issuer = &self.environment.issuer;
        let url = self
            .environment
            .is_to_discover
            .then(|| (self.parse_url)(issuer, None))
            .flatten()?;
        Some(HttpRequest::get(
            &[url.origin(), "/.well-known/oauth-authorization-server", url.bare_path()].concat(),
            None,
        ))
    }

    /// Takes the endpoints from the server's metadata.
    ///
    /// # Errors
    ///
    /// - `config_invalid` when it is not a metadata document
    /// - `config_secret_forbidden` when it carries a secret
    /// - `issuer_changed` when its issuer is not exactly the configured one (RFC 8414 §3.3)
    /// - `config_endpoint_*` when an endpoint is not https on the issuer's own origin
    /// - `param_reserved` when the server wants pushed requests (RFC 9126), which Procore's does not
    pub fn discovered(&mut self, response: &HttpResponse) -> Result<(), Error> {
        let mut discovered = self.environment.clone();
        server::read_metadata(&mut discovered, response, self.parse_url)?;
        self.environment = discovered;
        Ok(())
    }

    /// Where tokens are asked for, and whether that is the app's own origin.
    pub(crate) fn token_endpoint(&self) -> (&str, bool) {
        self.token_mediator
            .as_ref()
            .map_or((&self.environment.token_endpoint, false), |mediator| {
                (&mediator.token_endpoint, true)
            })
    }

    /// By whom a kept session is renewed, for no other is to get what is in its record.
    pub(crate) fn keeper(&self) -> &str {
        self.token_mediator
            .as_ref()
            .map_or(&self.environment.authorization_endpoint, |mediator| {
                &mediator.token_endpoint
            })
    }

    /// Whether a token mediator renews and revokes.
    pub(crate) const fn is_mediated(&self) -> bool {
        self.token_mediator.is_some()
    }

    /// By what member an answer brings, and a request names, what the session is renewed with: the refresh token, or, with a
    /// token mediator, which keeps that itself, the session's handle (docs/token-mediator.md).
    pub(crate) const fn renewed_by(&self) -> &'static str {
        if self.is_mediated() {
            "session_handle"
        } else {
            "refresh_token"
        }
    }

    pub(crate) fn revocation_endpoint(&self) -> (&str, bool) {
        self.token_mediator
            .as_ref()
            .map_or((&self.environment.revocation_endpoint, false), |mediator| {
                (&mediator.revocation_endpoint, true)
            })
    }

    fn require_usable(&self) -> Result<(), Error> {
        // Without the audience check (RFC 9700 §4.6) no token from a URL is used.
        #[cfg(feature = "implicit")]
        if self.is_implicit_allowed && self.environment.token_info_endpoint.is_empty() {
            return Err(invalid("tokenInfoEndpoint"));
        }
        match &self.page {
            Some(page) if !self.redirect_uris.iter().any(|uri| uri.url().is_same_origin(page)) => {
                Err(Error::about(Code::ConfigRedirectNotThisOrigin, page.origin()))
            }
            _ => Ok(()),
        }
    }
}

/// What must be said to get the implicit flow: the risk itself (RFC 9700 §2.1.2).
#[cfg(feature = "implicit")]
pub(crate) const RISK: &str = "I accept that tokens in the URL can leak";

const OPTIONS: &[&str] = &[
    "credentials",
    "environment",
    "servers",
    "scope",
    "responseMode",
    "tokenMediator",
    "allowImplicit",
];

struct CredentialSet {
    name: EnvironmentName,
    client_id: ClientId,
    redirect_uris: Vec<RedirectUri>,
}

fn all_credentials(options: &Object, parse_url: ParseUrl) -> Result<Vec<CredentialSet>, Error> {
    let given = options
        .present("credentials")
        .and_then(Value::as_object)
        .ok_or_else(|| invalid("credentials"))?;
    let mut sets = Vec::new();
    for (key, set) in given.members().filter(|(_, set)| !matches!(set, Value::Null)) {
        let name = EnvironmentName::from_name(key).filter(|name| name.credentials() == *name);
        let name = name.ok_or_else(|| unknown_key(key))?;
        let set = set.as_object().ok_or_else(|| invalid(key))?;
        known_keys(set, &["clientId", "redirectUris"])?;
        let client_id = ClientId::parse(text_option(set, "clientId")?.unwrap_or_default())?;
        let Some(Value::Array(uris)) = set.present("redirectUris") else {
            return Err(invalid("redirectUris"));
        };
        let mut redirect_uris = Vec::new();
        for uri in uris {
            redirect_uris.push(RedirectUri::parse(
                uri.as_str().ok_or_else(|| invalid("redirectUris"))?,
                parse_url,
            )?);
        }
        if redirect_uris.is_empty() {
            return Err(invalid("redirectUris"));
        }
        sets.push(CredentialSet {
            name,
            client_id,
            redirect_uris,
        });
    }
    Ok(sets)
}

/// The one environment with a redirect URI on this page's origin.
fn environment_of_page(sets: &[CredentialSet], page: Option<&Url>) -> Result<EnvironmentName, Error> {
    let is_here = |set: &&CredentialSet| {
        page.is_none_or(|page| set.redirect_uris.iter().any(|uri| uri.url().is_same_origin(page)))
    };
    let mut here = sets.iter().filter(is_here).map(|set| set.name);
    match (here.next(), here.next(), page) {
        (Some(name), None, _) => Ok(name),
        (None, _, Some(page)) if !sets.is_empty() => {
            Err(Error::about(Code::ConfigRedirectNotThisOrigin, page.origin()))
        }
        (None, ..) => Err(invalid("credentials")),
        // The portal registers http://localhost for both sets, so the page's origin can't tell them apart.
        (Some(_), Some(_), _) => Err(invalid("environment: say which, this origin is registered for several")),
    }
}

fn token_mediator(path: &str, page: Option<&Url>) -> Result<TokenMediator, Error> {
    let page = page.ok_or_else(|| invalid("tokenMediator"))?;
    // A plain path: nothing in it that a parser could take for another host.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if !path.starts_with('/') || path.starts_with("//") || !path.bytes().all(is_plain) {
        return Err(Error::about(Code::ConfigEndpointOrigin, path));
    }
    let name = path.bytes().rev().take_while(|byte| *byte != b'/').count();
    let folder = path.get(..path.len() - name).unwrap_or_default();
    Ok(TokenMediator {
        token_endpoint: [page.origin(), path].concat(),
        revocation_endpoint: [page.origin(), folder, "revoke"].concat(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use alloc::format;

    fn page(text: &str) -> Option<Url> {
        (!text.is_empty()).then(|| parse_url(text, None).unwrap())
    }

    #[test]
    fn the_pages_origin_chooses_the_environment_where_it_can() {
        let set = |uri: &str| format!(r#"{{"clientId":"CID","redirectUris":["{uri}"]}}"#);
        let here = set("https://app.example/cb");
        let elsewhere = set("https://staging.example/cb");
        for (options, at, expected) in [
            (
                format!(r#""production":{here},"sandbox":{elsewhere}"#),
                "https://app.example/x",
                Ok("production"),
            ),
            (
                format!(r#""production":{here},"sandbox":{elsewhere}"#),
                "https://staging.example/",
                Ok("sandbox"),
            ),
            (format!(r#""federal":{here},"sandbox":null"#), "", Ok("federal")),
            // Not clear: nothing is guessed.
            (
                format!(r#""production":{here},"sandbox":{elsewhere}"#),
                "",
                Err(Code::ConfigInvalid),
            ),
            (
                format!(r#""production":{here},"sandbox":{here}"#),
                "https://app.example/",
                Err(Code::ConfigInvalid),
            ),
            (
                format!(r#""production":{here}"#),
                "https://evil.example/",
                Err(Code::ConfigRedirectNotThisOrigin),
            ),
            (
                format!(r#""production":{here}"#),
                "http://app.example/",
                Err(Code::ConfigRedirectNotThisOrigin),
            ),
            (format!(r#""monthly-sandbox":{here}"#), "", Err(Code::ConfigUnknownKey)),
            (String::new(), "https://app.example/", Err(Code::ConfigInvalid)),
        ] {
            let config = Config::parse(&format!(r#"{{"credentials":{{{options}}}}}"#), page(at), parse_url);
            let name = config.map(|config| config.environment.name.as_str());
            assert_eq!(name.map_err(|error| error.code()), expected, "{options} {at}");
        }
    }

    #[test]
    fn an_environment_that_is_said_must_have_credentials_for_this_page() {
        let credentials = r#""credentials":{"production":{"clientId":"P","redirectUris":["http://localhost"]},
            "sandbox":{"clientId":"S","redirectUris":["http://localhost"]},
            "federal":{"clientId":"F","redirectUris":["https://app.example/cb"]}}"#;
        for (name, expected) in [
            ("production", Ok(("P", "https://api.procore.com"))),
            ("sandbox", Ok(("S", "https://sandbox.procore.com"))),
            ("monthly-sandbox", Ok(("P", "https://api-monthly.procore.com"))),
            ("federal", Err(Code::ConfigRedirectNotThisOrigin)),
            ("Production", Err(Code::ConfigInvalid)),
            ("", Err(Code::ConfigInvalid)),
        ] {
            let options = format!(r#"{{"environment":"{name}",{credentials}}}"#);
            let config = Config::parse(&options, page("http://localhost/"), parse_url);
            let chosen = config
                .as_ref()
                .map(|config| (config.client_id.as_str(), config.environment.api_origin.as_str()));
            assert_eq!(chosen.map_err(Error::code), expected, "{name}");
        }
    }

    #[test]
    fn a_server_changes_its_paths_freely_and_its_origin_only_when_custom() {
        const CUSTOM: &str = r#"{"customAuthorizationServer":true,"authorizationEndpoint":"http://localhost:1/a",
            "tokenEndpoint":"https://as.example/t","revocationEndpoint":"https://as.example/r",
            "apiOrigin":"https://api.as.example"}"#;
        let with = |server: &str| {
            Config::new(
                EnvironmentName::Production,
                "CID",
                &["https://app.example/cb"],
                None,
                parse_url,
            )
            .unwrap()
            .with_server(server)
        };
        let environment = with(r#"{"tokenEndpoint":"https://login.procore.com/v2/token"}"#)
            .unwrap()
            .environment;
        assert_eq!(environment.token_endpoint, "https://login.procore.com/v2/token");
        assert_eq!(
            environment.revocation_endpoint,
            "https://login.procore.com/oauth/revoke"
        );
        assert_eq!(environment.issuer, "https://login.procore.com");
        let environment = with(CUSTOM).unwrap().environment;
        assert_eq!(environment.authorization_endpoint, "http://localhost:1/a");
        assert_eq!(environment.token_info_endpoint, "", "none of Procore's is kept");
        assert_eq!(environment.issuer, "", "none of Procore's is kept");

        for (server, code) in [
            ("[]", Code::ConfigInvalid),
            ("{", Code::ConfigInvalid),
            (
                r#"{"tokenendpoint":"https://login.procore.com/t"}"#,
                Code::ConfigUnknownKey,
            ),
            (r#"{"client_secret":"x"}"#, Code::ConfigSecretForbidden),
            (r#"{"tokenEndpoint":1}"#, Code::ConfigInvalid),
            (r#"{"customAuthorizationServer":"yes"}"#, Code::ConfigInvalid),
            (r#"{"discover":true}"#, Code::ConfigInvalid),
            (r#"{"renewOnForbidden":true}"#, Code::ConfigInvalid),
            (r#"{"renewOnForbidden":"yes"}"#, Code::ConfigInvalid),
            (r#"{"issParameter":"maybe"}"#, Code::ConfigInvalid),
            (r#"{"tokenEndpoint":"/oauth/token"}"#, Code::ConfigEndpointNotHttps),
            (
                r#"{"tokenEndpoint":"http://login.procore.com/t"}"#,
                Code::ConfigEndpointNotHttps,
            ),
            (
                r#"{"tokenEndpoint":"http://localhost:1/t"}"#,
                Code::ConfigEndpointNotHttps,
            ),
            (
                r#"{"tokenEndpoint":"https://u@login.procore.com/t"}"#,
                Code::ConfigEndpointUserinfo,
            ),
            (
                r##"{"tokenEndpoint":"https://login.procore.com/t#"}"##,
                Code::ConfigEndpointUserinfo,
            ),
            (
                r#"{"tokenEndpoint":"https://login.procore.com:444/t"}"#,
                Code::ConfigEndpointOrigin,
            ),
            (
                r#"{"apiOrigin":"https://login.procore.com"}"#,
                Code::ConfigEndpointOrigin,
            ),
            (r#"{"apiOrigin":"https://api.procore.com/rest"}"#, Code::ConfigInvalid),
            (r#"{"issuer":"https://evil.example"}"#, Code::ConfigEndpointOrigin),
            (
                r#"{"authorizationEndpoint":"https://login.procore.com/a?st%61te=S1"}"#,
                Code::ConfigEndpointReservedParam,
            ),
            (
                &CUSTOM.replace(
                    r#""apiOrigin":"https://api.as.example""#,
                    r#""issuer":"https://as.example""#,
                ),
                Code::ConfigInvalid,
            ),
            (
                &CUSTOM.replace("tokenEndpoint", "tokenInfoEndpoint"),
                Code::ConfigInvalid,
            ),
        ] {
            assert_eq!(with(server).unwrap_err().code(), code, "{server}");
        }
    }

    #[test]
    fn a_token_mediator_is_a_plain_path_of_this_page() {
        let page = page("https://app.example:8443/x?y").unwrap();
        for (path, token, revoke) in [
            ("/token", "/token", "/revoke"),
            ("/oauth/token", "/oauth/token", "/oauth/revoke"),
            ("/a-b/c_d/~e.php", "/a-b/c_d/~e.php", "/a-b/c_d/revoke"),
        ] {
            let mediator = token_mediator(path, Some(&page)).unwrap();
            assert_eq!(mediator.token_endpoint, ["https://app.example:8443", token].concat());
            assert_eq!(
                mediator.revocation_endpoint,
                ["https://app.example:8443", revoke].concat()
            );
        }
        for path in [
            "",
            "token",
            "//evil.example/token",
            "/\\evil.example",
            "/token?x",
            "/token#x",
            "/%2e",
            "/t t",
            "/t:1",
            "/ü",
            "/@evil.example",
            "https://app.example:8443/token",
        ] {
            let error = token_mediator(path, Some(&page)).unwrap_err();
            assert_eq!(error.code(), Code::ConfigEndpointOrigin, "{path}");
        }
        assert_eq!(token_mediator("/token", None).unwrap_err().code(), Code::ConfigInvalid);
    }
}
