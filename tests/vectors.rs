//! The examples of the standards, and Procore's, as data with their source. `tests/browser.rs` runs them too.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "vectors/judge.rs"]
mod judge;

use judge::Vectors;
use procore_spa_auth::parse_url;

fn judge_file(text: &str) {
    let vectors: Vectors = serde_json::from_str(text).unwrap();
    assert!(vectors.source.starts_with("https://"), "where is it from?");
    assert!(vectors.judge() > 0, "no vectors");
}

#[test]
fn rfc6749_examples() {
    judge_file(judge::RFC6749);
}

#[test]
fn rfc9207_examples() {
    judge_file(judge::RFC9207);
}

#[test]
fn procore_token_responses() {
    judge_file(judge::PROCORE);
}

/// The parser of these tests may refuse what a browser takes; it must never take for ours what a browser doesn't.
#[test]
fn hostile_urls_are_ours_here_only_if_they_are_in_a_browser() {
    let file: judge::HostileUrls = serde_json::from_str(judge::HOSTILE_URLS).unwrap();
    let ours = parse_url(&file.base, None).unwrap();
    for vector in &file.vectors {
        let url = parse_url(&vector.input, Some(&file.base)).filter(|url| !url.has_userinfo());
        let origin = url.as_ref().map(|url| url.origin().to_owned());
        if url.is_some_and(|url| url.is_same_origin(&ours)) {
            assert_eq!(origin, vector.origin, "{:?}", vector.input);
        }
        if origin != vector.origin {
            println!("{:?}: {origin:?} here, {:?} in browsers", vector.input, vector.origin);
            assert_eq!(origin, None, "{:?} is told differently, not refused", vector.input);
        }
    }
}
