//! Randomness.

use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Without randomness nothing can be sealed or named, so nothing is served.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// 128 bits, as 22 characters.
pub fn handle() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<16>()))
}
