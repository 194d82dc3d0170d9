//! Signing out.

use crate::support::process::Settings;
use crate::support::procore::{FAULT, Procore, Say};
use crate::support::{until, world};

#[tokio::test]
async fn everything_is_revoked_the_retired_tokens_too() {
    let (procore, _mediator, mut browser) = world().await;
    browser.sign_in("c1").await;
    let second = browser.sign_in("c2").await;
    assert!(procore.revoked().is_empty());
    let renewed = browser.renew(&second.handle()).await;
    assert_eq!(browser.revoke(&second.handle(), &renewed.access()).await.status, 200);
    let mut expected = procore.issued();
    // Those of the second sign-in were replaced by its renewal.
    expected.drain(2..4);
    expected.sort();
    assert_eq!(procore.revoked(), expected);
}

#[tokio::test]
async fn only_what_is_left_is_asked_for_again() {
    let (procore, _mediator, mut browser) = world().await;
    browser.sign_in("c1").await;
    let second = browser.sign_in("c2").await;
    procore.next_revocations(&[Say::Grant, FAULT, Say::Drop]);
    browser
        .revoke(&second.handle(), &second.access())
        .await
        .expect(503, "temporarily_unavailable");
    assert_eq!(browser.revoke(&second.handle(), &second.access()).await.status, 200);
    // Four, two of them again; and once more the one that the page has named, if that was confirmed before.
    let count = procore.revoked().len();
    assert!((6..=7).contains(&count), "{count}");
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn the_cookie_of_before_renews_nothing_after_a_sign_out_also_after_a_restart() {
    let procore = Procore::start().await;
    let settings = Settings::new(&procore);
    let mediator = settings.start().await;
    let mut browser = mediator.browser();
    let signed_in = browser.sign_in("c1").await;
    let mut old = browser.clone();
    procore.next_revocations(&[FAULT, FAULT]);
    browser
        .revoke(&signed_in.handle(), &signed_in.access())
        .await
        .expect(503, "temporarily_unavailable");
    old.renew(&signed_in.handle()).await.expect(400, "invalid_grant");
    mediator.kill().await;
    let again = settings.start().await;
    old.base.clone_from(&again.base);
    old.renew(&signed_in.handle()).await.expect(400, "invalid_grant");
    old.resume().await.expect(400, "invalid_grant");
    assert_eq!(
        browser
            .at(&again.base)
            .revoke(&signed_in.handle(), &signed_in.access())
            .await
            .status,
        200
    );
    assert_eq!(procore.renewals().len(), 0);
}

#[tokio::test]
async fn what_a_renewal_brings_that_is_under_way_is_revoked() {
    let procore = Procore::start().await;
    let settings = Settings::new(&procore);
    let mediator = settings.start().await;
    let mut browser = mediator.browser();
    let signed_in = browser.sign_in("c1").await;
    let handle = signed_in.handle();
    procore.next(&[Say::GrantLate]);
    let mut tab = browser.clone();
    let renewing = tokio::spawn({
        let handle = handle.clone();
        async move { (tab.renew(&handle).await, tab) }
    });
    until("the renewal", || async { procore.renewals().len() == 1 }).await;
    let fields = [("session_handle", handle.as_str()), ("token", &signed_in.access())];
    let signing_out = tokio::spawn(browser.request("/oauth/revoke", &fields).send());
    // The sign-out has written down the end of the session before it waits for the renewal: code, refresh token, session.
    until("the end", || async { settings.journal().lines().count() == 3 }).await;
    procore.let_go();
    let answer = crate::support::browser::read(signing_out.await.unwrap().unwrap()).await;
    assert_eq!(answer.status, 200);
    let (renewed, mut tab) = renewing.await.unwrap();
    assert_eq!((renewed.status, renewed.set_cookie), (400, None));
    tab.renew(&handle).await.expect(400, "invalid_grant");
    let new = procore.issued();
    assert!(
        new[2..].iter().all(|token| procore.revoked().contains(token)),
        "the new tokens are revoked"
    );
}

#[tokio::test]
async fn with_another_handle_only_the_named_token_is_revoked() {
    let (procore, _mediator, mut browser) = world().await;
    let signed_in = browser.sign_in("c1").await;
    let answer = browser.revoke("another-handle-0123456789", "some-token").await;
    assert_eq!((answer.status, answer.set_cookie), (200, None));
    let none = browser.revoke("another-handle-0123456789", "").await;
    none.expect(409, "session_mismatch");
    assert_eq!(procore.revoked(), ["some-token"]);
    procore.next_revocations(&[FAULT]);
    browser
        .revoke("another-handle-0123456789", "some-token")
        .await
        .expect(503, "temporarily_unavailable");
    assert_eq!(browser.renew(&signed_in.handle()).await.status, 200);
}

#[tokio::test]
async fn a_session_whose_access_token_is_over_is_renewed_once_more_to_be_revoked() {
    let (procore, _mediator, mut browser) = world().await;
    procore.next(&[Say::GrantFor(0)]);
    let signed_in = browser.sign_in("c1").await;
    assert_eq!(browser.revoke(&signed_in.handle(), "").await.status, 200);
    assert_eq!(procore.revoked(), procore.issued()[2..]);
    // Where that renewal fails, the tokens of before are revoked.
    procore.next(&[Say::GrantFor(0), FAULT]);
    let signed_in = browser.sign_in("c2").await;
    assert_eq!(browser.revoke(&signed_in.handle(), "").await.status, 200);
    assert_eq!(procore.revoked()[2..], procore.issued()[5..]);
    assert_eq!(procore.renewals().len(), 2);
}
