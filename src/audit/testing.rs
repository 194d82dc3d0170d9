//! Secrets for the tests, made up while they run: nothing that looks like one is in the repository.

use sha2::{Digest, Sha256};

/// Secrets of Procore's shapes, the same for the same seed.
pub(super) struct Secrets {
    seed: u64,
    count: u64,
}

impl Secrets {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, count: 0 }
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.count += 1;
        Sha256::digest([self.seed.to_le_bytes(), self.count.to_le_bytes()].concat()).into()
    }

    pub(super) fn hex(&mut self) -> String {
        super::finding::hex(&self.bytes())
    }

    pub(super) fn base64url(&mut self) -> String {
        String::from_utf8(super::bytes::to_base64(&self.bytes(), true)).unwrap()
    }
}
