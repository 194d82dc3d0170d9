//! What only a confidential client may do: the grants of [RFC 6749 §4.3 and §4.4](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.3),
//! client assertions (RFC 7521 §4.2), private keys (RFC 7468), and Procore's SDK for servers.

use super::Place;
use crate::audit::anchors::Found;
use crate::audit::bytes::{is_name, run_after, slice};
use crate::audit::finding::Kind;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// `grant_type=client_credentials`, however it is written.
pub(in crate::audit) fn grant(place: &mut Place<'_>, found: &Found) {
    static GRANT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let between = r#"(?:[\s\\"'`\])(\[:=,]|&quot;|%3[dDaA]|%2[27cC]|\\u003[dD]){1,24}"#;
        Regex::new(&format!(
            r"(?-u)^{between}(client_credentials|password|urn(?::|%3[aA])ietf(?::|%3[aA])params(?::|%3[aA])oauth(?::|%3[aA])grant-type(?::|%3[aA])(?:jwt-bearer|saml2-bearer))[^A-Za-z0-9_.-]"
        ))
        .ok()
    });
    let near = slice(place.text, found.end, found.end + 120);
    if let Some(grant) = GRANT
        .as_ref()
        .and_then(|pattern| pattern.captures(near))
        .and_then(|parts| parts.get(1))
    {
        let span = (found.start, found.end + grant.end());
        let why = "A token is asked for with a grant that is for confidential clients.";
        place.hit_if_procore(span, Kind::ConfidentialFlow, grant.as_bytes(), why);
    }
}

/// `client_assertion`, with a token; or `client_assertion_type`, with its URN.
pub(in crate::audit) fn assertion(place: &mut Place<'_>, found: &Found) {
    static ASSERTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let between = r#"(?:[\s\\"'`\])(\[:=,]|&quot;|%3[dDaA]|%2[27cC]){1,24}"#;
        Regex::new(&format!(
            r"(?-u)^(?:(?:_type|Type)?{between})(?:(eyJ[A-Za-z0-9_-]{{8,2000}}\.[A-Za-z0-9_-]{{8,2000}}(?:\.[A-Za-z0-9_-]{{0,2000}})?)|(urn(?::|%3[aA])ietf))"
        ))
        .ok()
    });
    let near = slice(place.text, found.end, found.end + 6200);
    let Some(parts) = ASSERTION.as_ref().and_then(|pattern| pattern.captures(near)) else {
        return;
    };
    if let Some(token) = parts.get(1) {
        let span = (found.end + token.start(), found.end + token.end());
        let why = "It is an assertion by which a confidential client says who it is.";
        place.hit(span, Kind::ConfidentialFlow, token.as_bytes(), why);
    } else if let Some(urn) = parts.get(2) {
        let span = (found.start, found.end + urn.end());
        let why = "The client says by an assertion who it is, as confidential clients do.";
        place.hit_if_procore(span, Kind::ConfidentialFlow, b"client_assertion_type", why);
    }
}

/// `-----BEGIN PRIVATE KEY-----`, with a key behind it.
pub(in crate::audit) fn private_key(place: &mut Place<'_>, found: &Found) {
    static BEGIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)-----BEGIN (?:[A-Z0-9]+ ){0,3}$").ok());
    let start = found.start.saturating_sub(50);
    let before = slice(place.text, start, found.start);
    let Some(begin) = BEGIN.as_ref().and_then(|pattern| pattern.find(before)) else {
        return;
    };
    let body = slice(place.text, found.end, found.end + 8000);
    let length = memchr::memchr(b'-', body).unwrap_or(body.len());
    // Line breaks may be real or escaped, and each line a literal of its own.
    let text = String::from_utf8_lossy(slice(body, 0, length))
        .replace("\\n", "")
        .replace("\\r", "");
    let is_digit = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '=');
    let digits: String = text.chars().filter(is_digit).collect();
    let others = text
        .chars()
        .filter(|char| !is_digit(char) && !char.is_whitespace())
        .count();
    if digits.len() >= 40 && others * 8 < digits.len() {
        let span = (start + begin.start(), found.end + length);
        place.hit(span, Kind::PrivateKey, digits.as_bytes(), "It is a private key, whole.");
    }
}

/// `import { token, refresh, revoke } from "@procore/js-sdk"`: functions that take the client's secret.
pub(in crate::audit) fn server_sdk(place: &mut Place<'_>, found: &Found) {
    let start = found.start.saturating_sub(300);
    let before = slice(place.text, start, found.start);
    let Some(open) = memchr::memrchr(b'{', before) else {
        return;
    };
    let names = slice(before, open, before.len());
    let mut index = 0;
    while index < names.len() {
        let end = run_after(names, index, 64, is_name);
        if matches!(slice(names, index, end), b"token" | b"refresh" | b"revoke") {
            let span = (start + open + index, start + open + end);
            let value = slice(names, index, end).to_vec();
            let why = "A function of Procore's SDK for servers is used, which takes the client's secret.";
            place.hit(span, Kind::ConfidentialFlow, &value, why);
            return;
        }
        index = end.max(index + 1);
    }
}
