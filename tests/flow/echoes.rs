//! What a server says of an error is passed on, and no piece of what it was sent with it.

use super::support::{STATE, TOKENS, at, client, json, record, redeem, redeem_new, renewal, signed_in};
use procore_spa_auth::error::Error;

const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA/c+d";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const ACCESS_TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA.x-y_z~0";
const REFRESH_TOKEN: &str = "tGzv3JOkF0XG5Qx2TlKWIA.p-q_r~1";

/// What real servers say (Doorkeeper, oidc-provider, Django OAuth Toolkit, Authlib, ts-oauth2-server).
const ORDINARY: [&str; 7] = [
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
    "grant request is invalid",
    "The resource owner or authorization server denied the request.",
    "Invalid \"code\" in request.",
    "Check the `code_verifier` parameter",
    "Invalid refresh token",
    "The request is missing a required parameter, includes an unsupported parameter value, or is otherwise malformed.",
];

fn description(error: &Error) -> Option<&str> {
    error.oauth().unwrap().description.as_deref()
}

fn refusal(said: &str) -> String {
    serde_json::json!({ "error": "invalid_grant", "error_description": said }).to_string()
}

/// Pieces of a secret as servers write them into a sentence.
fn echoes(secret: &str) -> Vec<String> {
    let piece = &secret[5..13];
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    vec![
        secret.into(),
        format!("Invalid value: {piece}"),
        format!("{}{secret}", "x".repeat(240)),
        secret.to_uppercase(),
        secret[1..].to_lowercase(),
        percent.clone(),
        percent.replace('%', "%25"),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        piece.bytes().map(|byte| format!("&#{byte};")).collect(),
        piece.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        piece.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ]
}

#[test]
fn a_refused_code_is_said_and_nothing_of_what_was_sent() {
    let refused = |said: &str| {
        let mut client = client();
        let code: String = url::form_urlencoded::byte_serialize(CODE.as_bytes()).collect();
        let exchange = redeem_new(&mut client, &format!("code={code}"), at(0)).unwrap();
        client.settle(exchange, json(400, &refusal(said)), at(1)).unwrap_err()
    };
    for said in ORDINARY {
        assert_eq!(description(&refused(said)), Some(said));
    }
    for secret in [CODE, VERIFIER, STATE] {
        for said in echoes(secret) {
            assert_eq!(description(&refused(&said)), None, "{said}");
        }
    }
}

#[test]
fn a_refused_renewal_is_said_and_nothing_of_either_token() {
    let tokens = TOKENS.replace("AT1", ACCESS_TOKEN).replace("RT1", REFRESH_TOKEN);
    let refused = |said: &str| {
        let mut client = signed_in(&tokens);
        let exchange = renewal(&mut client);
        client.settle(exchange, json(400, &refusal(said)), at(1)).unwrap_err()
    };
    for said in ORDINARY {
        assert_eq!(description(&refused(said)), Some(said));
    }
    for secret in [ACCESS_TOKEN, REFRESH_TOKEN] {
        for said in echoes(secret) {
            assert_eq!(description(&refused(&said)), None, "{said}");
        }
    }
}

#[test]
fn an_error_response_is_said_and_nothing_of_its_state_and_verifier() {
    let refused = |said: &str| {
        let mut client = client();
        let said: String = url::form_urlencoded::byte_serialize(said.as_bytes()).collect();
        let response = format!("error=access_denied&error_description={said}");
        let record = record(&client);
        redeem(&mut client, &record, &response, at(1)).unwrap_err()
    };
    for said in ORDINARY {
        assert_eq!(description(&refused(said)), Some(said));
    }
    for secret in [STATE, VERIFIER] {
        for said in echoes(secret) {
            assert_eq!(description(&refused(&said)), None, "{said}");
        }
    }
}
