//! The auditor: searches a build for a client secret of Procore's, and for what only a confidential client may do.
//!
//! An app whose client can't keep its secret must not have one (Procore: oauth_keys.md, "Client Secret Confidentiality";
//! [RFC 6749 §2.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.1)). [`protocol`](crate::protocol) has no place for
//! one; this module looks at what is about to be published all the same. Bytes in, findings out: it reads no file, no
//! environment and no clock, and it sends nothing.
//!
//! ```
//! use procore_spa_auth::audit::{Auditor, Date, Kind, Known, Settings, SettingsError};
//!
//! # fn main() -> Result<(), SettingsError> {
//! # let secret = "3141592653589793238462643383279502884197169399375105820974944592";
//! let mut settings = Settings::new(Date::parse("2027-01-31").ok_or(SettingsError::NotADate)?);
//! settings.known.push(Known::plain("PROCORE_CLIENT_SECRET", secret)?);
//!
//! let auditor = Auditor::new(settings)?;
//! let report = auditor.audit("dist/app.js", format!("fetch(u,{{body:'{secret}'}})").as_bytes());
//! assert_eq!(report.findings.len(), 1);
//! assert_eq!(report.findings[0].kind, Kind::KnownValue);
//! assert!(!format!("{report:?}").contains(secret));
//! # Ok(())
//! # }
//! ```
//!
//! Its modules stand in the order in which a file visits them.

mod bytes;

mod allow;
mod settings;

mod open;

mod content;
mod source_map;
mod unfold;

mod anchors;
mod fold;
mod forms;
mod known;
mod shape;

mod hits;
mod rules;
mod scan;

mod auditor;
mod finding;
mod place;
pub mod report;
mod stream;

pub mod command;
#[cfg(all(feature = "audit-js", target_arch = "wasm32"))]
pub mod exports;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use allow::{AllowList, Allowance, Date};
pub use auditor::Auditor;
pub use finding::{Finding, Kind, Redacted, Severity, Source};
pub use open::audit_file;
pub use report::{Allowed, Report, Unread, UnreadReason};
pub use settings::{Known, Settings, SettingsError};
pub use stream::Stream;
