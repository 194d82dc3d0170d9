//! Names for what may be used once: keyed hashes, so that a journal or a Redis tells nothing of a token.

use crate::config::Application;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The keyed hash of a refresh token, a code or a handle. Also the key that its answer is found by.
///
/// The key is the client secret: all instances have it, and it outlives the cookie's keys. While it is replaced, Procore
/// accepts one of both only, so two instances that disagree can't spend a token twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(u128);

impl Name {
    /// A name as it was written down.
    pub fn from_hex(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_name = text.len() == 32 && text.bytes().all(is_digit);
        u128::from_str_radix(text, 16).ok().filter(|_| is_name).map(Self)
    }
}

/// 32 hex digits.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name([redacted])")
    }
}

/// A refresh token in its `generation`: how often Procore has answered to it without a new one (RFC 6749 §6), after which it
/// may be sent once more.
pub fn of_refresh_token(application: &Application, token: &str, generation: u32) -> Name {
    name(application, "refresh token", &[token, &generation.to_string()])
}

pub fn of_code(application: &Application, code: &str) -> Name {
    name(application, "code", &[code])
}

/// A session, by its handle.
pub fn of_session(application: &Application, handle: &str) -> Name {
    name(application, "session", &[handle])
}

fn name(application: &Application, kind: &str, parts: &[&str]) -> Name {
    // HMAC takes keys of any length, so this can't fail; a name of nothing would be refused by nobody.
    let mac = Hmac::<Sha256>::new_from_slice(application.client_secret.expose().as_bytes());
    let mut mac = mac.unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    for part in [
        "procore-token-mediator",
        kind,
        &application.client_id,
        &application.login_origin,
    ]
    .iter()
    .chain(parts)
    {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    let half = mac.finalize().into_bytes();
    Name(
        half.iter()
            .take(16)
            .fold(0, |number, byte| (number << 8) | u128::from(*byte)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::application;

    #[test]
    fn names_differ_by_kind_text_generation_and_application() {
        let (one, mut other) = (application(), application());
        other.login_origin = "https://login.example".to_owned();
        let names = [
            of_refresh_token(&one, "R", 0),
            of_refresh_token(&one, "R", 1),
            of_refresh_token(&one, "S", 0),
            of_refresh_token(&other, "R", 0),
            of_code(&one, "R"),
            of_session(&one, "R"),
        ];
        for (at, name) in names.iter().enumerate() {
            assert_eq!(names.iter().position(|other| other == name), Some(at));
            assert_eq!(Name::from_hex(&name.to_string()).as_ref(), Some(name));
        }
    }
}
