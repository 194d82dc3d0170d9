//! Load, by `npm run mediator:load`: many users at two instances with lost answers, beside a bare proxy in the same run; and
//! what ten thousand sessions cost one instance.

#![expect(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it is measured in real time, and told"
)]

use crate::fleet::fleet;
use crate::support::browser::{Browser, redeem};
use crate::support::process::Settings;
use crate::support::procore::Procore;
use axum::Router;
use axum::body::Bytes;
use futures_util::future::join_all;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const USERS: usize = 200;
const RENEWALS: usize = 50;
const SESSIONS: usize = 10_000;

/// How long each request took.
struct Times(Vec<Duration>, Duration);

impl Times {
    fn say(mut self, what: &str) {
        self.0.sort();
        let at = |share: usize| self.0[(self.0.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        let throughput = self.0.len() as f64 / self.1.as_secs_f64();
        println!(
            "{what}: {throughput:.0} requests a second; p50 {:.1} ms, p99 {:.1} ms",
            at(50),
            at(99)
        );
    }
}

/// One user: renews until it has done so often enough, signs in again after a lost answer, asks with two tabs now and then.
async fn user(number: usize, bases: [String; 2], procore: Procore) -> (Vec<Duration>, usize) {
    let mut browser = Browser::new(bases[number % 2].clone());
    let (mut times, mut lost, mut renewed, mut sign_ins) = (Vec::new(), 0, 0, 0);
    let mut handle = String::new();
    while renewed < RENEWALS {
        if handle.is_empty() {
            sign_ins += 1;
            handle = browser.sign_in(&format!("user {number}, {sign_ins}")).await.handle();
        }
        let mut tab = browser.at(&bases[(number + renewed) % 2]);
        let mut other = browser.at(&bases[(number + renewed + 1) % 2]);
        let began = Instant::now();
        let answers = if renewed % 10 == 9 {
            let (one, two) = tokio::join!(tab.renew(&handle), other.renew(&handle));
            vec![one, two]
        } else {
            vec![tab.renew(&handle).await]
        };
        times.push(began.elapsed());
        let first = &answers[0];
        for answer in &answers {
            assert_eq!(
                answer.body["access_token"], first.body["access_token"],
                "two tabs have two tokens"
            );
        }
        match first.status {
            200 => {
                let owner = procore.owner_of(&first.access());
                assert_eq!(
                    owner,
                    Some(format!("user {number}, {sign_ins}")),
                    "sessions are mixed up"
                );
                assert_eq!(first.handle(), handle);
                renewed += 1;
            }
            _ => {
                first.expect(502, "in_doubt");
                lost += 1;
                handle.clear();
            }
        }
        browser.cookie = tab.cookie;
    }
    (times, lost)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_users_at_two_instances() {
    let fleet = fleet().await;
    fleet.procore.lose_one_in(100);
    let bases = [fleet.one.base.clone(), fleet.other.base.clone()];
    let began = Instant::now();
    let users = (0..USERS).map(|number| tokio::spawn(user(number, bases.clone(), fleet.procore.clone())));
    let done: Vec<_> = join_all(users).await.into_iter().map(Result::unwrap).collect();
    let time = began.elapsed();
    let lost: usize = done.iter().map(|(_, lost)| lost).sum();
    let times = done.into_iter().flat_map(|(times, _)| times).collect();
    let sent = fleet.procore.renewals();
    let different: HashSet<_> = sent.iter().collect();
    assert_eq!(different.len(), sent.len(), "a refresh token was sent twice");
    println!(
        "\n{} renewals reached Procore, {lost} answers were lost, no refresh token came twice, no session was mixed up",
        sent.len()
    );
    Times(times, time).say("two mediators and Redis");
    bare_proxy().await.say("two bare proxies");
}

/// The same requests, passed on as they are.
async fn bare_proxy() -> Times {
    let procore = Procore::start().await;
    let bases = [passing_on(&procore).await, passing_on(&procore).await];
    let began = Instant::now();
    let users = (0..USERS).map(|number| {
        let bases = bases.clone();
        let browser = Browser::new(bases[number % 2].clone());
        tokio::spawn(async move {
            let mut times = Vec::new();
            for turn in 0..RENEWALS {
                let began = Instant::now();
                let page = browser.at(&bases[(number + turn) % 2]);
                let answer = page.request("/oauth/token", &redeem("c")).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                answer.bytes().await.unwrap();
                times.push(began.elapsed());
            }
            times
        })
    });
    let times = join_all(users).await.into_iter().flat_map(Result::unwrap).collect();
    Times(times, began.elapsed())
}

/// A proxy and nothing else: one connection to Procore for each request, as the mediator has it.
async fn passing_on(procore: &Procore) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let client = reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let to = format!("{}/oauth/token", procore.origin);
    let pass_on = async move |body: Bytes| client.post(to).body(body).send().await.unwrap().bytes().await.unwrap();
    let router = Router::new().fallback(pass_on);
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_sessions_in_one_instance() {
    let procore = Procore::start().await;
    let mediator = Settings::new(&procore).start().await;
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", mediator.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    let before = resident();
    let began = Instant::now();
    let users = (0..USERS).map(|user| {
        let base = mediator.base.clone();
        tokio::spawn(async move {
            for session in 0..SESSIONS / USERS {
                let mut browser = Browser::new(base.clone());
                let handle = browser.sign_in(&format!("{user}, {session}")).await.handle();
                assert_eq!(browser.renew(&handle).await.status, 200);
            }
        })
    });
    join_all(users).await.into_iter().for_each(Result::unwrap);
    let seconds = began.elapsed().as_secs_f64();
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_procore-token-mediator"))
        .unwrap()
        .len() as f64
        / 1e6;
    println!("\nthe program has {program:.1} MB; it takes {before} MB of memory at its start, and");
    println!(
        "{} MB after {SESSIONS} sign-ins and renewals in {seconds:.0} s, whose answers it still keeps",
        resident()
    );
}
