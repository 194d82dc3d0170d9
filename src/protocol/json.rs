//! JSON, read strictly ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259.html)), and written.
//!
//! Our own because the usual parsers are lenient exactly where it hurts: of two equal keys they keep the last, and
//! an array passes for a structure. Token responses ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1)),
//! the configuration and stored records all come through here. Every string is wiped when dropped.

use super::secret::Wiped;
use alloc::vec::Vec;

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(Wiped),
    Array(Vec<Self>),
    Object(Object),
}

impl Value {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// A number, as far as this crate needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) is_negative: bool,
    /// The whole part, cut off at `u64::MAX`; `None` where it is written with an exponent, as no server writes seconds.
    pub(crate) whole: Option<u64>,
}

/// The value of decimal digits, cut off at `u64::MAX`.
pub(crate) fn whole(digits: &str) -> u64 {
    digits.bytes().fold(0, |number: u64, digit| {
        number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    })
}

/// An object's members in their order; no key occurs twice.
#[derive(Debug, Default)]
pub(crate) struct Object(Vec<(Wiped, Value)>);

impl Object {
    pub(crate) fn member(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| name.as_str() == key)
            .map(|(_, value)| value)
    }

    /// The member, if it is there and not `null`.
    pub(crate) fn present(&self, key: &str) -> Option<&Value> {
        self.member(key).filter(|value| !matches!(value, Value::Null))
    }

    /// The text of a member; empty where there is none.
    #[cfg(feature = "npm")]
    pub(crate) fn text(&self, key: &str) -> &str {
        self.member(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// The whole part of a member; 0 where there is none.
    #[cfg(feature = "npm")]
    pub(crate) fn number(&self, key: &str) -> u64 {
        match self.member(key) {
            Some(Value::Number(number)) => number.whole.unwrap_or_default(),
            _ => 0,
        }
    }

    /// Whether a member is `true`.
    #[cfg(feature = "npm")]
    pub(crate) fn is(&self, key: &str) -> bool {
        matches!(self.member(key), Some(Value::Bool(true)))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Why a text is not JSON as we take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not JSON, or not UTF-8.
    Syntax,
    /// The text ended too early.
    Truncated,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// An object has a key twice.
    DuplicateKey,
}

/// Parses one whole value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    let text = core::str::from_utf8(bytes).map_err(|_| Malformed::Syntax)?;
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.skip_white_space();
    if parser.at == text.len() {
        Ok(value)
    } else {
        Err(Malformed::Syntax)
    }
}

const MAX_DEPTH: u8 = 8;

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, Malformed> {
        let byte = self.peek().ok_or(Malformed::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: u8) -> Result<Value, Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed::TooDeep);
        }
        self.skip_white_space();
        match self.peek().ok_or(Malformed::Truncated)? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Value::String),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            _ => Err(Malformed::Syntax),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Malformed> {
        for expected in word.bytes() {
            if self.next()? != expected {
                return Err(Malformed::Syntax);
            }
        }
        Ok(value)
    }

    fn array(&mut self, depth: u8) -> Result<Value, Malformed> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_white_space();
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_white_space();
            match self.next()? {
                b',' => {}
                b']' => return Ok(Value::Array(items)),
                _ => return Err(Malformed::Syntax),
            }
        }
    }

    fn object(&mut self, depth: u8) -> Result<Value, Malformed> {
        let mut object = Object::default();
        self.at += 1;
        self.skip_white_space();
        if self.take(b'}') {
            return Ok(Value::Object(object));
        }
        loop {
            self.skip_white_space();
            if self.peek().ok_or(Malformed::Truncated)? != b'"' {
                return Err(Malformed::Syntax);
            }
            let key = self.string()?;
            if object.member(&key).is_some() {
                return Err(Malformed::DuplicateKey);
            }
            self.skip_white_space();
            if self.next()? != b':' {
                return Err(Malformed::Syntax);
            }
            object.0.push((key, self.value(depth + 1)?));
            self.skip_white_space();
            match self.next()? {
                b',' => {}
                b'}' => return Ok(Value::Object(object)),
                _ => return Err(Malformed::Syntax),
            }
        }
    }

    fn string(&mut self) -> Result<Wiped, Malformed> {
        self.at += 1;
        // As large as the rest up to the closing quote can get: grown never, so nothing is left behind.
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut out = Wiped::with_capacity(closing_quote(rest));
        loop {
            let start = self.at;
            while self
                .peek()
                .is_some_and(|byte| byte != b'"' && byte != b'\\' && byte >= 0x20)
            {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).ok_or(Malformed::Syntax)?);
            match self.next()? {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escape()?),
                _ => return Err(Malformed::Syntax),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        Ok(match self.next()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(Malformed::Syntax),
        })
    }

    fn unicode_escape(&mut self) -> Result<char, Malformed> {
        let unit = self.hex4()?;
        let scalar = if (0xD800..0xDC00).contains(&unit) {
            if self.next()? != b'\\' || self.next()? != b'u' {
                return Err(Malformed::Syntax);
            }
            let low = self
                .hex4()?
                .checked_sub(0xDC00)
                .filter(|low| *low < 0x400)
                .ok_or(Malformed::Syntax)?;
            0x10000 + ((unit - 0xD800) << 10) + low
        } else {
            unit
        };
        // A lone surrogate is no character: refused here.
        char::from_u32(scalar).ok_or(Malformed::Syntax)
    }

    fn hex4(&mut self) -> Result<u32, Malformed> {
        (0..4).try_fold(0, |unit, _| {
            let digit = char::from(self.next()?).to_digit(16).ok_or(Malformed::Syntax)?;
            Ok((unit << 4) | digit)
        })
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`, without floating point: its tables would be the
    /// largest thing in the `.wasm`. An exponent of three digits is beyond a double, or as good as.
    fn number(&mut self) -> Result<Number, Malformed> {
        let is_negative = self.take(b'-');
        let integer = self.digits()?;
        if integer.len() > 1 && integer.starts_with('0') {
            return Err(Malformed::Syntax);
        }
        let mut number = Number {
            is_negative,
            whole: Some(whole(integer)),
        };
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'-') {
                self.take(b'+');
            }
            if self.digits()?.len() > 2 {
                return Err(Malformed::Syntax);
            }
            number.whole = None;
        }
        Ok(number)
    }

    fn digits(&mut self) -> Result<&str, Malformed> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.text.get(start..self.at) {
            Some("") if self.at == self.text.len() => Err(Malformed::Truncated),
            Some("") | None => Err(Malformed::Syntax),
            Some(digits) => Ok(digits),
        }
    }
}

/// The length up to the first quote that is not escaped.
fn closing_quote(text: &str) -> usize {
    let mut is_escaped = false;
    text.bytes()
        .position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })
        .unwrap_or(text.len())
}

/// Writes one JSON object. What goes in is wiped when dropped.
#[derive(Debug)]
pub(crate) struct Writer(Wiped);

impl Writer {
    pub(crate) fn object() -> Self {
        let mut out = Wiped::with_capacity(2048);
        out.push('{');
        Self(out)
    }

    pub(crate) fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quote(value);
    }

    pub(crate) fn optional(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(key, value);
        }
    }

    pub(crate) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        self.digits(value);
    }

    #[cfg(feature = "npm")]
    pub(crate) fn strings<'a>(&mut self, key: &str, values: impl Iterator<Item = &'a str>) {
        self.key(key);
        let mut mark = '[';
        for value in values {
            self.0.push(mark);
            self.quote(value);
            mark = ',';
        }
        self.0.push_str(if mark == '[' { "[]" } else { "]" });
    }

    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.key(key);
        self.0.push_str(if value { "true" } else { "false" });
    }

    pub(crate) fn end(mut self) -> Wiped {
        self.0.push('}');
        self.0
    }

    fn digits(&mut self, value: u64) {
        if value >= 10 {
            self.digits(value / 10);
        }
        self.0
            .push(char::from(b'0' + u8::try_from(value % 10).unwrap_or_default()));
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.quote(key);
        self.0.push(':');
    }

    fn quote(&mut self, text: &str) {
        // Text that outgrows its room would leave a copy behind. 64: what may follow that is not quoted.
        let room = self.0.len() + 6 * text.len() + 64;
        if room > self.0.capacity() {
            let mut roomy = Wiped::with_capacity(2 * room);
            roomy.push_str(&self.0);
            self.0 = roomy;
        }
        self.0.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => {
                    self.0.push('\\');
                    self.0.push(character);
                }
                '\0'..='\x1f' => {
                    self.0.push_str("\\u00");
                    let code = u32::from(character);
                    for digit in [code >> 4, code & 15] {
                        self.0.push(char::from_digit(digit, 16).unwrap_or('0'));
                    }
                }
                _ => self.0.push(character),
            }
        }
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Result<Number, Malformed> {
        match parse(text.as_bytes())? {
            Value::Number(number) => Ok(number),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_keep_sign_and_whole_part() {
        let cases: &[(&str, bool, Option<u64>)] = &[
            ("0", false, Some(0)),
            ("5400", false, Some(5400)),
            ("5400.7", false, Some(5400)),
            ("-1", true, Some(1)),
            ("-0.5", true, Some(0)),
            ("9007199254740993", false, Some(9_007_199_254_740_993)),
            ("99999999999999999999999", false, Some(u64::MAX)),
            ("5.4e3", false, None),
            ("1E+99", false, None),
        ];
        for (text, is_negative, whole) in cases {
            assert_eq!(
                number(text),
                Ok(Number {
                    is_negative: *is_negative,
                    whole: *whole
                }),
                "{text}"
            );
        }
        for text in ["1e999", "01", "1.", ".5", "1e", "--1", "0x10", "1e9999999999"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn malformed_texts_are_told_apart() {
        let cases: &[(&[u8], Malformed)] = &[
            (b"", Malformed::Truncated),
            (b"{\"a\":1", Malformed::Truncated),
            (b"{\"a\":\"b", Malformed::Truncated),
            (b"{\"a\":1,\"a\":2}", Malformed::DuplicateKey),
            (b"{\"a\":1,\"\\u0061\":2}", Malformed::DuplicateKey),
            (b"[[[[[[[[[[1]]]]]]]]]]", Malformed::TooDeep),
            (b"{} x", Malformed::Syntax),
            (b"\xef\xbb\xbf{}", Malformed::Syntax),
            (b"\"\\ud800\"", Malformed::Syntax),
            (b"\"\\ud800\\u0041\"", Malformed::Syntax),
            (b"\"\n\"", Malformed::Syntax),
            (b"\"\xff\"", Malformed::Syntax),
            (b"{a:1}", Malformed::Syntax),
            (b"[1,]", Malformed::Syntax),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse(text).unwrap_err(),
                *expected,
                "{}",
                alloc::string::String::from_utf8_lossy(text)
            );
        }
    }

    #[test]
    fn surrogate_pairs_are_one_character() {
        assert_eq!(parse(br#""\ud83d\ude00""#).unwrap().as_str(), Some("😀"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_itself(key in ".*", text in ".*", number: u64) {
            prop_assume!(key != "n");
            let mut out = Writer::object();
            out.string(&key, &text);
            out.number("n", number);
            let written = out.end();
            let value = parse(written.as_bytes()).unwrap();
            let object = value.as_object().unwrap();
            prop_assert_eq!(object.member(&key).unwrap().as_str(), Some(text.as_str()));
            let is_same = matches!(object.member("n"), Some(Value::Number(n)) if n.whole == Some(number));
            prop_assert!(is_same);
        }

        #[test]
        fn parsing_is_total(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn accepts_only_what_serde_json_accepts(text in r#"[\[\]{}",:0-9a-z\\ .eE+-]{0,40}"#) {
            if parse(text.as_bytes()).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }
}
