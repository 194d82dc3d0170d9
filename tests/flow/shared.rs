//! Two tabs with real tokens share a session: every request byte for byte, and in which order a call to the API renews, waits, is
//! sent again and ends. What they do in every other order is in `tests/model`.

use super::support::{OPTIONS, REFRESH_1, REVOKE_URL, TOKEN_URL, TOKENS, TOKENS_2, assert_post, at, client_of, json};
use super::tabs::{Tab, Vault, fetch, header, sent, settled, told, two_tabs};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::api_response::ApiResponse;
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::session::{SessionEvent, Status};
use procore_spa_auth::protocol::shared::{Done, Effect, Event, Shared, Wiped as Wiping};

#[test]
fn nothing_is_known_before_the_vault_has_answered() {
    let mut tab = Shared::new(client_of(OPTIONS), true, false, false, at(0));
    assert_eq!(tab.session(), None);
    let effects = tab.handle(Event::Start, at(0));
    assert!(matches!(effects.as_slice(), [Effect::Read]));
    assert!(tab.handle(fetch(1), at(0)).is_empty(), "it waits");
    assert_eq!(tab.session(), None);
    let (entry, is_anyone_here, left) = (None, false, None);
    let found = Event::Found {
        entry,
        is_anyone_here,
        left,
    };
    let effects = tab.handle(found, at(0));
    assert_eq!(settled(&effects), Err(Code::NotSignedIn));
    assert_eq!(tab.session(), Some(None));
}

#[test]
fn a_call_that_comes_after_metadata_could_not_be_read_asks_for_them_again() {
    let server = r#"{"servers":{"production":{"customAuthorizationServer":true,"discover":true,
        "issuer":"https://as.example","apiOrigin":"https://api.as.example"}},"#;
    let mut vault = Vault::default();
    let client = client_of(&OPTIONS.replacen('{', server, 1));
    let mut tab = Tab(Shared::new(client, true, false, false, at(0)));
    let exchange = sent(&tab.handle(&mut vault, Event::Start, 0));
    assert!(tab.handle(&mut vault, Event::Ready { call: 1 }, 0).is_empty());
    let effects = tab.answered(&mut vault, exchange, HttpOutcome::NoAnswer, 0);
    assert_eq!(settled(&effects), Err(Code::NetworkError));
    assert_eq!(tab.0.session(), None, "nothing is known");

    let exchange = sent(&tab.handle(&mut vault, Event::Ready { call: 2 }, 1));
    let metadata = r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/authorize","token_endpoint":"https://as.example/token",
        "revocation_endpoint":"https://as.example/revoke","token_endpoint_auth_methods_supported":["none"]}"#;
    let effects = tab.answered(&mut vault, exchange, json(200, metadata), 1);
    assert_eq!(settled(&effects), Ok(Done::Done));
    assert_eq!(tab.0.session(), Some(None));
}

#[test]
fn one_tab_renews_for_both() {
    let mut vault = Vault::default();
    let (mut first, mut second) = two_tabs(&mut vault);
    assert_eq!((first.0.session(), second.0.session()), (Some(Some(7)), Some(Some(7))));
    assert_eq!(header(&first.handle(&mut vault, fetch(1), 1)), "Bearer AT1");
    assert_eq!(header(&second.handle(&mut vault, fetch(1), 1)), "Bearer AT1");

    let effects = second.handle(&mut vault, Event::Refresh { call: 2 }, 2);
    let exchange = sent(&effects);
    assert_post(second.0.exchange(exchange).unwrap(), TOKEN_URL, REFRESH_1);
    let (.., is_out, record) = vault.entry.as_ref().unwrap();
    assert!(
        *is_out && !record.contains("RT1"),
        "it is written down before it leaves"
    );

    let effects = second.answered(&mut vault, exchange, json(200, TOKENS_2), 3);
    assert_eq!(settled(&effects), Ok(Done::Done));
    let news = Event::Heard {
        news: SessionEvent::Refreshed,
        id: 7,
    };
    assert_eq!(told(&first.handle(&mut vault, news, 3)), Some(SessionEvent::Refreshed));
    assert_eq!(header(&first.handle(&mut vault, fetch(3), 4)), "Bearer AT2");
    assert_eq!(first.0.session(), Some(Some(7)), "a renewal is the same session");
}

#[test]
fn a_renewal_elsewhere_is_waited_for_as_long_as_its_request_may_take() {
    let mut vault = Vault::default();
    let (mut first, mut second) = two_tabs(&mut vault);
    let exchange = sent(&second.handle(&mut vault, Event::Refresh { call: 1 }, 2));
    // The other tab has the lock.
    let mut effects = first.0.handle(Event::Resume { call: 0 }, at(2));
    assert!(matches!(effects.remove(0), Effect::Read));
    let found = vault.answer(&Effect::Read).unwrap();
    let effects = first.0.handle(found, at(2));
    let Some(Effect::Lock { seconds }) = effects.last() else {
        panic!("{effects:?}");
    };
    assert!(*seconds > 30, "the limit of a request");
    assert_eq!(told(&effects), None);
    assert_eq!(
        first.0.tokens().session(at(31)).status,
        Status::Fresh,
        "and not in doubt"
    );

    let _ = second.answered(&mut vault, exchange, json(200, TOKENS_2), 31);
    let effects = first.handle(&mut vault, Event::Locked, 31);
    assert_eq!(told(&effects), Some(SessionEvent::Refreshed));
}

#[test]
fn a_device_that_wakes_several_times_has_its_token_renewed_once() {
    let mut vault = Vault::default();
    let (mut first, mut second) = two_tabs(&mut vault);
    // The access token is over. Both tabs wake, and the first one waits for the lock, which the second one has.
    for call in [1, 2] {
        let effects = first.0.handle(Event::Resume { call }, at(6000));
        assert!(matches!(effects.as_slice(), [Effect::Read]), "{effects:?}");
        let effects = first.0.handle(vault.answer(&Effect::Read).unwrap(), at(6000));
        assert_eq!(effects.len(), 2 - usize::try_from(call).unwrap(), "{effects:?}");
    }
    let exchange = sent(&second.handle(&mut vault, Event::Resume { call: 1 }, 6000));
    let _ = second.answered(&mut vault, exchange, json(200, TOKENS_2), 6001);
    // By a third wake the first tab finds what has come of it.
    let effects = first.handle(&mut vault, Event::Resume { call: 3 }, 6001);
    assert_eq!(told(&effects), Some(SessionEvent::Refreshed));
    for number in [1, 2, 3] {
        let is_done =
            |effect: &Effect<_>| matches!(effect, Effect::Settle { call, result: Ok(Done::Done) } if *call == number);
        assert!(effects.iter().any(is_done), "{number}: {effects:?}");
    }
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Unlock)),
        "{effects:?}"
    );
}

#[test]
fn what_was_looked_at_before_the_lock_was_granted_is_looked_at_again() {
    let mut vault = Vault::default();
    let (mut first, mut second) = two_tabs(&mut vault);
    let look = |tab: &mut Tab, event| {
        let effects = tab.0.handle(event, at(2));
        assert!(matches!(effects.last(), Some(Effect::Read)), "{effects:?}");
    };
    // The second tab renews, and the first one, which was left, waits for the lock.
    let exchange = sent(&second.handle(&mut vault, Event::Refresh { call: 1 }, 2));
    let _ = first.0.handle(Event::Suspend, at(2));
    look(&mut first, Event::Resume { call: 0 });
    let effects = first.0.handle(vault.answer(&Effect::Read).unwrap(), at(2));
    assert!(matches!(effects.as_slice(), [Effect::Lock { .. }]), "{effects:?}");
    // It looks twice: at what has come of that renewal, and at the next one, which is on its way.
    let _ = second.answered(&mut vault, exchange, json(200, TOKENS_2), 2);
    let (news, id) = (SessionEvent::Refreshed, 7);
    look(&mut first, Event::Heard { news, id });
    let renewed = vault.answer(&Effect::Read).unwrap();
    let _ = first.0.handle(Event::Present, at(2));
    look(&mut first, renewed);
    let used = sent(&second.handle(&mut vault, Event::Refresh { call: 2 }, 2));
    let exchange = sent(&second.answered(&mut vault, used, json(200, "{}"), 2));
    let on_its_way = vault.answer(&Effect::Read).unwrap();
    let _ = second.answered(&mut vault, exchange, json(200, TOKENS), 2);
    // Only now it has the lock, and then what it has seen before.
    assert!(first.0.handle(Event::Locked, at(2)).is_empty());
    let effects = first.0.handle(on_its_way, at(2));
    assert!(matches!(effects.as_slice(), [Effect::Read]), "{effects:?}");
    let effects = {
        let now = vault.answer(&Effect::Read).unwrap();
        first.handle(&mut vault, now, 2)
    };
    assert_eq!(told(&effects), Some(SessionEvent::Refreshed));
}

#[test]
fn a_sign_out_wipes_every_tab_and_then_revokes_both_tokens() {
    let mut vault = Vault::default();
    let (mut first, mut second) = two_tabs(&mut vault);
    let effects = first.handle(&mut vault, Event::SignOut { call: 1 }, 1);
    assert!(vault.entry.is_none());
    assert_eq!(told(&effects), Some(SessionEvent::SignedOut));
    let exchange = sent(&effects);
    let news = Event::Heard {
        news: SessionEvent::SignedOut,
        id: 7,
    };
    assert_eq!(told(&second.handle(&mut vault, news, 1)), Some(SessionEvent::SignedOut));
    assert!(!second.0.tokens().is_signed_in());

    let request = first.0.exchange(exchange).unwrap();
    let body = "token=RT1&token_type_hint=refresh_token&client_id=CID";
    assert_post(request, REVOKE_URL, body);
    let exchange = sent(&first.answered(&mut vault, exchange, json(200, "{}"), 1));
    let effects = first.answered(&mut vault, exchange, json(200, "{}"), 1);
    let is_revoked = Some(true);
    let wiped = Wiping::Gone;
    assert_eq!(settled(&effects), Ok(Done::SignedOut { is_revoked, wiped }));
}

#[test]
fn a_session_that_can_not_be_removed_is_buried_and_no_tab_takes_it_up() {
    let mut vault = Vault::default();
    let (mut first, _) = two_tabs(&mut vault);
    vault.is_dead = true;
    let exchange = sent(&first.handle(&mut vault, Event::SignOut { call: 1 }, 1));
    assert_eq!(vault.buried, [7]);
    let exchange = sent(&first.answered(&mut vault, exchange, json(200, "{}"), 1));
    let effects = first.answered(&mut vault, exchange, json(200, "{}"), 1);
    // Another tab may have renewed it, and nobody could look.
    let is_revoked = Some(false);
    let wiped = Wiping::Buried;
    assert_eq!(settled(&effects), Ok(Done::SignedOut { is_revoked, wiped }));

    vault.is_dead = false;
    let (tab, effects) = Tab::new(&mut vault);
    assert_eq!(told(&effects), None);
    assert_eq!(tab.0.session(), Some(None));
    assert!(vault.entry.is_none(), "and the first who can removes it");
}

#[test]
fn a_renewal_that_can_not_be_written_down_is_not_sent_and_may_go_better_later() {
    let mut vault = Vault::default();
    let (mut tab, _) = two_tabs(&mut vault);
    vault.is_dead = true;
    let effects = tab.handle(&mut vault, Event::Refresh { call: 1 }, 1);
    let Some(Effect::Settle { result: Err(error), .. }) =
        effects.iter().find(|effect| matches!(effect, Effect::Settle { .. }))
    else {
        panic!("{effects:?}");
    };
    assert_eq!((error.code(), error.is_retryable()), (Code::StorageUnavailable, true));
    vault.is_dead = false;
    let exchange = sent(&tab.handle(&mut vault, Event::Refresh { call: 2 }, 2));
    assert_post(tab.0.exchange(exchange).unwrap(), TOKEN_URL, REFRESH_1);
}

#[test]
fn who_could_not_look_renews_nothing_to_revoke_it() {
    for is_dead in [false, true] {
        let mut vault = Vault::default();
        let (mut tab, _) = two_tabs(&mut vault);
        vault.is_dead = is_dead;
        // The access token is over, and Doorkeeper revokes nothing of an expired session.
        let exchange = sent(&tab.handle(&mut vault, Event::SignOut { call: 1 }, 6000));
        let url = if is_dead { REVOKE_URL } else { TOKEN_URL };
        assert_eq!(tab.0.exchange(exchange).unwrap().request.url, url);
    }
}

#[test]
fn a_refused_call_renews_once_and_is_sent_again() {
    let mut vault = Vault::default();
    let (mut tab, _) = two_tabs(&mut vault);
    assert_eq!(header(&tab.handle(&mut vault, fetch(1), 1)), "Bearer AT1");
    let refused = |call| Event::Response {
        call,
        response: ApiResponse::new(401),
    };
    let exchange = sent(&tab.handle(&mut vault, refused(1), 2));
    let effects = tab.answered(&mut vault, exchange, json(200, TOKENS_2), 2);
    assert_eq!(header(&effects), "Bearer AT2");
    assert_eq!(
        settled(&tab.handle(&mut vault, refused(1), 3)),
        Ok(Done::Return),
        "the second one is the caller's"
    );
}

#[test]
fn a_pause_that_another_client_was_asked_for_has_its_own_alarm() {
    let mut vault = Vault::default();
    let (mut tab, _) = two_tabs(&mut vault);
    tab.0.pause_until(at(1).exactly() + 29_500);
    let effects = tab.handle(&mut vault, fetch(1), 1);
    assert!(
        matches!(effects.as_slice(), [Effect::Alarm(Some(29_500))]),
        "{effects:?}"
    );
    let effects = tab.handle(&mut vault, Event::Drop { call: 1 }, 2);
    assert!(matches!(effects.as_slice(), [Effect::Alarm(None)]), "{effects:?}");
}

#[test]
fn who_is_asked_to_wait_makes_all_wait_and_is_sent_again() {
    let mut vault = Vault::default();
    let (mut tab, _) = two_tabs(&mut vault);
    let _ = tab.handle(&mut vault, fetch(1), 1);
    let response = ApiResponse::new(429).with("2", "");
    let effects = tab.handle(&mut vault, Event::Response { call: 1, response }, 1);
    assert!(matches!(effects.as_slice(), [Effect::Alarm(Some(2000))]), "{effects:?}");
    let effects = tab.handle(&mut vault, fetch(2), 2);
    assert!(effects.is_empty(), "one alarm is for all: {effects:?}");
    let may_wait = false;
    let effects = tab.handle(&mut vault, Event::Fetch { call: 3, may_wait }, 2);
    assert_eq!(header(&effects), "Bearer AT1", "who would rather not wait does not");
    let effects = tab.handle(&mut vault, Event::Tick, 2);
    assert!(
        matches!(effects.as_slice(), [Effect::Alarm(Some(1000))]),
        "timers may be early: {effects:?}"
    );
    let effects = tab.handle(&mut vault, Event::Tick, 3);
    assert!(
        matches!(effects.as_slice(), [Effect::Fetch { .. }, Effect::Fetch { .. }]),
        "{effects:?}"
    );
}

#[test]
fn what_waits_ends_with_its_session_and_what_is_under_way_is_the_callers() {
    let mut vault = Vault::default();
    let (mut tab, _) = two_tabs(&mut vault);
    for call in [1, 2, 3] {
        let _ = tab.handle(&mut vault, fetch(call), 1);
    }
    let response = ApiResponse::new(429).with("2", "");
    let _ = tab.handle(&mut vault, Event::Response { call: 1, response }, 1);
    let effects = tab.sign_in(&mut vault, 8, TOKENS_2, 1);
    assert_eq!(told(&effects), Some(SessionEvent::SignedIn));
    let ended = effects.iter().find_map(|effect| match effect {
        Effect::Settle { call: 1, result } => Some(result.clone().unwrap_err().code()),
        _ => None,
    });
    assert_eq!(ended, Some(Code::SessionEnded));
    assert_eq!(tab.0.session(), Some(Some(8)));
    let mut answered = |call, status| {
        let response = ApiResponse::new(status);
        settled(&tab.handle(&mut vault, Event::Response { call, response }, 1))
    };
    assert_eq!(answered(2, 200), Ok(Done::Return));
    assert_eq!(answered(3, 401), Err(Code::SessionEnded), "for that reason");
}

#[test]
fn while_a_response_is_judged_nothing_is_told_and_no_request_leaves() {
    let mut vault = Vault::default();
    let _ = two_tabs(&mut vault);
    let mut tab = Tab(Shared::new(client_of(OPTIONS), true, false, false, at(0)));
    let effects = tab.handle(&mut vault, Event::Judging { call: 100 }, 0);
    assert!(effects.is_empty(), "{effects:?}");
    assert!(tab.handle(&mut vault, fetch(1), 0).is_empty());
    assert_eq!(tab.0.session(), None);
    // No response after all.
    let effects = tab.handle(&mut vault, Event::Drop { call: 100 }, 0);
    assert_eq!(told(&effects), Some(SessionEvent::SignedIn));
    assert_eq!(header(&effects), "Bearer AT1");
}

#[test]
fn what_the_last_tab_has_left_is_taken_up_for_a_minute_and_then_given_back() {
    // A tab that had it before takes it up again, however long it was away.
    for (seconds, had_session, is_taken) in [(60, false, true), (61, false, false), (3000, true, true)] {
        let mut vault = Vault::default();
        let _ = two_tabs(&mut vault);
        let mut tab = Tab(Shared::new(client_of(OPTIONS), true, had_session, false, at(seconds)));
        let _ = tab.0.handle(Event::Start, at(seconds));
        let Some(Event::Found { entry, .. }) = vault.answer(&Effect::Read) else {
            panic!("no vault");
        };
        let (is_anyone_here, left) = (false, Some(at(0).wall));
        let found = Event::Found {
            entry,
            is_anyone_here,
            left,
        };
        let effects = tab.handle(&mut vault, found, seconds);
        assert_eq!(told(&effects).is_some(), is_taken, "{seconds}");
        assert_eq!(vault.entry.is_some(), is_taken, "{seconds}");
        if !is_taken {
            let request = tab.0.exchange(sent(&effects)).unwrap();
            assert_eq!(request.request.url, REVOKE_URL);
        }
    }
}

#[test]
fn tokens_that_come_late_go_with_the_session_that_has_taken_their_place() {
    const NEXT: &str = r#"{"access_token":"AT9","token_type":"Bearer","expires_in":5400,"refresh_token":"RT9"}"#;
    let mut vault = Vault::default();
    let (mut first, mut second) = two_tabs(&mut vault);
    let late = sent(&second.handle(&mut vault, Event::Refresh { call: 1 }, 2));
    first.sign_in(&mut vault, 8, NEXT, 3);
    // It has not heard of it.
    let effects = second.answered(&mut vault, late, json(200, TOKENS_2), 3);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Send(_))),
        "{effects:?}"
    );
    assert_eq!(told(&effects), Some(SessionEvent::SignedIn));
    assert_eq!(settled(&effects), Ok(Done::Done));
    assert_eq!(second.0.session(), Some(Some(8)));
    assert_eq!(header(&second.handle(&mut vault, fetch(2), 4)), "Bearer AT9");
    // All that there is goes with the sign-out, of any tab.
    let effects = first.handle(&mut vault, Event::SignOut { call: 3 }, 5);
    let mut revoked = Vec::new();
    let mut effects = effects;
    for _ in 0..8 {
        let Some(Effect::Send(exchange)) = effects.iter().find(|effect| matches!(effect, Effect::Send(_))) else {
            break;
        };
        let exchange = *exchange;
        // Without a body, a token is used, so that those before it end.
        if let Some(body) = &first.0.exchange(exchange).unwrap().request.body {
            revoked.push(body.expose().split('&').next().unwrap().to_owned());
        }
        effects = first.answered(&mut vault, exchange, json(200, "{}"), 5);
    }
    for token in ["AT9", "RT9", "AT2", "RT2"] {
        assert!(revoked.contains(&format!("token={token}")), "{token}: {revoked:?}");
    }
}
