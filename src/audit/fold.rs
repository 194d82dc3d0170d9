//! What an expression of JavaScript's comes to, as far as it can be told without running anything.
//!
//! Bundlers and obfuscators leave a value in pieces: literals that are added, `atob`, char codes, arrays that are joined.
//! This reads one expression at one place, knows nothing of what is around it, and is given so much fuel: it is linear in
//! the text, whatever that is.

use super::bytes::{at, from_base64, from_hex, from_percent, is_name, low_byte, run_after, slice, to_base64};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(Vec<u8>),
    Number(u32),
    List(Vec<Self>),
}

/// Reads expressions of one text.
pub(super) struct Folder<'a> {
    text: &'a [u8],
    fuel: usize,
}

/// How deep expressions may be in each other.
const MAX_DEPTH: u8 = 12;

type Folded = Option<(Value, usize)>;

impl<'a> Folder<'a> {
    /// Each byte that is read or made takes one of `fuel`.
    pub(super) const fn new(text: &'a [u8], fuel: usize) -> Self {
        Self { text, fuel }
    }

    /// Whether it had to give up.
    pub(super) const fn is_spent(&self) -> bool {
        self.fuel == 0
    }

    pub(super) fn burn(&mut self, amount: usize) -> Option<()> {
        self.fuel = self.fuel.saturating_sub(amount.max(1));
        (self.fuel > 0).then_some(())
    }

    /// The expression at `start`, and where it ends. Of a sum, as much as can be told.
    pub(super) fn expression(&mut self, start: usize) -> Folded {
        self.sum(start, 0)
    }

    fn sum(&mut self, start: usize, depth: u8) -> Folded {
        if depth >= MAX_DEPTH {
            return None;
        }
        let (mut value, mut end) = self.term(start, depth)?;
        loop {
            let plus = self.skip(end)?;
            if self.byte(plus) != b'+' || matches!(self.byte(plus + 1), b'+' | b'=') {
                return Some((value, end));
            }
            let next = self.skip(plus + 1)?;
            let Some((more, after)) = self.term(next, depth) else {
                return Some((value, end));
            };
            let mut text = into_text(value);
            let more = into_text(more);
            self.burn(more.len())?;
            text.extend(more);
            (value, end) = (Value::Text(text), after);
        }
    }

    fn term(&mut self, start: usize, depth: u8) -> Folded {
        self.burn(1)?;
        let start = self.skip(start)?;
        let (mut value, mut end) = match self.byte(start) {
            quote @ (b'"' | b'\'') => self.literal(start, quote)?,
            b'`' => self.template(start, depth)?,
            b'0'..=b'9' => self.number(start)?,
            b'(' => {
                let (value, end) = self.sum(start + 1, depth + 1)?;
                (value, self.expect(end, b')')?)
            }
            b'[' => {
                let (items, end) = self.list(start + 1, b']', depth + 1)?;
                (Value::List(items), end)
            }
            byte if is_name(byte) => self.call(start, depth)?,
            _ => return None,
        };
        loop {
            let dot = self.skip(end)?;
            let dot = dot + usize::from(self.byte(dot) == b'?');
            if self.byte(dot) != b'.' {
                return Some((value, end));
            }
            let name_end = run_after(self.text, dot + 1, 24, is_name);
            let name = slice(self.text, dot + 1, name_end);
            if self.byte(name_end) != b'(' {
                return Some((value, end));
            }
            let Some((next, after)) = self.method(value.clone(), name, name_end + 1, depth) else {
                return Some((value, end));
            };
            self.burn(size(&next))?;
            (value, end) = (next, after);
        }
    }

    /// A string literal (ECMA-262 §12.9.4), without the quotes.
    fn literal(&mut self, start: usize, quote: u8) -> Folded {
        let mut out = Vec::new();
        let mut index = start + 1;
        loop {
            let rest = self.text.get(index..)?;
            let plain = memchr::memchr3(quote, b'\\', b'\n', rest)?;
            self.burn(plain + 1)?;
            out.extend_from_slice(slice(rest, 0, plain));
            index += plain;
            match self.byte(index) {
                b'\\' => index = self.escape(index + 1, &mut out)?,
                b'\n' => return None,
                _ => return Some((Value::Text(out), index + 1)),
            }
        }
    }

    /// A template (ECMA-262 §12.9.6), if each expression in it can be told.
    fn template(&mut self, start: usize, depth: u8) -> Folded {
        let mut out = Vec::new();
        let mut index = start + 1;
        loop {
            let rest = self.text.get(index..)?;
            let plain = memchr::memchr3(b'`', b'\\', b'$', rest)?;
            self.burn(plain + 1)?;
            out.extend_from_slice(slice(rest, 0, plain));
            index += plain;
            match self.byte(index) {
                b'\\' => index = self.escape(index + 1, &mut out)?,
                b'$' if self.byte(index + 1) == b'{' => {
                    let (value, end) = self.sum(index + 2, depth + 1)?;
                    out.extend(into_text(value));
                    index = self.expect(end, b'}')?;
                }
                b'$' => {
                    out.push(b'$');
                    index += 1;
                }
                _ => return Some((Value::Text(out), index + 1)),
            }
        }
    }

    /// What stands behind a backslash, put to `out`; where it ends.
    fn escape(&self, index: usize, out: &mut Vec<u8>) -> Option<usize> {
        let digits = |start: usize, count: usize| {
            let digits = std::str::from_utf8(self.text.get(start..start + count)?).ok()?;
            u32::from_str_radix(digits, 16).ok()
        };
        let byte = *self.text.get(index)?;
        let (code, end) = match byte {
            b'x' => (digits(index + 1, 2)?, index + 3),
            b'u' if self.byte(index + 1) == b'{' => {
                let end = run_after(self.text, index + 2, 6, |byte| byte.is_ascii_hexdigit());
                (digits(index + 2, end - index - 2)?, end + 1)
            }
            b'u' => (digits(index + 1, 4)?, index + 5),
            b'n' => (10, index + 1),
            b'r' => (13, index + 1),
            b't' => (9, index + 1),
            b'\n' => return Some(index + 1),
            byte => {
                out.push(byte);
                return Some(index + 1);
            }
        };
        push_char(out, code);
        Some(end)
    }

    fn number(&mut self, start: usize) -> Folded {
        let end = run_after(self.text, start, 12, |byte| byte.is_ascii_alphanumeric());
        self.burn(end - start)?;
        let digits = std::str::from_utf8(slice(self.text, start, end)).ok()?;
        let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        };
        Some((Value::Number(number), end))
    }

    /// The items up to `close`. What is spread is taken apart.
    fn list(&mut self, start: usize, close: u8, depth: u8) -> Option<(Vec<Value>, usize)> {
        let mut items = Vec::new();
        let mut index = self.skip(start)?;
        loop {
            if self.byte(index) == close {
                return Some((items, index + 1));
            }
            let is_spread = slice(self.text, index, index + 3) == b"...";
            let (value, end) = self.sum(if is_spread { index + 3 } else { index }, depth + 1)?;
            if is_spread {
                items.extend(into_list(value));
            } else {
                items.push(value);
            }
            index = self.skip(end)?;
            match self.byte(index) {
                b',' => index = self.skip(index + 1)?,
                byte if byte == close => {}
                _ => return None,
            }
        }
    }

    /// A call of one of the functions that turn one text into another.
    fn call(&mut self, start: usize, depth: u8) -> Folded {
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

    fn method(&mut self, value: Value, name: &[u8], open: usize, depth: u8) -> Folded {
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
                Some(b"hex") => Value::Text(super::finding::hex(&into_bytes(value)).into_bytes()),
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

    /// Where the bracket closes that was open before `start`. Literals are not looked into: a function that maps has none.
    fn closing(&mut self, start: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let near = slice(self.text, start, start + 200);
        self.burn(near.len())?;
        let found = near.iter().position(|byte| {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => return true,
                b')' => depth -= 1,
                _ => {}
            }
            false
        });
        Some(start + found?)
    }

    /// Past white space and comments.
    fn skip(&mut self, start: usize) -> Option<usize> {
        let mut index = start;
        loop {
            let end = run_after(self.text, index, 400, |byte| byte.is_ascii_whitespace());
            self.burn(end - index)?;
            if slice(self.text, end, end + 2) != b"/*" {
                return Some(end);
            }
            let comment = slice(self.text, end + 2, end + 200);
            let length = memchr::memmem::find(comment, b"*/")?;
            self.burn(length)?;
            index = end + 2 + length + 2;
        }
    }

    fn expect(&mut self, index: usize, byte: u8) -> Option<usize> {
        let index = self.skip(index)?;
        (self.byte(index) == byte).then_some(index + 1)
    }

    fn word(&self, index: usize, word: &[u8]) -> Option<usize> {
        (slice(self.text, index, index + word.len()) == word).then_some(index + word.len())
    }

    fn byte(&self, index: usize) -> u8 {
        at(self.text, index)
    }
}

/// What a function does to each char code of a list: `c => String.fromCharCode(c ^ 42)`.
struct Change {
    operator: u8,
    operand: u32,
}

impl Change {
    fn parse(function: &[u8]) -> Option<Self> {
        static FROM_CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"(?-u)fromC(?:harCode|odePoint)\(\s*[\w$]+\s*(?:([-+^])\s*(\d{1,3}|0x[0-9a-fA-F]{1,2})\s*)?\)")
                .ok()
        });
        let parts = FROM_CODE.as_ref()?.captures(function)?;
        let number = parts
            .get(2)
            .and_then(|number| std::str::from_utf8(number.as_bytes()).ok());
        let operand = number.map(|number| match number.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        });
        Some(Self {
            operator: parts.get(1).map_or(b'+', |operator| at(operator.as_bytes(), 0)),
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

fn push_char(out: &mut Vec<u8>, code: u32) {
    // Half of a surrogate pair is in no secret.
    let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// As `String(value)` would be.
pub(super) fn into_text(value: Value) -> Vec<u8> {
    match value {
        Value::Text(text) => text,
        Value::Number(number) => number.to_string().into_bytes(),
        Value::List(items) => items.into_iter().map(into_text).collect::<Vec<_>>().join(&b","[..]),
    }
}

/// As bytes: numbers are bytes.
fn into_bytes(value: Value) -> Vec<u8> {
    match value {
        Value::List(items) => items.into_iter().flat_map(into_bytes).collect(),
        Value::Number(number) => vec![low_byte(number)],
        Value::Text(text) => text,
    }
}

/// As `[...value]` would be.
fn into_list(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items,
        Value::Text(text) => text.into_iter().map(|byte| Value::Text(vec![byte])).collect(),
        number @ Value::Number(_) => vec![number],
    }
}

fn split(text: &[u8], between: &[u8]) -> Vec<Value> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for found in memchr::memmem::find_iter(text, between) {
        pieces.push(Value::Text(slice(text, start, found).to_vec()));
        start = found + between.len();
    }
    pieces.push(Value::Text(slice(text, start, text.len()).to_vec()));
    pieces
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Number(_) => 1,
        Value::List(items) => items.iter().map(size).sum::<usize>() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Option<String> {
        let (value, _) = Folder::new(text.as_bytes(), 100_000).expression(0)?;
        Some(String::from_utf8(into_text(value)).unwrap())
    }

    #[test]
    fn what_bundlers_and_obfuscators_leave() {
        for (text, expected) in [
            (r#""ab"+"cd""#, "abcd"),
            (r#""ab" + 'cd' + `ef`"#, "abcdef"),
            ("\"ab\"\n    + /* more */ \"cd\"", "abcd"),
            (r#"("a"+("b"))+"c"+x"#, "abc"),
            (r#"`a${"b"}c${`d`}`"#, "abcd"),
            (r#""a".concat("b","c").concat("d")"#, "abcd"),
            (r#"["a","b",'c'].join("")"#, "abc"),
            (r#"["client_secret","x"].join("=")"#, "client_secret=x"),
            (r#"["c","b"].reverse().join("")"#, "bc"),
            (r#""cba".split("").reverse().join("")"#, "abc"),
            (r#"[..."cba"].reverse().join("")"#, "abc"),
            (r#""a-b-c".split("-").join("")"#, "abc"),
            (r#""a::b".split("::").join("")"#, "ab"),
            (r#"atob("Zm9v")+"bar""#, "foobar"),
            (r#"window.atob('Zm9v')"#, "foo"),
            (r#"btoa("foo")"#, "Zm9v"),
            ("String.fromCharCode(102,0x6f,111)", "foo"),
            ("String.fromCharCode(...[102,111,111])", "foo"),
            ("String.fromCharCode.apply(null,[102,111,111])", "foo"),
            ("[102,111,111].map(c=>String.fromCharCode(c)).join('')", "foo"),
            (
                "[103,110,110].map(function(c){return String.fromCharCode(c^1)}).join('')",
                "foo",
            ),
            ("[103,112,112].map(c => String.fromCharCode(c - 1)).join(\"\")", "foo"),
            ("new TextDecoder().decode(new Uint8Array([102,111,111]))", "foo"),
            ("new TextDecoder('utf-8').decode(Uint8Array.from([102,111,111]))", "foo"),
            (
                r#"new TextDecoder().decode(Uint8Array.from(atob("Zm9v"),c=>c.charCodeAt(0)))"#,
                "foo",
            ),
            (r#"Buffer.from("Zm9v","base64").toString()"#, "foo"),
            (r#"Buffer.from("666f6f","hex").toString("utf8")"#, "foo"),
            (r#"Buffer.from("foo").toString("base64")"#, "Zm9v"),
            (r#"decodeURIComponent("f%6F%6f")"#, "foo"),
            (r#""\x66\u006f\u{6f}\n\"\'""#, "foo\n\"'"),
        ] {
            assert_eq!(folded(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_can_not_be_told_is_not() {
        for text in [
            "",
            "x",
            "\"",
            "\"a\nb\"",
            "'\\",
            "`${x}`",
            "atob(x)",
            "atob(\"!\")",
            "[1,",
            "(\"a\"",
            "String.fromCharCode(c)",
            "\"\\x6",
            "\"\\u{6",
            "new",
            "...",
            "{",
            "99999999999999",
        ] {
            assert_eq!(folded(text), None, "{text}");
        }
    }

    #[test]
    fn it_stops_where_the_fuel_is_spent() {
        let text = format!("[{}]", "'a',".repeat(1000));
        let mut folder = Folder::new(text.as_bytes(), 100);
        assert_eq!(folder.expression(0), None);
        assert!(folder.is_spent());
        assert_eq!(folded(&"(".repeat(100_000)), None);
        assert_eq!(folded(&format!("{}\"a\"", "[".repeat(100))), None);
    }
}
