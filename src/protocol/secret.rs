//! Values that must not be seen: redacted in `Debug`, wiped when dropped, shown only by [`Secret::expose`].
//!
//! [RFC 6749 §10](https://www.rfc-editor.org/rfc/rfc6749.html#section-10); what wiping can and can't do in
//! WebAssembly is said in SECURITY.md.

use alloc::string::String;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// Text that is wiped when dropped: its whole capacity, not only what is in use.
///
/// `zeroize` does the wiping; this type keeps it in one function instead of at every place where a text goes away,
/// which is a tenth of the `.wasm`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Wiped(String);

impl Wiped {
    /// Takes a text over.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// An empty text with room for `capacity` bytes: text that outgrows its room leaves a copy behind.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(String::with_capacity(capacity))
    }

    /// Room for `more` bytes. Twice as much as is needed, so that many small pieces do not move the whole many times.
    pub(crate) fn make_room(&mut self, more: usize) {
        let room = self.len() + more;
        if room > self.capacity() {
            let mut roomy = Self::with_capacity(2 * room);
            roomy.push_str(self);
            *self = roomy;
        }
    }
}

impl Drop for Wiped {
    #[inline(never)]
    fn drop(&mut self) {
        // Spare room is wiped 16 bytes at a time, and what is in use byte by byte: so all of it is spare.
        self.0.clear();
        self.0.zeroize();
    }
}

impl From<&str> for Wiped {
    fn from(text: &str) -> Self {
        Self(String::from(text))
    }
}

impl Deref for Wiped {
    type Target = String;

    fn deref(&self) -> &String {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

impl fmt::Debug for Wiped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A confidential string of the kind `K`.
///
/// Not `Clone`, not `Display`, not `PartialEq`: it is moved to where it is spent, and wiped there.
///
/// ```compile_fail
/// let token: procore_spa_auth::protocol::secret::AccessToken = todo!();
/// let twice = (token.clone(), token);
/// ```
pub struct Secret<K> {
    text: Wiped,
    kind: PhantomData<K>,
}

impl<K> Secret<K> {
    pub(crate) const fn new(text: Wiped) -> Self {
        Self {
            text,
            kind: PhantomData,
        }
    }

    /// The bare value, for the one request that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether both are the same, in time that depends on the lengths only (best effort under a JIT).
    pub(crate) fn is(&self, other: &str) -> bool {
        let (a, b) = (self.text.as_bytes(), other.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl<K> fmt::Debug for Secret<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The kinds of secret. Types only: none has a value.
pub mod kind {
    /// See [`super::State`].
    #[derive(Debug)]
    #[non_exhaustive]
    pub enum State {}
    /// See [`super::CodeVerifier`].
    #[derive(Debug)]
    #[non_exhaustive]
    pub enum CodeVerifier {}
    /// See [`super::AuthorizationCode`].
    #[derive(Debug)]
    #[non_exhaustive]
    pub enum AuthorizationCode {}
    /// See [`super::AccessToken`].
    #[derive(Debug)]
    #[non_exhaustive]
    pub enum AccessToken {}
    /// See [`super::RefreshToken`].
    #[derive(Debug)]
    #[non_exhaustive]
    pub enum RefreshToken {}
}

/// `state` (RFC 6749 §4.1.1, §10.12): 43 characters of base64url, 256 random bits, one per sign-in.
pub type State = Secret<kind::State>;
/// The secret half of a PKCE pair (RFC 7636 §4.1): 43 to 128 unreserved characters. Lives from the authorization
/// request to the token request, and belongs to exactly one of each.
pub type CodeVerifier = Secret<kind::CodeVerifier>;
/// An authorization code (RFC 6749 §1.3.1): printable ASCII, up to 4 KiB; Procore's live 10 minutes.
pub type AuthorizationCode = Secret<kind::AuthorizationCode>;
/// An access token (RFC 6749 §1.4): visible ASCII, opaque; Procore's live 5400 seconds.
pub type AccessToken = Secret<kind::AccessToken>;
/// A refresh token (RFC 6749 §1.5): visible ASCII, opaque. Procore: good for one use, successful or not.
pub type RefreshToken = Secret<kind::RefreshToken>;

/// Whether `text` is one or more visible ASCII characters (`%x21-7E`): what a header can carry in one piece.
pub(crate) fn is_visible_ascii(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_shows_nothing() {
        let token = AccessToken::new(Wiped::from("very-secret"));
        assert_eq!(format!("{token:?}"), "[redacted]");
    }

    #[test]
    fn equality_is_exact() {
        let state = State::new(Wiped::from("S1"));
        for (other, same) in [("S1", true), ("s1", false), ("S1 ", false), ("S", false), ("", false)] {
            assert_eq!(state.is(other), same, "{other:?}");
        }
    }
}
