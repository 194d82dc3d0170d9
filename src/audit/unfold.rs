//! The places of a text where a value is in pieces or encoded, with the pieces put together.

use super::anchors::{Found, Trigger};
use super::bytes::{at, is_name, is_token, run_before, slice};
use super::fold::{Folder, Value, into_text};

/// A text that was made from another one, and knows which place came from where.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) text: Vec<u8>,
    /// Where a part starts here, where it is from, and how many bytes it has there.
    ///
    /// In 32 bits, for there may be one for every other byte: what is folded or unescaped is read as a whole, and no longer
    /// than 64 MB.
    parts: Vec<[u32; 3]>,
}

impl View {
    /// Bytes that were copied from `origin`, or made from `length` bytes there.
    pub(super) fn push(&mut self, bytes: &[u8], origin: usize, length: usize) {
        if !bytes.is_empty() {
            let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            self.parts.push([self.text.len(), origin, length].map(short));
            self.text.extend_from_slice(bytes);
        }
    }

    /// Where the byte at `index` came from.
    pub(super) fn origin(&self, index: usize) -> usize {
        let long = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let part = self.parts.partition_point(|[start, ..]| long(*start) <= index);
        let part = part.checked_sub(1).and_then(|part| self.parts.get(part));
        part.map_or(index, |part| {
            let [start, origin, length] = part.map(long);
            origin + index.saturating_sub(start).min(length)
        })
    }
}

/// Collects what can be folded, in the order of the text.
pub(super) struct Unfold<'a> {
    text: &'a [u8],
    folder: Folder<'a>,
    quotes: Quotes,
    folds: Vec<Fold>,
    /// Where the last one ends.
    end: usize,
    /// Where the last expression begins that can't be folded: many triggers may be in one.
    failed: Option<usize>,
}

struct Fold {
    start: usize,
    end: usize,
    value: Vec<u8>,
    /// Whether it stands for a literal, which has quotes.
    is_literal: bool,
}

/// How much of what is around a folded value is looked at with it.
const AROUND: usize = 300;

/// How far back the beginning of an expression is looked for.
const BACK: usize = 4096;

impl<'a> Unfold<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            folder: Folder::new(text, 16 * text.len() + 65_536),
            quotes: Quotes::default(),
            folds: Vec::new(),
            end: 0,
            failed: None,
        }
    }

    /// Folds what begins at, or around, one trigger. Triggers come in the order of the text.
    pub(super) fn trigger(&mut self, trigger: Trigger, found: &Found) {
        // What is inside of something that was folded has been.
        if found.end <= self.end || self.is_spent() {
            return;
        }
        let folded = match trigger {
            Trigger::Entity => self.entities(found.start),
            _ => self.start(trigger, found).and_then(|start| self.expression(start)),
        };
        if let Some(fold) =
            folded.filter(|fold| fold.end > found.start && fold.start >= self.end && fold.value.len() > 3)
        {
            self.end = fold.end;
            self.folds.push(fold);
        }
    }

    /// Whether there is no more fuel, or no more room.
    fn is_spent(&self) -> bool {
        const MAX_FOLDS: usize = 1_000_000;
        self.folder.is_spent() || self.folds.len() >= MAX_FOLDS
    }

    fn start(&mut self, trigger: Trigger, found: &Found) -> Option<usize> {
        match trigger {
            Trigger::Call => {
                let start = run_before(self.text, found.start, 24, |byte| is_name(byte) || byte == b'.');
                let is_new = slice(self.text, start.saturating_sub(4), start) == b"new ";
                Some(if is_new { start - 4 } else { start })
            }
            Trigger::Sum => {
                let plus = found.start + memchr::memchr(b'+', slice(self.text, found.start, found.end))?;
                let before = run_before(self.text, plus, 64, |byte| byte.is_ascii_whitespace());
                let close = before.checked_sub(1)?;
                self.quotes.open(self.text, close)
            }
            Trigger::Method => self.quotes.open(self.text, found.start),
            Trigger::Array => self.bracket(found.start),
            Trigger::Escape => self.quotes.around(self.text, found.start),
            Trigger::Template => self.quotes.template(self.text, found.start),
            Trigger::Entity => None,
        }
    }

    fn expression(&mut self, start: usize) -> Option<Fold> {
        if self.failed == Some(start) {
            return None;
        }
        let Some((value, end)) = self.folder.expression(start) else {
            self.failed = Some(start);
            return None;
        };
        let value = match value {
            Value::Number(_) => return None,
            value => into_text(value),
        };
        // A literal without escapes stands there already.
        let is_plain = end - start == value.len() + 2 && slice(self.text, start + 1, end - 1) == value;
        (!is_plain).then_some(Fold {
            start,
            end,
            value,
            is_literal: true,
        })
    }

    /// The bracket that is open before the one at `close`: the nearest that has as many open as closed between.
    fn bracket(&mut self, close: usize) -> Option<usize> {
        let near = slice(self.text, close.saturating_sub(BACK), close);
        let mut depth = 0_usize;
        let mut quote = 0;
        let is_escaped = |index: usize| {
            let before = slice(near, 0, index).iter().rev().take(16);
            before.take_while(|byte| **byte == b'\\').count() % 2 == 1
        };
        let mut index = near.len();
        let back = near.iter().rev().position(|&byte| {
            index = index.saturating_sub(1);
            match byte {
                b'"' | b'\'' | b'`' if is_escaped(index) => {}
                b'"' | b'\'' | b'`' if quote == 0 => quote = byte,
                _ if quote != 0 => quote = if byte == quote { 0 } else { quote },
                b']' => depth += 1,
                b'[' if depth == 0 => return true,
                b'[' => depth -= 1,
                _ => {}
            }
            false
        });
        // Looking for a bracket is little work for each byte.
        self.folder.burn(back.unwrap_or(near.len()) / 8)?;
        close.checked_sub(back? + 1)
    }

    /// Characters by number, and what is between them: `&#99;l&#x69;ent`.
    fn entities(&mut self, found: usize) -> Option<Fold> {
        let start = run_before(self.text, found, 64, is_token).max(self.end);
        let mut value = Vec::new();
        let mut index = start;
        loop {
            let byte = at(self.text, index);
            if is_token(byte) {
                value.push(byte);
                index += 1;
            } else if let Some((char, end)) = entity(self.text, index) {
                value.push(char);
                index = end;
            } else {
                break;
            }
            self.folder.burn(1)?;
        }
        Some(Fold {
            start,
            end: index,
            value,
            is_literal: false,
        })
    }

    /// What was folded, each with what is around it; nothing, if nothing was. And whether there was too much of it.
    pub(super) fn finish(self) -> (Option<View>, bool) {
        let is_spent = self.is_spent();
        if self.folds.is_empty() {
            return (None, is_spent);
        }
        let mut view = View::default();
        let mut copied = 0;
        for fold in &self.folds {
            let near = fold.start.saturating_sub(AROUND);
            if near > copied {
                let rest = copied + if copied > 0 { AROUND.min(near - copied) } else { 0 };
                view.push(slice(self.text, copied, rest), copied, rest - copied);
                // Nothing is to be read as if it stood beside what is far from it.
                view.push(b"\n;\n;\n;\n;\n;\n;\n", near, 0);
                copied = near.max(rest);
            }
            view.push(slice(self.text, copied, fold.start), copied, fold.start - copied);
            let quote: &[u8] = match fold.is_literal {
                false => b"",
                true if fold.value.contains(&b'"') => b"'",
                true => b"\"",
            };
            view.push(quote, fold.start, 0);
            view.push(&fold.value, fold.start, 0);
            view.push(quote, fold.end, 0);
            copied = fold.end;
        }
        view.push(slice(self.text, copied, copied + AROUND), copied, AROUND);
        (Some(view), is_spent)
    }
}

/// The character that `&#99;` or `&#x63;` stands for, if it is ASCII, and where it ends.
fn entity(text: &[u8], start: usize) -> Option<(u8, usize)> {
    let body = slice(text, start, start + 8).strip_prefix(b"&#")?;
    let length = memchr::memchr(b';', body)?;
    let digits = std::str::from_utf8(slice(body, 0, length)).ok()?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u8::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    code.is_ascii().then_some((code, start + 2 + length + 1))
}

/// Where the last quotes before a place are. Places come in the order of the text, so each byte is looked at once.
#[derive(Default)]
struct Quotes {
    /// Up to where it was looked.
    at: usize,
    /// The last of each kind, and its place: none of them escaped.
    last: [Option<usize>; 3],
}

const QUOTES: [u8; 3] = *b"\"'`";

impl Quotes {
    fn advance(&mut self, text: &[u8], to: usize) {
        let from = self.at.max(to.saturating_sub(BACK));
        let [double, single, back] = QUOTES;
        for found in memchr::memchr3_iter(double, single, back, slice(text, from, to)) {
            let place = from + found;
            let is_escaped = (place - run_before(text, place, 16, |byte| byte == b'\\')) % 2 == 1;
            if let Some(last) = kind(at(text, place))
                .filter(|_| !is_escaped)
                .and_then(|kind| self.last.get_mut(kind))
            {
                *last = Some(place);
            }
        }
        self.at = self.at.max(to);
    }

    fn near(&self, kind: usize, place: usize) -> Option<usize> {
        let last = self.last.get(kind).copied().flatten();
        last.filter(|last| *last < place && place - last <= BACK)
    }

    /// The quote that opens the literal that is closed at `close`.
    fn open(&mut self, text: &[u8], close: usize) -> Option<usize> {
        let kind = kind(at(text, close))?;
        self.advance(text, close);
        self.near(kind, close)
    }

    /// The last quote before `place`.
    fn around(&mut self, text: &[u8], place: usize) -> Option<usize> {
        self.advance(text, place);
        (0..QUOTES.len()).filter_map(|kind| self.near(kind, place)).max()
    }

    /// The last backtick before `place`.
    fn template(&mut self, text: &[u8], place: usize) -> Option<usize> {
        self.advance(text, place);
        self.near(2, place)
    }
}

fn kind(byte: u8) -> Option<usize> {
    QUOTES.iter().position(|quote| *quote == byte)
}
