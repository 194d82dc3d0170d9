//! What is larger than anything genuine is refused by its size, before it costs anything: each reader has its bound.

use super::support::{
    REFRESH_1, TOKEN_URL, TOKENS, assert_post, at, client, client_of, json, record, renewal, signed_in,
};
use procore_spa_auth::error::{Code, Error};
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::environment::EnvironmentName;
use procore_spa_auth::protocol::http::{HttpOutcome, MAX_BODY};
use procore_spa_auth::protocol::pending_authorization::{MAX_RECORD, PendingAuthorization};
use procore_spa_auth::protocol::url::MAX_URL;

/// An object with so many members more.
fn with_members(object: &str, count: usize) -> String {
    let more: String = (0..count).map(|at| format!(",\"k{at}\":0")).collect();
    format!("{}{more}}}", object.strip_suffix('}').unwrap())
}

/// An object of exactly this length: white space is of no meaning.
fn of_length(object: &str, length: usize) -> String {
    format!("{object}{}", " ".repeat(length - object.len()))
}

fn code_of<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().map(|error| error.code())
}

#[test]
fn a_stored_record_has_a_bound() {
    let corrupt = Some(Code::StorageCorrupt);
    let pending = record(&client());
    let read = |record: &str| code_of(PendingAuthorization::from_record(record));
    assert_eq!(read(&of_length(&pending, MAX_RECORD)), None);
    assert_eq!(read(&of_length(&pending, MAX_RECORD + 1)), corrupt);
    assert_eq!(read(&with_members(&pending, 60_000)), corrupt);

    let session = signed_in(TOKENS).save(at(1)).unwrap();
    let restored = |record: &str| code_of(client().restore(record, false, at(2)));
    assert_eq!(restored(&of_length(&session, MAX_RECORD)), None);
    assert_eq!(restored(&of_length(&session, MAX_RECORD + 1)), corrupt);
    assert_eq!(restored(&with_members(&session, 60_000)), corrupt);
}

#[test]
fn the_session_of_the_longest_answer_can_be_kept() {
    // What a record escapes is longest there: a quote of two bytes in the answer has six in the record.
    let token = "\\\"".repeat((MAX_BODY / 2 - 200) / 2);
    let token = token.get(..2 * 16 * 1024).unwrap_or(&token);
    let answer = format!(r#"{{"access_token":"{token}","refresh_token":"RT1","token_type":"bearer"}}"#);
    let session = signed_in(&answer).save(at(1)).unwrap();
    let mut again = client();
    again.restore(&session, false, at(2)).unwrap();
    assert_post(&renewal(&mut again), TOKEN_URL, REFRESH_1);
}

#[test]
fn options_have_a_bound_and_a_long_target_costs_only_the_way_back() {
    const MAX_OPTIONS: usize = 1024 * 1024;
    let client = client();
    let page = || parse_url("https://app.example/", None);
    let config = |options: &str| code_of(Config::parse(options, page(), parse_url));
    let options = super::support::OPTIONS;
    assert_eq!(config(&of_length(options, MAX_OPTIONS)), None);
    assert_eq!(config(&of_length(options, MAX_OPTIONS + 1)), Some(Code::ConfigInvalid));
    assert_eq!(config(&with_members(options, 60_000)), Some(Code::ConfigInvalid));
    let server = |server: &str| {
        let config = Config::new(
            EnvironmentName::Production,
            "CID",
            &["https://app.example/"],
            page(),
            parse_url,
        );
        code_of(config.unwrap().with_server(server))
    };
    assert_eq!(server(&of_length("{}", MAX_OPTIONS)), None);
    assert_eq!(server(&of_length("{}", MAX_OPTIONS + 1)), Some(Code::ConfigInvalid));

    let sign_in = |options: &str| SignInOptions::parse(options, client.config());
    assert_eq!(
        code_of(sign_in(&of_length("{}", MAX_OPTIONS + 1))),
        Some(Code::ConfigInvalid)
    );
    let target = format!("/{}", "x".repeat(MAX_URL));
    let options = sign_in(&format!(r#"{{"returnTo":"{target}"}}"#)).unwrap();
    let request = client
        .begin_sign_in(&options, super::support::entropy(), at(0).wall)
        .unwrap();
    assert_eq!(
        request.warning.map(|warning| warning.code()),
        Some(Code::ReturnToRejected)
    );
    assert!(request.pending.to_record().contains(r#""returnTo":"/""#));
}

#[test]
fn a_server_is_listened_to_up_to_a_bound() {
    let issuer = r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/authorize",
        "token_endpoint":"https://as.example/token","revocation_endpoint":"https://as.example/revoke"}"#;
    let discovered = |metadata: &str| {
        let mut client = client_of(
            r#"{"credentials":{"production":{"clientId":"CID","redirectUris":["https://app.example/cb"]}},
            "servers":{"production":{"customAuthorizationServer":true,"discover":true,"issuer":"https://as.example",
            "apiOrigin":"https://api.example"}}}"#,
        );
        let exchange = client.begin_discovery().unwrap();
        code_of(client.settle(exchange, json(200, metadata), at(0)))
    };
    assert_eq!(discovered(&with_members(issuer, 100)), None);
    assert_eq!(discovered(&with_members(issuer, 300)), Some(Code::ConfigInvalid));
    assert_eq!(
        discovered(&format!("{}{issuer}", " ".repeat(MAX_BODY))),
        Some(Code::ConfigInvalid)
    );

    let mut client = signed_in(TOKENS);
    let exchange = renewal(&mut client);
    let HttpOutcome::Answer(answer) = json(200, &with_members(TOKENS, 5_000)) else {
        panic!("an answer");
    };
    assert!(answer.body.len() < MAX_BODY, "within the bound of bodies");
    let error = client.settle(exchange, HttpOutcome::Answer(answer), at(1)).unwrap_err();
    assert_eq!(
        error.code(),
        Code::ReauthRequired,
        "no more than any other malformed answer"
    );
}

#[test]
fn a_page_may_have_a_url_of_any_length() {
    let client = client();
    let parsed = |url: &str| code_of(AuthorizationResponse::parse(url, client.config()));
    let long = "&x".repeat(MAX_URL);
    assert_eq!(parsed(&format!("https://app.example/other?code=C1{long}")), None);
    assert_eq!(
        parsed(&format!("https://app.example/cb?tenant=a%20b&code=C1{long}")),
        Some(Code::ResponseTooLarge)
    );
}
