//! The functions that turn one text into another: `atob`, `String.fromCharCode`, `join`, and their like.

use super::super::bytes::{
    at, closing_bracket, from_base64, from_hex, from_percent, is_name, run_after, slice, to_base64,
};
use super::super::finding::hex;
use super::value::{Value, into_bytes, into_list, into_text, push_char, split};
use super::{Folded, Folder};
use regex::bytes::Regex;
use std::sync::LazyLock;

impl<'a> Folder<'a> {
    /// A call of one of the functions that turn one text into another.
    pub(super) fn call(&mut self, start: usize, depth: u8) -> Folded {
        let mut start = start;
        let mut name = self.path(start);
        if name == b"new" {
            start = self.skip(start + 3)?;
            name = self.path(start);
        }
        let open = start + name.len();
        for prefix in [&b"window."[..], b"globalThis.", b"self."] {
            name = name.strip_prefix(prefix).unwrap_or(name);
        }
        if self.byte(open) != b'(' {
            return None;
        }
        if name == b"TextDecoder" {
            let (_, end) = self.list(open + 1, b')', depth + 1)?;
            let end = self.word(end, b".decode(")?;
            let (arguments, end) = self.list(end, b')', depth + 1)?;
            return Some((Value::Text(into_bytes(arguments.into_iter().next()?)), end));
        }
        if name == b"Uint8Array.from" || name == b"Array.from" {
            // The function that maps each item is told by its end only.
            let (value, end) = self.sum(open + 1, depth + 1)?;
            let end = self.closing(end)?;
            return Some((value, end + 1));
        }
        // The first argument of `apply` is what `this` is, which does not matter.
        let first = match name.ends_with(b".apply") {
            true => open + 2 + memchr::memchr(b',', slice(self.text, open + 1, open + 24))?,
            false => open + 1,
        };
        let (arguments, end) = self.list(first, b')', depth + 1)?;
        self.burn(end - start)?;
        let mut arguments = arguments.into_iter();
        let mut first = || arguments.next();
        let value = match name {
            b"atob" => Value::Text(from_base64(&into_text(first()?))?),
            b"btoa" => Value::Text(to_base64(&into_text(first()?), false)),
            b"unescape" | b"decodeURIComponent" | b"decodeURI" => Value::Text(from_percent(&into_text(first()?))),
            b"String" | b"encodeURIComponent" | b"eval" => Value::Text(into_text(first()?)),
            b"Uint8Array" => first()?,
            b"Uint8Array.of" | b"Array.of" => Value::List(arguments.collect()),
            b"String.fromCharCode" | b"String.fromCodePoint" => Value::Text(from_codes(arguments, |code| code)),
            b"String.fromCharCode.apply" | b"String.fromCodePoint.apply" => {
                Value::Text(from_codes(arguments.flat_map(into_list), |code| code))
            }
            b"Buffer.from" => {
                let value = first()?;
                let encoding = first().map(into_text).unwrap_or_default();
                Value::Text(match encoding.as_slice() {
                    b"base64" | b"base64url" => from_base64(&into_text(value))?,
                    b"hex" => from_hex(&into_text(value))?,
                    _ => into_bytes(value),
                })
            }
            _ => return None,
        };
        Some((value, end))
    }

    fn path(&self, start: usize) -> &'a [u8] {
        let end = run_after(self.text, start, 48, |byte| is_name(byte) || byte == b'.');
        slice(self.text, start, end)
    }

    pub(super) fn method(&mut self, value: Value, name: &[u8], open: usize, depth: u8) -> Folded {
        if name == b"map" {
            let end = self.closing(open)?;
            let change = Change::parse(slice(self.text, open, end))?;
            return Some((change.apply(value), end + 1));
        }
        let (arguments, end) = self.list(open, b')', depth + 1)?;
        let mut arguments = arguments.into_iter();
        let value = match (value, name) {
            (Value::List(mut items), b"concat") => {
                items.extend(arguments.flat_map(|item| match item {
                    Value::List(items) => items,
                    item => vec![item],
                }));
                Value::List(items)
            }
            (Value::List(mut items), b"reverse") => {
                items.reverse();
                Value::List(items)
            }
            (Value::List(items), b"join") => {
                let between = arguments.next().map_or_else(|| b",".to_vec(), into_text);
                self.burn(between.len() * items.len())?;
                let texts: Vec<_> = items.into_iter().map(into_text).collect();
                Value::Text(texts.join(&between[..]))
            }
            (Value::List(items), b"slice" | b"flat") => Value::List(items),
            (Value::Text(mut text), b"concat") => {
                text.extend(arguments.flat_map(into_text));
                Value::Text(text)
            }
            (Value::Text(text), b"split") => {
                let between = arguments.next().map(into_text)?;
                let pieces: Vec<_> = match between.as_slice() {
                    [] => text.iter().map(|byte| Value::Text(vec![*byte])).collect(),
                    [one] => text
                        .split(|byte| byte == one)
                        .map(|piece| Value::Text(piece.to_vec()))
                        .collect(),
                    many => split(&text, many),
                };
                Value::List(pieces)
            }
            (value, b"toString") => match arguments.next().map(into_text).as_deref() {
                Some(b"base64") => Value::Text(to_base64(&into_bytes(value), false)),
                Some(b"base64url") => Value::Text(to_base64(&into_bytes(value), true)),
                Some(b"hex") => Value::Text(hex(&into_bytes(value)).into_bytes()),
                _ => Value::Text(into_bytes(value)),
            },
            (Value::Text(text), b"trim" | b"normalize" | b"valueOf") => Value::Text(text),
            (Value::Text(text), b"toLowerCase") => Value::Text(text.to_ascii_lowercase()),
            (Value::Text(text), b"toUpperCase") => Value::Text(text.to_ascii_uppercase()),
            (Value::Text(text), b"encode") => Value::Text(text),
            _ => return None,
        };
        Some((value, end))
    }

    /// Where the bracket closes that was open before `start`. A function that maps has no literals.
    fn closing(&mut self, start: usize) -> Option<usize> {
        let near = slice(self.text, start, start + 200);
        self.burn(near.len())?;
        Some(start + closing_bracket(near)?)
    }
}

/// What a function does to each char code of a list: `c => String.fromCharCode(c ^ 42)`.
struct Change {
    operator: u8,
    operand: u32,
}

impl Change {
    fn parse(function: &[u8]) -> Option<Self> {
        // Minifiers put the number first.
        static FROM_CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let number = r"(\d{1,3}|0x[0-9a-fA-F]{1,2})";
            let first = format!(r"(?:{number}\s*([+^])\s*)?");
            let last = format!(r"(?:([-+^])\s*{number}\s*)?");
            Regex::new(&format!(r"(?-u)fromC(?:harCode|odePoint)\(\s*{first}[\w$]+\s*{last}\)")).ok()
        });
        let parts = FROM_CODE.as_ref()?.captures(function)?;
        let number = parts.get(1).or_else(|| parts.get(4));
        let number = number.and_then(|number| std::str::from_utf8(number.as_bytes()).ok());
        let operand = number.map(|number| match number.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        });
        let operator = parts.get(2).or_else(|| parts.get(3));
        Some(Self {
            operator: operator.map_or(b'+', |operator| at(operator.as_bytes(), 0)),
            operand: operand.unwrap_or(Ok(0)).ok()?,
        })
    }

    fn apply(&self, list: Value) -> Value {
        let change = |code: u32| match self.operator {
            b'^' => code ^ self.operand,
            b'-' => code.wrapping_sub(self.operand),
            _ => code.wrapping_add(self.operand),
        };
        let chars = into_list(list).into_iter().map(|item| match item {
            Value::Number(code) => Value::Text(from_codes([Value::Number(code)], change)),
            item => item,
        });
        Value::List(chars.collect())
    }
}

fn from_codes(codes: impl IntoIterator<Item = Value>, change: impl Fn(u32) -> u32) -> Vec<u8> {
    let mut out = Vec::new();
    for code in codes {
        match code {
            Value::Number(code) => push_char(&mut out, change(code)),
            other => out.extend(into_text(other)),
        }
    }
    out
}
