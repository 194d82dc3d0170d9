//! What the mediator of before was seen to do wrong: each is a test.

use crate::support::browser::redeem;
use crate::support::process::Settings;
use crate::support::procore::{FAULT, FIREWALL, Say};
use crate::support::{CLIENT_ID, ORIGIN, REDIRECT_URI, until, world};

#[tokio::test]
async fn a_second_sign_in_does_not_revoke_the_new_session() {
    let (procore, _mediator, mut browser) = world().await;
    let first = browser.sign_in("c1").await;
    let second = browser.sign_in("c2").await;
    // The page revokes what it has replaced.
    let answer = browser.revoke(&first.handle(), &first.access()).await;
    assert_eq!((answer.status, answer.set_cookie), (200, None));
    assert_eq!(procore.revoked(), [first.access()]);
    assert_eq!(browser.renew(&second.handle()).await.status, 200);
}

#[tokio::test]
async fn cookies_are_not_read_as_a_form() {
    let (procore, _mediator, mut browser) = world().await;
    let mut other = browser.clone();
    let (mine, theirs) = (browser.sign_in("c1").await, other.sign_in("c2").await);
    let cookie = browser.cookie.clone().unwrap();
    let injected = other.cookie.unwrap();
    let encoded = injected.replace("__Host", "%5F%5FHost");
    // What a sibling subdomain may set is no session by itself, and does not beat the real one.
    for alone in [encoded.clone(), format!("a=1&{injected}")] {
        browser.cookie = Some(alone.clone());
        browser.renew(&theirs.handle()).await.expect(400, "invalid_grant");
        browser.cookie = Some(format!("{alone}; {cookie}"));
        assert_eq!(browser.resume().await.handle(), mine.handle());
    }
    assert_eq!(procore.renewals().len(), 0);
}

#[tokio::test]
async fn a_slow_renewal_is_shared_after_its_end_too() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    procore.next(&[Say::GrantLate]);
    let mut tabs: Vec<_> = (0..5).map(|_| browser.clone()).collect();
    let (one, more) = tabs.split_at_mut(1);
    let asked = futures_util::future::join_all(one.iter_mut().chain(more).map(|tab| tab.renew(&handle)));
    let let_go = async {
        until("the renewal", || async { procore.renewals().len() == 1 }).await;
        procore.let_go();
    };
    let (answers, ()) = tokio::join!(asked, let_go);
    // That it is kept for 60 seconds from there is shown in `serve::flights`, whose clock can be set.
    let late = browser.clone().renew(&handle).await;
    for answer in answers.iter().chain([&late]) {
        assert_eq!((answer.status, answer.access()), (200, late.access()));
    }
    assert_eq!(procore.renewals().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_or_a_5xx_leaves_doubt_and_the_refresh_token_is_not_sent_again() {
    for say in [Say::Drop, FAULT] {
        let (procore, _mediator, mut browser) = world().await;
        let handle = browser.sign_in("c1").await.handle();
        let mut old = browser.clone();
        procore.next(&[say]);
        browser.renew(&handle).await.expect(502, "in_doubt");
        browser.renew(&handle).await.expect(400, "invalid_grant");
        old.renew(&handle).await.expect(502, "in_doubt");
        assert_eq!(procore.renewals().len(), 1);
    }
}

#[tokio::test]
async fn after_a_reload_the_session_is_resumed_and_a_sign_out_ends_it() {
    let (procore, _mediator, mut browser) = world().await;
    let signed_in = browser.sign_in("c1").await;
    let resumed = browser.resume().await;
    assert_eq!(
        (resumed.handle(), resumed.access()),
        (signed_in.handle(), signed_in.access())
    );
    assert_eq!(procore.renewals().len(), 0);
    let answer = browser.revoke(&resumed.handle(), &resumed.access()).await;
    assert_eq!((answer.status, answer.body["revoked"].as_bool()), (200, Some(true)));
    assert_eq!(browser.cookie, None);
    let mut issued = procore.issued();
    issued.sort();
    assert_eq!(procore.revoked(), issued);
}

#[tokio::test]
async fn a_revocation_that_is_not_confirmed_stays_until_it_is() {
    let (procore, _mediator, mut browser) = world().await;
    let signed_in = browser.sign_in("c1").await;
    procore.next_revocations(&[FAULT, FAULT]);
    browser
        .revoke(&signed_in.handle(), &signed_in.access())
        .await
        .expect(503, "temporarily_unavailable");
    assert!(browser.cookie.is_some());
    // Nothing but a sign-out can be done with it.
    browser
        .clone()
        .renew(&signed_in.handle())
        .await
        .expect(400, "invalid_grant");
    let again = browser.revoke(&signed_in.handle(), &signed_in.access()).await;
    assert_eq!((again.status, &browser.cookie), (200, &None));
    let mut twice: Vec<_> = procore
        .issued()
        .into_iter()
        .flat_map(|token| [token.clone(), token])
        .collect();
    twice.sort();
    assert_eq!(procore.revoked(), twice);
    assert_eq!(procore.renewals().len(), 0);
}

#[tokio::test]
async fn a_request_of_one_user_is_not_renewed_with_the_cookie_of_another() {
    let (procore, _mediator, mut browser) = world().await;
    let first = browser.sign_in("user 1").await;
    let second = browser.sign_in("user 2").await;
    let answer = browser.renew(&first.handle()).await;
    answer.expect(409, "session_mismatch");
    assert_eq!((answer.set_cookie, procore.renewals().len()), (None, 0));
    assert_eq!(browser.renew(&second.handle()).await.handle(), second.handle());
}

#[tokio::test]
async fn a_check_of_pkce_touches_no_session() {
    let (procore, _mediator, mut browser) = world().await;
    let signed_in = browser.sign_in("c1").await;
    let before = browser.cookie.clone();
    let mut fields = redeem("c2").to_vec();
    fields.push(("purpose", "check"));
    let answer = browser.token(&fields).await;
    assert_eq!(answer.text, r#"{"version":2,"pkce":"ignored"}"#);
    assert_eq!((&answer.set_cookie, &browser.cookie), (&None, &before));
    assert_eq!(procore.revoked(), procore.issued()[2..]);
    assert_eq!(browser.renew(&signed_in.handle()).await.status, 200);
}

#[tokio::test]
async fn nothing_of_procores_words_reaches_the_page() {
    let (procore, _mediator, mut browser) = world().await;
    procore.next(&[Say::Echo]);
    let signed_in = browser.sign_in("c1").await;
    let members: Vec<_> = signed_in.body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        members,
        [
            "access_token",
            "created_at",
            "expires_in",
            "session_handle",
            "token_type",
            "version"
        ]
    );
    procore.next(&[Say::Echo]);
    let renewed = browser.renew(&signed_in.handle()).await;
    for text in [&signed_in.text, &renewed.text] {
        for secret in ["R0", "42", "c1", "words", "dBjf"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test]
async fn a_firewalls_page_ends_no_session() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    procore.next(&[FIREWALL]);
    let answer = browser.renew(&handle).await;
    answer.expect(503, "temporarily_unavailable");
    assert_eq!(answer.set_cookie, None);
    assert_eq!(browser.renew(&handle).await.status, 200);
}

#[tokio::test]
async fn a_trailing_slash_in_an_origin_is_refused_at_the_start() {
    let (procore, _mediator, _browser) = world().await;
    let mut settings = Settings::new(&procore);
    settings.application("MAIN", &procore.origin, CLIENT_ID, &format!("{ORIGIN}/"), REDIRECT_URI);
    let complaint = settings.complaint().await;
    assert!(
        complaint.contains(r#"origins: "https://app.example/" is not how browsers write an origin"#),
        "{complaint}"
    );
}
