//! The steps of tokens that are numbers, as the machine takes them.

use crate::tokens::{Ending, Exchange, LIFETIME, Model, Outcome, Renewal, Set};
use procore_spa_auth::error::{Code, Error};
use procore_spa_auth::protocol::api_response::{ApiAnswer, ApiResponse};
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::shared::{Id, Next, Tokens};
use procore_spa_auth::protocol::time::Moment;

impl Tokens for Model {
    type Exchange = Exchange;
    type Outcome = Outcome;
    type Grant = Id;
    type Record = (Set, Vec<Set>);
    type Header = Set;

    fn begin_discovery(&self) -> Option<Exchange> {
        None
    }

    fn begin_resume(&self) -> Option<Exchange> {
        None
    }

    fn session_id(&self) -> Option<Id> {
        None
    }

    fn begin_redemption(&mut self, session: Id) -> Exchange {
        self.begun += 1;
        Exchange::Redeem {
            session,
            sign_outs: self.sign_outs,
            number: self.begun,
        }
    }

    fn begin_use(&self) -> Option<Exchange> {
        let set = self.set.filter(|set| set.is_unused)?;
        Some(Exchange::Use {
            session: set.session,
            access: set.access,
            generation: self.generation,
        })
    }

    fn begin_refresh(&mut self) -> Result<Option<Exchange>, Error> {
        let Some(set) = &mut self.set else {
            return Err(Code::NotSignedIn.into());
        };
        match set.renewal {
            Renewal::Ready(refresh) => {
                set.renewal = Renewal::UnderWay;
                Ok(Some(Exchange::Renew {
                    session: set.session,
                    refresh,
                    generation: self.generation,
                    sign_outs: self.sign_outs,
                }))
            }
            Renewal::UnderWay => Ok(None),
            Renewal::InDoubt => Err(Code::ReauthRequired.into()),
        }
    }

    fn begin_sign_out(&mut self, is_latest: bool, now: Moment) -> Option<Exchange> {
        self.sign_outs += 1;
        if !is_latest {
            self.doubt_retired();
        }
        let set = self.end(SessionEvent::SignedOut).map(|set| Set { is_latest, ..set });
        let set = set.or_else(|| self.take_retired())?;
        let ending = Ending {
            is_revoked: true,
            may_renew: true,
            is_asked: true,
        };
        Some(self.revoke(set, ending, now))
    }

    fn settle(&mut self, exchange: Exchange, outcome: Option<Outcome>, now: Moment) -> Result<Next<Exchange>, Error> {
        match exchange {
            Exchange::Redeem { sign_outs, number, .. } => self.settle_redemption(sign_outs, number, outcome, now),
            Exchange::Renew { .. } => self.settle_renewal(&exchange, outcome, now),
            Exchange::Use { generation, .. } => {
                if generation == self.generation
                    && let Some(set) = &mut self.set
                {
                    set.is_whole &= outcome == Some(Outcome::Used) || !set.is_unused;
                    set.is_unused = false;
                }
                Ok(Next::Done)
            }
            Exchange::UseToRevoke(mut set, ending) => {
                set.is_whole &= outcome == Some(Outcome::Used);
                set.is_unused = false;
                Ok(Next::Send(self.revoke(set, ending, now)))
            }
            Exchange::RenewToRevoke(mut set, _, mut ending) => {
                ending.may_renew = false;
                match outcome {
                    Some(Outcome::Tokens {
                        session,
                        access,
                        refresh,
                        issued,
                    }) => {
                        let is_whole = set.is_whole;
                        set = Set::new(session, access, refresh, issued);
                        set.is_whole = is_whole;
                        set.is_unused = true;
                    }
                    _ => set.is_whole = false,
                }
                Ok(Next::Send(self.revoke(set, ending, now)))
            }
            Exchange::Revoke(set, mut ending) => {
                ending.is_revoked &= outcome == Some(Outcome::Revoked) && set.is_whole;
                if let Some(retired) = self.take_retired() {
                    ending.may_renew = true;
                    return Ok(Next::Send(self.revoke(retired, ending, now)));
                }
                match ending.is_asked {
                    true => Ok(Next::SignedOut(ending.is_revoked && self.retired.is_empty())),
                    false => Err(Code::SessionEnded.into()),
                }
            }
        }
    }

    fn save(&self, _: Moment) -> Option<Self::Record> {
        let mut set = self.set?;
        if set.renewal == Renewal::UnderWay {
            set.renewal = Renewal::InDoubt;
        }
        Some((set, self.retired.clone()))
    }

    fn restore(&mut self, (set, retired): &Self::Record, is_same: bool, _: Moment) -> Result<(), Error> {
        let is_in_doubt = set.renewal == Renewal::InDoubt;
        self.retired.clone_from(retired);
        if let Some(old) = self.set
            && (old.session, old.access) == (set.session, set.access)
        {
            if old.renewal != Renewal::UnderWay {
                if is_in_doubt && old.renewal != Renewal::InDoubt {
                    self.event = Some(SessionEvent::ReauthRequired);
                }
                let is_unused = set.is_unused && old.is_unused;
                self.set = Some(Set { is_unused, ..*set });
            }
            return Ok(());
        }
        self.set = Some(*set);
        self.changed(match is_same {
            true if is_in_doubt => SessionEvent::ReauthRequired,
            true => SessionEvent::Refreshed,
            false => SessionEvent::SignedIn,
        });
        if !is_same {
            self.began = self.generation;
        }
        Ok(())
    }

    fn retire(&mut self, (set, _): &Self::Record, _: Moment) -> Result<(), Error> {
        self.retired.push(*set);
        Ok(())
    }

    fn doubt_retired(&mut self) {
        self.retired.iter_mut().for_each(|set| set.is_latest = false);
    }

    fn forget(&mut self) {
        self.sign_outs += 1;
        self.retired.clear();
        self.end(SessionEvent::SignedOut);
    }

    fn take_event(&mut self) -> Option<SessionEvent> {
        self.event.take()
    }

    fn authorize(&mut self, first: Option<u64>, is_renewed: bool, now: Moment) -> Result<Option<Set>, Error> {
        if first.is_some_and(|first| self.set.is_none() || first < self.began) {
            return Err(Code::SessionEnded.into());
        }
        let Some(set) = self.set else {
            return Err(Code::NotSignedIn.into());
        };
        if set.issued + LIFETIME > now.monotonic || (is_renewed && set.renewal != Renewal::InDoubt) {
            return Ok(Some(set));
        }
        if set.renewal != Renewal::InDoubt {
            return Ok(None);
        }
        self.end(SessionEvent::Expired);
        Err(Code::ReauthRequired.into())
    }

    fn judge(&mut self, response: &ApiResponse<'_>, generation: u64, now: Moment) -> ApiAnswer {
        let is_ok = response.status == 200;
        let Some(set) = &mut self.set else {
            return ApiAnswer::Return;
        };
        if is_ok && generation == self.generation {
            set.is_unused = false;
        }
        if generation < self.began || is_ok || response.tries > 1 {
            return ApiAnswer::Return;
        }
        let is_young = set.issued == now.monotonic && set.access > 0;
        match set.renewal {
            Renewal::InDoubt => ApiAnswer::Return,
            _ if is_young && generation == self.generation => ApiAnswer::Return,
            _ => ApiAnswer::RenewAndRetry,
        }
    }

    fn generation(&self) -> u64 {
        self.generation
    }

    fn is_signed_in(&self) -> bool {
        self.set.is_some()
    }

    fn is_due(&self, now: Moment) -> bool {
        self.set
            .is_some_and(|set| set.renewal != Renewal::InDoubt && set.issued + LIFETIME <= now.monotonic)
    }
}
