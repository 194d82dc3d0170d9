//! What is asked of the login server, and what comes of it: each exchange is sent once, its answer judged in its turn and kept
//! before anybody learns of it ([RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)).

use super::call::Why;
use super::event::{Done, Effect, Id, Wiped};
use super::renewal::Round;
use super::tokens::{Next, Tokens};
use super::vault::Commit;
use super::{Shared, Stage};
use crate::error::Error;
use crate::protocol::time::Moment;

/// What is under way, and for what.
#[derive(Clone, Debug, Hash)]
pub(super) struct Sent<X, O> {
    pub(super) number: u64,
    pub(super) exchange: X,
    pub(super) purpose: Purpose,
    /// Its answer, until that has its turn.
    pub(super) outcome: Option<O>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    Discover,
    Resume,
    SignIn {
        call: u64,
        id: Id,
    },
    Use,
    Renew,
    SignOut {
        call: u64,
        wiped: Wiped,
    },
    /// Nobody waits for it.
    GiveBack,
    /// Nothing is sent: tokens that came late are being kept with those of the session that has taken their place.
    Retire,
}

impl<C: Tokens> Shared<C> {
    pub(super) fn start(&mut self) {
        if self.stage != Stage::Idle {
            return;
        }
        self.stage = Stage::Discovering;
        match self.tokens.begin_discovery() {
            Some(exchange) => self.send(exchange, Purpose::Discover),
            None => self.discovered(),
        }
    }

    fn discovered(&mut self) {
        self.stage = Stage::Looking;
        self.is_to_look = self.is_attached;
        if !self.is_attached {
            self.looked();
        }
    }

    /// It is known what the vault held at first. Where that is nothing, a token mediator may have a session.
    pub(super) fn looked(&mut self) {
        if self.stage != Stage::Looking {
            return;
        }
        let resumed = core::mem::take(&mut self.can_resume).then(|| self.tokens.begin_resume());
        self.stage = match resumed.flatten() {
            Some(exchange) => {
                self.send(exchange, Purpose::Resume);
                Stage::Resuming
            }
            None => Stage::Running,
        };
    }

    pub(super) fn send(&mut self, exchange: C::Exchange, purpose: Purpose) {
        self.prepare(exchange, purpose);
        self.effects.push(Effect::Send(self.count));
    }

    /// Has an exchange ready, to be sent later.
    pub(super) fn prepare(&mut self, exchange: C::Exchange, purpose: Purpose) {
        self.count += 1;
        self.sent.push(Sent {
            number: self.count,
            exchange,
            purpose,
            outcome: None,
        });
    }

    /// Judges an answer. What comes of it is kept before anybody learns of it.
    pub(super) fn settle(&mut self, sent: Sent<C::Exchange, C::Outcome>, now: Moment) {
        let Sent {
            exchange,
            purpose,
            outcome,
            ..
        } = sent;
        // Should it change the tokens, a refresh token that has not left yet is none of theirs.
        self.put_back(now);
        let result = self.tokens.settle(exchange, outcome, now);
        let event = self.take_event();
        let new = match (purpose, &result) {
            (Purpose::SignIn { id, .. }, Ok(Next::SignedIn)) => Some(self.tokens.session_id().unwrap_or(id)),
            (Purpose::Resume, Ok(_)) => self.tokens.session_id(),
            _ => None,
        };
        if new.is_some() {
            self.id = new;
        }
        // What is in the vault says that the refresh token is out, even where nothing has come of that.
        let is_out = purpose == Purpose::Renew && self.out.take().is_some_and(|out| self.kept == Some(out));
        if purpose == Purpose::Renew {
            self.round = Round::Over;
        }
        if event.is_some() || is_out {
            self.commit = Some(Commit {
                new,
                is_forced: false,
                event,
                purpose,
                result,
            });
        } else {
            self.go_on(purpose, result, now);
        }
    }

    pub(super) fn go_on(&mut self, purpose: Purpose, result: Result<Next<C::Exchange>, Error>, now: Moment) {
        match (result, purpose) {
            (Ok(Next::Send(exchange)), _) => self.send(exchange, purpose),
            (Ok(_), Purpose::Discover) => self.discovered(),
            (Err(error), Purpose::Discover) => {
                self.stage = Stage::Idle;
                self.visit_calls(&Why::Failed(error, |_| true), now);
            }
            (_, Purpose::Resume) => self.stage = Stage::Running,
            (result, Purpose::SignIn { call, .. }) => {
                match &result {
                    Ok(_) => self.is_hasty = false,
                    Err(_) => self.wait_after_all(now),
                }
                self.end_call(call, result.map(|_| Done::Done));
            }
            (_, Purpose::Use) => self.round = Round::Used,
            (result, Purpose::Renew) => self.renewed(result.map(|_| ())),
            (result, Purpose::SignOut { call, wiped }) => self.end_call(
                call,
                Ok(Done::SignedOut {
                    is_revoked: Some(matches!(result, Ok(Next::SignedOut(true))) && wiped != Wiped::Kept),
                    wiped,
                }),
            ),
            (_, Purpose::GiveBack | Purpose::Retire) => {}
        }
    }
}
