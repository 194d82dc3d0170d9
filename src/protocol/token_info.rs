//! Token info: a question that uses an access token, and changes nothing else.
//!
//! It is the first use of a token that nothing else has used, before the next renewal or its revocation. And it is the
//! audience check of the implicit flow: whose token is this?
//!
//! Plain OAuth can't tell a token issued to this application from one issued to another and injected here
//! ([RFC 9700 §4.6](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.6)). Procore's `GET /oauth/token/info`
//! (oauth_endpoints.md) can: Doorkeeper answers `application: { uid }`, the client ID.

use super::config::Config;
use super::http::{HttpOutcome, HttpRequest};
use super::secret::AccessToken;
#[cfg(feature = "implicit")]
use super::{http::HttpResponse, json::Value, token_response};
#[cfg(feature = "implicit")]
use crate::error::{Code, Error};
use alloc::boxed::Box;

/// Asks about a token.
#[must_use]
pub(crate) fn request(config: &Config, token: &AccessToken) -> Box<HttpRequest> {
    HttpRequest::get(&config.environment.token_info_endpoint, Some(token))
}

/// Uses a token. `None`: the server has no such endpoint.
#[must_use]
pub(crate) fn first_use(config: &Config, token: &AccessToken) -> Option<Box<HttpRequest>> {
    (!config.environment.token_info_endpoint.is_empty()).then(|| request(config, token))
}

/// Whether the server has taken the token for a good one. HTML is what servers of pages answer at any path.
#[must_use]
pub(crate) fn is_known(outcome: &HttpOutcome) -> bool {
    matches!(outcome, HttpOutcome::Answer(answer) if answer.status == 200 && answer.is_json())
}

/// Requires that the token was issued to this very application.
///
/// # Errors
///
/// - `token_audience_mismatch` when it was issued to another one, the answer names none, or the server does not know it
/// - `token_bad_json` and its like when the answer is not JSON
#[cfg(feature = "implicit")]
pub(crate) fn require_own(config: &Config, response: &HttpResponse) -> Result<(), Error> {
    if response.status != 200 || !response.is_json() {
        return Err(Code::TokenAudienceMismatch.into());
    }
    let value = token_response::read(response)?;
    let application = value
        .as_object()
        .and_then(|info| info.present("application"))
        .and_then(Value::as_object);
    match application
        .and_then(|application| application.present("uid"))
        .and_then(Value::as_str)
    {
        Some(uid) if uid == config.client_id.as_str() => Ok(()),
        _ => Err(Code::TokenAudienceMismatch.into()),
    }
}
