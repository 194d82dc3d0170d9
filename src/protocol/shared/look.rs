//! Looks at what the tabs share: whether the session that the vault holds is this tab's, another one's to renew, or nobody's
//! ([RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)).

use super::event::{Effect, Entry};
use super::renewal::Lock;
use super::tabs::Presence;
use super::tokens::Tokens;
use super::vault::Asked;
use super::{Shared, Stage};
use crate::protocol::time::{Moment, Seconds, UnixSeconds};

/// How long a page may take to load, from when the one before it was left. A session that no tab has for longer has ended
/// with the last of them.
const GRACE: Seconds = 60;

impl<C: Tokens> Shared<C> {
    /// Nothing is done with the session before the vault is looked at.
    pub(super) fn look_first(&mut self) {
        self.is_to_look = true;
        self.is_to_look_again = self.asked.is_some();
    }

    pub(super) fn look(&mut self) {
        self.is_news = false;
        self.is_to_look_again = false;
        self.ask(Asked::Look, Effect::Read);
    }

    pub(super) fn found(
        &mut self,
        entry: Option<Entry<C::Record>>,
        is_anyone_here: bool,
        left: Option<UnixSeconds>,
        now: Moment,
    ) {
        if self.answered(Asked::End) {
            return self.found_at_end(entry, now);
        }
        if !self.answered(Asked::Look) {
            return;
        }
        self.is_to_look = core::mem::take(&mut self.is_to_look_again);
        // A wall clock that was set back tells nothing.
        let gone = left.and_then(|left| now.wall.checked_sub(left));
        let goes_on = self.stage != Stage::Looking
            || self.had_session
            || is_anyone_here
            || gone.is_some_and(|gone| gone <= GRACE);
        self.is_behind = false;
        match entry {
            Some(entry) if entry.is_buried || !goes_on => {
                // Whoever has buried it gives its tokens back. What the last tab has left, nobody does but this one.
                let record = (!entry.is_buried).then_some(entry.record);
                self.over = Some((entry.revision, record));
                self.lose(now);
            }
            Some(entry) if self.is_renewed_elsewhere(&entry) && self.grants.is_empty() => {
                // The tab that renews it knows better. It is waited for.
                self.is_behind = true;
                if self.kept.is_some() && self.id != Some(entry.id) {
                    // Another session has taken the place of this tab's.
                    self.lose(now);
                    self.is_unverified = true;
                }
                return;
            }
            Some(entry) => {
                self.is_hasty = self.is_renewed_elsewhere(&entry);
                self.adopt(&entry, now);
            }
            None => self.lose(now),
        }
        self.is_late = false;
        self.looked();
    }

    fn is_renewed_elsewhere(&self, entry: &Entry<C::Record>) -> bool {
        entry.is_out && self.kept != Some(entry.revision) && !self.is_alone()
    }

    /// The sign-in has failed for which a session was taken over that another tab renews: that is waited for.
    pub(super) fn wait_after_all(&mut self, now: Moment) {
        if core::mem::take(&mut self.is_hasty) {
            self.lose(now);
            self.id = None;
            self.stage = Stage::Looking;
            self.is_to_look = true;
        }
    }

    /// Whether no other tab renews now, or none that should not have finished.
    fn is_alone(&self) -> bool {
        self.lock == Lock::Held || self.is_late
    }

    /// Makes the session of the vault this tab's.
    pub(super) fn adopt(&mut self, entry: &Entry<C::Record>, now: Moment) {
        self.is_unverified = self.presence != Presence::Known;
        if self.kept == Some(entry.revision) {
            return;
        }
        self.put_back(now);
        let is_same = self.id == Some(entry.id);
        if self.tokens.restore(&entry.record, is_same, now).is_ok() {
            self.kept = Some(entry.revision);
            self.id = Some(entry.id);
            self.was_kept = self.id;
            self.retire_late(now);
        } else {
            // Of another version, or another client's: as good as none.
            self.over = Some((entry.revision, None));
            self.lose(now);
        }
        self.take_event();
    }

    /// Lets the session go, which the vault has no more: another tab gives its tokens back.
    pub(super) fn lose(&mut self, now: Moment) {
        self.is_unverified = false;
        if self.kept.take().is_some() {
            self.put_back(now);
            self.tokens.forget();
            self.take_event();
        }
    }
}
