//! Small questions about bytes. None of them can ask for a byte that is not there.

/// The bytes from `start` to `end`, as far as they are there.
pub(super) fn slice(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    let end = end.min(bytes.len());
    bytes.get(start.min(end)..end).unwrap_or_default()
}

/// The byte there, or 0.
pub(super) fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}

/// Where the bytes before `end` begin that all are what `is` says: at most `limit` of them.
pub(super) fn run_before(bytes: &[u8], end: usize, limit: usize, is: impl Fn(u8) -> bool) -> usize {
    let before = slice(bytes, end.saturating_sub(limit), end);
    end - before.iter().rev().take_while(|byte| is(**byte)).count()
}

/// Where the bytes from `start` on end that all are what `is` says: at most `limit` of them.
pub(super) fn run_after(bytes: &[u8], start: usize, limit: usize, is: impl Fn(u8) -> bool) -> usize {
    let after = slice(bytes, start, start.saturating_add(limit));
    start + after.iter().take_while(|byte| is(**byte)).count()
}

/// Where the round bracket closes that was open before these bytes. Literals are not looked into.
pub(super) fn closing_bracket(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    bytes.iter().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ => {}
        }
        false
    })
}

/// Whether it may be in a name of JavaScript's.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// Whether it may be in a token: the alphabet of base64url, which has hex in it.
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// How long the escape is that begins there and ends in what could be part of a token: `\n` of JavaScript, `%3D` of a URL.
pub(super) fn escape_at(text: &[u8], index: usize) -> Option<usize> {
    match (at(text, index), at(text, index + 1), at(text, index + 2)) {
        (b'\\', b'n' | b'r' | b't', _) => Some(2),
        // Encoded more than once.
        (b'%', b'2', b'5') => {
            let inner = [b"%", slice(text, index + 3, index + 5)].concat();
            Some(escape_at(&inner, 0).map_or(3, |length| length + 2))
        }
        (b'%', one, two) if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => Some(3),
        _ => None,
    }
}

/// Whether `word`, in lower case, is in it in any case.
pub(super) fn has_word(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// The bytes that base64 text stands for (RFC 4648 §4 and §5, with or without padding), if it is any. By ranges: the
/// protocol's reader of one digit is made to be small, and searches its alphabet.
pub(super) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for &byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xfff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(low_byte(bits >> count));
        }
    }
    Some(out)
}

/// In base64 (RFC 4648 §4), or with `is_url` in base64url (§5); without padding.
pub(super) fn to_base64(bytes: &[u8], is_url: bool) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| match usize::try_from(bits & 0x3f).map_or(b'A', |index| at(DIGITS, index)) {
        b'+' if is_url => b'-',
        b'/' if is_url => b'_',
        digit => digit,
    };
    let mut out = Vec::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | u32::from(at(chunk, index)));
        let digits = [bits >> 18, bits >> 12, bits >> 6, bits].map(digit);
        out.extend(digits.iter().take(chunk.len() + 1));
    }
    out
}

/// The bytes that hex digits stand for, if they are any.
pub(super) fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| Some(low_byte(digit(at(pair, 0))? << 4 | digit(at(pair, 1))?));
    text.len()
        .is_multiple_of(2)
        .then(|| text.chunks(2).map(pair).collect::<Option<_>>())?
}

/// The bytes that percent-encoded text stands for (RFC 3986 §2.1). What is not encoded stays.
pub(super) fn from_percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut index = 0;
    while let Some(&byte) = text.get(index) {
        let encoded = (byte == b'%')
            .then(|| from_hex(text.get(index + 1..index + 3)?))
            .flatten();
        index += if encoded.is_some() { 3 } else { 1 };
        out.extend(encoded.unwrap_or_else(|| vec![byte]));
    }
    out
}

pub(super) fn low_byte(bits: u32) -> u8 {
    bits.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_there_and_back() {
        for text in ["", "a", "ab", "abc", "abcd", "foobar", "\u{ff}\u{3fe}~?"] {
            for is_url in [false, true] {
                assert_eq!(
                    from_base64(&to_base64(text.as_bytes(), is_url)).unwrap(),
                    text.as_bytes()
                );
            }
        }
        // RFC 4648 §10.
        assert_eq!(to_base64(b"foobar", false), b"Zm9vYmFy");
        assert_eq!(from_base64(b"Zm9vYg==").unwrap(), b"foob");
        assert_eq!(from_base64(b"Zm9 v!"), None);
    }

    #[test]
    fn percent_and_hex() {
        assert_eq!(from_percent(b"a%3Db%zz%4"), b"a=b%zz%4");
        assert_eq!(from_hex(b"00fF").unwrap(), [0, 255]);
        assert_eq!(from_hex(b"0"), None);
        assert_eq!(from_hex(b"0g"), None);
    }
}
