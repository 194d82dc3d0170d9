//! The browser edge, in windows and dedicated workers: one group for each of its files. The same vectors as natively run
//! here too.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "vectors/judge.rs"]
mod judge;

use judge::{HostileUrls, Vectors};
use procore_spa_auth::browser::{clock, entropy};
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::authorization_request::{AuthorizationRequest, SignInOptions};
use procore_spa_auth::protocol::authorization_response::{AuthorizationResponse, Granted};
use procore_spa_auth::protocol::client::Client;
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::pkce::Entropy;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Url;

const NOW: u64 = 1_790_000_000;
const REDIRECT_URI: &str = "https://app.example/cb";

// browser/url.rs

#[wasm_bindgen_test]
fn url_has_the_parts_that_the_browser_names() {
    let file: HostileUrls = through_javascript(&serde_json::from_str(judge::HOSTILE_URLS).unwrap());
    let mut ours = 0;
    for vector in &file.vectors {
        let url = parse_url(&vector.input, Some(&file.base));
        let theirs = Url::new_with_base(&vector.input, &file.base).ok();
        if let Some(url) = &url {
            let theirs = theirs.unwrap();
            assert_eq!(url.path(), theirs.pathname(), "{:?}", vector.input);
            assert_eq!(
                url.query(),
                theirs.search().trim_start_matches('?'),
                "{:?}",
                vector.input
            );
            assert_eq!(
                url.fragment(),
                theirs.hash().trim_start_matches('#'),
                "{:?}",
                vector.input
            );
            if !url.has_userinfo() {
                assert_eq!(url.origin(), theirs.origin(), "{:?}", vector.input);
            }
        }
        let is_refused = url.is_none() && Url::new_with_base(&vector.input, &file.base).is_err();
        let origin = url.filter(|url| !url.has_userinfo()).map(|url| url.origin().to_owned());
        // Engines may differ about odd hosts, and WebKit refuses what others take for ours; but what one takes for ours
        // is ours.
        let is_ours = |origin: &Option<String>| origin.as_deref() == Some("https://app.example");
        assert!(
            is_ours(&origin) == is_ours(&vector.origin) || is_refused,
            "{:?}: {origin:?}",
            vector.input
        );
        ours += u32::from(is_ours(&origin));
    }
    assert!(ours > 20);
    assert_eq!(parse_url("/cb", None), None, "relative, and nothing to be relative to");
}

// browser/clock.rs

#[wasm_bindgen_test]
fn clock_reads_seconds_of_both_clocks() {
    let now = clock::now();
    let theirs = js_sys::Date::now() / 1000.0;
    let wall = f64::from(u32::try_from(now.wall).unwrap());
    assert!((theirs - wall).abs() < 5.0, "{wall} against {theirs}");
    assert!(
        now.monotonic < 3600,
        "counted from the start of the page, not from 1970"
    );
    let later = clock::now();
    assert!(later.monotonic >= now.monotonic && later.since(now) < 60);
}

// browser/entropy.rs

#[wasm_bindgen_test]
fn entropy_is_never_the_same() {
    let a = record(&begun(entropy::entropy().unwrap(), NOW));
    let b = record(&begun(entropy::entropy().unwrap(), NOW));
    for (a, b) in [
        (&a["state"], &b["state"]),
        (&a["verifier"], &b["verifier"]),
        (&a["state"], &a["verifier"]),
    ] {
        assert_ne!(a, b);
        assert_eq!(a.as_str().unwrap().len(), 43);
    }
}

// The protocol, compiled for browsers and with their parser.

#[wasm_bindgen_test]
fn rfc6749_examples() {
    judge_file(judge::RFC6749);
}

#[wasm_bindgen_test]
fn rfc9207_examples() {
    judge_file(judge::RFC9207);
}

#[wasm_bindgen_test]
fn procore_token_responses() {
    judge_file(judge::PROCORE);
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct PkceFile {
    source: String,
    vectors: Vec<Pkce>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Pkce {
    octets: Vec<u8>,
    code_verifier: String,
    code_challenge: String,
}

#[wasm_bindgen_test]
fn rfc7636_appendix_b() {
    let file = include_str!("vectors/rfc7636-appendix-b.json");
    let file: PkceFile = through_javascript(&serde_json::from_str(file).unwrap());
    for vector in &file.vectors {
        let mut bytes = [1; 64];
        bytes[32..].copy_from_slice(&vector.octets);
        let request = Client::new(config())
            .begin_sign_in(&SignInOptions::new(&config()), Entropy::new(bytes).unwrap(), NOW)
            .unwrap();
        assert_eq!(record(&request)["verifier"], vector.code_verifier.as_str());
        let challenge = [
            "&code_challenge=",
            &vector.code_challenge,
            "&code_challenge_method=S256",
        ]
        .concat();
        assert!(request.url.contains(&challenge), "{}", *request.url);
    }
}

#[wasm_bindgen_test]
fn a_redirect_is_judged_and_its_code_redeemed() {
    let request = begun(entropy::entropy().unwrap(), NOW);
    let verifier = record(&request)["verifier"].as_str().unwrap().to_owned();
    let response = response_to(&request);
    let mut client = Client::new(config());
    let grant = request.pending.accept(&response, client.config(), NOW + 1).unwrap();
    assert!(matches!(&grant.credential, Granted::Code(code, _) if code.expose() == "C 1"));
    let exchange = client.begin_redemption(grant);
    let body = exchange.request.body.as_ref().unwrap().expose();
    let expected = [
        "grant_type=authorization_code&code=C+1&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_verifier=",
        &verifier,
        "&client_id=CID",
    ];
    assert_eq!(body, expected.concat());
}

fn judge_file(text: &str) {
    let vectors: Vectors = serde_json::from_str(text).unwrap();
    let there_and_back = through_javascript(&vectors);
    assert_eq!(there_and_back, vectors);
    assert!(there_and_back.judge() > 0);
}

/// The same value, after it was a JavaScript object.
fn through_javascript<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_wasm_bindgen::from_value(serde_wasm_bindgen::to_value(value).unwrap()).unwrap()
}

fn config() -> Config {
    let options = r#"{"credentials":{"production":{"clientId":"CID","redirectUris":["https://app.example/cb"]}}}"#;
    Config::parse(options, None, parse_url).unwrap()
}

fn begun(entropy: Entropy, now: u64) -> AuthorizationRequest {
    let config = config();
    let options = SignInOptions::new(&config);
    Client::new(config).begin_sign_in(&options, entropy, now).unwrap()
}

fn record(request: &AuthorizationRequest) -> serde_json::Value {
    serde_json::from_str(&request.pending.to_record()).unwrap()
}

fn response_to(request: &AuthorizationRequest) -> AuthorizationResponse {
    let url = [REDIRECT_URI, "?code=C%201&state=", request.pending.state()].concat();
    AuthorizationResponse::parse(&url, &config()).unwrap().unwrap()
}
