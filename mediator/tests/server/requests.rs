//! Who may ask, and how.

use crate::support::browser::{read, redeem};
use crate::support::process::Settings;
use crate::support::procore::{Procore, Say};
use crate::support::{ORIGIN, until, world};
use reqwest::Method;

#[tokio::test]
async fn another_origin_is_refused() {
    let (procore, mediator, mut browser) = world().await;
    let origins = [
        "https://evil.example",
        "null",
        "",
        "https://app.example/",
        "https://app.example:443",
        "http://app.example",
    ];
    for origin in origins {
        browser.origin = origin.into();
        browser.sign_in("c1").await.expect(403, "invalid_request");
    }
    browser.origin = ORIGIN.into();
    for site in ["cross-site", "same-site", "none"] {
        let (client, request) = browser.request("/oauth/token", &redeem("c1")).build_split();
        let mut request = request.unwrap();
        request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
        read(client.execute(request).await.unwrap())
            .await
            .expect(403, "invalid_request");
    }
    let bare = browser.request("/oauth/token", &redeem("c1")).build_split();
    let mut request = bare.1.unwrap();
    request.headers_mut().remove("origin");
    read(bare.0.execute(request).await.unwrap())
        .await
        .expect(403, "invalid_request");
    assert!(procore.requests_to("/oauth/token").is_empty());
    drop(mediator);
}

type Change = fn(&mut reqwest::Request);

#[tokio::test]
async fn what_is_not_understood_is_named_by_its_status() {
    let (procore, _mediator, browser) = world().await;
    let cases: [(u16, Change); 6] = [
        (405, |request| *request.method_mut() = Method::PUT),
        (405, |request| *request.method_mut() = Method::OPTIONS),
        (404, |request| request.url_mut().set_path("/oauth/tokens")),
        (415, |request| {
            drop(
                request
                    .headers_mut()
                    .insert("content-type", "application/json".parse().unwrap()),
            )
        }),
        (415, |request| {
            drop(
                request
                    .headers_mut()
                    .insert("content-encoding", "gzip".parse().unwrap()),
            )
        }),
        (413, |request| {
            *request.body_mut() = Some("x".repeat(16 * 1024 + 1).into())
        }),
    ];
    for (status, change) in cases {
        let (client, request) = browser.request("/oauth/token", &redeem("c1")).build_split();
        let mut request = request.unwrap();
        change(&mut request);
        read(client.execute(request).await.unwrap())
            .await
            .expect(status, "invalid_request");
    }
    assert!(procore.requests_to("/oauth/token").is_empty());
}

#[tokio::test]
async fn fields_are_there_once_and_known() {
    let (procore, _mediator, mut browser) = world().await;
    let good = redeem("c1");
    let change = |at: usize, value: &'static str| {
        let mut fields = good.to_vec();
        fields[at].1 = value;
        fields
    };
    let mut twice = good.to_vec();
    twice.push(("code", "c2"));
    let mut stranger = good.to_vec();
    stranger.push(("client_id", "somebody"));
    let mut purpose = good.to_vec();
    purpose.push(("purpose", "other"));
    let bad = [
        twice,
        stranger,
        purpose,
        change(0, "password"),
        change(1, ""),
        change(1, "ü"),
        change(2, "https://app.example/callback/"),
        change(3, "short"),
        vec![("grant_type", "refresh_token")],
        vec![
            ("grant_type", "refresh_token"),
            ("session_handle", "not a handle !!!!!!!!!!!!!"),
        ],
    ];
    for fields in bad {
        browser.token(&fields).await.expect(400, "invalid_request");
    }
    assert!(procore.requests_to("/oauth/token").is_empty());
}

#[tokio::test]
async fn what_is_sent_to_procore_is_what_the_page_has_sent_and_the_secret() {
    let (procore, _mediator, mut browser) = world().await;
    browser.sign_in("c1").await;
    let sent = procore.requests_to("/oauth/token").remove(0);
    let fields: Vec<_> = sent
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut expected = redeem("c1").to_vec();
    expected.extend([
        ("client_id", crate::support::CLIENT_ID),
        ("client_secret", crate::support::CLIENT_SECRET),
    ]);
    expected.sort_unstable();
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_for_how_long() {
    let procore = Procore::start().await;
    let mut settings = Settings::new(&procore);
    let limited = settings
        .set("MEDIATOR__LIMITS__REQUESTS_PER_MINUTE", "2")
        .set("MEDIATOR__LIMITS__PROXIES", "1");
    let mediator = limited.start().await;
    let ask = |address: &'static str| {
        let request = mediator
            .browser()
            .request("/oauth/token", &redeem("c1"))
            .header("x-forwarded-for", address);
        async move { read(request.send().await.unwrap()).await }
    };
    ask("192.0.2.1").await;
    ask("192.0.2.1").await;
    let third = ask("192.0.2.1").await;
    third.expect(429, "rate_limited");
    assert_eq!(third.retry_after.unwrap(), third.body["retry_after"].to_string());
    assert_ne!(ask("192.0.2.2").await.status, 429);
}

#[tokio::test]
async fn more_requests_to_procore_than_are_allowed_are_told_to_ask_again_and_lose_nothing() {
    let procore = Procore::start().await;
    let mut settings = Settings::new(&procore);
    let mediator = settings
        .set("MEDIATOR__LIMITS__OPEN_UPSTREAM_REQUESTS", "1")
        .start()
        .await;
    let (mut one, mut other) = (mediator.browser(), mediator.browser());
    let (first, second) = (one.sign_in("c1").await.handle(), other.sign_in("c2").await.handle());
    procore.next(&[Say::GrantLate]);
    let held = tokio::spawn(async move { one.renew(&first).await.status });
    until("the renewal", || async { procore.renewals().len() == 1 }).await;
    other.renew(&second).await.expect(503, "temporarily_unavailable");
    assert_eq!(procore.renewals().len(), 1);
    procore.let_go();
    assert_eq!(held.await.unwrap(), 200);
    assert_eq!(other.renew(&second).await.status, 200);
}
