//! What is looked for, each in a module of its own. A rule is asked at the words that announce it, and looks no farther from
//! there than a fixed number of bytes: all of them together are linear in the text.

pub(super) mod basic;
pub(super) mod beside;
pub(super) mod env;
pub(super) mod flow;
pub(super) mod named;

use super::bytes::{at, has_word, is_name, run_after, slice};
use super::finding::{Kind, Severity};
use super::fold::{Folder, Value, into_text};
use super::hits::{Hit, Hits};
use super::shape::Shape;
use regex::bytes::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// One text, and what was seen in it so far.
pub(super) struct Place<'a> {
    pub(super) text: &'a [u8],
    /// Reads the values that stand beside names.
    pub(super) folder: Folder<'a>,
    pub(super) hits: Hits,
    /// Hits that are as bad as their text is near to Procore, which is known at its end.
    pub(super) undecided: Vec<Hit>,
    /// Up to where variables of a page were looked at.
    env_end: usize,
}

impl<'a> Place<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            folder: Folder::new(text, 32 * text.len() + 262_144),
            hits: Hits::default(),
            undecided: Vec::new(),
            env_end: 0,
        }
    }

    fn hit(&mut self, span: (usize, usize), kind: Kind, value: &[u8], why: impl Into<Cow<'static, str>>) {
        self.hits.push(hit(span, kind, value, why));
    }

    /// A hit that is an error near Procore, a warning in a text that names it elsewhere, and else for information: what is
    /// said of Procore's clients need not be true of other servers'.
    fn hit_if_procore(&mut self, span: (usize, usize), kind: Kind, value: &[u8], why: impl Into<Cow<'static, str>>) {
        let hit = hit(span, kind, value, why);
        if is_near_procore(self.text, span.0, 4000) {
            self.hits.push(hit);
        } else if self.undecided.len() < super::hits::MAX {
            self.undecided.push(hit);
        }
    }

    /// The end of the text: what was left open is decided.
    pub(super) fn finish(mut self, names_procore: bool) -> Hits {
        let severity = if names_procore {
            Severity::Warning
        } else {
            Severity::Info
        };
        for mut hit in self.undecided {
            hit.severity = severity;
            self.hits.push(hit);
        }
        self.hits
    }

    /// What the name at `start` stands for: what it was last set to before, or else is next.
    fn resolve(&mut self, start: usize) -> Option<(Vec<u8>, usize, usize)> {
        const REACH: usize = 65_536;
        const WORDS: [&[u8]; 10] = [
            b"string",
            b"number",
            b"boolean",
            b"any",
            b"void",
            b"null",
            b"undefined",
            b"this",
            b"true",
            b"false",
        ];
        let end = run_after(self.text, start, 65, is_name);
        let name = slice(self.text, start, end);
        let is_name = name.first().is_some_and(|byte| !byte.is_ascii_digit()) && name.len() <= 64;
        // All of the expression is this name.
        let next = run_after(self.text, end, 8, |byte| byte.is_ascii_whitespace());
        let is_all = next > end || matches!(at(self.text, end), b',' | b'}' | b')' | b']' | b';' | b'+' | 0);
        if !is_name
            || !is_all
            || matches!(at(self.text, next), b'?' | b'.' | b'(' | b'[' | b'=')
            || WORDS.contains(&name)
        {
            return None;
        }
        // Such a search looks at many bytes at once.
        self.folder.burn(REACH / 64)?;
        let before = start.saturating_sub(REACH);
        for found in memchr::memmem::rfind_iter(slice(self.text, before, start), name) {
            if let Some(value) = self.set_at(before + found, name.len()) {
                return Some(value);
            }
            self.folder.burn(4)?;
        }
        for found in memchr::memmem::find_iter(slice(self.text, end, end + REACH), name) {
            if let Some(value) = self.set_at(end + found, name.len()) {
                return Some(value);
            }
            self.folder.burn(4)?;
        }
        None
    }

    /// What the name there is set to, if it is.
    fn set_at(&mut self, start: usize, length: usize) -> Option<(Vec<u8>, usize, usize)> {
        static IS: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"(?-u)^\s{0,8}(?::\s{0,4}[Ss]tring\s{0,4})?=\s{0,8}[^=>\s]").ok());
        let before = start.checked_sub(1).map_or(0, |before| at(self.text, before));
        if is_name(before) || before == b'.' {
            return None;
        }
        let is = IS
            .as_ref()?
            .find(slice(self.text, start + length, start + length + 40))?;
        let literal = start + length + is.end() - 1;
        match self.folder.expression(literal)? {
            (Value::Text(text), end) => Some((text, literal, end)),
            (value @ Value::List(_), end) => Some((into_text(value), literal, end)),
            (Value::Number(_), _) => None,
        }
    }
}

fn hit(span: (usize, usize), kind: Kind, value: &[u8], why: impl Into<Cow<'static, str>>) -> Hit {
    Hit {
        start: span.0,
        end: span.1,
        kind,
        severity: kind.severity(),
        value: Zeroizing::new(value.to_vec()),
        why: why.into(),
        source: None,
    }
}

/// Whether Procore is named within so many bytes.
fn is_near_procore(text: &[u8], place: usize, reach: usize) -> bool {
    has_word(slice(text, place.saturating_sub(reach), place + reach), "procore")
}

/// Whether a value is a secret where its name says so: of Procore's shape, or with `or_token` of any that is no words.
fn is_secret(value: &[u8], or_token: bool) -> bool {
    match super::shape::of(value) {
        Some(Shape::Procore) => true,
        Some(Shape::Token) => or_token,
        None => false,
    }
}
