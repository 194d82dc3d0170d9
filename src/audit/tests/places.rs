//! Files of every kind: where in them something is found, and what of them could not be read.

use super::super::bytes::to_base64;
use super::super::stream::{Stream, Windows};
use super::super::{AllowList, Date, Kind, Known, Redacted, Report, Settings, SettingsError, UnreadReason};
use super::{Auditor, Secrets, auditor, knowing, today, worst};

fn place(report: &Report) -> (u64, u64) {
    worst(report).map(|finding| (finding.line, finding.column)).unwrap()
}

fn unread(report: &Report) -> Vec<UnreadReason> {
    report.unread.iter().map(|unread| unread.reason).collect()
}

#[test]
fn lines_and_columns_in_a_text() {
    let secret = Secrets::new(20).hex();
    let report = auditor().audit("a.js", format!("\n// ä𝄞\n\tclient_secret:'{secret}'").as_bytes());
    assert_eq!(place(&report), (3, 16));
    let report = knowing(&secret).audit("a.js", format!("\n/*ä𝄞*/'{secret}'").as_bytes());
    assert_eq!(place(&report), (2, 9));
}

#[test]
fn a_source_map_is_read_source_by_source() {
    let secret = Secrets::new(21).hex();
    let source = format!("// one\nexport const s = {{\n\t\"clientSecret\": \"{secret}\"\n}};\n");
    let map = serde_json::json!({
        "version": 3, "file": "app.js", "mappings": "AAAA", "names": [],
        "sources": ["webpack:///src/clean.ts", "webpack:///src/auth.ts", null],
        "sourcesContent": ["export {}", source, null],
    });
    let sections =
        serde_json::json!({ "version": 3, "sections": [{ "offset": { "line": 0, "column": 0 }, "map": map }] });
    for map in [
        map.to_string(),
        format!("{map:#}"),
        format!(")]}}'\n{map}"),
        sections.to_string(),
    ] {
        let report = auditor().audit("dist/app.js.map", map.as_bytes());
        assert_eq!(report.findings.len(), 1, "{map}");
        let finding = worst(&report).unwrap();
        let place = finding.source.as_ref().unwrap();
        assert_eq!(
            (place.name.as_str(), place.line, place.column),
            ("webpack:///src/auth.ts", 3, 18)
        );
        let offset = map.find(&secret).unwrap();
        let line = map[..offset].matches('\n').count();
        let column = offset - map[..offset].rfind('\n').map_or(0, |line| line + 1);
        // The value is its place: in the map the quote before it is two characters.
        assert_eq!(finding.line, u64::try_from(line).unwrap() + 1);
        assert!(
            finding.column.abs_diff(u64::try_from(column).unwrap() + 1) <= 2,
            "{} {column}",
            finding.column
        );
        assert_eq!(unread(&report), []);
    }
    // Inside a script.
    let url = String::from_utf8(to_base64(map.to_string().as_bytes(), false)).unwrap();
    let script = format!("x;\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{url}==\n");
    let report = auditor().audit("dist/app.js", script.as_bytes());
    assert_eq!(
        worst(&report).unwrap().source.as_ref().unwrap().name,
        "webpack:///src/auth.ts"
    );
    assert_eq!(worst(&report).unwrap().line, 2);
}

#[test]
fn a_broken_map_is_named_and_searched_all_the_same() {
    let secret = Secrets::new(22).hex();
    for map in [
        format!("{{\"version\":3,\"sources\":[\"a\"],\"sourcesContent\":[\"client_secret='{secret}'"),
        format!("client_secret='{secret}'"),
        format!("{{\"version\":3,\"x\":\"client_secret={secret}\"}}"),
        format!("[\"client_secret={secret}\"]"),
    ] {
        let report = auditor().audit("a.js.map", map.as_bytes());
        assert_eq!(worst(&report).unwrap().kind, Kind::ClientSecret, "{map}");
        assert_eq!(unread(&report), [UnreadReason::BrokenMap]);
    }
    let report = auditor().audit("a.js.map", b"\xff\xfe{");
    assert_eq!(unread(&report), [UnreadReason::BrokenMap]);
}

#[test]
fn the_data_of_a_module() {
    let secret = Secrets::new(23).hex();
    let data = format!("redirect_uriclient_secret{secret}scope");
    let mut module = b"\0asm\x01\0\0\0\x0b".to_vec();
    module.extend(u8::try_from(data.len() + 5).map(|size| [size | 0x80, 0x00]).unwrap());
    module.extend([1, 0, 0x41, 0, 0x0b]);
    module.extend(data.as_bytes());
    let size = data.len() + 5;
    (module[9], module[10]) = (
        u8::try_from(size & 0x7f).unwrap() | 0x80,
        u8::try_from(size >> 7).unwrap(),
    );
    let report = auditor().audit("a.wasm", &module);
    assert_eq!(worst(&report).unwrap().kind, Kind::ClientSecret);
    assert_eq!(unread(&report), []);
    let report = auditor().audit("a.wasm", &module[..module.len() - 1]);
    assert_eq!(worst(&report).unwrap().kind, Kind::ClientSecret);
    assert_eq!(unread(&report), [UnreadReason::BrokenWasm]);
    let beside = format!("https://login.procore.com{secret}/oauth/token");
    let report = auditor().audit("a.wasm", [b"\0asm\x01\0\0\0", beside.as_bytes()].concat().as_slice());
    assert_eq!(worst(&report).unwrap().kind, Kind::SecretBesideProcore);
}

#[test]
fn other_encodings_and_bytes_that_are_none() {
    let secret = Secrets::new(24).hex();
    let text = format!("a\nclient_secret='{secret}'");
    for with_mark in [true, false] {
        for (is_little, mark) in [(true, [0xff, 0xfe]), (false, [0xfe, 0xff])] {
            let bytes = text.encode_utf16().flat_map(|unit| {
                if is_little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            });
            let file: Vec<u8> = mark.into_iter().filter(|_| with_mark).chain(bytes).collect();
            let report = auditor().audit("a.js", &file);
            assert_eq!(place(&report), (2, 15));
        }
    }
    let report = auditor().audit("a.js", &[text.as_bytes(), b"\n\xfc"].concat());
    assert_eq!(place(&report), (2, 15));
    assert_eq!(unread(&report), [UnreadReason::InvalidUtf8]);
    let report = auditor().audit("a.png", &[text.as_bytes(), b"\n\xfc"].concat());
    assert_eq!((report.findings.len(), report.unread.len()), (0, 0));
    for (path, bytes) in [
        ("a.js.gz", &b"\x1f\x8b\x08"[..]),
        ("a.zip", b"PK\x03\x04"),
        ("a.js.br", b"\x0b"),
    ] {
        assert_eq!(unread(&auditor().audit(path, bytes)), [UnreadReason::Compressed]);
    }
}

#[test]
fn what_is_allowed_is_told_until_the_day_after_the_last() {
    let secret = Secrets::new(25).hex();
    let text = format!("client_secret='{secret}'");
    let sha256 = Redacted::new(secret.as_bytes()).sha256;
    let audit = |expires: &str| {
        let list =
            serde_json::json!({ "allow": [{ "sha256": sha256, "reason": "revoked", "expires": expires, "by": "me" }] });
        let mut settings = Settings::new(today());
        settings.allow = AllowList::parse(&list.to_string()).unwrap();
        Auditor::new(settings).unwrap().audit("a.js", text.as_bytes())
    };
    let report = audit("2027-01-31");
    assert_eq!((report.findings.len(), report.allowed.len()), (0, 1));
    assert_eq!(report.allowed[0].reason, "revoked");
    let report = audit("2027-01-30");
    assert_eq!((report.findings.len(), report.allowed.len()), (1, 0));
    assert!(report.findings[0].why.contains("allowed until 2027-01-30"));
}

#[test]
fn allow_lists_that_can_not_be_used() {
    let hash = "a".repeat(64);
    let list = |entry: &str| AllowList::parse(&format!("{{\"allow\":[{entry}]}}")).unwrap_err();
    assert!(matches!(
        AllowList::parse("{\n"),
        Err(SettingsError::AllowList { line: 2, .. })
    ));
    assert!(matches!(list("{}"), SettingsError::AllowList { .. }));
    for entry in [
        format!(r#"{{"sha256":"{hash}","reason":"x","expires":"2027-02-29"}}"#),
        format!(r#"{{"sha256":"{hash}","reason":" ","expires":"2027-02-28"}}"#),
        r#"{"sha256":"aa","reason":"x","expires":"2027-02-28"}"#.to_owned(),
    ] {
        assert!(
            matches!(list(&entry), SettingsError::AllowListEntry { number: 1, .. }),
            "{entry}"
        );
    }
    assert_eq!(AllowList::parse(r#"{"allow":[]}"#).unwrap(), AllowList::default());
    for (text, is_date) in [
        ("2024-02-29", true),
        ("2000-02-29", true),
        ("1900-02-29", false),
        ("2027-13-01", false),
        ("2027-04-31", false),
        ("2027-4-1", false),
        ("2027-04-00", false),
        ("2027-04-01Z", false),
        ("+027-04-01", false),
    ] {
        assert_eq!(Date::parse(text).is_some(), is_date, "{text}");
    }
}

#[test]
fn a_name_of_a_file_is_looked_at_and_not_repeated() {
    let secret = Secrets::new(26).hex();
    let report = knowing(&secret).audit(&format!("dist/{secret}.js"), format!("'{secret}'").as_bytes());
    assert_eq!(report.findings.len(), 2);
    assert!(!format!("{report:?}").contains(&secret));
    let name = format!("webpack:///{secret}.ts");
    let map = serde_json::json!({ "version": 3, "mappings": "", "sources": [name], "sourcesContent": [format!("client_secret='{secret}'")] });
    let report = auditor().audit("a.map", map.to_string().as_bytes());
    assert!(worst(&report).unwrap().source.is_some());
    assert!(!format!("{report:?}").contains(&secret));
}

#[test]
fn pieces_of_a_file_of_any_length_are_one_file() {
    let mut secrets = Secrets::new(27);
    let known: Vec<_> = (0..5).map(|_| secrets.hex()).collect();
    let mut settings = Settings::new(today());
    settings
        .known
        .extend(known.iter().map(|secret| Known::plain("X", secret).unwrap()));
    let auditor = Auditor::new(settings).unwrap();
    let short = format!("a\nclient_secret='{}'", known[0]);
    let mut stream = auditor.stream("a.js");
    short.bytes().for_each(|byte| stream.push(&[byte]));
    assert_eq!(stream.finish(), auditor.audit("a.js", short.as_bytes()));

    // Longer than what is read as a whole, with a value at every edge that there may be.
    let windows = Windows {
        whole: 40_000,
        step: 9000,
        overlap: 2000,
    };
    let mut text = "var a=1;\n".repeat(9000).into_bytes();
    let edges = [
        0,
        40_000 - 40,
        40_000 - 2000 - 30,
        40_000 + 9000 - 2000 - 30,
        text.len() - 64,
    ];
    for (secret, edge) in known.iter().zip(edges) {
        text[edge..edge + 64].copy_from_slice(secret.as_bytes());
    }
    for size in [1000, 100_000, 7777] {
        let mut stream = Stream::new(&auditor, "a.js", windows);
        text.chunks(size).for_each(|piece| stream.push(piece));
        let report = stream.finish();
        assert_eq!(report, auditor.audit("a.js", &text));
        assert_eq!(report.findings.len(), edges.len());
        assert_eq!(report.bytes, u64::try_from(text.len()).unwrap());
    }
    // What must be whole to be read says that it was not.
    let mut stream = Stream::new(&auditor, "a.js.map", windows);
    stream.push(&text);
    let report = stream.finish();
    assert_eq!(report.findings.len(), edges.len());
    assert_eq!(unread(&report), [UnreadReason::BrokenMap]);
}
