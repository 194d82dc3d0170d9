//! The token request: a code or a refresh token, spent
//! ([RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3),
//! [§6](https://www.rfc-editor.org/rfc/rfc6749.html#section-6),
//! [RFC 7636 §4.5](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.5)).
//!
//! The client identifies itself by `client_id` in the body; there is no place for a secret, and no
//! `Authorization` header, which Doorkeeper refuses from a public client.

use super::config::Config;
use super::http::HttpRequest;
use super::secret::{AuthorizationCode, CodeVerifier, RefreshToken};
use alloc::boxed::Box;

/// The request that redeems a code. Both are spent by value.
///
/// `redirect_uri` is always in it, byte for byte as in the authorization request: Doorkeeper demands it, although
/// OAuth 2.1 §10.2 drops it.
#[must_use]
pub(crate) fn for_code(
    config: &Config,
    code: AuthorizationCode,
    verifier: CodeVerifier,
    redirect_uri: &str,
) -> Box<HttpRequest> {
    HttpRequest::post(
        config.token_endpoint(),
        &[
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
            ("client_id", config.client_id.as_str()),
        ],
    )
}

/// The request that takes up the session in a token mediator's cookie (docs/token-mediator.md).
#[must_use]
pub(crate) fn to_resume(config: &Config) -> Box<HttpRequest> {
    let fields = [
        ("grant_type", "urn:procore-spa-auth:resume"),
        ("client_id", config.client_id.as_str()),
    ];
    HttpRequest::post(config.token_endpoint(), &fields)
}

/// The request that renews the access token, and what is left of the refresh token.
///
/// A token mediator has that in its cookie, and is told the session's handle (docs/token-mediator.md).
#[must_use]
pub(crate) fn for_refresh(config: &Config, token: RefreshToken) -> (Box<HttpRequest>, SentRefreshToken) {
    let fields = [
        ("grant_type", "refresh_token"),
        (config.renewed_by(), token.expose()),
        ("client_id", config.client_id.as_str()),
    ];
    let request = HttpRequest::post(config.token_endpoint(), &fields);
    (request, SentRefreshToken(token))
}

/// A refresh token that was sent. Procore: "any call to refresh, successful or not, permanently invalidates" it
/// (faq.md), so it can't be sent again; it comes back only from an answer that shows it is still good.
#[derive(Debug)]
pub(crate) struct SentRefreshToken(RefreshToken);

impl SentRefreshToken {
    /// Known to be unused: the request never left, or the server answered without rotating (RFC 6749 §6). Else only good
    /// to be revoked.
    pub(crate) fn still_good(self) -> RefreshToken {
        self.0
    }
}
