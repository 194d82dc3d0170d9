//! Signing out: what is revoked, and what becomes of answers that come too late.

use super::support::{
    REVOKE_URL, TOKENS, TOKENS_2, assert_post, assert_refused, at, client, header, json, redeem_new, renewal, sign_in,
    signed_in,
};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::client::{Client, Exchange, Progress};
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::session::Status;

#[test]
fn answer_to_a_refresh_after_sign_out_is_revoked() {
    let mut client = signed_in(TOKENS);
    let late = renewal(&mut client);
    // The refresh token is on its way: only the access token is here to be revoked.
    let exchange = client.begin_sign_out().unwrap();
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=AT1&token_type_hint=access_token&client_id=CID",
    );
    assert!(matches!(
        client.settle(exchange, json(200, ""), at(100)),
        Ok(Progress::SignedOut { is_revoked: false })
    ));
    assert_late_tokens_are_revoked(&mut client, late);
}

#[test]
fn answer_to_a_code_after_sign_out_is_revoked() {
    let mut client = client();
    let late = redeem_new(&mut client, "code=C1", at(1)).unwrap();
    assert!(client.begin_sign_out().is_none(), "nobody is signed in yet");
    assert_late_tokens_are_revoked(&mut client, late);
}

fn assert_late_tokens_are_revoked(client: &mut Client, late: Exchange) {
    let Ok(Progress::Send(exchange)) = client.settle(late, json(200, TOKENS_2), at(101)) else {
        panic!("late tokens are not revoked");
    };
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=RT2&token_type_hint=refresh_token&client_id=CID",
    );
    let Ok(Progress::Send(exchange)) = client.settle(exchange, HttpOutcome::NoAnswer, at(102)) else {
        panic!("the late access token is not revoked");
    };
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=AT2&token_type_hint=access_token&client_id=CID",
    );
    assert_refused(&client.settle(exchange, json(200, ""), at(103)), Code::SessionEnded);
    assert_eq!(client.session(at(103)).status, Status::SignedOut);
}

#[test]
fn late_refusal_does_not_touch_the_next_session() {
    let mut client = signed_in(TOKENS);
    let late = renewal(&mut client);
    client.begin_sign_out().unwrap();
    sign_in(&mut client, TOKENS_2);
    assert_refused(
        &client.settle(late, json(400, r#"{"error":"invalid_grant"}"#), at(100)),
        Code::SessionEnded,
    );
    assert_eq!(header(&mut client, at(100)).as_deref(), Some("Bearer AT2"));
}

#[test]
fn a_server_that_can_not_be_told_leaves_the_revocation_pending() {
    for outcome in [
        HttpOutcome::NoAnswer,
        HttpOutcome::NotSent,
        json(503, ""),
        json(403, "{}"),
    ] {
        let mut client = signed_in(r#"{"access_token":"AT1","token_type":"bearer"}"#);
        let exchange = client.begin_sign_out().unwrap();
        assert_eq!(
            client.session(at(1)).status,
            Status::SignedOut,
            "wiped before it is sent"
        );
        let done = client.settle(exchange, outcome, at(1));
        assert!(matches!(done, Ok(Progress::SignedOut { is_revoked: false })));
    }
}

#[test]
fn a_sign_out_is_revoked_only_if_both_tokens_are() {
    for (first, second) in [(503, 200), (200, 503)] {
        let mut client = signed_in(TOKENS);
        let exchange = client.begin_sign_out().unwrap();
        let Ok(Progress::Send(exchange)) = client.settle(exchange, json(first, ""), at(1)) else {
            panic!("the access token is not revoked");
        };
        let done = client.settle(exchange, json(second, ""), at(1));
        assert!(matches!(done, Ok(Progress::SignedOut { is_revoked: false })));
    }
}
