//! The values that are known to be secret, in every form in which a build may carry them.

use super::settings::{Known, KnownValue, SettingsError};
use aho_corasick::AhoCorasick;

/// Finds known values.
pub(super) struct KnownValues {
    automaton: Option<AhoCorasick>,
    known: Vec<Known>,
}

/// One place where a known value is.
pub(super) struct KnownHit {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Which.
    pub(super) index: usize,
}

impl KnownValues {
    pub(super) fn new(known: Vec<Known>) -> Result<Self, SettingsError> {
        let plain: Vec<_> = known
            .iter()
            .filter_map(|known| match &known.value {
                KnownValue::Plain(value) => Some(value.as_bytes()),
                KnownValue::Hashed { .. } => None,
            })
            .collect();
        let automaton = match plain.is_empty() {
            true => None,
            false => Some(AhoCorasick::new(&plain).map_err(|_| SettingsError::TooMany)?),
        };
        Ok(Self { automaton, known })
    }

    pub(super) fn find(&self, text: &[u8]) -> Vec<KnownHit> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let hit = |found: aho_corasick::Match| KnownHit {
            start: found.start(),
            end: found.end(),
            index: found.pattern().as_usize(),
        };
        automaton.find_iter(text).map(hit).collect()
    }

    pub(super) fn name(&self, index: usize) -> &str {
        self.known.get(index).map_or("", Known::name)
    }
}
