//! The shapes in which a client secret is written into an app, without the auditor knowing it.

use super::super::bytes::to_base64;
use super::super::{Kind, Severity};
use super::{Secrets, auditor, worst};

/// Each with `$` for the secret and the kind that is found.
const SHAPES: &[(&str, &str, Kind)] = &[
    ("json", r#"{"client_id":"x","client_secret":"$"}"#, Kind::ClientSecret),
    ("property", "const o = {\n  clientSecret: '$',\n};", Kind::ClientSecret),
    (
        "minified",
        r#"var a={grant_type:"x",client_secret:"$"};"#,
        Kind::ClientSecret,
    ),
    ("backtick", "c.clientSecret=`$`", Kind::ClientSecret),
    ("variable", "const CLIENT_SECRET = \"$\";", Kind::ClientSecret),
    (
        "typed variable",
        "export const procoreClientSecret: string = '$';",
        Kind::ClientSecret,
    ),
    ("bracket", r#"a["client_secret"]="$""#, Kind::ClientSecret),
    ("pair", r#"new Map([["client_secret","$"]])"#, Kind::ClientSecret),
    ("list", r#"{client_secret:["$"]}"#, Kind::ClientSecret),
    ("append", r#"f.append("client_secret","$")"#, Kind::ClientSecret),
    ("set", "p.set('client_secret', '$')", Kind::ClientSecret),
    (
        "URL",
        "fetch('https://x.example/t?client_secret=$&a=b')",
        Kind::ClientSecret,
    ),
    (
        "form, last",
        "body:\"grant_type=x&client_secret=$\"",
        Kind::ClientSecret,
    ),
    ("URL-encoded", "u=\"a%26client_secret%3D$%26b\"", Kind::ClientSecret),
    (
        "URL-encoded twice",
        "u=\"a%2526client_secret%253D$%2526b\"",
        Kind::ClientSecret,
    ),
    ("URL-encoded name", "client%5Fsecret=$", Kind::ClientSecret),
    ("curl", "curl -F client_secret=$ https://x.example", Kind::ClientSecret),
    ("option", "npx x --client-secret $", Kind::ClientSecret),
    (
        "JSON in a string",
        r#"b='{\"client_secret\":\"$\"}'"#,
        Kind::ClientSecret,
    ),
    (
        "JSON in JSON",
        r#"{"a":"{\"b\":\"{\\\"client_secret\\\":\\\"$\\\"}\"}"}"#,
        Kind::ClientSecret,
    ),
    (
        "HTML",
        r#"<input type="hidden" name="client_secret" value="$">"#,
        Kind::ClientSecret,
    ),
    (
        "HTML, the other way round",
        r#"<input value="$" type="hidden" name="client_secret">"#,
        Kind::ClientSecret,
    ),
    (
        "HTML, meta",
        r#"<meta name="client-secret" content="$">"#,
        Kind::ClientSecret,
    ),
    ("HTML, data", "<div data-client-secret='$'>", Kind::ClientSecret),
    (
        "HTML, escaped",
        "<a title='{&quot;client_secret&quot;:&quot;$&quot;}'>",
        Kind::ClientSecret,
    ),
    (
        "a field that is made",
        "e.name=\"client_secret\",e.value=\"$\",f.append(e)",
        Kind::ClientSecret,
    ),
    (
        "a field that is made, by its attributes",
        "e.setAttribute('name', 'client_secret');\n  e.setAttribute('value', '$');",
        Kind::ClientSecret,
    ),
    ("XML", "<client_secret>$</client_secret>", Kind::ClientSecret),
    (
        "multipart",
        "Content-Disposition: form-data; name=\"client_secret\"\r\n\r\n$\r\n--x",
        Kind::ClientSecret,
    ),
    (
        "multipart, in a string",
        r#"b="form-data; name=\"client_secret\"\r\n\r\n$\r\n--x""#,
        Kind::ClientSecret,
    ),
    ("sum", "client_secret:\"@1\"+\"@2\"", Kind::ClientSecret),
    ("sum over lines", "client_secret: '@1' +\n    '@2'", Kind::ClientSecret),
    ("concat", "client_secret:\"@1\".concat(\"@2\")", Kind::ClientSecret),
    ("join", "client_secret:[\"@1\",\"@2\"].join(\"\")", Kind::ClientSecret),
    ("template", "`grant_type=x&client_secret=${\"$\"}`", Kind::ClientSecret),
    ("template in pieces", "client_secret:`${\"@1\"}@2`", Kind::ClientSecret),
    ("atob", "client_secret:atob(\"@b64\")", Kind::ClientSecret),
    (
        "char codes",
        "client_secret:String.fromCharCode(@codes)",
        Kind::ClientSecret,
    ),
    (
        "char codes, mapped",
        "client_secret:[@codes].map(c=>String.fromCharCode(c)).join('')",
        Kind::ClientSecret,
    ),
    (
        "reversed",
        "client_secret:\"@rev\".split(\"\").reverse().join(\"\")",
        Kind::ClientSecret,
    ),
    ("escapes", "client_secret:\"@x\"", Kind::ClientSecret),
    ("name in pieces", "a[\"client_\"+\"secret\"]=\"$\"", Kind::ClientSecret),
    ("name escaped", "{\"client\\x5fsecret\":\"$\"}", Kind::ClientSecret),
    (
        "name in entities",
        "<i name='client&#95;secret' value='$'>",
        Kind::ClientSecret,
    ),
    ("condition", "client_secret:e?\"$\":\"\"", Kind::ClientSecret),
    (
        "condition, else",
        "client_secret: isSandbox ? undefined : \"$\"",
        Kind::ClientSecret,
    ),
    ("fallback", "client_secret:process.env.X||\"$\"", Kind::ClientSecret),
    (
        "renamed variable",
        "const t=\"$\",n=1;f({client_id:e,client_secret:t})",
        Kind::ClientSecret,
    ),
    (
        "renamed and appended",
        "let s='$';b.append('client_secret', s)",
        Kind::ClientSecret,
    ),
    (
        "renamed in pieces",
        "var s='@1'+'@2';b.append('client_secret', s)",
        Kind::ClientSecret,
    ),
    ("YAML", "client_secret: $\nother: 1\n", Kind::ClientSecret),
    (".env", "PROCORE_CLIENT_SECRET=$\n", Kind::ClientSecret),
    ("Vite", "VITE_CLIENT_SECRET=$", Kind::ClientSecret),
    (
        "Next",
        "e.env={NEXT_PUBLIC_PROCORE_CLIENT_SECRET:\"$\"}",
        Kind::ClientSecret,
    ),
    ("sample of Procore's", "dmsa_client_secret = '$'", Kind::ClientSecret),
    ("consumer", "consumerSecret:'$'", Kind::ClientSecret),
    (
        "secret key beside Procore",
        "procore:{secretKey:'$'}",
        Kind::ClientSecret,
    ),
    ("secret beside Procore", "procore={id:1,secret:'$'}", Kind::ClientSecret),
    ("Basic", "Authorization: \"Basic @basic\"", Kind::BasicCredentials),
    (
        "Basic in pieces",
        "h={Authorization:\"Basic \"+\"@basic\"}",
        Kind::BasicCredentials,
    ),
    (
        "btoa",
        "h.Authorization=\"Basic \"+btoa(\"my-id:$\")",
        Kind::BasicCredentials,
    ),
    (
        "btoa in pieces",
        "h.Authorization=\"Basic \"+btoa(\"my-id\"+\":\"+\"$\")",
        Kind::BasicCredentials,
    ),
    (
        "btoa of a variable",
        "const s=\"$\";h=\"Basic \"+btoa(id+\":\"+s)",
        Kind::BasicCredentials,
    ),
    (
        "btoa in a template",
        "h=`Basic ${btoa(`my-id:$`)}`",
        Kind::BasicCredentials,
    ),
    (
        "Buffer",
        "h='Basic '+Buffer.from('my-id:$').toString('base64')",
        Kind::BasicCredentials,
    ),
    (
        "URL with credentials",
        "fetch('https://my-id:$@api.procore.com/x')",
        Kind::BasicCredentials,
    ),
    (
        "beside the token endpoint",
        "const k='$';\nfetch('https://as.example/oauth/token')",
        Kind::SecretBesideProcore,
    ),
    (
        "beside the login server",
        "[\"$\",\"https://login.procore.com\"]",
        Kind::SecretBesideProcore,
    ),
    ("alone", "x=\"$\"", Kind::LoneShape),
];

#[test]
fn every_shape_is_found_in_each_of_procores() {
    let mut secrets = Secrets::new(1);
    let auditor = auditor();
    for (name, shape, kind) in SHAPES {
        for secret in [secrets.hex(), secrets.base64url()] {
            let text = written(shape, &secret);
            let report = auditor.audit("dist/app.js", text.as_bytes());
            let Some(finding) = worst(&report) else {
                panic!("{name}: nothing in {text}");
            };
            assert_eq!(finding.kind, *kind, "{name}: {text}");
            let expected = if *kind == Kind::LoneShape {
                Severity::Info
            } else {
                Severity::Error
            };
            assert_eq!(finding.severity, expected, "{name}");
            assert_eq!(
                finding.value,
                super::super::Redacted::new(secret.as_bytes()),
                "{name}: {text}"
            );
            assert!(!format!("{report:?}").contains(&secret), "{name}");
            assert_eq!(report.unread, [], "{name}");
        }
    }
}

/// `shape` with the secret in it.
fn written(shape: &str, secret: &str) -> String {
    let (one, two) = secret.split_at(secret.len() / 2);
    let codes: Vec<_> = secret.bytes().map(|byte| byte.to_string()).collect();
    let escaped: String = secret.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    let reversed: String = secret.chars().rev().collect();
    let base64 = |text: &str| String::from_utf8(to_base64(text.as_bytes(), false)).unwrap();
    shape
        .replace("@codes", &codes.join(","))
        .replace("@basic", &base64(&format!("my-id:{secret}")))
        .replace("@b64", &base64(secret))
        .replace("@rev", &reversed)
        .replace("@x", &escaped)
        .replace("@1", one)
        .replace("@2", two)
        .replace('$', secret)
        .replace(&format!("{secret}{{"), "${")
}

#[test]
fn both_ends_of_a_condition_are_found() {
    let mut secrets = Secrets::new(8);
    let (one, two) = (secrets.hex(), secrets.base64url());
    for text in [
        format!("client_secret: isLive ? '{one}' : '{two}'"),
        format!("client_secret:e.x?\"{one}\":\"{two}\",other:1"),
        format!("client_secret: '{one}' || '{two}'"),
        format!("client_secret:{{a:'{one}',b:'{two}'}}"),
    ] {
        let report = auditor().audit("a.js", text.as_bytes());
        assert_eq!(super::errors(&report).len(), 2, "{text}: {:?}", report.findings);
    }
}
