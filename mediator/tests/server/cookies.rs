//! The cookie: whose it is, and what it has room for.

use crate::support::process::{Settings, key};
use crate::support::procore::Procore;
use crate::support::procore::Say;
use crate::support::{CLIENT_ID, ORIGIN, REDIRECT_URI, world};

#[tokio::test]
async fn it_has_its_name_and_all_attributes_and_no_token() {
    let (procore, _mediator, mut browser) = world().await;
    let set = browser.sign_in("c1").await.set_cookie.unwrap();
    let (pair, attributes) = set.split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-procore-"));
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict");
    for token in procore.issued() {
        assert!(!set.contains(&token));
    }
}

#[tokio::test]
async fn it_is_kept_for_the_absolute_lifetime_where_that_is_set() {
    let procore = Procore::start().await;
    let mediator = Settings::new(&procore)
        .set("MEDIATOR__SESSION__KEEP_COOKIE", "true")
        .start()
        .await;
    let set = mediator.browser().sign_in("c1").await.set_cookie.unwrap();
    assert!(set.contains("; Max-Age=604800; "), "{set}");
}

#[tokio::test]
async fn a_name_that_is_there_twice_is_no_session() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    let cookie = browser.cookie.clone().unwrap();
    let name = cookie.split('=').next().unwrap();
    for twice in [
        format!("{cookie}; {cookie}"),
        format!("{name}=x; {cookie}"),
        format!("{cookie}; {name}="),
    ] {
        browser.cookie = Some(twice);
        browser.renew(&handle).await.expect(400, "invalid_grant");
        browser.resume().await.expect(400, "invalid_grant");
    }
    assert_eq!(procore.renewals().len(), 0);
}

#[tokio::test]
async fn one_that_is_damaged_is_no_session() {
    let (procore, _mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    let cookie = browser.cookie.clone().unwrap();
    let length = cookie.len();
    let flipped = if &cookie[60..61] == "A" { "B" } else { "A" };
    for damaged in [
        cookie[..length - 8].to_owned(),
        format!("{cookie}AAAA"),
        format!("{}{flipped}{}", &cookie[..60], &cookie[61..]),
    ] {
        browser.cookie = Some(damaged);
        browser.renew(&handle).await.expect(400, "invalid_grant");
    }
    assert_eq!(procore.renewals().len(), 0);
}

#[tokio::test]
async fn one_of_another_application_or_environment_is_no_session() {
    let (procore, sandbox) = (Procore::start().await, Procore::start().await);
    let mut settings = Settings::new(&procore);
    settings.application("OTHER", &procore.origin, "client-2", ORIGIN, REDIRECT_URI);
    settings.application(
        "SANDBOX",
        &sandbox.origin,
        CLIENT_ID,
        "https://sandbox.example",
        "https://sandbox.example/cb",
    );
    let mediator = settings.start().await;
    let mut main = mediator.browser();
    let handle = main.sign_in("c1").await.handle();
    let value = main.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
    for (client_id, origin) in [("client-2", ORIGIN), (CLIENT_ID, "https://sandbox.example")] {
        let mut browser = mediator.browser();
        (browser.client_id, browser.origin) = (client_id.into(), origin.into());
        // By its own name, and put under the name of theirs.
        browser.cookie.clone_from(&main.cookie);
        browser.renew(&handle).await.expect(400, "invalid_grant");
        let redirect_uri = if origin == ORIGIN {
            REDIRECT_URI
        } else {
            "https://sandbox.example/cb"
        };
        let mut fields = crate::support::browser::redeem(client_id);
        fields[2].1 = redirect_uri;
        let theirs = browser.token(&fields).await;
        assert_eq!(theirs.status, 200);
        let name = browser.cookie.clone().unwrap().split_once('=').unwrap().0.to_owned();
        browser.cookie = Some(format!("{name}={value}"));
        browser.renew(&handle).await.expect(400, "invalid_grant");
    }
    assert_eq!((procore.renewals().len(), sandbox.renewals().len()), (0, 0));
    assert_eq!(sandbox.requests_to("/oauth/token").len(), 1);
}

#[tokio::test]
async fn keys_are_rotated_without_signing_anybody_out() {
    let procore = Procore::start().await;
    let mut settings = Settings::new(&procore);
    let old = settings.start().await;
    let mut browser = old.browser();
    let handle = browser.sign_in("c1").await.handle();
    old.kill().await;
    let both = settings.set("KEYS", &format!("{}\n{}", key(2), key(1))).start().await;
    let mut browser = browser.at(&both.base);
    assert_eq!(browser.clone().resume().await.handle(), handle);
    let of_old_key = browser.clone();
    assert_eq!(browser.renew(&handle).await.status, 200);
    both.kill().await;
    // What was renewed meanwhile has the new key; what was not is of a key that is gone.
    let new = settings.set("KEYS", &key(2)).start().await;
    assert_eq!(browser.at(&new.base).resume().await.handle(), handle);
    of_old_key.at(&new.base).resume().await.expect(400, "invalid_grant");
}

#[tokio::test]
async fn what_it_has_no_room_for_is_left_out_or_revoked_at_once() {
    let (procore, _mediator, mut browser) = world().await;
    let mut handles = Vec::new();
    for number in 0..5 {
        procore.next(&[Say::GrantLong(600)]);
        let answer = browser.sign_in(&format!("c{number}")).await;
        assert!(answer.set_cookie.as_ref().unwrap().len() <= 4096);
        handles.push(answer.handle());
    }
    let issued = procore.issued();
    let at_once = procore.revoked();
    // The oldest ones, and none of the session that goes on.
    assert!(!at_once.is_empty() && at_once.iter().all(|token| issued[..8].contains(token)));
    procore.next(&[Say::GrantLong(600)]);
    let renewed = browser.renew(&handles[4]).await;
    assert_eq!(renewed.status, 200);
    assert_eq!(browser.revoke(&handles[4], &renewed.access()).await.status, 200);
    let (revoked, last) = (procore.revoked(), issued.len() - 2);
    assert!(
        issued[..last].iter().all(|token| revoked.contains(token)),
        "every retired token is revoked in the end"
    );
}

#[tokio::test]
async fn a_large_access_token_is_left_out_and_resuming_renews() {
    let (procore, _mediator, mut browser) = world().await;
    procore.next(&[Say::GrantLong(1900), Say::GrantLong(1900)]);
    let signed_in = browser.sign_in("c1").await;
    assert_eq!(signed_in.status, 200);
    let resumed = browser.resume().await;
    assert_eq!((resumed.status, procore.renewals().len()), (200, 1));
    assert_ne!(resumed.access(), signed_in.access());
}
