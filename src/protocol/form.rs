//! `application/x-www-form-urlencoded`, both ways
//! ([RFC 6749 appendix B](https://www.rfc-editor.org/rfc/rfc6749.html#appendix-B)).
//!
//! Encoding is total. Decoding is strict: where a browser puts U+FFFD, this says no.

use super::ascii::{self, Parts};
use super::secret::Wiped;
use alloc::string::String;
use core::str::Bytes;

/// Appends `name=value`, encoded, after a `&` where one is needed.
pub(crate) fn append(out: &mut Wiped, name: &str, value: &str) {
    out.make_room(2 + 3 * (name.len() + value.len()));
    if !matches!(out.as_bytes().last(), None | Some(b'?' | b'&')) {
        out.push('&');
    }
    encode(out, name);
    out.push('=');
    encode(out, value);
}

fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                ascii::push_hex(out, byte);
            }
        }
    }
}

/// The decoded value, or `None` if it is not percent-encoded UTF-8.
pub(crate) fn decode(raw: &str) -> Option<Wiped> {
    let mut out = Wiped::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while rest.len() > 0 {
        out.push(character(&mut rest)?);
    }
    Some(out)
}

/// One character of UTF-8 ([RFC 3629 §4](https://www.rfc-editor.org/rfc/rfc3629.html#section-4)): the standard library's
/// decoder has a table, for speed, which costs 250 bytes of the package.
fn character(rest: &mut Bytes<'_>) -> Option<char> {
    let first = byte(rest)?;
    let (more, least) = match first {
        ..0x80 => return Some(char::from(first)),
        0xC0..0xE0 => (1, 0x80),
        0xE0..0xF0 => (2, 0x800),
        0xF0..0xF8 => (3, 0x1_0000),
        _ => return None,
    };
    let mut scalar = u32::from(first) & (0x3F >> more);
    for _ in 0..more {
        scalar = (scalar << 6) | u32::from(byte(rest).filter(|byte| byte & 0xC0 == 0x80)? & 0x3F);
    }
    char::from_u32(scalar).filter(|_| scalar >= least)
}

fn byte(rest: &mut Bytes<'_>) -> Option<u8> {
    match rest.next()? {
        b'+' => Some(b' '),
        b'%' => Some((ascii::hex(rest.next()?)? << 4) | ascii::hex(rest.next()?)?),
        byte => Some(byte),
    }
}

/// The pairs of a query or fragment, still encoded: split at `&` only, then at the first `=`.
pub(crate) fn pairs(raw: &str) -> Pairs<'_> {
    Pairs(ascii::parts(raw, b"&"))
}

/// A fragment as what stands before its pairs, and its pairs. What begins with a mark of hash routers is a route, with its
/// own `?` or without one (`/costs?page=2`, `!/x`, and `/access_token=…`, which a router has made of `access_token=…`).
pub(crate) fn cut_fragment(raw: &str) -> (&str, &str) {
    let is_mark = |byte| matches!(byte, b'!' | b'#' | b'/' | b'?');
    let marks = raw.bytes().position(|byte| !is_mark(byte)).unwrap_or(raw.len());
    let path = ascii::before(raw, b"?&").len();
    let is_path = marks > 0 && path > 0 && raw.as_bytes().get(path) == Some(&b'?');
    raw.split_at_checked(if is_path { path + 1 } else { marks })
        .unwrap_or_default()
}

#[derive(Clone, Debug)]
pub(crate) struct Pairs<'a>(Parts<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = ascii::cut(self.0.next()?, b"=");
        Some((name, value.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decodes_strictly() {
        let cases: &[(&str, Option<&str>)] = &[
            ("a%26b", Some("a&b")),
            ("a+b%20c", Some("a b c")),
            ("%e2%82%AC", Some("€")),
            ("%FF%FE", None),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%+1", None),
            ("", Some("")),
        ];
        for (raw, expected) in cases {
            assert_eq!(decode(raw).as_deref().map(String::as_str), *expected, "{raw:?}");
        }
    }

    #[test]
    fn a_route_is_no_pair() {
        for (raw, route) in [
            ("", ""),
            ("code=C&state=S", ""),
            ("top", ""),
            ("code=C?x", ""),
            ("?code=C", "?"),
            ("/", "/"),
            ("/costs", "/"),
            ("/costs?page=2&code=3", "/costs?"),
            ("/costs;kind=1?page=2", "/costs;kind=1?"),
            ("/costs&code=3?x", "/"),
            ("/access_token=T&state=S", "/"),
            ("!/access_token=T", "!/"),
            ("#/?code=C", "#/?"),
            ("//ü?code=C", "//ü?"),
        ] {
            assert_eq!(cut_fragment(raw), raw.split_at(route.len()), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(name in ".*", value in ".*") {
            let mut out = Wiped::default();
            append(&mut out, &name, &value);
            let (raw_name, raw_value) = out.split_once('=').unwrap();
            prop_assert!(decode(raw_name).unwrap().as_str() == name);
            prop_assert!(decode(raw_value).unwrap().as_str() == value);
        }

        #[test]
        fn encodes_as_the_url_crate_does(value in ".*") {
            let mut out = Wiped::default();
            append(&mut out, "n", &value);
            let theirs = ::url::form_urlencoded::Serializer::new(String::new()).append_pair("n", &value).finish();
            prop_assert_eq!(out.as_str(), theirs);
        }

        #[test]
        fn decodes_utf_8_as_the_standard_library_does(
            bytes in proptest::collection::vec(any::<u8>(), 0..5),
            text in proptest::collection::vec(any::<char>(), 0..4),
            cut in 0..4_usize,
        ) {
            let text: String = text.into_iter().collect();
            let cut = text.len().saturating_sub(cut);
            for bytes in [&bytes[..], text.as_bytes(), &text.as_bytes()[..cut], &[text.as_bytes(), &bytes].concat()] {
                let raw: String = bytes.iter().map(|byte| alloc::format!("%{byte:02X}")).collect();
                let expected = String::from_utf8(bytes.to_vec()).ok();
                prop_assert_eq!(decode(&raw).as_deref().cloned(), expected);
            }
        }

        #[test]
        fn decoding_is_total(raw in ".*") {
            let _ = decode(&raw);
        }
    }
}
