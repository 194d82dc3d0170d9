//! The values that are known to be secret, or to be public, in every form in which a build may carry them.

use super::bytes::{at, from_base64, from_hex, run_after, slice, to_base64};
use super::finding::{Kind, hex};
use super::hits::{Hit, Hits};
use super::settings::{Known, KnownValue, SettingsError};
use super::shape;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// Finds known values.
pub(super) struct KnownValues {
    known: Vec<Known>,
    forms: Vec<Form>,
    /// Of the beginnings of all forms: a few bytes each, so that it stays small however many values there are.
    automaton: Option<AhoCorasick>,
    hashed: Vec<usize>,
    shortest_hashed: usize,
}

impl fmt::Debug for KnownValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.known).finish()
    }
}

/// One known value, written in one way.
struct Form {
    bytes: Zeroizing<Vec<u8>>,
    of: Of,
    how: &'static str,
}

#[derive(Clone, Copy)]
enum Of {
    /// A secret, by its index.
    Secret(usize),
    /// The first bytes of a secret, behind a quote: the rest may be in the literals behind it.
    Piece(usize),
    /// A public value.
    Public,
}

/// What was found of known values in one text.
#[derive(Default)]
pub(super) struct KnownHits {
    pub(super) hits: Hits,
    /// Where public values start and end.
    pub(super) public: Vec<(usize, usize)>,
}

const BEGINNING: usize = 12;

impl KnownValues {
    pub(super) fn new(known: Vec<Known>, public: &[String]) -> Result<Self, SettingsError> {
        let mut forms = Vec::new();
        for (index, known) in known.iter().enumerate() {
            let KnownValue::Plain(value) = &known.value else {
                continue;
            };
            if public.iter().any(|public| public == &**value) {
                return Err(SettingsError::KnownIsPublic {
                    name: known.name.clone(),
                });
            }
            forms.extend(forms_of(value.as_bytes()).into_iter().map(|(bytes, how)| Form {
                bytes: Zeroizing::new(bytes),
                of: Of::Secret(index),
                how,
            }));
            forms.extend(["\"", "'", "`"].map(|quote| Form {
                bytes: Zeroizing::new([quote.as_bytes(), slice(value.as_bytes(), 0, 3)].concat()),
                of: Of::Piece(index),
                how: "in pieces",
            }));
        }
        forms.extend(
            public
                .iter()
                .filter(|value| value.len() >= Known::MIN_LENGTH)
                .map(|value| Form {
                    bytes: Zeroizing::new(value.clone().into_bytes()),
                    of: Of::Public,
                    how: "",
                }),
        );
        let beginnings = forms.iter().map(|form| slice(&form.bytes, 0, BEGINNING));
        let automaton = if forms.is_empty() {
            None
        } else {
            let kind = if forms.len() <= 2000 {
                AhoCorasickKind::DFA
            } else {
                AhoCorasickKind::ContiguousNFA
            };
            let built = AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .kind(Some(kind))
                .build(beginnings);
            Some(built.map_err(|_| SettingsError::TooMany)?)
        };
        let length = |index: &usize| match known.get(*index).map(|known| &known.value) {
            Some(KnownValue::Hashed { length, .. }) => Some(*length),
            _ => None,
        };
        let hashed: Vec<_> = (0..known.len()).filter(|index| length(index).is_some()).collect();
        let shortest_hashed = hashed.iter().filter_map(length).min().unwrap_or(0);
        Ok(Self {
            known,
            forms,
            automaton,
            hashed,
            shortest_hashed,
        })
    }

    /// Every known value in `text`, in any form.
    pub(super) fn find(&self, text: &[u8]) -> KnownHits {
        let mut found = KnownHits::default();
        for beginning in self
            .automaton
            .iter()
            .flat_map(|automaton| automaton.find_overlapping_iter(text))
        {
            let Some(form) = self.forms.get(beginning.pattern().as_usize()) else {
                continue;
            };
            let start = beginning.start();
            if slice(text, start, start + form.bytes.len()) != &form.bytes[..] {
                continue;
            }
            let end = start + form.bytes.len();
            match form.of {
                Of::Public => found.public.push((start, end)),
                Of::Secret(index) => found.hits.push(self.hit(index, (start, end), form.how)),
                Of::Piece(index) => {
                    if let Some(end) = self.plain(index).and_then(|value| pieces(text, start, value)) {
                        found.hits.push(self.hit(index, (start, end), form.how));
                    }
                }
            }
        }
        if !self.hashed.is_empty() {
            shape::runs(text, self.shortest_hashed, is_wide, |start, end| {
                let run = slice(text, start, end);
                for &index in &self.hashed {
                    if let Some((value, offset)) = self.known.get(index).and_then(|known| known.hashes(run)) {
                        let length = value.len().min(run.len() - offset);
                        let mut hit = self.hit(index, (start + offset, start + offset + length), "");
                        hit.value = Zeroizing::new(value);
                        found.hits.push(hit);
                    }
                }
            });
        }
        found
    }

    fn hit(&self, index: usize, (start, end): (usize, usize), how: &'static str) -> Hit {
        let name = self.known.get(index).map_or("", Known::name);
        let comma = if how.is_empty() { "" } else { ", " };
        Hit {
            start,
            end,
            kind: Kind::KnownValue,
            severity: Kind::KnownValue.severity(),
            value: Zeroizing::new(self.plain(index).unwrap_or_default().to_vec()),
            why: format!("It is the value of {name}{comma}{how}.").into(),
            source: None,
        }
    }

    fn plain(&self, index: usize) -> Option<&[u8]> {
        match &self.known.get(index)?.value {
            KnownValue::Plain(value) => Some(value.as_bytes()),
            KnownValue::Hashed { .. } => None,
        }
    }

    /// All values that are at hand.
    pub(super) fn plains(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.known.len()).filter_map(|index| self.plain(index))
    }
}

impl Known {
    /// The value in `run` that has the hash, raw, in base64, or in hex; and where it starts.
    fn hashes(&self, run: &[u8]) -> Option<(Vec<u8>, usize)> {
        let KnownValue::Hashed { salt, length, sha256 } = &self.value else {
            return None;
        };
        let is_it = |value: &[u8]| {
            value.len() == *length && *Sha256::new().chain_update(salt).chain_update(value).finalize() == sha256[..]
        };
        // Short values are in every text, and longer runs are no names with a value in them.
        if run.len() == *length || *length >= 20 && run.len() <= 256 {
            let mut windows = run.windows(*length).enumerate();
            if let Some((offset, value)) = windows.find(|(_, value)| is_it(value)) {
                return Some((value.to_vec(), offset));
            }
        }
        let digits = run.len() - run.iter().rev().take_while(|byte| **byte == b'=').count();
        let is_base64 = digits == (*length * 8).div_ceil(6);
        let decoded = if is_base64 { from_base64(run) } else { None };
        let decoded = decoded.or_else(|| if run.len() == 2 * *length { from_hex(run) } else { None });
        decoded.filter(|value| is_it(value)).map(|value| (value, 0))
    }
}

/// Whether it may be in a value that only its hash is known of.
const fn is_wide(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=' | b'.' | b'~')
}

/// Where the last literal ends, if the one at `start` and those behind it are `value` in pieces.
fn pieces(text: &[u8], start: usize, value: &[u8]) -> Option<usize> {
    const MAX_PIECES: usize = 16;
    const MAX_OTHERS: usize = 4;
    let (mut rest, mut index, mut others) = (value, start, 0);
    for count in 0..MAX_PIECES {
        let quote = at(text, index);
        let near = slice(text, index + 1, index + 2 + value.len());
        let length = memchr::memchr(quote, near);
        let literal = length.map(|length| slice(near, 0, length)).unwrap_or_default();
        let end = match length {
            Some(length) => index + length + 2,
            // A longer literal is none of the pieces.
            None => return None,
        };
        match rest.strip_prefix(literal) {
            Some(left) if !literal.is_empty() => {
                rest = left;
                if rest.is_empty() {
                    return (count > 0).then_some(end);
                }
            }
            _ => {
                others += 1;
                if others > MAX_OTHERS {
                    return None;
                }
            }
        }
        let gap = run_after(text, end, 80, |byte| !matches!(byte, b'"' | b'\'' | b'`'));
        if !matches!(at(text, gap), b'"' | b'\'' | b'`') {
            return None;
        }
        index = gap;
    }
    None
}

/// The ways in which a value may be written, each with its name.
fn forms_of(value: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let each = |write: &dyn Fn(u8) -> String| value.iter().map(|byte| write(*byte)).collect::<String>().into_bytes();
    let list = |write: &dyn Fn(u8) -> String, between: &str| {
        let items: Vec<_> = value.iter().map(|byte| write(*byte)).collect();
        items.join(between).into_bytes()
    };
    let reversed: Vec<_> = value.iter().rev().copied().collect();
    let text = String::from_utf8_lossy(value);
    let utf16: Vec<_> = text.encode_utf16().collect();
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
        (reversed.clone(), "reversed"),
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
        (each(&|byte| format!("\\u{byte:04x}")), "as numbers of its characters"),
        (each(&|byte| format!("\\u{byte:04X}")), "as numbers of its characters"),
        (each(&|byte| format!("&#{byte};")), "as numbers of its characters"),
        (each(&|byte| format!("&#x{byte:x};")), "as numbers of its characters"),
        (utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(), "in UTF-16"),
        (utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(), "in UTF-16"),
    ];
    for between in [",", ", ", ",\n"] {
        forms.push((list(&|byte| byte.to_string(), between), "as numbers of its characters"));
        forms.push((
            list(&|byte| format!("0x{byte:x}"), between),
            "as numbers of its characters",
        ));
        forms.push((
            list(&|byte| format!("0x{byte:02X}"), between),
            "as numbers of its characters",
        ));
    }
    for is_url in [false, true] {
        for shift in 0..3 {
            forms.push((base64_at(value, shift, is_url), "in base64"));
            forms.push((base64_at(&reversed, shift, is_url), "reversed, in base64"));
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

/// The base64 digits that `value` alone decides where `shift` bytes, and any others, are before and behind it.
fn base64_at(value: &[u8], shift: usize, is_url: bool) -> Vec<u8> {
    let shifted = [slice(&[0; 2], 0, shift), value].concat();
    let digits = to_base64(&shifted, is_url);
    let first = (shift * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    slice(&digits, first, last).to_vec()
}
