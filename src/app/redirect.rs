//! The page as the answer to a sign-in: its record is taken and its URL scrubbed at once, before any other script of the page
//! can read the code; then it is judged.

use super::page;
use crate::browser::pending_store;
use crate::error::{Code, Error};
use crate::protocol::authorization_response::{AuthorizationGrant, AuthorizationResponse};
use crate::protocol::client::Client;
use crate::protocol::config::Config;
use crate::protocol::pending_authorization::PendingAuthorization;
use crate::protocol::scrubbing;
use crate::protocol::secret::Wiped;
use crate::protocol::time::UnixSeconds;
use crate::protocol::url::Url;
use web_sys::Window;

/// A response to a sign-in of this tab, and that sign-in's record. Both are nowhere else any more.
pub(super) struct Taken {
    url: Url,
    record: Wiped,
}

/// Takes the response out of this page, if it is one to a sign-in of this tab and client.
///
/// # Errors
///
/// Those of a response that is nobody's, or of blocked storage: see [`AuthorizationResponse::unclaimed`] and
/// [`pending_store::forget`]. It is left where it is.
pub(super) fn take_from_page(window: &Window, config: &Config) -> Result<Option<Taken>, Error> {
    let href = page::href(window);
    let Some(url) = crate::browser::url::parse_url(&href, None) else {
        return Ok(None);
    };
    for state in scrubbing::states(&url) {
        let Some(record) = pending_store::find_by_state(&state).filter(|record| is_ours(record, config)) else {
            continue;
        };
        pending_store::forget_state(&state)?;
        scrub(window, &url, &state);
        return Ok(Some(Taken { url, record }));
    }
    let response = AuthorizationResponse::parse(&href, config)?;
    let unclaimed = response.and_then(|response| response.unclaimed(pending_store::is_any()));
    unclaimed.map_or(Ok(None), Err)
}

/// Whether a record is not another client's. A damaged one is nobody else's.
fn is_ours(record: &str, config: &Config) -> bool {
    PendingAuthorization::from_record(record).map_or(true, |pending| {
        pending.client_id == config.client_id().as_str() && pending.is_to(config)
    })
}

fn scrub(window: &Window, url: &Url, state: &str) {
    let scrubbed = scrubbing::without_response(url, state);
    // Some engines limit how often a page may do that. The code is spent all the same, so it must be redeemed.
    let _ = window.history().and_then(|history| {
        let kept = history.state()?;
        history.replace_state_with_url(&kept, "", Some(&scrubbed))
    });
    let is_left = |url| scrubbing::states(&url).iter().any(|left| left.as_str() == state);
    if crate::browser::url::parse_url(&page::href(window), None).is_some_and(is_left) {
        web_sys::console::warn_1(&"procore-spa-auth: the URL could not be scrubbed.".into());
    }
}

/// Judges a response by its record, which is spent by that.
///
/// # Errors
///
/// Those of [`AuthorizationResponse::parse`] and [`Client::accept_response`].
pub(super) fn accept(client: &mut Client, taken: &Taken, now: UnixSeconds) -> Result<AuthorizationGrant, Error> {
    // A record was there because its state is in the URL.
    let response = AuthorizationResponse::parse(taken.url.href(), client.config())?.ok_or(Code::ResponseTooLarge)?;
    let pending = PendingAuthorization::from_record(&taken.record)?;
    client.accept_response(*pending, &response, now)
}
