//! What holds for every input, tried with many. `PROPTEST_CASES=<n>` tries more, or fewer.

use super::super::report;
use super::super::stream::{Stream, Windows};
use super::{Secrets, auditor, knowing};
use proptest::prelude::*;

/// Pieces that rules and folding look for, so that what is made of them gets far.
const PIECES: &[&str] = &[
    "client_secret",
    "secret",
    "VITE_",
    "_PASSWORD",
    "\"",
    "'",
    "`",
    "\\",
    "\n",
    "+",
    "\"+\"",
    "' + '",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "${",
    ",",
    ":",
    "=",
    ";",
    ".join(",
    ".concat(",
    ".reverse()",
    ".map(c=>String.fromCharCode(c^1))",
    ".split(\"\")",
    "atob(",
    "btoa(",
    "eval(",
    "String.fromCharCode(",
    "new TextDecoder().decode(",
    "Buffer.from(",
    ".toString(",
    "...",
    "99",
    "0x63",
    "\\x63",
    "\\u0063",
    "\\u{63}",
    "%63",
    "&#99;",
    "&quot;",
    "://",
    "@",
    "Basic ",
    "/oauth/token",
    "login.procore.com",
    "grant_type",
    "client_credentials",
    "-----BEGIN ",
    "PRIVATE KEY-----",
    ";base64,",
    "data:application/json",
    "sourceMappingURL=data:text/javascript",
    "{\"version\":3,\"mappings\":\"\",",
    "\"sources\":[\"a\"],\"sourcesContent\":[\"",
    "\0asm\x01\0\0\0",
    "\0",
    "ä",
    "𝄞",
    "window.__ENV={",
    "client_assertion",
    "@procore/js-sdk",
];

const NAMES: &[&str] = &[
    "a.js",
    "a.js.map",
    "a.wasm",
    "a.html",
    ".env",
    "vite.config.ts",
    "a.png",
    "a",
    "a.br",
    "",
];

fn text(secret: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => Just(secret.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
        1 => proptest::collection::vec(b'0'..b'z', 0..90),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(500),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn secret() -> &'static str {
    static SECRET: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| Secrets::new(30).hex());
    &SECRET
}

#[test]
fn no_input_panics_and_no_report_repeats_a_secret() {
    let auditors = [auditor(), knowing(secret())];
    proptest!(config(), |(text in text(secret()), name in proptest::sample::select(NAMES))| {
        for auditor in &auditors {
            let report = auditor.audit(name, &text);
            for written in [report::text(&report), report::json(&report), report::sarif(&report), format!("{report:?}")] {
                prop_assert!(!written.contains(secret()));
            }
            for finding in &report.findings {
                prop_assert!(finding.line > 0 && finding.column > 0);
                let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
                prop_assert!(finding.line <= u64::try_from(lines).unwrap());
            }
        }
    });
}

#[test]
fn a_known_value_is_found_whatever_is_around_it() {
    let auditor = knowing(secret());
    proptest!(config(), |(before in text("x"), after in text("x"), name in proptest::sample::select(NAMES))| {
        let report = auditor.audit(name, &[&before, secret().as_bytes(), &after].concat());
        let is_found = report.findings.iter().any(|finding| finding.value == super::super::Redacted::new(secret().as_bytes()));
        // In UTF-16 it is other characters.
        let is_utf16 = before.starts_with(b"\xff\xfe") || before.starts_with(b"\xfe\xff");
        prop_assert!(is_found || is_utf16);
    });
}

#[test]
fn pieces_of_a_file_make_the_same_report() {
    let auditor = knowing(secret());
    proptest!(config(), |(text in text(secret()), cut in 0_usize..200)| {
        let mut stream = auditor.stream("a.js");
        let (one, two) = text.split_at(cut.min(text.len()));
        stream.push(one);
        stream.push(two);
        prop_assert_eq!(stream.finish(), auditor.audit("a.js", &text));
    });
}

#[test]
fn a_known_value_is_found_in_windows_of_any_size() {
    let auditor = knowing(secret());
    let windows = (400_usize..3000, 1_usize..500, 100_usize..200);
    let texts = (text("x"), text("x"), 0_usize..3000);
    proptest!(config(), |((whole, step, overlap) in windows, (before, after, padding) in texts)| {
        let text = [&before, "a;".repeat(padding).as_bytes(), secret().as_bytes(), &after].concat();
        let mut stream = Stream::new(&auditor, "a.js", Windows { whole, step, overlap });
        stream.push(&text);
        let report = stream.finish();
        let known = report.findings.iter().filter(|finding| finding.value == super::super::Redacted::new(secret().as_bytes()));
        let is_utf16 = before.starts_with(b"\xff\xfe") || before.starts_with(b"\xfe\xff");
        prop_assert!(known.count() > 0 || is_utf16);
        prop_assert_eq!(report.bytes, u64::try_from(text.len()).unwrap());
    });
}
