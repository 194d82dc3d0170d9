//! The breaker against sign-ins that go round for ever: to the login page, back without a session, and there again.
//!
//! A server that knows its user redirects at once ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2)),
//! so an app that signs in whenever nobody is signed in leaves its user no moment to stop it.

use super::ascii;
use super::token_response::from_digits;
use crate::error::{Code, Error};
use alloc::string::String;

/// How many pages of a tab may leave for the login page by themselves within a minute.
const MOST: usize = 3;
const WINDOW_MS: u64 = 60_000;

/// The record of rounds for a tab to keep, with this one in it: the milliseconds since 1970 at which each page was loaded
/// that has left by itself, and the code of the last error. `record` is what the tab has kept, whoever wrote it.
///
/// `page`: when this page was loaded. `is_by_user`: whether the user has just clicked; then nothing is counted.
///
/// # Errors
///
/// `sign_in_loop`, about the last error, if it is one round too many
pub(crate) fn next(record: &str, page: &str, is_by_user: bool) -> Result<String, Error> {
    if is_by_user {
        return Ok(String::new());
    }
    let now = from_digits(page).unwrap_or_default();
    let (pages, cause) = ascii::cut(record.get(..MAX_RECORD.min(record.len())).unwrap_or_default(), b" ");
    let recent = ascii::parts(pages, b",")
        .filter(|time| from_digits(time).is_some_and(|time| time != now && time.abs_diff(now) < WINDOW_MS));
    let mut kept = String::new();
    for (count, time) in recent.enumerate() {
        if count + 1 >= MOST {
            let cause = cause.filter(|word| word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()));
            return Err(Error::about(Code::SignInLoop, cause.unwrap_or("no error was seen")));
        }
        kept.push_str(time);
        kept.push(',');
    }
    kept.push_str(page);
    Ok(kept)
}

/// A longer one is none of ours.
const MAX_RECORD: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn next(record: &str, page: u64, is_by_user: bool) -> Result<String, Error> {
        super::next(record, &format!("{page}"), is_by_user)
    }

    const T: u64 = 1_790_000_000_000;

    #[test]
    fn a_fourth_round_within_a_minute_is_one_too_many() {
        let mut record = String::new();
        for round in 0..3 {
            record = next(&record, T + round * 1000, false).unwrap();
        }
        let error = next(&[&record, " access_denied"].concat(), T + 4000, false).unwrap_err();
        assert_eq!(error.code(), Code::SignInLoop);
        assert!(error.message().ends_with("[access_denied]"), "{}", error.message());
        let error = next(&record, T + 59_999, false).unwrap_err();
        assert!(error.message().ends_with("[no error was seen]"), "{}", error.message());
        assert!(next(&record, T + 60_000, false).is_ok(), "a minute later");
        assert_eq!(
            next(&record, T + 2000, false).unwrap(),
            record,
            "the same page, asked twice"
        );
        assert_eq!(
            next(&record, T + 4000, true).unwrap(),
            "",
            "a click is no round, and ends them"
        );
    }

    #[test]
    fn whatever_is_in_the_record_is_at_most_no_record() {
        for record in [
            "x",
            ",,,",
            "-1,-2,-3",
            "1,2,3",
            "99999999999999999999,1",
            " <b>",
            &"1".repeat(100_000),
            "é,é",
        ] {
            assert_eq!(next(record, T, false).unwrap(), format!("{T}"), "{record:.20}");
        }
        let full = format!("{},{},{} <script>", T - 3, T - 2, T - 1);
        assert!(
            next(&full, T, false)
                .unwrap_err()
                .message()
                .ends_with("[no error was seen]")
        );
    }
}
