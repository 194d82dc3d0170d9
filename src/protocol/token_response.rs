//! The token response, judged ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1),
//! [§5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)).
//!
//! Procore answers `access_token, token_type, expires_in, refresh_token, created_at` (oauth_endpoints.md).
//! `created_at` is ignored: expiry counts from receipt. Access tokens are never looked into (OAuth 2.1 §1.4).

use super::ascii;
use super::config::Config;
use super::http::HttpResponse;
use super::json::{self, Malformed, Object, Value};
use super::scope;
use super::secret::{AccessToken, RefreshToken, Wiped, is_visible_ascii};
use super::time::Seconds;
use crate::error::{Code, Error, OAuthError, Phase};
use alloc::string::String;
use alloc::vec::Vec;

/// The tokens of a good response.
#[derive(Debug)]
#[non_exhaustive]
pub struct TokenSet {
    /// For the API.
    pub access_token: AccessToken,
    /// For one renewal, where the server gave one; a token mediator's handle of the session, for all of them.
    pub refresh_token: Option<RefreshToken>,
    /// From receipt; at most 24 hours, and 5400 where the server named none, as Procore's tokens live.
    pub expires_in: Seconds,
    /// What was granted, where the server said it.
    pub scope: Option<String>,
}

impl TokenSet {
    /// Judges the answer of the token endpoint.
    ///
    /// # Errors
    ///
    /// In the order of the checks:
    ///
    /// - `rate_limited`, `client_auth_required`, `invalid_grant` and the other words of RFC 6749 §5.2,
    ///   `token_bad_status` for any other status than 200, or an error said with 200
    /// - `token_bad_content_type`, `response_too_large`, `token_duplicate_key`, `token_bad_json`
    /// - `token_missing_access_token`, `token_malformed_token`, `token_bad_token_type`, `token_bad_expires_in`,
    ///   `token_bad_scope`
    pub fn parse(response: &HttpResponse) -> Result<Self, Error> {
        Self::named(response, "refresh_token")
    }

    /// Judges the answer of the configured token endpoint, or of the token mediator (docs/token-mediator.md).
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and of a mediator `mediator_unknown` where something else answers in its place, or one that
    /// names no session, and `session_ended` where it holds another one.
    pub(crate) fn of(response: &HttpResponse, config: &Config) -> Result<Self, Error> {
        let tokens = Self::named(response, config.renewed_by());
        if !config.is_mediated() {
            return tokens;
        }
        // Its cookie is of another session than the page's.
        if response.status == 409 {
            return Err(Code::SessionEnded.into());
        }
        let is_strange = match &tokens {
            Ok(tokens) => tokens.refresh_token.is_none(),
            Err(error) => matches!(error.code(), Code::TokenBadStatus | Code::TokenBadContentType),
        };
        if is_strange {
            Err(Code::MediatorUnknown.into())
        } else {
            tokens
        }
    }

    /// `renewed_by`: the member that holds what the session is renewed with.
    fn named(response: &HttpResponse, renewed_by: &str) -> Result<Self, Error> {
        if response.status != 200 {
            return Err(refusal(response));
        }
        if !response.is_json() {
            return Err(Code::TokenBadContentType.into());
        }
        let value = read(response)?;
        let object = value.as_object().ok_or(Code::TokenBadJson)?;
        if object.present("error").is_some() && object.present("access_token").is_none() {
            return Err(Code::TokenBadStatus.into());
        }
        let access_token = token(object, "access_token")?.ok_or(Code::TokenMissingAccessToken)?;
        require_bearer(object.present("token_type").and_then(Value::as_str))?;
        let expires_in = lifetime(object.present("expires_in"))?;
        let scope = match object.present("scope") {
            None => None,
            Some(Value::String(text)) => granted(text)?,
            // Some servers send a list instead of the string of RFC 6749 §3.3.
            Some(Value::Array(scopes)) => {
                let mut words = Vec::new();
                for scope in scopes {
                    words.push(scope.as_str().ok_or(Code::TokenBadJson)?);
                }
                granted(&words.join(" "))?
            }
            Some(_) => return Err(Code::TokenBadJson.into()),
        };
        Ok(Self {
            access_token: AccessToken::new(access_token),
            refresh_token: token(object, renewed_by)?.map(RefreshToken::new),
            expires_in,
            scope,
        })
    }

    /// Reads the token from a fragment's fields (RFC 6749 §4.2.2). A refresh token, which must not be there, is dropped.
    #[cfg(feature = "implicit")]
    pub(crate) fn from_fragment<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Error> {
        let access_token = field("access_token").ok_or(Code::TokenMissingAccessToken)?;
        if !is_visible_ascii(access_token) || access_token.len() > MAX_TOKEN {
            return Err(Code::TokenMalformedToken.into());
        }
        require_bearer(field("token_type"))?;
        let expires_in = match field("expires_in") {
            None => DEFAULT_LIFETIME,
            Some(digits) => from_digits(digits).ok_or(Code::TokenBadExpiresIn)?,
        };
        Ok(Self {
            access_token: AccessToken::new(Wiped::from(access_token)),
            refresh_token: None,
            expires_in: expires_in.min(MAX_LIFETIME),
            scope: granted(field("scope").unwrap_or_default())?,
        })
    }
}

/// Procore's access tokens live 5400 seconds (oauth_endpoints.md).
const DEFAULT_LIFETIME: Seconds = 5400;
pub(crate) const MAX_LIFETIME: Seconds = 24 * 60 * 60;
const MAX_TOKEN: usize = 16 * 1024;

/// Reads a body of at most [`MAX_BODY`](super::http::MAX_BODY) bytes as JSON.
pub(crate) fn read(response: &HttpResponse) -> Result<Value, Error> {
    let (text, is_cut) = response.bounded_body();
    match json::parse(text) {
        Ok(value) if !is_cut => Ok(value),
        Err(Malformed::DuplicateKey) => Err(Code::TokenDuplicateKey.into()),
        // Cut off, or a whole value and still more bytes than we read.
        Ok(_) | Err(Malformed::Syntax) if is_cut => Err(Error::from(Code::ResponseTooLarge).during(Phase::Token)),
        _ => Err(Code::TokenBadJson.into()),
    }
}

/// What an answer other than 200 means. Tokens in it are ignored.
fn refusal(response: &HttpResponse) -> Error {
    let value = if response.is_json() { read(response).ok() } else { None };
    let member = |key| {
        value
            .as_ref()
            .and_then(Value::as_object)
            .and_then(|o| o.present(key))
            .and_then(Value::as_str)
    };
    let word = member("error");
    let code = match (response.status, word) {
        (429, _) => Code::RateLimited,
        (_, Some("invalid_client")) | (401, None) => Code::ClientAuthRequired,
        (200..300, _) | (_, None) => Code::TokenBadStatus,
        (_, Some(word)) => Code::of_server(word),
    };
    let error = word.map_or_else(
        || Error::from(code),
        |word| {
            let word = if word == "invalid_client" {
                "invalid_client"
            } else {
                code.as_str()
            };
            Error::said(code, OAuthError::new(word, member("error_description")))
        },
    );
    error.during(Phase::Token)
}

pub(crate) fn token(object: &Object, key: &str) -> Result<Option<Wiped>, Error> {
    match object.present(key) {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if is_visible_ascii(text) && text.len() <= MAX_TOKEN => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(Code::TokenMalformedToken.into()),
        Some(_) => Err(Code::TokenBadJson.into()),
    }
}

/// RFC 6749 §5.1, §4.2.2. An empty scope is none.
fn granted(text: &str) -> Result<Option<String>, Error> {
    let scope = scope::parse(text).ok_or(Code::TokenBadScope)?;
    Ok(Some(scope).filter(|scope| !scope.is_empty()))
}

/// RFC 6749 §7.1: a client must not use a token of a type it doesn't know; the name's case doesn't matter (§5.1).
fn require_bearer(token_type: Option<&str>) -> Result<(), Error> {
    if token_type.is_some_and(|name| name.eq_ignore_ascii_case("bearer")) {
        Ok(())
    } else {
        Err(Code::TokenBadTokenType.into())
    }
}

fn lifetime(value: Option<&Value>) -> Result<Seconds, Error> {
    let seconds = match value {
        None => Some(DEFAULT_LIFETIME),
        Some(Value::Number(number)) if !number.is_negative => Some(number.whole.unwrap_or(DEFAULT_LIFETIME)),
        // Some servers quote it. Digits only: no sign, space, exponent.
        Some(Value::String(text)) => from_digits(text),
        Some(_) => None,
    };
    seconds
        .map(|seconds| seconds.min(MAX_LIFETIME))
        .ok_or_else(|| Code::TokenBadExpiresIn.into())
}

pub(crate) fn from_digits(text: &str) -> Option<Seconds> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| json::whole(text))
}

/// Each is looked for among all that were asked for, which costs little only while these are few.
const MAX_SCOPES: usize = 256;

/// RFC 6749 §5.1: the server must say where it grants something else; more than was asked for is refused.
pub(crate) fn require_no_more_than(requested: Option<&str>, granted: Option<&str>) -> Result<(), Error> {
    let (Some(requested), Some(granted)) = (requested, granted) else {
        return Ok(());
    };
    let words = |scope| ascii::parts(scope, b" ");
    let is_asked = |(at, scope)| at < MAX_SCOPES && words(requested).any(|asked| asked == scope);
    if words(granted).enumerate().all(is_asked) {
        Ok(())
    } else {
        Err(Code::ScopeExpanded.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::MAX_BODY;
    use alloc::format;

    fn answer(status: u64, body: &str) -> HttpResponse {
        HttpResponse::new(status, "application/json".into(), body.into())
    }

    fn refused(response: &HttpResponse) -> Code {
        TokenSet::parse(response).unwrap_err().code()
    }

    #[test]
    fn a_good_answer_is_read_whole() {
        let body = r#"{"access_token":"AT1","token_type":"BEARER","expires_in":60,"refresh_token":"RT1",
            "scope":"write","created_at":1,"unknown":[{}]}"#;
        let tokens = TokenSet::parse(&answer(200, body)).unwrap();
        assert_eq!(tokens.access_token.expose(), "AT1");
        assert_eq!(tokens.refresh_token.unwrap().expose(), "RT1");
        assert_eq!((tokens.expires_in, tokens.scope.as_deref()), (60, Some("write")));
        // Not said, null and empty are the same.
        let body = r#"{"access_token":"AT1","token_type":"bearer","refresh_token":"","scope":null}"#;
        let tokens = TokenSet::parse(&answer(200, body)).unwrap();
        assert!(tokens.refresh_token.is_none());
        assert_eq!((tokens.expires_in, tokens.scope), (5400, None));
    }

    #[test]
    fn an_answer_that_is_not_quite_one_is_refused() {
        for (body, code) in [
            ("", Code::TokenBadJson),
            ("[]", Code::TokenBadJson),
            (r#"{"access_token":"AT1","token_type":"bearer""#, Code::TokenBadJson),
            (
                r#"{"access_token":"AT1","access_token":"AT2","token_type":"bearer"}"#,
                Code::TokenDuplicateKey,
            ),
            (r#"{"error":"invalid_grant"}"#, Code::TokenBadStatus),
            (r#"{"token_type":"bearer"}"#, Code::TokenMissingAccessToken),
            (
                r#"{"access_token":"","token_type":"bearer"}"#,
                Code::TokenMissingAccessToken,
            ),
            (r#"{"access_token":7,"token_type":"bearer"}"#, Code::TokenBadJson),
            (
                r#"{"access_token":"A\r\nT","token_type":"bearer"}"#,
                Code::TokenMalformedToken,
            ),
            (
                r#"{"access_token":"AT1","token_type":"bearer","scope":"read\nwrite"}"#,
                Code::TokenBadScope,
            ),
            (
                r#"{"access_token":"AT1","token_type":"bearer","scope":["read","a\"b"]}"#,
                Code::TokenBadScope,
            ),
            (
                &format!(
                    r#"{{"access_token":"AT1","token_type":"bearer","scope":"{}"}}"#,
                    "a".repeat(4097)
                ),
                Code::TokenBadScope,
            ),
            (
                r#"{"access_token":"A T","token_type":"bearer"}"#,
                Code::TokenMalformedToken,
            ),
            (r#"{"access_token":"AT1"}"#, Code::TokenBadTokenType),
            (r#"{"access_token":"AT1","token_type":"mac"}"#, Code::TokenBadTokenType),
            (
                r#"{"access_token":"AT1","token_type":"bearer","expires_in":-1}"#,
                Code::TokenBadExpiresIn,
            ),
            (
                r#"{"access_token":"AT1","token_type":"bearer","expires_in":"1e3"}"#,
                Code::TokenBadExpiresIn,
            ),
            (
                r#"{"access_token":"AT1","token_type":"bearer","expires_in":true}"#,
                Code::TokenBadExpiresIn,
            ),
            (
                r#"{"access_token":"AT1","token_type":"bearer","refresh_token":"R\u0000"}"#,
                Code::TokenMalformedToken,
            ),
            (
                r#"{"access_token":"AT1","token_type":"bearer","scope":5}"#,
                Code::TokenBadJson,
            ),
            (
                r#"{"access_token":"AT1","token_type":"bearer","scope":[["admin"]]}"#,
                Code::TokenBadJson,
            ),
        ] {
            assert_eq!(refused(&answer(200, body)), code, "{body}");
        }
        let html = HttpResponse::new(
            200,
            "text/html".into(),
            r#"{"access_token":"AT1","token_type":"bearer"}"#.into(),
        );
        assert_eq!(refused(&html), Code::TokenBadContentType);
    }

    #[test]
    fn tokens_in_a_refusal_are_never_read() {
        let tokens = r#""access_token":"AT1","token_type":"bearer""#;
        for (status, error, code) in [
            (429, "invalid_grant", Code::RateLimited),
            (400, "invalid_grant", Code::InvalidGrant),
            (400, "invalid_client", Code::ClientAuthRequired),
            (401, "unauthorized_client", Code::UnauthorizedClient),
            (400, "own_word", Code::UnknownError),
            (201, "invalid_grant", Code::TokenBadStatus),
        ] {
            let body = format!(r#"{{{tokens},"error":"{error}","error_description":"why"}}"#);
            let refusal = TokenSet::parse(&answer(status, &body)).unwrap_err();
            assert_eq!(
                (refusal.code(), refusal.phase()),
                (code, Phase::Token),
                "{status} {error}"
            );
            assert_eq!(refusal.oauth().unwrap().description.as_deref(), Some("why"));
        }
        for (status, code) in [
            (204, Code::TokenBadStatus),
            (401, Code::ClientAuthRequired),
            (500, Code::TokenBadStatus),
        ] {
            assert_eq!(refused(&answer(status, &format!("{{{tokens}}}"))), code, "{status}");
        }
    }

    #[test]
    fn tokens_and_bodies_are_bounded() {
        let with = |token: usize, space: usize| {
            let (token, space) = ("T".repeat(token), " ".repeat(space));
            answer(
                200,
                &format!(r#"{{"access_token":"{token}","token_type":"bearer"}}{space}"#),
            )
        };
        let rest = with(0, 0).body.len();
        assert!(TokenSet::parse(&with(MAX_TOKEN, 0)).is_ok());
        assert_eq!(refused(&with(MAX_TOKEN + 1, 0)), Code::TokenMalformedToken);
        assert!(TokenSet::parse(&with(1, MAX_BODY - 1 - rest)).is_ok());
        assert_eq!(refused(&with(1, MAX_BODY - rest)), Code::ResponseTooLarge);
        assert_eq!(refused(&with(MAX_BODY, 0)), Code::ResponseTooLarge);
        let beyond = format!(r#"{{"a":"{}","b":1,"b":2}}"#, "T".repeat(MAX_BODY));
        assert_eq!(refused(&answer(200, &beyond)), Code::ResponseTooLarge);
        let between = format!(r#"{{"a":"{}"}}"#, "ü".repeat(MAX_BODY));
        assert_eq!(refused(&answer(200, &between)), Code::ResponseTooLarge);
    }

    #[test]
    fn a_scope_is_a_set_of_words() {
        for (requested, granted, expected) in [
            (None, Some("anything"), Ok(())),
            (Some("read"), None, Ok(())),
            (Some("read write"), Some(" write  read "), Ok(())),
            (Some("read"), Some(""), Ok(())),
            (Some("read"), Some("READ"), Err(Code::ScopeExpanded.into())),
            (Some("readwrite"), Some("read"), Err(Code::ScopeExpanded.into())),
            (Some(""), Some("read"), Err(Code::ScopeExpanded.into())),
        ] {
            assert_eq!(
                require_no_more_than(requested, granted),
                expected,
                "{requested:?} {granted:?}"
            );
        }
    }

    #[test]
    fn a_list_of_scopes_is_one_scope_string() {
        let body = r#"{"access_token":"AT1","token_type":"bearer","scope":["read","admin"]}"#;
        let scope = TokenSet::parse(&answer(200, body)).unwrap().scope;
        assert_eq!(scope.as_deref(), Some("read admin"));
        let error = require_no_more_than(Some("read write"), scope.as_deref()).unwrap_err();
        assert_eq!(error.code(), Code::ScopeExpanded);
    }
}
