//! Source maps ([ECMA-426](https://tc39.es/ecma426/)): the sources that they carry, each as the text that it is.

use super::unfold::View;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One source, with where each byte of it is in the map.
pub(super) struct Carried<'a> {
    pub(super) name: Cow<'a, str>,
    /// Where its literal starts and ends in the map.
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Deserialize)]
struct Map<'a> {
    #[serde(borrow, default)]
    sources: Option<Vec<Option<Cow<'a, str>>>>,
    #[serde(borrow, default, rename = "sourcesContent")]
    contents: Option<Vec<Option<&'a RawValue>>>,
    #[serde(borrow, default)]
    sections: Option<Vec<Section<'a>>>,
    #[serde(borrow, default)]
    mappings: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Section<'a> {
    #[serde(borrow, default)]
    map: Option<Map<'a>>,
}

/// The sources that a map carries, in the order of the map; or where it is broken.
pub(super) fn sources(bytes: &[u8]) -> Result<Vec<Carried<'_>>, String> {
    // ECMA-426 §11.1.1: a line that begins so keeps a map from being run as a script.
    let skipped = match bytes.strip_prefix(b")]}'") {
        Some(_) => memchr::memchr(b'\n', bytes).unwrap_or(bytes.len()),
        None => 0,
    };
    let json = bytes.get(skipped..).unwrap_or_default();
    let map: Map<'_> = serde_json::from_slice(json)
        .map_err(|error| format!("At line {}, column {} of it.", error.line(), error.column()))?;
    if map.mappings.is_none() && map.sections.is_none() {
        return Err("It has no mappings.".to_owned());
    }
    let mut carried = Vec::new();
    collect(map, bytes, &mut carried);
    carried.sort_by_key(|source| source.start);
    Ok(carried)
}

fn collect<'a>(map: Map<'a>, bytes: &[u8], carried: &mut Vec<Carried<'a>>) {
    let mut names = map.sources.unwrap_or_default().into_iter();
    for content in map.contents.unwrap_or_default() {
        let name = names.next().flatten().unwrap_or(Cow::Borrowed("(unnamed)"));
        let Some(literal) = content.map(RawValue::get).filter(|literal| literal.starts_with('"')) else {
            continue;
        };
        let start = literal.as_ptr().addr() - bytes.as_ptr().addr();
        carried.push(Carried {
            name,
            start,
            end: start + literal.len(),
        });
    }
    for section in map.sections.unwrap_or_default() {
        if let Some(map) = section.map {
            collect(map, bytes, carried);
        }
    }
}

/// What the literal from `start` to `end` says (RFC 8259 §7).
pub(super) fn unescape(bytes: &[u8], start: usize, end: usize) -> View {
    let mut view = View::default();
    let mut index = start + 1;
    let end = end.saturating_sub(1).min(bytes.len());
    while index < end {
        let rest = bytes.get(index..end).unwrap_or_default();
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        view.push(rest.get(..plain).unwrap_or_default(), index, plain);
        index += plain;
        if index < end {
            let (char, length) = escape(bytes.get(index..end).unwrap_or_default());
            view.push(char.encode_utf8(&mut [0; 4]).as_bytes(), index, length);
            index += length;
        }
    }
    view
}

/// The character that an escape stands for, and how long it is.
fn escape(text: &[u8]) -> (char, usize) {
    let unit = |from: usize| {
        let digits = text
            .get(from..from + 4)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let simple = |char| (char, 2);
    match text.get(1) {
        Some(b'n') => simple('\n'),
        Some(b'r') => simple('\r'),
        Some(b't') => simple('\t'),
        Some(b'b') => simple('\u{8}'),
        Some(b'f') => simple('\u{c}'),
        Some(b'u') => {
            let first = unit(2).unwrap_or(0xfffd);
            let second = if text.get(6..8) == Some(b"\\u") { unit(8) } else { None };
            match (first, second) {
                (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    let code = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
                }
                _ => (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            }
        }
        Some(&byte) if byte.is_ascii() => simple(char::from(byte)),
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}
