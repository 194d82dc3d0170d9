//! What the auditor is told: secrets to look for, values that are public, what may stay, and which day it is.

use super::allow::{AllowList, Date};
use crate::protocol::secret::Wiped;
use std::fmt;

/// What to look for, and what not to mind.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Secrets that are known, for example from the environment of the build. The strongest evidence there is.
    pub known: Vec<Known>,
    /// Values that are public though they look secret, such as your client IDs. Exact values, no patterns.
    pub public: Vec<String>,
    /// What may stay.
    pub allow: AllowList,
    /// On which day the allow-list is judged.
    pub today: Date,
}

impl Settings {
    /// Nothing known, nothing public, nothing allowed.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self {
            known: Vec::new(),
            public: Vec::new(),
            allow: AllowList::default(),
            today,
        }
    }
}

/// A secret that is looked for by its value. `Debug` shows its name only, and it is wiped when dropped.
pub struct Known {
    pub(super) name: String,
    pub(super) value: KnownValue,
}

pub(super) enum KnownValue {
    Plain(Wiped),
    Hashed {
        salt: Vec<u8>,
        length: usize,
        sha256: [u8; 32],
    },
}

impl Known {
    /// The shortest value that is looked for: a shorter one is in every text.
    pub const MIN_LENGTH: usize = 8;
    /// The longest.
    pub const MAX_LENGTH: usize = 4096;

    /// A secret itself, under the name that reports call it by.
    ///
    /// # Errors
    ///
    /// - [`SettingsError::TooShort`] or [`SettingsError::TooLong`], of other than 8 to 4,096 bytes.
    pub fn plain(name: &str, value: &str) -> Result<Self, SettingsError> {
        let name = name.to_owned();
        if value.len() < Self::MIN_LENGTH {
            return Err(SettingsError::TooShort { name });
        }
        if value.len() > Self::MAX_LENGTH {
            return Err(SettingsError::TooLong { name });
        }
        Ok(Self {
            name,
            value: KnownValue::Plain(Wiped::from(value)),
        })
    }

    /// A secret that is not at hand, as `sha256:<salt in hex>:<length in bytes>:<hash in hex>`, where the hash is the SHA-256
    /// of the salt and the secret behind it.
    ///
    /// Such a one is found where it stands by itself or in quotes; its encoded forms are found in part only.
    ///
    /// # Errors
    ///
    /// - [`SettingsError::KnownHash`], if it has not that form, or a salt of fewer than 8 bytes;
    /// - [`SettingsError::TooShort`] or [`SettingsError::TooLong`], as for [`Known::plain`].
    pub fn hashed(name: &str, hash: &str) -> Result<Self, SettingsError> {
        let wrong = || SettingsError::KnownHash { name: name.to_owned() };
        let parts: Vec<_> = hash.split(':').collect();
        let [scheme, salt, length, hash] = parts[..] else {
            return Err(wrong());
        };
        let salt = from_hex(salt).filter(|salt| salt.len() >= 8).ok_or_else(wrong)?;
        let length: usize = length.parse().map_err(|_| wrong())?;
        let sha256 = from_hex(hash).and_then(|hash| hash.try_into().ok()).ok_or_else(wrong)?;
        if scheme != "sha256" {
            return Err(wrong());
        }
        let name = name.to_owned();
        if length < Self::MIN_LENGTH {
            return Err(SettingsError::TooShort { name });
        }
        if length > Self::MAX_LENGTH {
            return Err(SettingsError::TooLong { name });
        }
        Ok(Self {
            name,
            value: KnownValue::Hashed { salt, length, sha256 },
        })
    }

    /// The name that reports call it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why an auditor can't be made of the settings. No value is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// A known value is too short to be looked for.
    TooShort {
        /// The known value's name.
        name: String,
    },
    /// A known value is too long to be looked for.
    TooLong {
        /// The known value's name.
        name: String,
    },
    /// A hash is not of the form that [`Known::hashed`] takes.
    KnownHash {
        /// The known value's name.
        name: String,
    },
    /// A known secret is among the values that are called public.
    KnownIsPublic {
        /// The known value's name.
        name: String,
    },
    /// The allow-list can't be read.
    AllowList {
        /// Where, from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// One entry of the allow-list can't be used.
    AllowListEntry {
        /// Which, from 1.
        number: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Today is no date.
    NotADate,
    /// There are more known values than can be looked for at once.
    TooMany,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { name } => {
                write!(
                    f,
                    "the value of {name} is shorter than {} bytes, and would be found everywhere",
                    Known::MIN_LENGTH
                )
            }
            Self::TooLong { name } => write!(f, "the value of {name} is longer than {} bytes", Known::MAX_LENGTH),
            Self::KnownHash { name } => write!(
                f,
                "the hash of {name} is not of the form sha256:<salt, 16 or more hex digits>:<length>:<64 hex digits>"
            ),
            Self::KnownIsPublic { name } => {
                write!(
                    f,
                    "{name} is to be looked for, and its value is called public too: it can't be both"
                )
            }
            Self::AllowList { line, what } => write!(f, "the allow-list can't be read, line {line}: {what}"),
            Self::AllowListEntry { number, what } => {
                write!(f, "entry {number} of the allow-list can't be used: {what}")
            }
            Self::NotADate => f.write_str("today is not a date like 2027-01-31"),
            Self::TooMany => f.write_str("there are too many known values to look for at once"),
        }
    }
}

impl std::error::Error for SettingsError {}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    is_hex.then(|| (0..text.len()).step_by(2).map(byte).collect::<Option<_>>())?
}
