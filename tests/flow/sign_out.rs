//! Signing out: what is revoked, and what becomes of answers that come too late.

use super::support::{
    INFO_URL, REFRESH_1, REVOKE_URL, TOKEN_URL, TOKENS, TOKENS_2, assert_post, assert_refused, assert_use, at, client,
    header, json, redeem_new, renewal, sign_in, signed_in,
};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::client::{Client, Exchange, Progress};
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::session::{SessionEvent, Status};
use procore_spa_auth::protocol::time::Moment;

#[test]
fn answer_to_a_refresh_after_sign_out_is_revoked() {
    let mut client = signed_in(TOKENS);
    let late = renewal(&mut client);
    // The refresh token is on its way: only the access token is here to be revoked.
    let exchange = client.begin_sign_out(at(1)).unwrap();
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
    assert!(client.begin_sign_out(at(1)).is_none(), "nobody is signed in yet");
    assert_late_tokens_are_revoked(&mut client, late);
}

fn assert_late_tokens_are_revoked(client: &mut Client, late: Exchange) {
    let Ok(Progress::Send(mut exchange)) = client.settle(late, json(200, TOKENS_2), at(101)) else {
        panic!("late tokens are not revoked");
    };
    if exchange.request.body.is_none() {
        assert_use(&exchange, "AT2");
        let Ok(Progress::Send(next)) = client.settle(exchange, json(200, "{}"), at(101)) else {
            panic!("late tokens are not revoked");
        };
        exchange = next;
    }
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=RT2&token_type_hint=refresh_token&client_id=CID",
    );
    let Ok(Progress::Send(exchange)) = client.settle(exchange, HttpOutcome::NoAnswer, at(102)) else {
        panic!("it is not sent once more");
    };
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
    client.begin_sign_out(at(1)).unwrap();
    sign_in(&mut client, TOKENS_2);
    assert_refused(
        &client.settle(late, json(400, r#"{"error":"invalid_grant"}"#), at(100)),
        Code::SessionEnded,
    );
    assert_eq!(header(&mut client, at(100)).as_deref(), Some("Bearer AT2"));
}

/// Sends until there is nothing left to send: every body, and whether the server has confirmed.
pub(crate) fn sent(
    client: &mut Client,
    now: Moment,
    mut answer: impl FnMut(&str) -> HttpOutcome,
) -> (Vec<String>, bool) {
    let mut exchange = client.begin_sign_out(now).unwrap();
    assert_eq!(client.session(now).status, Status::SignedOut, "wiped before it is sent");
    assert_eq!(client.take_event(), Some(SessionEvent::SignedOut));
    let mut bodies = Vec::new();
    loop {
        // The first use of a token has no body: it is told by its header.
        let body = exchange
            .request
            .body
            .as_ref()
            .or(exchange.request.authorization.as_ref());
        let body = body.unwrap().expose().to_owned();
        let url = match body.get(..6) {
            Some("Bearer") => INFO_URL,
            Some("token=") => REVOKE_URL,
            _ => TOKEN_URL,
        };
        assert_eq!(exchange.request.url, url);
        let outcome = answer(&body);
        bodies.push(body);
        match client.settle(exchange, outcome, now).unwrap() {
            Progress::Send(next) => exchange = next,
            Progress::SignedOut { is_revoked } => {
                assert_eq!(client.session(now).status, Status::SignedOut);
                assert_eq!(client.take_event(), None, "no answer changes anything");
                return (bodies, is_revoked);
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) const USE_AT2: &str = "Bearer AT2";
pub(crate) const REVOKE_RT1: &str = "token=RT1&token_type_hint=refresh_token&client_id=CID";
const REVOKE_AT1: &str = "token=AT1&token_type_hint=access_token&client_id=CID";
pub(crate) const REVOKE_RT2: &str = "token=RT2&token_type_hint=refresh_token&client_id=CID";
pub(crate) const REVOKE_AT2: &str = "token=AT2&token_type_hint=access_token&client_id=CID";

#[test]
fn a_server_that_can_not_be_told_leaves_the_revocation_pending() {
    type Outcome = fn() -> HttpOutcome;
    let lost: [Outcome; 3] = [|| HttpOutcome::NoAnswer, || HttpOutcome::TimedOut, || json(503, "")];
    for outcome in lost {
        // Once more, and then no more: neither for this token nor for the next.
        let (bodies, is_revoked) = sent(&mut signed_in(TOKENS), at(1), |_| outcome());
        assert_eq!(bodies, [REVOKE_RT1, REVOKE_RT1, REVOKE_AT1]);
        assert!(!is_revoked);
    }
    let refused: [Outcome; 5] = [
        || HttpOutcome::NotSent,
        || HttpOutcome::Redirected,
        || json(403, r#"{"error":"unauthorized_client"}"#),
        || json(401, ""),
        || json(500, ""),
    ];
    for outcome in refused {
        let (bodies, is_revoked) = sent(&mut signed_in(TOKENS), at(1), |_| outcome());
        assert_eq!(bodies, [REVOKE_RT1, REVOKE_AT1]);
        assert!(!is_revoked);
    }
}

#[test]
fn a_revocation_that_was_lost_is_sent_once_more() {
    for lost in [REVOKE_RT1, REVOKE_AT1] {
        let mut tries = 0;
        let (bodies, is_revoked) = sent(&mut signed_in(TOKENS), at(1), |body| {
            tries += usize::from(body == lost);
            if body == lost && tries == 1 {
                json(503, "")
            } else {
                json(200, "")
            }
        });
        assert_eq!((bodies.len(), tries, is_revoked), (3, 2, true));
    }
}

#[test]
fn a_sign_out_is_revoked_only_if_both_tokens_are() {
    for refused in [REVOKE_RT1, REVOKE_AT1] {
        let (bodies, is_revoked) = sent(&mut signed_in(TOKENS), at(1), |body| {
            json(if body == refused { 403 } else { 200 }, "")
        });
        assert_eq!(bodies, [REVOKE_RT1, REVOKE_AT1]);
        assert!(!is_revoked);
    }
}

#[test]
fn an_expired_session_is_renewed_once_to_be_revoked() {
    let unrotated = r#"{"access_token":"AT2","token_type":"bearer"}"#;
    for (renewed, then) in [
        (TOKENS_2, [USE_AT2, REVOKE_RT2, REVOKE_AT2].as_slice()),
        (unrotated, &[REVOKE_RT1, REVOKE_AT2]),
    ] {
        // From half a minute before its end: it may die on its way.
        for now in [at(5370), at(5400), at(100_000)] {
            let answer = |body: &str| json(200, if body == REFRESH_1 { renewed } else { "" });
            let (bodies, is_revoked) = sent(&mut signed_in(TOKENS), now, answer);
            assert_eq!(bodies, [&[REFRESH_1], then].concat());
            assert!(is_revoked);
        }
    }
    let (bodies, _) = sent(&mut signed_in(TOKENS), at(5369), |_| json(200, ""));
    assert_eq!(bodies, [REVOKE_RT1, REVOKE_AT1], "good until then");
    let mut bare = signed_in(r#"{"access_token":"AT1","token_type":"bearer"}"#);
    let (bodies, is_revoked) = sent(&mut bare, at(5400), |_| json(200, ""));
    assert_eq!(
        (bodies, is_revoked),
        (vec![REVOKE_AT1.to_owned()], true),
        "nothing to renew with"
    );
}

#[test]
fn a_renewal_that_fails_at_sign_out_leaves_the_old_tokens_to_be_revoked() {
    type Outcome = fn() -> HttpOutcome;
    // The server says yes to whatever it is told of an expired session, so that is no proof. A refusal may be the answer to
    // a request that the browser has sent twice, of which the first one has brought tokens.
    let cases: [Outcome; 8] = [
        || json(400, r#"{"error":"invalid_grant"}"#),
        || json(401, ""),
        || HttpOutcome::NotSent,
        || json(429, ""),
        || HttpOutcome::NoAnswer,
        || HttpOutcome::TimedOut,
        || json(500, ""),
        || json(200, "{"),
    ];
    for outcome in cases {
        let answer = |body: &str| if body == REFRESH_1 { outcome() } else { json(200, "") };
        let (bodies, is_revoked) = sent(&mut signed_in(TOKENS), at(5400), answer);
        assert_eq!(bodies, [REFRESH_1, REVOKE_RT1, REVOKE_AT1], "{:?}", outcome());
        assert!(!is_revoked, "{:?}", outcome());
    }
}

#[test]
fn a_session_whose_renewal_is_under_way_is_not_renewed_again_to_be_revoked() {
    let mut client = signed_in(TOKENS);
    let late = renewal(&mut client);
    let (bodies, is_revoked) = sent(&mut client, at(5400), |_| json(200, ""));
    assert_eq!((bodies, is_revoked), (vec![REVOKE_AT1.to_owned()], false));
    assert_late_tokens_are_revoked(&mut client, late);
}

#[test]
fn the_renewal_of_a_sign_out_does_not_touch_the_next_session() {
    for (answer, expected) in [
        (json(200, TOKENS_2), true),
        (json(400, r#"{"error":"invalid_grant"}"#), false),
    ] {
        let mut client = signed_in(TOKENS);
        let exchange = client.begin_sign_out(at(5400)).unwrap();
        sign_in(
            &mut client,
            r#"{"access_token":"AT3","token_type":"bearer","expires_in":9000,"refresh_token":"RT3"}"#,
        );
        let mut next = client.settle(exchange, answer, at(5401));
        while let Ok(Progress::Send(exchange)) = next {
            let body = exchange
                .request
                .body
                .as_ref()
                .or(exchange.request.authorization.as_ref());
            assert!(!body.unwrap().expose().contains("T3"));
            next = client.settle(exchange, json(200, ""), at(5401));
        }
        assert!(matches!(next, Ok(Progress::SignedOut { is_revoked }) if is_revoked == expected));
        assert_eq!(header(&mut client, at(5402)).as_deref(), Some("Bearer AT3"));
    }
}

#[test]
fn an_expired_session_that_a_sign_in_has_replaced_is_renewed_to_be_revoked() {
    let mut client = signed_in(&TOKENS.replace("5400", "60"));
    let exchange = redeem_new(&mut client, "code=C2", at(60)).unwrap();
    let replacing = json(200, r#"{"access_token":"AT3","token_type":"bearer"}"#);
    assert!(matches!(
        client.settle(exchange, replacing, at(61)),
        Ok(Progress::SignedIn { .. })
    ));
    assert_eq!(client.take_event(), Some(SessionEvent::SignedIn));
    let answer = |body: &str| json(200, if body == REFRESH_1 { TOKENS_2 } else { "{}" });
    let (bodies, is_revoked) = sent(&mut client, at(62), answer);
    let revoke_at3 = "token=AT3&token_type_hint=access_token&client_id=CID";
    assert_eq!(bodies, [revoke_at3, REFRESH_1, USE_AT2, REVOKE_RT2, REVOKE_AT2]);
    assert!(is_revoked);
}

#[test]
fn an_answer_that_comes_after_the_access_token_is_over_is_no_proof() {
    // Told of the refresh token of an expired session, Doorkeeper before 5.9 says 200, and keeps it.
    for (late, expected) in [(59, true), (60, false)] {
        let mut client = signed_in(&TOKENS.replace("5400", "60"));
        let refresh_token = client.begin_sign_out(at(1)).unwrap();
        let Ok(Progress::Send(access_token)) = client.settle(refresh_token, json(200, ""), at(late)) else {
            panic!("the access token is not revoked");
        };
        let done = client.settle(access_token, json(200, ""), at(100));
        assert!(matches!(done, Ok(Progress::SignedOut { is_revoked }) if is_revoked == expected));
    }
}
