//! Names for what may be used once: keyed hashes, so that a journal or a Redis tells nothing of a token.

use crate::config::Application;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The keyed hash of a refresh token, a code or a handle. Also the key that its answer is found by.
///
/// The key is the client secret: all instances have it, and it outlives the cookie's keys. While it is replaced, Procore
/// accepts one of both only, so two instances that disagree can't spend a token twice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name as it was written down: 32 hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
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
    for part in ["procore-token-mediator", kind, &application.client_id, &application.login_origin].iter().chain(parts) {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    let bytes = mac.finalize().into_bytes();
    Name(bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
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
            assert_eq!(Name::from_hex(name.as_str()).as_ref(), Some(name));
        }
    }
}
