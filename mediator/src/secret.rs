//! Text that nobody may see: redacted in `Debug`, wiped when dropped, shown only by [`Secret::expose`].

use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// A client secret, a token, a code, a verifier or a handle.
///
/// It serialises as it is, for the sealed cookie and the sealed answer, and for nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Some(Secret::from("very-secret"))), "Some([redacted])");
    }
}
