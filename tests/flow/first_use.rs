//! A renewed access token that nobody has used: at some servers the refresh token of before lives until somebody has.

use super::sign_out::{REVOKE_AT2, REVOKE_RT1, REVOKE_RT2, USE_AT2, sent};
use super::support::{
    OPTIONS, TOKENS, TOKENS_2, assert_use, at, client, client_of, json, judge, renewal, sign_in, signed_in,
};
use procore_spa_auth::protocol::api_response::{ApiAnswer, ApiResponse};
use procore_spa_auth::protocol::client::{Client, Progress};
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::time::Moment;

fn renew(client: &mut Client, tokens: &str, now: Moment) {
    let exchange = renewal(client);
    assert!(matches!(
        client.settle(exchange, json(200, tokens), now),
        Ok(Progress::Refreshed)
    ));
    assert_eq!(client.take_event(), Some(SessionEvent::Refreshed));
}

#[test]
fn a_renewed_token_that_nobody_has_used_is_used_before_it_is_revoked() {
    type Outcome = fn() -> HttpOutcome;
    let answers: [(Outcome, bool); 9] = [
        (|| json(200, "{}"), true),
        (|| json(401, "{}"), false),
        (|| json(404, "{}"), false),
        (|| json(500, "{}"), false),
        (|| HttpOutcome::NoAnswer, false),
        (|| HttpOutcome::TimedOut, false),
        (|| HttpOutcome::NotSent, false),
        (|| HttpOutcome::Redirected, false),
        // What a server of pages answers at any path.
        (
            || HttpOutcome::Answer(HttpResponse::new(200, "text/html".into(), "<p>".into())),
            false,
        ),
    ];
    for (outcome, expected) in answers {
        let mut client = signed_in(TOKENS);
        renew(&mut client, TOKENS_2, at(1));
        let answer = |body: &str| if body == USE_AT2 { outcome() } else { json(200, "") };
        let (bodies, is_revoked) = sent(&mut client, at(2), answer);
        assert_eq!(bodies, [USE_AT2, REVOKE_RT2, REVOKE_AT2], "{:?}", outcome());
        assert_eq!(is_revoked, expected, "{:?}", outcome());
    }
}

#[test]
fn a_renewed_token_that_the_api_has_taken_is_not_used_once_more() {
    // Success alone shows it.
    for (status, is_used) in [(200, true), (204, true), (401, false), (403, false), (503, false)] {
        let mut client = signed_in(TOKENS);
        let before = client.generation();
        renew(&mut client, TOKENS_2, at(1));
        assert!(client.is_unused());
        // Nothing is shown by an answer to the token of before, or out of a cache.
        let generation = client.generation();
        let cached = ApiResponse::new(200).cached("force-cache");
        assert_eq!(client.judge(&cached, generation, at(1)), ApiAnswer::Return);
        judge(&mut client, 200, before, at(1));
        assert!(client.is_unused());
        let generation = client.generation();
        judge(&mut client, status, generation, at(1));
        assert_eq!(client.is_unused(), !is_used, "{status}");
        let (bodies, is_revoked) = sent(&mut client, at(2), |_| json(200, "{}"));
        assert_eq!(bodies.len(), if is_used { 2 } else { 3 }, "{status}");
        assert!(is_revoked);
    }
}

#[test]
fn a_renewed_token_is_used_before_the_next_renewal_or_the_revocation_stays_pending() {
    let tokens_3 = TOKENS_2.replace("T2", "T3");
    for (first_use, expected) in [
        (Some(json(200, "{}")), true),
        (Some(HttpOutcome::NoAnswer), false),
        (None, false),
    ] {
        let mut client = signed_in(TOKENS);
        assert!(client.begin_use().is_none(), "a sign-in replaces no refresh token");
        renew(&mut client, TOKENS_2, at(1));
        if let Some(outcome) = first_use {
            let exchange = client.begin_use().unwrap();
            assert_use(&exchange, "AT2");
            assert!(matches!(client.settle(exchange, outcome, at(1)), Ok(Progress::Used)));
            assert!(client.begin_use().is_none(), "once");
        }
        renew(&mut client, &tokens_3, at(2));
        // A reload, or another tab, knows as much.
        let mut restored = self::client();
        restored.restore(&client.save(at(2)).unwrap(), false, at(3)).unwrap();
        for mut client in [client, restored] {
            client.take_event();
            let (bodies, is_revoked) = sent(&mut client, at(3), |_| json(200, "{}"));
            assert_eq!(
                (bodies[0].as_str(), bodies.len(), is_revoked),
                ("Bearer AT3", 3, expected)
            );
        }
    }
}

#[test]
fn a_renewed_token_can_not_be_used_where_nothing_is_there_for_it() {
    // No token info endpoint: nobody knows what has become of the refresh token of before.
    let server = r#"{"servers":{"production":{"customAuthorizationServer":true,"apiOrigin":"https://api.example",
        "authorizationEndpoint":"https://as.example/a","tokenEndpoint":"https://login.procore.com/oauth/token",
        "revocationEndpoint":"https://login.procore.com/oauth/revoke"}},"#;
    let mut client = client_of(&OPTIONS.replacen('{', server, 1));
    sign_in(&mut client, TOKENS);
    renew(&mut client, TOKENS_2, at(1));
    assert!(client.begin_use().is_none());
    let (bodies, is_revoked) = sent(&mut client, at(2), |_| json(200, ""));
    assert_eq!(
        (bodies, is_revoked),
        (vec![REVOKE_RT2.into(), REVOKE_AT2.into()], false)
    );

    // A token mediator renews, so it is its turn to use, and its word that counts.
    let mut client = client_of(&OPTIONS.replacen('{', r#"{"tokenMediator":"/oauth/token","#, 1));
    let by_handle = |tokens: &str| tokens.replace("refresh_token", "session_handle").replace("RT2", "RT1");
    sign_in(&mut client, &by_handle(TOKENS));
    renew(&mut client, &by_handle(TOKENS_2), at(1));
    assert!(client.begin_use().is_none() && !client.is_unused());
    assert!(!client.save(at(1)).unwrap().contains("\"isWhole\":false"));
}

#[test]
fn a_server_that_gives_the_same_refresh_token_again_keeps_no_other() {
    let same = TOKENS_2.replace("RT2", "RT1");
    let mut client = signed_in(TOKENS);
    renew(&mut client, &same, at(1));
    let (bodies, is_revoked) = sent(&mut client, at(2), |_| json(200, ""));
    assert_eq!((bodies, is_revoked), (vec![REVOKE_RT1.into(), REVOKE_AT2.into()], true));
}

/// Doorkeeper: each renewal has a row of its own, of a refresh and an access token.
struct Doorkeeper {
    is_before_5_9: bool,
    /// Its default migration: the row of before ends when the new access token is used, and not before.
    is_revoked_on_use: bool,
    /// Whether the access token is over, of the first row and those after it.
    is_over: Vec<bool>,
    /// The rows that are not revoked; the first is 1.
    live: Vec<usize>,
}

impl Doorkeeper {
    fn new(is_before_5_9: bool, is_revoked_on_use: bool) -> Self {
        Self {
            is_before_5_9,
            is_revoked_on_use,
            is_over: vec![false],
            live: vec![1],
        }
    }

    fn expire(&mut self) {
        self.is_over.fill(true);
    }

    fn answer(&mut self, lifetime: u64, body: &str) -> HttpOutcome {
        let number = |start: &str| -> usize { body.split(start).nth(1).unwrap()[..1].parse().unwrap() };
        if body.starts_with("grant_type=") {
            let (used, new) = (number("refresh_token=RT"), self.is_over.len() + 1);
            assert!(self.live.contains(&used), "RT{used} is dead");
            if !self.is_revoked_on_use {
                self.live.retain(|row| *row != used);
            }
            self.is_over.push(false);
            self.live.push(new);
            let tokens = TOKENS_2.replace("T2", &format!("T{new}"));
            return json(200, &tokens.replace("5400", &lifetime.to_string()));
        }
        let is_over = |row: usize| self.is_over.get(row - 1) == Some(&true);
        if body.starts_with("Bearer") {
            let row = number("Bearer AT");
            // The row of before, whether this one is over or not.
            self.live.retain(|live| *live + 1 != row);
            let is_refused = is_over(row) || !self.live.contains(&row);
            return json(if is_refused { 401 } else { 200 }, "{}");
        }
        let is_refresh_token = body.starts_with("token=RT");
        let row = number(if is_refresh_token { "token=RT" } else { "token=AT" });
        if !is_over(row) || (is_refresh_token && !self.is_before_5_9) {
            self.live.retain(|live| *live != row);
        }
        json(200, "{}")
    }
}

#[test]
fn doorkeeper_old_and_new_is_left_with_no_good_token_when_it_says_so() {
    for (is_before_5_9, is_revoked_on_use) in [(true, false), (false, false), (true, true), (false, true)] {
        for lifetime in [5400, 60, 20, 2, 1] {
            // How often it is renewed without a call, and with the token over by then; and whether it is over at last.
            for (renewals, is_over_between, is_over) in [
                (0, false, false),
                (0, false, true),
                (1, false, false),
                (1, false, true),
                (1, true, false),
                (2, false, false),
                (2, false, true),
                (3, true, true),
            ] {
                let mut server = Doorkeeper::new(is_before_5_9, is_revoked_on_use);
                let mut client = signed_in(&TOKENS.replace("5400", &lifetime.to_string()));
                let mut now = 0;
                for _ in 0..renewals {
                    if is_over_between {
                        now += lifetime;
                        server.expire();
                    }
                    if let Some(exchange) = client.begin_use() {
                        let token = exchange.request.authorization.as_ref().unwrap().expose().to_owned();
                        client
                            .settle(exchange, server.answer(lifetime, &token), at(now))
                            .unwrap();
                    }
                    let exchange = renewal(&mut client);
                    let body = exchange.request.body.as_ref().unwrap().expose().to_owned();
                    client
                        .settle(exchange, server.answer(lifetime, &body), at(now))
                        .unwrap();
                    client.take_event();
                }
                if is_over {
                    now += lifetime;
                    server.expire();
                }
                let (_, is_revoked) = sent(&mut client, at(now), |body| server.answer(lifetime, body));
                let case = format!("{lifetime} {renewals} {is_over_between} {is_over}");
                assert!(!is_revoked || server.live.is_empty(), "{case}: {:?} live", server.live);
                // Nothing is left in doubt that could be known. A renewed token that is over before anybody could use it can
                // not show that it was.
                let is_known = renewals == 0 || (!is_over && (!is_over_between || renewals == 1));
                assert!(is_revoked == is_known || lifetime == 1, "{case}");
            }
        }
    }
}
