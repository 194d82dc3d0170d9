//! ASCII marks and digits in text: what URLs ([RFC 3986 §2.2](https://www.rfc-editor.org/rfc/rfc3986.html#section-2.2)),
//! forms and headers are made of.
//!
//! Our own because the library's patterns know all of Unicode, forwards and backwards, which is 1 KB of the package.

use super::secret::Wiped;
use alloc::string::String;

/// What stands before the first of these marks, and after it, if there is one.
#[inline(never)]
#[expect(clippy::manual_contains, reason = "`contains` would bring the library's `memchr`")]
pub(crate) fn cut<'a>(text: &'a str, marks: &[u8]) -> (&'a str, Option<&'a str>) {
    match text.bytes().position(|byte| marks.iter().any(|mark| *mark == byte)) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// What stands before the first of these marks; everything, if there is none.
pub(crate) fn before<'a>(text: &'a str, marks: &[u8]) -> &'a str {
    cut(text, marks).0
}

/// Whether any of these marks is in there.
pub(crate) fn has(text: &str, marks: &[u8]) -> bool {
    cut(text, marks).1.is_some()
}

/// The parts between these marks that are not empty.
pub(crate) fn parts<'a>(text: &'a str, marks: &'static [u8]) -> Parts<'a> {
    Parts {
        rest: Some(text),
        marks,
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Parts<'a> {
    rest: Option<&'a str>,
    marks: &'static [u8],
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        loop {
            let (part, rest) = cut(self.rest?, self.marks);
            self.rest = rest;
            if !part.is_empty() {
                return Some(part);
            }
        }
    }
}

/// Appends two hexadecimal digits.
pub(crate) fn push_hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.push(char::from(digit + if digit < 10 { b'0' } else { b'A' - 10 }));
    }
}

/// The value of a hexadecimal digit.
#[inline(never)]
pub(crate) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The digits of base64url (RFC 4648 §5).
pub(crate) const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The value of a digit of base64url, or of base64 (§4).
#[inline(never)]
pub(crate) fn base64(digit: u8) -> Option<u8> {
    let digit = match digit {
        b'+' => b'-',
        b'/' => b'_',
        digit => digit,
    };
    let at = BASE64URL.iter().position(|other| *other == digit)?;
    u8::try_from(at).ok()
}

/// The ASCII text that digits of so many bits stand for, 6 for base64 and 4 for hexadecimal, from behind the first
/// `skipped`. What is no digit is passed over.
pub(crate) fn decoded(text: &str, width: u32, mut skipped: u32) -> Wiped {
    let mut out = Wiped::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let Some(digit) = (if width == 6 { base64(byte) } else { hex(byte) }) else {
            continue;
        };
        if skipped > 0 {
            skipped -= 1;
            continue;
        }
        bits = bits << width | u32::from(digit);
        count += width;
        if count >= 8 {
            count -= 8;
            out.extend(char::from_u32(bits >> count & 0xFF).filter(char::is_ascii));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_cut_as_patterns_of_the_library_do(text in "[a=&?é😀]{0,12}") {
            prop_assert_eq!(cut(&text, b"=").1, text.split_once('=').map(|(_, after)| after));
            prop_assert_eq!(Some(before(&text, b"=?")), text.split(['=', '?']).next());
            prop_assert_eq!(has(&text, b"&"), text.contains('&'));
            let expected: Vec<_> = text.split(['&', '?']).filter(|part| !part.is_empty()).collect();
            prop_assert_eq!(parts(&text, b"&?").collect::<Vec<_>>(), expected);
        }
    }
}
