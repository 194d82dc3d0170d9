//! How much longer each reader takes for twice the text: 2 where the time grows with the length, 4 where with its square.
//!
//! usage: cargo bench --bench readers [-- <part of a name>]
//!
//! Every text that somebody else may write, at half its bound and at its bound. Fails where a ratio is over 3.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]

#[expect(dead_code, reason = "the scenarios use the rest")]
#[path = "../tests/flow/support.rs"]
mod support;

use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::api_response::ApiResponse;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::token_response::TokenSet;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use support::{
    OPTIONS, STATE, TOKENS, at, client, client_of, entropy, json, record, redeem, redeem_new, renewal, signed_in,
};

/// A name, the larger of both sizes, and what makes the work of a size.
type Reader = (&'static str, usize, fn(usize) -> Box<dyn FnMut()>);

const KIB: usize = 1024;

const READERS: &[Reader] = &[
    ("token answer: keys", 64 * KIB, |n| answered(with_members(TOKENS, n))),
    ("token answer: objects", 64 * KIB, |n| {
        answered(with(TOKENS, &objects(n)))
    }),
    ("token answer: numbers", 16 * KIB, |n| {
        answered(with(TOKENS, &list("0", n)))
    }),
    ("token answer: escapes", 64 * KIB, |n| {
        answered(with(TOKENS, &text(r"\u0041", n)))
    }),
    ("token answer: unfinished text", 64 * KIB, |n| {
        answered(format!("{{\"a\":\"{}", "x".repeat(n)))
    }),
    ("token answer: white space", 64 * KIB, |n| answered(" ".repeat(n))),
    ("token answer: nothing but brackets", 64 * KIB, |n| {
        answered("[".repeat(n))
    }),
    ("token answer: scope", 60 * KIB, |n| {
        let scope: Vec<_> = (0..n / 6).map(|at| format!("{at:05}")).collect();
        let answer = TOKENS.replacen('{', &format!("{{\"scope\":\"{}\",", scope.join(" ")), 1);
        Box::new(move || {
            let mut client = signed_in(TOKENS);
            let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
            let _ = black_box(client.settle(exchange, json(200, &answer), at(0)));
        })
    }),
    ("renewal: the same scope in another order", 60 * KIB, |n| {
        let scope: Vec<_> = (0..n / 6).map(|at| format!("{at:05}")).collect();
        let scoped = |scope: &str| TOKENS.replacen('{', &format!("{{\"scope\":\"{scope}\","), 1);
        let first = scoped(&scope.join(" "));
        let second = scoped(&scope.into_iter().rev().collect::<Vec<_>>().join(" "));
        let is_taken = TokenSet::parse(&http(&first)).is_ok();
        Box::new(move || {
            if is_taken {
                let mut client = signed_in(&first);
                let exchange = renewal(&mut client);
                let _ = black_box(client.settle(exchange, json(200, &second), at(1)));
            }
        })
    }),
    ("refusal: description", 60 * KIB, |n| {
        let said = serde_json::json!({ "error": "invalid_grant", "error_description": "%41 ".repeat(n / 4) });
        refused(TOKENS, said.to_string())
    }),
    ("refusal: length of the token", 16 * KIB, |n| {
        let said = serde_json::json!({ "error": "invalid_grant", "error_description": "%41 ".repeat(64) });
        refused(&TOKENS.replace("RT1", &"x".repeat(n)), said.to_string())
    }),
    ("content type", 256 * KIB, |n| {
        let response = HttpResponse::new(200, ";application/json".repeat(n / 17), TOKENS.into());
        Box::new(move || drop(black_box(TokenSet::parse(&response))))
    }),
    ("pending record: keys", 256 * KIB, |n| {
        pending(|record| with_members(record, n))
    }),
    ("pending record: objects", 160 * KIB, |n| {
        pending(|record| with(record, &objects(n)))
    }),
    ("pending record: target", 256 * KIB, |n| {
        pending(|record| {
            record.replace(
                r#""returnTo":"/""#,
                &format!(r#""returnTo":"/{}""#, "x".repeat(n - 1000)),
            )
        })
    }),
    ("session record: keys", 256 * KIB, |n| {
        session(|record| with_members(record, n))
    }),
    ("session record: token", 16 * KIB, |n| {
        session(|record| record.replace("AT1", &"x".repeat(n)))
    }),
    ("metadata: keys", 64 * KIB, |n| discovered(with_members(METADATA, n))),
    ("metadata: objects", 60 * KIB, |n| {
        discovered(with(METADATA, &objects(n)))
    }),
    ("response: parameters", 32 * KIB - 100, |n| {
        came_back("&x".repeat(n / 2))
    }),
    ("response: states", 32 * KIB - 100, |n| {
        came_back("&state=S".repeat(n / 8))
    }),
    ("response: codes", 32 * KIB - 100, |n| {
        came_back("&code=C".repeat(n / 7))
    }),
    ("response: escapes", 32 * KIB - 100, |n| {
        came_back(format!("&code={}", "%41".repeat(n / 3 - 2)))
    }),
    ("response: in the fragment", 32 * KIB - 100, |n| {
        came_back(format!("#{}", "state=S&".repeat(n / 8)))
    }),
    ("response: description", 32 * KIB - 200, |n| {
        let response = format!("error=access_denied&error_description={}", "%2541+".repeat(n / 6));
        Box::new(move || drop(black_box(redeem(&mut client(), &record(&client()), &response, at(1)))))
    }),
    ("page of any length", 1024 * KIB, |n| came_back("&x".repeat(n / 2))),
    ("options: keys", 1024 * KIB, |n| configured(with_members(OPTIONS, n))),
    ("options: redirect URIs", 32 * KIB, |n| {
        let uris: Vec<_> = (0..n / 32)
            .map(|at| format!("\"https://app.example/cb{at:06}\""))
            .collect();
        configured(OPTIONS.replace(r#""https://app.example/cb?tenant=a%20b""#, &uris.join(",")))
    }),
    ("options: text", 32 * KIB, |n| {
        configured(with(OPTIONS, &text("?a=b&", n - 200)))
    }),
    ("sign-in options: parameters", 64 * KIB, |n| {
        let values: Vec<_> = (0..200)
            .map(|at| format!("\"p{at}\":\"{}\"", "ü".repeat((n - 4000) / 400)))
            .collect();
        signing_in(format!("{{\"extraParams\":{{{}}}}}", values.join(",")))
    }),
    ("sign-in options: target", 32 * KIB, |n| {
        signing_in(format!(r#"{{"returnTo":"/?{}"}}"#, "&x".repeat(n / 2 - 20)))
    }),
    ("API: parameters", 32 * KIB, |n| {
        let target = format!("/rest/v1.0/me?{}", "&x=1".repeat(n / 4));
        let client = client();
        Box::new(move || drop(black_box(ApiRequest::new(&target, None, client.config()))))
    }),
    ("API: Retry-After", 256 * KIB, |n| {
        let digits = "0".repeat(n);
        let client = client();
        Box::new(move || {
            let answer = ApiResponse::new(429).with(&digits, &digits);
            black_box(answer.judge(client.config().environment(), 0));
        })
    }),
];

const METADATA: &str = r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/authorize",
    "token_endpoint":"https://as.example/token","revocation_endpoint":"https://as.example/revoke"}"#;

/// `object` with one member more.
fn with(object: &str, value: &str) -> String {
    format!("{},\"more\":{value}}}", object.strip_suffix('}').unwrap())
}

/// `object`, filled up with members that have nothing in them to so many bytes.
fn with_members(object: &str, length: usize) -> String {
    let more: String = (0..(length - object.len()) / 11)
        .map(|at| format!(",\"k{at:06}\":0"))
        .collect();
    format!("{}{more}}}", object.strip_suffix('}').unwrap())
}

fn list(item: &str, length: usize) -> String {
    format!("[{}]", vec![item; (length - 200) / (item.len() + 1)].join(","))
}

/// Objects of 64 members each.
fn objects(length: usize) -> String {
    list(&with_members("{\"k\":0}", 64 * 11), length.min(60 * KIB))
}

fn text(piece: &str, length: usize) -> String {
    format!("\"{}\"", piece.repeat((length - 200) / piece.len()))
}

fn http(body: &str) -> HttpResponse {
    match json(200, body) {
        HttpOutcome::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn answered(body: String) -> Box<dyn FnMut()> {
    let response = http(&body);
    Box::new(move || drop(black_box(TokenSet::parse(&response))))
}

fn refused(tokens: &str, said: String) -> Box<dyn FnMut()> {
    let tokens = tokens.to_owned();
    Box::new(move || {
        let mut client = signed_in(&tokens);
        let exchange = renewal(&mut client);
        let _ = black_box(client.settle(exchange, json(400, &said), at(1)));
    })
}

fn pending(change: impl Fn(&str) -> String) -> Box<dyn FnMut()> {
    let record = change(&record(&client()));
    Box::new(move || drop(black_box(PendingAuthorization::from_record(&record))))
}

fn session(change: impl Fn(&str) -> String) -> Box<dyn FnMut()> {
    let record = change(&signed_in(TOKENS).save(at(1)).unwrap());
    let mut client = client();
    Box::new(move || drop(black_box(client.restore(&record, false, at(2)))))
}

fn discovered(metadata: String) -> Box<dyn FnMut()> {
    let client = client_of(
        r#"{"credentials":{"production":{"clientId":"CID","redirectUris":["https://app.example/cb"]}},
        "servers":{"production":{"customAuthorizationServer":true,"discover":true,"issuer":"https://as.example",
        "apiOrigin":"https://api.example"}}}"#,
    );
    let response = http(&metadata);
    Box::new(move || drop(black_box(client.config().clone().discovered(&response))))
}

fn came_back(more: String) -> Box<dyn FnMut()> {
    let url = format!("https://app.example/cb?tenant=a%20b&state={STATE}{more}");
    let client = client();
    let record = record(&client);
    Box::new(move || {
        if let Ok(Some(response)) = black_box(AuthorizationResponse::parse(&url, client.config())) {
            let pending = PendingAuthorization::from_record(&record).unwrap();
            drop(black_box(pending.accept(&response, client.config(), at(1).wall)));
        }
    })
}

fn configured(options: String) -> Box<dyn FnMut()> {
    let page = parse_url("https://app.example/", None);
    Box::new(move || drop(black_box(Config::parse(&options, page.clone(), parse_url))))
}

fn signing_in(options: String) -> Box<dyn FnMut()> {
    let client = client();
    Box::new(move || {
        let options = SignInOptions::parse(&options, client.config()).unwrap();
        drop(black_box(client.begin_sign_in(&options, entropy(), at(0).wall)));
    })
}

/// The shortest of many runs each, in turns: whatever else the machine does only makes one longer.
fn times(works: [Box<dyn FnMut()>; 2]) -> [Duration; 2] {
    let mut shortest = [Duration::MAX; 2];
    let mut works = works.into_iter().zip(&mut shortest).collect::<Vec<_>>();
    for _ in 0..40 {
        for (work, shortest) in &mut works {
            let start = Instant::now();
            work();
            **shortest = start.elapsed().min(**shortest);
        }
    }
    drop(works);
    shortest
}

fn main() -> ExitCode {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_default();
    let mut slow = 0;
    for (name, size, make) in READERS.iter().filter(|(name, ..)| name.contains(&wanted)) {
        let [half, whole] = times([make(size / 2), make(*size)]);
        let ratio = whole.as_secs_f64() / half.as_secs_f64();
        // Below that, the clock and what does not depend on the length are most of it.
        let is_slow = ratio > 3.0 && whole > Duration::from_micros(100);
        slow += u8::from(is_slow);
        let mark = if is_slow { "  <- not linear" } else { "" };
        println!(
            "{name:42} {:>5} KiB {:>9.1} us  x{ratio:.2}{mark}",
            size / KIB,
            whole.as_secs_f64() * 1e6
        );
    }
    ExitCode::from(slow)
}
