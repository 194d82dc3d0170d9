//! A report for people.

use super::{Finding, Report, Severity};
use std::fmt::Write;

/// The report as lines of text. The last one is the sum.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = write_all(&mut out, report);
    out
}

fn write_all(out: &mut String, report: &Report) -> std::fmt::Result {
    for finding in &report.findings {
        write_finding(out, finding.severity.word(), finding)?;
        writeln!(out, "  {}\n", finding.what_to_do)?;
    }
    for allowed in &report.allowed {
        write_finding(out, "allowed", &allowed.finding)?;
        writeln!(out, "  Allowed until {}: {}\n", allowed.expires, plain(&allowed.reason))?;
    }
    for unread in &report.unread {
        write!(
            out,
            "unread {}  {}\n  {}",
            unread.reason.id(),
            plain(&unread.path),
            unread.reason.title()
        )?;
        if !unread.detail.is_empty() {
            write!(out, " {}", plain(&unread.detail))?;
        }
        out.push_str("\n\n");
    }
    writeln!(
        out,
        "{}, {}, {} for information, {} allowed; {} unread; {}, {} bytes",
        counted(report.count(Severity::Error), "error"),
        counted(report.count(Severity::Warning), "warning"),
        report.count(Severity::Info),
        report.allowed.len(),
        report.unread.len(),
        counted(report.files, "file"),
        report.bytes,
    )
}

fn write_finding(out: &mut String, word: &str, finding: &Finding) -> std::fmt::Result {
    let Finding { line, column, .. } = finding;
    writeln!(
        out,
        "{word} {}  {}:{line}:{column}",
        finding.kind.id(),
        plain(&finding.path)
    )?;
    if let Some(source) = &finding.source {
        writeln!(
            out,
            "  in the source {}:{}:{}",
            plain(&source.name),
            source.line,
            source.column
        )?;
    }
    writeln!(out, "  {}  {}", finding.value, plain(&finding.why))
}

fn counted(number: impl std::fmt::Display, noun: &str) -> String {
    let number = number.to_string();
    let s = if number == "1" { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// Without control characters: a file's name must not move a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { '\u{fffd}' } else { char })
        .collect()
}
