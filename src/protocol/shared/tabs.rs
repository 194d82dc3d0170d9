//! What other tabs know of this one, and this one of them: who has tokens, what has happened to a session, and that a page is
//! left. A word says that there is something to look at, and which session is over; it never carries a token
//! ([RFC 9700 §2.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-2.2)).

use super::event::{Effect, Id};
use super::renewal::Round;
use super::tokens::Tokens;
use super::vault::Asked;
use super::{Shared, Stage};
use crate::protocol::session::SessionEvent;
use crate::protocol::time::Moment;

/// Whether others know that this tab has tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Presence {
    None,
    Asked,
    Known,
}

impl<C: Tokens> Shared<C> {
    /// Says whether this tab has tokens. Who signs out waits for those that have.
    pub(super) fn attend(&mut self) {
        match self.tokens.is_signed_in() {
            true => self.be_present(),
            false => self.be_absent(),
        }
    }

    pub(super) fn be_present(&mut self) {
        if self.presence == Presence::None {
            self.presence = Presence::Asked;
            self.effects.push(Effect::Present(true));
        }
    }

    pub(super) fn be_absent(&mut self) {
        if self.presence != Presence::None {
            self.presence = Presence::None;
            self.effects.push(Effect::Present(false));
        }
    }

    pub(super) fn present(&mut self) {
        if self.presence == Presence::Asked {
            self.presence = Presence::Known;
            // Who has signed out before may not have waited for this tab, and then the session is gone.
            if self.is_unverified || self.asked == Some(Asked::Look) {
                self.look_first();
            }
        }
    }

    pub(super) fn heard(&mut self, news: SessionEvent, id: Id, now: Moment) {
        self.is_news = self.is_attached;
        let is_kept = self.is_attached || self.commit.is_some();
        if is_kept && news == SessionEvent::SignedOut && self.id == Some(id) {
            // Whatever the vault says, or can't say. Of what is being kept just now it will say that it is gone, and if it can't
            // be kept, it is this tab's own, and ends.
            match self.commit {
                Some(_) => self.is_to_end = true,
                None => self.lose(now),
            }
            self.look_first();
        } else if self.is_attached {
            // There is something to look at.
        } else if self.tokens.is_signed_in() {
            // This tab's tokens are its own, and it gives them back itself.
            self.is_to_end |= news == SessionEvent::SignedOut;
        } else if news == SessionEvent::SignedIn && self.heard != Some(news) {
            self.effects.push(Effect::PublishElsewhere);
        }
        self.heard = Some(news);
    }

    /// Lets go of everything that another tab may wait for: a page that is left may be kept with all it holds, and nothing in it
    /// runs.
    pub(super) fn suspend(&mut self) {
        self.is_suspended = true;
        if self.is_attached && self.tokens.is_signed_in() {
            self.effects.push(Effect::Leave);
        }
        self.be_absent();
        self.unlock();
        if self.round == Round::Looking {
            self.round = Round::Waiting;
        }
    }

    pub(super) fn resume(&mut self, call: u64) {
        self.is_suspended = false;
        self.resume_call(call);
        if self.is_attached && self.stage == Stage::Running {
            self.look_first();
        }
    }
}
