//! Reports, as people and programs read them.

use super::super::{AllowList, Kind, Redacted, Report, Settings, Severity, Unread, UnreadReason, report};
use super::{Auditor, Secrets, today};
use serde_json::Value;

/// A report with one of everything, and the value that is in none.
fn made() -> (Report, String) {
    let mut secrets = Secrets::new(40);
    let (secret, allowed) = (secrets.hex(), secrets.hex());
    let list = serde_json::json!({ "allow": [{
        "sha256": Redacted::new(allowed.as_bytes()).sha256, "reason": "revoked \u{1b}[2J", "expires": "2027-02-01",
    }] });
    let mut settings = Settings::new(today());
    settings.allow = AllowList::parse(&list.to_string()).unwrap();
    let auditor = Auditor::new(settings).unwrap();
    let mut report = auditor.audit("dist/b ü.js", format!("client_secret='{secret}'").as_bytes());
    report.merge(auditor.audit("dist/\u{1b}[2Ja.js", format!("client_secret='{allowed}'").as_bytes()));
    report.merge(auditor.audit("dist\\a.js", b"grant_type=password&"));
    report
        .unread
        .push(Unread::new("x.tgz", UnreadReason::BrokenArchive, "At byte 7."));
    report.sort();
    (report, secret)
}

#[test]
fn a_text_ends_with_the_sum_and_moves_no_cursor() {
    let (report, secret) = made();
    let text = report::text(&report);
    let sum = "1 error, 0 warnings, 1 for information, 1 allowed; 1 unread; 3 files, 180 bytes";
    assert_eq!(text.lines().last(), Some(sum), "{text}");
    assert!(text.contains("error client-secret  dist/b ü.js:1:15\n"), "{text}");
    assert!(text.contains("Allowed until 2027-02-01: revoked"), "{text}");
    assert!(text.contains("unread broken-archive  x.tgz\n"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains(&secret));
}

#[test]
fn json_has_every_finding_and_the_counts() {
    let (report, secret) = made();
    let text = report::json(&report);
    assert!(!text.contains(&secret));
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["version"], 1);
    let counts = serde_json::json!({ "errors": 1, "warnings": 0, "infos": 1, "allowed": 1, "unread": 1 });
    assert_eq!(json["counts"], counts);
    let finding = &json["findings"][0];
    assert_eq!(finding["kind"], "client-secret");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["value"]["length"], 64);
    assert_eq!(finding["value"]["sha256"], Redacted::new(secret.as_bytes()).sha256);
    assert_eq!(json["unread"][0]["reason"], "broken-archive");
    assert_eq!(json["allowed"][0]["expires"], "2027-02-01");
}

#[test]
fn sarif_has_rules_places_and_fingerprints_that_stay() {
    let (report, secret) = made();
    let text = report::sarif(&report);
    assert!(!text.contains(&secret));
    let log: Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, Kind::ALL.map(Kind::id));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let uri = |result: &Value| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(uri(&results[0]), "dist/b%20%C3%BC.js");
    assert_eq!(uri(&results[1]), "dist/a.js");
    assert_eq!(results[2]["suppressions"][0]["status"], "accepted");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);

    // Another line of the same file is the same result; another file is not.
    let auditor = super::auditor();
    let fingerprint = |path: &str, before: &str| {
        let report = auditor.audit(path, format!("{before}client_secret='{secret}'").as_bytes());
        assert_eq!(report.findings[0].severity, Severity::Error);
        let log: Value = serde_json::from_str(&report::sarif(&report)).unwrap();
        log["runs"][0]["results"][0]["partialFingerprints"].clone()
    };
    assert_eq!(fingerprint("a.js", ""), fingerprint("a.js", "\n\n  "));
    assert_ne!(fingerprint("a.js", ""), fingerprint("b.js", ""));
}

#[test]
fn of_a_short_value_less_is_shown() {
    for (value, first) in [
        ("12345678", "1"),
        ("1234567", ""),
        ("0123456789abcdef", "01"),
        ("0123456789abcdef0123456789abcdef0", "0123"),
    ] {
        assert_eq!(Redacted::new(value.as_bytes()).first, first);
    }
    assert_eq!(Redacted::new(&[0xff; 40]).first, "????");
    assert_eq!(Redacted::new(b"\"'<>".repeat(10).as_slice()).first, "\"'<>");
}
