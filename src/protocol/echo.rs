//! Whether a server's text repeats a secret, as some do ("Invalid refresh token: …").
//!
//! An error description is for people ([RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)), and apps
//! show and log it. So a piece of a secret is looked for in every reading of it: one that is missed would be a leak, one
//! that is none costs a sentence.

use super::ascii;
use super::secret::Wiped;

/// So many characters in a row of a secret are not shown.
const RUN: usize = 8;

/// How often a text may be escaped, one way inside the other.
const MAX_ESCAPES: u8 = 3;

/// Whether `said` repeats [`RUN`] characters in a row of a secret: in any case, escaped (for a URL, JSON or HTML, also one
/// in the other), in base64 or in hex.
///
/// `said` is short, so the time that it takes grows with the length of the secret and no faster.
pub(crate) fn repeats(said: &str, secret: &str) -> bool {
    let has = |reading: &Wiped| {
        let mut runs = secret.as_bytes().windows(RUN);
        runs.any(|run| {
            reading
                .as_bytes()
                .windows(RUN)
                .any(|other| other.eq_ignore_ascii_case(run))
        })
    };
    let mut text = Wiped::from(said);
    for _ in 0..=MAX_ESCAPES {
        // A word before it consists of the same digits, so the encoded text may begin at any of these.
        let mut places = 0..4;
        if has(&text) || places.any(|at| has(&ascii::decoded(&text, 6, at)) || has(&ascii::decoded(&text, 4, at))) {
            return true;
        }
        text = unescaped(&text);
    }
    false
}

/// The text without its outermost escapes: `%41`, `\x41`, `\u0041`, `&#65;`, `&#x41;`.
fn unescaped(text: &str) -> Wiped {
    let mut out = Wiped::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let (mut base, mut digits) = match byte {
            b'%' => (16, 2),
            b'\\' | b'&' => (16, 0),
            _ => {
                out.push(char::from(*byte));
                continue;
            }
        };
        while let [kind @ (b'#' | b'u' | b'x'), after @ ..] = rest {
            rest = after;
            (base, digits) = match kind {
                b'#' => (10, 6),
                b'u' => (16, 4),
                _ => (16, 2),
            };
        }
        let mut code = 0_u8;
        while let [digit, after @ ..] = rest
            && let Some(digit) = ascii::hex(*digit)
            && digit < base
            && digits > 0
        {
            rest = after;
            digits -= 1;
            code = code.wrapping_mul(base).wrapping_add(digit);
        }
        if let [b';', after @ ..] = rest {
            rest = after;
        }
        // Of what stands for nothing, `\/` say, the mark is left out. What is no ASCII is in no secret.
        if matches!(code, 1..128) {
            out.push(char::from(code));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn is_shown(said: &str, secret: &str) -> bool {
        !repeats(said, secret)
    }

    fn each(text: &str, form: impl Fn(u8) -> String) -> String {
        text.bytes().map(form).collect()
    }

    fn percent(text: &str) -> String {
        each(text, |byte| format!("%{byte:02X}"))
    }

    fn base64(text: &str, digits: &[u8; 64]) -> String {
        let mut out = String::new();
        for group in text.as_bytes().chunks(3) {
            let bits = (0..3).fold(0, |bits, at| {
                bits << 8 | usize::from(group.get(at).copied().unwrap_or(0))
            });
            for at in 0..=group.len() {
                out.push(char::from(digits[bits >> (18 - 6 * at) & 63]));
            }
        }
        out
    }

    const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// A piece of a secret in every form that this file speaks of.
    fn forms(piece: &str) -> Vec<String> {
        let html = |text: &str| each(text, |byte| format!("&#{byte};"));
        let json = |text: &str| each(text, |byte| format!("\\u{byte:04x}"));
        let mut all = vec![
            piece.into(),
            piece.to_uppercase(),
            piece.to_lowercase(),
            percent(piece),
            percent(piece).to_lowercase(),
            percent(&percent(piece)),
            percent(&percent(&percent(piece))),
            percent(piece).replace('%', "%25"),
            each(piece, |byte| format!("%u{byte:04X}")),
            html(piece),
            each(piece, |byte| format!("&#x{byte:x};")),
            json(piece),
            json(piece).to_uppercase().replace('U', "u"),
            each(piece, |byte| format!("\\x{byte:02x}")),
            html(&percent(piece)),
            percent(&json(piece)),
            piece.replace('/', "\\/").replace('"', "\\\""),
            piece.replace('/', "%2f").replace('.', "&#46;").replace('-', "\\u002d"),
            each(piece, |byte| format!("{byte:02x}")),
            each(piece, |byte| format!("{byte:02X}:")),
            percent(&base64(piece, BASE64)),
        ];
        for digits in [BASE64, BASE64URL] {
            for before in ["", "a", "ab"] {
                all.push(base64(&[before, piece].concat(), digits));
                all.push(base64(&[before, piece, "z"].concat(), digits));
            }
        }
        all
    }

    proptest! {
        #[test]
        fn a_piece_of_eight_is_found_in_every_form(
            secret in "[A-Za-z0-9._~/-]{24,60}",
            at in 0_usize..16,
            before in "[A-Za-z ]{0,9}",
        ) {
            for form in forms(&secret[at..at + RUN]) {
                prop_assert!(!is_shown(&format!("{before} {form} is wrong."), &secret), "{}", form);
            }
        }

        #[test]
        fn any_text_is_read(said in "[ -~]{0,256}", secret in "[ -~]{0,80}") {
            let _ = is_shown(&said, &secret);
        }
    }

    #[test]
    fn any_secret_of_visible_characters_is_found() {
        let secret = "4/0AX4&<\"'>+Xf=Wh_~.!$'()*,;:@%/?#[]{}|\\^`";
        for at in 0..=secret.len() - RUN {
            let piece = &secret[at..at + RUN];
            for said in [
                piece.into(),
                percent(piece),
                percent(&percent(piece)),
                base64(piece, BASE64),
            ] {
                assert!(!is_shown(&said, secret), "{said}");
            }
        }
    }

    #[test]
    fn seven_characters_and_ordinary_sentences_are_shown() {
        let secret = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        for said in [
            "not dBjftJe, but 4CVP-mB",
            "authorization code has expired",
            "code_verifier does not match the code_challenge (S256); 100% sure: a&b <c> \"d\" \\e",
            "Invalid value \"https%3A%2F%2Fapp.example%2Fcb\" of redirect_uri &amp; others",
            "refresh_token not found. token=?; code=?; state=?",
            "Token is expired; request 7f3c9a10-93b1-4d52-8f0e-2a6d1c5b9e77",
            "VGhpcyBpcyBiYXNlNjQgb2Ygbm8gc2VjcmV0",
            "",
        ] {
            assert!(is_shown(said, secret), "{said}");
        }
    }
}
