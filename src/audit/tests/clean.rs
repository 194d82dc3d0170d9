//! What looks like a secret and is none.

use super::super::{Settings, Severity};
use super::{Auditor, Secrets, auditor, errors, today, worst};

#[test]
fn what_is_no_secret_is_no_error() {
    let secrets = &mut Secrets::new(4);
    let (hex, base64) = (secrets.hex(), secrets.base64url());
    for text in [
        "client_secret: \"<your client secret>\"".to_owned(),
        "client_secret: '${CLIENT_SECRET}'".to_owned(),
        "client_secret: process.env.CLIENT_SECRET, client_id: '@h'".to_owned(),
        "client_secret: process.env.CLIENT_SECRET, clientId: \"@h\"".to_owned(),
        "{client_secret:e,client_id:\"@h\"}".to_owned(),
        "p.set('client_secret', e.get('s')), p.set('client_id', '@h')".to_owned(),
        "client_secret: 'your-client-secret-which-you-find-in-the-portal'".to_owned(),
        "client_secret: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"".to_owned(),
        "client_secret: 'client_secret_is_missing_in_the_request'".to_owned(),
        "const STORAGE_KEY=\"procore.auth.v1.transaction\"".to_owned(),
        "token_endpoint_auth_methods:[\"client_secret_post\",\"client_secret_basic\",\"client_secret_jwt\"]".to_owned(),
        "client_secret_expires_at: 1577858400".to_owned(),
        "clientSecretHash: '@h'".to_owned(),
        "function f(clientSecret){return g(clientSecret)}".to_owned(),
        "the secretary of @h".to_owned(),
        "integrity=\"sha256-@h=\"".to_owned(),
        "{\"resolved\":\"https://login.procore.com\",\"integrity\":\"sha512-@h@h\"}".to_owned(),
        "fetch('https://login.procore.com/oauth/authorize?client_id=@h&state=@h&code_challenge=@b')".to_owned(),
        "createProcoreAuth({credentials:{production:{clientId:\"@h\",redirectUris:[\"https://login.procore.com\"]}}})"
            .to_owned(),
        "code_verifier=\"@b\";u='/oauth/token'".to_owned(),
        "verifier: \"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\", u: '/oauth/token'".to_owned(),
        "import('./chunk-@h.js');u='/oauth/token'".to_owned(),
        "commit: '@h', server: 'https://login.procore.com'".to_owned(),
        // axios.
        "e.auth&&(n.Authorization=\"Basic \"+btoa((e.auth.username||\"\")+\":\"+(e.auth.password||\"\")))".to_owned(),
        // RFC 7617 §2 and RFC 2617 §2.
        "Authorization: Basic dGVzdDoxMjPCow==; Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(),
        "Basic Construction and Builders of Tomorrow".to_owned(),
        "https://user:password@example.com https://user:${password}@example.com".to_owned(),
        "type=\"password\" autocomplete='current-password' PASSWORD_MIN_LENGTH=8".to_owned(),
        "grant_types_supported: ['authorization_code','client_credentials']".to_owned(),
        "secret: 'a short one', secret: 42, secret".to_owned(),
    ] {
        let text = text.replace("@h", &hex).replace("@b", &base64);
        let report = auditor().audit("dist/app.js", text.as_bytes());
        assert!(errors(&report).is_empty(), "{text}: {:?}", report.findings);
    }
}

#[test]
fn values_named_public_are_public_by_exact_value_only() {
    let mut secrets = Secrets::new(5);
    let (id, other) = (secrets.hex(), secrets.hex());
    let mut settings = Settings::new(today());
    settings.public.push(id.clone());
    let auditor = Auditor::new(settings).unwrap();
    let report = auditor.audit("a.js", format!("u='/oauth/token';i='{id}'").as_bytes());
    assert_eq!(report.findings, []);
    let report = auditor.audit("a.js", format!("i='{id}';j='{other}'").as_bytes());
    let finding = worst(&report).unwrap();
    assert_eq!(
        (finding.kind.id(), finding.severity),
        ("secret-beside-procore", Severity::Error)
    );
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn a_digest_without_anything_near_it_is_for_information_and_few_are_told() {
    let mut secrets = Secrets::new(6);
    let text: String = (0..100).map(|_| format!("'{}',\n", secrets.hex())).collect();
    let report = auditor().audit("a.js", text.as_bytes());
    assert_eq!(worst(&report).unwrap().severity, Severity::Info);
    assert_eq!(report.findings.len(), 5);
    let report = auditor().audit("SHA256SUMS", text.replace('\'', "").as_bytes());
    assert_eq!(report.findings, []);
}

#[test]
fn prose_may_name_a_variable_and_have_no_value() {
    let secret = Secrets::new(7).hex();
    let text = "Never call it `VITE_CLIENT_SECRET`, nor `process.env.PROCORE_CLIENT_SECRET`.";
    let report = auditor().audit("README.md", text.as_bytes());
    assert_eq!(worst(&report).unwrap().severity, Severity::Info);
    assert_eq!(report.findings.len(), 2);
    let report = auditor().audit("README.md", format!("VITE_CLIENT_SECRET={secret}").as_bytes());
    assert_eq!(worst(&report).unwrap().severity, Severity::Error);
}
