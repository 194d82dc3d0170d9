//! What came of it all: the report as it was asked for, what to write down, and the exit code.

use super::super::allow::{AllowList, Date};
use super::super::finding::hex;
use super::super::report::{Report, UnreadReason, json, sarif, text};
use super::super::settings::{Known, SettingsError};
use super::options::{Format, Options};
use sha2::{Digest, Sha256};

/// Nothing was found, and everything was looked into.
pub const EXIT_CLEAN: u8 = 0;
/// Something was found.
pub const EXIT_FINDINGS: u8 = 1;
/// Something could not be looked into, or nothing was there to look into; nothing else was found.
pub const EXIT_UNREAD: u8 = 2;
/// The command line can't be followed (`EX_USAGE` of `sysexits.h`).
pub const EXIT_USAGE: u8 = 64;

/// A report, as options ask for it.
#[derive(Debug)]
pub struct Outcome<'a> {
    options: &'a Options,
    allow: &'a AllowList,
    report: Report,
}

impl<'a> Outcome<'a> {
    /// Of all that was searched.
    #[must_use]
    pub fn new(options: &'a Options, allow: &'a AllowList, mut report: Report) -> Self {
        report.sort();
        if !options.only.is_empty() {
            report
                .findings
                .retain(|finding| options.only.iter().any(|kind| kind == finding.kind.id()));
        }
        Self { options, allow, report }
    }

    /// The report itself.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// For people.
    #[must_use]
    pub fn readable(&self) -> String {
        text(&self.report)
    }

    /// In the format that was asked for.
    #[must_use]
    pub fn text(&self) -> String {
        match self.options.format {
            Format::Text => text(&self.report),
            Format::Json => json(&self.report),
            Format::Sarif => sarif(&self.report),
        }
    }

    /// Lines for the standard error: entries of the baseline that nothing needs any more, and that nothing was there.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let allowed = |sha256: &str| {
            self.report
                .allowed
                .iter()
                .any(|allowed| allowed.finding.value.sha256 == sha256)
        };
        let found = |sha256: &str| {
            self.report
                .findings
                .iter()
                .any(|finding| finding.value.sha256 == sha256)
        };
        let unused = self
            .allow
            .iter()
            .filter(|entry| !allowed(&entry.sha256) && !found(&entry.sha256));
        let mut notes: Vec<_> = unused
            .map(|entry| {
                let short = entry.sha256.get(..8).unwrap_or_default();
                format!(
                    "not needed: the baseline's entry {short}, until {}: {}",
                    entry.expires, entry.reason
                )
            })
            .collect();
        if self.report.files == 0 && self.report.unread.is_empty() {
            notes.push("there is nothing to look into".to_owned());
        }
        notes
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let least = self.options.fail_on.least();
        // The bytes of a text that is no UTF-8 were searched like any others.
        let is_unread = self
            .report
            .unread
            .iter()
            .any(|unread| unread.reason != UnreadReason::InvalidUtf8);
        if self.report.findings.iter().any(|finding| finding.severity >= least) {
            EXIT_FINDINGS
        } else if is_unread || self.report.files == 0 {
            EXIT_UNREAD
        } else {
            EXIT_CLEAN
        }
    }

    /// What `--write-baseline` writes: all entries that there were, and one for each value that was found now.
    #[must_use]
    pub fn baseline(&self) -> Option<String> {
        let reason = self.options.reason.as_deref()?;
        let expires = Date::parse(self.options.expires.as_deref()?)?;
        let mut entries: std::collections::BTreeMap<_, _> = self
            .allow
            .iter()
            .map(|entry| (entry.sha256.as_str(), (entry.reason.as_str(), entry.expires)))
            .collect();
        for finding in &self.report.findings {
            entries.insert(&finding.value.sha256, (reason, expires));
        }
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(sha256, (reason, expires))| {
                serde_json::json!({ "sha256": sha256, "reason": reason, "expires": String::from(expires) })
            })
            .collect();
        let file = serde_json::json!({ "allow": entries });
        Some(format!("{file:#}\n"))
    }
}

/// What `hash` prints: the secret as [`Known::hashed`] takes it, with a `salt` of 16 random bytes.
///
/// One line end behind the secret is no part of it.
///
/// # Errors
///
/// - [`SettingsError::TooShort`] or [`SettingsError::TooLong`], as for [`Known::plain`].
pub fn hash(name: Option<&str>, secret: &str, salt: &[u8; 16]) -> Result<String, SettingsError> {
    let secret = secret.strip_suffix('\n').unwrap_or(secret);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    Known::plain(name.unwrap_or("the secret"), secret)?;
    let sha256 = Sha256::new().chain_update(salt).chain_update(secret).finalize();
    let name = name.map(|name| format!("{name}=")).unwrap_or_default();
    let length = secret.len();
    Ok(format!("{name}sha256:{}:{length}:{}\n", hex(salt), hex(&sha256)))
}

#[cfg(test)]
mod tests {
    use super::super::super::Auditor;
    use super::super::super::report::Unread;
    use super::super::super::settings::Settings;
    use super::*;

    const SECRET: &str = "Correct-Horse-5";

    fn found() -> Report {
        let mut settings = Settings::new(Date::parse("2027-01-31").expect("a date"));
        settings.known.push(Known::plain("NAME", SECRET).expect("known"));
        Auditor::new(settings)
            .expect("an auditor")
            .audit("a.js", SECRET.as_bytes())
    }

    fn code(report: Report) -> u8 {
        Outcome::new(&Options::default(), &AllowList::default(), report).exit_code()
    }

    #[test]
    fn the_exit_code_tells_what_was_not_looked_into_from_what_is_clean() {
        let files = |files| Report {
            files,
            ..Report::default()
        };
        let unread = |reason| Report {
            files: 1,
            unread: vec![Unread::new("a", reason, "")],
            ..Report::default()
        };
        assert_eq!(code(files(1)), EXIT_CLEAN);
        assert_eq!(code(files(0)), EXIT_UNREAD);
        assert_eq!(code(unread(UnreadReason::Unreadable)), EXIT_UNREAD);
        assert_eq!(code(unread(UnreadReason::BrokenMap)), EXIT_UNREAD);
        assert_eq!(code(unread(UnreadReason::InvalidUtf8)), EXIT_CLEAN);
        let mut both = unread(UnreadReason::Unreadable);
        both.merge(found());
        assert_eq!(code(both), EXIT_FINDINGS);
    }

    #[test]
    fn a_baseline_that_is_written_lets_what_was_found_stay() {
        let options = Options {
            reason: Some("revoked".to_owned()),
            expires: Some("2027-02-01".to_owned()),
            ..Options::default()
        };
        let empty = AllowList::default();
        let written = Outcome::new(&options, &empty, found()).baseline().expect("a baseline");
        assert!(!written.contains(SECRET));
        let list = AllowList::parse(&written).expect("a list");
        let entries: Vec<_> = list.iter().collect();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].sha256, hex(&Sha256::digest(SECRET)));
        assert_eq!(entries[0].reason, "revoked");
    }

    #[test]
    fn a_hash_is_of_the_salt_and_the_secret_without_its_line_end() {
        let printed = hash(Some("NAME"), &format!("{SECRET}\r\n"), &[7; 16]).expect("a hash");
        let (name, rest) = printed.trim_end().split_once('=').expect("a name");
        assert_eq!(name, "NAME");
        assert!(Known::hashed(name, rest).is_ok());
        assert!(rest.ends_with(&hex(&Sha256::digest([&[7; 16], SECRET.as_bytes()].concat()))));
        assert!(hash(None, "short\n", &[7; 16]).is_err());
    }
}
