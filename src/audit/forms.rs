//! The ways in which a value may be written, by a build or by hand.

use super::bytes::{slice, to_base64};
use super::finding::hex;
use super::settings::Known;

/// The ways in which a value may be written, each with its name.
pub(super) fn forms_of(value: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let each = |write: &dyn Fn(u8) -> String| value.iter().map(|byte| write(*byte)).collect::<String>().into_bytes();
    let text = String::from_utf8_lossy(value);
    let utf16: Vec<_> = text.encode_utf16().collect();
    let list = |write: &dyn Fn(u16) -> String, between: &str| {
        let items: Vec<_> = utf16.iter().map(|unit| write(*unit)).collect();
        items.join(between).into_bytes()
    };
    // As JavaScript does it, by characters.
    let reversed: String = text.chars().rev().collect();
    let rotated = value.iter().map(|byte| match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        other => *other,
    });
    let json = serde_json::to_string(&text).unwrap_or_default();
    let json = json.trim_start_matches('"');
    let json = json.strip_suffix('"').unwrap_or(json).to_owned();
    let twice = json.replace('\\', "\\\\").replace('"', "\\\"");
    let html = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let percent = |byte: u8| {
        if unreserved(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let upper = hex(value).to_ascii_uppercase();
    let mut forms = vec![
        (value.to_vec(), ""),
        (reversed.clone().into_bytes(), "reversed"),
        (rotated.collect(), "with its letters moved by 13"),
        (json.clone().into_bytes(), "escaped as in JSON"),
        (json.replace('/', "\\/").into_bytes(), "escaped as in JSON"),
        (twice.into_bytes(), "escaped as in JSON, twice"),
        (html.replace('\'', "&#39;").into_bytes(), "escaped as in HTML"),
        (html.into_bytes(), "escaped as in HTML"),
        (each(&percent), "encoded as in a URL"),
        (each(&percent).to_ascii_lowercase(), "encoded as in a URL"),
        (each(&|byte| format!("%{byte:02x}")), "encoded as in a URL"),
        (each(&|byte| format!("%{byte:02X}")), "encoded as in a URL"),
        (hex(value).into_bytes(), "in hex"),
        (upper.into_bytes(), "in hex"),
        (each(&|byte| format!("\\x{byte:02x}")), "in hex"),
        (each(&|byte| format!("\\x{byte:02X}")), "in hex"),
        (
            list(&|unit| format!("\\u{unit:04x}"), ""),
            "as numbers of its characters",
        ),
        (
            list(&|unit| format!("\\u{unit:04X}"), ""),
            "as numbers of its characters",
        ),
        (list(&|unit| format!("&#{unit};"), ""), "as numbers of its characters"),
        (
            list(&|unit| format!("&#x{unit:x};"), ""),
            "as numbers of its characters",
        ),
        (utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(), "in UTF-16"),
        (utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(), "in UTF-16"),
    ];
    for between in [",", ", ", ",\n"] {
        forms.push((list(&|unit| unit.to_string(), between), "as numbers of its characters"));
        forms.push((
            list(&|unit| format!("0x{unit:x}"), between),
            "as numbers of its characters",
        ));
        forms.push((
            list(&|unit| format!("0x{unit:02X}"), between),
            "as numbers of its characters",
        ));
    }
    for is_url in [false, true] {
        for shift in 0..3 {
            forms.push((base64_at(value, shift, is_url), "in base64"));
            forms.push((base64_at(reversed.as_bytes(), shift, is_url), "reversed, in base64"));
        }
        let once = to_base64(value, is_url);
        forms.push((base64_at(&once, 0, false), "in base64, twice"));
        forms.push((once.into_iter().rev().collect(), "in base64, reversed"));
    }
    for quote in ['"', '\'', '`'] {
        for beyond_ascii in Escape::ALL {
            forms.push((literal(&text, quote, beyond_ascii), "escaped as in a script"));
            forms.push((literal(&json, quote, beyond_ascii), "escaped as in JSON, in a script"));
            forms.push((literal(&reversed, quote, beyond_ascii), "reversed"));
        }
    }
    let mut kept: Vec<(Vec<u8>, _)> = Vec::new();
    for (bytes, how) in forms {
        // Of two forms that are alike the first one counts: a value of letters and digits is the same in a URL.
        if bytes.len() >= Known::MIN_LENGTH && !kept.iter().any(|(other, _)| *other == bytes) {
            kept.push((bytes, how));
        }
    }
    kept
}

/// How a minifier writes what is not ASCII. Each has a choice of its own.
#[derive(Clone, Copy)]
enum Escape {
    No,
    Lower,
    Upper,
    /// `\xe9` where two digits are enough.
    ShortLower,
    ShortUpper,
}

impl Escape {
    const ALL: [Self; 5] = [Self::No, Self::Lower, Self::Upper, Self::ShortLower, Self::ShortUpper];
}

/// What stands between the quotes of a literal of JavaScript, as minifiers write it.
fn literal(text: &str, quote: char, beyond_ascii: Escape) -> Vec<u8> {
    let mut out = String::with_capacity(2 * text.len());
    let mut units = [0; 2];
    for (at, char) in text.char_indices() {
        let opens = char == '$' && quote == '`' && text.get(at + 1..).is_some_and(|rest| rest.starts_with('{'));
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if char == quote || char == '\\' || opens => out.extend(['\\', char]),
            _ if char.is_ascii() || matches!(beyond_ascii, Escape::No) => out.push(char),
            _ => {
                for unit in char.encode_utf16(&mut units) {
                    out.push_str(&match (beyond_ascii, *unit) {
                        (Escape::ShortLower, ..=0xff) => format!("\\x{unit:02x}"),
                        (Escape::ShortUpper, ..=0xff) => format!("\\x{unit:02X}"),
                        (Escape::Upper | Escape::ShortUpper, _) => format!("\\u{unit:04X}"),
                        _ => format!("\\u{unit:04x}"),
                    });
                }
            }
        }
    }
    out.into_bytes()
}

/// The base64 digits that `value` alone decides where `shift` bytes, and any others, are before and behind it.
fn base64_at(value: &[u8], shift: usize, is_url: bool) -> Vec<u8> {
    let shifted = [slice(&[0; 2], 0, shift), value].concat();
    let digits = to_base64(&shifted, is_url);
    let first = (shift * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    slice(&digits, first, last).to_vec()
}
