//! What the OpenID Foundation's conformance suite asks of a client, under the names of its modules: those that have a
//! counterpart for a client without ID tokens, PAR and client authentication.

use super::support::{
    OPTIONS, STATE, TOKENS, TOKENS_2, assert_refused, at, call, client, client_of, entropy, generation, header, json,
    judge, redeem, redeem_new, renewal, signed_in,
};
use procore_spa_auth::error::Code;
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::api_response::ApiAnswer;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::{Client, Exchange, Progress};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::session::Status;

#[test]
fn oidcc_client_test_a_public_client_proves_itself_by_its_verifier() {
    let mut client = client();
    let options = SignInOptions::new(client.config());
    let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
    // RFC 7636 appendix B has this challenge for this verifier.
    assert!(
        login
            .url
            .contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    );
    let record = login.pending.to_record().to_string();
    let exchange = redeem(&mut client, &record, "code=C1", at(1)).unwrap();
    let body = exchange.request.body.as_ref().unwrap().expose();
    assert!(body.ends_with("&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=CID"));
    assert!(exchange.request.authorization.is_none() && !body.contains("secret"));
}

const METADATA: &str = r#"{
    "issuer": "https://as.example",
    "authorization_endpoint": "https://as.example/authorize",
    "token_endpoint": "https://as.example/token",
    "revocation_endpoint": "https://as.example/revoke"
}"#;

fn discovering() -> (Client, Exchange) {
    let server = r#"{"servers":{"production":{"customAuthorizationServer":true,"discover":true,
        "issuer":"https://as.example","apiOrigin":"https://api.as.example"}},"#;
    let client = client_of(&OPTIONS.replacen('{', server, 1));
    let exchange = client.begin_discovery().unwrap();
    (client, exchange)
}

#[test]
fn oidcc_client_test_discovery_openid_config_is_used() {
    let (mut client, exchange) = discovering();
    assert!(matches!(
        client.settle(exchange, json(200, METADATA), at(0)),
        Ok(Progress::Discovered)
    ));
    let options = SignInOptions::new(client.config());
    let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
    assert!(login.url.starts_with("https://as.example/authorize?"));
    let record = login.pending.to_record().to_string();
    let exchange = redeem(&mut client, &record, "code=C1", at(1)).unwrap();
    assert_eq!(exchange.request.url, "https://as.example/token");
}

#[test]
fn oidcc_client_test_discovery_issuer_mismatch_is_refused() {
    for issuer in ["https://as.example/", "https://AS.example", "https://evil.example", ""] {
        let (mut client, exchange) = discovering();
        let metadata = METADATA.replacen("https://as.example", issuer, 1);
        assert_refused(
            &client.settle(exchange, json(200, &metadata), at(0)),
            Code::IssuerChanged,
        );
    }
}

#[test]
fn oidcc_client_test_form_post_error_is_one_of_the_configuration() {
    let options = OPTIONS.replacen('{', r#"{"responseMode":"form_post","#, 1);
    let page = parse_url("https://app.example/", None);
    let error = Config::parse(&options, page, parse_url).unwrap_err();
    assert_eq!(error.code(), Code::ConfigInvalid);
    let client = client();
    let options = SignInOptions::parse(r#"{"extraParams":{"response_mode":"form_post"}}"#, client.config());
    let begun = options.and_then(|options| client.begin_sign_in(&options, entropy(), at(0).wall));
    assert_eq!(begun.unwrap_err().code(), Code::ParamReserved);
}

#[test]
fn oidcc_client_test_userinfo_bearer_header_is_where_a_token_goes() {
    let mut client = signed_in(TOKENS);
    assert_eq!(header(&mut client, at(1)).as_deref(), Some("Bearer AT1"));
    for query in ["access_token=AT1", "%61ccess_token=", "a=1&access_token=x"] {
        let target = format!("/rest/v1.0/me?{query}");
        let error = ApiRequest::new(&target, None, client.config()).unwrap_err();
        assert_eq!(error.code(), Code::TokenInUrl);
    }
}

#[test]
fn oidcc_client_test_refresh_token_is_used_and_replaced() {
    let mut client = signed_in(TOKENS);
    for (sent, answer) in [("RT1", TOKENS_2), ("RT2", TOKENS)] {
        let exchange = renewal(&mut client);
        let body = exchange.request.body.as_ref().unwrap().expose();
        assert_eq!(
            body,
            format!("grant_type=refresh_token&refresh_token={sent}&client_id=CID")
        );
        assert!(matches!(
            client.settle(exchange, json(200, answer), at(1)),
            Ok(Progress::Refreshed)
        ));
    }
}

fn with_issuer(is_required: bool) -> Client {
    let said = if is_required { "required" } else { "optional" };
    client_of(&OPTIONS.replacen(
        '{',
        &format!(r#"{{"servers":{{"production":{{"issuer":"https://login.procore.com","issParameter":"{said}"}}}},"#),
        1,
    ))
}

#[test]
fn fapi2_security_profile_final_client_test_invalid_authorization_response_iss_is_refused() {
    for is_required in [true, false] {
        let mut client = with_issuer(is_required);
        assert!(redeem_new(&mut client, "code=C1&iss=https%3A%2F%2Flogin.procore.com", at(1)).is_ok());
        for iss in [
            "https%3A%2F%2Fevil.example",
            "https%3A%2F%2Flogin.procore.com%2F",
            "https%3A%2F%2FLOGIN.procore.com",
        ] {
            for response in ["code=C1", "error=access_denied"] {
                let error = redeem_new(&mut client, &format!("{response}&iss={iss}"), at(1)).unwrap_err();
                assert_eq!(error.code(), Code::IssMismatch, "{iss}");
            }
        }
    }
}

#[test]
fn fapi2_security_profile_final_client_test_remove_authorization_response_iss_is_refused() {
    let mut client = with_issuer(true);
    for response in ["code=C1", "code=C1&iss=", "error=access_denied"] {
        let error = redeem_new(&mut client, response, at(1)).unwrap_err();
        assert_eq!(error.code(), Code::IssMissing, "{response}");
    }
    assert!(redeem_new(&mut with_issuer(false), "code=C1", at(1)).is_ok());
}

fn judged(parameters: &str) -> Code {
    let client = client();
    let url = format!("https://app.example/cb?tenant=a%20b&{parameters}");
    let response = AuthorizationResponse::parse(&url, client.config()).unwrap().unwrap();
    let options = SignInOptions::new(client.config());
    let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
    let pending = PendingAuthorization::from_record(&login.pending.to_record()).unwrap();
    pending
        .accept(&response, client.config(), at(1).wall)
        .unwrap_err()
        .code()
}

#[test]
fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails() {
    assert_eq!(judged(&format!("code=C1&state={STATE}1")), Code::StateMismatch);
    assert_eq!(judged("error=access_denied&state=other"), Code::StateMismatch);
}

#[test]
fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails() {
    assert_eq!(judged("code=C1"), Code::StateMissing);
    assert_eq!(judged("error=access_denied"), Code::StateMissing);
}

#[test]
fn fapi2_security_profile_final_client_test_token_type_case_insensitivity() {
    for token_type in ["bearer", "Bearer", "BEARER", "bEaReR"] {
        let client = signed_in(&TOKENS.replace("\"bearer\"", &format!("\"{token_type}\"")));
        assert_eq!(client.session(at(1)).status, Status::Fresh, "{token_type}");
    }
}

#[test]
fn fapi2spfinalclienttesttokenendpointresponsewithoutexpiresin_is_good_for_a_while() {
    let mut client = signed_in(r#"{"access_token":"AT1","token_type":"bearer"}"#);
    assert_eq!(client.session(at(1)).status, Status::Fresh);
    assert_eq!(header(&mut client, at(1)).as_deref(), Some("Bearer AT1"));
    // Not for ever.
    assert_eq!(call(&mut client, at(86_400)).unwrap_err().code(), Code::ReauthRequired);
}

#[test]
fn fapi2_security_profile_final_client_refresh_token_test_renews_once_for_each_401() {
    let mut client = signed_in(TOKENS);
    for (now, answer, token) in [(100, TOKENS_2, "Bearer AT2"), (200, TOKENS, "Bearer AT1")] {
        let refused = generation(&mut client, at(now));
        assert_eq!(judge(&mut client, 401, refused, at(now)), ApiAnswer::RenewAndRetry);
        let exchange = renewal(&mut client);
        assert!(client.settle(exchange, json(200, answer), at(now)).is_ok());
        assert_eq!(header(&mut client, at(now)).as_deref(), Some(token));
    }
}

#[test]
fn fapi1_advanced_final_client_test_no_scope_in_token_endpoint_response_means_the_scope_asked_for() {
    let mut client = client_of(&OPTIONS.replacen('{', r#"{"scope":"read write","#, 1));
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    assert!(client.settle(exchange, json(200, TOKENS), at(0)).is_ok());
    assert_eq!(client.session(at(1)).scope.as_deref(), Some("read write"));
}
