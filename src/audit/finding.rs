//! What was found: where, of which kind, how bad, and what to do. Never the value itself.

use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;

/// One thing that must not be published, at one place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// The file, as it was named to the auditor; `a.tgz!package/dist/x.js` inside an archive.
    pub path: String,
    /// From 1. A text that is one line long is on line 1.
    pub line: u64,
    /// From 1, in UTF-16 code units as editors count; in a file that is no text, in bytes.
    pub column: u64,
    /// Where it is in the source that a source map was made from.
    pub source: Option<Source>,
    /// What it is.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// Enough of the value to recognise it by.
    pub value: Redacted,
    /// What makes it one.
    pub why: Cow<'static, str>,
    /// What to do, the most urgent first.
    pub what_to_do: &'static str,
}

impl Finding {
    /// What it is, enough of the value to recognise it by, and what makes it one; in one paragraph.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{} {}: {}", self.kind.title(), self.value, self.why)
    }
}

/// A place in a source that a source map carries (`sourcesContent`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Source {
    /// As the map names it.
    pub name: String,
    /// From 1.
    pub line: u64,
    /// From 1, in UTF-16 code units.
    pub column: u64,
}

/// How bad a finding is. The worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Something to know; nothing that must be changed.
    Info,
    /// Look at it: it may be one.
    Warning,
    /// The build must not ship.
    Error,
}

impl Severity {
    /// The word for it in every report.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What was found. The words of [`Kind::id`] are stable: allow-lists and other tools name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A value that the auditor was told is a secret.
    KnownValue,
    /// A value that stands beside the name of a client secret.
    ClientSecret,
    /// The id and the secret of a client, as HTTP Basic credentials (RFC 7617) or in a URL.
    BasicCredentials,
    /// A private key (RFC 7468).
    PrivateKey,
    /// A value shaped like a secret of Procore's, beside the client ID or one of Procore's login servers.
    SecretBesideProcore,
    /// A request that only a confidential client may make (RFC 6749 §4.3, §4.4; RFC 7523).
    ConfidentialFlow,
    /// A secret's name among the variables that a bundler puts into the build.
    EnvExposure,
    /// An `.env` file among what is published.
    EnvFile,
    /// A value shaped like a secret of Procore's, with nothing near it that says so.
    LoneShape,
}

impl Kind {
    /// All of them, the surest first.
    pub const ALL: [Self; 9] = [
        Self::KnownValue,
        Self::ClientSecret,
        Self::BasicCredentials,
        Self::PrivateKey,
        Self::SecretBesideProcore,
        Self::ConfidentialFlow,
        Self::EnvExposure,
        Self::EnvFile,
        Self::LoneShape,
    ];

    /// Its stable word.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::KnownValue => "known-value",
            Self::ClientSecret => "client-secret",
            Self::BasicCredentials => "basic-credentials",
            Self::PrivateKey => "private-key",
            Self::SecretBesideProcore => "secret-beside-procore",
            Self::ConfidentialFlow => "confidential-flow",
            Self::EnvExposure => "env-exposure",
            Self::EnvFile => "env-file",
            Self::LoneShape => "lone-shape",
        }
    }

    /// How bad it is, unless something about one finding says otherwise.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::LoneShape => Severity::Info,
            _ => Severity::Error,
        }
    }

    /// Whether it is about a value that is secret, and not about a name or a word.
    pub(super) const fn is_value(self) -> bool {
        !matches!(self, Self::ConfidentialFlow | Self::EnvExposure | Self::EnvFile)
    }

    /// What it is, in one sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::KnownValue => "A known secret is in the build.",
            Self::ClientSecret => "A client secret is in the build.",
            Self::BasicCredentials => "Credentials of a client are in the build.",
            Self::PrivateKey => "A private key is in the build.",
            Self::SecretBesideProcore => {
                "A value shaped like a client secret is beside Procore's login server or client ID."
            }
            Self::ConfidentialFlow => "The build makes a request that only a confidential client may make.",
            Self::EnvExposure => "A variable with a secret's name is put into the build.",
            Self::EnvFile => "An .env file is among what is published.",
            Self::LoneShape => "A value is shaped like a client secret.",
        }
    }

    /// What to do about it, the most urgent first.
    #[must_use]
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::KnownValue | Self::ClientSecret | Self::BasicCredentials => {
                "If it was published: make a new secret in Procore's Developer Portal first, for this one is known from then on. \
                 Then take it out of the page; a page uses PKCE, or a token mediator on your server that holds the secret."
            }
            Self::PrivateKey => {
                "If it was published: replace the key first, for this one is known from then on. Then take it out of the page."
            }
            Self::SecretBesideProcore => {
                "If it is a client secret and was published: make a new one in Procore's Developer Portal first. Then take it \
                 out. If it is a public value, such as a client ID, name it to the auditor as one."
            }
            Self::ConfidentialFlow => {
                "Sign in with the authorization code and PKCE. What needs a secret belongs on a server, such as a token mediator."
            }
            Self::EnvExposure => {
                "If a build with it was published: make a new secret in Procore's Developer Portal first. Then rename the variable \
                 so that the bundler does not put it into the build, and use it on a server only."
            }
            Self::EnvFile => {
                "If it was published: make every secret in it anew first. Then leave the file out of what is published."
            }
            Self::LoneShape => {
                "If it is a client secret: make a new one in Procore's Developer Portal, and take it out. Else there is nothing to do."
            }
        }
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// What may be shown of a value: how it begins, how long it is, and what its SHA-256 is.
///
/// Of a short value less is shown than four characters: never more than an eighth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[non_exhaustive]
pub struct Redacted {
    /// The first four characters at most. What is not printable ASCII is a `?`.
    pub first: String,
    /// In bytes.
    pub length: u64,
    /// All of its SHA-256, in hex, which an allow-list names it by.
    pub sha256: String,
}

impl Redacted {
    /// What may be shown of `value`.
    #[must_use]
    pub fn new(value: &[u8]) -> Self {
        let shown = value.iter().take((value.len() / 8).min(4));
        Self {
            first: shown
                .map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '?' })
                .collect(),
            length: u64::try_from(value.len()).unwrap_or(u64::MAX),
            sha256: hex(&Sha256::digest(value)),
        }
    }

    /// The first 8 hex digits of its SHA-256.
    #[must_use]
    pub fn short_hash(&self) -> &str {
        self.sha256.get(..8).unwrap_or_default()
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}… ({} characters, sha256 {})",
            self.first,
            self.length,
            self.short_hash()
        )
    }
}

/// In lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
