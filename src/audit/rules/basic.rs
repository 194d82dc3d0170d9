//! The credentials of a client in one text: HTTP Basic ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617.html)), the call that
//! makes it, and the user information of a URL (RFC 3986 §3.2.1).

use super::{Place, is_near_procore, is_secret};
use crate::audit::anchors::Found;
use crate::audit::bytes::{closing_bracket, from_base64, has_word, is_name, run_after, slice};
use crate::audit::finding::Kind;
use crate::audit::shape;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// `Basic Q0lEOng=`.
pub(in crate::audit) fn credentials(place: &mut Place<'_>, found: &Found) {
    let start = run_after(place.text, found.end, 8, |byte| byte == b' ');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let end = run_after(place.text, start, 2048, is_digit);
    let Some(decoded) = Some(slice(place.text, start, end))
        .filter(|digits| digits.len() >= 16)
        .and_then(from_base64)
    else {
        return;
    };
    let Some(colon) = memchr::memchr(b':', &decoded) else {
        return;
    };
    let password = slice(&decoded, colon + 1, decoded.len());
    // The text before is that of a header, or the value can hardly be anything else: "Basic Construction" is a name.
    if decoded.iter().all(|byte| matches!(byte, b' '..=b'~')) && is_secret(password, true) {
        place.hit(
            (start, end),
            Kind::BasicCredentials,
            password,
            "It is the password of HTTP Basic credentials.",
        );
    }
}

/// `btoa(id + ":" + secret)`, and `Buffer.from(…).toString("base64")`.
pub(in crate::audit) fn encoder(place: &mut Place<'_>, found: &Found) {
    static SECRET_NAME: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i-u)(?:client|oauth|app|consumer|procore)[-_. ]?secret").ok());
    let text = place.text;
    let near = slice(text, found.end, found.end + 300);
    let Some(inside) = closing_bracket(near).map(|length| slice(near, 0, length)) else {
        return;
    };
    if !inside.contains(&b':') {
        return;
    }
    let mut secret = None;
    let mut names = 0;
    let mut index = 0;
    while index < inside.len() {
        let end = run_after(inside, index, 200, crate::audit::bytes::is_token);
        let run = slice(inside, index, end);
        if shape::is_procore(run) {
            secret = Some((run.to_vec(), found.end + index, found.end + end));
        } else if run.first().is_some_and(|byte| is_name(*byte)) && names < 6 {
            names += 1;
            let resolved = place
                .resolve(found.end + index)
                .filter(|(value, ..)| is_secret(value, true));
            // The password stands behind the colon, so the last one counts.
            secret = resolved.or(secret);
        }
        index = end.max(index + 1);
    }
    if let Some((value, start, end)) = secret {
        if is_near_procore(text, start, 4000)
            || has_word(slice(text, found.start.saturating_sub(60), found.start), "basic")
        {
            place.hit(
                (start, end),
                Kind::BasicCredentials,
                &value,
                "It is made into HTTP Basic credentials.",
            );
        }
    } else if SECRET_NAME.as_ref().is_some_and(|name| name.is_match(inside)) {
        let span = (found.start, found.end + inside.len());
        let why = "A client's secret is made into HTTP Basic credentials here.";
        place.hit_if_procore(span, Kind::ConfidentialFlow, b"client_secret_basic", why);
    }
}

/// `https://id:secret@host`.
pub(in crate::audit) fn authority(place: &mut Place<'_>, found: &Found) {
    static USER_INFORMATION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?-u)^[^\s/"'`@:<>{}$?#]{1,128}:([A-Za-z0-9_-]{8,256})@[A-Za-z0-9\[]"#).ok());
    let near = slice(place.text, found.end, found.end + 400);
    // Most authorities have none, and end soon.
    let end = near
        .iter()
        .position(|byte| matches!(byte, b'/' | b'"' | b'\'' | b'`' | b' ' | b'\n' | b'@'));
    if end.is_none_or(|end| near.get(end) != Some(&b'@')) {
        return;
    }
    let parts = USER_INFORMATION.as_ref().and_then(|pattern| pattern.captures(near));
    if let Some(password) = parts
        .and_then(|parts| parts.get(1))
        .filter(|value| is_secret(value.as_bytes(), true))
    {
        let span = (found.end + password.start(), found.end + password.end());
        place.hit(
            span,
            Kind::BasicCredentials,
            password.as_bytes(),
            "It is the password in a URL.",
        );
    }
}
