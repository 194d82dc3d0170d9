//! The auditor itself: one file in, one report out.

use super::finding::{Finding, Kind, Redacted, Severity};
use super::known::KnownValues;
use super::report::Report;
use super::settings::{Settings, SettingsError};
use std::fmt;

/// Searches files. Made once, used by as many threads as there are.
pub struct Auditor {
    known: KnownValues,
}

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auditor").finish_non_exhaustive()
    }
}

impl Auditor {
    /// An auditor that keeps to `settings`.
    ///
    /// # Errors
    ///
    /// - [`SettingsError::TooMany`], for more known values than can be looked for at once.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            known: KnownValues::new(settings.known)?,
        })
    }

    /// Searches one file that is at hand as a whole. `path` is how the report names it, and its ending says what it is.
    #[must_use]
    pub fn audit(&self, path: &str, bytes: &[u8]) -> Report {
        let mut report = Report {
            files: 1,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            ..Report::default()
        };
        for hit in self.known.find(bytes) {
            let value = bytes.get(hit.start..hit.end).unwrap_or_default();
            report.findings.push(Finding {
                path: path.to_owned(),
                line: 1,
                column: u64::try_from(hit.start).unwrap_or(u64::MAX) + 1,
                source: None,
                kind: Kind::KnownValue,
                severity: Severity::Error,
                value: Redacted::new(value),
                why: format!("It is the value of {}.", self.known.name(hit.index)).into(),
                what_to_do: Kind::KnownValue.what_to_do(),
            });
        }
        report
    }

    /// Searches one file that comes in pieces, of any length, in bounded memory.
    #[must_use]
    pub fn stream(&self, path: &str) -> Stream<'_> {
        Stream {
            auditor: self,
            path: path.to_owned(),
            bytes: Vec::new(),
        }
    }
}

/// A file that comes in pieces.
#[derive(Debug)]
pub struct Stream<'a> {
    auditor: &'a Auditor,
    path: String,
    bytes: Vec<u8>,
}

impl Stream<'_> {
    /// The next piece, of any length.
    pub fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// There is no more of it.
    #[must_use]
    pub fn finish(self) -> Report {
        self.auditor.audit(&self.path, &self.bytes)
    }
}
