//! JSON, read strictly ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259.html)), and written.
//!
//! Our own because the usual parsers are lenient exactly where it hurts: of two equal keys they keep the last, and
//! an array passes for a structure. Token responses ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1)),
//! the configuration and stored records all come through here. Every string is wiped when dropped.

use super::ascii;
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
            .find(|(name, _)| {
                #[cfg(test)]
                tests::COMPARED.set(tests::COMPARED.get() + 1);
                name.as_str() == key
            })
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

    /// The whole part of a member; 0 where there is none, or it is negative.
    #[cfg(feature = "npm")]
    pub(crate) fn number(&self, key: &str) -> u64 {
        match self.member(key) {
            Some(Value::Number(number)) if !number.is_negative => number.whole.unwrap_or_default(),
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
    /// Not JSON.
    Syntax,
    /// Nested deeper than [`MAX_DEPTH`], or with more in it than [`MAX_VALUES`] or [`MAX_MEMBERS`].
    TooMuch,
    /// An object has a key twice.
    DuplicateKey,
}

/// Parses one whole value, in time that grows with the length of the text and no faster. Whoever reads a text from
/// outside has a bound for its length, and looks at that first.
pub(crate) fn parse(text: &str) -> Result<Value, Malformed> {
    parse_whole(text, false)
}

/// The same, of what a script of the page says: in its strings may be half a character, which is read as U+FFFD, as browsers
/// do wherever they take text.
pub(crate) fn parse_said(text: &str) -> Result<Value, Malformed> {
    parse_whole(text, true)
}

fn parse_whole(text: &str, may_be_half: bool) -> Result<Value, Malformed> {
    let mut parser = Parser {
        text,
        at: 0,
        may_be_half,
        left: MAX_VALUES,
    };
    let value = parser.value(0)?;
    parser.skip_white_space();
    if parser.at == text.len() {
        Ok(value)
    } else {
        Err(Malformed::Syntax)
    }
}

const MAX_DEPTH: u8 = 8;
/// A number takes two bytes of text and twenty times that in memory. Metadata documents have a few hundred.
const MAX_VALUES: usize = 4096;
/// Each key is compared with all before it, which costs little only while these are few. Metadata documents have some 70.
const MAX_MEMBERS: usize = 256;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// How many values may still come.
    left: usize,
    may_be_half: bool,
}

impl Parser<'_> {
    /// The next byte; after the last one NUL, which may stand nowhere in JSON.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn require(&mut self, mark: u8) -> Result<(), Malformed> {
        self.skip_white_space();
        if self.take(mark) {
            Ok(())
        } else {
            Err(Malformed::Syntax)
        }
    }

    fn value(&mut self, depth: u8) -> Result<Value, Malformed> {
        if depth > MAX_DEPTH || self.left == 0 {
            return Err(Malformed::TooMuch);
        }
        self.left -= 1;
        self.skip_white_space();
        match self.peek() {
            b'{' => self.object(depth + 1).map(Value::Object),
            b'[' => self.array(depth + 1).map(Value::Array),
            b'"' => self.string().map(Value::String),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Malformed> {
        for expected in word.bytes() {
            if self.next() != expected {
                return Err(Malformed::Syntax);
            }
        }
        Ok(value)
    }

    fn array(&mut self, depth: u8) -> Result<Vec<Value>, Malformed> {
        let mut items = Vec::new();
        self.at += 1;
        while self.is_more(b']', items.is_empty())? {
            items.push(self.value(depth)?);
        }
        Ok(items)
    }

    fn object(&mut self, depth: u8) -> Result<Object, Malformed> {
        let mut object = Object::default();
        self.at += 1;
        while self.is_more(b'}', object.0.is_empty())? {
            self.skip_white_space();
            let key = self.string()?;
            if object.member(&key).is_some() {
                return Err(Malformed::DuplicateKey);
            }
            if object.0.len() == MAX_MEMBERS {
                return Err(Malformed::TooMuch);
            }
            self.require(b':')?;
            object.0.push((key, self.value(depth)?));
        }
        Ok(object)
    }

    /// Goes on behind the closing mark, or the comma that has to stand before all but the first.
    fn is_more(&mut self, end: u8, is_first: bool) -> Result<bool, Malformed> {
        self.skip_white_space();
        if self.take(end) {
            return Ok(false);
        }
        if !is_first {
            self.require(b',')?;
        }
        Ok(true)
    }

    fn string(&mut self) -> Result<Wiped, Malformed> {
        self.require(b'"')?;
        // As large as the rest up to the closing quote can get: grown never, so nothing is left behind.
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut out = Wiped::with_capacity(closing_quote(rest));
        loop {
            let start = self.at;
            while !matches!(self.peek(), b'"' | b'\\' | ..b' ') {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.next() {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escape()?),
                _ => return Err(Malformed::Syntax),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        match self.next() {
            mark @ (b'"' | b'\\' | b'/') => Ok(char::from(mark)),
            b'b' => Ok('\u{8}'),
            b'f' => Ok('\u{c}'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'u' => self.unicode_escape(),
            _ => Err(Malformed::Syntax),
        }
    }

    fn unicode_escape(&mut self) -> Result<char, Malformed> {
        let mut scalar = self.hex4()?;
        if (0xD800..0xDC00).contains(&scalar) {
            let after = self.at;
            let is_escape = self.take(b'\\') && self.take(b'u');
            match self.hex4() {
                Ok(low @ 0xDC00..0xE000) if is_escape => scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00),
                _ => self.at = after,
            }
        }
        // A lone surrogate is no character.
        match char::from_u32(scalar) {
            None if self.may_be_half => Ok('\u{fffd}'),
            character => character.ok_or(Malformed::Syntax),
        }
    }

    fn hex4(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = (unit << 4) | u32::from(ascii::hex(self.next()).ok_or(Malformed::Syntax)?);
        }
        Ok(unit)
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
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at);
        digits.filter(|digits| !digits.is_empty()).ok_or(Malformed::Syntax)
    }
}

/// The length up to the first quote that is not escaped.
fn closing_quote(text: &str) -> usize {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
    text.len() - bytes.len()
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

    /// A member that another writer has made.
    #[cfg(feature = "npm")]
    pub(crate) fn json(&mut self, key: &str, object: &str) {
        self.key(key);
        self.0.make_room(object.len() + 64);
        self.0.push_str(object);
    }

    /// A member that is a list; see [`Writer::item`].
    #[cfg(feature = "npm")]
    pub(crate) fn list(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.0.push('[');
        write(self);
        self.0.push(']');
    }

    /// An object in a list.
    #[cfg(feature = "npm")]
    pub(crate) fn item(&mut self, write: impl FnOnce(&mut Self)) {
        self.separate();
        self.0.push('{');
        write(self);
        self.0.push('}');
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

    fn separate(&mut self) {
        if !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.quote(key);
        self.0.push(':');
    }

    fn quote(&mut self, text: &str) {
        // 64: what may follow that is not quoted.
        self.0.make_room(6 * text.len() + 64);
        self.0.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
            self.0.push_str(rest.get(..at).unwrap_or_default());
            self.0.push_str("\\u00");
            ascii::push_hex(&mut self.0, rest.as_bytes().get(at).copied().unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
        }
        self.0.push_str(rest);
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use proptest::prelude::*;

    std::thread_local! {
        /// How often a key was compared with another.
        pub(super) static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// An object with so many members.
    fn object(members: usize) -> String {
        let members: Vec<_> = (0..members).map(|at| format!("\"k{at}\":0")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// `[<item>,…]`, with that item so often.
    fn array(items: usize, item: &str) -> String {
        format!("[{}]", std::vec![item; items].join(","))
    }

    #[test]
    fn what_is_too_much_is_said_before_it_costs_anything() {
        assert!(parse(&object(MAX_MEMBERS)).is_ok());
        assert!(parse(&array(MAX_VALUES - 1, "0")).is_ok());
        for text in [
            object(MAX_MEMBERS + 1),
            array(MAX_VALUES, "0"),
            array(MAX_VALUES / 64, &array(64, "\"\"")),
        ] {
            assert_eq!(parse(&text).unwrap_err(), Malformed::TooMuch);
        }
        // A record of 0.6 MB, and one of ten times that: the keys behind the bound are not even read.
        let compared = |text: &str| {
            COMPARED.set(0);
            assert_eq!(parse(text).unwrap_err(), Malformed::TooMuch);
            COMPARED.get()
        };
        let (n, ten_n) = (object(60_000), object(600_000));
        assert!(n.len() > 600_000);
        assert_eq!(compared(&n), compared(&ten_n));
        assert!(compared(&n) <= MAX_MEMBERS * MAX_MEMBERS);
    }

    #[test]
    fn twice_the_objects_cost_twice_the_comparisons() {
        let compared = |objects| {
            COMPARED.set(0);
            parse(&array(objects, &object(100))).unwrap();
            COMPARED.get()
        };
        assert_eq!(compared(20), 2 * compared(10));
    }

    fn number(text: &str) -> Result<Number, Malformed> {
        match parse(text)? {
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
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn malformed_texts_are_told_apart() {
        let cases: &[(&str, Malformed)] = &[
            ("", Malformed::Syntax),
            ("{\"a\":1", Malformed::Syntax),
            ("{\"a\":\"b", Malformed::Syntax),
            ("{\"a\":1,\"a\":2}", Malformed::DuplicateKey),
            ("{\"a\":1,\"\\u0061\":2}", Malformed::DuplicateKey),
            ("[[[[[[[[[[1]]]]]]]]]]", Malformed::TooMuch),
            ("{} x", Malformed::Syntax),
            ("\u{feff}{}", Malformed::Syntax),
            ("\"\\ud800\"", Malformed::Syntax),
            ("\"\\ud800\\u0041\"", Malformed::Syntax),
            ("\"\n\"", Malformed::Syntax),
            ("{a:1}", Malformed::Syntax),
            ("[1,]", Malformed::Syntax),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap_err(), *expected, "{text}");
        }
    }

    #[test]
    fn half_a_character_of_a_script_is_none() {
        for (text, expected) in [
            (r#""a\ud800""#, "a\u{fffd}"),
            (r#""\udc00b""#, "\u{fffd}b"),
            (r#""\ud800\u0041""#, "\u{fffd}A"),
            (r#""\ud800\ud83d\ude00\ud800""#, "\u{fffd}😀\u{fffd}"),
            (r#""\ud800\n""#, "\u{fffd}\n"),
            (r#""\\ud800""#, "\\ud800"),
        ] {
            assert_eq!(parse_said(text).unwrap().as_str(), Some(expected), "{text}");
        }
        assert_eq!(parse_said(r#""\ud800\uzzzz""#).err(), Some(Malformed::Syntax));
    }

    #[test]
    fn surrogate_pairs_are_one_character() {
        assert_eq!(parse(r#""\ud83d\ude00""#).unwrap().as_str(), Some("😀"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_itself(key in ".*", text in ".*", number: u64) {
            prop_assume!(key != "n");
            let mut out = Writer::object();
            out.string(&key, &text);
            out.number("n", number);
            let written = out.end();
            let value = parse(&written).unwrap();
            let object = value.as_object().unwrap();
            prop_assert_eq!(object.member(&key).unwrap().as_str(), Some(text.as_str()));
            let is_same = matches!(object.member("n"), Some(Value::Number(n)) if n.whole == Some(number));
            prop_assert!(is_same);
        }

        #[test]
        fn parsing_is_total(text in "(?s).*") {
            let _ = parse(&text);
        }

        #[test]
        fn accepts_only_what_serde_json_accepts(text in r#"[\[\]{}",:0-9a-z\\ .eE+-]{0,40}"#) {
            if parse(&text).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }
}
