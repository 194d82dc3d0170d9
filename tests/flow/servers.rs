//! Servers other than Procore's own: the token mediator, and endpoints from metadata.

use super::support::{OPTIONS, assert_refused, at, client_of, entropy, json, redeem, redeem_new};
use procore_spa_auth::error::Code;
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::client::{Client, Exchange, Progress};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};

#[test]
fn a_content_type_that_a_proxy_sends_again_is_one_all_the_same() {
    let tokens = r#"{"access_token":"AT1","token_type":"bearer"}"#;
    for (content_type, is_json) in [
        ("application/json, application/json", true),
        ("application/json; charset=utf-8, application/json;charset=UTF-8", true),
        ("text/html, application/json", true),
        ("application/json, text/html", false),
    ] {
        let mut client = client_of(OPTIONS);
        let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
        let answer = HttpResponse::new(200, content_type.into(), tokens.into());
        let settled = client.settle(exchange, HttpOutcome::Answer(answer), at(0));
        match settled {
            Ok(Progress::SignedIn { .. }) => assert!(is_json, "{content_type}"),
            other => {
                assert!(!is_json, "{content_type}");
                assert_eq!(other.unwrap_err().code(), Code::TokenBadContentType);
            }
        }
    }
}

#[test]
fn a_token_mediator_elsewhere_is_refused() {
    for path in [
        "https://evil.example/oauth/token",
        "//evil.example/token",
        "/\\evil.example",
        "/token?x=1",
        "/token#x",
        "https://u@app.example/t",
    ] {
        let options = OPTIONS.replacen(
            '{',
            &format!(r#"{{"tokenMediator":{},"#, serde_json::Value::from(path)),
            1,
        );
        let page = parse_url("https://app.example/", None);
        let code = Config::parse(&options, page, parse_url).unwrap_err().code();
        assert_eq!(code, Code::ConfigEndpointOrigin, "{path}");
    }
}

const METADATA: &str = r#"{
    "issuer": "https://as.example/tenant",
    "authorization_endpoint": "https://as.example/authorize?kind=spa",
    "token_endpoint": "https://as.example/token",
    "revocation_endpoint": "https://as.example/revoke",
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
    "authorization_response_iss_parameter_supported": true
}"#;

fn to_discover() -> (Client, Exchange) {
    let server = r#"{"servers":{"production":{"customAuthorizationServer":true,"discover":true,
        "issuer":"https://as.example/tenant","apiOrigin":"https://api.as.example"}},"#;
    let client = client_of(&OPTIONS.replacen('{', server, 1));
    let exchange = client.begin_discovery().unwrap();
    // RFC 8414 §3.1: the well-known part goes between host and path.
    assert_eq!(
        exchange.request.url,
        "https://as.example/.well-known/oauth-authorization-server/tenant"
    );
    assert!(exchange.request.body.is_none() && exchange.request.authorization.is_none());
    (client, exchange)
}

#[test]
fn discovered_endpoints_are_used() {
    let (mut client, exchange) = to_discover();
    assert!(matches!(
        client.settle(exchange, json(200, METADATA), at(0)),
        Ok(Progress::Discovered)
    ));
    assert!(client.begin_discovery().is_none());
    let login = client
        .begin_sign_in(&SignInOptions::new(client.config()), entropy(), at(0).wall)
        .unwrap();
    assert!(
        login
            .url
            .starts_with("https://as.example/authorize?kind=spa&response_type=code&client_id=CID&")
    );
    let record = login.pending.to_record().to_string();
    // The server says that it always names itself (RFC 9207 §3).
    assert_eq!(
        redeem(&mut client, &record, "code=C1", at(1)).unwrap_err().code(),
        Code::IssMissing
    );
    let exchange = redeem(
        &mut client,
        &record,
        "code=C1&iss=https%3A%2F%2Fas.example%2Ftenant",
        at(1),
    )
    .unwrap();
    assert_eq!(exchange.request.url, "https://as.example/token");
}

#[test]
fn metadata_that_is_not_the_issuers_own_is_discarded() {
    for (from, to, code) in [
        (
            r#""https://as.example/tenant""#,
            r#""https://as.example/tenant/""#,
            Code::IssuerChanged,
        ),
        (
            r#""https://as.example/tenant""#,
            r#""https://evil.example""#,
            Code::IssuerChanged,
        ),
        (r#""issuer": "https://as.example/tenant","#, "", Code::IssuerChanged),
        (
            "https://as.example/token",
            "http://as.example/token",
            Code::ConfigEndpointNotHttps,
        ),
        (
            "https://as.example/token",
            "https://evil.example/token",
            Code::ConfigEndpointOrigin,
        ),
        (
            "https://as.example/authorize?kind=spa",
            "https://evil.example/authorize",
            Code::ConfigEndpointOrigin,
        ),
        (
            "https://as.example/revoke",
            "https://as.example:444/revoke",
            Code::ConfigEndpointOrigin,
        ),
        (
            "https://as.example/token",
            "https://u:p@as.example/token",
            Code::ConfigEndpointUserinfo,
        ),
        ("kind=spa", "client_id=EVIL", Code::ConfigEndpointReservedParam),
        (
            r#""token_endpoint": "https://as.example/token","#,
            "",
            Code::ConfigInvalid,
        ),
        (
            r#""issuer""#,
            r#""require_pushed_authorization_requests":true,"issuer""#,
            Code::ConfigInvalid,
        ),
        (
            r#""issuer""#,
            r#""client_secret":"leak","issuer""#,
            Code::ConfigSecretForbidden,
        ),
        (
            r#""issuer""#,
            r#""issuer":"https://as.example/tenant","issuer""#,
            Code::ConfigInvalid,
        ),
        ("{", "[{", Code::ConfigInvalid),
    ] {
        let (mut client, exchange) = to_discover();
        let changed = METADATA.replacen(from, to, 1);
        assert_ne!(changed, METADATA);
        assert_refused(&client.settle(exchange, json(200, &changed), at(0)), code);
        assert!(client.begin_discovery().is_some(), "nothing of it is kept: {to}");
    }
    let html = HttpResponse::new(200, "text/html".to_owned(), METADATA.into());
    for (outcome, code) in [
        (json(404, METADATA), Code::ConfigInvalid),
        (HttpOutcome::Answer(html), Code::ConfigInvalid),
        (HttpOutcome::NoAnswer, Code::NetworkError),
        (HttpOutcome::Redirected, Code::TokenEndpointRedirected),
    ] {
        let (mut client, exchange) = to_discover();
        assert_refused(&client.settle(exchange, outcome, at(0)), code);
        assert!(client.begin_discovery().is_some());
    }
}
