//! Renewing, resuming, and what restarts and broken connections do to them.

use crate::support::process::Settings;
use crate::support::procore::{INVALID_GRANT, Procore, Say};
use crate::support::{until, world};

#[tokio::test]
async fn killed_in_the_middle_of_a_renewal_the_token_is_not_sent_again() {
    let procore = Procore::start().await;
    let settings = Settings::new(&procore);
    let mediator = settings.start().await;
    let mut browser = mediator.browser();
    let handle = browser.sign_in("c1").await.handle();
    procore.next(&[Say::GrantLate]);
    let fields = [("grant_type", "refresh_token"), ("session_handle", handle.as_str())];
    let asked = tokio::spawn(browser.request("/oauth/token", &fields).send());
    until("the renewal", || async { procore.renewals().len() == 1 }).await;
    mediator.kill().await;
    assert!(asked.await.unwrap().is_err());
    let again = settings.start().await;
    let mut browser = browser.at(&again.base);
    browser.renew(&handle).await.expect(502, "in_doubt");
    browser.renew(&handle).await.expect(400, "invalid_grant");
    assert_eq!(procore.renewals().len(), 1);
    // The access token of before still lives.
    assert_eq!(browser.resume().await.status, 200);
}

#[tokio::test]
async fn killed_before_the_browser_has_the_answer_the_token_is_not_sent_again() {
    let procore = Procore::start().await;
    let settings = Settings::new(&procore);
    let mediator = settings.start().await;
    let mut browser = mediator.browser();
    let handle = browser.sign_in("c1").await.handle();
    let mut old = browser.clone();
    assert_eq!(browser.renew(&handle).await.status, 200);
    mediator.kill().await;
    let again = settings.start().await;
    old.base.clone_from(&again.base);
    old.renew(&handle).await.expect(502, "in_doubt");
    assert_eq!(browser.at(&again.base).renew(&handle).await.status, 200);
    assert_eq!(procore.renewals().len(), 2);
}

#[tokio::test]
async fn a_page_that_goes_away_in_the_middle_loses_nothing() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    procore.next(&[Say::GrantLate]);
    let fields = [("grant_type", "refresh_token"), ("session_handle", handle.as_str())];
    let asked = tokio::spawn(browser.request("/oauth/token", &fields).send());
    until("the renewal", || async { procore.renewals().len() == 1 }).await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    procore.let_go();
    assert_eq!(browser.renew(&handle).await.status, 200);
    assert_eq!(procore.renewals().len(), 1);
}

#[tokio::test]
async fn two_tabs_with_the_cookie_of_before_go_on_from_the_newest() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    let mut old = browser.clone();
    let mut older = browser.clone();
    assert_eq!(browser.renew(&handle).await.status, 200);
    let second = browser.renew(&handle).await;
    // Both learn what is good now, and what their cookie becomes is good for the next renewal.
    for tab in [&mut old, &mut older] {
        assert_eq!(tab.renew(&handle).await.access(), second.access());
        assert_eq!(tab.cookie.is_some(), browser.cookie.is_some());
    }
    assert_eq!(older.resume().await.access(), second.access());
    let sent = procore.renewals();
    assert_eq!(sent.len(), 2);
    assert_eq!(old.renew(&handle).await.status, 200);
    assert_eq!(procore.renewals().len(), 3);
}

#[tokio::test]
async fn two_users_in_two_browsers_keep_their_own_sessions() {
    let (procore, mediator, _) = world().await;
    let (mut one, mut other) = (mediator.browser(), mediator.browser());
    let (first, second) = (one.sign_in("c1").await, other.sign_in("c2").await);
    let (a, b) = (first.handle(), second.handle());
    let (mine, theirs) = tokio::join!(one.renew(&a), other.renew(&b));
    assert_eq!((mine.handle(), theirs.handle()), (first.handle(), second.handle()));
    assert_ne!(mine.access(), theirs.access());
    assert_eq!(one.revoke(&first.handle(), &mine.access()).await.status, 200);
    assert_eq!(other.renew(&second.handle()).await.status, 200);
    assert_eq!(procore.renewals().len(), 3);
}

const fn too_many(headers: &'static str) -> Say {
    Say::Answer {
        status: 429,
        content_type: "text/html",
        headers,
        body: "",
    }
}

#[tokio::test]
async fn a_429_keeps_the_session_and_nothing_is_sent_until_it_says() {
    let (procore, mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    procore.next(&[too_many("Retry-After: 600\r\n")]);
    for _ in 0..2 {
        let answer = browser.renew(&handle).await;
        answer.expect(429, "rate_limited");
        assert_eq!(answer.retry_after.unwrap(), answer.body["retry_after"].to_string());
        assert_eq!(answer.set_cookie, None);
    }
    assert_eq!(procore.renewals().len(), 1);
    assert_eq!(browser.resume().await.status, 200);
    let mut other = mediator.browser();
    let handle = other.sign_in("c2").await.handle();
    procore.next(&[too_many("Retry-After: 1\r\n")]);
    other.renew(&handle).await.expect(429, "rate_limited");
    until("the end of the pause", || {
        let (mut tab, handle) = (other.clone(), handle.clone());
        async move { tab.renew(&handle).await.status == 200 }
    })
    .await;
    assert_eq!(procore.renewals().len(), 3);
}

#[tokio::test]
async fn procores_invalid_grant_ends_the_session_and_its_tokens_are_revoked() {
    let (procore, _mediator, mut browser) = world().await;
    let signed_in = browser.sign_in("c1").await;
    procore.next(&[INVALID_GRANT]);
    let answer = browser.renew(&signed_in.handle()).await;
    answer.expect(400, "invalid_grant");
    assert!(!answer.text.contains("words"));
    browser.resume().await.expect(400, "invalid_grant");
    assert_eq!((&browser.cookie, procore.revoked()), (&None, vec![signed_in.access()]));
}

#[tokio::test]
async fn credentials_that_procore_refuses_are_a_fault_of_the_settings() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    let body = r#"{"error":"invalid_client"}"#;
    procore.next(&[Say::Answer {
        status: 401,
        content_type: "application/json",
        headers: "",
        body,
    }]);
    browser.renew(&handle).await.expect(500, "invalid_client");
    assert_eq!(browser.renew(&handle).await.status, 200);
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_keeps_the_one_before() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    procore.next(&[Say::GrantWithoutRefreshToken]);
    assert_eq!(browser.renew(&handle).await.status, 200);
    assert_eq!(browser.renew(&handle).await.status, 200);
    assert_eq!(
        procore.renewals(),
        [procore.issued()[1].clone(), procore.issued()[1].clone()]
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (procore, _mediator, mut browser) = world().await;
    let elsewhere = Procore::start().await;
    let handle = browser.sign_in("c1").await.handle();
    let headers: &'static str = Box::leak(format!("Location: {}/oauth/token\r\n", elsewhere.origin).into_boxed_str());
    procore.next(&[Say::Answer {
        status: 307,
        content_type: "text/html",
        headers,
        body: "",
    }]);
    browser.renew(&handle).await.expect(502, "in_doubt");
    assert_eq!(elsewhere.requests_to("/oauth/token").len(), 0);
}

#[tokio::test]
async fn where_no_connection_can_be_made_nothing_is_lost() {
    let procore = Procore::start().await;
    let settings = Settings::new(&procore);
    let mediator = settings.start().await;
    let mut browser = mediator.browser();
    let handle = browser.sign_in("c1").await.handle();
    mediator.kill().await;
    // A port that nobody listens on.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let mut away = settings.clone();
    away.application(
        "MAIN",
        &nowhere,
        crate::support::CLIENT_ID,
        crate::support::ORIGIN,
        crate::support::REDIRECT_URI,
    );
    let lost = away.start().await;
    let mut page = lost.browser();
    page.sign_in("c2").await.expect(503, "temporarily_unavailable");
    lost.kill().await;
    let back = settings.start().await;
    assert_eq!(browser.at(&back.base).renew(&handle).await.status, 200);
}

#[tokio::test]
async fn an_access_token_that_is_nearly_over_is_renewed_before_it_is_answered() {
    let (procore, _mediator, mut browser) = world().await;
    procore.next(&[Say::GrantFor(20)]);
    let signed_in = browser.sign_in("c1").await;
    let resumed = browser.resume().await;
    assert_eq!((resumed.status, resumed.handle()), (200, signed_in.handle()));
    assert_ne!(resumed.access(), signed_in.access());
    assert_eq!(procore.renewals().len(), 1);
}

#[tokio::test]
async fn a_session_whose_lifetime_is_over_ends_and_its_tokens_are_revoked() {
    let procore = Procore::start().await;
    let mut settings = Settings::new(&procore);
    let mediator = settings
        .set("MEDIATOR__SESSION__IDLE_SECONDS", "1")
        .set("MEDIATOR__SESSION__ABSOLUTE_SECONDS", "3")
        .start()
        .await;
    let mut browser = mediator.browser();
    browser.sign_in("c1").await;
    // Each tab has its own copy of the cookie, so none of them keeps the session in use.
    until("the end of its lifetime", || {
        let mut tab = browser.clone();
        async move { tab.resume().await.status == 400 }
    })
    .await;
    browser.resume().await.expect(400, "invalid_grant");
    assert_eq!(browser.cookie, None);
    assert!(procore.issued().iter().all(|token| procore.revoked().contains(token)));
    assert_eq!(procore.renewals().len(), 0);
}

#[tokio::test]
async fn a_code_is_sent_once_whoever_sends_it_again() {
    let (procore, _mediator, mut browser) = world().await;
    procore.next(&[Say::Drop]);
    let answer = browser.sign_in("c1").await;
    answer.expect(502, "in_doubt");
    assert_eq!(answer.set_cookie, None);
    browser.sign_in("c1").await.expect(400, "invalid_grant");
    assert_eq!(procore.requests_to("/oauth/token").len(), 1);
}
