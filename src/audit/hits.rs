//! What the rules have seen in one text, before it becomes findings.

use super::finding::{Kind, Severity, Source};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// One thing that a rule has seen. Unlike a finding it holds the value, and wipes it.
pub(super) struct Hit {
    /// Where the value is, or what stands for it.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
    pub(super) severity: Severity,
    pub(super) value: Zeroizing<Vec<u8>>,
    pub(super) why: Cow<'static, str>,
    pub(super) source: Option<Source>,
}

/// How many findings one text may have.
pub(super) const MAX: usize = 1000;

/// All that was seen in one text.
#[derive(Default)]
pub(super) struct Hits {
    list: Vec<Hit>,
    /// Whether there were more than one text may have.
    pub(super) is_full: bool,
}

impl Hits {
    pub(super) fn push(&mut self, hit: Hit) {
        // Each is seen up to four times, once for each way to read a text; `settle` leaves one.
        if self.list.len() < 4 * MAX {
            self.list.push(hit);
        } else {
            self.is_full = true;
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.is_full |= other.is_full;
        other.list.into_iter().for_each(|hit| self.push(hit));
    }

    /// Each with its place changed.
    pub(super) fn moved(mut self, place: impl Fn(usize) -> usize) -> Self {
        for hit in &mut self.list {
            let end = place(hit.end.saturating_sub(1).max(hit.start)) + 1;
            hit.start = place(hit.start);
            hit.end = end.max(hit.start + 1);
        }
        self
    }

    /// One for each value at each place, the worst, and of those the surest kind; in the order of their places.
    pub(super) fn settle(mut self) -> (Vec<Hit>, bool) {
        self.list.sort_by(|one, other| {
            (&one.value[..], one.start, one.kind).cmp(&(&other.value[..], other.start, other.kind))
        });
        let mut kept: Vec<Hit> = Vec::new();
        for hit in self.list {
            match kept.last_mut() {
                Some(last) if last.value == hit.value && hit.start < last.end => {
                    last.end = last.end.max(hit.end);
                    if (last.severity, hit.kind) < (hit.severity, last.kind) {
                        (last.kind, last.severity, last.why) = (hit.kind, hit.severity, hit.why);
                    }
                }
                _ => kept.push(hit),
            }
        }
        kept.sort_by_key(|hit| (hit.start, hit.kind));
        let is_full = self.is_full || kept.len() > MAX;
        kept.truncate(MAX);
        (kept, is_full)
    }
}
