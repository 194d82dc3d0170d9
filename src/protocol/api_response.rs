//! What an answer of the API asks for: a new token
//! ([RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)), a pause
//! ([RFC 6585 §4](https://www.rfc-editor.org/rfc/rfc6585.html#section-4),
//! [RFC 9110 §15.6.4](https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4); Procore: rate_limiting.md), or nothing.

use super::time::{Seconds, UnixSeconds};
use super::token_response::from_digits;

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
    /// Its method; empty means `GET`.
    pub method: &'a str,
    /// The header `Retry-After`; empty where there is none, or CORS does not show it.
    pub retry_after: &'a str,
    /// The header `X-Rate-Limit-Reset`, likewise.
    pub rate_limit_reset: &'a str,
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
}

/// Who waits longer wants to know: then the answer is the caller's.
pub const MAX_PAUSE: Seconds = 60;

/// Where the server does not say how long, or nobody can read it. Waited for twice, it is Procore's shorter window.
const DEFAULT_PAUSE: Seconds = 5;

/// Procore's longer window. A moment further away than that is none of this clock's.
const WINDOW: Seconds = 60 * 60;

/// A request is sent once, and twice more.
const MAX_TRIES: u64 = 3;

impl<'a> ApiResponse<'a> {
    /// An answer with that status to the first try of a request that can be sent again.
    #[must_use]
    pub const fn new(status: u64) -> Self {
        Self {
            status,
            tries: 1,
            is_replayable: true,
            method: "",
            retry_after: "",
            rate_limit_reset: "",
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

    /// With these headers.
    #[must_use]
    pub const fn with(mut self, retry_after: &'a str, rate_limit_reset: &'a str) -> Self {
        self.retry_after = retry_after;
        self.rate_limit_reset = rate_limit_reset;
        self
    }

    /// Judges it by itself; see [`Client::judge`](super::client::Client::judge).
    ///
    /// A 401 to the first try is worth one renewal, never more: the second 401 is the caller's. A 403 is no dead token
    /// but a company that is not connected, or a missing permission (error_reference.md).
    #[must_use]
    pub fn judge(&self, now: UnixSeconds) -> ApiAnswer {
        match self.status {
            _ if !self.is_replayable => ApiAnswer::Return,
            401 if self.tries == 1 => ApiAnswer::RenewAndRetry,
            429 | 503 if (1..MAX_TRIES).contains(&self.tries) && self.is_not_done() => match self.pause(now) {
                pause @ ..=MAX_PAUSE => ApiAnswer::WaitAndRetry(pause),
                _ => ApiAnswer::Return,
            },
            _ => ApiAnswer::Return,
        }
    }

    /// Whether a second try can do no harm. A 503 may come from a proxy, for a request that was done all the same; then
    /// only what may be done twice is sent twice (RFC 9110 §9.2.2), unless the server itself asks for it.
    fn is_not_done(&self) -> bool {
        let may_be_done_twice = matches!(self.method, "" | "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE");
        self.status == 429 || may_be_done_twice || !self.retry_after.is_empty()
    }

    /// The longer of what both headers say. A date in `Retry-After` counts as not said: Procore sends seconds.
    fn pause(&self, now: UnixSeconds) -> Seconds {
        let retry_after = from_digits(self.retry_after);
        // By this device's clock, which may be wrong.
        let reset = from_digits(self.rate_limit_reset)
            .filter(|reset| reset.abs_diff(now) <= WINDOW)
            .map(|reset| reset.saturating_sub(now));
        retry_after.max(reset).unwrap_or(DEFAULT_PAUSE).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    const NOW: UnixSeconds = 1_790_000_000;

    fn judged(response: ApiResponse<'_>) -> ApiAnswer {
        response.judge(NOW)
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
        for status in [0, 200, 204, 302, 400, 403, 404, 409, 422, 500, 502, 504, u64::MAX] {
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
            ("7, 8", String::new(), wait(5)),
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
            ("PUT", true),
            ("DELETE", true),
            ("OPTIONS", true),
            ("POST", false),
            ("PATCH", false),
            ("patch", false),
        ] {
            let bare = judged(ApiResponse::new(503).to(method, true));
            assert_eq!(bare == ApiAnswer::WaitAndRetry(5), may_be_done_twice, "{method}");
            let asked = judged(ApiResponse::new(503).to(method, true).with("2", ""));
            assert_eq!(asked, ApiAnswer::WaitAndRetry(2), "{method}");
            let turned_away = judged(ApiResponse::new(429).to(method, true));
            assert_eq!(turned_away, ApiAnswer::WaitAndRetry(5), "{method}");
        }
    }
}
