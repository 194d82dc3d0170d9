//! What is remembered between the login URL and its response.
//!
//! One record per sign-in, bound to its state ([RFC 9700 §2.1](https://www.rfc-editor.org/rfc/rfc9700.html#section-2.1),
//! [§4.4.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.4.2)). It names its environment and client ID;
//! endpoints are never read back from storage.

use super::confidentiality;
use super::config::{Config, ResponseMode};
use super::environment::EnvironmentName;
use super::json::{self, Object, Value, Writer};
use super::scope;
use super::secret::Wiped;
use super::secret::{CodeVerifier, State, is_visible_ascii};
use super::time::{Seconds, UnixSeconds};
use super::url::ParseUrl;
use crate::error::{Code, Error};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;

/// A sign-in under way. Spent by the response that it accepts; good for [`LIFETIME`].
#[derive(Debug)]
pub struct PendingAuthorization {
    pub(crate) state: State,
    pub(crate) verifier: CodeVerifier,
    pub(crate) flow: Flow,
    pub(crate) response_mode: ResponseMode,
    pub(crate) environment: String,
    /// The authorization endpoint: a code goes back to the server that gave it (RFC 9700 §4.4.2). Compared, never used.
    pub(crate) server: Option<String>,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: Option<String>,
    pub(crate) return_to: String,
    pub(crate) created: UnixSeconds,
}

/// How long a pending authorization is good: Procore's codes live 10 minutes (oauth_endpoints.md).
pub const LIFETIME: Seconds = 600;

/// How the token is to be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flow {
    /// Authorization Code with PKCE (RFC 6749 §4.1, RFC 7636).
    Code,
    /// Implicit (RFC 6749 §4.2), legacy.
    #[cfg(feature = "implicit")]
    Implicit,
}

impl Flow {
    /// The word in options, records and sessions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            #[cfg(feature = "implicit")]
            Self::Implicit => "implicit",
        }
    }

    /// The flow of that name.
    ///
    /// # Errors
    ///
    /// `implicit_not_enabled` for `implicit` in a build without it; `config_invalid` for any other word.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "code" => Ok(Self::Code),
            #[cfg(feature = "implicit")]
            "implicit" => Ok(Self::Implicit),
            #[cfg(not(feature = "implicit"))]
            "implicit" => Err(Code::ImplicitNotEnabled.into()),
            _ => Err(Error::about(Code::ConfigInvalid, "flow")),
        }
    }
}

impl PendingAuthorization {
    /// The record for storage: a JSON object. Confidential, for it holds the verifier.
    #[must_use]
    pub fn to_record(&self) -> Wiped {
        let mut out = Writer::object();
        out.number("v", VERSION);
        out.string("state", self.state.expose());
        out.string("verifier", self.verifier.expose());
        out.string("flow", self.flow.as_str());
        out.string("responseMode", self.response_mode.as_str());
        out.string("environment", &self.environment);
        out.optional("server", self.server.as_deref());
        out.string("clientId", &self.client_id);
        out.string("redirectUri", &self.redirect_uri);
        out.optional("scope", self.scope.as_deref());
        out.string("returnTo", &self.return_to);
        out.number("created", self.created);
        out.end()
    }

    /// Reads a record back. Storage is not trusted: it may be damaged, old or forged.
    ///
    /// # Errors
    ///
    /// - `storage_version` when another version wrote it
    /// - `storage_corrupt` when it is anything but a whole record
    /// - `config_secret_forbidden` when it carries a secret
    /// - `implicit_not_enabled` when it was written by a build with that flow, and this has none
    pub fn from_record(record: &str) -> Result<Box<Self>, Error> {
        let object = &read(record, &MEMBERS)?;
        let flow = Flow::from_name(text(object, "flow")?).map_err(|error| {
            if error.code() == Code::ImplicitNotEnabled {
                error
            } else {
                corrupt()
            }
        })?;
        let mut this = Box::new(Self {
            state: State::new(visible(object, "state")?),
            verifier: CodeVerifier::new(visible(object, "verifier")?),
            flow,
            response_mode: ResponseMode::from_name(text(object, "responseMode")?).ok_or_else(corrupt)?,
            environment: String::new(),
            server: None,
            client_id: String::new(),
            redirect_uri: String::new(),
            scope: None,
            return_to: String::new(),
            created: number(object, "created")?,
        });
        for (key, field) in [
            ("environment", &mut this.environment),
            ("clientId", &mut this.client_id),
            ("redirectUri", &mut this.redirect_uri),
            ("returnTo", &mut this.return_to),
        ] {
            text(object, key)?.clone_into(field);
        }
        this.server = optional(object, "server")?;
        this.scope = optional_scope(object)?;
        Ok(this)
    }

    /// The configuration that it was made with, for judging a response without a [`Client`](super::client::Client).
    ///
    /// # Errors
    ///
    /// The `config_*` codes of [`Config::new`] and [`Config::with_server`]; `storage_corrupt` for an unknown
    /// environment.
    pub fn config(&self, server: Option<&str>, parse_url: ParseUrl) -> Result<Config, Error> {
        let environment = EnvironmentName::from_name(&self.environment).ok_or(Code::StorageCorrupt)?;
        let config = Config::new(environment, &self.client_id, &[&self.redirect_uri], None, parse_url)?;
        match server {
            Some(server) => config.with_server(server),
            None => Ok(config),
        }
    }

    /// The state that its response must carry.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// Whether it was begun with this client ID, environment and server.
    #[must_use]
    pub fn is_of(&self, config: &Config) -> bool {
        let environment = &config.environment;
        self.environment == environment.name.as_str()
            && self.client_id == config.client_id.as_str()
            && self
                .server
                .as_ref()
                .is_none_or(|server| *server == environment.authorization_endpoint)
    }

    /// Whether its redirect URI is a registered one.
    #[must_use]
    pub fn is_to(&self, config: &Config) -> bool {
        config.redirect_uris.iter().any(|uri| uri.as_str() == self.redirect_uri)
    }

    /// When the login URL was built.
    #[must_use]
    pub const fn created(&self) -> UnixSeconds {
        self.created
    }

    /// Whether it is too old to accept a response; or, by a clock that was set back, too far in the future.
    #[must_use]
    pub const fn is_expired_at(&self, now: UnixSeconds) -> bool {
        now.abs_diff(self.created) > LIFETIME
    }
}

/// Of every record: what another version of this package wrote is not read.
pub(crate) const VERSION: u64 = 1;

const MEMBERS: [&str; 12] = [
    "server",
    "v",
    "state",
    "verifier",
    "flow",
    "responseMode",
    "environment",
    "clientId",
    "redirectUri",
    "scope",
    "returnTo",
    "created",
];

/// The longest record that is read, in bytes: what holds the tokens of the longest answer, each character of it escaped.
pub const MAX_RECORD: usize = 256 * 1024;

/// A record from storage, with these members and no others.
pub(crate) fn read(record: &str, known: &[&str]) -> Result<Object, Error> {
    if record.len() > MAX_RECORD {
        return Err(corrupt());
    }
    let Ok(Value::Object(object)) = json::parse(record) else {
        return Err(corrupt());
    };
    for (key, _) in object.members() {
        confidentiality::refuse_name(key)?;
    }
    if number(&object, "v")? != VERSION {
        return Err(Code::StorageVersion.into());
    }
    if object.members().any(|(key, _)| !known.contains(&key)) {
        return Err(corrupt());
    }
    Ok(object)
}

#[inline(never)]
pub(crate) fn corrupt() -> Error {
    Code::StorageCorrupt.into()
}

#[inline(never)]
pub(crate) fn number(object: &Object, key: &str) -> Result<u64, Error> {
    match object.member(key) {
        Some(Value::Number(number)) if !number.is_negative => number.whole.ok_or_else(corrupt),
        _ => Err(corrupt()),
    }
}

#[inline(never)]
pub(crate) fn optional(object: &Object, key: &str) -> Result<Option<String>, Error> {
    match object.member(key) {
        None => Ok(None),
        Some(_) => text(object, key).map(|text| Some(text.to_owned())),
    }
}

pub(crate) fn optional_scope(object: &Object) -> Result<Option<String>, Error> {
    let scope = optional(object, "scope")?;
    scope.map(|scope| scope::parse(&scope).ok_or_else(corrupt)).transpose()
}

#[inline(never)]
pub(crate) fn text<'a>(object: &'a Object, key: &str) -> Result<&'a str, Error> {
    object.member(key).and_then(Value::as_str).ok_or_else(corrupt)
}

fn visible(object: &Object, key: &str) -> Result<Wiped, Error> {
    let text = text(object, key)?;
    if is_visible_ascii(text) {
        Ok(Wiped::from(text))
    } else {
        Err(corrupt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use alloc::string::ToString;
    use serde_json::{Value as Json, json};

    fn pending(scope: Option<&str>, return_to: &str) -> PendingAuthorization {
        PendingAuthorization {
            server: Some("https://login.procore.com/oauth/authorize".into()),
            state: State::new("S1".into()),
            verifier: CodeVerifier::new("V1".into()),
            flow: Flow::Code,
            response_mode: ResponseMode::Fragment,
            environment: "sandbox".into(),
            client_id: "CID".into(),
            redirect_uri: "https://app.example/cb".into(),
            scope: scope.map(Into::into),
            return_to: return_to.into(),
            created: 1_790_000_000,
        }
    }

    fn record() -> Json {
        serde_json::from_str(&pending(Some("read"), "/").to_record()).unwrap()
    }

    #[test]
    fn a_record_is_exactly_this() {
        assert_eq!(
            pending(None, "/x").to_record().as_str(),
            r#"{"v":1,"state":"S1","verifier":"V1","flow":"code","responseMode":"fragment","environment":"sandbox","#
                .to_string()
                + r#""server":"https://login.procore.com/oauth/authorize","clientId":"CID","#
                + r#""redirectUri":"https://app.example/cb","returnTo":"/x","created":1790000000}"#
        );
    }

    #[test]
    fn a_record_comes_back_as_it_went() {
        for (scope, return_to) in [
            (None, "/"),
            (Some(""), "/x?y=1#z"),
            (Some("read write"), "/\\ü\u{2028}\n\0😀"),
        ] {
            let there = pending(scope, return_to);
            let back = PendingAuthorization::from_record(&there.to_record()).unwrap();
            assert_eq!(back.to_record(), there.to_record());
            assert_eq!((back.state(), back.verifier.expose()), ("S1", "V1"));
            assert_eq!((back.scope.as_deref(), back.return_to.as_str()), (scope, return_to));
            assert_eq!(
                (back.response_mode, back.created()),
                (ResponseMode::Fragment, there.created)
            );
        }
    }

    #[test]
    fn a_record_without_a_member_or_with_another_type_is_corrupt() {
        for key in MEMBERS {
            let mut without = record();
            without.as_object_mut().unwrap().remove(key);
            let result = PendingAuthorization::from_record(&without.to_string());
            // No scope means that none was asked for; no server, that nothing is known of it.
            let expected = (!["scope", "server"].contains(&key)).then_some(Code::StorageCorrupt);
            assert_eq!(result.err().map(|error| error.code()), expected, "{key}");
            for other in [json!(null), json!(true), json!([]), json!({})] {
                let mut changed = record();
                changed[key] = other;
                let error = PendingAuthorization::from_record(&changed.to_string()).unwrap_err();
                assert_eq!(error.code(), Code::StorageCorrupt, "{changed}");
            }
        }
    }

    #[test]
    fn a_forged_record_is_told_by_what_is_wrong_with_it() {
        for (key, value, code) in [
            ("v", json!(0), Code::StorageVersion),
            ("v", json!(2), Code::StorageVersion),
            ("v", json!("1"), Code::StorageCorrupt),
            ("state", json!(""), Code::StorageCorrupt),
            ("state", json!("S\n1"), Code::StorageCorrupt),
            ("verifier", json!("V 1"), Code::StorageCorrupt),
            ("verifier", json!("ü"), Code::StorageCorrupt),
            ("flow", json!("CODE"), Code::StorageCorrupt),
            ("responseMode", json!("form_post"), Code::StorageCorrupt),
            ("created", json!(-1), Code::StorageCorrupt),
            ("created", json!("1"), Code::StorageCorrupt),
            ("tokenEndpoint", json!("https://evil.example"), Code::StorageCorrupt),
            ("client_secret", json!(""), Code::ConfigSecretForbidden),
        ] {
            let mut changed = record();
            changed[key] = value;
            let error = PendingAuthorization::from_record(&changed.to_string()).unwrap_err();
            assert_eq!(error.code(), code, "{changed}");
        }
        for text in ["", "null", "[]", "\"\"", "{}"] {
            let error = PendingAuthorization::from_record(text).unwrap_err();
            assert_eq!(error.code(), Code::StorageCorrupt, "{text}");
        }
    }

    #[test]
    fn a_record_is_good_for_ten_minutes_by_a_clock_set_either_way() {
        let pending = pending(None, "/");
        for (now, expected) in [
            (1_790_000_000, false),
            (1_790_000_600, false),
            (1_790_000_601, true),
            (1_789_999_400, false),
            (1_789_999_399, true),
            (0, true),
            (u64::MAX, true),
        ] {
            assert_eq!(pending.is_expired_at(now), expected, "{now}");
        }
    }

    #[test]
    fn a_record_of_an_unknown_environment_configures_nothing() {
        let mut pending = pending(None, "/");
        let config = pending.config(None, parse_url).unwrap();
        assert_eq!(
            config.environment().token_endpoint,
            "https://login-sandbox.procore.com/oauth/token"
        );
        pending.environment = "elsewhere".into();
        assert_eq!(
            pending.config(None, parse_url).unwrap_err().code(),
            Code::StorageCorrupt
        );
    }
}
