//! A file that comes in pieces, of any length, searched in bounded memory: in windows that overlap.

use super::auditor::Auditor;
use super::content::{self, Content};
use super::place::Lines;
use super::report::{Report, Unread, UnreadReason};

/// How much of a file is in memory at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    /// A file up to this length is read as a whole.
    pub(super) whole: usize,
    /// How much more is read of a longer one before it is searched.
    pub(super) step: usize,
    /// How much is seen before and behind every byte.
    pub(super) overlap: usize,
}

impl Windows {
    /// What is used but for tests.
    pub(super) const USUAL: Self = Self {
        whole: 64 << 20,
        step: 8 << 20,
        overlap: 128 << 10,
    };
}

/// A file that comes in pieces.
#[derive(Debug)]
pub struct Stream<'a> {
    auditor: &'a Auditor,
    path: String,
    windows: Windows,
    buffer: Vec<u8>,
    /// How many bytes of the file were before the buffer.
    before: u64,
    /// Up to where in the buffer it was told of.
    told: usize,
    /// Whether it is longer than what is read as a whole.
    is_long: bool,
    /// When the buffer is searched next.
    full: usize,
    content: Content,
    lines: Lines,
    report: Report,
}

impl<'a> Stream<'a> {
    pub(super) fn new(auditor: &'a Auditor, path: &str, windows: Windows) -> Self {
        Self {
            auditor,
            path: path.to_owned(),
            windows,
            buffer: Vec::new(),
            before: 0,
            told: 0,
            is_long: false,
            full: windows.whole,
            content: Content::Text,
            lines: Lines::new(),
            report: Report::of_file(0),
        }
    }

    /// The next piece, of any length.
    pub fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.full + 1 - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            rest = later;
            if self.buffer.len() > self.full {
                self.search(self.buffer.len() - self.windows.overlap);
            }
        }
    }

    /// There is no more of it.
    #[must_use]
    pub fn finish(mut self) -> Report {
        if !self.is_long {
            return self.auditor.audit(&self.path, &self.buffer);
        }
        self.search(self.buffer.len());
        self.report.bytes = self.before + u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        self.auditor.look_at_path(&self.path, &mut self.report);
        self.report
    }

    /// Searches the buffer, tells of what is in it up to `end`, and keeps what the next search has to see again.
    fn search(&mut self, end: usize) {
        if !self.is_long {
            self.is_long = true;
            self.content = content::of(&self.path, &self.buffer);
            let what = match self.content {
                Content::Map => Some(UnreadReason::BrokenMap),
                Content::Wasm => Some(UnreadReason::BrokenWasm),
                Content::Utf16 { .. } => Some(UnreadReason::InvalidUtf8),
                _ => None,
            };
            if let Some(reason) = what {
                let detail = format!(
                    "It is longer than {} bytes, and is not read as a whole.",
                    self.windows.whole
                );
                self.report.push_unread(Unread::new(&self.path, reason, detail));
            }
        }
        let own = (self.told, end);
        self.auditor.window(
            &self.path,
            self.content,
            &self.buffer,
            own,
            &mut self.lines,
            &mut self.report,
        );
        self.told = end;
        let gone = end.saturating_sub(self.windows.overlap);
        let is_text = self.content != Content::Binary && self.content != Content::Wasm;
        // So that lines are counted in what is dropped, too.
        self.lines.find(&self.buffer, end.max(gone), is_text);
        self.lines = self.lines.later(gone);
        self.buffer.drain(..gone);
        self.before += u64::try_from(gone).unwrap_or(u64::MAX);
        self.told -= gone;
        self.full = self.buffer.len() + self.windows.step;
    }
}
