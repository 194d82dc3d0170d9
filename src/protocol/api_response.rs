//! What an answer of the API asks for: a new token
//! ([RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)), a pause
//! ([RFC 6585 §4](https://www.rfc-editor.org/rfc/rfc6585.html#section-4),
//! [RFC 9110 §15.6.4](https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4); Procore: rate_limiting.md), or nothing.

use super::ascii;
use super::environment::Environment;
use super::time::{Seconds, UnixSeconds};
use super::token_response::from_digits;
use core::ops::Range;

/// An answer of the API, as far as it matters here.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ApiResponse<'a> {
    /// The status code.
    pub status: u64,
    /// How often the request was sent for it: 1 or more.
    pub tries: u64,
    /// Whether its body can be sent again.
    pub is_replayable: bool,
    /// Its method, as it was sent; empty means `GET`.
    pub method: &'a str,
    /// Whether it may be done twice, if the caller says so; else its method tells.
    pub is_idempotent: Option<bool>,
    /// The header `Retry-After`; empty where there is none, or CORS does not show it.
    pub retry_after: &'a str,
    /// The header `X-Rate-Limit-Reset`, likewise.
    pub rate_limit_reset: &'a str,
    /// The cache mode of the request (Fetch standard); empty where there is no cache.
    pub cache: &'a str,
}

/// What to do with an answer of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiAnswer {
    /// Hand it to the caller.
    Return,
    /// The token is dead: renew it and send the request once more.
    RenewAndRetry,
    /// Wait for so long, and send the request once more.
    WaitAndRetry(Seconds),
    /// It is a redirect that was not followed, for a browser would carry `Procore-Company-Id` to whichever origin comes
    /// next. Send the request once more without that, and follow.
    Follow,
}

/// Who waits longer wants to know: then the answer is the caller's.
pub const MAX_PAUSE: Seconds = 60;

/// Where the server does not say how long, or nobody can read it. Waited for twice, it is Procore's shorter window.
const DEFAULT_PAUSE: Seconds = 5;

/// Procore's longer window. A moment further away than that is none of this clock's.
const WINDOW: Seconds = 60 * 60;

/// A request is sent once, and twice more.
const MAX_TRIES: u64 = 3;

/// The status codes of success (RFC 9110 §15.3). Such an answer is the caller's, whatever else is so, if it came from where the
/// request was sent: nobody has to wait until it is judged.
pub(crate) const SUCCESS: Range<u64> = 200..300;

impl<'a> ApiResponse<'a> {
    /// An answer with that status to the first try of a request that can be sent again.
    #[must_use]
    pub const fn new(status: u64) -> Self {
        Self {
            status,
            tries: 1,
            is_replayable: true,
            method: "",
            is_idempotent: None,
            retry_after: "",
            rate_limit_reset: "",
            cache: "",
        }
    }

    /// To which try.
    #[must_use]
    pub const fn after(mut self, tries: u64) -> Self {
        self.tries = tries;
        self
    }

    /// To a request with that method, whose body can be sent again, or not.
    #[must_use]
    pub const fn to(mut self, method: &'a str, is_replayable: bool) -> Self {
        self.method = method;
        self.is_replayable = is_replayable;
        self
    }

    /// To a request of which the caller says whether it may be done twice.
    #[must_use]
    pub const fn declared(mut self, is_idempotent: Option<bool>) -> Self {
        self.is_idempotent = is_idempotent;
        self
    }

    /// With these headers.
    #[must_use]
    pub const fn with(mut self, retry_after: &'a str, rate_limit_reset: &'a str) -> Self {
        self.retry_after = retry_after;
        self.rate_limit_reset = rate_limit_reset;
        self
    }

    /// To a request with that cache mode.
    #[must_use]
    pub const fn cached(mut self, mode: &'a str) -> Self {
        self.cache = mode;
        self
    }

    /// Whether it shows that the server has taken the token for a good one: success, and not out of a cache.
    pub(crate) fn shows_use(&self) -> bool {
        SUCCESS.contains(&self.status) && matches!(self.cache, "" | "no-store" | "reload" | "no-cache")
    }

    /// Judges it by itself; see [`Client::judge`](super::client::Client::judge).
    ///
    /// A 401 to the first try is worth one renewal, never more: the second 401 is the caller's. At Procore a 403 is no dead
    /// token but a company that is not connected, or a missing permission (error_reference.md); see
    /// [`Environment::is_renewed_on_forbidden`]. A redirect has the status 0, for no more of it is shown.
    #[must_use]
    pub fn judge(&self, server: &Environment, now: UnixSeconds) -> ApiAnswer {
        match self.status {
            // Only what changes nothing is asked again on the way to an answer (RFC 9110 §9.2.1).
            0 if self.may_try_again() && matches!(self.method, "" | "GET" | "HEAD") => ApiAnswer::Follow,
            _ if !self.is_replayable => ApiAnswer::Return,
            401 if self.tries == 1 => ApiAnswer::RenewAndRetry,
            403 if self.tries == 1 && server.is_renewed_on_forbidden => ApiAnswer::RenewAndRetry,
            429 | 503 if self.may_try_again() && self.is_not_done() => match self.pause(now) {
                pause @ ..=MAX_PAUSE => ApiAnswer::WaitAndRetry(pause),
                _ => ApiAnswer::Return,
            },
            _ => ApiAnswer::Return,
        }
    }

    fn may_try_again(&self) -> bool {
        (1..MAX_TRIES).contains(&self.tries)
    }

    /// Whether a second try can do no harm. A 429 turns a request away before it is done (Procore: rate_limiting.md). A 503
    /// may come from a proxy, for a request that was done all the same, with `Retry-After` or without; then only what is
    /// idempotent is sent twice (RFC 9110 §9.2.2).
    fn is_not_done(&self) -> bool {
        let by_method = || {
            matches!(
                self.method,
                "" | "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE"
            )
        };
        self.status == 429 || self.is_idempotent.unwrap_or_else(by_method)
    }

    /// The longest of what both headers say. A date in `Retry-After` counts as not said: Procore sends seconds.
    fn pause(&self, now: UnixSeconds) -> Seconds {
        let retry_after = longest(self.retry_after);
        // By this device's clock, which may be wrong.
        let reset = longest(self.rate_limit_reset)
            .filter(|reset| reset.abs_diff(now) <= WINDOW)
            .map(|reset| reset.saturating_sub(now));
        retry_after.max(reset).unwrap_or(DEFAULT_PAUSE).max(1)
    }
}

/// The largest number of a header, which a proxy may have sent twice (RFC 9110 §5.3).
fn longest(header: &str) -> Option<u64> {
    ascii::parts(header, b",")
        .filter_map(|number| from_digits(number.trim_ascii()))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::environment::EnvironmentName;
    use alloc::string::{String, ToString};

    const NOW: UnixSeconds = 1_790_000_000;

    fn judged(response: ApiResponse<'_>) -> ApiAnswer {
        response.judge(&Environment::procore(EnvironmentName::Production), NOW)
    }

    #[test]
    fn success_is_the_callers() {
        let mut server = Environment::procore(EnvironmentName::Production);
        server.is_renewed_on_forbidden = true;
        for status in SUCCESS {
            for (tries, method, is_replayable) in
                [(1, "", true), (1, "POST", false), (2, "GET", true), (3, "DELETE", true)]
            {
                let response = ApiResponse::new(status).after(tries).to(method, is_replayable);
                let response = response.declared(Some(true)).with("1", "1");
                assert_eq!(response.judge(&server, NOW), ApiAnswer::Return, "{status}");
            }
        }
    }

    #[test]
    fn only_the_first_401_is_worth_a_renewal() {
        assert_eq!(judged(ApiResponse::new(401)), ApiAnswer::RenewAndRetry);
        assert_eq!(judged(ApiResponse::new(401).after(2)), ApiAnswer::Return);
        assert_eq!(
            judged(ApiResponse::new(401).after(0)),
            ApiAnswer::Return,
            "of no try at all"
        );
        assert_eq!(judged(ApiResponse::new(401).to("POST", true)), ApiAnswer::RenewAndRetry);
        for status in [200, 204, 302, 400, 403, 404, 409, 422, 500, 502, 504, u64::MAX] {
            assert_eq!(judged(ApiResponse::new(status)), ApiAnswer::Return, "{status}");
        }
    }

    #[test]
    fn the_longer_pause_of_both_headers_is_kept_if_it_is_bearable() {
        let wait = ApiAnswer::WaitAndRetry;
        let at = |seconds: i64| NOW.checked_add_signed(seconds).unwrap().to_string();
        for (retry_after, reset, expected) in [
            ("", String::new(), wait(5)),
            ("7", String::new(), wait(7)),
            ("0", String::new(), wait(1)),
            ("60", String::new(), wait(60)),
            ("61", String::new(), ApiAnswer::Return),
            ("99999999999999999999999", String::new(), ApiAnswer::Return),
            // No number of seconds: not said.
            ("-1", String::new(), wait(5)),
            ("1.5", String::new(), wait(5)),
            // Sent twice, by the API and by a proxy before it.
            ("7, 8", String::new(), wait(8)),
            ("8,7", String::new(), wait(8)),
            ("7, soon", String::new(), wait(7)),
            ("", [at(7), at(9)].join(", "), wait(9)),
            ("Fri, 31 Dec 2027 23:59:59 GMT", String::new(), wait(5)),
            ("", at(7), wait(7)),
            ("", at(0), wait(1)),
            ("", at(60), wait(60)),
            ("", at(61), ApiAnswer::Return),
            // This device's clock is before the server's: the window is over already.
            ("", at(-600), wait(1)),
            // No such window: the clock is wrong, or the number is none of Unix seconds.
            ("", at(3601), wait(5)),
            ("", at(-3601), wait(5)),
            ("", "0".into(), wait(5)),
            ("", "1790000007000".into(), wait(5)),
            ("", "soon".into(), wait(5)),
            ("7", at(9), wait(9)),
            ("9", at(7), wait(9)),
            ("7", at(61), ApiAnswer::Return),
            ("61", at(7), ApiAnswer::Return),
            ("7", "0".into(), wait(7)),
        ] {
            for status in [429, 503] {
                let response = ApiResponse::new(status).with(retry_after, &reset);
                assert_eq!(judged(response), expected, "{status} {retry_after:?} {reset:?}");
            }
        }
    }

    #[test]
    fn a_request_is_sent_three_times_and_only_if_it_can_be() {
        for status in [429, 503] {
            let response = ApiResponse::new(status).with("1", "");
            for (tries, expected) in [
                (0, ApiAnswer::Return),
                (1, ApiAnswer::WaitAndRetry(1)),
                (2, ApiAnswer::WaitAndRetry(1)),
                (3, ApiAnswer::Return),
                (u64::MAX, ApiAnswer::Return),
            ] {
                assert_eq!(judged(response.after(tries)), expected, "{status} {tries}");
            }
            assert_eq!(judged(response.to("GET", false)), ApiAnswer::Return);
        }
    }

    #[test]
    fn what_may_be_done_already_is_not_done_twice() {
        for (method, may_be_done_twice) in [
            ("", true),
            ("GET", true),
            ("HEAD", true),
            ("OPTIONS", true),
            ("TRACE", true),
            ("PUT", true),
            ("DELETE", true),
            ("POST", false),
            ("PATCH", false),
            // Methods are what they are, letter for letter (RFC 9110 §9.1).
            ("get", false),
            ("PROPFIND", false),
        ] {
            for retry_after in ["", "2"] {
                let to = |status| ApiResponse::new(status).to(method, true).with(retry_after, "");
                let is_repeated = |response| judged(response) != ApiAnswer::Return;
                assert_eq!(is_repeated(to(503)), may_be_done_twice, "{method} {retry_after}");
                for said in [true, false] {
                    assert_eq!(
                        is_repeated(to(503).declared(Some(said))),
                        said,
                        "{method} {retry_after}"
                    );
                }
                assert!(
                    is_repeated(to(429).declared(Some(false))),
                    "{method}: turned away undone"
                );
            }
        }
    }

    #[test]
    fn a_403_is_a_dead_token_only_where_the_server_is_said_to_mean_that() {
        let mut server = Environment::procore(EnvironmentName::Production);
        server.is_renewed_on_forbidden = true;
        let forbidden = ApiResponse::new(403);
        assert_eq!(judged(forbidden), ApiAnswer::Return);
        assert_eq!(forbidden.judge(&server, NOW), ApiAnswer::RenewAndRetry);
        assert_eq!(forbidden.after(2).judge(&server, NOW), ApiAnswer::Return);
        assert_eq!(forbidden.to("GET", false).judge(&server, NOW), ApiAnswer::Return);
        assert_eq!(ApiResponse::new(401).judge(&server, NOW), ApiAnswer::RenewAndRetry);
    }

    #[test]
    fn a_redirect_is_followed_if_asking_changes_nothing() {
        let redirect = ApiResponse::new(0);
        for (method, expected) in [
            ("", ApiAnswer::Follow),
            ("GET", ApiAnswer::Follow),
            ("HEAD", ApiAnswer::Follow),
            ("PUT", ApiAnswer::Return),
            ("POST", ApiAnswer::Return),
            ("DELETE", ApiAnswer::Return),
        ] {
            assert_eq!(judged(redirect.to(method, true)), expected, "{method}");
        }
        assert_eq!(judged(redirect.after(2)), ApiAnswer::Follow);
        assert_eq!(judged(redirect.after(3)), ApiAnswer::Return, "round and round");
    }
}
