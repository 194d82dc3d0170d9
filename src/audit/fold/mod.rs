//! What an expression of JavaScript's comes to, as far as it can be told without running anything.
//!
//! Bundlers and obfuscators leave a value in pieces: literals that are added, `atob`, char codes, arrays that are joined.
//! This reads one expression at one place, knows nothing of what is around it, and is given so much fuel: it is linear in
//! the text, whatever that is.

use super::bytes::{at, is_name, run_after, slice};
use value::{into_list, push_char, size};

mod calls;
mod value;

pub(super) use value::{Value, into_text};
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
            ("[103,110,110].map(e=>String.fromCharCode(1^e)).join(\"\")", "foo"),
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
