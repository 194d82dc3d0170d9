//! What came of it: findings, what may stay, and what could not be read; as text, JSON, or SARIF.

use super::allow::Date;
use super::finding::{Finding, Severity};
use std::borrow::Cow;

mod json;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::text;

/// What came of one file, or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What was found, in the order of path and place.
    pub findings: Vec<Finding>,
    /// What was found, and may stay. Shown every time.
    pub allowed: Vec<Allowed>,
    /// What could not be looked into, wholly or in part.
    pub unread: Vec<Unread>,
    /// How many files were looked into.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

impl Report {
    /// The report of one file, in which nothing was found yet.
    pub(super) fn of_file(length: usize) -> Self {
        Self {
            files: 1,
            bytes: u64::try_from(length).unwrap_or(u64::MAX),
            ..Self::default()
        }
    }

    /// One more thing that could not be looked into; of each kind one for a file.
    pub(super) fn push_unread(&mut self, unread: Unread) {
        if !self.unread.iter().any(|other| other.reason == unread.reason) {
            self.unread.push(unread);
        }
    }

    /// One report of both.
    pub fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.allowed.extend(other.allowed);
        self.unread.extend(other.unread);
        self.files += other.files;
        self.bytes += other.bytes;
    }

    /// Puts what many threads have found into the order of path and place.
    pub fn sort(&mut self) {
        let place = |finding: &Finding| (finding.path.clone(), finding.line, finding.column, finding.kind);
        self.findings.sort_by_cached_key(place);
        self.allowed.sort_by_cached_key(|allowed| place(&allowed.finding));
        self.unread.sort();
    }

    /// How many findings are so bad.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// A finding that the allow-list lets stay.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Allowed {
    /// What.
    pub finding: Finding,
    /// Why, as the list says.
    pub reason: String,
    /// The last day on which it may.
    pub expires: Date,
}

/// What could not be looked into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[non_exhaustive]
pub struct Unread {
    /// The file, as it was named to the auditor.
    pub path: String,
    /// Why.
    pub reason: UnreadReason,
    /// What is known of it besides: where, or what an operating system said.
    pub detail: Cow<'static, str>,
}

impl Unread {
    /// A file that could not be looked into, and why.
    #[must_use]
    pub fn new(path: &str, reason: UnreadReason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            path: path.to_owned(),
            reason,
            detail: detail.into(),
        }
    }
}

/// Why something could not be looked into. The words of [`UnreadReason::id`] are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum UnreadReason {
    /// The file can't be opened or read.
    Unreadable,
    /// A source map that is not one (ECMA-426). It was searched as text, and its sources are not named.
    BrokenMap,
    /// A WebAssembly module that ends too early, or is none. Its bytes were searched.
    BrokenWasm,
    /// A text with bytes that are no UTF-8. They were searched as they are.
    InvalidUtf8,
    /// An archive that can't be opened, or not to its end.
    BrokenArchive,
    /// An archive deeper in archives, or larger, than is opened.
    ArchiveLimit,
    /// Compressed in a way that is not opened.
    Compressed,
    /// A symbolic link that leads back to itself, or nowhere.
    Link,
    /// More was found, or had to be unfolded, than one file is given room for.
    TooMuch,
}

impl UnreadReason {
    /// Its stable word.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::BrokenMap => "broken-map",
            Self::BrokenWasm => "broken-wasm",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::BrokenArchive => "broken-archive",
            Self::ArchiveLimit => "archive-limit",
            Self::Compressed => "compressed",
            Self::Link => "link",
            Self::TooMuch => "too-much",
        }
    }

    /// What it means, in one sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unreadable => "It can't be read.",
            Self::BrokenMap => {
                "It is no source map, or a broken one: it was searched as text, and its sources are not named."
            }
            Self::BrokenWasm => "It is no whole WebAssembly module: its bytes were searched.",
            Self::InvalidUtf8 => "Some of its bytes are no UTF-8: they were searched as they are.",
            Self::BrokenArchive => "It is a broken archive.",
            Self::ArchiveLimit => "It is deeper in archives, or larger, than is opened.",
            Self::Compressed => "It is compressed in a way that is not opened.",
            Self::Link => "It is a symbolic link that leads in a circle or nowhere.",
            Self::TooMuch => "There is more in it than one file is given room for.",
        }
    }
}

impl serde::Serialize for UnreadReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
