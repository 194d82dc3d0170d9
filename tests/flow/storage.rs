//! A session that outlives its page: saved, restored, renewed elsewhere, ended elsewhere.

use super::support::{
    INFO_URL, REFRESH_1, REVOKE_URL, TOKEN_URL, TOKENS, TOKENS_2, assert_post, assert_refused, assert_use, at, call,
    client, client_of, generation, header, json, judge, redeem_new, renewal, signed_in,
};
use procore_spa_auth::error::{Code, Phase};
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::api_response::ApiAnswer;
use procore_spa_auth::protocol::client::{Client, Progress};
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::session::{SessionEvent, Status};
use procore_spa_auth::protocol::time::Moment;

/// The page after a reload: its own clock starts again.
const fn reloaded(seconds: u64) -> Moment {
    Moment::new(at(seconds).wall, 0)
}

fn record(client: &Client, now: Moment) -> String {
    client.save(now).unwrap().to_string()
}

fn restored(record: &str, now: Moment) -> Client {
    let mut client = client();
    client.restore(record, false, now).unwrap();
    assert_eq!(client.take_event(), Some(SessionEvent::SignedIn));
    client
}

#[test]
fn a_restored_session_is_renewed_and_revoked_as_the_original() {
    let before = signed_in(TOKENS);
    let mut after = restored(&record(&before, at(10)), reloaded(100));
    assert_eq!(after.session(reloaded(100)), before.session(at(100)));
    assert_eq!(header(&mut after, reloaded(5369)).as_deref(), Some("Bearer AT1"));
    assert_eq!(header(&mut after, reloaded(5370)), None);
    let exchange = renewal(&mut after);
    assert_post(&exchange, TOKEN_URL, REFRESH_1);
    after.settle(exchange, json(200, TOKENS_2), reloaded(5370)).unwrap();
    assert_eq!(header(&mut after, reloaded(5371)).as_deref(), Some("Bearer AT2"));
    let first_use = after.begin_sign_out(reloaded(5371)).unwrap();
    assert_use(&first_use, "AT2");
    let Ok(Progress::Send(exchange)) = after.settle(first_use, json(200, "{}"), reloaded(5371)) else {
        panic!("nothing is revoked");
    };
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=RT2&token_type_hint=refresh_token&client_id=CID",
    );
    assert!(after.save(reloaded(5371)).is_none(), "nobody is signed in");
}

#[test]
fn a_page_that_ends_during_a_renewal_leaves_doubt() {
    let mut before = signed_in(TOKENS);
    let _lost = renewal(&mut before);
    let record = record(&before, at(10));
    assert!(!record.contains("RT1"), "{record}");
    let mut after = restored(&record, reloaded(20));
    assert_eq!(after.session(reloaded(20)).status, Status::InDoubt);
    assert_eq!(after.begin_refresh().unwrap_err().code(), Code::ReauthRequired);
    assert_eq!(header(&mut after, reloaded(5399)).as_deref(), Some("Bearer AT1"));
    assert_eq!(
        call(&mut after, reloaded(5400)).unwrap_err().code(),
        Code::ReauthRequired
    );
}

#[test]
fn a_refresh_token_that_never_left_is_in_the_record_again() {
    let mut client = signed_in(TOKENS);
    let exchange = renewal(&mut client);
    assert_refused(
        &client.settle(exchange, HttpOutcome::NotSent, at(1)),
        Code::NetworkError,
    );
    assert_post(
        &renewal(&mut restored(&record(&client, at(1)), reloaded(2))),
        TOKEN_URL,
        REFRESH_1,
    );
}

#[test]
fn a_session_renewed_in_another_tab_is_the_same_one() {
    let (mut here, mut there) = (signed_in(TOKENS), signed_in(TOKENS));
    let first = generation(&mut here, at(1));
    let exchange = renewal(&mut there);
    there.settle(exchange, json(200, TOKENS_2), at(10)).unwrap();
    here.restore(&record(&there, at(10)), true, at(11)).unwrap();
    assert_eq!(here.take_event(), Some(SessionEvent::Refreshed));
    assert_eq!(header(&mut here, at(11)).as_deref(), Some("Bearer AT2"));
    // A request of before the renewal goes out again with the new token.
    assert_eq!(judge(&mut here, 401, first, at(11)), ApiAnswer::RenewAndRetry);
    assert!(here.is_replaced(first));
    let retry = ApiRequest::new("/x", None, here.config()).unwrap().tried_in(first);
    assert!(here.authorize(&retry, at(11)).is_ok());
    let second = here.generation();
    assert_eq!(
        judge(&mut here, 401, second, at(39)),
        ApiAnswer::Return,
        "just renewed, in the other tab"
    );
}

#[test]
fn a_session_of_another_sign_in_is_another_one() {
    let (mut here, mut there) = (signed_in(TOKENS), signed_in(TOKENS_2));
    let first = generation(&mut here, at(1));
    here.restore(&record(&there, at(10)), false, at(11)).unwrap();
    assert_eq!(here.take_event(), Some(SessionEvent::SignedIn));
    assert_eq!(judge(&mut here, 401, first, at(11)), ApiAnswer::Return);
    let retry = ApiRequest::new("/x", None, here.config()).unwrap().tried_in(first);
    assert_eq!(here.authorize(&retry, at(11)).unwrap_err().code(), Code::SessionEnded);
    assert!(there.begin_sign_out(at(11)).is_some());
}

#[test]
fn a_record_of_the_token_that_is_here_says_only_what_became_of_its_refresh_token() {
    let (mut here, mut there) = (signed_in(TOKENS), signed_in(TOKENS));
    let first = here.generation();
    here.restore(&record(&there, at(1)), true, at(1)).unwrap();
    assert_eq!((here.take_event(), here.generation()), (None, first));
    // The other tab ended while it renewed.
    let _lost = renewal(&mut there);
    here.restore(&record(&there, at(2)), true, at(2)).unwrap();
    assert_eq!(
        (here.take_event(), here.generation()),
        (Some(SessionEvent::ReauthRequired), first)
    );
    assert_eq!(here.session(at(2)).status, Status::InDoubt);
    assert_eq!(here.begin_refresh().unwrap_err().code(), Code::ReauthRequired);
    // A renewal of this tab is not disturbed by the record that it has left itself.
    let mut here = signed_in(TOKENS);
    let exchange = renewal(&mut here);
    let own = record(&here, at(3));
    here.restore(&own, true, at(3)).unwrap();
    assert_eq!(here.take_event(), None);
    assert!(matches!(
        here.settle(exchange, json(200, TOKENS_2), at(4)),
        Ok(Progress::Refreshed)
    ));
}

#[test]
fn a_session_ended_in_another_tab_is_forgotten_here_and_its_late_answers_with_it() {
    let mut client = signed_in(TOKENS);
    let late = renewal(&mut client);
    let sign_in = redeem_new(&mut client, "code=C2", at(1)).unwrap();
    client.forget();
    assert_eq!(client.take_event(), Some(SessionEvent::SignedOut));
    assert_eq!(client.session(at(1)).status, Status::SignedOut);
    assert!(client.save(at(1)).is_none());
    for late in [late, sign_in] {
        let Ok(Progress::Send(exchange)) = client.settle(late, json(200, TOKENS_2), at(2)) else {
            panic!("late tokens are not revoked");
        };
        // A renewed token is used before it is revoked.
        let is_use = exchange.request.body.is_none();
        assert_eq!(exchange.request.url, if is_use { INFO_URL } else { REVOKE_URL });
        assert_eq!(client.session(at(2)).status, Status::SignedOut);
    }
    client.forget();
    assert_eq!(client.take_event(), None, "nobody was signed in");
}

#[test]
fn a_record_of_another_client_or_server_is_refused_and_changes_nothing() {
    let record = record(&signed_in(TOKENS), at(1));
    let mut sandbox = client_of(
        r#"{"credentials":{"sandbox":{"clientId":"CID","redirectUris":["https://app.example/cb?tenant=a%20b"]}}}"#,
    );
    let error = sandbox.restore(&record, false, at(2)).unwrap_err();
    assert_eq!((error.code(), error.phase()), (Code::IssuerChanged, Phase::Start));
    let mut here = signed_in(TOKENS_2);
    let damaged = record.replace("RT1", "R T1");
    let error = here.restore(&damaged, true, at(2)).unwrap_err();
    assert_eq!((error.code(), error.phase()), (Code::StorageCorrupt, Phase::Start));
    assert_eq!(here.take_event(), None);
    assert_eq!(header(&mut here, at(2)).as_deref(), Some("Bearer AT2"));
}
