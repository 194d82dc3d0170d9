//! Tokens that are numbers, so that a checker can clone them. They do what `Client` does with real ones, in as few words.

use procore_spa_auth::error::{Code, Error};
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::shared::{Id, Next};
use procore_spa_auth::protocol::time::{Moment, Seconds};

/// How long an access token lives, and how long it counts as just renewed.
pub(crate) const LIFETIME: Seconds = 1000;

/// Which server there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A refresh token is good once; used again, it ends the grant.
    Rotating,
    /// The refresh token of before lives until the new access token is used.
    KeepsOld,
    /// The refresh token is in a cookie, which all tabs share. `has_handle`: a request names its session.
    Mediator { has_handle: bool },
}

/// The tokens of one sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Set {
    /// Whose they are: the session that the server gave them for.
    pub(crate) session: Id,
    pub(crate) access: u8,
    pub(crate) issued: Seconds,
    pub(crate) renewal: Renewal,
    pub(crate) is_unused: bool,
    pub(crate) is_whole: bool,
    pub(crate) is_latest: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Renewal {
    Ready(u8),
    UnderWay,
    InDoubt,
}

#[derive(Clone, Debug, Hash)]
pub(crate) enum Exchange {
    Redeem {
        session: Id,
        sign_outs: u64,
        number: u64,
    },
    Renew {
        session: Id,
        refresh: u8,
        generation: u64,
        sign_outs: u64,
    },
    Use {
        session: Id,
        access: u8,
        generation: u64,
    },
    UseToRevoke(Set, Ending),
    RenewToRevoke(Set, u8, Ending),
    Revoke(Set, Ending),
}

/// A revocation of one set of tokens after the other.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Ending {
    pub(crate) is_revoked: bool,
    pub(crate) may_renew: bool,
    /// Whether its end is the user's sign-out, and not an error.
    pub(crate) is_asked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Tokens {
        session: Id,
        access: u8,
        refresh: u8,
        issued: Seconds,
    },
    Used,
    Revoked,
    Refused,
    Busy,
    NoAnswer,
}

#[derive(Clone, Debug, Hash)]
pub(crate) struct Model {
    pub(crate) kind: Kind,
    pub(crate) set: Option<Set>,
    pub(crate) retired: Vec<Set>,
    pub(crate) generation: u64,
    pub(crate) began: u64,
    pub(crate) sign_outs: u64,
    pub(crate) begun: u64,
    pub(crate) succeeded: u64,
    pub(crate) event: Option<SessionEvent>,
}

impl Model {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            set: None,
            retired: Vec::new(),
            generation: 0,
            began: 0,
            sign_outs: 0,
            begun: 0,
            succeeded: 0,
            event: None,
        }
    }

    pub(crate) fn changed(&mut self, event: SessionEvent) {
        self.generation += 1;
        self.event = Some(event);
    }

    pub(crate) fn end(&mut self, event: SessionEvent) -> Option<Set> {
        let set = self.set.take()?;
        self.sign_outs += 1;
        self.changed(event);
        Some(set)
    }

    pub(crate) fn take_retired(&mut self) -> Option<Set> {
        if self.set.is_some() { None } else { self.retired.pop() }
    }

    pub(crate) fn give_back(
        &mut self,
        set: Set,
        sign_outs: u64,
        why: Code,
        now: Moment,
    ) -> Result<Next<Exchange>, Error> {
        if sign_outs == self.sign_outs && self.set.is_some() {
            self.retired.push(set);
            return Err(why.into());
        }
        let ending = Ending {
            is_revoked: true,
            may_renew: true,
            is_asked: false,
        };
        Ok(Next::Send(self.revoke(set, ending, now)))
    }

    pub(crate) fn revoke(&self, mut set: Set, ending: Ending, now: Moment) -> Exchange {
        if matches!(self.kind, Kind::Mediator { .. }) {
            set.is_unused = false;
        }
        if set.is_unused && set.issued + LIFETIME > now.monotonic {
            return Exchange::UseToRevoke(set, ending);
        }
        set.is_whole &= !set.is_unused && set.is_latest;
        match set.renewal {
            Renewal::Ready(refresh) if ending.may_renew && set.is_latest && set.issued + LIFETIME <= now.monotonic => {
                Exchange::RenewToRevoke(set, refresh, ending)
            }
            Renewal::Ready(_) => Exchange::Revoke(set, ending),
            Renewal::UnderWay | Renewal::InDoubt => {
                set.is_whole = false;
                Exchange::Revoke(set, ending)
            }
        }
    }

    pub(crate) fn settle_renewal(
        &mut self,
        exchange: &Exchange,
        outcome: Option<Outcome>,
        now: Moment,
    ) -> Result<Next<Exchange>, Error> {
        let Exchange::Renew {
            refresh,
            generation,
            sign_outs,
            ..
        } = *exchange
        else {
            panic!("no renewal");
        };
        if generation != self.generation {
            return self.late(outcome, sign_outs, now);
        }
        let Some(set) = &mut self.set else {
            return Err(Code::SessionEnded.into());
        };
        match outcome {
            Some(Outcome::Tokens {
                session,
                access,
                refresh,
                issued,
            }) => {
                set.is_whole &= !set.is_unused;
                *set = Set {
                    is_whole: set.is_whole,
                    is_unused: !matches!(self.kind, Kind::Mediator { .. }),
                    ..Set::new(session, access, refresh, issued)
                };
                self.changed(SessionEvent::Refreshed);
                Ok(Next::Done)
            }
            None | Some(Outcome::Busy) => {
                set.renewal = Renewal::Ready(refresh);
                Err(Code::NetworkError.into())
            }
            Some(Outcome::Refused) => {
                self.end(SessionEvent::ReauthRequired);
                match self.take_retired() {
                    Some(set) => self.give_back(set, self.sign_outs, Code::ReauthRequired, now),
                    None => Err(Code::ReauthRequired.into()),
                }
            }
            _ => {
                set.renewal = Renewal::InDoubt;
                self.event = Some(SessionEvent::ReauthRequired);
                Err(Code::ReauthRequired.into())
            }
        }
    }

    /// An answer for a session that is over.
    fn late(&mut self, outcome: Option<Outcome>, sign_outs: u64, now: Moment) -> Result<Next<Exchange>, Error> {
        let Some(Outcome::Tokens {
            session,
            access,
            refresh,
            issued,
        }) = outcome
        else {
            return Err(Code::SessionEnded.into());
        };
        let mut late = Set::new(session, access, refresh, issued);
        late.is_unused = true;
        self.give_back(late, sign_outs, Code::SessionEnded, now)
    }

    pub(crate) fn settle_redemption(
        &mut self,
        sign_outs: u64,
        number: u64,
        outcome: Option<Outcome>,
        now: Moment,
    ) -> Result<Next<Exchange>, Error> {
        let Some(Outcome::Tokens {
            session,
            access,
            refresh,
            issued,
        }) = outcome
        else {
            return Err(Code::InvalidGrant.into());
        };
        let set = Set::new(session, access, refresh, issued);
        if sign_outs != self.sign_outs || number < self.succeeded {
            return self.give_back(set, sign_outs, Code::SessionEnded, now);
        }
        self.succeeded = number;
        let replaced = self.set.replace(set);
        self.changed(SessionEvent::SignedIn);
        self.began = self.generation;
        // The mediator's cookie belongs to the new tokens by now.
        if !matches!(self.kind, Kind::Mediator { .. }) {
            self.retired.extend(replaced);
        }
        Ok(Next::SignedIn)
    }
}

impl Set {
    pub(crate) const fn new(session: Id, access: u8, refresh: u8, issued: Seconds) -> Self {
        Self {
            session,
            access,
            issued,
            renewal: Renewal::Ready(refresh),
            is_unused: false,
            is_whole: true,
            is_latest: true,
        }
    }
}
