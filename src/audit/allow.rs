//! What is allowed to stay, until when, and why: by the exact value's hash, never by a pattern.

use super::settings::SettingsError;
use std::collections::BTreeMap;

/// A day in the calendar, `2027-01-31`. The auditor has no clock: today is a value that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// From `YYYY-MM-DD` (RFC 3339 §5.6, `full-date`). Nothing else is one, nor is February 30.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length| {
            let digits: &str = parts.next()?;
            let is_number = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then_some(digits)
        };
        let year: u16 = part(4)?.parse().ok()?;
        let month: u8 = part(2)?.parse().ok()?;
        let day: u8 = part(2)?.parse().ok()?;
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (parts.next().is_none() && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// One value that may stay.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Allowance {
    /// The SHA-256 of the whole value, in lower-case hex.
    pub sha256: String,
    /// Why it may; in every report.
    pub reason: String,
    /// The last day on which it may.
    pub expires: Date,
}

/// The values that may stay: a baseline, or an allow-list.
///
/// ```json
/// { "allow": [{ "sha256": "<64 hex digits>", "reason": "the sandbox's, revoked", "expires": "2027-01-31" }] }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    entries: BTreeMap<String, Allowance>,
}

impl AllowList {
    /// From the JSON text above. Other members are ignored, so that an entry can be said more of.
    ///
    /// # Errors
    ///
    /// - [`SettingsError::AllowList`], with the line: it is no JSON, or an entry has no hash of 64 digits, no reason, or no
    ///   date.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        #[derive(serde::Deserialize)]
        struct File {
            allow: Vec<Entry>,
        }
        #[derive(serde::Deserialize)]
        struct Entry {
            sha256: String,
            reason: String,
            expires: String,
        }
        let file: File = serde_json::from_str(text).map_err(|error| SettingsError::AllowList {
            line: error.line(),
            what: "it is not of the form {\"allow\": [{\"sha256\", \"reason\", \"expires\"}]}",
        })?;
        let mut list = Self::default();
        for (at, entry) in file.allow.into_iter().enumerate() {
            let what = |what| SettingsError::AllowListEntry { number: at + 1, what };
            let expires =
                Date::parse(&entry.expires).ok_or_else(|| what("its `expires` is no date like 2027-01-31"))?;
            list.push(&entry.sha256, &entry.reason, expires).map_err(what)?;
        }
        Ok(list)
    }

    /// One entry more. Of two for one value, the later one counts.
    fn push(&mut self, sha256: &str, reason: &str, expires: Date) -> Result<(), &'static str> {
        let sha256 = sha256.to_ascii_lowercase();
        if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("its `sha256` is not 64 hex digits");
        }
        if reason.trim().is_empty() {
            return Err("it has no `reason`");
        }
        let allowance = Allowance {
            sha256: sha256.clone(),
            reason: reason.to_owned(),
            expires,
        };
        self.entries.insert(sha256, allowance);
        Ok(())
    }

    /// The entry for a value with this hash.
    pub(super) fn find(&self, sha256: &str) -> Option<&Allowance> {
        self.entries.get(sha256)
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = &Allowance> {
        self.entries.values()
    }

    /// Takes the entries of `other` over: several files are one list.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }
}
