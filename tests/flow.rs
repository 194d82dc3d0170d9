//! Whole sign-ins in simulated time: every request byte for byte, and what each answer, or none, makes of the session.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use procore_spa_auth::error::{Code, Error, Phase};
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::{ApiAnswer, ApiRequest};
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::{Authorization, Client, Exchange, Progress, Renewal};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::pending_authorization::{Flow, PendingAuthorization};
use procore_spa_auth::protocol::pkce::Entropy;
use procore_spa_auth::protocol::session::{SessionEvent, Status};
use procore_spa_auth::protocol::time::Moment;

const OPTIONS: &str =
    r#"{"credentials":{"production":{"clientId":"CID","redirectUris":["https://app.example/cb?tenant=a%20b"]}}}"#;
const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const TOKENS: &str =
    r#"{"access_token":"AT1","token_type":"bearer","expires_in":5400,"refresh_token":"RT1","created_at":1484786897}"#;
const TOKENS_2: &str = r#"{"access_token":"AT2","token_type":"bearer","expires_in":5400,"refresh_token":"RT2"}"#;
const TOKEN_URL: &str = "https://login.procore.com/oauth/token";
const REVOKE_URL: &str = "https://login.procore.com/oauth/revoke";
const REFRESH_1: &str = "grant_type=refresh_token&refresh_token=RT1&client_id=CID";

#[test]
fn a_whole_sign_in_from_login_url_to_sign_out() {
    let mut client = client();
    assert_eq!(client.session(at(0)).status, Status::SignedOut);

    let options = SignInOptions::parse(r#"{"returnTo":"/projects?id=7#top"}"#, client.config()).unwrap();
    let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
    assert_eq!(
        login.url,
        "https://login.procore.com/oauth/authorize?response_type=code&client_id=CID\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftenant%3Da%2520b\
         &state=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    assert_eq!(login.warning, None);
    let record = login.pending.to_record().to_string();

    // Nine minutes at the login page, and a page load.
    let exchange = redeem(&mut client, &record, "code=C%2F1", at(540)).unwrap();
    assert_post(
        &exchange,
        TOKEN_URL,
        "grant_type=authorization_code&code=C%2F1&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftenant%3Da%2520b\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=CID",
    );
    let Ok(Progress::SignedIn { return_to, warning }) = client.settle(exchange, json(200, TOKENS), at(541)) else {
        panic!("not signed in");
    };
    assert_eq!((return_to.as_str(), warning), ("/projects?id=7#top", None));
    assert_eq!(client.take_event(), Some(SessionEvent::SignedIn));
    assert_eq!(client.take_event(), None, "an event is told once");
    let session = client.session(at(541));
    assert_eq!(
        (session.status, session.flow, session.is_renewable),
        (Status::Fresh, Some(Flow::Code), true)
    );
    assert_eq!(
        session.expires_at,
        Some(at(541 + 5400).wall),
        "from receipt, not by created_at"
    );

    // Fresh until half a minute before its end, then renewed.
    assert_eq!(header(&mut client, at(541)).as_deref(), Some("Bearer AT1"));
    assert_eq!(header(&mut client, at(541 + 5369)).as_deref(), Some("Bearer AT1"));
    assert_eq!(header(&mut client, at(541 + 5370)), None);
    let exchange = renewal(&mut client);
    assert_post(&exchange, TOKEN_URL, REFRESH_1);
    assert!(matches!(
        client.settle(exchange, json(200, TOKENS_2), at(5912)),
        Ok(Progress::Refreshed)
    ));
    assert_eq!(client.take_event(), Some(SessionEvent::Refreshed));
    assert_eq!(header(&mut client, at(5912)).as_deref(), Some("Bearer AT2"));

    // Both tokens are revoked by name; here they are gone at once.
    let exchange = client.begin_sign_out().unwrap();
    assert_eq!(client.session(at(6000)).status, Status::SignedOut);
    assert_eq!(client.take_event(), Some(SessionEvent::SignedOut));
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=RT2&token_type_hint=refresh_token&client_id=CID",
    );
    let Ok(Progress::Send(exchange)) = client.settle(exchange, json(200, ""), at(6000)) else {
        panic!("the access token is not revoked");
    };
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=AT2&token_type_hint=access_token&client_id=CID",
    );
    let done = client.settle(exchange, json(200, ""), at(6001));
    assert!(matches!(done, Ok(Progress::SignedOut { is_revoked: true })));
    assert!(client.begin_sign_out().is_none(), "nobody is signed in any more");
}

#[test]
fn a_response_after_ten_minutes_is_too_late() {
    let mut client = client();
    let record = record(&client);
    assert!(redeem(&mut client, &record, "code=C1", at(600)).is_ok());
    assert_eq!(
        redeem(&mut client, &record, "code=C1", at(601)).unwrap_err().code(),
        Code::StateExpired
    );
}

#[test]
fn a_response_larger_than_any_genuine_one_is_refused() {
    let mut client = client();
    let code_of = |length: usize| format!("code={}", "C".repeat(length));
    let pairs = |count: usize| format!("code=C1{}", "&a=1".repeat(count));
    for (response, code) in [
        (code_of(4096), None),
        (code_of(4097), Some(Code::CodeMalformed)),
        (code_of(32 * 1024), Some(Code::ResponseTooLarge)),
        // The registered query, the code and the state are three more.
        (pairs(61), None),
        (pairs(62), Some(Code::ResponseTooLarge)),
    ] {
        let result = redeem_new(&mut client, &response, at(1));
        assert_eq!(result.err().map(|error| error.code()), code, "{} bytes", response.len());
    }
    let elsewhere = format!("https://app.example/other?code={}", "C".repeat(32 * 1024));
    assert!(
        AuthorizationResponse::parse(&elsewhere, client.config())
            .unwrap()
            .is_none()
    );
}

#[test]
fn return_to_is_no_response_in_any_spelling() {
    let client = client();
    for target in [
        "/cb?tenant=a%20b&code=X&state=Y",
        "/cb?tenant=a%20b&%63ode=X",
        "/cb?tenant=a%20b#%61ccess_token=X",
        "https://app.example/cb?tenant=a%20b&st%61te=Y",
    ] {
        let options = serde_json::json!({ "returnTo": target }).to_string();
        let options = SignInOptions::parse(&options, client.config()).unwrap();
        let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
        assert_eq!(login.warning.unwrap().code(), Code::ReturnToRejected, "{target}");
    }
}

#[test]
fn a_stored_record_is_whole_or_refused() {
    let good = record(&client());
    assert!(PendingAuthorization::from_record(&good).is_ok());
    for (from, to, code) in [
        ("}", "", Code::StorageCorrupt),
        ("{", "[{", Code::StorageCorrupt),
        ("{", r#"{"__proto__":{},"#, Code::StorageCorrupt),
        ("{", r#"{"tokenEndpoint":"https://evil.example","#, Code::StorageCorrupt),
        ("{", r#"{"state":"S2","#, Code::StorageCorrupt),
        ("{", r#"{"client_secret":"","#, Code::ConfigSecretForbidden),
        (r#""v":1"#, r#""v":999"#, Code::StorageVersion),
        (r#""v":1,"#, "", Code::StorageCorrupt),
        (STATE, "", Code::StorageCorrupt),
        (STATE, "S 1", Code::StorageCorrupt),
        (r#""query""#, r#""form_post""#, Code::StorageCorrupt),
        (r#""created":1"#, r#""created":-1"#, Code::StorageCorrupt),
        (r#""created":"#, r#""created":"x","created2":"#, Code::StorageCorrupt),
    ] {
        let damaged = good.replacen(from, to, 1);
        assert_ne!(damaged, good, "{from}");
        let error = PendingAuthorization::from_record(&damaged).unwrap_err();
        assert_eq!(error.code(), code, "{to}");
    }
}

#[test]
fn a_code_exchange_without_an_answer_is_not_sent_again() {
    for (outcome, code) in [
        (HttpOutcome::NoAnswer, Code::NetworkError),
        (HttpOutcome::NotSent, Code::NetworkError),
        (HttpOutcome::TimedOut, Code::Timeout),
        (HttpOutcome::Redirected, Code::TokenEndpointRedirected),
        (json(429, ""), Code::RateLimited),
        (json(503, ""), Code::TokenBadStatus),
        (json(401, r#"{"error":"invalid_client"}"#), Code::ClientAuthRequired),
    ] {
        let mut client = client();
        let exchange = redeem_new(&mut client, "code=C1", at(1)).unwrap();
        let error = client.settle(exchange, outcome, at(2)).unwrap_err();
        assert_eq!((error.code(), error.phase()), (code, Phase::Token));
        assert_eq!(client.session(at(2)).status, Status::SignedOut);
        assert_eq!(client.begin_refresh().unwrap_err().code(), Code::NotSignedIn);
    }
}

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
        assert_eq!(client.judge(401, generation, true, true, at(5399)), ApiAnswer::Return);
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
        assert!(client.begin_sign_out().is_none());
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
    let Ok(Progress::Send(refresh_token)) = client.settle(exchange, json(200, more), at(100)) else {
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
        Ok(Progress::SignedOut { is_revoked: true })
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

#[test]
fn no_second_refresh_within_half_a_minute() {
    let mut client = signed_in(r#"{"access_token":"AT1","token_type":"bearer","expires_in":0,"refresh_token":"RT1"}"#);
    assert_eq!(client.session(at(0)).status, Status::Expired);
    assert_eq!(header(&mut client, at(0)), None, "renewed first");
    let exchange = renewal(&mut client);
    let dead = r#"{"access_token":"AT2","token_type":"bearer","expires_in":0,"refresh_token":"RT2"}"#;
    assert!(matches!(
        client.settle(exchange, json(200, dead), at(1)),
        Ok(Progress::Refreshed)
    ));
    // What the server calls dead is tried all the same: its clock may be the odd one.
    assert_eq!(header(&mut client, at(30)).as_deref(), Some("Bearer AT2"));
    let generation = generation(&mut client, at(30));
    assert_eq!(client.judge(401, generation, true, true, at(30)), ApiAnswer::Return);
    assert_eq!(header(&mut client, at(31)), None);
    assert_eq!(
        client.judge(401, generation, true, true, at(31)),
        ApiAnswer::RenewAndRetry
    );
}

#[test]
fn a_401_is_worth_one_renewal() {
    let mut client = signed_in(TOKENS);
    let first = generation(&mut client, at(1));
    for status in [200, 400, 403, 404, 429, 500, 503] {
        assert_eq!(
            client.judge(status, first, true, true, at(1)),
            ApiAnswer::Return,
            "{status}"
        );
    }
    assert_eq!(
        client.judge(401, first, false, true, at(1)),
        ApiAnswer::Return,
        "the second 401 is the caller's"
    );
    assert_eq!(
        client.judge(401, first, true, false, at(1)),
        ApiAnswer::Return,
        "a body that can't be sent again"
    );
    assert_eq!(client.judge(401, first, true, true, at(1)), ApiAnswer::RenewAndRetry);
    assert!(!client.is_replaced(first));
    let exchange = renewal(&mut client);
    client.settle(exchange, json(200, TOKENS_2), at(2)).unwrap();
    // A request of before the renewal: the new token is here already.
    assert!(client.is_replaced(first));
    assert_eq!(client.judge(401, first, true, true, at(3)), ApiAnswer::RenewAndRetry);
    let second = generation(&mut client, at(3));
    assert_eq!(
        client.judge(401, second, true, true, at(3)),
        ApiAnswer::Return,
        "just renewed"
    );
    client.begin_sign_out().unwrap();
    assert_eq!(
        client.judge(401, second, true, true, at(400)),
        ApiAnswer::Return,
        "nobody is signed in"
    );
}

#[test]
fn a_token_is_not_older_or_younger_than_either_clock_says() {
    let mut client = signed_in(TOKENS);
    let (wall, monotonic) = (at(0).wall, at(0).monotonic);
    let set_back_a_day = Moment::new(wall - 86_400, monotonic + 60);
    assert_eq!(header(&mut client, set_back_a_day).as_deref(), Some("Bearer AT1"));
    let set_back_a_day = Moment::new(wall - 86_400, monotonic + 5400);
    assert_eq!(header(&mut client, set_back_a_day), None, "the other clock knows");
    let slept = Moment::new(wall + 36_000, monotonic + 60);
    assert_eq!(header(&mut client, slept), None, "ten hours asleep");
    assert_eq!(client.session(slept).status, Status::Expired);
    // Two hours ahead right after a renewal: one renewal, no storm.
    let exchange = renewal(&mut client);
    let ahead = Moment::new(wall + 7200, monotonic + 61);
    assert!(matches!(
        client.settle(exchange, json(200, TOKENS_2), ahead),
        Ok(Progress::Refreshed)
    ));
    assert_eq!(header(&mut client, ahead).as_deref(), Some("Bearer AT2"));
    let set_right = Moment::new(wall + 70, monotonic + 70);
    assert_eq!(header(&mut client, set_right).as_deref(), Some("Bearer AT2"));
}

#[test]
fn lifetimes_that_the_server_names_oddly() {
    for (expires_in, seconds) in [
        ("", 5400),
        (r#","expires_in":null"#, 5400),
        (r#","expires_in":60"#, 60),
        (r#","expires_in":"60""#, 60),
        (r#","expires_in":60.9"#, 60),
        (r#","expires_in":0"#, 0),
        (r#","expires_in":86401"#, 86_400),
        (r#","expires_in":18446744073709551616"#, 86_400),
        (r#","expires_in":99999999999999999999999"#, 86_400),
    ] {
        let body = format!(r#"{{"access_token":"AT1","token_type":"bearer"{expires_in}}}"#);
        let mut client = signed_in(&body);
        assert_eq!(client.session(at(0)).expires_at, Some(at(seconds).wall), "{expires_in}");
        assert!(!client.session(at(0)).is_renewable);
        if seconds > 0 {
            assert_eq!(
                header(&mut client, at(seconds - 1)).as_deref(),
                Some("Bearer AT1"),
                "{expires_in}"
            );
        }
        assert_eq!(
            call(&mut client, at(seconds)).unwrap_err().code(),
            Code::ReauthRequired,
            "{expires_in}"
        );
        assert_eq!(
            call(&mut client, at(seconds)).unwrap_err().code(),
            Code::NotSignedIn,
            "{expires_in}"
        );
    }
}

#[test]
fn a_token_mediator_is_asked_on_the_pages_own_origin() {
    let options = OPTIONS.replacen('{', r#"{"tokenMediator":"/oauth/token","#, 1);
    let mut client = client_of(&options);
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    assert_eq!(exchange.request.url, "https://app.example/oauth/token");
    assert!(
        exchange.request.is_same_origin,
        "with the cookies that say whose session it is"
    );
    // The mediator keeps the refresh token in its cookie.
    client
        .settle(
            exchange,
            json(200, r#"{"access_token":"AT1","token_type":"bearer"}"#),
            at(0),
        )
        .unwrap();
    assert!(client.session(at(0)).is_renewable);
    let exchange = renewal(&mut client);
    assert_eq!(exchange.request.url, "https://app.example/oauth/token");
    assert_eq!(
        exchange.request.body.as_ref().unwrap().expose(),
        "grant_type=refresh_token&client_id=CID"
    );
    assert!(exchange.request.is_same_origin);
    client
        .settle(
            exchange,
            json(200, r#"{"access_token":"AT2","token_type":"bearer"}"#),
            at(60),
        )
        .unwrap();
    let exchange = client.begin_sign_out().unwrap();
    assert_eq!(exchange.request.url, "https://app.example/oauth/revoke");
    assert_eq!(
        exchange.request.body.as_ref().unwrap().expose(),
        "token=AT2&token_type_hint=access_token&client_id=CID"
    );
    assert!(exchange.request.is_same_origin);
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

#[cfg(feature = "implicit")]
mod implicit {
    use super::*;

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
        assert_eq!(header(&mut client, at(2)).as_deref(), Some("Bearer IT1"));
        let generation = generation(&mut client, at(2));
        assert_eq!(client.judge(401, generation, true, true, at(2)), ApiAnswer::Return);
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

/// Seconds after the start, by both clocks.
const fn at(seconds: u64) -> Moment {
    Moment::new(1_790_000_000 + seconds, 100 + seconds)
}

/// The octets of [`STATE`], and those of RFC 7636 appendix B.
fn entropy() -> Entropy {
    let verifier = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
        240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let mut bytes = [0; 64];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = verifier
            .get(index.wrapping_sub(32))
            .copied()
            .unwrap_or_else(|| u8::try_from(index).unwrap());
    }
    Entropy::new(bytes).unwrap()
}

fn client() -> Client {
    client_of(OPTIONS)
}

fn client_of(options: &str) -> Client {
    Client::new(Config::parse(options, parse_url("https://app.example/", None), parse_url).unwrap())
}

fn record(client: &Client) -> String {
    let options = SignInOptions::parse(r#"{"flow":"code"}"#, client.config()).unwrap();
    client
        .begin_sign_in(&options, entropy(), at(0).wall)
        .unwrap()
        .pending
        .to_record()
        .to_string()
}

/// The response of a sign-in begun for it.
fn redeem_new(client: &mut Client, response: &str, now: Moment) -> Result<Exchange, Error> {
    let record = record(client);
    redeem(client, &record, response, now)
}

/// The response of the pending sign-in, with [`STATE`] added.
fn redeem(client: &mut Client, record: &str, response: &str, now: Moment) -> Result<Exchange, Error> {
    let mark = if response.starts_with('#') { "" } else { "&" };
    let url = format!("https://app.example/cb?tenant=a%20b{mark}{response}&state={STATE}");
    let response = AuthorizationResponse::parse(&url, client.config())?.unwrap();
    let grant = PendingAuthorization::from_record(record)?.accept(&response, client.config(), now.wall)?;
    Ok(client.begin_redemption(grant))
}

fn signed_in(tokens: &str) -> Client {
    let mut client = client();
    sign_in(&mut client, tokens);
    client
}

fn sign_in(client: &mut Client, tokens: &str) {
    let exchange = redeem(client, &record(client), "code=C1", at(0)).unwrap();
    assert!(matches!(
        client.settle(exchange, json(200, tokens), at(0)),
        Ok(Progress::SignedIn { .. })
    ));
    client.take_event();
}

fn renewal(client: &mut Client) -> Exchange {
    match client.begin_refresh() {
        Ok(Renewal::Send(exchange)) => exchange,
        other => panic!("{other:?}"),
    }
}

fn json(status: u64, body: &str) -> HttpOutcome {
    let content_type = "application/json; charset=utf-8".to_owned();
    HttpOutcome::Answer(HttpResponse::new(status, content_type, body.into()))
}

fn call(client: &mut Client, now: Moment) -> Result<Authorization, Error> {
    let request = ApiRequest::new("/rest/v1.0/me", None, client.config()).unwrap();
    client.authorize(&request, now)
}

/// The header for a request to the API; `None`: renew first.
fn header(client: &mut Client, now: Moment) -> Option<String> {
    match call(client, now).unwrap() {
        Authorization::Header { value, .. } => Some(value.expose().to_owned()),
        _ => None,
    }
}

fn generation(client: &mut Client, now: Moment) -> u64 {
    match call(client, now).unwrap() {
        Authorization::Header { generation, .. } => generation,
        other => panic!("{other:?}"),
    }
}

fn assert_post(exchange: &Exchange, url: &str, body: &str) {
    assert_eq!(exchange.request.url, url);
    assert_eq!(exchange.request.body.as_ref().unwrap().expose(), body);
    assert!(
        exchange.request.authorization.is_none(),
        "a public client has no Authorization header"
    );
    assert!(!exchange.request.is_same_origin, "no cookies");
}

fn assert_refused(result: &Result<Progress, Error>, code: Code) {
    match result {
        Err(error) => assert_eq!(error.code(), code),
        Ok(progress) => panic!("{progress:?}"),
    }
}

#[test]
fn an_earlier_sign_in_does_not_replace_a_later_one() {
    let mut client = client();
    let first = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    let second = redeem_new(&mut client, "code=C2", at(0)).unwrap();
    assert!(matches!(
        client.settle(second, json(200, TOKENS_2), at(1)),
        Ok(Progress::SignedIn { .. })
    ));
    let Ok(Progress::Send(revocation)) = client.settle(first, json(200, TOKENS), at(2)) else {
        panic!("the late tokens are not revoked");
    };
    assert!(revocation.request.url.ends_with("/oauth/revoke"));
    assert_eq!(header(&mut client, at(3)).as_deref(), Some("Bearer AT2"));
}

#[test]
fn a_sign_in_revokes_the_session_that_it_replaces() {
    let mut client = signed_in(TOKENS);
    let again = redeem_new(&mut client, "code=C2", at(10)).unwrap();
    let Ok(Progress::Send(refresh_token)) = client.settle(again, json(200, TOKENS_2), at(11)) else {
        panic!("the old tokens are kept");
    };
    assert!(
        refresh_token
            .request
            .body
            .as_ref()
            .unwrap()
            .expose()
            .starts_with("token=RT1&")
    );
    let Ok(Progress::Send(access_token)) = client.settle(refresh_token, json(200, ""), at(12)) else {
        panic!("the old access token is kept");
    };
    assert!(matches!(
        client.settle(access_token, HttpOutcome::NoAnswer, at(13)),
        Ok(Progress::SignedIn { .. })
    ));
    assert_eq!(header(&mut client, at(14)).as_deref(), Some("Bearer AT2"));
}

#[test]
fn a_scope_that_is_not_said_is_the_one_asked_for() {
    let options = OPTIONS.replacen('{', r#"{"scope":"read","#, 1);
    let mut client = client_of(&options);
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    let tokens = r#"{"access_token":"AT1","token_type":"bearer","refresh_token":"RT1"}"#;
    assert!(client.settle(exchange, json(200, tokens), at(0)).is_ok());
    assert_eq!(client.session(at(0)).scope.as_deref(), Some("read"));
    let Ok(Renewal::Send(exchange)) = client.begin_refresh() else {
        panic!("nothing to renew with");
    };
    let wider = r#"{"access_token":"AT2","token_type":"bearer","scope":"read admin"}"#;
    let Ok(Progress::Send(revocation)) = client.settle(exchange, json(200, wider), at(1)) else {
        panic!("the wider token is not revoked");
    };
    assert_eq!(
        client.settle(revocation, json(200, ""), at(2)).unwrap_err().code(),
        Code::ScopeExpanded
    );
}

#[test]
fn an_ordinary_page_is_left_alone_whatever_its_parameters_are_called() {
    let client = client();
    for url in [
        "https://app.example/other?password_reset=1&code=1",
        "https://app.example/cb?client_secret=x",
    ] {
        assert!(
            AuthorizationResponse::parse(url, client.config()).unwrap().is_none(),
            "{url}"
        );
    }
    let response = "https://app.example/cb?tenant=a%20b&code=C1&state=S1&client_secret=x";
    let error = AuthorizationResponse::parse(response, client.config()).unwrap_err();
    assert_eq!(error.code(), Code::ConfigSecretForbidden);
}

#[test]
fn a_request_is_not_sent_again_with_another_users_token() {
    let mut client = signed_in(TOKENS);
    let Ok(Authorization::Header { generation, .. }) = call(&mut client, at(1)) else {
        panic!("no token");
    };
    assert!(client.begin_sign_out().is_some());
    let other = redeem_new(&mut client, "code=C2", at(2)).unwrap();
    assert!(client.settle(other, json(200, TOKENS_2), at(3)).is_ok());
    assert_eq!(client.judge(401, generation, true, true, at(4)), ApiAnswer::Return);
    let retry = ApiRequest::new("/rest/v1.0/me", None, client.config())
        .unwrap()
        .tried_in(generation);
    assert_eq!(client.authorize(&retry, at(4)).unwrap_err().code(), Code::SessionEnded);
}
