//! Revocation: telling the server to forget ([RFC 7009 §2.1](https://www.rfc-editor.org/rfc/rfc7009.html#section-2.1)).
//!
//! Procore: `token` and `client_id` as form data; revokes access and refresh token together (oauth_endpoints.md). No
//! `Authorization` header: newer versions of Doorkeeper refuse one from a public client.

use super::config::Config;
use super::http::{HttpOutcome, HttpRequest};
use super::secret::{AccessToken, RefreshToken};
use alloc::boxed::Box;

/// The request that revokes a refresh token, spent by it.
#[must_use]
pub(crate) fn for_refresh_token(config: &Config, token: RefreshToken) -> Box<HttpRequest> {
    revocation(config, token.expose(), "refresh_token", "")
}

/// The request that revokes an access token, and with a token mediator its session, by the handle.
#[must_use]
pub(crate) fn for_access_token(
    config: &Config,
    token: &AccessToken,
    handle: Option<&RefreshToken>,
) -> Box<HttpRequest> {
    let handle = handle.map_or("", |handle| handle.expose());
    revocation(config, token.expose(), "access_token", handle)
}

/// Whether the server has revoked it. Anything but 200 means that the token may still be good (RFC 7009 §2.2.1).
#[must_use]
pub(crate) const fn is_revoked(outcome: &HttpOutcome) -> bool {
    matches!(outcome, HttpOutcome::Answer(answer) if answer.status == 200)
}

/// Whether the server may not have heard it, or was too busy to (503, RFC 7009 §2.2.1).
#[must_use]
pub(crate) const fn is_unheard(outcome: &HttpOutcome) -> bool {
    match outcome {
        HttpOutcome::Answer(answer) => answer.status == 503,
        HttpOutcome::NoAnswer | HttpOutcome::TimedOut => true,
        HttpOutcome::Redirected | HttpOutcome::NotSent => false,
    }
}

fn revocation(config: &Config, token: &str, hint: &str, handle: &str) -> Box<HttpRequest> {
    let fields = [
        ("token", token),
        ("session_handle", handle),
        ("token_type_hint", hint),
        ("client_id", config.client_id.as_str()),
    ];
    HttpRequest::post(config.revocation_endpoint(), &fields)
}
