//! How much longer the auditor takes for four times the text, and how many megabytes a second it searches.
//!
//! usage: cargo bench --features audit-core --bench audit [-- part of a name]

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark has a clock, and tells"
)]

use procore_spa_auth::audit::{Auditor, Date, Known, Settings};
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Texts that are made to keep the auditor busy: what is repeated, and the file's name.
const TEXTS: &[(&str, &str, &str)] = &[
    ("nothing", "a.js", "x"),
    ("spaces", "a.js", " "),
    ("names of secrets", "a.js", "client_secret "),
    ("names, and signs", "a.js", "client_secret=\n"),
    ("names, and open literals", "a.js", "client_secret:\"a"),
    ("names, and variables", "a.js", "client_secret:a,"),
    ("names, and one variable far away", "a.js", "client_secret:abc,xabc;"),
    ("names in brackets", "a.js", "(client_secret"),
    ("names of variables", "a.js", "VITE_SECRET_"),
    ("quotes", "a.js", "\"'`"),
    ("sums", "a.js", "\"a\"+"),
    ("sums of quotes", "a.js", "'+\"+`+"),
    ("sums that are no sums", "a.js", "\"+\n"),
    ("arrays", "a.js", "['a','b'].join('')"),
    ("open brackets", "a.js", "["),
    ("closed brackets", "a.js", "].join("),
    ("open and closed brackets", "a.js", "[[].map(("),
    ("calls in calls", "a.js", "atob("),
    ("calls of numbers", "a.js", "String.fromCharCode(99,"),
    ("templates", "a.js", "`${\"a\"}"),
    ("open templates", "a.js", "${`"),
    ("escapes", "a.js", "\\x61"),
    ("escapes in literals", "a.js", "\"\\x61\\u0062\","),
    ("backslashes", "a.js", "\\"),
    ("entities", "a.html", "&#99;"),
    ("entities, open", "a.html", "&#"),
    ("comments", "a.js", "/*a*/'a'/*"),
    ("concatenations", "a.js", "'a'.concat('b')."),
    ("reversals", "a.js", "'ab'.split('').reverse()."),
    (
        "files in the text",
        "a.js",
        "data:text/javascript;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ",
    ),
    (
        "maps in the text",
        "a.js",
        "sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJtYXBwaW5ncyI6IiJ9eyJ2ZXJzaW9uIjozfQ ",
    ),
    ("credentials", "a.js", "Basic dGVzdDp0ZXN0dGVzdHRlc3Q= "),
    ("encoders", "a.js", "btoa(a+':'+b"),
    ("authorities", "a.js", "https://a:b"),
    ("grants", "a.js", "grant_type="),
    ("assertions", "a.js", "client_assertion=eyJaaaaaaaaaaa."),
    ("keys", "a.js", "-----BEGIN PRIVATE KEY-----a"),
    ("login servers", "a.js", "login.procore.com/oauth/token "),
    (
        "hashes",
        "a.js",
        "'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',",
    ),
    (
        "hashes, and login servers",
        "a.js",
        "'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',login.procore.com",
    ),
    ("variables of a page", "a.js", "__ENV={a:1,"),
    ("imports", "a.js", "{token,@procore/js-sdk"),
    ("settings", "vite.config.ts", "define:{"),
    ("an .env file", ".env", "SECRET="),
    (
        "lines of one file",
        "a.js",
        "client_secret='9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'\n",
    ),
    ("a broken map", "a.map", "{\"sources\":["),
    (
        "a module",
        "a.wasm",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0",
    ),
    ("UTF-16", "a.js", "\0a"),
    ("pieces of a known value", "a.js", "'know'+"),
];

const SIZE: usize = 1 << 20;

fn auditor() -> Auditor {
    let mut settings = Settings::new(Date::parse("2027-01-31").unwrap());
    settings
        .known
        .push(Known::plain("KNOWN", "know-value-of-no-meaning").unwrap());
    let hash = format!("sha256:0011223344556677:32:{}", "0".repeat(64));
    settings.known.push(Known::hashed("HASHED", &hash).unwrap());
    Auditor::new(settings).unwrap()
}

/// The time that this thread has had a processor for, where the system says (Linux); else the time of day.
///
/// Whatever else the machine does is in neither of two measurements then, but for what it takes of the caches.
fn now() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = said.and_then(|said| said.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// What one search takes: the least of some rounds, in turns, each long enough for the system's clock.
fn times(auditor: &Auditor, name: &str, texts: [&[u8]; 2]) -> [Duration; 2] {
    let mut least = [Duration::MAX; 2];
    for _ in 0..3 {
        for (text, least) in texts.into_iter().zip(&mut least) {
            let (start, mut count) = (now(), 0);
            let time = loop {
                let _ = black_box(auditor.audit(name, text));
                count += 1;
                let time = now() - start;
                if time > Duration::from_millis(100) || text.is_empty() {
                    break time;
                }
            };
            *least = (time / count).min(*least);
        }
    }
    least
}

/// What a bundler's minified output is like: names of few letters, short literals, numbers.
fn minified(length: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(length);
    let mut state = 7_u64;
    while text.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let [a, b, c, d, ..] = state.to_be_bytes().map(|byte| char::from(b'a' + byte % 26));
        let number = state >> 50;
        let statement = match state >> 61 {
            0 => format!("function {a}{b}({c},{d}){{return {c}.{d}{a}?{a}({c}):void 0}}"),
            1 => format!("var {a}=\"{b}{c}{d} of {d}{c}\",{b}={number};"),
            2 => format!("{a}.{b}{c}=({d},{a})=>{{let {c}={d}.map({b}=>{b}.{a}+{number});return {c}}},"),
            3 => format!("\"use strict\";Object.defineProperty({a},\"{b}{c}{d}\",{{enumerable:!0,get:()=>{d}}});"),
            4 => format!("if({a}===\"{b}\"&&{c}.length>{number})throw Error(`{d} is ${{{a}}}`);"),
            5 => format!("{a}({b},{{className:\"{c}-{d}\",onClick:()=>{a}.{b}({number})}},\"{d}{c}{b}\"+{a}),"),
            6 => format!("for(let {a}=0;{a}<{b}.length;{a}++){c}[{a}]={d}[{a}]<<{};", number % 32),
            _ => format!("const {{{a},{b}:{c}}}=await {d}(\"./{a}{b}.js\");"),
        };
        text.extend_from_slice(statement.as_bytes());
    }
    text
}

fn main() -> ExitCode {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_default();
    let auditor = auditor();
    let rate = |length: usize, time: Duration| f64::from(u32::try_from(length).unwrap()) / 1e6 / time.as_secs_f64();
    let mut slow = 0;
    for (what, name, piece) in TEXTS.iter().filter(|(what, ..)| what.contains(&wanted)) {
        let text = piece.repeat(SIZE / piece.len()).into_bytes();
        let [quarter, whole] = times(&auditor, name, [text.split_at(text.len() / 4).0, &text]);
        let ratio = whole.as_secs_f64() / quarter.as_secs_f64();
        // Linear is 4, and more where the caches end; quadratic is 16.
        let is_slow = ratio > 9.0;
        slow += u8::from(is_slow);
        let mark = if is_slow { "  <- not linear" } else { "" };
        println!(
            "{what:34} {:>8.2} ms x{ratio:.2} {:>8.1} MB/s{mark}",
            whole.as_secs_f64() * 1e3,
            rate(text.len(), whole)
        );
    }
    if "minified".contains(&wanted) {
        let text = minified(32 << 20);
        let plain = Auditor::new(Settings::new(Date::parse("2027-01-31").unwrap())).unwrap();
        for (what, auditor) in [
            ("minified script", &plain),
            ("minified script, two known values", &auditor),
        ] {
            let [time, _] = times(auditor, "a.js", [&text, b""]);
            println!(
                "{what:34} {:>8.2} ms {:>14.1} MB/s",
                time.as_secs_f64() * 1e3,
                rate(text.len(), time)
            );
        }
    }
    ExitCode::from(slow)
}
