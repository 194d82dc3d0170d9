//! The authorization request: the login URL, and what to remember until it is answered
//! ([RFC 6749 §4.1.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.1),
//! [RFC 7636 §4.3](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.3)).

use super::ascii;
use super::confidentiality;
use super::config::{Config, ResponseMode};
use super::credentials::RedirectUri;
use super::form;
use super::json::Value;
use super::options;
use super::pending_authorization::{Flow, PendingAuthorization};
use super::pkce::{self, Entropy};
use super::return_to::ReturnTo;
use super::scope;
use super::secret::Wiped;
use super::server;
use super::time::UnixSeconds;
use super::url::Url;
use crate::error::{Code, Error};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Before the state of a sign-in whose response comes back in a login window.
pub(crate) const POPUP: &str = "popup-";

/// What one sign-in may choose. The default is what most apps want.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignInOptions {
    /// How to get the token.
    pub flow: Flow,
    /// One of the registered redirect URIs; by default the first on this page's origin.
    pub redirect_uri: Option<String>,
    /// Instead of the configured scope (RFC 6749 §3.3).
    pub scope: Option<String>,
    /// Where to be afterwards, not yet checked. Empty: on `page`; without one, at `/`.
    pub return_to: String,
    /// The page that the user is on now. In a single-page app it is not the one that was loaded.
    pub page: Option<Url>,
    /// More parameters; reserved names are refused.
    pub extra_params: Vec<(String, String)>,
    /// Whether a popup comes back with the response, to be handed to its opener: its state says so.
    pub is_popup: bool,
}

impl SignInOptions {
    /// The defaults for this configuration.
    #[must_use]
    pub const fn new(config: &Config) -> Self {
        #[cfg(feature = "implicit")]
        let flow = if config.is_implicit_allowed {
            Flow::Implicit
        } else {
            Flow::Code
        };
        #[cfg(not(feature = "implicit"))]
        let flow = {
            let _ = config;
            Flow::Code
        };
        Self {
            flow,
            redirect_uri: None,
            scope: None,
            return_to: String::new(),
            page: None,
            extra_params: Vec::new(),
            is_popup: false,
        }
    }

    /// Reads them from the JSON form of the documented options.
    ///
    /// # Errors
    ///
    /// - `config_invalid` for a wrong type, `config_unknown_key` for an option that does not exist
    /// - `config_secret_forbidden` when anything in them looks like a secret
    /// - `implicit_not_enabled` for `flow: "implicit"` where it is off
    pub fn parse(text: &str, config: &Config) -> Result<Self, Error> {
        let value = options::read(text).ok_or(Code::ConfigInvalid)?;
        let options = value.as_object().ok_or(Code::ConfigInvalid)?;
        for (key, value) in options.members() {
            confidentiality::refuse_name(key)?;
            // returnTo is a page of the app, whatever its parameters are called.
            if key != "returnTo" {
                confidentiality::refuse(value)?;
            }
        }
        options::known_keys(options, &["flow", "redirectUri", "scope", "returnTo", "extraParams"])?;
        let text = |key| Ok::<_, Error>(options::text_option(options, key)?.map(ToOwned::to_owned));
        let mut this = Self {
            redirect_uri: text("redirectUri")?,
            scope: text("scope")?,
            return_to: text("returnTo")?.unwrap_or_default(),
            ..Self::new(config)
        };
        if let Some(flow) = options::text_option(options, "flow")? {
            this.flow = Flow::from_name(flow)?;
        }
        if let Some(extra) = options.present("extraParams") {
            for (name, value) in extra
                .as_object()
                .ok_or_else(|| options::invalid("extraParams"))?
                .members()
            {
                let value = Value::as_str(value).ok_or_else(|| options::invalid("extraParams"))?;
                this.extra_params.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(this)
    }
}

/// A login URL, complete, with its pending authorization.
///
/// State and PKCE are always in it; neither has an off switch.
#[derive(Debug)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// The URL to navigate to. Wiped when dropped, for it has the state.
    pub url: Wiped,
    /// To be stored before navigating.
    pub pending: Box<PendingAuthorization>,
    /// Why `returnTo` was replaced by `/`, if it was: a bad target is no reason to refuse the sign-in.
    pub warning: Option<Error>,
}

impl AuthorizationRequest {
    /// Builds the request. `entropy` is spent on its state and verifier.
    ///
    /// # Errors
    ///
    /// In the order of the checks:
    ///
    /// - `implicit_not_enabled` when that flow is asked for and the configuration doesn't allow it
    /// - `config_redirect_not_this_origin` when no redirect URI is on this page's origin
    /// - `redirect_mismatch` when the redirect URI asked for is not a registered one
    /// - `param_reserved`, `config_secret_forbidden` for an extra parameter that is not the caller's to set
    pub fn new(config: &Config, options: &SignInOptions, entropy: Entropy, now: UnixSeconds) -> Result<Self, Error> {
        Self::meant(config, options, "", entropy, now)
    }

    /// The same. `meant`: where the response that this page was has been to go on to.
    pub(crate) fn meant(
        config: &Config,
        options: &SignInOptions,
        meant: &str,
        entropy: Entropy,
        now: UnixSeconds,
    ) -> Result<Self, Error> {
        if config.environment.is_to_discover {
            // Its endpoints are not known yet; a client reads them first.
            return Err(options::invalid("discover"));
        }
        let redirect_uri = chosen_redirect_uri(config, options.redirect_uri.as_deref())?;
        let scope = options.scope.as_deref().or(config.scope.as_deref()).unwrap_or_default();
        let scope = scope::parse(scope).ok_or_else(|| options::invalid("scope"))?;
        let target = match (options.return_to.as_str(), &options.page) {
            ("", Some(page)) => Ok(ReturnTo::of_page(page, meant, config)),
            (text, Some(page)) => ReturnTo::resolve(text, Some(page), config),
            (text, None) => ReturnTo::parse(text, config),
        };
        let (return_to, warning) = match target {
            Ok(target) => (target, None),
            Err(error) => (ReturnTo::default(), Some(error)),
        };
        let (state, verifier) = entropy.spend(if options.is_popup { POPUP } else { "" });

        let mut url = Wiped::from(config.environment.authorization_endpoint.as_str());
        if !ascii::has(&url, b"?") {
            url.push('?');
        }
        let response_mode = match options.flow {
            Flow::Code => {
                form::append(&mut url, "response_type", "code");
                config.response_mode
            }
            #[cfg(feature = "implicit")]
            Flow::Implicit if config.is_implicit_allowed => {
                // Whole, so that a search of the built bytes finds it here and only here.
                let separator = if url.ends_with(['?', '&']) { "" } else { "&" };
                url.push_str(separator);
                url.push_str("response_type=token");
                ResponseMode::Fragment
            }
            #[cfg(feature = "implicit")]
            Flow::Implicit => return Err(Code::ImplicitNotEnabled.into()),
        };
        form::append(&mut url, "client_id", config.client_id.as_str());
        form::append(&mut url, "redirect_uri", redirect_uri.as_str());
        if !scope.is_empty() {
            form::append(&mut url, "scope", &scope);
        }
        form::append(&mut url, "state", state.expose());
        if options.flow == Flow::Code {
            form::append(&mut url, "code_challenge", &pkce::code_challenge(&verifier));
            form::append(&mut url, "code_challenge_method", "S256");
            // The default needs no saying, and servers without the parameter may refuse it.
            if response_mode == ResponseMode::Fragment {
                form::append(&mut url, "response_mode", "fragment");
            }
        }
        for (name, value) in &options.extra_params {
            confidentiality::refuse_name(name)?;
            confidentiality::refuse_text(value)?;
            if server::is_reserved_request_name(name) {
                return Err(Error::about(Code::ParamReserved, name));
            }
            form::append(&mut url, name, value);
        }

        let pending = Box::new(PendingAuthorization {
            state,
            verifier,
            flow: options.flow,
            response_mode,
            environment: config.environment.name.as_str().to_owned(),
            server: Some(config.environment.authorization_endpoint.clone()),
            client_id: config.client_id.as_str().to_owned(),
            redirect_uri: redirect_uri.as_str().to_owned(),
            scope: Some(scope).filter(|scope| !scope.is_empty()),
            return_to: return_to.as_str().to_owned(),
            created: now,
        });
        Ok(Self { url, pending, warning })
    }
}

fn chosen_redirect_uri<'a>(config: &'a Config, wanted: Option<&str>) -> Result<&'a RedirectUri, Error> {
    let is_here = |uri: &RedirectUri| config.page.as_ref().is_none_or(|page| uri.url().is_same_origin(page));
    let mut registered = config.redirect_uris.iter();
    match wanted {
        Some(wanted) => registered
            .find(|uri| uri.as_str() == wanted)
            .ok_or_else(|| Error::about(Code::RedirectMismatch, wanted).during(crate::error::Phase::Authorize)),
        None => registered
            .find(|uri| is_here(uri))
            .ok_or_else(|| Code::ConfigRedirectNotThisOrigin.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use alloc::format;

    const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn request(more: &str, options: &str) -> Result<AuthorizationRequest, Error> {
        let credentials = r#"{"clientId":"C/D","redirectUris":["http://localhost/cb","https://app.example/cb?a=%20"]}"#;
        let config = format!(r#"{{{more}"credentials":{{"production":{credentials}}}}}"#);
        let config = Config::parse(&config, parse_url("https://app.example/", None), parse_url).unwrap();
        let entropy = Entropy::new(core::array::from_fn(|index| u8::try_from(index).unwrap()));
        AuthorizationRequest::new(&config, &SignInOptions::parse(options, &config)?, entropy?, 7)
    }

    #[test]
    fn a_login_url_is_exactly_this() {
        const START: &str = "https://login.procore.com/oauth/authorize?response_type=code&client_id=C%2FD";
        const HERE: &str = "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3D%2520";
        const PKCE: &str = "&code_challenge=zwkx4Wi0nph1A8rxivb-JTtrPYKoEAjD6OHuZ8fI3FU&code_challenge_method=S256";
        let state = format!("&state={STATE}");
        for (more, options, expected) in [
            ("", "{}", [START, HERE, &state, PKCE].concat()),
            (
                "",
                r#"{"redirectUri":"http://localhost/cb"}"#,
                [START, "&redirect_uri=http%3A%2F%2Flocalhost%2Fcb", &state, PKCE].concat(),
            ),
            (
                r#""scope":"read write","#,
                "{}",
                [START, HERE, "&scope=read+write", &state, PKCE].concat(),
            ),
            (
                r#""scope":"read write","#,
                r#"{"scope":"a&state=b"}"#,
                [START, HERE, "&scope=a%26state%3Db", &state, PKCE].concat(),
            ),
            (
                r#""responseMode":"fragment","#,
                "{}",
                [START, HERE, &state, PKCE, "&response_mode=fragment"].concat(),
            ),
            (
                "",
                r#"{"extraParams":{"prompt":"login","ü x":"&="}}"#,
                [START, HERE, &state, PKCE, "&prompt=login&%C3%BC+x=%26%3D"].concat(),
            ),
            (
                r#""servers":{"production":{"authorizationEndpoint":"https://login.procore.com/a?kind=spa"}},"#,
                "{}",
                [
                    "https://login.procore.com/a?kind=spa&response_type=code&client_id=C%2FD",
                    HERE,
                    &state,
                    PKCE,
                ]
                .concat(),
            ),
        ] {
            assert_eq!(*request(more, options).unwrap().url, expected, "{more} {options}");
        }
    }

    #[test]
    fn what_is_pending_is_what_was_asked_for() {
        let request = request(
            r#""environment":"monthly-sandbox","#,
            r#"{"scope":"read","returnTo":"x"}"#,
        )
        .unwrap();
        let pending = request.pending;
        assert_eq!(pending.state(), STATE);
        assert_eq!(pending.verifier.expose(), "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8");
        assert!(
            !request.url.contains(pending.verifier.expose()),
            "the verifier stays here"
        );
        assert_eq!((pending.flow, pending.response_mode), (Flow::Code, ResponseMode::Query));
        assert_eq!(
            (pending.environment.as_str(), pending.client_id.as_str()),
            ("monthly-sandbox", "C/D")
        );
        assert_eq!(pending.redirect_uri, "https://app.example/cb?a=%20");
        assert_eq!(
            (pending.scope.as_deref(), pending.return_to.as_str()),
            (Some("read"), "/x")
        );
        assert_eq!((pending.created, request.warning), (7, None));
    }

    #[test]
    fn a_bad_target_costs_the_way_back_and_not_the_sign_in() {
        let request = request("", r#"{"returnTo":"//evil.example"}"#).unwrap();
        assert_eq!(request.pending.return_to, "/");
        assert_eq!(request.warning, Some(Code::ReturnToRejected.into()));
    }

    #[test]
    fn half_a_character_costs_the_way_back_and_nothing_else() {
        let broken = request("", r#"{"returnTo":"/x\ud800"}"#).unwrap();
        assert_eq!(broken.pending.return_to, "/");
        assert_eq!(broken.warning, Some(Code::ReturnToRejected.into()));
        let sent = request("", r#"{"extraParams":{"b\ud800":"\ud800c"}}"#).unwrap();
        assert!(sent.url.ends_with("&b%EF%BF%BD=%EF%BF%BDc"), "{}", *sent.url);
    }

    #[test]
    fn nothing_of_the_request_can_be_overridden() {
        for name in [
            "response_type",
            "response_mode",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
            "code_verifier",
            "request",
            "request_uri",
            "grant_type",
            "access_token",
        ] {
            let error = request("", &format!(r#"{{"extraParams":{{"{name}":"x"}}}}"#)).unwrap_err();
            assert_eq!(error.code(), Code::ParamReserved, "{name}");
        }
    }

    #[test]
    fn options_that_can_not_be_meant_are_refused() {
        for (options, code) in [
            ("[]", Code::ConfigInvalid),
            (r#"{"returnTo":7}"#, Code::ConfigInvalid),
            (r#"{"flow":"token"}"#, Code::ConfigInvalid),
            (r#"{"flow":"implicit"}"#, Code::ImplicitNotEnabled),
            (r#"{"returnto":"/"}"#, Code::ConfigUnknownKey),
            (r#"{"extraParams":["a"]}"#, Code::ConfigInvalid),
            (r#"{"extraParams":{"a":1}}"#, Code::ConfigInvalid),
            (r#"{"extraParams":{"client_secret":"x"}}"#, Code::ConfigSecretForbidden),
            (r#"{"extraParams":{"a":"Basic eDp5"}}"#, Code::ConfigSecretForbidden),
            (r#"{"redirectUri":"https://app.example/cb"}"#, Code::RedirectMismatch),
            (r#"{"redirectUri":"https://evil.example/cb"}"#, Code::RedirectMismatch),
        ] {
            assert_eq!(request("", options).unwrap_err().code(), code, "{options}");
        }
    }
}
