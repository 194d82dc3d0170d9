//! The end of a session: first it is gone from the vault, or noted there to be over, then from every tab, and only then the
//! server is told ([RFC 7009 §2](https://www.rfc-editor.org/rfc/rfc7009.html#section-2)).

use super::call::{Call, Doing};
use super::event::{Before, Done, Effect, Entry, Wiped};
use super::exchange::Purpose;
use super::tokens::Tokens;
use super::vault::Asked;
use super::{Shared, Stage};
use crate::protocol::session::SessionEvent;
use crate::protocol::time::{Moment, Seconds};

/// A sign-out, until the tokens are out.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Ending {
    /// 0: nobody has asked here.
    call: u64,
    step: Step,
    /// Whether nobody can have renewed the tokens meanwhile, for the entry that they are of is gone.
    is_latest: bool,
    is_cleared: bool,
    wiped: Wiped,
}

#[derive(Clone, Copy, Debug, Hash)]
enum Step {
    Look,
    Clear(u64),
    Bury,
    Over,
}

/// How long a sign-out waits until every tab has wiped its tokens. A frozen tab can't.
const LEAVING: Seconds = 3;

impl<C: Tokens> Shared<C> {
    /// Goes on with a sign-out, one after the other. Answers whether there is one.
    pub(super) fn end(&mut self, now: Moment) -> bool {
        // What a token mediator keeps is to end, too.
        if self.can_resume || self.stage == Stage::Resuming {
            return false;
        }
        let Some(ending) = self.ending.or_else(|| self.begin_ending()) else {
            return false;
        };
        self.ending = Some(ending);
        match (ending.step, self.id) {
            // What another tab has done with the tokens, or is doing, decides what is to be revoked, and how.
            (Step::Look, _) => self.ask(Asked::End, Effect::Read),
            (Step::Clear(revision), _) => {
                let before = Before::Revision(revision);
                self.ask(Asked::End, Effect::Clear { before });
            }
            (Step::Bury, Some(id)) => self.ask(Asked::End, Effect::Bury(id)),
            (Step::Bury, None) => self.go_on_ending(|ending| {
                ending.wiped = Wiped::Kept;
                ending.step = Step::Over;
            }),
            (Step::Over, _) => self.sign_out(ending, now),
        }
        true
    }

    fn begin_ending(&mut self) -> Option<Ending> {
        let asked = self.calls.iter().find(|call| matches!(call.doing, Doing::SigningOut));
        let call = match asked {
            Some(call) => call.number,
            None if self.is_to_end => 0,
            None => return None,
        };
        self.is_to_end = false;
        // What was never kept is not there.
        let may_be_kept = self.has_vault && (self.is_attached || self.was_kept == self.id);
        Some(Ending {
            call,
            step: if call != 0 && may_be_kept {
                Step::Look
            } else {
                Step::Over
            },
            is_latest: true,
            is_cleared: false,
            wiped: Wiped::Gone,
        })
    }

    fn go_on_ending(&mut self, change: impl FnOnce(&mut Ending)) {
        if let Some(ending) = &mut self.ending {
            change(ending);
        }
    }

    /// A session has been written since its end began: that goes, too.
    pub(super) fn end_again(&mut self) {
        self.go_on_ending(|ending| ending.step = Step::Look);
    }

    pub(super) fn found_at_end(&mut self, entry: Option<Entry<C::Record>>, now: Moment) {
        let is_ours = |entry: &Entry<_>| self.is_attached || self.id == Some(entry.id);
        let step = entry
            .as_ref()
            .filter(|entry| is_ours(entry))
            .map_or(Step::Over, |entry| Step::Clear(entry.revision));
        match entry {
            Some(entry) if self.is_attached && !entry.is_buried => self.adopt(&entry, now),
            _ => self.lose(now),
        }
        self.go_on_ending(|ending| ending.step = step);
    }

    pub(super) fn cleared_at_end(&mut self, is_mine: bool) {
        self.go_on_ending(|ending| {
            ending.is_cleared |= is_mine;
            ending.step = if is_mine { Step::Over } else { Step::Look };
        });
    }

    pub(super) fn failed_at_end(&mut self) {
        self.go_on_ending(|ending| match ending.step {
            Step::Bury => {
                ending.wiped = Wiped::Kept;
                ending.step = Step::Over;
            }
            _ => {
                ending.is_latest = false;
                ending.step = Step::Bury;
            }
        });
    }

    pub(super) fn buried(&mut self) {
        if self.asked == Some(Asked::End) {
            self.asked = None;
            self.is_second_try = false;
            self.go_on_ending(|ending| {
                ending.wiped = Wiped::Buried;
                ending.step = Step::Over;
            });
        }
    }

    /// Takes the tokens out, and tells the other tabs.
    fn sign_out(&mut self, ending: Ending, now: Moment) {
        let Ending { call, wiped, .. } = ending;
        self.ending = None;
        self.put_back(now);
        let exchange = self.tokens.begin_sign_out(ending.is_latest, now);
        self.take_event();
        self.kept = None;
        self.is_unverified = false;
        self.is_to_look = false;
        self.is_attached = wiped != Wiped::Kept && (self.is_attached || ending.is_cleared);
        self.looked();
        self.be_absent();
        let id = self.id.take().unwrap_or_default();
        if let Some(call) = self.find_call(call) {
            call.doing = Doing::Leaving(wiped);
            let (call, seconds) = (call.number, LEAVING);
            if let Some(exchange) = exchange {
                self.prepare(exchange, Purpose::SignOut { call, wiped });
            }
            self.effects.push(Effect::Tell(SessionEvent::SignedOut, id));
            self.effects.push(Effect::AwaitLeaving { call, seconds });
        } else if let Some(exchange) = exchange {
            self.send(exchange, Purpose::GiveBack);
        }
    }

    /// No tab has tokens any more, or one does not answer.
    pub(super) fn left(&mut self, number: u64) {
        let is_its = |purpose: Purpose| matches!(purpose, Purpose::SignOut { call, .. } if call == number);
        if let Some(sent) = self.sent.iter().find(|sent| is_its(sent.purpose)) {
            self.effects.push(Effect::Send(sent.number));
        } else if let Some(Call {
            doing: Doing::Leaving(wiped),
            ..
        }) = self.find_call(number)
        {
            let (is_revoked, wiped) = (None, *wiped);
            self.end_call(number, Ok(Done::SignedOut { is_revoked, wiped }));
        }
    }
}
