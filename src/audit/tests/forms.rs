//! Known values, in every form in which a build may carry them.

use super::super::bytes::to_base64;
use super::super::finding::hex;
use super::super::{Kind, Known, Redacted, Settings, SettingsError};
use super::{Auditor, Secrets, knowing, today};
use sha2::{Digest, Sha256};

fn known_in(auditor: &Auditor, secret: &str, text: &[u8]) -> bool {
    let report = auditor.audit("dist/app.js", text);
    let is_it = |value: &Redacted| *value == Redacted::new(secret.as_bytes());
    let found = report
        .findings
        .iter()
        .any(|finding| finding.kind == Kind::KnownValue && is_it(&finding.value));
    assert!(!format!("{report:?}").contains(secret));
    found
}

#[test]
fn every_encoding_of_values_of_every_kind() {
    let mut secrets = Secrets::new(10);
    for secret in [
        secrets.hex(),
        secrets.base64url(),
        "p\"a/s's <w&ö\\rd> 1%".to_owned(),
        "8-letter".to_owned(),
    ] {
        let auditor = knowing(&secret);
        let bytes = secret.as_bytes();
        let list = |write: &dyn Fn(u16) -> String| secret.encode_utf16().map(write).collect::<Vec<_>>().join(",");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let mut forms = vec![
            secret.clone(),
            secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            serde_json::to_string(&secret).unwrap(),
            serde_json::to_string(&serde_json::to_string(&secret).unwrap()).unwrap(),
            hex(bytes),
            hex(bytes).to_uppercase(),
            secret.bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
            format!("[{}]", list(&|unit| unit.to_string())),
            format!("[{}]", list(&|unit| format!("0x{unit:x}"))),
            secret.replace('\\', "\\\\").replace('ö', "\\xf6"),
            secret
                .replace('\\', "\\\\")
                .replace('ö', "\\xF6")
                .replace('\'', "\\'")
                .replace('"', "\\\""),
            secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
            text(to_base64(&to_base64(bytes, false), false)),
        ];
        for before in ["", "a", "ab", "id:"] {
            for is_url in [false, true] {
                forms.push(text(to_base64(format!("{before}{secret}").as_bytes(), is_url)));
                forms.push(text(to_base64(format!("{before}{secret}more").as_bytes(), is_url)));
            }
        }
        for form in forms {
            assert!(
                known_in(&auditor, &secret, format!("x('{form}')").as_bytes()),
                "{secret}: {form}"
            );
        }
        let mut raw: Vec<Vec<u8>> = Vec::new();
        let utf16 = || secret.encode_utf16();
        raw.push(secret.chars().rev().collect::<String>().into_bytes());
        raw.push(utf16().flat_map(u16::to_le_bytes).collect());
        raw.push(utf16().flat_map(u16::to_be_bytes).collect());
        for form in raw {
            let text = [b"\0asm\x01\0\0\0", &form[..]].concat();
            assert!(known_in(&auditor, &secret, &text), "{secret}: {form:?}");
            assert!(known_in(&auditor, &secret, &form), "{secret}: {form:?}");
        }
    }
}

#[test]
fn a_literal_as_each_minifier_writes_it() {
    let secret = format!("p\u{e9}\\\"'`${{{}\u{2014}", &Secrets::new(13).base64url()[..12]);
    let auditor = knowing(&secret);
    let reversed: String = secret.chars().rev().collect();
    let json = serde_json::to_string(&secret).unwrap();
    for text in [&secret, &reversed, &json] {
        for quote in ["\"", "'", "`"] {
            let mut literal = text.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
            if quote == "`" {
                literal = literal.replace("${", "\\${");
            }
            for (short, long) in [
                ("\u{e9}", "\u{2014}"),
                ("\\xe9", "\\u2014"),
                ("\\xE9", "\\u2014"),
                ("\\u00e9", "\\u2014"),
                ("\\u00E9", "\\u2014"),
            ] {
                let literal = literal.replace('\u{e9}', short).replace('\u{2014}', long);
                let text = format!("f({quote}{literal}{quote})");
                assert!(known_in(&auditor, &secret, text.as_bytes()), "{text}");
            }
        }
    }
}

#[test]
fn pieces_of_it() {
    let secret = Secrets::new(11).hex();
    let auditor = knowing(&secret);
    let (one, rest) = secret.split_at(20);
    let (two, three) = rest.split_at(20);
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    let chars: Vec<_> = secret.chars().map(|char| format!("'{char}'")).collect();
    for text in [
        format!("'{one}'+'{two}'+'{three}'"),
        format!("\"{one}\" +\n\"{two}\" + `{three}`"),
        format!("const a='{one}',b='{two}',c='{three}';f(a+b+c)"),
        format!("['{one}','{two}','{three}']"),
        format!("`${{'{one}'}}{two}${{'{three}'}}`"),
        format!("'{one}'.concat('{two}','{three}')"),
        format!("[{}].join('')", chars.join(",")),
        format!("['{three}','{two}','{one}'].reverse().join('')"),
        format!("'{}'.split('').reverse().join('')", reversed(&secret)),
        format!("eval(\"x='{one}'+'{two}{three}'\")"),
        format!("eval('x=\"{one}\"+\"{two}{three}\"')"),
        format!("eval(\"x=\\\"{one}\\\"+\\\"{two}{three}\\\"\")"),
    ] {
        assert!(known_in(&auditor, &secret, text.as_bytes()), "{text}");
    }
    // Not all of it, and not in this order.
    for text in [format!("'{one}'+'{two}'"), format!("'{two}'+'{one}'+'{three}'")] {
        assert!(!known_in(&auditor, &secret, text.as_bytes()), "{text}");
    }
}

#[test]
fn pieces_with_quotes_in_them() {
    let secret = "p1Wx\"t'\\3Qh`z[9]\\k\"v&8'm";
    let auditor = knowing(secret);
    let (one, rest) = secret.split_at(8);
    let (two, three) = rest.split_at(8);
    let literal = |piece: &str| serde_json::to_string(piece).unwrap();
    let (one, two, three) = (literal(one), literal(two), literal(three));
    for text in [
        format!("keep([{one}, {two}, {three}].join(\"\"))"),
        format!("keep({one} + {two} + {three})"),
        format!("keep({one}.concat({two}, {three}))"),
    ] {
        assert!(known_in(&auditor, secret, text.as_bytes()), "{text}");
    }
}

#[test]
fn a_hash_is_as_good_where_the_value_stands_by_itself() {
    let secret = Secrets::new(12).base64url();
    let salt = [7; 16];
    let sha256 = Sha256::new().chain_update(salt).chain_update(&secret).finalize();
    let hash = format!("sha256:{}:{}:{}", hex(&salt), secret.len(), hex(&sha256));
    let mut settings = Settings::new(today());
    settings.known.push(Known::hashed("CI", &hash).unwrap());
    let auditor = Auditor::new(settings).unwrap();
    let base64 = String::from_utf8(to_base64(secret.as_bytes(), false)).unwrap();
    let (one, two) = secret.split_at(20);
    for text in [
        format!("a='{secret}'"),
        format!("a=client_secret_{secret}_x"),
        format!("atob('{base64}')"),
        format!("x='{base64}'"),
        format!("x='{}'", hex(secret.as_bytes())),
        format!("'{one}'+'{two}'"),
    ] {
        assert!(known_in(&auditor, &secret, text.as_bytes()), "{text}");
    }
    assert!(!known_in(&auditor, &secret, one.as_bytes()));
}

#[test]
fn settings_that_can_not_be_used_say_why_and_show_no_value() {
    let error = Known::plain("X", "short").unwrap_err();
    assert_eq!(error, SettingsError::TooShort { name: "X".into() });
    assert!(error.to_string().contains("X is shorter"));
    assert!(matches!(
        Known::plain("X", &"a".repeat(5000)),
        Err(SettingsError::TooLong { .. })
    ));
    let good = "a".repeat(64);
    for hash in [
        "",
        "sha256:00:9:00",
        &format!("sha256:0011223344556677:9:{}", "g".repeat(64)),
        &format!("sha256:00112233445566:9:{good}"),
        &format!("md5:0011223344556677:9:{good}"),
        &format!("sha256:0011223344556677:x:{good}"),
    ] {
        assert!(
            matches!(Known::hashed("X", hash), Err(SettingsError::KnownHash { .. })),
            "{hash}"
        );
    }
    assert!(matches!(
        Known::hashed("X", &format!("sha256:0011223344556677:7:{good}")),
        Err(SettingsError::TooShort { .. })
    ));

    let mut settings = Settings::new(today());
    settings.known.push(Known::plain("X", "very-secret").unwrap());
    settings.public.push("very-secret".into());
    assert!(
        !format!("{settings:?}")
            .replace("\"very-secret\"]", "")
            .contains("very-secret")
    );
    assert_eq!(
        Auditor::new(settings).unwrap_err(),
        SettingsError::KnownIsPublic { name: "X".into() }
    );
}
