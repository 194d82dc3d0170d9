//! Several instances and a real Redis: one refresh token is sent once by all of them.

use crate::support::browser::Browser;
use crate::support::process::{Mediator, Settings};
use crate::support::procore::{FIREWALL, Procore, Say};
use crate::support::redis::{self, Redis};
use crate::support::until;
use futures_util::future::join_all;

pub struct Fleet {
    pub procore: Procore,
    pub settings: Settings,
    pub one: Mediator,
    pub other: Mediator,
    pub redis: Redis,
}

/// Two instances.
pub async fn fleet() -> Fleet {
    fleet_that_waits(10).await
}

/// So many seconds for Procore.
async fn fleet_that_waits(seconds: u64) -> Fleet {
    let redis = redis::start().await;
    let procore = Procore::start().await;
    let mut settings = Settings::new(&procore);
    settings
        .set("REDIS_URL", &redis.url)
        .set("MEDIATOR__LIMITS__UPSTREAM_TIMEOUT_SECONDS", &seconds.to_string());
    let (one, other) = (settings.start().await, settings.instance().start().await);
    Fleet {
        procore,
        settings,
        one,
        other,
        redis,
    }
}

impl Fleet {
    async fn signed_in(&self) -> (Browser, Browser, String) {
        let mut browser = self.one.browser();
        let handle = browser.sign_in("c1").await.handle();
        let there = browser.at(&self.other.base);
        (browser, there, handle)
    }
}

#[tokio::test]
async fn tabs_at_two_instances_share_one_renewal() {
    let fleet = fleet().await;
    let (here, there, handle) = fleet.signed_in().await;
    let mut tabs: Vec<_> = (0..10)
        .map(|tab| if tab % 2 == 0 { here.clone() } else { there.clone() })
        .collect();
    let answers = join_all(tabs.iter_mut().map(|tab| tab.renew(&handle))).await;
    for answer in &answers {
        assert_eq!((answer.status, answer.access()), (200, answers[0].access()));
    }
    assert_eq!(fleet.procore.renewals().len(), 1);
    // The cookie of before, and then the one that came of it, at the other one.
    let mut old = there.clone();
    assert_eq!(old.renew(&handle).await.access(), answers[0].access());
    assert_eq!(old.renew(&handle).await.status, 200);
    assert_eq!(there.clone().resume().await.access(), fleet.procore.issued()[4]);
}

#[tokio::test]
async fn an_instance_that_is_killed_in_a_renewal_leaves_doubt_at_the_others() {
    let fleet = fleet_that_waits(2).await;
    let (here, mut there, handle) = fleet.signed_in().await;
    fleet.procore.next(&[Say::GrantLate]);
    let fields = [("grant_type", "refresh_token"), ("session_handle", handle.as_str())];
    let asked = tokio::spawn(here.request("/oauth/token", &fields).send());
    until("the renewal", || async { fleet.procore.renewals().len() == 1 }).await;
    fleet.one.kill().await;
    assert!(asked.await.unwrap().is_err());
    // It may still be under way for all that the other one knows; then it is in doubt.
    let first = there.renew(&handle).await;
    first.expect(503, "temporarily_unavailable");
    assert_eq!(first.set_cookie, None);
    until("doubt", || {
        let mut tab = there.clone();
        let handle = handle.clone();
        async move { tab.renew(&handle).await.body["error"] == "in_doubt" }
    })
    .await;
    assert_eq!(fleet.procore.renewals().len(), 1);
}

#[tokio::test]
async fn without_redis_nothing_is_sent_and_nobody_is_signed_out() {
    let mut fleet = fleet().await;
    let (mut here, mut there, handle) = fleet.signed_in().await;
    fleet.redis.kill().await;
    for page in [&mut here, &mut there] {
        let answers = [page.renew(&handle).await, page.resume().await, page.sign_in("c2").await];
        for answer in answers {
            answer.expect(503, "temporarily_unavailable");
            assert_eq!(answer.set_cookie, None);
        }
    }
    assert_eq!(
        fleet.one.ask_admin("/readyz").await,
        (503, "Redis does not answer\n".into())
    );
    assert_eq!(fleet.procore.requests_to("/oauth/token").len(), 1);
    fleet.redis.start_again().await;
    until("Redis", || async { fleet.one.ask_admin("/readyz").await.0 == 200 }).await;
    let answer = here.renew(&handle).await;
    assert_eq!((answer.status, fleet.procore.renewals().len()), (200, 1));
}

#[tokio::test]
async fn a_redis_that_goes_away_in_a_renewal_costs_no_session() {
    let mut fleet = fleet().await;
    let (mut here, mut there, handle) = fleet.signed_in().await;
    fleet.procore.next(&[Say::GrantLate]);
    let mut tab = here.clone();
    let renewing = tokio::spawn({
        let handle = handle.clone();
        async move { (tab.renew(&handle).await, tab) }
    });
    until("the renewal", || async { fleet.procore.renewals().len() == 1 }).await;
    fleet.redis.kill().await;
    fleet.procore.let_go();
    let (answer, tab) = renewing.await.unwrap();
    assert_eq!(answer.status, 200);
    // The other one is told as soon as that can be done, and says nothing wrong until then.
    let early = there.renew(&handle).await;
    early.expect(503, "temporarily_unavailable");
    fleet.redis.start_again().await;
    until("the answer at the other one", || {
        let (mut page, handle, wanted) = (there.clone(), handle.clone(), answer.access());
        async move {
            let answer = page.renew(&handle).await;
            assert_ne!(answer.body["error"], "in_doubt");
            answer.status == 200 && answer.access() == wanted
        }
    })
    .await;
    assert_eq!(fleet.procore.renewals().len(), 1);
    here.cookie = tab.cookie;
    assert_eq!(here.renew(&handle).await.status, 200);
}

#[tokio::test]
async fn what_is_kept_may_be_sent_by_the_other_instance_and_a_429_pauses_both() {
    let fleet = fleet().await;
    let (mut here, mut there, handle) = fleet.signed_in().await;
    let limited = Say::Answer {
        status: 429,
        content_type: "text/html",
        headers: "Retry-After: 40\r\n",
        body: "",
    };
    fleet.procore.next(&[FIREWALL, limited]);
    here.renew(&handle).await.expect(503, "temporarily_unavailable");
    there.renew(&handle).await.expect(429, "rate_limited");
    here.renew(&handle).await.expect(429, "rate_limited");
    assert_eq!(fleet.procore.renewals().len(), 2);
    assert_eq!(here.resume().await.status, 200);
}

#[tokio::test]
async fn a_sign_out_at_one_ends_the_session_at_the_other() {
    let fleet = fleet().await;
    let (mut here, mut there, handle) = fleet.signed_in().await;
    let access = here.resume().await.access();
    fleet.procore.next_revocations(&[Say::Drop, Say::Drop]);
    here.revoke(&handle, &access)
        .await
        .expect(503, "temporarily_unavailable");
    there.renew(&handle).await.expect(400, "invalid_grant");
    there.resume().await.expect(400, "invalid_grant");
    assert_eq!(fleet.procore.renewals().len(), 0);
}

#[tokio::test]
async fn the_shared_answer_is_sealed() {
    let fleet = fleet().await;
    let (mut here, _, handle) = fleet.signed_in().await;
    assert_eq!(here.renew(&handle).await.status, 200);
    let client = ::redis::Client::open(fleet.redis.url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = ::redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in keys {
        let value: String = ::redis::cmd("GET")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        for token in fleet.procore.issued() {
            assert!(!key.contains(&token) && !value.contains(&token));
        }
    }
}

#[tokio::test]
async fn a_redis_that_has_forgotten_everything_is_no_reason_to_send_again() {
    let fleet = fleet().await;
    let (mut here, _, handle) = fleet.signed_in().await;
    let mut old = here.clone();
    assert_eq!(here.renew(&handle).await.status, 200);
    fleet.one.kill().await;
    let client = ::redis::Client::open(fleet.redis.url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let _: () = ::redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
    let again = fleet.settings.start().await;
    old.base.clone_from(&again.base);
    old.renew(&handle).await.expect(502, "in_doubt");
    assert_eq!(fleet.procore.renewals().len(), 1);
}

#[tokio::test]
async fn those_who_wait_at_another_instance_are_told_the_same_and_later_ones_may_send_again() {
    let fleet = fleet().await;
    let (here, mut there, handle) = fleet.signed_in().await;
    fleet.procore.next(&[Say::FirewallLate]);
    let ask = |mut page: Browser| {
        let handle = handle.clone();
        tokio::spawn(async move { page.renew(&handle).await })
    };
    let first = ask(here.clone());
    until("the renewal", || async { fleet.procore.renewals().len() == 1 }).await;
    let waiting = ask(there.clone());
    until("the one who waits", || async {
        let (_, metrics) = fleet.other.ask_admin("/metrics").await;
        metrics.contains("procore_token_mediator_renewals 1")
    })
    .await;
    fleet.procore.let_go();
    for answer in [first.await.unwrap(), waiting.await.unwrap()] {
        answer.expect(503, "temporarily_unavailable");
    }
    assert_eq!(fleet.procore.renewals().len(), 1);
    assert_eq!(there.renew(&handle).await.status, 200);
}
