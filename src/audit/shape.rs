//! What a secret looks like, and what only looks so.
//!
//! Procore's sample secrets are 64 hex digits, as its sample client IDs are; Doorkeeper's present generator makes 43
//! characters of base64url (`urlsafe_base64` of 32 bytes). Digests, code verifiers and commit IDs have the same shapes: a
//! shape alone proves nothing.

use super::bytes::{has_word, is_token};

/// How much a value looks like a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// 64 hex digits, or 43 random characters of base64url.
    Procore,
    /// 32 to 128 characters of base64url that are no words.
    Token,
}

/// The shape of a whole value, if it has one and is no placeholder.
pub(super) fn of(value: &[u8]) -> Option<Shape> {
    if !(32..=128).contains(&value.len()) || !value.iter().all(|byte| is_token(*byte)) || is_placeholder(value) {
        return None;
    }
    if is_hex(value) {
        return Some(if value.len() == 64 {
            Shape::Procore
        } else {
            Shape::Token
        });
    }
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let has_cases = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    // Names use fewer letters than that, so often that one of 43 letters has hardly 4.2.
    let is_random = value.len() == 43 && has_cases && entropy(value) > 4.4;
    if is_wordy(value) && !is_random {
        return None;
    }
    let is_mixed = has_cases && has(u8::is_ascii_digit);
    Some(if is_random || value.len() == 43 && is_mixed && entropy(value) > 3.5 {
        Shape::Procore
    } else {
        Shape::Token
    })
}

/// Whether it is Procore's shape.
pub(super) fn is_procore(value: &[u8]) -> bool {
    of(value) == Some(Shape::Procore)
}

/// Hex digits of one case.
fn is_hex(value: &[u8]) -> bool {
    let is_lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_upper = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    value.iter().all(is_lower) || value.iter().all(is_upper)
}

/// Whether a person wrote it to stand for a secret, or it has no randomness in it.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    const WORDS: [&str; 11] = [
        "your",
        "xxxx",
        "example",
        "placeholder",
        "changeme",
        "change-me",
        "change_me",
        "redacted",
        "dummy",
        "insert",
        "replace",
    ];
    let repeats = |period: usize| {
        value
            .iter()
            .zip(value.iter().skip(period))
            .all(|(one, other)| one == other)
    };
    let steps = value
        .iter()
        .zip(value.iter().skip(1))
        .filter(|(one, other)| one.abs_diff(**other) == 1)
        .count();
    WORDS.iter().any(|word| has_word(value, word))
        || (1..=16.min(value.len() / 2)).any(repeats)
        || steps * 10 > value.len() * 6
        || entropy(value) <= 3.0
}

/// Whether it is made of words, as names are: `client_secret_is_required_for_this`, `clientSecretIsRequired`.
///
/// Of 100,000 random secrets of 43 characters 131 look so, or like a placeholder; all but 7 of them are known by their entropy.
pub(super) fn is_wordy(value: &[u8]) -> bool {
    let (mut humps, mut digit_humps, mut letters, mut mute) = (0_usize, 0_usize, 0_usize, false);
    let mut rest = value;
    loop {
        let mut chars = rest.iter();
        let length = match chars.next() {
            None => 0,
            Some(byte) if byte.is_ascii_digit() => 1 + chars.take_while(|byte| byte.is_ascii_digit()).count(),
            Some(byte) if byte.is_ascii_alphabetic() => {
                let capitals = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
                let small = rest
                    .iter()
                    .skip(capitals)
                    .take_while(|byte| byte.is_ascii_lowercase())
                    .count();
                capitals + small
            }
            Some(_) => 1,
        };
        let Some((hump, tail)) = rest.split_at_checked(length).filter(|(hump, _)| !hump.is_empty()) else {
            break;
        };
        rest = tail;
        let is_letters = hump.iter().all(u8::is_ascii_alphabetic);
        let is_digits = hump.iter().all(u8::is_ascii_digit);
        humps += usize::from(is_letters || is_digits);
        digit_humps += usize::from(is_digits);
        letters += if is_letters { hump.len() } else { 0 };
        let has_vowel = hump.iter().any(|byte| b"aeiouyAEIOUY".contains(byte));
        mute |= is_letters && hump.len() > 3 && !has_vowel;
    }
    !mute && digit_humps <= 1 && letters >= 3 * humps.saturating_sub(digit_humps).max(1)
}

/// Shannon's, in bits for each byte.
fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    let share = |count: &u32| f64::from(*count) / total;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(share)
        .map(|share| -share * share.log2())
        .sum()
}

/// Tells each run of at least `shortest` bytes that all are what `is` says: where it starts and ends.
///
/// Looks at every `shortest`-th byte only, until one may be in a run.
pub(super) fn runs(text: &[u8], shortest: usize, is: impl Fn(u8) -> bool, mut tell: impl FnMut(usize, usize)) {
    let step = shortest.max(1) - 1;
    let mut from = 0;
    while let Some(&byte) = text.get(from + step) {
        let probe = from + step;
        if !is(byte) {
            from = probe + 1;
            continue;
        }
        let before = text.get(from..probe).unwrap_or_default();
        let start = probe - before.iter().rev().take_while(|byte| is(**byte)).count();
        let after = text.get(probe..).unwrap_or_default();
        let end = probe + after.iter().take_while(|byte| is(**byte)).count();
        if end - start >= shortest {
            tell(start, end);
        }
        from = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::Secrets;

    #[test]
    fn secrets_of_procores_have_its_shape() {
        let mut secrets = Secrets::new(7);
        let mut missed = 0;
        for _ in 0..2000 {
            missed += usize::from(!is_procore(secrets.hex().as_bytes()));
            missed += usize::from(!is_procore(secrets.base64url().as_bytes()));
        }
        // A few of the random ones look as if somebody had made them up.
        assert!(missed <= 8, "{missed} of 4000");
    }

    #[test]
    fn names_and_placeholders_have_none() {
        for text in [
            "client_secret_is_required_for_this_flow",
            "clientSecretIsRequiredForThisFlowAndMore",
            "CLIENT_SECRET_MUST_NOT_BE_IN_THE_BROWSER",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "your-client-secret-goes-here-0123-4567",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            "urn-ietf-params-oauth-client-assertion-type-jwt-bearer",
            "short",
            "",
        ] {
            assert_eq!(of(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_long_run_is_told_and_no_other() {
        for (text, expected) in [
            ("", vec![]),
            ("abcd", vec![(0, 4)]),
            ("abc", vec![]),
            ("abc.abcde.ab.abcd", vec![(4, 9), (13, 17)]),
            ("....abcd....", vec![(4, 8)]),
            ("abc,abc,abcdefghijk,", vec![(8, 19)]),
        ] {
            let mut found = Vec::new();
            runs(text.as_bytes(), 4, is_token, |start, end| found.push((start, end)));
            assert_eq!(found, expected, "{text}");
        }
    }
}
