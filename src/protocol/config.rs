//! The configuration: read once, checked whole, then a value.
//!
//! Portal rules: Procore, oauth_keys.md. Servers and metadata:
//! [RFC 8414 §3.3](https://www.rfc-editor.org/rfc/rfc8414.html#section-3.3),
//! [RFC 9700 §2.6](https://www.rfc-editor.org/rfc/rfc9700.html#section-2.6).

use super::confidentiality;
use super::credentials::{ClientId, RESPONSE_NAMES, RedirectUri};
use super::environment::{Environment, EnvironmentName};
use super::form;
use super::http::{HttpRequest, HttpResponse};
use super::json::{self, Object, Value};
use super::url::{ParseUrl, Url};
use crate::error::{Code, Error};
use alloc::borrow::ToOwned;
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
        let server = json::parse(server.as_bytes()).map_err(|_| invalid("server"))?;
        confidentiality::refuse(&server)?;
        self.environment = server_options(self.environment, &server, self.parse_url)?;
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
        let value = json::parse(text.as_bytes()).map_err(|_| Code::ConfigInvalid)?;
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
                let changed = server_options(Environment::procore(other), server, parse_url)?;
                if other == name {
                    environment = changed;
                }
            }
        }

        let config = Self {
            environment,
            client_id,
            redirect_uris,
            scope: text_option(options, "scope")?.map(ToOwned::to_owned),
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

    /// The request for the server's metadata (RFC 8414 §3.1), while its endpoints are still to be discovered.
    #[must_use]
    pub fn discovery(&self) -> Option<HttpRequest> {
        let issuer = &self.environment.issuer;
        let url = self
            .environment
            .is_to_discover
            .then(|| (self.parse_url)(issuer, None))
            .flatten()?;
        let path = url.path().trim_end_matches('/');
        Some(HttpRequest::get(
            &[url.origin(), "/.well-known/oauth-authorization-server", path].concat(),
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
        let metadata = if response.status == 200 && response.is_json() {
            json::parse(response.body.as_bytes()).ok()
        } else {
            None
        };
        // Registered members that merely name methods ("client_secret_basic") are values, not keys: only keys count.
        let metadata = metadata
            .as_ref()
            .and_then(Value::as_object)
            .ok_or_else(|| invalid("metadata"))?;
        metadata
            .members()
            .try_for_each(|(key, _)| confidentiality::refuse_name(key))?;
        if metadata.member("issuer").and_then(Value::as_str) != Some(self.environment.issuer.as_str()) {
            return Err(Code::IssuerChanged.into());
        }
        if matches!(
            metadata.member("require_pushed_authorization_requests"),
            Some(Value::Bool(true))
        ) {
            return Err(invalid("require_pushed_authorization_requests"));
        }
        let mut environment = self.environment.clone();
        let home = (self.parse_url)(&environment.issuer, None).ok_or_else(|| invalid("issuer"))?;
        for (key, endpoint) in [
            ("authorization_endpoint", &mut environment.authorization_endpoint),
            ("token_endpoint", &mut environment.token_endpoint),
            ("revocation_endpoint", &mut environment.revocation_endpoint),
        ] {
            let text = metadata
                .present(key)
                .and_then(Value::as_str)
                .ok_or_else(|| invalid(key))?;
            *endpoint = checked_endpoint(text, Some(&home), true, self.parse_url)?;
        }
        let says_iss = metadata.member("authorization_response_iss_parameter_supported");
        environment.is_iss_required |= matches!(says_iss, Some(Value::Bool(true)));
        environment.is_to_discover = false;
        self.environment = environment;
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

fn server_options(mut environment: Environment, value: &Value, parse_url: ParseUrl) -> Result<Environment, Error> {
    let server = value.as_object().ok_or_else(|| invalid("servers"))?;
    known_keys(
        server,
        &[
            "customAuthorizationServer",
            "issuer",
            "issParameter",
            "authorizationEndpoint",
            "tokenEndpoint",
            "revocationEndpoint",
            "tokenInfoEndpoint",
            "apiOrigin",
            "discover",
        ],
    )?;
    let is_custom = flag(server, "customAuthorizationServer")?;
    environment.is_to_discover = flag(server, "discover")?;
    if environment.is_to_discover && !is_custom {
        return Err(invalid("discover"));
    }
    match text_option(server, "issParameter")? {
        Some("required") => environment.is_iss_required = true,
        Some("optional") | None => {}
        Some(_) => return Err(invalid("issParameter")),
    }
    // Without the explicit word an endpoint may change its path, never its origin.
    let home = |url: &str| if is_custom { None } else { parse_url(url, None) };
    let (login, api) = (home(&environment.authorization_endpoint), home(&environment.api_origin));
    let issuer = text_option(server, "issuer")?;
    if is_custom || issuer.is_some() {
        let checked = issuer
            .map(|issuer| checked_endpoint(issuer, login.as_ref(), is_custom, parse_url))
            .transpose()?;
        // Kept as written: issuers are compared as strings (RFC 9207 §2.4), and a parser would add a slash.
        environment.issuer = checked.and(issuer).unwrap_or_default().to_owned();
    }
    for (key, endpoint, home, is_required) in [
        (
            "authorizationEndpoint",
            &mut environment.authorization_endpoint,
            &login,
            !environment.is_to_discover,
        ),
        (
            "tokenEndpoint",
            &mut environment.token_endpoint,
            &login,
            !environment.is_to_discover,
        ),
        (
            "revocationEndpoint",
            &mut environment.revocation_endpoint,
            &login,
            !environment.is_to_discover,
        ),
        ("tokenInfoEndpoint", &mut environment.token_info_endpoint, &login, false),
        ("apiOrigin", &mut environment.api_origin, &api, true),
    ] {
        match text_option(server, key)? {
            Some(text) => *endpoint = checked_endpoint(text, home.as_ref(), is_custom, parse_url)?,
            None if is_custom && is_required => return Err(invalid(key)),
            None if is_custom => endpoint.clear(),
            None => {}
        }
    }
    let api = parse_url(&environment.api_origin, None).ok_or_else(|| invalid("apiOrigin"))?;
    if api.after_origin() != "/" {
        return Err(invalid("apiOrigin"));
    }
    environment.api_origin = api.origin().to_owned();
    if (environment.is_to_discover || environment.is_iss_required) && environment.issuer.is_empty() {
        return Err(invalid("issuer"));
    }
    Ok(environment)
}

fn checked_endpoint(text: &str, home: Option<&Url>, is_custom: bool, parse_url: ParseUrl) -> Result<String, Error> {
    let refuse = |code| {
        Err(Error::about(
            code,
            text.split(['?', '#', '@']).next().unwrap_or_default(),
        ))
    };
    let Some(url) = parse_url(text, None) else {
        return refuse(Code::ConfigEndpointNotHttps);
    };
    if url.has_userinfo() || text.contains('#') {
        return Err(Code::ConfigEndpointUserinfo.into());
    }
    let is_local = url.is_localhost() && is_custom;
    if !url.is_https() && !is_local {
        return refuse(Code::ConfigEndpointNotHttps);
    }
    let is_reserved = |(name, _): (&str, &str)| form::decode(name).is_none_or(|name| is_reserved_request_name(&name));
    if form::pairs(url.query()).any(is_reserved) {
        return refuse(Code::ConfigEndpointReservedParam);
    }
    if home.is_some_and(|home| !home.is_same_origin(&url)) {
        return refuse(Code::ConfigEndpointOrigin);
    }
    Ok(url.href().to_owned())
}

/// Whether a parameter of the authorization request is ours alone to set.
pub(crate) fn is_reserved_request_name(name: &str) -> bool {
    const REQUEST_NAMES: [&str; 10] = [
        "response_type",
        "response_mode",
        "client_id",
        "redirect_uri",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "request",
        "request_uri",
        "grant_type",
    ];
    REQUEST_NAMES.contains(&name) || RESPONSE_NAMES.contains(&name)
}

fn token_mediator(path: &str, page: Option<&Url>) -> Result<TokenMediator, Error> {
    let page = page.ok_or_else(|| invalid("tokenMediator"))?;
    // A plain path: nothing in it that a parser could take for another host.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if !path.starts_with('/') || path.starts_with("//") || !path.bytes().all(is_plain) {
        return Err(Error::about(Code::ConfigEndpointOrigin, path));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Ok(TokenMediator {
        token_endpoint: [page.origin(), path].concat(),
        revocation_endpoint: [page.origin(), folder, "/revoke"].concat(),
    })
}

pub(crate) fn invalid(option: &str) -> Error {
    Error::about(Code::ConfigInvalid, option)
}

fn unknown_key(key: &str) -> Error {
    Error::about(Code::ConfigUnknownKey, key)
}

pub(crate) fn known_keys(object: &Object, known: &[&str]) -> Result<(), Error> {
    match object.members().find(|(key, _)| !known.contains(key)) {
        Some((key, _)) => Err(unknown_key(key)),
        None => Ok(()),
    }
}

pub(crate) fn text_option<'a>(object: &'a Object, key: &str) -> Result<Option<&'a str>, Error> {
    object
        .present(key)
        .map(|value| value.as_str().ok_or_else(|| invalid(key)))
        .transpose()
}

fn flag(object: &Object, key: &str) -> Result<bool, Error> {
    match object.present(key) {
        None | Some(Value::Bool(false)) => Ok(false),
        Some(Value::Bool(true)) => Ok(true),
        Some(_) => Err(invalid(key)),
    }
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
