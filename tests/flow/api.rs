//! Calls to the API: for how long a token is sent, what a 401 is worth, and a 429.

use super::support::{
    OPTIONS, TOKENS, TOKENS_2, at, call, client_of, generation, header, json, judge, redeem_new, renewal, signed_in,
};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::api_response::{ApiAnswer, ApiResponse};
use procore_spa_auth::protocol::client::{Authorization, Progress};
use procore_spa_auth::protocol::session::Status;
use procore_spa_auth::protocol::time::Moment;

#[test]
fn a_401_is_worth_one_renewal() {
    let mut client = signed_in(TOKENS);
    let first = generation(&mut client, at(1));
    for status in [200, 400, 403, 404, 500] {
        assert_eq!(judge(&mut client, status, first, at(1)), ApiAnswer::Return, "{status}");
    }
    assert_eq!(
        client.judge(&ApiResponse::new(401).after(2), first, at(1)),
        ApiAnswer::Return,
        "the second 401 is the caller's"
    );
    assert_eq!(
        client.judge(&ApiResponse::new(401).to("POST", false), first, at(1)),
        ApiAnswer::Return,
        "a body that can't be sent again"
    );
    assert_eq!(judge(&mut client, 401, first, at(1)), ApiAnswer::RenewAndRetry);
    assert!(!client.is_replaced(first));
    let exchange = renewal(&mut client);
    client.settle(exchange, json(200, TOKENS_2), at(2)).unwrap();
    // A request of before the renewal: the new token is here already.
    assert!(client.is_replaced(first));
    assert_eq!(judge(&mut client, 401, first, at(3)), ApiAnswer::RenewAndRetry);
    let second = generation(&mut client, at(3));
    assert_eq!(
        judge(&mut client, 401, second, at(3)),
        ApiAnswer::Return,
        "just renewed"
    );
    client.begin_sign_out(at(3)).unwrap();
    assert_eq!(
        judge(&mut client, 401, second, at(400)),
        ApiAnswer::Return,
        "nobody is signed in"
    );
}

#[test]
fn a_403_is_worth_a_renewal_where_the_server_is_said_to_mean_a_dead_token() {
    let mut procores = signed_in(TOKENS);
    let of_now = procores.generation();
    assert_eq!(judge(&mut procores, 403, of_now, at(1)), ApiAnswer::Return);
    let server = r#"{"servers":{"production":{"customAuthorizationServer":true,"renewOnForbidden":true,
        "authorizationEndpoint":"https://as.example/a","tokenEndpoint":"https://as.example/t",
        "revocationEndpoint":"https://as.example/r","apiOrigin":"https://api.procore.com"}},"#;
    let mut client = client_of(&OPTIONS.replacen('{', server, 1));
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    client.settle(exchange, json(200, TOKENS), at(0)).unwrap();
    let first = generation(&mut client, at(1));
    assert_eq!(judge(&mut client, 403, first, at(1)), ApiAnswer::RenewAndRetry);
    assert_eq!(
        client.judge(&ApiResponse::new(403).after(2), first, at(1)),
        ApiAnswer::Return
    );
    let exchange = renewal(&mut client);
    client.settle(exchange, json(200, TOKENS_2), at(2)).unwrap();
    let second = generation(&mut client, at(3));
    assert_eq!(
        judge(&mut client, 403, second, at(3)),
        ApiAnswer::Return,
        "just renewed"
    );
}

#[test]
fn a_throttled_request_waits_as_long_as_its_session_lasts() {
    let mut client = signed_in(TOKENS);
    let first = generation(&mut client, at(1));
    let reset = (at(1).wall + 8).to_string();
    let throttled = ApiResponse::new(429).with("3", &reset);
    assert_eq!(client.judge(&throttled, first, at(1)), ApiAnswer::WaitAndRetry(8));
    assert_eq!(
        client.judge(&throttled.after(2), first, at(6)),
        ApiAnswer::WaitAndRetry(3)
    );
    assert_eq!(client.judge(&throttled.after(3), first, at(9)), ApiAnswer::Return);
    // The token may be renewed meanwhile, by others.
    let exchange = renewal(&mut client);
    client.settle(exchange, json(200, TOKENS_2), at(2)).unwrap();
    assert_eq!(client.judge(&throttled, first, at(1)), ApiAnswer::WaitAndRetry(8));
    client.begin_sign_out(at(3)).unwrap();
    assert_eq!(client.judge(&throttled, first, at(3)), ApiAnswer::Return, "for whom?");
}

#[test]
fn a_request_is_not_sent_again_with_another_users_token() {
    let mut client = signed_in(TOKENS);
    let Ok(Authorization::Header { generation, .. }) = call(&mut client, at(1)) else {
        panic!("no token");
    };
    assert!(client.begin_sign_out(at(1)).is_some());
    let other = redeem_new(&mut client, "code=C2", at(2)).unwrap();
    assert!(client.settle(other, json(200, TOKENS_2), at(3)).is_ok());
    assert_eq!(judge(&mut client, 401, generation, at(4)), ApiAnswer::Return);
    let retry = ApiRequest::new("/rest/v1.0/me", None, client.config())
        .unwrap()
        .tried_in(generation);
    assert_eq!(client.authorize(&retry, at(4)).unwrap_err().code(), Code::SessionEnded);
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
fn a_clock_two_hours_ahead_sets_off_one_renewal() {
    let mut client = signed_in(TOKENS);
    let ahead = |seconds| Moment::new(at(7200 + seconds).wall, at(seconds).monotonic);
    assert_eq!(header(&mut client, ahead(1)), None);
    let exchange = renewal(&mut client);
    client.settle(exchange, json(200, TOKENS_2), ahead(2)).unwrap();
    let second = generation(&mut client, ahead(2));
    for seconds in 2..5371 {
        assert_eq!(
            header(&mut client, ahead(seconds)).as_deref(),
            Some("Bearer AT2"),
            "{seconds}"
        );
        // Back and forth: the same token, for as long as it lives.
        assert_eq!(
            header(&mut client, at(seconds)).as_deref(),
            Some("Bearer AT2"),
            "{seconds}"
        );
    }
    assert_eq!(header(&mut client, ahead(5372)), None);
    // A token that the server calls dead is renewed, but not again and again.
    assert_eq!(judge(&mut client, 401, second, ahead(31)), ApiAnswer::Return);
    assert_eq!(judge(&mut client, 401, second, ahead(32)), ApiAnswer::RenewAndRetry);
}

#[test]
fn the_servers_clock_says_nothing() {
    for created_at in ["0", "1", "99999999999999", "-5", "null", r#""never""#] {
        let body =
            format!(r#"{{"access_token":"AT1","token_type":"bearer","expires_in":60,"created_at":{created_at}}}"#);
        let mut client = signed_in(&body);
        assert_eq!(header(&mut client, at(59)).as_deref(), Some("Bearer AT1"));
        assert_eq!(call(&mut client, at(60)).unwrap_err().code(), Code::ReauthRequired);
    }
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
