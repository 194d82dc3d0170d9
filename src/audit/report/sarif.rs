//! A report for code hosts and editors: the Static Analysis Results Interchange Format,
//! [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

use super::super::finding::{Kind, hex};
use super::{Finding, Report, Severity, Unread};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The report as a SARIF log of one run.
#[must_use]
pub fn sarif(report: &Report) -> String {
    let rules: Vec<_> = Kind::ALL.iter().map(|kind| rule(*kind)).collect();
    let allowed = report.allowed.iter().map(|allowed| {
        let mut result = result(&allowed.finding);
        let justification = format!("Until {}: {}", allowed.expires, allowed.reason);
        if let Value::Object(members) = &mut result {
            members.insert(
                "suppressions".into(),
                json!([{ "kind": "external", "status": "accepted", "justification": justification }]),
            );
        }
        result
    });
    let results: Vec<_> = report.findings.iter().map(result).chain(allowed).collect();
    let notifications: Vec<_> = report.unread.iter().map(notification).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "columnKind": "utf16CodeUnits",
            "invocations": [{
                "executionSuccessful": report.unread.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(kind: Kind) -> Value {
    json!({
        "id": kind.id(),
        "shortDescription": { "text": kind.title() },
        "fullDescription": { "text": kind.title() },
        "help": { "text": kind.what_to_do() },
        "defaultConfiguration": { "level": level(kind.severity()) },
    })
}

fn result(finding: &Finding) -> Value {
    let place = match &finding.source {
        Some(source) => format!(" In the source {}:{}:{}.", source.name, source.line, source.column),
        None => String::new(),
    };
    json!({
        "ruleId": finding.kind.id(),
        "ruleIndex": Kind::ALL.iter().position(|kind| *kind == finding.kind),
        "level": level(finding.severity),
        "message": { "text": format!("{} {} {}{place} {}", finding.kind.title(), finding.why, finding.value, finding.what_to_do) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&finding.path) },
            "region": { "startLine": finding.line, "startColumn": finding.column },
        } }],
        // The same value in the same file is the same result, wherever in it the next build puts it.
        "partialFingerprints": { "kindPathAndValue/v1": fingerprint(finding) },
    })
}

fn fingerprint(finding: &Finding) -> String {
    let text = [finding.kind.id(), &finding.path, &finding.value.sha256].join("\n");
    hex(&Sha256::digest(text))
}

fn notification(unread: &Unread) -> Value {
    json!({
        "level": "error",
        "descriptor": { "id": unread.reason.id() },
        "message": { "text": format!("{} {}", unread.reason.title(), unread.detail).trim_end() },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&unread.path) } } }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A path as a relative reference (RFC 3986 §4.2), which SARIF §3.4.3 asks for.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'\\' => out.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'!' | b'@' | b'+' | b'=' | b',' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
