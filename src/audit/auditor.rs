//! The auditor itself: one file in, one report out.

use super::allow::{AllowList, Date};
use super::anchors::Anchors;
use super::content::{self, Content};
use super::finding::{Finding, Kind, Redacted, Source};
use super::hits::{self, Hit};
use super::known::KnownValues;
use super::place::Lines;
use super::report::{Allowed, Report, Unread, UnreadReason};
use super::scan::{Scanner, Seen};
use super::settings::{Settings, SettingsError};
use super::stream::{Stream, Windows};
use std::collections::BTreeSet;

/// Searches files. Made once, used by as many threads as there are.
#[derive(Debug)]
pub struct Auditor {
    scanner: Scanner,
    public: BTreeSet<Vec<u8>>,
    allow: AllowList,
    today: Date,
}

impl Auditor {
    /// An auditor that keeps to `settings`.
    ///
    /// # Errors
    ///
    /// - [`SettingsError::KnownIsPublic`], if a value is to be looked for and called public;
    /// - [`SettingsError::TooMany`], for more known values than can be looked for at once.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let of_standards = PUBLIC.iter().map(|value| value.as_bytes().to_vec());
        let public = settings
            .public
            .iter()
            .map(|value| value.clone().into_bytes())
            .chain(of_standards)
            .collect();
        Ok(Self {
            scanner: Scanner {
                known: KnownValues::new(settings.known, &settings.public)?,
                anchors: Anchors::new().ok_or(SettingsError::TooMany)?,
            },
            public,
            allow: settings.allow,
            today: settings.today,
        })
    }

    /// Searches one file that is at hand as a whole. `path` is how the report names it, and its ending says what it is.
    #[must_use]
    pub fn audit(&self, path: &str, bytes: &[u8]) -> Report {
        let windows = Windows::USUAL;
        if bytes.len() > windows.whole {
            let mut stream = self.stream(path);
            bytes.chunks(windows.step).for_each(|piece| stream.push(piece));
            return stream.finish();
        }
        let mut report = Report::of_file(bytes.len());
        let content = content::of(path, bytes);
        let decoded = match content {
            Content::Utf16 { is_little } => content::from_utf16(bytes, is_little).into_bytes(),
            _ => Vec::new(),
        };
        let text = if decoded.is_empty() { bytes } else { &decoded };
        let seen = self.scanner.file(path, content, text, 0);
        self.tell(
            path,
            text,
            content,
            seen,
            (0, text.len()),
            &mut Lines::new(),
            &mut report,
        );
        self.look_at_path(path, &mut report);
        report
    }

    /// Searches one file that comes in pieces, of any length, in bounded memory.
    #[must_use]
    pub fn stream(&self, path: &str) -> Stream<'_> {
        Stream::new(self, path, Windows::USUAL)
    }

    /// One part of a file that is too long to be read as a whole: what is in it from `own.0` to `own.1`.
    pub(super) fn window(
        &self,
        path: &str,
        content: Content,
        text: &[u8],
        own: (usize, usize),
        lines: &mut Lines,
        report: &mut Report,
    ) {
        // What has to be whole to be read is searched as text.
        let content = match content {
            Content::Map => Content::Text,
            Content::Wasm => Content::Binary,
            content => content,
        };
        let seen = self.scanner.file(path, content, text, 0);
        self.tell(path, text, content, seen, own, lines, report);
    }

    /// Makes findings of what was seen, those that may stay apart.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call for whole files, one for windows, and nothing to bundle"
    )]
    fn tell(
        &self,
        path: &str,
        text: &[u8],
        content: Content,
        seen: Seen,
        own: (usize, usize),
        lines: &mut Lines,
        report: &mut Report,
    ) {
        for (reason, detail) in seen.unread {
            report.push_unread(Unread::new(path, reason, detail));
        }
        let (mut hits, is_full) = seen.hits.settle();
        hits.retain(|hit| (own.0..own.1).contains(&hit.start) && !self.is_public(hit));
        let is_text = matches!(content, Content::Text | Content::Map | Content::Utf16 { .. });
        let values: BTreeSet<_> = hits
            .iter()
            .filter(|hit| hit.kind.is_value())
            .map(|hit| hit.value.to_vec())
            .collect();
        let redact = |text: &str| {
            let known = self.scanner.known.plains();
            let all = known.chain(values.iter().map(Vec::as_slice));
            without(text, all)
        };
        let shown_path = redact(path);
        let mut names = std::collections::BTreeMap::new();
        for hit in hits {
            if report.findings.len() + report.allowed.len() >= hits::MAX {
                report.push_unread(Unread::new(
                    &shown_path,
                    UnreadReason::TooMuch,
                    "More was found than is shown.",
                ));
                break;
            }
            let (line, column) = lines.find(text, hit.start, is_text);
            let source = hit.source.map(|source| Source {
                name: names
                    .entry(source.name.clone())
                    .or_insert_with(|| redact(&source.name))
                    .clone(),
                ..source
            });
            let finding = Finding {
                path: shown_path.clone(),
                line,
                column,
                source,
                kind: hit.kind,
                severity: hit.severity,
                value: Redacted::new(&hit.value),
                why: match hit.why {
                    std::borrow::Cow::Owned(why) => redact(&why).into(),
                    fixed => fixed,
                },
                what_to_do: hit.kind.what_to_do(),
            };
            self.judge(finding, report);
        }
        if is_full {
            report.push_unread(Unread::new(
                &shown_path,
                UnreadReason::TooMuch,
                "More was found than is shown.",
            ));
        }
    }

    /// Puts a finding to those that may stay, if the allow-list has it, and it has not expired.
    fn judge(&self, mut finding: Finding, report: &mut Report) {
        match self.allow.find(&finding.value.sha256) {
            Some(allowance) if allowance.expires >= self.today => report.allowed.push(Allowed {
                finding,
                reason: allowance.reason.clone(),
                expires: allowance.expires,
            }),
            Some(allowance) => {
                let why = format!("{} It was allowed until {}.", finding.why, allowance.expires);
                finding.why = why.into();
                report.findings.push(finding);
            }
            None => report.findings.push(finding),
        }
    }

    /// A known value may be in the name of a file, too.
    pub(super) fn look_at_path(&self, path: &str, report: &mut Report) {
        let seen = Seen {
            hits: self.scanner.known.find(path.as_bytes()).hits,
            ..Seen::default()
        };
        let mut named = Report::default();
        let whole = (0, path.len());
        self.tell(
            path,
            path.as_bytes(),
            Content::Text,
            seen,
            whole,
            &mut Lines::new(),
            &mut named,
        );
        for finding in &mut named.findings {
            (finding.line, finding.column) = (1, 1);
            finding.why = format!("{} It is in the name of the file.", finding.why).into();
        }
        report.findings.extend(named.findings);
        report.allowed.extend(named.allowed);
    }

    fn is_public(&self, hit: &Hit) -> bool {
        hit.kind != Kind::KnownValue && self.public.contains(&hit.value[..])
    }
}

/// The values in standards that have the shape of a secret: RFC 7636, Appendix B; and SHA-256 of nothing.
const PUBLIC: [&str; 3] = [
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

/// `text` with none of `values` in it.
fn without<'a>(text: &str, values: impl Iterator<Item = &'a [u8]>) -> String {
    let mut text = text.to_owned();
    for value in values {
        if let Ok(value) = std::str::from_utf8(value)
            && !value.is_empty()
            && text.contains(value)
        {
            text = text.replace(value, "[redacted]");
        }
    }
    text
}
