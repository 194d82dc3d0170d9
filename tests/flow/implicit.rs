//! The implicit flow: no token is used before its audience is known.

use super::support::{OPTIONS, assert_refused, at, call, client_of, entropy, generation, header, json, judge, redeem};
use procore_spa_auth::error::{Code, Phase};
use procore_spa_auth::protocol::api_response::ApiAnswer;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::client::{Client, Exchange, Progress};
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::pending_authorization::Flow;
use procore_spa_auth::protocol::session::Status;

const FRAGMENT: &str = "#access_token=IT1&token_type=bearer&expires_in=5400&refresh_token=IR1";

fn begun() -> (Client, Exchange) {
    let options = OPTIONS.replacen(
        '{',
        r#"{"allowImplicit":"I accept that tokens in the URL can leak","#,
        1,
    );
    let mut client = client_of(&options);
    let login = client
        .begin_sign_in(&SignInOptions::new(client.config()), entropy(), at(0).wall)
        .unwrap();
    // An empty pair says nothing.
    assert_eq!(
        login.url.replace("?&", "?"),
        "https://login.procore.com/oauth/authorize?response_type=token&client_id=CID\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftenant%3Da%2520b\
         &state=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    );
    let record = login.pending.to_record().to_string();
    let exchange = redeem(&mut client, &record, FRAGMENT, at(1)).unwrap();
    (client, exchange)
}

#[test]
fn a_token_is_used_only_after_its_audience_is_known() {
    let (mut client, exchange) = begun();
    assert_eq!(client.session(at(1)).status, Status::SignedOut, "not before");
    assert_eq!(exchange.request.url, "https://login.procore.com/oauth/token/info");
    assert!(exchange.request.body.is_none());
    assert_eq!(exchange.request.authorization.as_ref().unwrap().expose(), "Bearer IT1");
    let info = r#"{"resource_owner_id":1,"scope":[],"expires_in":5400,"application":{"uid":"CID"}}"#;
    assert!(matches!(
        client.settle(exchange, json(200, info), at(2)),
        Ok(Progress::SignedIn { .. })
    ));
    let session = client.session(at(2));
    assert_eq!((session.flow, session.is_renewable), (Some(Flow::Implicit), false));
    assert!(client.save(at(2)).is_none(), "never stored");
    assert_eq!(header(&mut client, at(2)).as_deref(), Some("Bearer IT1"));
    let generation = generation(&mut client, at(2));
    assert_eq!(judge(&mut client, 401, generation, at(2)), ApiAnswer::Return);
    assert_eq!(call(&mut client, at(5402)).unwrap_err().code(), Code::ReauthRequired);
}

#[test]
fn a_token_of_another_application_is_not_used() {
    for (status, body) in [
        (200, r#"{"application":{"uid":"OTHER"}}"#),
        (200, r#"{"application":{"uid":null}}"#),
        (200, r#"{"application":"CID"}"#),
        (200, r#"{"client_id":"CID"}"#),
        (200, "[]"),
        (401, r#"{"application":{"uid":"CID"}}"#),
    ] {
        let (mut client, exchange) = begun();
        assert_refused(
            &client.settle(exchange, json(status, body), at(2)),
            Code::TokenAudienceMismatch,
        );
        assert_eq!(client.session(at(2)).status, Status::SignedOut, "{body}");
    }
    let (mut client, exchange) = begun();
    assert_refused(
        &client.settle(exchange, HttpOutcome::NoAnswer, at(2)),
        Code::NetworkError,
    );
    assert_eq!(client.session(at(2)).status, Status::SignedOut);
}

#[test]
fn a_scope_in_the_fragment_is_of_words_or_the_token_is_not_used() {
    let (mut client, _) = begun();
    let login = client
        .begin_sign_in(&SignInOptions::new(client.config()), entropy(), at(0).wall)
        .unwrap();
    let record = login.pending.to_record().to_string();
    for scope in ["a%22b", "read%0Awrite", "%C3%A9", &"a".repeat(4097)] {
        let error = redeem(&mut client, &record, &format!("{FRAGMENT}&scope={scope}"), at(1)).unwrap_err();
        assert_eq!((error.code(), error.phase()), (Code::TokenBadScope, Phase::Redirect));
    }
    assert!(redeem(&mut client, &record, &format!("{FRAGMENT}&scope=read+write"), at(1)).is_ok());
}
