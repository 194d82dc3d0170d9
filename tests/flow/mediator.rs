//! A token mediator: which session is meant, in every request to it, and what each of its words makes of the session here
//! (docs/token-mediator.md).

use super::support::{OPTIONS, at, client_of, json, redeem_new, renewal};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::client::{Client, Exchange, Progress};
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::session::{SessionEvent, Status};

const HANDLE: &str = "handle-1_AbCdEfGhIjKlMn";

fn mediated() -> Client {
    client_of(&OPTIONS.replacen('{', r#"{"tokenMediator":"/oauth/token","#, 1))
}

fn tokens(access_token: &str, handle: &str) -> HttpOutcome {
    let body = serde_json::json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": 60, "session_handle": handle, "version": 2
    });
    json(200, &body.to_string())
}

fn word(status: u64, error: &str) -> HttpOutcome {
    json(status, &serde_json::json!({ "version": 2, "error": error }).to_string())
}

fn html(status: u64) -> HttpOutcome {
    HttpOutcome::Answer(HttpResponse::new(
        status,
        "text/html".into(),
        "<h1>Forbidden</h1>".into(),
    ))
}

fn signed_in() -> Client {
    let mut client = mediated();
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    client.settle(exchange, tokens("AT1", HANDLE), at(0)).unwrap();
    client.take_event();
    client
}

fn body(exchange: &Exchange) -> &str {
    assert!(
        exchange.request.is_same_origin,
        "with the cookie that the handle belongs to"
    );
    assert!(exchange.request.authorization.is_none());
    exchange.request.body.as_ref().unwrap().expose()
}

fn revoked(progress: Result<Progress, procore_spa_auth::error::Error>) -> bool {
    match progress {
        Ok(Progress::SignedOut { is_revoked }) => is_revoked,
        other => panic!("{other:?}"),
    }
}

fn next(progress: Result<Progress, procore_spa_auth::error::Error>) -> Exchange {
    match progress {
        Ok(Progress::Send(exchange)) => exchange,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_request_goes_to_the_pages_own_origin_and_names_the_session() {
    let mut client = mediated();
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    assert_eq!(exchange.request.url, "https://app.example/oauth/token");
    assert!(body(&exchange).starts_with("grant_type=authorization_code&code=C1&"));
    client.settle(exchange, tokens("AT1", HANDLE), at(0)).unwrap();
    assert!(client.session(at(0)).is_renewable);

    let exchange = renewal(&mut client);
    assert_eq!(exchange.request.url, "https://app.example/oauth/token");
    assert_eq!(
        body(&exchange),
        "grant_type=refresh_token&session_handle=handle-1_AbCdEfGhIjKlMn&client_id=CID"
    );
    client.settle(exchange, tokens("AT2", HANDLE), at(60)).unwrap();
    assert!(
        client.begin_use().is_none(),
        "the mediator sees to what its server needs"
    );

    let exchange = client.begin_sign_out(at(61)).unwrap();
    assert_eq!(exchange.request.url, "https://app.example/oauth/revoke");
    assert_eq!(
        body(&exchange),
        "token=AT2&session_handle=handle-1_AbCdEfGhIjKlMn&token_type_hint=access_token&client_id=CID"
    );
    assert!(revoked(client.settle(exchange, confirmed(), at(61))));
}

fn confirmed() -> HttpOutcome {
    json(200, r#"{"version":2,"revoked":true}"#)
}

#[test]
fn what_is_no_mediator_of_version_2_is_named() {
    let version_1 = r#"{"access_token":"AT1","token_type":"bearer","refresh_token":"RT1"}"#;
    for (answer, code) in [
        (json(200, version_1), Code::MediatorUnknown),
        (html(200), Code::MediatorUnknown),
        (html(404), Code::MediatorUnknown),
        (json(404, "{}"), Code::MediatorUnknown),
        (word(400, "invalid_grant"), Code::InvalidGrant),
        (word(503, "temporarily_unavailable"), Code::TemporarilyUnavailable),
    ] {
        let mut client = mediated();
        let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
        assert_eq!(client.settle(exchange, answer, at(0)).unwrap_err().code(), code);
        assert_eq!(client.session(at(0)).status, Status::SignedOut);
    }
}

#[test]
fn only_the_mediators_own_word_ends_the_session() {
    for (answer, code) in [
        (HttpOutcome::NoAnswer, Code::NetworkError),
        (HttpOutcome::TimedOut, Code::Timeout),
        (HttpOutcome::Redirected, Code::TokenEndpointRedirected),
        (html(403), Code::MediatorUnknown),
        (html(502), Code::MediatorUnknown),
        (word(429, "rate_limited"), Code::RateLimited),
        (word(500, "invalid_client"), Code::ClientAuthRequired),
        (word(502, "in_doubt"), Code::UnknownError),
        (word(503, "temporarily_unavailable"), Code::TemporarilyUnavailable),
        (json(200, "{}"), Code::TokenMissingAccessToken),
    ] {
        let mut client = signed_in();
        let exchange = renewal(&mut client);
        assert_eq!(client.settle(exchange, answer, at(1)).unwrap_err().code(), code);
        assert_eq!(client.take_event(), None);
        // Asked again, the mediator knows whether anything was sent.
        let again = renewal(&mut client);
        assert!(body(&again).contains(HANDLE), "{code:?}");
        client.settle(again, tokens("AT2", HANDLE), at(2)).unwrap();
        assert_eq!(client.take_event(), Some(SessionEvent::Refreshed));
    }
    for (answer, code) in [
        (word(400, "invalid_grant"), Code::ReauthRequired),
        (word(409, "session_mismatch"), Code::SessionEnded),
    ] {
        let mut client = signed_in();
        let exchange = renewal(&mut client);
        assert_eq!(client.settle(exchange, answer, at(1)).unwrap_err().code(), code);
        assert_eq!(client.session(at(1)).status, Status::SignedOut);
        assert_eq!(client.take_event(), Some(SessionEvent::ReauthRequired));
    }
}

#[test]
fn a_sign_out_is_confirmed_only_if_the_mediator_has_confirmed_it() {
    let mut client = signed_in();
    let exchange = client.begin_sign_out(at(1)).unwrap();
    let unavailable = || word(503, "temporarily_unavailable");
    // Once more, for that does no harm (RFC 7009 §2.2.1).
    let exchange = next(client.settle(exchange, unavailable(), at(1)));
    assert!(!revoked(client.settle(exchange, unavailable(), at(1))));
}

#[test]
fn a_session_that_another_sign_in_has_replaced_is_revoked_by_its_own_name() {
    let mut client = signed_in();
    let exchange = redeem_new(&mut client, "code=C2", at(1)).unwrap();
    client
        .settle(exchange, tokens("AT2", "handle-2_AbCdEfGhIjKlMn"), at(1))
        .unwrap();
    let exchange = client.begin_sign_out(at(2)).unwrap();
    assert!(body(&exchange).starts_with("token=AT2&session_handle=handle-2_"));
    let exchange = next(client.settle(exchange, confirmed(), at(2)));
    assert!(body(&exchange).starts_with("token=AT1&session_handle=handle-1_"));
    assert!(revoked(client.settle(exchange, confirmed(), at(2))));
}

#[test]
fn an_expired_session_is_renewed_once_to_be_signed_out() {
    let mut client = signed_in();
    let exchange = client.begin_sign_out(at(60)).unwrap();
    assert_eq!(exchange.request.url, "https://app.example/oauth/token");
    let exchange = next(client.settle(exchange, tokens("AT2", HANDLE), at(60)));
    assert!(body(&exchange).starts_with("token=AT2&session_handle=handle-1_"));
}

#[test]
fn the_session_in_the_cookie_is_taken_up() {
    let mut client = mediated();
    let exchange = client.begin_resume().unwrap();
    assert_eq!(exchange.request.url, "https://app.example/oauth/token");
    assert_eq!(
        body(&exchange),
        "grant_type=urn%3Aprocore-spa-auth%3Aresume&client_id=CID"
    );
    client.settle(exchange, tokens("AT1", HANDLE), at(0)).unwrap();
    assert_eq!(client.take_event(), Some(SessionEvent::SignedIn));
    assert_eq!(client.session(at(0)).status, Status::Fresh);
    assert!(client.begin_resume().is_none(), "somebody is signed in");
    assert!(body(&renewal(&mut client)).contains(HANDLE));

    let mut client = mediated();
    let exchange = client.begin_resume().unwrap();
    let answer = word(400, "invalid_grant");
    assert_eq!(
        client.settle(exchange, answer, at(0)).unwrap_err().code(),
        Code::InvalidGrant
    );
    assert_eq!(
        (client.session(at(0)).status, client.take_event()),
        (Status::SignedOut, None)
    );

    // Somebody has signed in meanwhile: the mediator has retired what was in the cookie before.
    let exchange = client.begin_resume().unwrap();
    let redeeming = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    client
        .settle(redeeming, tokens("AT2", "handle-2_AbCdEfGhIjKlMn"), at(0))
        .unwrap();
    client.take_event();
    client.settle(exchange, tokens("AT1", HANDLE), at(0)).unwrap();
    assert_eq!(client.take_event(), None);
    assert!(body(&renewal(&mut client)).contains("handle-2_"));

    assert!(client_of(OPTIONS).begin_resume().is_none(), "there is no mediator");
}
