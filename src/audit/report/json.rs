//! A report for programs.

use super::{Report, Severity};

/// The report as JSON: `{ "version": 1, "counts", "files", "bytes", "findings", "allowed", "unread" }`.
#[must_use]
pub fn json(report: &Report) -> String {
    let value = serde_json::json!({
        "version": 1,
        "tool": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        "counts": {
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "infos": report.count(Severity::Info),
            "allowed": report.allowed.len(),
            "unread": report.unread.len(),
        },
        "files": report.files,
        "bytes": report.bytes,
        "findings": report.findings,
        "allowed": report.allowed,
        "unread": report.unread,
    });
    format!("{value:#}\n")
}
