//! Which responses a tab has had before: a code is good for one use
//! ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2)), so a reload of its response is of no use to
//! anybody, and no error where somebody is signed in.
//!
//! For Rust apps. The npm package does the same before the core has started, with the same record: `pkg/src/page/redirect.ts`.

use alloc::string::String;

/// How many are known again; the oldest make room.
const MOST: usize = 20;
/// Enough of a state to know it again, and no state.
const BEGINNING: usize = 8;

/// Whether the response with this state is one of those. `record` is what the tab has kept, whoever wrote it.
pub(crate) fn is_known(record: &str, state: &str) -> bool {
    beginnings(record).any(|known| known == beginning(state))
}

/// The record for a tab to keep, with this state in it.
pub(crate) fn with(record: &str, state: &str) -> String {
    let mut kept = String::from(beginning(state));
    for known in beginnings(record).take(MOST - 1) {
        kept.push(',');
        kept.push_str(known);
    }
    kept
}

/// The latest first.
fn beginnings(record: &str) -> impl Iterator<Item = &str> {
    let record = record.get(..MAX_RECORD.min(record.len())).unwrap_or_default();
    let is_ours = |known: &&str| (1..=BEGINNING).contains(&known.len());
    record.split(',').filter(is_ours)
}

/// A longer one is none of ours.
const MAX_RECORD: usize = (BEGINNING + 1) * MOST;

/// A state of ours is ASCII.
fn beginning(state: &str) -> &str {
    state.get(..BEGINNING).unwrap_or(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn a_state_is_known_again_by_its_beginning_alone() {
        let record = with("", STATE);
        assert_eq!(record, "AAECAwQF");
        assert!(is_known(&record, STATE));
        assert!(!is_known(&record, "AAECAwQ"));
        assert!(!is_known(&record, "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"));
        assert!(!is_known("", STATE));
        // As the npm package writes its first one.
        assert!(is_known("AAECAwQF,", STATE));
    }

    #[test]
    fn the_oldest_make_room() {
        let state = |number: u32| format!("{number:08}{STATE}");
        let record = (0..21).fold(String::new(), |record, number| with(&record, &state(number)));
        assert_eq!(record.split(',').count(), 20);
        assert!(record.starts_with("00000020,00000019,"));
        assert!(!is_known(&record, &state(0)) && is_known(&record, &state(1)));
    }

    #[test]
    fn whatever_is_in_the_record_is_at_most_no_record() {
        for record in [",,,", "é", &"é".repeat(90), &"x".repeat(100_000), "<b>,"] {
            assert!(!is_known(record, STATE), "{record:.20}");
            let kept = with(record, STATE);
            assert!(is_known(&kept, STATE) && kept.len() <= MAX_RECORD, "{record:.20}");
        }
        assert!(!is_known("ä,äöüßäöüß", "äöüßäöüß"));
    }
}
