//! What holds for every input, tried with many. `PROPTEST_CASES=<n>` tries more, or fewer.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::{ApiRequest, CompanyId};
use procore_spa_auth::protocol::api_response::{ApiAnswer, ApiResponse, MAX_PAUSE};
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::{AuthorizationResponse, Granted};
use procore_spa_auth::protocol::client::{Authorization, Client, Renewal};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::credentials::{ClientId, RedirectUri};
use procore_spa_auth::protocol::environment::{Environment, EnvironmentName};
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::pkce::Entropy;
use procore_spa_auth::protocol::return_to::ReturnTo;
use procore_spa_auth::protocol::time::Moment;
use procore_spa_auth::protocol::token_response::TokenSet;
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashSet;

const NOW: u64 = 1_790_000_000;
const REDIRECT_URI: &str = "https://app.example/cb";

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(default),
        failure_persistence: None,
        max_global_rejects: u32::MAX,
        ..ProptestConfig::default()
    }
}

fn config() -> Config {
    config_for(REDIRECT_URI).unwrap()
}

fn config_for(redirect_uri: &str) -> Option<Config> {
    let options = json!({ "credentials": { "production": { "clientId": "CID", "redirectUris": [redirect_uri] } } });
    Config::parse(&options.to_string(), None, parse_url).ok()
}

/// A record with that state.
fn record(config: &Config, state: &str) -> String {
    let mut bytes = [7; 64];
    bytes[0] = 1;
    let options = SignInOptions::new(config);
    let request = Client::new(config.clone())
        .begin_sign_in(&options, Entropy::new(bytes).unwrap(), NOW)
        .unwrap();
    let mut record: serde_json::Value = serde_json::from_str(&request.pending.to_record()).unwrap();
    record["state"] = state.into();
    record.to_string()
}

/// Text near URLs: what a parser stumbles over comes often.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9]{0,4}",
        2 => Just("https://app.example".to_owned()),
        2 => Just("https://api.procore.com".to_owned()),
        1 => Just("evil.example".to_owned()),
        4 => prop::sample::select(vec![
            "/", "//", "\\", ":", "@", "?", "#", "&", "=", ";", "%", "%2f", "%5c", "%00", "%ff", "..", ".", "\t", "\n", "\r",
            " ", "\0", "[", "]", "http:", "https:", "javascript:", "blob:", "data:", "code=", "state=", "access_token=",
            "|", "^", "{", "}", "*", "\u{2025}", "\u{3002}", "\u{ff0f}", "ß", "\u{200d}", "xn--", "0x7f.1", "127.1", "localhost",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A form-encoded value that decodes to `text`, with more escapes than it needs.
fn escaped(text: &str, escapes: u64) -> String {
    let mut out = String::new();
    for (index, byte) in text.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() && (escapes >> (index % 64)) & 1 == 0 {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn no_success_without_the_exact_state(
        ours in "[!-~]{1,50}",
        theirs in prop_oneof![4 => "[!-~]{0,50}", 1 => ".{0,20}"],
        change in prop::option::of((any::<prop::sample::Index>(), "[!-~]?")),
        escapes: u64,
    ) {
        let config = config();
        // Mostly the state itself with one character changed: the hardest to tell.
        let theirs = change.map_or_else(|| theirs.clone(), |(at, by)| {
            let at = at.index(ours.len());
            [ours.get(..at).unwrap(), &by, ours.get(at + 1..).unwrap()].concat()
        });
        let url = format!("{REDIRECT_URI}?code=C1&state={}", escaped(&theirs, escapes));
        let pending = PendingAuthorization::from_record(&record(&config, &ours));
        // A record that looks like it holds a secret is refused, whatever the response.
        prop_assume!(pending.is_ok());
        let response = AuthorizationResponse::parse(&url, &config).unwrap().unwrap();
        let accepted = pending.unwrap().accept(&response, &config, NOW);
        prop_assert_eq!(accepted.is_ok(), ours == theirs);
        prop_assert_eq!(response.claims(&ours), ours == theirs);
    }

    #[test]
    fn every_success_spends_exactly_one_code(code in "[ -~]{1,40}", others in prop::collection::vec(hostile(), 0..3)) {
        let config = config();
        let mut records = vec![record(&config, "S1")];
        let mut url = format!("{REDIRECT_URI}?state=S1&code={}", escaped(&code, 0));
        for other in &others {
            url.push('&');
            url.push_str(&escaped(other, 0));
        }
        let (mut spent, mut requests) = (0, 0);
        // Delivered three times; a record is taken by the first who claims it.
        for _ in 0..3 {
            let response = AuthorizationResponse::parse(&url, &config).unwrap().unwrap();
            let Some(record) = response.states().find(|state| *state == "S1").and_then(|_| records.pop()) else { continue };
            spent += 1;
            let grant = PendingAuthorization::from_record(&record).unwrap().accept(&response, &config, NOW).unwrap();
            let is_its_code = matches!(&grant.credential, Granted::Code(granted, _) if granted.expose() == code);
            prop_assert!(is_its_code);
            let exchange = Client::new(config.clone()).begin_redemption(grant);
            let body = exchange.request.body.as_ref().unwrap().expose().to_owned();
            let codes = url::form_urlencoded::parse(body.as_bytes()).filter(|(name, _)| name == "code");
            prop_assert_eq!(codes.map(|(_, value)| value.into_owned()).collect::<Vec<_>>(), [code.clone()]);
            requests += 1;
        }
        prop_assert_eq!((spent, requests), (1, 1));
    }

    #[test]
    fn a_response_given_twice_in_any_spelling_is_refused(
        name in prop::sample::select(vec!["code", "state", "iss", "error", "scope"]),
        escapes: u64,
        is_fragment: bool,
    ) {
        let config = config();
        let mark = if is_fragment { '#' } else { '&' };
        let url = format!("{REDIRECT_URI}?code=C1&state=S1&{name}=S1{mark}{}=S1", escaped(name, escapes));
        let pending = PendingAuthorization::from_record(&record(&config, "S1")).unwrap();
        let response = AuthorizationResponse::parse(&url, &config).unwrap().unwrap();
        prop_assert!(pending.accept(&response, &config, NOW).is_err());
    }

    #[test]
    fn reading_a_response_is_total(text in prop_oneof![hostile(), ".*"], is_at_home: bool) {
        let config = config();
        let text = if is_at_home { format!("{REDIRECT_URI}{text}") } else { text };
        if let Ok(Some(response)) = AuthorizationResponse::parse(&text, &config) {
            let pending = PendingAuthorization::from_record(&record(&config, "S1")).unwrap();
            let shown = match pending.accept(&response, &config, NOW) {
                Ok(grant) => format!("{grant:?}"),
                Err(error) => format!("{error}{error:?}"),
            };
            prop_assert!(shown.len() < 4096);
        }
    }

    #[test]
    fn reading_options_is_total(text in prop_oneof![
        ".*",
        r#"[\[\]{}",:a-z0-9\\ .-]{0,60}"#,
        hostile().prop_map(|text| json!({ "credentials": { "production": { "clientId": text, "redirectUris": [text] } } }).to_string()),
        hostile().prop_map(|text| json!({ "servers": { "production": { "tokenEndpoint": text } }, "tokenMediator": text }).to_string()),
    ]) {
        let page = parse_url("https://app.example/", None);
        if let Err(error) = Config::parse(&text, page, parse_url) {
            prop_assert!(error.message().len() < 2048);
        }
        let _ = SignInOptions::parse(&text, &config());
    }

    #[test]
    fn reading_tokens_is_total(status in prop_oneof![Just(200), any::<u64>()], body in prop_oneof![".*", r#"[\[\]{}",:a-z0-9\\ .-]{0,60}"#], is_json: bool) {
        let content_type = if is_json { "application/json" } else { "application/x" };
        let response = HttpResponse::new(status, content_type.to_owned(), body.as_str().into());
        if let Ok(tokens) = TokenSet::parse(&response) {
            prop_assert!(tokens.expires_in <= 86_400);
        }
    }

    #[test]
    fn tokens_are_what_a_header_can_carry(token in prop_oneof!["[!-~]{1,30}", ".{0,10}"], expires_in: i64, scope in "[a-z ]{0,9}") {
        let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in, "scope": scope });
        let response = HttpResponse::new(200, "application/json".to_owned(), body.to_string().as_str().into());
        let is_good_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        match TokenSet::parse(&response) {
            Ok(tokens) => {
                prop_assert!(is_good_token && expires_in >= 0);
                prop_assert_eq!(tokens.access_token.expose(), token);
                prop_assert_eq!(tokens.expires_in, u64::try_from(expires_in).unwrap().min(86_400));
            }
            Err(_) => prop_assert!(!is_good_token || expires_in < 0),
        }
    }

    #[test]
    fn reading_a_record_is_total(text in prop_oneof![".*", r#"[\[\]{}",:a-z0-9\\ .-]{0,60}"#]) {
        let _ = PendingAuthorization::from_record(&text);
    }

    #[test]
    fn a_damaged_record_is_never_a_success_of_another_state(at: prop::sample::Index, by in "[ -~]") {
        let config = config();
        let mut text = record(&config, "S1");
        let at = at.index(text.len());
        text.replace_range(at..=at, &by);
        if let Ok(pending) = PendingAuthorization::from_record(&text) {
            let state = pending.state().to_owned();
            let url = format!("{REDIRECT_URI}?code=C1&state={}", escaped(&state, 0));
            let response = AuthorizationResponse::parse(&url, &config).unwrap().unwrap();
            if let Ok(grant) = pending.accept(&response, &config, NOW) {
                // The endpoints come from the configuration, never from storage.
                let exchange = Client::new(config).begin_redemption(grant);
                prop_assert_eq!(exchange.request.url, "https://login.procore.com/oauth/token");
            }
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written(
        bytes in prop::collection::vec(any::<u8>(), 64),
        scope in prop::option::of("[a-z :]{1,20}"),
        now: u64,
        return_to in hostile(),
    ) {
        let config = config();
        let entropy = Entropy::new(bytes.try_into().unwrap());
        prop_assume!(entropy.is_ok());
        let mut options = SignInOptions::new(&config);
        options.scope = scope;
        options.return_to = return_to;
        let Ok(request) = Client::new(config).begin_sign_in(&options, entropy.unwrap(), now) else { return Ok(()) };
        let record = request.pending.to_record();
        // A path may carry what looks like a secret; then the record is refused, not damaged.
        if let Ok(again) = PendingAuthorization::from_record(&record) {
            prop_assert_eq!(again.state(), request.pending.state());
            prop_assert_eq!(again.created(), now);
            prop_assert_eq!(again.to_record().to_string(), record.to_string());
        }
    }

    #[test]
    fn a_redirect_uri_is_sent_byte_for_byte(text in prop_oneof![
        hostile(),
        hostile().prop_map(|rest| format!("https://app.example{rest}")),
        "(https://app\\.example|http://localhost:[0-9]{4})(/[a-zA-Z0-9._~%-]{0,6}){0,3}(\\?[a-z]{1,3}=[a-zA-Z0-9%+]{0,6})?",
    ]) {
        let Some(config) = config_for(&text) else { return Ok(()) };
        prop_assert!(RedirectUri::parse(&text, parse_url).is_ok());
        let options = SignInOptions::new(&config);
        let mut bytes = [7; 64];
        bytes[0] = 1;
        let mut client = Client::new(config);
        let request = client.begin_sign_in(&options, Entropy::new(bytes).unwrap(), NOW).unwrap();
        let redirect_uris = |form: &str| -> Vec<String> {
            let pairs = url::form_urlencoded::parse(form.as_bytes());
            pairs.filter(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned()).collect()
        };
        prop_assert_eq!(redirect_uris(request.url.split_once('?').unwrap().1), [text.clone()]);
        let mark = if text.contains('?') { '&' } else { '?' };
        let url = format!("{text}{mark}code=C1&state={}", request.pending.state());
        let response = AuthorizationResponse::parse(&url, client.config()).unwrap().unwrap();
        let grant = request.pending.accept(&response, client.config(), NOW).unwrap();
        let exchange = client.begin_redemption(grant);
        prop_assert_eq!(redirect_uris(exchange.request.body.as_ref().unwrap().expose()), [text]);
    }

    #[test]
    fn a_redirect_uri_is_https_or_localhost(text in prop_oneof![hostile(), hostile().prop_map(|rest| format!("http:{rest}"))]) {
        if RedirectUri::parse(&text, parse_url).is_ok() {
            let url = url::Url::parse(&text).unwrap();
            prop_assert!(url.scheme() == "https" || (url.scheme() == "http" && url.host_str() == Some("localhost")));
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
        }
    }

    #[test]
    fn return_to_never_leaves_the_origin(text in prop_oneof![hostile(), ".*", hostile().prop_map(|rest| format!("/{rest}"))]) {
        let base = url::Url::parse(REDIRECT_URI).unwrap();
        if let Ok(target) = ReturnTo::parse(&text, &config()) {
            let path = target.as_str();
            prop_assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'), "{:?}", path);
            let there = base.join(path).unwrap();
            prop_assert_eq!(there.origin(), base.origin());
            // Judged twice, at sign-in and at the callback: the second time changes nothing.
            let again = ReturnTo::parse(path, &config()).unwrap();
            prop_assert_eq!(again.as_str(), path);
        }
    }

    #[test]
    fn a_token_never_leaves_the_apis_origin(text in prop_oneof![hostile(), ".*", hostile().prop_map(|rest| format!("/{rest}"))]) {
        if let Ok(request) = ApiRequest::new(&text, None, &config()) {
            let url = url::Url::parse(request.url()).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), "https://api.procore.com");
            prop_assert!(url.username().is_empty() && url.password().is_none());
            prop_assert!(url.query_pairs().all(|(name, _)| name != "access_token"));
            prop_assert_eq!(url.as_str(), request.url());
        }
    }

    #[test]
    fn a_client_id_is_printable(text in prop_oneof!["[ -~]{0,20}", ".*"]) {
        if let Ok(client_id) = ClientId::parse(&text) {
            prop_assert_eq!(client_id.as_str(), &text);
            prop_assert!(!text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)));
        }
    }

    #[test]
    fn a_company_id_is_exact(number: u64) {
        let digits = number.to_string();
        prop_assert!(CompanyId::parse(&digits, false).is_ok());
        prop_assert_eq!(CompanyId::parse(&digits, true).is_ok(), number < 1 << 53);
        for near in [(1 << 53) - 1, 1 << 53, (1 << 53) + 1_u64] {
            prop_assert_eq!(CompanyId::parse(&near.to_string(), true).is_ok(), near < 1 << 53);
        }
    }

    #[test]
    fn no_clock_makes_a_token_younger_or_a_storm_of_renewals(
        lifetime in prop_oneof![Just(0), Just(1), 2..100_u64, Just(5400), any::<u64>()],
        steps in prop::collection::vec((
            // The wall clock goes on, stands still, or is set: by seconds, by hours, by anything.
            prop_oneof![4 => 0..60_i64, 2 => -90_000..90_000_i64, 1 => Just(36_000), 1 => any::<i64>()],
            // The page's own goes on, or sleeps.
            prop_oneof![4 => 0..60_u64, 1 => Just(0)],
            any::<bool>(),
        ), 1..20),
    ) {
        let tokens = |name: u64| {
            let body = json!({ "access_token": format!("AT{name}"), "token_type": "bearer", "expires_in": lifetime,
                "refresh_token": format!("RT{name}") });
            HttpOutcome::Answer(HttpResponse::new(200, "application/json".to_owned(), body.to_string().as_str().into()))
        };
        let config = config();
        let pending = PendingAuthorization::from_record(&record(&config, "S1")).unwrap();
        let response = AuthorizationResponse::parse(&format!("{REDIRECT_URI}?code=C1&state=S1"), &config).unwrap().unwrap();
        let grant = pending.accept(&response, &config, NOW).unwrap();
        let request = ApiRequest::new("/x", None, &config).unwrap();
        let mut client = Client::new(config);
        let exchange = client.begin_redemption(grant);
        let mut now = Moment::new(NOW, 0);
        client.settle(exchange, tokens(0), now).unwrap();

        // What each clock has gone forward: in all, and since the token came.
        let (mut progress, mut age, mut renewals) = (0_u64, 0_u64, 0_u64);
        for (wall, monotonic, is_refused) in steps {
            let later = Moment::new(now.wall.saturating_add_signed(wall), now.monotonic + monotonic);
            progress = progress.saturating_add(later.since(now));
            age += monotonic;
            now = later;
            let authorization = client.authorize(&request, now).unwrap();
            let generation = client.generation();
            let is_renewed = match authorization {
                // The server's word counts for more than any clock.
                Authorization::Header { .. } => is_refused && client.judge(&ApiResponse::new(401), generation, now) == ApiAnswer::RenewAndRetry,
                _ => true,
            };
            if is_renewed {
                renewals += 1;
                let Ok(Renewal::Send(exchange)) = client.begin_refresh() else { return Err(TestCaseError::fail("no renewal")) };
                client.settle(exchange, tokens(renewals), now).unwrap();
                age = 0;
            }
            // There is a token now, by whatever clock, and it is no older than it may be.
            let request = if is_renewed { request.clone().renewed() } else { request.clone() };
            let is_there = matches!(client.authorize(&request, now), Ok(Authorization::Header { .. }));
            prop_assert!(is_there);
            prop_assert!(age < lifetime.clamp(1, 86_400));
            // The first renewal needs no interval. Where a token lives for a second, each request may need one.
            let interval = (lifetime / 2).min(30);
            prop_assert!(interval == 0 || renewals.saturating_sub(1) <= progress / interval, "{} renewals in {} s", renewals, progress);
        }
        // A reload knows as much as this page.
        let record = client.save(now).unwrap();
        let before = client.session(now);
        let mut after = Client::new(client.config().clone());
        let reloaded = Moment::new(now.wall, 0);
        after.restore(&record, false, reloaded).unwrap();
        let after = after.session(reloaded);
        prop_assert_eq!(after.is_renewable, before.is_renewable);
        // But a token that is older than the wall clock itself.
        prop_assert!(after.status == before.status || now.wall < 100_000);
    }

    #[test]
    fn reading_a_session_is_total(text in prop_oneof![".*", r#"[\[\]{}",:a-z0-9\\ .-]{0,60}"#], is_same_grant: bool) {
        let _ = Client::new(config()).restore(&text, is_same_grant, Moment::new(NOW, 0));
    }

    #[test]
    fn a_damaged_session_is_refused_or_of_this_client(at: prop::sample::Index, by in "[ -~]") {
        let mut text = json!({ "v": 1, "clientId": "CID", "environment": "production", "flow": "code",
            "server": "https://login.procore.com/oauth/authorize", "accessToken": "AT1", "refreshToken": "RT1",
            "renewal": "ready", "received": NOW, "expiresIn": 5400, "isRenewed": false, "isUnused": false, "isWhole": true,
            "scope": "read" }).to_string();
        prop_assert!(Client::new(config()).restore(&text, false, Moment::new(NOW, 0)).is_ok());
        let at = at.index(text.len());
        text.replace_range(at..=at, &by);
        let mut client = Client::new(config());
        if client.restore(&text, false, Moment::new(NOW, 0)).is_ok() {
            // Whatever it holds goes to the servers of the configuration, and says whose it is.
            let Ok(Renewal::Send(exchange)) = client.begin_refresh() else { return Err(TestCaseError::fail("no renewal")) };
            prop_assert_eq!(&exchange.request.url, "https://login.procore.com/oauth/token");
            prop_assert!(exchange.request.body.unwrap().expose().ends_with("&client_id=CID"));
        }
    }

    #[test]
    fn a_pause_is_bearable(
        status in prop_oneof![Just(429), Just(503), any::<u64>()],
        tries: u64,
        retry_after in prop_oneof!["[0-9]{0,25}", ".{0,10}"],
        reset in prop_oneof![(NOW - 5000..NOW + 5000).prop_map(|at| at.to_string()), "[0-9]{0,25}", ".{0,10}"],
    ) {
        let response = ApiResponse::new(status).after(tries).with(&retry_after, &reset);
        match response.judge(&Environment::procore(EnvironmentName::Production), NOW) {
            ApiAnswer::WaitAndRetry(seconds) => {
                prop_assert!((1..=MAX_PAUSE).contains(&seconds) && tries < 3);
                // No sooner than the server asks for, where it does.
                let is_number = retry_after.bytes().all(|byte| byte.is_ascii_digit());
                prop_assert!(!is_number || retry_after.parse().unwrap_or(0) <= seconds);
            }
            ApiAnswer::RenewAndRetry => prop_assert_eq!(status, 401),
            _ => {}
        }
    }

    #[test]
    fn whatever_is_named_like_a_secret_is_refused_and_never_repeated(
        name in prop::sample::select(vec!["client_secret", "clientSecret", "CLIENT-SECRET", "client.assertion", "password", "private_key"]),
        path in prop::collection::vec(prop::sample::select(vec!["credentials", "production", "servers", "headers", "x"]), 0..5),
        value in prop_oneof![Just(json!("")), Just(json!(null)), Just(json!("Canary7")), Just(json!(["Canary7"]))],
    ) {
        let inner = json!({ name: value });
        let options = path.iter().fold(inner, |inner, key| json!({ *key: inner }));
        let error = Config::parse(&options.to_string(), None, parse_url).unwrap_err();
        prop_assert_eq!(error.code().as_str(), "config_secret_forbidden");
        let shown = format!("{error}{error:?}");
        prop_assert!(!shown.contains("Canary7"));
        let error = SignInOptions::parse(&options.to_string(), &config()).unwrap_err();
        prop_assert_eq!(error.code().as_str(), "config_secret_forbidden");
    }
}

#[test]
fn ten_thousand_sign_ins_share_no_state_and_no_verifier() {
    let config = config();
    let client = Client::new(config);
    let options = SignInOptions::new(client.config());
    let mut seen = HashSet::new();
    let mut random = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    for _ in 0..10_000 {
        let mut bytes = [0; 64];
        random.fill_bytes(&mut bytes);
        let request = client
            .begin_sign_in(&options, Entropy::new(bytes).unwrap(), NOW)
            .unwrap();
        let record: serde_json::Value = serde_json::from_str(&request.pending.to_record()).unwrap();
        for key in ["state", "verifier"] {
            let value = record[key].as_str().unwrap().to_owned();
            assert_eq!(value.len(), 43);
            assert!(
                value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            );
            assert!(seen.insert(value), "used twice");
        }
    }
}
