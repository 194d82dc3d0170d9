//! A value of Procore's shape without a name: beside one of Procore's login servers, a token endpoint, or the client ID.

use super::Place;
use crate::audit::bytes::{at, escape_at, has_word, is_token, run_after, run_before, slice};
use crate::audit::finding::{Kind, Severity};
use crate::audit::shape;
use std::collections::BTreeSet;

/// How far a value may be from what it belongs to: in a text of many lines 5 lines, and never more bytes than that.
const LINES: usize = 5;
const REACH: usize = 1000;
/// The same from the client ID.
const ID_REACH: usize = 2000;
/// How many values without anything near them are told of.
const MAX_LONE: usize = 5;

/// A value of Procore's shape.
pub(in crate::audit) struct Shaped {
    start: usize,
    end: usize,
}

/// Takes a run of token characters for what it may be.
pub(in crate::audit) fn shaped(text: &[u8], start: usize, end: usize, is_binary: bool) -> Option<Shaped> {
    let escape = start.checked_sub(1).and_then(|before| escape_at(text, before));
    let start = (start + escape.map_or(0, |length| length - 1)).min(end);
    let is_whole = matches!(end - start, 43 | 64) && shape::is_procore(slice(text, start, end));
    if is_whole && !is_told_otherwise(text, start, end) {
        return Some(Shaped { start, end });
    }
    if !is_binary || end - start <= 64 || end - start > 4096 {
        return None;
    }
    // In the data of a WebAssembly module one text follows the other.
    let run = slice(text, start, end);
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut index = 0;
    while index + 64 <= run.len() {
        let length = slice(run, index, run.len())
            .iter()
            .take_while(|byte| is_hex(byte))
            .count();
        if (64..=66).contains(&length) && shape::is_procore(slice(run, index, index + 64)) {
            return Some(Shaped {
                start: start + index,
                end: start + index + 64,
            });
        }
        index += length + 1;
    }
    None
}

/// Whether what stands before it, or around it, says that it is something public.
fn is_told_otherwise(text: &[u8], start: usize, end: usize) -> bool {
    // Part of a longer text: base64 with padding, a path, a name of a file.
    if matches!(at(text, end), b'=' | b'.' | b'+' | b'/')
        || start > 0 && matches!(at(text, start - 1), b'.' | b'+' | b'/' | b'#')
    {
        return true;
    }
    let is_between = |byte: u8| !is_token(byte) && !matches!(byte, b';' | b'\n' | b'}');
    let gap = run_before(text, start, 12, is_between);
    let name = run_before(text, gap, 48, |byte| is_token(byte) || byte == b'.');
    let name = slice(text, name, gap);
    // A list of values is named by what is before the first of them.
    gap < start && !shape::is_procore(name) && is_public_name(name)
}

/// Whether it is the name of something public that is shaped as secrets are.
pub(super) fn is_public_name(name: &[u8]) -> bool {
    const NAMES: [&str; 25] = [
        "client_id",
        "clientid",
        "client-id",
        "challenge",
        "verifier",
        "state",
        "nonce",
        "integrity",
        "sha1",
        "sha2",
        "sha5",
        "sha-",
        "hash",
        "digest",
        "checksum",
        "commit",
        "revision",
        "version",
        "chunk",
        "etag",
        "finger",
        "thumb",
        "key_id",
        "kid",
        "signature",
    ];
    NAMES.iter().any(|word| has_word(name, word))
}

/// What stands near each other: `shaped`, `servers` and `ids` are in the order of the text.
pub(in crate::audit) fn look(place: &mut Place<'_>, shaped: &[Shaped], servers: &[usize], ids: &[(usize, usize)]) {
    let text = place.text;
    let ids: Vec<_> = ids.iter().map(|(start, _)| *start).collect();
    let mut lone = BTreeSet::new();
    for value in shaped {
        let bytes = slice(text, value.start, value.end);
        let span = (value.start, value.end);
        if ids.binary_search(&value.start).is_ok() {
            continue;
        }
        if nearest(&ids, value.start).is_some_and(|id| id.abs_diff(value.start) <= ID_REACH) {
            place.hit(span, Kind::SecretBesideProcore, bytes, "It is near the client ID.");
        } else if nearest(servers, value.start).is_some_and(|server| is_beside(text, server, value.start)) {
            place.hit(
                span,
                Kind::SecretBesideProcore,
                bytes,
                "It is near a token endpoint, or one of Procore's login servers.",
            );
        } else if lone.len() < MAX_LONE && is_literal(text, value) && lone.insert(bytes) {
            let mut hit = super::hit(span, Kind::LoneShape, bytes, "Nothing near it says what it is.");
            hit.severity = Severity::Info;
            place.hits.push(hit);
        }
    }
}

fn nearest(places: &[usize], place: usize) -> Option<usize> {
    let next = places.partition_point(|other| *other < place);
    let around = [
        next.checked_sub(1).and_then(|before| places.get(before)),
        places.get(next),
    ];
    around
        .into_iter()
        .flatten()
        .copied()
        .min_by_key(|other| other.abs_diff(place))
}

fn is_beside(text: &[u8], one: usize, other: usize) -> bool {
    let between = slice(text, one.min(other), one.max(other));
    between.len() <= REACH && memchr::memchr_iter(b'\n', between).count() <= LINES
}

/// Whether it is all that is between two quotes, and no name.
fn is_literal(text: &[u8], value: &Shaped) -> bool {
    let before = value.start.checked_sub(1).map_or(0, |before| at(text, before));
    let separators = slice(text, value.start, value.end)
        .iter()
        .filter(|byte| matches!(byte, b'_' | b'-'));
    // A long name may have numbers in it.
    separators.count() < 4
        && matches!(before, b'"' | b'\'' | b'`')
        && run_after(text, value.end, 1, |byte| byte == before) > value.end
}
