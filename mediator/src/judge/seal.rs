//! What leaves this process and comes back: encrypted, authenticated, bound to what it is for.
//!
//! XChaCha20-Poly1305 ([draft-irtf-cfrg-xchacha](https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha)): its nonce of
//! 24 bytes may be drawn at random for as long as a key lives.

use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

pub type Nonce = [u8; 24];

/// The keys: the first one seals, all of them open.
pub struct KeyRing(Vec<Entry>);

struct Entry {
    /// Six characters of the key's hash: says which key opens, so that a wrong one is never tried.
    id: String,
    cipher: XChaCha20Poly1305,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    None,
    /// Counted from 1.
    NotThirtyTwoBytes(usize),
    Twice(usize),
}

impl KeyRing {
    /// Reads keys that are parted by white space: each is 32 bytes in base64.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let mut ring: Vec<Entry> = Vec::new();
        for (at, word) in text.expose().split_ascii_whitespace().enumerate() {
            let url_safe = Zeroizing::new(word.trim_end_matches('=').replace('+', "-").replace('/', "_"));
            let bytes = URL_SAFE_NO_PAD.decode(url_safe.as_str()).map(Zeroizing::new);
            let key = bytes.ok().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
            let key = Zeroizing::new(key.ok_or(KeyError::NotThirtyTwoBytes(at + 1))?);
            let id = URL_SAFE_NO_PAD.encode(Sha256::digest(key.as_slice()));
            let id = id.get(..6).unwrap_or_default().to_owned();
            if ring.iter().any(|other| other.id == id) {
                return Err(KeyError::Twice(at + 1));
            }
            let cipher = XChaCha20Poly1305::new(&Key::from(*key));
            ring.push(Entry { id, cipher });
        }
        if ring.is_empty() {
            Err(KeyError::None)
        } else {
            Ok(Self(ring))
        }
    }

    /// `purpose` must be the same where it is opened.
    pub fn seal(&self, purpose: &str, plain: &[u8], nonce: Nonce) -> Option<String> {
        let Entry { id, cipher } = self.0.first()?;
        let payload = Payload {
            msg: plain,
            aad: purpose.as_bytes(),
        };
        let mut sealed = nonce.to_vec();
        sealed.extend(cipher.encrypt(&XNonce::from(nonce), payload).ok()?);
        Some(format!("{id}.{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (id, text) = sealed.split_once('.')?;
        let Entry { cipher, .. } = self.0.iter().find(|key| key.id == id)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, msg) = bytes.split_first_chunk::<24>()?;
        let payload = Payload {
            msg,
            aad: purpose.as_bytes(),
        };
        cipher.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

/// A key for the list, as a file or variable may have it.
pub fn encode_key(bytes: &[u8; 32]) -> Secret {
    Secret::new(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[u8]) -> KeyRing {
        let words: Vec<_> = keys
            .iter()
            .map(|byte| encode_key(&[*byte; 32]).expose().to_owned())
            .collect();
        KeyRing::parse(&Secret::new(words.join("\n"))).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_only() {
        let ring = ring(&[1]);
        let sealed = ring.seal("cookie of A", b"plain", [7; 24]).unwrap();
        assert_eq!(ring.open("cookie of A", &sealed).unwrap().as_slice(), b"plain");
        assert_eq!(ring.open("cookie of B", &sealed), None);
        assert!(!sealed.contains("plain"));
    }

    #[test]
    fn keys_are_rotated_the_first_seals_and_all_open() {
        let (old, both, new) = (ring(&[1]), ring(&[2, 1]), ring(&[2]));
        let sealed = old.seal("", b"x", [0; 24]).unwrap();
        assert!(both.open("", &sealed).is_some());
        assert!(new.open("", &sealed).is_none());
        assert!(new.open("", &both.seal("", b"x", [0; 24]).unwrap()).is_some());
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let ring = ring(&[1]);
        let sealed = ring.seal("", b"some text", [7; 24]).unwrap();
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone().into_bytes();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(ring.open("", &String::from_utf8(damaged).unwrap()), None, "{at}");
        }
        for text in ["", ".", "x.y", &sealed[..20]] {
            assert_eq!(ring.open("", text), None);
        }
    }

    #[test]
    fn keys_are_thirty_two_bytes_each_there_once() {
        let parse = |text: &str| KeyRing::parse(&Secret::from(text)).map(|_| ());
        let key = encode_key(&[0xFB; 32]);
        assert_eq!(parse(" \n"), Err(KeyError::None));
        assert_eq!(parse("c2hvcnQ="), Err(KeyError::NotThirtyTwoBytes(1)));
        assert_eq!(parse(&format!("{0} {0}", key.expose())), Err(KeyError::Twice(2)));
        assert_eq!(parse(key.expose()), Ok(()));
        assert_eq!(parse(key.expose().trim_end_matches('=')), Ok(()));
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", ring(&[1]));
        assert!(!shown.contains("AQEB"), "{shown}");
    }
}
