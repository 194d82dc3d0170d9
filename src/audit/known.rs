//! The values that are known to be secret, or to be public, in every form in which a build may carry them.

use super::bytes::{at, from_base64, from_hex, run_after, slice};
use super::finding::Kind;
use super::forms::forms_of;
use super::hits::{Hit, Hits};
use super::settings::{Known, KnownValue, SettingsError};
use super::shape;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// Finds known values.
pub(super) struct KnownValues {
    known: Vec<Known>,
    /// All forms, by their beginning: the bytes that the automaton looks for.
    forms: BTreeMap<Vec<u8>, Vec<Form>>,
    /// Of a few bytes of each form, so that it stays small however many values there are.
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

/// How many bytes of a form are looked for. A form is at least as long.
const BEGINNING: usize = Known::MIN_LENGTH;
/// The same of a piece: a quote, and the first bytes of the value.
const PIECE: usize = 4;

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
        let mut by_beginning = BTreeMap::<Vec<u8>, Vec<Form>>::new();
        for form in forms {
            let length = if matches!(form.of, Of::Piece(_)) {
                PIECE
            } else {
                BEGINNING
            };
            let beginning = slice(&form.bytes, 0, length).to_vec();
            by_beginning.entry(beginning).or_default().push(form);
        }
        let automaton = if by_beginning.is_empty() {
            None
        } else {
            let kind = if by_beginning.len() <= 4000 {
                AhoCorasickKind::DFA
            } else {
                AhoCorasickKind::ContiguousNFA
            };
            let mut builder = AhoCorasick::builder();
            builder.match_kind(MatchKind::LeftmostFirst).kind(Some(kind));
            Some(builder.build(by_beginning.keys()).map_err(|_| SettingsError::TooMany)?)
        };
        let length = |index: &usize| match known.get(*index).map(|known| &known.value) {
            Some(KnownValue::Hashed { length, .. }) => Some(*length),
            _ => None,
        };
        let hashed: Vec<_> = (0..known.len()).filter(|index| length(index).is_some()).collect();
        let shortest_hashed = hashed.iter().filter_map(length).min().unwrap_or(0);
        Ok(Self {
            known,
            forms: by_beginning,
            automaton,
            hashed,
            shortest_hashed,
        })
    }

    /// Every known value in `text`, in any form.
    pub(super) fn find(&self, text: &[u8]) -> KnownHits {
        let mut found = KnownHits::default();
        let mut next = 0;
        while let Some(beginning) = self.beginning(text, next) {
            next = beginning + 1;
            let forms = [PIECE, BEGINNING].into_iter();
            let forms = forms.filter_map(|length| self.forms.get(slice(text, beginning, beginning + length)));
            for form in forms.flatten() {
                let end = beginning + form.bytes.len();
                if slice(text, beginning, end) != &form.bytes[..] {
                    continue;
                }
                match form.of {
                    Of::Public => found.public.push((beginning, end)),
                    Of::Secret(index) => found.hits.push(self.hit(index, (beginning, end), form.how)),
                    Of::Piece(index) => {
                        if let Some(end) = self.plain(index).and_then(|value| pieces(text, beginning, value)) {
                            found.hits.push(self.hit(index, (beginning, end), form.how));
                        }
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

    /// Where the next form may begin, from `next` on.
    fn beginning(&self, text: &[u8], next: usize) -> Option<usize> {
        let found = self.automaton.as_ref()?.find(Input::new(text).range(next..))?;
        Some(found.start())
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
