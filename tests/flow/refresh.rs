//! Renewing the access token: answers that are good, refused, odd or lost. A refresh token is sent once.

use super::support::{
    REFRESH_1, TOKEN_URL, TOKENS, TOKENS_2, assert_post, assert_refused, assert_use, at, call, generation, header,
    json, judge, renewal, signed_in,
};
use procore_spa_auth::error::{Code, Phase};
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::api_response::ApiAnswer;
use procore_spa_auth::protocol::client::{Authorization, Progress, Renewal};
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::session::{SessionEvent, Status};

#[test]
fn refresh_whose_answer_is_lost_ends_renewability_and_is_never_sent_again() {
    for lost in [HttpOutcome::NoAnswer, HttpOutcome::TimedOut, HttpOutcome::Redirected] {
        let mut client = signed_in(TOKENS);
        let exchange = renewal(&mut client);
        assert_refused(&client.settle(exchange, lost, at(100)), Code::ReauthRequired);
        assert_eq!(client.take_event(), Some(SessionEvent::ReauthRequired));
        assert_eq!(client.session(at(100)).status, Status::InDoubt);
        assert!(!client.session(at(100)).is_renewable);
        assert_eq!(client.begin_refresh().unwrap_err().code(), Code::ReauthRequired);
        assert_eq!(
            header(&mut client, at(5399)).as_deref(),
            Some("Bearer AT1"),
            "good for as long as it lives"
        );
        let generation = generation(&mut client, at(5399));
        assert_eq!(judge(&mut client, 401, generation, at(5399)), ApiAnswer::Return);
        assert_eq!(call(&mut client, at(5400)).unwrap_err().code(), Code::ReauthRequired);
        assert_eq!(client.take_event(), Some(SessionEvent::Expired));
        assert_eq!(client.session(at(5400)).status, Status::SignedOut);
    }
}

#[test]
fn refresh_that_never_left_puts_the_token_back() {
    let mut client = signed_in(TOKENS);
    let exchange = renewal(&mut client);
    assert_refused(
        &client.settle(exchange, HttpOutcome::NotSent, at(100)),
        Code::NetworkError,
    );
    assert_eq!(client.session(at(100)).status, Status::Fresh);
    assert_post(&renewal(&mut client), TOKEN_URL, REFRESH_1);
}

#[test]
fn answer_without_rotation_keeps_the_refresh_token() {
    let mut client = signed_in(TOKENS);
    let exchange = renewal(&mut client);
    let unrotated = r#"{"access_token":"AT2","token_type":"Bearer","expires_in":60}"#;
    assert!(matches!(
        client.settle(exchange, json(200, unrotated), at(100)),
        Ok(Progress::Refreshed)
    ));
    assert_eq!(header(&mut client, at(100)).as_deref(), Some("Bearer AT2"));
    assert_post(&renewal(&mut client), TOKEN_URL, REFRESH_1);
}

#[test]
fn a_refusal_that_repeats_the_refresh_token_is_not_repeated() {
    let token = "a/refresh+token~of.some-length";
    let tokens = TOKENS.replace("RT1", token);
    for (said, kept) in [
        (format!("Invalid refresh token: {token}"), false),
        (format!("{}{token}", "x".repeat(240)), false),
        ("Invalid refresh token".into(), true),
    ] {
        let mut client = signed_in(&tokens);
        let exchange = renewal(&mut client);
        let body = format!(r#"{{"error":"invalid_grant","error_description":"{said}"}}"#);
        let error = client.settle(exchange, json(400, &body), at(100)).unwrap_err();
        assert_eq!(error.code(), Code::ReauthRequired);
        let oauth = error.oauth().unwrap();
        assert_eq!(
            (oauth.error, oauth.description.is_some()),
            ("invalid_grant", kept),
            "{said}"
        );
    }
}

#[test]
fn a_refused_refresh_ends_the_session() {
    for (status, body, said) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"revoked"}"#,
            Some("invalid_grant"),
        ),
        (400, r#"{"error":"invalid_request"}"#, Some("invalid_request")),
        (401, r#"{"error":"invalid_client"}"#, Some("invalid_client")),
        (400, r#"{"error":"of_no_standard"}"#, Some("unknown_error")),
        (400, "", None),
        (401, "", None),
        (403, "<html>", None),
        (404, "{}", None),
    ] {
        let mut client = signed_in(TOKENS);
        let exchange = renewal(&mut client);
        let error = client.settle(exchange, json(status, body), at(100)).unwrap_err();
        assert_eq!(
            (error.code(), error.phase()),
            (Code::ReauthRequired, Phase::Refresh),
            "{status} {body}"
        );
        assert_eq!(error.oauth().map(|said| said.error), said, "{status} {body}");
        assert_eq!(client.take_event(), Some(SessionEvent::ReauthRequired));
        assert_eq!(client.session(at(100)).status, Status::SignedOut, "{status} {body}");
        assert!(client.begin_sign_out(at(100)).is_none());
    }
}

#[test]
fn too_many_requests_keep_the_session() {
    let mut client = signed_in(TOKENS);
    let exchange = renewal(&mut client);
    assert_refused(&client.settle(exchange, json(429, ""), at(100)), Code::RateLimited);
    assert_eq!(client.session(at(100)).status, Status::Fresh);
    assert_post(&renewal(&mut client), TOKEN_URL, REFRESH_1);
}

#[test]
fn a_server_that_breaks_down_leaves_doubt() {
    for (status, body) in [
        (500, ""),
        (502, "<html>"),
        (503, r#"{"error":"temporarily_unavailable"}"#),
        (200, "{"),
        (200, ""),
    ] {
        let mut client = signed_in(TOKENS);
        let exchange = renewal(&mut client);
        assert_refused(
            &client.settle(exchange, json(status, body), at(100)),
            Code::ReauthRequired,
        );
        assert_eq!(client.session(at(100)).status, Status::InDoubt, "{status} {body}");
        assert_eq!(client.begin_refresh().unwrap_err().code(), Code::ReauthRequired);
    }
}

#[test]
fn refresh_that_grants_more_ends_the_session() {
    let mut client = signed_in(r#"{"access_token":"AT1","token_type":"bearer","refresh_token":"RT1","scope":"read"}"#);
    let exchange = renewal(&mut client);
    let more = r#"{"access_token":"AT2","token_type":"bearer","refresh_token":"RT2","scope":"read admin"}"#;
    let Ok(Progress::Send(first_use)) = client.settle(exchange, json(200, more), at(100)) else {
        panic!("tokens that must not be used are not revoked");
    };
    assert_use(&first_use, "AT2");
    let Ok(Progress::Send(refresh_token)) = client.settle(first_use, json(401, ""), at(100)) else {
        panic!("tokens that must not be used are not revoked");
    };
    assert_eq!(client.session(at(100)).status, Status::SignedOut);
    let Ok(Progress::Send(access_token)) = client.settle(refresh_token, json(200, ""), at(101)) else {
        panic!("the access token is not revoked");
    };
    assert_refused(
        &client.settle(access_token, json(200, ""), at(102)),
        Code::ScopeExpanded,
    );
}

#[test]
fn only_one_refresh_is_under_way() {
    let mut client = signed_in(TOKENS);
    let exchange = renewal(&mut client);
    assert!(matches!(client.begin_refresh(), Ok(Renewal::UnderWay)));
    assert!(matches!(
        client.settle(exchange, json(200, TOKENS_2), at(100)),
        Ok(Progress::Refreshed)
    ));
    let next = renewal(&mut client);
    assert_post(
        &next,
        TOKEN_URL,
        "grant_type=refresh_token&refresh_token=RT2&client_id=CID",
    );
}

#[test]
fn a_401_sets_off_no_second_refresh_within_half_a_minute_or_half_of_the_tokens_life() {
    let mut client = signed_in(r#"{"access_token":"AT1","token_type":"bearer","expires_in":0,"refresh_token":"RT1"}"#);
    assert_eq!(client.session(at(0)).status, Status::Expired);
    assert_eq!(header(&mut client, at(0)), None, "renewed first");
    let exchange = renewal(&mut client);
    let dead = r#"{"access_token":"AT2","token_type":"bearer","expires_in":0,"refresh_token":"RT2"}"#;
    assert!(matches!(
        client.settle(exchange, json(200, dead), at(1)),
        Ok(Progress::Refreshed)
    ));
    // What the server calls dead is tried all the same, by the request that it was renewed for: the server's clock may be
    // the odd one.
    assert_eq!(header(&mut client, at(1)), None);
    let request = ApiRequest::new("/rest/v1.0/me", None, client.config())
        .unwrap()
        .renewed();
    assert!(matches!(
        client.authorize(&request, at(1)),
        Ok(Authorization::Header { value, .. }) if value.expose() == "Bearer AT2"
    ));
    for (expires_in, interval) in [(5400, 30), (20, 10), (2, 1)] {
        let mut client = signed_in(TOKENS);
        let exchange = renewal(&mut client);
        let tokens = TOKENS_2.replace("5400", &expires_in.to_string());
        client.settle(exchange, json(200, &tokens), at(1)).unwrap();
        let generation = generation(&mut client, at(1));
        assert_eq!(judge(&mut client, 401, generation, at(interval)), ApiAnswer::Return);
        assert_eq!(
            judge(&mut client, 401, generation, at(1 + interval)),
            ApiAnswer::RenewAndRetry
        );
    }
}
