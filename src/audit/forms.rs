//! The ways in which a value may be written, by a build or by hand.

use super::bytes::{low_byte, slice, to_base64};
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
        (script(&reversed, false), "reversed"),
        (script(&reversed, true), "reversed"),
        (script(&text, false), "escaped as in a script"),
        (script(&text, true), "escaped as in a script"),
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
    let mut kept: Vec<(Vec<u8>, _)> = Vec::new();
    for (bytes, how) in forms {
        // Of two forms that are alike the first one counts: a value of letters and digits is the same in a URL.
        if bytes.len() >= Known::MIN_LENGTH && !kept.iter().any(|(other, _)| *other == bytes) {
            kept.push((bytes, how));
        }
    }
    kept
}

/// As a literal of JavaScript's in ASCII, as bundlers write it where they must or are told to.
fn script(text: &str, is_upper: bool) -> Vec<u8> {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        let hex = match unit {
            0x20..=0x7e => {
                let char = char::from(low_byte(u32::from(unit)));
                if char == '\\' {
                    out.push('\\');
                }
                out.push(char);
                continue;
            }
            0..=0xff => format!("x{unit:02x}"),
            _ => format!("u{unit:04x}"),
        };
        out.push('\\');
        let (kind, digits) = hex.split_at(1);
        out.push_str(kind);
        out.push_str(&if is_upper {
            digits.to_ascii_uppercase()
        } else {
            digits.to_owned()
        });
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
