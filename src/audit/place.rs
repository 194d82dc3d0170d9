//! Lines and columns.

use super::bytes::slice;

/// Counts lines and columns up to places that come in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    at: usize,
    line: u64,
    column: u64,
}

impl Lines {
    /// At the beginning of a file.
    pub(super) const fn new() -> Self {
        Self {
            at: 0,
            line: 1,
            column: 1,
        }
    }

    /// Line and column of `place`, both from 1; columns in UTF-16 code units, or in bytes if it is no text.
    pub(super) fn find(&mut self, text: &[u8], place: usize, is_text: bool) -> (u64, u64) {
        let between = slice(text, self.at, place);
        if !is_text {
            self.column += count(between.len());
            self.at = place.max(self.at);
            return (self.line, self.column);
        }
        let line = match memchr::memrchr(b'\n', between) {
            Some(last) => {
                self.line += count(memchr::memchr_iter(b'\n', between).count());
                self.column = 1;
                slice(between, last + 1, between.len())
            }
            None => between,
        };
        // A character has one byte that begins it; one of four bytes is two code units.
        let units = line
            .iter()
            .map(|byte| u64::from(*byte & 0xc0 != 0x80) + u64::from(*byte >= 0xf0));
        self.column += units.sum::<u64>();
        self.at = place.max(self.at);
        (self.line, self.column)
    }

    /// The same, in a text that begins `bytes` later.
    pub(super) const fn later(mut self, bytes: usize) -> Self {
        self.at = self.at.saturating_sub(bytes);
        self
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_text() {
        let text = "ab\nä𝄞x\r\n\nend";
        let mut lines = Lines::new();
        for (word, expected) in [
            ("ab", (1, 1)),
            ("b", (1, 2)),
            ("ä", (2, 1)),
            ("x", (2, 4)),
            ("end", (4, 1)),
            ("d", (4, 3)),
        ] {
            let place = text.find(word).unwrap();
            assert_eq!(lines.find(text.as_bytes(), place, true), expected, "{word}");
        }
        assert_eq!(Lines::new().find(text.as_bytes(), 5, false), (1, 6));
    }
}
