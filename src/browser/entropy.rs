//! Randomness from `crypto.getRandomValues`, and from nowhere else.

use crate::error::{Code, Error};
use crate::protocol::pkce::Entropy;

/// Fresh entropy for one sign-in.
///
/// # Errors
///
/// `rng_unavailable` when the browser has none, or gives what can't be random. There is no fallback.
pub fn entropy() -> Result<Entropy, Error> {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).map_err(|_| Code::RngUnavailable)?;
    Entropy::new(bytes)
}
