//! What the tabs share: an entry that is replaced only by who knows its revision. What it holds is this tab's session, and what
//! has come of that is kept before anybody learns of it
//! ([RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)).

use super::call::{Doing, Why};
use super::event::{Before, Effect, Id};
use super::exchange::Purpose;
use super::renewal::Round;
use super::tabs::Presence;
use super::tokens::{Next, Tokens};
use super::{Shared, Stage};
use crate::error::{Code, Error, Phase};
use crate::protocol::session::SessionEvent;
use crate::protocol::time::Moment;

/// What the vault was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    Look,
    Keep,
    /// To write down that the refresh token is on its way.
    TakeOut,
    /// To remove what is over.
    ClearOver,
    /// To look, to remove and to bury, at a sign-out.
    End,
}

/// What has come of an exchange, while it is being kept.
#[derive(Clone, Debug, Hash)]
pub(super) struct Commit<X> {
    /// The name of the session, if it has just begun.
    pub(super) new: Option<Id>,
    /// It is to stand in place of whatever there is.
    pub(super) is_forced: bool,
    pub(super) event: Option<SessionEvent>,
    pub(super) purpose: Purpose,
    pub(super) result: Result<Next<X>, Error>,
}

impl<C: Tokens> Shared<C> {
    pub(super) fn ask(&mut self, asked: Asked, effect: Effect<C>) {
        self.asked = Some(asked);
        self.effects.push(effect);
    }

    /// What is answered must have been asked.
    pub(super) fn answered(&mut self, asked: Asked) -> bool {
        let is_meant = self.asked == Some(asked);
        if is_meant {
            self.asked = None;
            self.is_second_try = false;
        }
        is_meant
    }

    /// Removes what is over. What is in hand then, and nobody else's, is given back.
    pub(super) fn clear_what_is_over(&mut self) -> bool {
        let Some((revision, _)) = self.over else {
            return false;
        };
        let before = Before::Revision(revision);
        self.ask(Asked::ClearOver, Effect::Clear { before });
        true
    }

    fn cleared_over(&mut self, is_mine: bool, now: Moment) {
        // Somebody else was faster: what is there now?
        self.is_to_look |= !is_mine;
        let Some((_, Some(record))) = self.over.take() else {
            return;
        };
        if is_mine && !self.tokens.is_signed_in() && self.tokens.restore(&record, false, now).is_ok() {
            self.give_back(now);
        }
    }

    /// Ends the session, whose tokens nobody but this tab has.
    pub(super) fn give_back(&mut self, now: Moment) {
        if let Some(exchange) = self.tokens.begin_sign_out(true, now) {
            self.send(exchange, Purpose::GiveBack);
        }
        // The app has never seen it.
        let _ = self.tokens.take_event();
    }

    /// Keeps what has come of an exchange.
    pub(super) fn keep(&mut self, now: Moment) -> bool {
        let (is_new, is_forced) = match &self.commit {
            Some(commit) => (commit.new.is_some(), commit.is_forced),
            None => return false,
        };
        if !(self.is_attached || (is_new && self.has_vault)) {
            self.committed(true, now);
            return true;
        }
        let before = match self.kept {
            _ if is_forced => Before::Anything,
            Some(revision) => Before::Revision(revision),
            None => Before::Nothing,
        };
        let effect = match (self.tokens.save(now), self.id) {
            (Some(record), Some(id)) => {
                // Others find it only once they know that this tab is here.
                if self.presence != Presence::Known {
                    self.be_present();
                    return false;
                }
                Effect::Write {
                    record,
                    id,
                    is_out: false,
                    before,
                }
            }
            _ => Effect::Clear { before },
        };
        self.ask(Asked::Keep, effect);
        false
    }

    /// What has come of an exchange is kept, or another tab has ended or replaced the session meanwhile.
    fn committed(&mut self, is_kept: bool, now: Moment) {
        let Some(Commit {
            event, purpose, result, ..
        }) = self.commit.take()
        else {
            return;
        };
        self.is_unverified = false;
        if is_kept {
            if purpose == Purpose::Retire {
                self.late = None;
            }
            if let (Some(event), Some(id)) = (event, self.id)
                && event != SessionEvent::Expired
            {
                self.effects.push(Effect::Tell(event, id));
            }
            return self.go_on(purpose, result, now);
        }
        // What another session has taken the place of is this tab's alone. Those of sign-ins before were in the vault, too: they
        // are given back by who has taken them out.
        if purpose != Purpose::Retire {
            self.late = self.tokens.save(now);
        }
        self.tokens.forget();
        self.take_event();
        self.is_to_end = false;
        self.kept = None;
        self.is_to_look = true;
        self.go_on(purpose, result.and(Ok(Next::Done)), now);
    }

    /// Tokens that came late go with the session that has taken the place of theirs: where both are one grant, revoking one
    /// ends the other.
    pub(super) fn retire_late(&mut self, now: Moment) {
        if let Some(late) = &self.late
            && self.tokens.retire(late, now).is_ok()
        {
            self.commit = Some(Commit {
                new: None,
                is_forced: false,
                event: None,
                purpose: Purpose::Retire,
                result: Ok(Next::Done),
            });
        }
    }

    /// No session has taken the place of theirs.
    pub(super) fn give_late_back(&mut self, now: Moment) -> bool {
        if self.is_to_look || self.asked.is_some() {
            return false;
        }
        let Some(late) = self.late.take() else {
            return false;
        };
        if self.tokens.is_signed_in() {
            let _ = self.tokens.retire(&late, now);
        } else if self.tokens.restore(&late, false, now).is_ok() {
            self.tokens.doubt_retired();
            self.give_back(now);
        }
        true
    }

    pub(super) fn written(&mut self, revision: Option<Id>, now: Moment) {
        if self.answered(Asked::TakeOut) {
            return self.taken_out(revision, now);
        }
        if !self.answered(Asked::Keep) {
            return;
        }
        if let Some(commit) = self.commit.as_mut().filter(|commit| commit.new.is_some()) {
            if revision.is_none() {
                // What this sign-in replaces is not what this tab knows: another one may have renewed it.
                commit.is_forced = true;
                return self.tokens.doubt_retired();
            }
            // Whatever there was to look for, it was about another session.
            self.is_to_look = self.is_to_look_again;
        }
        if let Some(revision) = revision {
            self.kept = Some(revision);
            self.was_kept = self.id;
            self.is_attached = true;
            // A word for tabs with a session of their own is none for this one any more.
            self.is_to_end = false;
            self.end_again();
        }
        self.committed(revision.is_some(), now);
    }

    pub(super) fn cleared(&mut self, is_mine: bool, now: Moment) {
        if self.answered(Asked::End) {
            self.cleared_at_end(is_mine);
        } else if self.answered(Asked::ClearOver) {
            self.cleared_over(is_mine, now);
        } else if self.answered(Asked::Keep) {
            self.kept = None;
            self.is_attached &= !self.tokens.is_signed_in();
            self.committed(true, now);
        }
    }

    /// What was asked is not done. It is asked once more, for a connection may die in the background without a word, and the
    /// driver connects anew. Then it is given up.
    pub(super) fn failed(&mut self, now: Moment) {
        let Some(asked) = self.asked.take() else { return };
        self.is_second_try = !self.is_second_try;
        if self.is_second_try {
            return;
        }
        match asked {
            Asked::Look => self.is_lost(now),
            // This tab goes on by itself: with tokens that are in no vault.
            Asked::Keep => {
                self.detach();
                if self.kept.take().is_some() {
                    self.tokens.doubt_retired();
                }
                self.committed(true, now);
            }
            Asked::TakeOut => {
                self.put_back(now);
                self.renewed(Err(unavailable()));
            }
            Asked::ClearOver => self.over = None,
            Asked::End => self.failed_at_end(),
        }
    }

    /// This tab goes on without the vault, until a sign-in is kept there.
    fn detach(&mut self) {
        self.is_attached = false;
        self.is_to_look = false;
        self.is_news = false;
        self.is_behind = false;
        if matches!(self.round, Round::Waiting | Round::Looking) {
            self.round = Round::Used;
        }
    }

    /// The vault can't be looked at.
    fn is_lost(&mut self, now: Moment) {
        if self.stage == Stage::Looking {
            self.detach();
            self.looked();
        }
        if self.is_unverified {
            self.lose(now);
        }
        self.is_to_look &= self.kept.is_some();
        self.is_stuck = true;
        if self.is_to_look {
            self.put_back(now);
            let is_meant: fn(&Doing) -> bool = match self.round {
                Round::Sent => |doing| doing.needs_a_session(),
                _ => |doing| doing.needs_a_session() || matches!(doing, Doing::Renewing { .. }),
            };
            self.visit_calls(&Why::Failed(unavailable(), is_meant), now);
        }
    }
}

/// What may go better later: nothing was sent.
fn unavailable() -> Error {
    Error::from(Code::StorageUnavailable).during(Phase::Refresh)
}
