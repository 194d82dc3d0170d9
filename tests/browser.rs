//! The browser edge, in a browser: one group for each of its files. The same vectors as natively run here too.
//!
//! Windows and dedicated workers; only a window has `sessionStorage`.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "vectors/judge.rs"]
mod judge;

use judge::{HostileUrls, Vectors};
use procore_spa_auth::browser::{clock, entropy, pending_store};
use procore_spa_auth::error::Code;
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::authorization_request::{AuthorizationRequest, SignInOptions};
use procore_spa_auth::protocol::authorization_response::{AuthorizationResponse, Granted};
use procore_spa_auth::protocol::client::Client;
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::pending_authorization::LIFETIME;
use procore_spa_auth::protocol::pkce::Entropy;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Storage, Url};

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

// browser/pending_store.rs

#[wasm_bindgen_test]
fn pending_store_gives_a_record_back_once() {
    let request = begun(entropy::entropy().unwrap(), NOW);
    let response = response_to(&request);
    if !has_session_storage() {
        assert_eq!(
            pending_store::put(&request.pending, NOW).unwrap_err().code(),
            Code::StorageUnavailable
        );
        assert!(pending_store::find(&response).is_none());
        assert!(!pending_store::is_any());
        return;
    }
    storage().clear().unwrap();
    assert!(!pending_store::is_any());
    storage().set_item("somebody else's", "left alone").unwrap();
    pending_store::put(&request.pending, NOW).unwrap();
    assert!(pending_store::is_any());
    let other = response_to(&begun(entropy::entropy().unwrap(), NOW));
    assert!(pending_store::find(&other).is_none(), "of another state");
    assert!(pending_store::is_any(), "and nothing is lost by asking");
    let (key, record) = pending_store::find(&response).unwrap();
    assert_eq!(record.as_str(), request.pending.to_record().as_str());
    assert!(
        pending_store::is_any(),
        "it may be another client's, so reading leaves it"
    );
    pending_store::forget(&key).unwrap();
    assert!(pending_store::find(&response).is_none());
    assert!(!pending_store::is_any());
    assert_eq!(
        storage().get_item("somebody else's").unwrap().as_deref(),
        Some("left alone")
    );
}

#[wasm_bindgen_test]
fn pending_store_sweeps_out_what_is_old_damaged_or_too_much() {
    if !has_session_storage() {
        return;
    }
    storage().clear().unwrap();
    storage()
        .set_item(&[pending_store::PREFIX, "damaged"].concat(), "{")
        .unwrap();
    storage().set_item("somebody else's", "{").unwrap();
    for count in 0..30 {
        pending_store::put(&begun(entropy::entropy().unwrap(), NOW + count).pending, NOW + count).unwrap();
        assert!(stored().len() <= pending_store::MAX_PENDING);
    }
    let oldest = stored()
        .into_iter()
        .filter_map(|record| record["created"].as_u64())
        .min();
    assert_eq!(oldest, Some(NOW + 10), "the oldest made room");
    assert_eq!(stored().len(), pending_store::MAX_PENDING);
    let last = begun(entropy::entropy().unwrap(), NOW + 30 + LIFETIME).pending;
    pending_store::put(&last, last.created()).unwrap();
    assert_eq!(stored().len(), 1, "all the others are too old");
    assert_eq!(storage().get_item("somebody else's").unwrap().as_deref(), Some("{"));
    storage().clear().unwrap();
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

fn has_session_storage() -> bool {
    js_sys::Reflect::has(&js_sys::global(), &"sessionStorage".into()).unwrap()
}

fn storage() -> Storage {
    web_sys::window().unwrap().session_storage().unwrap().unwrap()
}

/// The records of this SDK that are in storage.
fn stored() -> Vec<serde_json::Value> {
    let storage = storage();
    let keys = (0..storage.length().unwrap()).map(|index| storage.key(index).unwrap().unwrap());
    let ours = keys.filter(|key| key.starts_with(pending_store::PREFIX));
    ours.map(|key| serde_json::from_str(&storage.get_item(&key).unwrap().unwrap()).unwrap())
        .collect()
}
