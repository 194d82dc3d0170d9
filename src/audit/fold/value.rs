//! What expressions come to, and what is made of it.

use super::super::bytes::{low_byte, slice};

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Value {
    Text(Vec<u8>),
    Number(u32),
    List(Vec<Self>),
}
pub(super) fn push_char(out: &mut Vec<u8>, code: u32) {
    // Half of a surrogate pair is in no secret.
    let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// As `String(value)` would be.
pub(in crate::audit) fn into_text(value: Value) -> Vec<u8> {
    match value {
        Value::Text(text) => text,
        Value::Number(number) => number.to_string().into_bytes(),
        Value::List(items) => items.into_iter().map(into_text).collect::<Vec<_>>().join(&b","[..]),
    }
}

/// As bytes: numbers are bytes.
pub(super) fn into_bytes(value: Value) -> Vec<u8> {
    match value {
        Value::List(items) => items.into_iter().flat_map(into_bytes).collect(),
        Value::Number(number) => vec![low_byte(number)],
        Value::Text(text) => text,
    }
}

/// As `[...value]` would be.
pub(super) fn into_list(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items,
        Value::Text(text) => text.into_iter().map(|byte| Value::Text(vec![byte])).collect(),
        number @ Value::Number(_) => vec![number],
    }
}

pub(super) fn split(text: &[u8], between: &[u8]) -> Vec<Value> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for found in memchr::memmem::find_iter(text, between) {
        pieces.push(Value::Text(slice(text, start, found).to_vec()));
        start = found + between.len();
    }
    pieces.push(Value::Text(slice(text, start, text.len()).to_vec()));
    pieces
}

pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Number(_) => 1,
        Value::List(items) => items.iter().map(size).sum::<usize>() + 1,
    }
}
