//! The device's clocks, in simulated time: the wall clock is set, the device sleeps, and what the server says of time is
//! odd. A token is never taken for younger than it is by the clock that knows better, and no clock sets off a storm.

use super::support::{
    REFRESH_1, TOKEN_URL, TOKENS, TOKENS_2, assert_post, assert_refused, at, call, client, generation, header, json,
    judge, redeem_new, renewal, signed_in,
};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::api_response::ApiAnswer;
use procore_spa_auth::protocol::client::{Authorization, Client, Progress};
use procore_spa_auth::protocol::session::{SessionEvent, Status};
use procore_spa_auth::protocol::time::Moment;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A device of which the wall clock was set by `jump` right after the sign-in, `seconds` ago by its own clock.
fn after(seconds: u64, jump: i64) -> Moment {
    let now = at(seconds);
    Moment::new(now.wall.checked_add_signed(jump).unwrap(), now.monotonic)
}

/// A device that has slept: the wall clock has gone on, its own has not.
const fn asleep(seconds: u64) -> Moment {
    Moment::new(at(seconds).wall, at(0).monotonic)
}

fn renew(client: &mut Client, now: Moment) {
    let exchange = renewal(client);
    assert!(matches!(
        client.settle(exchange, json(200, TOKENS_2), now),
        Ok(Progress::Refreshed)
    ));
}

#[test]
fn a_clock_that_is_set_back_makes_no_token_live_longer() {
    for jump in [-1, -HOUR, -DAY, -365 * DAY] {
        let mut client = signed_in(TOKENS);
        for seconds in [1, 60, HOUR.unsigned_abs(), 5369] {
            assert_eq!(
                header(&mut client, after(seconds, jump)).as_deref(),
                Some("Bearer AT1"),
                "{jump} {seconds}"
            );
        }
        assert_eq!(client.session(after(5370, jump)).status, Status::RefreshDue, "{jump}");
        assert_eq!(client.session(after(5400, jump)).status, Status::Expired, "{jump}");
        assert_eq!(header(&mut client, after(5370, jump)), None, "{jump}");
        renew(&mut client, after(5370, jump));
        // Right again: the new token is as old as it is.
        assert_eq!(header(&mut client, at(5371)).is_some(), jump > -5370, "{jump}");
    }
}

#[test]
fn a_clock_that_is_set_forward_costs_one_renewal_at_most() {
    for jump in [1, HOUR, DAY, 365 * DAY] {
        let mut client = signed_in(TOKENS);
        let is_over = jump >= 5400;
        assert_eq!(header(&mut client, after(1, jump)).is_none(), is_over, "{jump}");
        if is_over {
            assert_eq!(client.session(after(1, jump)).status, Status::Expired, "{jump}");
            renew(&mut client, after(1, jump));
        }
        let token = if is_over { "Bearer AT2" } else { "Bearer AT1" };
        for seconds in [2, 60] {
            assert_eq!(
                header(&mut client, after(seconds, jump)).as_deref(),
                Some(token),
                "{jump}"
            );
            // Set right.
            assert_eq!(header(&mut client, at(seconds)).as_deref(), Some(token), "{jump}");
        }
    }
}

#[test]
fn a_device_that_has_slept_for_a_day_renews_first() {
    let day = DAY.unsigned_abs();
    let mut client = signed_in(TOKENS);
    assert_eq!(client.session(asleep(day)).status, Status::Expired);
    assert!(client.session(asleep(day)).is_renewable);
    assert_eq!(header(&mut client, asleep(day)), None);
    let exchange = renewal(&mut client);
    assert_post(&exchange, TOKEN_URL, REFRESH_1);
    client.settle(exchange, json(200, TOKENS_2), asleep(day)).unwrap();
    assert_eq!(client.take_event(), Some(SessionEvent::Refreshed));
    assert_eq!(header(&mut client, asleep(day + 1)).as_deref(), Some("Bearer AT2"));
    assert_eq!(header(&mut client, asleep(day + 5370)), None, "asleep again");

    // Asleep while the renewal is out: its answer counts from when it came.
    let mut client = signed_in(TOKENS);
    let exchange = renewal(&mut client);
    client.settle(exchange, json(200, TOKENS_2), asleep(day)).unwrap();
    assert_eq!(client.session(asleep(day)).status, Status::Fresh);

    // Nothing to renew with.
    let mut client = signed_in(r#"{"access_token":"AT1","token_type":"bearer"}"#);
    assert_eq!(call(&mut client, asleep(day)).unwrap_err().code(), Code::ReauthRequired);
    assert_eq!(client.take_event(), Some(SessionEvent::Expired));
}

#[test]
fn where_both_clocks_fail_the_servers_401_tells() {
    // Set back by a day, and asleep for two hours: the token looks an hour old, and is three.
    let mut client = signed_in(TOKENS);
    let now = Moment::new(at(0).wall - 22 * 3600, at(3600).monotonic);
    let first = generation(&mut client, now);
    assert_eq!(judge(&mut client, 401, first, now), ApiAnswer::RenewAndRetry);
    renew(&mut client, now);
    let second = generation(&mut client, now);
    assert_eq!(judge(&mut client, 401, second, now), ApiAnswer::Return, "once");
}

#[test]
fn a_kept_session_is_as_old_as_the_wall_clock_says_or_nobody_knows() {
    let record = signed_in(TOKENS).save(at(60)).unwrap();
    for (jump, status) in [
        (0, Status::Fresh),
        (HOUR, Status::Fresh),
        (DAY, Status::Expired),
        (-HOUR, Status::Expired),
        (-DAY, Status::Expired),
    ] {
        // The page's own clock starts again with each load.
        let loaded = Moment::new(after(120, jump).wall, 0);
        let mut client = client();
        client.restore(&record, false, loaded).unwrap();
        assert_eq!(client.session(loaded).status, status, "{jump}");
        assert!(client.session(loaded).is_renewable, "{jump}");
        assert_eq!(
            header(&mut client, loaded).is_none(),
            status == Status::Expired,
            "{jump}"
        );
        renew(&mut client, loaded);
        assert_eq!(header(&mut client, loaded).as_deref(), Some("Bearer AT2"), "{jump}");
    }
}

#[test]
fn a_negative_or_unreadable_lifetime_is_no_lifetime() {
    for expires_in in [
        "-1",
        "-5400",
        "-0.5",
        r#""-1""#,
        r#""soon""#,
        r#"" 60""#,
        r#""60.5""#,
        r#""6e1""#,
        r#""""#,
        "true",
        "[60]",
        "{}",
    ] {
        let body = format!(
            r#"{{"access_token":"AT2","token_type":"bearer","refresh_token":"RT2","expires_in":{expires_in}}}"#
        );
        let mut fresh = client();
        let exchange = redeem_new(&mut fresh, "code=C1", at(0)).unwrap();
        assert_refused(
            &fresh.settle(exchange, json(200, &body), at(0)),
            Code::TokenBadExpiresIn,
        );
        assert_eq!(fresh.session(at(0)).status, Status::SignedOut, "{expires_in}");

        let mut client = signed_in(TOKENS);
        let exchange = renewal(&mut client);
        assert_refused(&client.settle(exchange, json(200, &body), at(1)), Code::ReauthRequired);
        assert_eq!(client.session(at(1)).status, Status::InDoubt, "{expires_in}");
        assert_eq!(
            header(&mut client, at(1)).as_deref(),
            Some("Bearer AT1"),
            "{expires_in}"
        );
    }
}

#[test]
fn odd_lifetimes_of_a_renewed_token_set_off_no_storm() {
    for (expires_in, renewed_at) in [
        ("", 5370),
        (r#","expires_in":0"#, 0),
        (r#","expires_in":1"#, 0),
        (r#","expires_in":0.9"#, 0),
        (r#","expires_in":2"#, 1),
        (r#","expires_in":"20""#, 18),
        (r#","expires_in":"600""#, 570),
        // With an exponent it is as good as not named.
        (r#","expires_in":1e3"#, 5370),
        (r#","expires_in":99999999999999999999999"#, 86_370),
    ] {
        let mut client = signed_in(TOKENS);
        let exchange = renewal(&mut client);
        let body = format!(r#"{{"access_token":"AT2","token_type":"bearer","refresh_token":"RT2"{expires_in}}}"#);
        client.settle(exchange, json(200, &body), at(0)).unwrap();
        if renewed_at > 0 {
            assert!(header(&mut client, at(renewed_at - 1)).is_some(), "{expires_in}");
        }
        // One for each request, and no request waits for another one.
        let request = ApiRequest::new("/x", None, client.config()).unwrap().renewed();
        assert!(matches!(
            client.authorize(&request, at(renewed_at)),
            Ok(Authorization::Header { .. })
        ));
        assert_eq!(header(&mut client, at(renewed_at)), None, "{expires_in}");
    }
}
