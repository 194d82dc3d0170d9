//! What only a confidential client does, keys, and what lets secrets into a build.

use super::super::{Kind, Severity};
use super::{Secrets, auditor, worst};

#[test]
fn what_only_a_confidential_client_does() {
    for (text, kind, severity) in [
        (
            "fetch('https://login.procore.com/oauth/token',{body:'grant_type=client_credentials'})",
            Kind::ConfidentialFlow,
            Severity::Error,
        ),
        (
            "procore;b.append(\"grant_type\",\"password\")",
            Kind::ConfidentialFlow,
            Severity::Error,
        ),
        (
            "procore({grantType:'client_credentials'})",
            Kind::ConfidentialFlow,
            Severity::Error,
        ),
        (
            "procore({grant_type:\"urn:ietf:params:oauth:grant-type:jwt-bearer\"})",
            Kind::ConfidentialFlow,
            Severity::Error,
        ),
        (
            "procore('client_assertion_type=urn%3Aietf%3Aparams')",
            Kind::ConfidentialFlow,
            Severity::Error,
        ),
        (
            "import { token, refresh } from '@procore/js-sdk'",
            Kind::ConfidentialFlow,
            Severity::Error,
        ),
        (
            "/* procore */h=\"Basic \"+btoa(`${clientId}:${clientSecret}`)",
            Kind::ConfidentialFlow,
            Severity::Error,
        ),
        // Others' clients may do so, or a library that has it for servers.
        (
            "b.append('grant_type','client_credentials')",
            Kind::ConfidentialFlow,
            Severity::Info,
        ),
        (
            "const credentials = btoa(`${clientId}:${clientSecret}`)",
            Kind::ConfidentialFlow,
            Severity::Info,
        ),
        (
            "import.meta.env.VITE_PROCORE_CLIENT_SECRET",
            Kind::EnvExposure,
            Severity::Error,
        ),
        (
            "process.env.NEXT_PUBLIC_DB_PASSWORD",
            Kind::EnvExposure,
            Severity::Error,
        ),
        ("x.REACT_APP_PRIVATE_STUFF", Kind::EnvExposure, Severity::Warning),
        (
            "process.env.PROCORE_CLIENT_SECRET",
            Kind::EnvExposure,
            Severity::Warning,
        ),
        (
            "window.__ENV={API:\"x\",CLIENT_SECRET:\"short-one\"}",
            Kind::EnvExposure,
            Severity::Error,
        ),
    ] {
        let report = auditor().audit("dist/app.js", text.as_bytes());
        let finding = worst(&report).unwrap_or_else(|| panic!("nothing in {text}"));
        assert_eq!((finding.kind, finding.severity), (kind, severity), "{text}");
    }
}

#[test]
fn keys_and_assertions() {
    let mut secrets = Secrets::new(2);
    let body: Vec<_> = (0..6).map(|_| secrets.hex()).collect();
    let marker = ["-----BEGIN", "PRIVATE KEY-----"];
    for text in [
        format!(
            "{} RSA {}\n{}\n-----END RSA {}",
            marker[0],
            marker[1],
            body.join("\n"),
            marker[1]
        ),
        format!(
            "k=\"{} {}\\n{}\\n-----END {}\"",
            marker[0],
            marker[1],
            body.join("\\n"),
            marker[1]
        ),
        format!(
            "k=\"{} {}\\n\"+\n\"{}\\n\"+\"-----END {}\"",
            marker[0],
            marker[1],
            body.join("\\n\"+\n\""),
            marker[1]
        ),
    ] {
        let report = auditor().audit("a.js", text.as_bytes());
        assert_eq!(worst(&report).unwrap().kind, Kind::PrivateKey, "{text}");
    }
    // A library that reads keys knows how they begin.
    let reader = format!(
        "x.startsWith(\"{} {}\")&&x.endsWith('-----END {}')",
        marker[0], marker[1], marker[1]
    );
    assert_eq!(auditor().audit("a.js", reader.as_bytes()).findings, []);

    let token = format!(
        "eyJ{}.eyJ{}.{}",
        secrets.base64url(),
        secrets.base64url(),
        secrets.base64url()
    );
    let report = auditor().audit("a.js", format!("b.set('client_assertion','{token}')").as_bytes());
    assert_eq!(worst(&report).unwrap().kind, Kind::ConfidentialFlow);
}

#[test]
fn settings_of_bundlers_and_env_files() {
    let secret = Secrets::new(3).hex();
    for (path, text, kind) in [
        (
            "vite.config.ts",
            "export default {envPrefix: ''}".to_owned(),
            Kind::EnvExposure,
        ),
        (
            "vite.config.js",
            "define: { __S__: JSON.stringify(process.env.PROCORE_SECRET) }".to_owned(),
            Kind::EnvExposure,
        ),
        (
            "next.config.mjs",
            "module.exports={env:{A:1,CLIENT_SECRET:process.env.CLIENT_SECRET}}".to_owned(),
            Kind::EnvExposure,
        ),
        (
            "webpack.config.js",
            "new webpack.EnvironmentPlugin(['CLIENT_SECRET'])".to_owned(),
            Kind::EnvExposure,
        ),
        (
            "src/environments/environment.prod.ts",
            "export const environment = { dbPassword: 'x' }".to_owned(),
            Kind::EnvExposure,
        ),
        ("a.tgz!package/.env", "API_TOKEN=abcdef\n".to_owned(), Kind::EnvFile),
        (
            "dist/.env.production",
            format!("PROCORE_CLIENT_SECRET={secret}"),
            Kind::ClientSecret,
        ),
    ] {
        let report = auditor().audit(path, text.as_bytes());
        assert!(
            report.findings.iter().any(|finding| finding.kind == kind),
            "{path}: {:?}",
            report.findings
        );
        assert_eq!(worst(&report).unwrap().severity, Severity::Error, "{path}");
    }
    let report = auditor().audit("dist/.env", b"PUBLIC_URL=/\n");
    assert_eq!(worst(&report).unwrap().severity, Severity::Warning);
    assert_eq!(auditor().audit(".env.example", b"CLIENT_SECRET=abcdef\n").findings, []);
}
