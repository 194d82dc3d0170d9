//! One tab renews for all: under a lock, with what the vault holds then, and only once it is written down that the refresh token
//! is on its way ([RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)).

use super::Shared;
use super::call::Doing;
use super::event::{Before, Effect, Id};
use super::exchange::Purpose;
use super::tokens::Tokens;
use super::vault::Asked;
use crate::error::{Code, Error};
use crate::protocol::time::{Moment, Seconds};

/// How far a renewal of this tab is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Round {
    None,
    /// The access token is being used, so that the refresh token of before ends.
    Using,
    Used,
    /// Waits for the lock.
    Waiting,
    /// Has it, and looks whether another tab was faster.
    Looking,
    /// It is being written down that the refresh token is on its way.
    Taking,
    /// It is written down.
    Taken,
    Sent,
    /// What came of it is being kept, or given back.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lock {
    None,
    Asked,
    Held,
}

/// How long a renewal of another tab is waited for: for as long as its request may take, half a minute, and the vault after
/// it. Who holds the lock longer is frozen.
const PATIENCE: Seconds = 45;

impl<C: Tokens> Shared<C> {
    /// Goes on with the renewal that calls wait for. Answers whether there may be more to do now.
    pub(super) fn renew(&mut self, now: Moment) -> bool {
        let is_wanted = self.is_renewal_wanted();
        let before = self.round;
        match self.round {
            Round::None if is_wanted && self.is_open() => match self.tokens.begin_use() {
                Some(exchange) => {
                    self.send(exchange, Purpose::Use);
                    self.round = Round::Using;
                }
                None => self.round = Round::Used,
            },
            Round::Used | Round::Waiting | Round::Looking if !is_wanted => self.round = Round::None,
            Round::Used if self.is_attached => self.round = Round::Waiting,
            Round::Waiting if self.lock == Lock::Held => {
                self.round = Round::Looking;
                self.is_to_look = true;
                return true;
            }
            Round::Used | Round::Looking => return self.take_out(now),
            Round::Taking => {
                self.write_out(now);
                return false;
            }
            Round::Taken => {
                self.round = Round::Sent;
                if let Some(exchange) = self.taken.take() {
                    self.send(exchange, Purpose::Renew);
                }
            }
            _ => {}
        }
        self.hold_lock();
        self.round != before
    }

    /// Whether a call waits for a renewal. For whom there are other tokens already, waits no more.
    fn is_renewal_wanted(&mut self) -> bool {
        let generation = self.tokens.generation();
        let may_end = matches!(self.round, Round::None | Round::Used | Round::Waiting | Round::Looking);
        let mut is_wanted = false;
        for call in &mut self.calls {
            if let Doing::Renewing { since, .. } = &mut call.doing {
                if may_end && *since.get_or_insert(generation) != generation {
                    call.renewed();
                } else {
                    is_wanted = true;
                }
            }
        }
        is_wanted
    }

    fn hold_lock(&mut self) {
        let is_asking = self.is_behind || self.round == Round::Waiting;
        let is_holding = is_asking || matches!(self.round, Round::Looking | Round::Taking | Round::Taken | Round::Sent);
        match self.lock {
            Lock::None if is_asking => {
                self.lock = Lock::Asked;
                self.effects.push(Effect::Lock { seconds: PATIENCE });
            }
            Lock::Asked | Lock::Held if !is_holding => self.unlock(),
            _ => {}
        }
    }

    pub(super) fn unlock(&mut self) {
        if self.lock != Lock::None {
            self.lock = Lock::None;
            self.effects.push(Effect::Unlock);
        }
    }

    pub(super) fn locked(&mut self) {
        if self.lock != Lock::Asked {
            return;
        }
        self.lock = Lock::Held;
        // What is being looked at may be of before, when another tab had it.
        if core::mem::take(&mut self.is_behind) || self.asked == Some(Asked::Look) {
            self.look_first();
        }
    }

    pub(super) fn lock_timed_out(&mut self) {
        self.lock = Lock::None;
        if core::mem::take(&mut self.is_behind) {
            self.is_late = true;
            self.look_first();
        }
        if self.round == Round::Waiting {
            self.renewed(Err(Code::LockTimeout.into()));
        }
    }

    /// Takes the refresh token out of the tokens.
    fn take_out(&mut self, now: Moment) -> bool {
        match self.tokens.begin_refresh() {
            Ok(Some(exchange)) if self.is_attached => {
                self.taken = Some(exchange);
                self.round = Round::Taking;
                self.write_out(now);
            }
            Ok(Some(exchange)) => {
                self.send(exchange, Purpose::Renew);
                self.round = Round::Sent;
            }
            Ok(None) => self.renewed(Ok(())),
            Err(error) => self.renewed(Err(error)),
        }
        self.asked.is_none()
    }

    /// Writes down that the refresh token is on its way, before it is: no tab sends it again, whatever becomes of this one.
    fn write_out(&mut self, now: Moment) {
        let (Some(record), Some(id), Some(kept)) = (self.tokens.save(now), self.id, self.kept) else {
            return self.put_back(now);
        };
        let (is_out, before) = (true, Before::Revision(kept));
        self.ask(
            Asked::TakeOut,
            Effect::Write {
                record,
                id,
                is_out,
                before,
            },
        );
    }

    pub(super) fn taken_out(&mut self, revision: Option<Id>, now: Moment) {
        match revision {
            // Only now it is out. Should the session have ended meanwhile, it is not sent.
            Some(revision) if self.taken.is_some() => {
                self.kept = Some(revision);
                self.out = Some(revision);
                self.round = Round::Taken;
            }
            _ => {
                self.put_back(now);
                self.is_to_look = true;
            }
        }
    }

    /// Puts a refresh token back that was not sent. Who waits for it begins again.
    pub(super) fn put_back(&mut self, now: Moment) {
        if let Some(exchange) = self.taken.take() {
            // It says that nothing was sent, and so it is.
            let _ = self.tokens.settle(exchange, None, now);
        }
        if matches!(self.round, Round::Taking | Round::Taken) {
            self.round = Round::Waiting;
        }
    }

    /// A renewal has ended, for all who wait for it.
    pub(super) fn renewed(&mut self, result: Result<(), Error>) {
        self.round = Round::None;
        match result {
            Ok(()) => {
                for call in &mut self.calls {
                    call.renewed();
                }
            }
            Err(error) => self.fail_renewing(&error),
        }
    }

    fn fail_renewing(&mut self, error: &Error) {
        for call in &mut self.calls {
            if matches!(call.doing, Doing::Renewing { .. }) {
                call.doing = Doing::Ended(Err(error.clone()));
            }
        }
    }
}
