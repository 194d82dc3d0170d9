//! One file, read in every way in which something may be in it.

use super::anchors::{Anchor, Anchors};
use super::bytes::{from_base64, is_token, run_after, slice};
use super::content::{self, Content};
use super::finding::Source;
use super::hits::Hits;
use super::known::KnownValues;
use super::place::Lines;
use super::report::UnreadReason;
use super::rules::{Place, basic, beside, env, flow, named};
use super::unfold::Unfold;
use super::{shape, source_map};
use std::borrow::Cow;

/// How deep files in files, and folded values in folded values, are read.
const MAX_DEPTH: u8 = 4;

/// What every text is searched with.
#[derive(Debug)]
pub(super) struct Scanner {
    pub(super) known: KnownValues,
    pub(super) anchors: Anchors,
}

/// What was seen in one file.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) hits: Hits,
    pub(super) unread: Vec<(UnreadReason, Cow<'static, str>)>,
}

impl Seen {
    fn unread(&mut self, reason: UnreadReason, detail: impl Into<Cow<'static, str>>) {
        let detail = detail.into();
        if !self.unread.iter().any(|(other, _)| *other == reason) {
            self.unread.push((reason, detail));
        }
    }

    fn extend(&mut self, other: Self, place: impl Fn(usize) -> usize) {
        self.hits.extend(other.hits.moved(place));
        for (reason, detail) in other.unread {
            self.unread(reason, detail);
        }
    }
}

impl Scanner {
    /// A whole file. Places are those in `bytes`, or in the text that UTF-16 stands for.
    pub(super) fn file(&self, name: &str, content: Content, bytes: &[u8], depth: u8) -> Seen {
        let mut seen = Seen::default();
        match content {
            Content::Map => self.map(name, bytes, depth, &mut seen),
            Content::Wasm => {
                if let Err(detail) = content::check_wasm(bytes) {
                    seen.unread(UnreadReason::BrokenWasm, detail);
                }
                self.text(name, bytes, true, depth, &mut seen);
            }
            Content::Media | Content::Compressed(_) => {
                if let Content::Compressed(how) = content {
                    seen.unread(UnreadReason::Compressed, how);
                }
                seen.hits.extend(self.known.find(bytes).hits);
            }
            Content::Binary => self.text(name, bytes, true, depth, &mut seen),
            Content::Text | Content::Utf16 { .. } => {
                if content == Content::Text && has_text_name(name) {
                    check_utf8(bytes, &mut seen);
                }
                self.text(name, bytes, false, depth, &mut seen);
            }
        }
        seen
    }

    /// A source map: its sources as the texts that they are, and what is between them.
    fn map(&self, name: &str, bytes: &[u8], depth: u8, seen: &mut Seen) {
        let sources = match source_map::sources(bytes) {
            Ok(sources) => sources,
            Err(detail) => {
                seen.unread(UnreadReason::BrokenMap, detail);
                return self.text(name, bytes, false, depth, seen);
            }
        };
        let mut from = 0;
        for source in sources {
            let mut between = Seen::default();
            self.text(name, slice(bytes, from, source.start), false, depth, &mut between);
            seen.extend(between, |place| from + place);
            from = source.end;

            let view = source_map::unescape(bytes, source.start, source.end);
            let mut inside = Seen::default();
            self.text(&source.name, &view.text, false, depth, &mut inside);
            // In order, so that lines are counted once.
            let mut lines = Lines::new();
            let (hits, is_full) = inside.hits.settle();
            inside.hits = Hits::default();
            inside.hits.is_full = is_full;
            for mut hit in hits {
                let (line, column) = lines.find(&view.text, hit.start, true);
                hit.source.get_or_insert_with(|| Source {
                    name: source.name.clone().into_owned(),
                    line,
                    column,
                });
                inside.hits.push(hit);
            }
            seen.extend(inside, |place| view.origin(place));
        }
        let mut rest = Seen::default();
        self.text(name, slice(bytes, from, bytes.len()), false, depth, &mut rest);
        seen.extend(rest, |place| from + place);
    }

    /// A text, as it stands and with what can be folded in it folded.
    pub(super) fn text(&self, name: &str, text: &[u8], is_binary: bool, depth: u8, seen: &mut Seen) {
        let known = self.known.find(text);
        let mut place = Place::new(text);
        let mut unfold = Unfold::new(text);
        let is_prose = content::is_prose(name);
        let mut servers = Vec::new();
        let mut names_procore = false;
        for found in self.anchors.find(text) {
            match found.anchor {
                Anchor::Secret => {
                    named::look(&mut place, &found);
                    env::exposed(&mut place, &found, is_prose);
                }
                Anchor::Private => env::exposed(&mut place, &found, is_prose),
                Anchor::GrantType => flow::grant(&mut place, &found),
                Anchor::Assertion => flow::assertion(&mut place, &found),
                Anchor::PrivateKey => flow::private_key(&mut place, &found),
                Anchor::ServerSdk => {
                    flow::server_sdk(&mut place, &found);
                    names_procore = true;
                }
                Anchor::Basic => basic::credentials(&mut place, &found),
                Anchor::Encoder => {
                    basic::encoder(&mut place, &found);
                    unfold.trigger(super::anchors::Trigger::Call, &found);
                }
                Anchor::Authority => basic::authority(&mut place, &found),
                Anchor::EnvObject => env::object(&mut place, &found),
                Anchor::LoginServer => {
                    servers.push(found.start);
                    names_procore |= slice(text, found.start, found.start + 5) == b"login";
                }
                Anchor::Procore => names_procore = true,
                Anchor::Folded(trigger) if depth < MAX_DEPTH => unfold.trigger(trigger, &found),
                Anchor::DataUrl if depth < MAX_DEPTH && !is_binary => self.data_url(text, &found, depth, seen),
                Anchor::Folded(_) | Anchor::DataUrl => {}
            }
        }
        let mut shaped = Vec::new();
        shape::runs(text, 43, is_token, |start, end| {
            shaped.extend(beside::shaped(text, start, end, is_binary));
        });
        beside::look(&mut place, &shaped, &servers, &known.public);
        if depth == 0 {
            env::settings(&mut place, name);
            env::file(&mut place, name);
        }
        let is_spent = place.folder.is_spent();
        seen.hits.extend(known.hits);
        seen.hits.extend(place.finish(names_procore));
        let (view, is_too_much) = unfold.finish();
        if is_spent || is_too_much {
            seen.unread(UnreadReason::TooMuch, "Not all values in pieces were put together.");
        }
        if let Some(view) = view {
            let mut folded = Seen::default();
            self.text(name, &view.text, is_binary, depth + 1, &mut folded);
            // What is around a value may end in the middle of a file in the text, which is not broken.
            folded.unread.retain(|(reason, _)| *reason == UnreadReason::TooMuch);
            seen.extend(folded, |place| view.origin(place));
        }
    }

    /// A file inside a text: `data:application/json;base64,…` (RFC 2397), as a source map may be.
    fn data_url(&self, text: &[u8], found: &super::anchors::Found, depth: u8, seen: &mut Seen) {
        let before = slice(text, found.start.saturating_sub(80), found.start);
        let Some(colon) = memchr::memmem::rfind(before, b"data:") else {
            return;
        };
        let kind = slice(before, colon + 5, before.len()).to_ascii_lowercase();
        let is_media = [&b"image/"[..], b"font/", b"audio/", b"video/", b"application/font"]
            .iter()
            .any(|media| kind.starts_with(media));
        if is_media && !kind.starts_with(b"image/svg") {
            return;
        }
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
        let end = run_after(text, found.end, text.len(), is_digit);
        // What makes such URLs has their beginning in it, and no more.
        let digits = Some(slice(text, found.end, end)).filter(|digits| digits.len() >= 40);
        let Some(decoded) = digits.and_then(from_base64) else {
            return;
        };
        let is_map = kind.starts_with(b"application/json") && slice(before, 0, colon).ends_with(b"URL=");
        let content = match content::of("", &decoded) {
            Content::Text if is_map => Content::Map,
            content => content,
        };
        let inside = self.file("(data URL)", content, &decoded, depth + 1);
        seen.extend(inside, |place| (found.end + place / 3 * 4).min(end.saturating_sub(1)));
    }
}

/// Whether a file's name says that it is text, so that other bytes than UTF-8 are worth a word.
fn has_text_name(name: &str) -> bool {
    const ENDINGS: [&str; 20] = [
        "js",
        "mjs",
        "cjs",
        "jsx",
        "ts",
        "mts",
        "cts",
        "tsx",
        "css",
        "html",
        "htm",
        "json",
        "svg",
        "xml",
        "txt",
        "md",
        "vue",
        "svelte",
        "webmanifest",
        "yml",
    ];
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn check_utf8(bytes: &[u8], seen: &mut Seen) {
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_some()
        // A window may begin inside of a character.
        && error.valid_up_to() > 3
    {
        seen.unread(
            UnreadReason::InvalidUtf8,
            format!("The first is at byte {}.", error.valid_up_to()),
        );
    }
}
