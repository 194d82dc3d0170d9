//! What its operator sees: logs, metrics, files, the start and the stop.

use crate::support::process::{Settings, key};
use crate::support::procore::{FAULT, Procore, Say};
use crate::support::{CLIENT_SECRET, VERIFIER, until, world};
use rustix::process::Signal;

#[tokio::test]
async fn no_secret_is_in_its_log_or_metrics() {
    let (procore, mediator, mut browser) = world().await;
    let signed_in = browser.sign_in("the-code").await;
    let mut cookies = vec![browser.cookie.clone().unwrap()];
    let handle = signed_in.handle();
    procore.next(&[Say::Echo, Say::Drop]);
    browser.renew(&handle).await;
    cookies.extend(browser.cookie.clone());
    browser.renew(&handle).await.expect(502, "in_doubt");
    procore.next_revocations(&[FAULT]);
    browser.revoke(&handle, &signed_in.access()).await;
    browser.cookie = Some(format!("{}x", cookies[0]));
    browser.renew(&handle).await;
    let (status, metrics) = mediator.ask_admin("/metrics").await;
    assert_eq!(status, 200);
    assert!(
        metrics.contains(
            r#"procore_token_mediator_answers_total{application="main",request="renew",outcome="in_doubt"} 1"#
        )
    );
    until("the log", || async {
        mediator.log().matches("\"request\":").count() >= 5
    })
    .await;
    let said = mediator.log() + &metrics;
    let values = cookies
        .iter()
        .filter_map(|cookie| Some(cookie.split_once('=')?.1.to_owned()));
    let hidden = procore.issued().into_iter().chain(values).chain([handle, key(1)]);
    for secret in hidden.chain(["the-code", VERIFIER, CLIENT_SECRET, "Set-Cookie"].map(str::to_owned)) {
        assert!(!said.contains(&secret), "{secret} is in {said}");
    }
}

#[tokio::test]
async fn it_stops_when_what_is_under_way_is_finished() {
    let (procore, mut mediator, mut browser) = world().await;
    let handle = browser.sign_in("c1").await.handle();
    procore.next(&[Say::GrantLate]);
    let fields = [("grant_type", "refresh_token"), ("session_handle", handle.as_str())];
    let asked = tokio::spawn(browser.request("/oauth/token", &fields).send());
    until("the renewal", || async { procore.renewals().len() == 1 }).await;
    mediator.signal(Signal::TERM);
    until("the stop", || async {
        mediator.ask_admin("/readyz").await == (503, "stopping\n".into())
    })
    .await;
    assert_eq!(mediator.ask_admin("/healthz").await.0, 200);
    procore.let_go();
    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    assert!(mediator.ended().await.success());
}

#[tokio::test]
async fn its_memory_is_never_dumped() {
    let (_procore, mediator, _browser) = world().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", mediator.pid())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(line.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);
}

#[tokio::test]
async fn a_directory_has_one_instance() {
    let procore = Procore::start().await;
    let settings = Settings::new(&procore);
    let _first = settings.start().await;
    let complaint = settings.complaint().await;
    assert!(
        complaint.contains("another process uses it; instances need a directory each"),
        "{complaint}"
    );
}

#[tokio::test]
async fn it_serves_the_apps_files_with_their_headers() {
    let procore = Procore::start().await;
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("index.html"), "<p>the app</p>").unwrap();
    std::fs::write(files.path().join("app.js"), "1").unwrap();
    std::fs::write(files.path().parent().unwrap().join("outside"), "outside").unwrap();
    let mut settings = Settings::new(&procore);
    let mediator = settings
        .set("MEDIATOR__FILES__DIRECTORY", &files.path().display().to_string())
        .start()
        .await;
    let get = |path: &str| reqwest::get(format!("{}{path}", mediator.base));
    drop(mediator.browser());
    for (path, text) in [
        ("/", "<p>the app</p>"),
        ("/app.js", "1"),
        ("/projects/7?tab=2", "<p>the app</p>"),
        ("/%2e%2e/outside", "<p>the app</p>"),
    ] {
        let response = get(path).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        assert!(
            policy.contains(&format!("connect-src 'self' {};", procore.origin))
                && policy.contains("'wasm-unsafe-eval'"),
            "{policy}"
        );
        assert_eq!(response.text().await.unwrap(), text, "{path}");
    }
    // The paths of the contract stay what they are.
    assert_eq!(get("/oauth/token").await.unwrap().status(), 405);
}

#[tokio::test]
async fn procores_certificate_is_checked_before_anything_is_sent() {
    let (procore, certificate) = Procore::start_with_tls().await;
    let authorities = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authorities.path(), certificate).unwrap();
    let mut settings = Settings::new(&procore);
    let stranger = settings.start().await;
    stranger
        .browser()
        .sign_in("c1")
        .await
        .expect(503, "temporarily_unavailable");
    assert!(procore.requests_to("/oauth/token").is_empty());
    stranger.kill().await;
    let known = settings
        .set("SSL_CERT_FILE", authorities.path().to_str().unwrap())
        .start()
        .await;
    assert_eq!(known.browser().sign_in("c1").await.status, 200);
}
