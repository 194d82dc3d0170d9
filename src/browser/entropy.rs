//! Randomness from `crypto.getRandomValues`, and from nowhere else.

use crate::error::{Code, Error};
use crate::protocol::pkce::Entropy;
use crate::protocol::shared::Id;

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

/// A name for a session, or for a revision of it: up to 2^53, so that JavaScript has it exactly.
///
/// # Errors
///
/// `rng_unavailable` when the browser has none.
pub fn random_id() -> Result<Id, Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Code::RngUnavailable)?;
    Ok(u64::from_le_bytes(bytes) >> 11)
}
