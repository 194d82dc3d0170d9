//! Proof Key for Code Exchange ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636.html)): `S256`, and nothing else.
//!
//! `plain` has no representation here, so nothing can fall back to it (§7.2).

use super::ascii::BASE64URL;
use super::secret::{CodeVerifier, State, Wiped};
use crate::error::{Code, Error};
use alloc::string::String;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// 64 random bytes: what one sign-in needs. Spent by value, so no two sign-ins share any.
#[derive(Debug)]
pub struct Entropy(Zeroizing<[u8; 64]>);

impl Entropy {
    /// Wraps bytes from a cryptographic generator.
    ///
    /// # Errors
    ///
    /// `rng_unavailable` when they can't be random: every byte the same, or both halves equal. A broken or stubbed
    /// generator must not lead to a guessable state (RFC 6749 §10.10).
    pub fn new(bytes: [u8; 64]) -> Result<Self, Error> {
        let bytes = Zeroizing::new(bytes);
        let (state, verifier) = bytes.split_at(32);
        let is_constant = bytes.iter().all(|byte| Some(byte) == bytes.first());
        if is_constant || state == verifier {
            Err(Code::RngUnavailable.into())
        } else {
            Ok(Self(bytes))
        }
    }

    /// A state (RFC 6749 §10.10), after `prefix`, and a code verifier (RFC 7636 §4.1), 43 characters and 256 bits each.
    pub(crate) fn spend(self, prefix: &str) -> (State, CodeVerifier) {
        let (state, verifier) = self.0.split_at(32);
        let state = Wiped::new(base64url(state));
        (
            State::new(Wiped::new([prefix, &state].concat())),
            CodeVerifier::new(Wiped::new(base64url(verifier))),
        )
    }
}

/// `BASE64URL(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2): 43 characters, public.
pub(crate) fn code_challenge(verifier: &CodeVerifier) -> String {
    base64url(&Sha256::digest(verifier.expose().as_bytes()))
}

/// RFC 4648 §5 without padding. Fifteen lines against 0.8 KB of a crate; the vectors of RFC 4648 §10 prove it.
fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_u32, |group, i| {
            (group << 8) | chunk.get(i).copied().map_or(0, u32::from)
        });
        for i in 0..=chunk.len() {
            let index = usize::try_from((group >> (18 - 6 * i)) & 63).unwrap_or(0);
            out.push(BASE64URL.get(index).copied().map_or('A', char::from));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vectors<T> {
        vectors: Vec<T>,
    }
    use alloc::vec::Vec;

    #[derive(serde::Deserialize)]
    struct Pkce {
        octets: Vec<u8>,
        code_verifier: String,
        code_challenge: String,
    }

    #[test]
    fn rfc7636_appendix_b() {
        let file = include_str!("../../tests/vectors/rfc7636-appendix-b.json");
        for vector in serde_json::from_str::<Vectors<Pkce>>(file).unwrap().vectors {
            assert_eq!(base64url(&vector.octets), vector.code_verifier);
            let verifier = CodeVerifier::new(Wiped::new(vector.code_verifier));
            assert_eq!(code_challenge(&verifier), vector.code_challenge);
        }
    }

    #[derive(serde::Deserialize)]
    struct Base64 {
        text: String,
        base64url: String,
    }

    #[test]
    fn rfc4648_section_10() {
        let file = include_str!("../../tests/vectors/rfc4648-section-10.json");
        for vector in serde_json::from_str::<Vectors<Base64>>(file).unwrap().vectors {
            assert_eq!(base64url(vector.text.as_bytes()), vector.base64url);
        }
    }

    #[test]
    fn entropy_that_is_none_is_refused() {
        let mut repeated = [7; 64];
        repeated[0] = 1;
        repeated[32] = 1;
        for bytes in [[0; 64], [255; 64], repeated] {
            assert_eq!(Entropy::new(bytes).unwrap_err().code(), Code::RngUnavailable);
        }
    }
}
