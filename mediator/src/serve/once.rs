//! A code or refresh token goes to Procore once: by this process, by all instances, and over restarts.

use crate::config::Application;
use crate::judge::name::{self, Name};
use crate::judge::procore::Outcome;
use crate::judge::session::Refresh;
use crate::secret::Secret;
use crate::serve::fleet::{Claim, Fleet};
use crate::serve::flights::{Flights, Joined, outcome_of};
use crate::serve::journal::{Journal, Spend};
use crate::serve::upstream::{Fields, Upstream};
use redis::RedisResult;
use std::sync::Arc;

pub struct Once {
    pub flights: Flights,
    pub journal: Journal,
    /// None where there is one instance.
    pub fleet: Option<Arc<Fleet>>,
    pub upstream: Upstream,
}

/// What a code or refresh token is sent for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// Of this session, unless it has ended.
    Renewal(Name),
    /// Of a session that has ended: what comes of it is revoked.
    Revocation,
}

/// What came of a renewal, and whether that was known before this request asked.
pub struct Renewal {
    pub outcome: Outcome,
    pub is_old: bool,
}

impl Once {
    /// Renews by this refresh token, or learns what came of it.
    pub async fn renew(&self, application: &Application, purpose: Purpose, refresh: &Refresh) -> Renewal {
        let name = name::of_refresh_token(application, refresh.token.expose(), refresh.generation);
        match self.flights.join(name) {
            Joined::Other { outcome, has_ended } => Renewal {
                outcome: outcome_of(outcome).await,
                is_old: has_ended,
            },
            Joined::First(sender) => {
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh.token.expose()),
                ];
                let renewal = self.send(application, name, purpose, &fields, &[&refresh.token]).await;
                self.flights.end(name, &sender, renewal.outcome.clone());
                renewal
            }
        }
    }

    /// What came of this refresh token, if it was sent at all. Sends nothing.
    pub async fn outcome(&self, application: &Application, refresh: &Refresh) -> Option<Outcome> {
        let name = name::of_refresh_token(application, refresh.token.expose(), refresh.generation);
        if let Some(flight) = self.flights.find(name) {
            return Some(outcome_of(flight).await);
        }
        match &self.fleet {
            Some(fleet) => fleet.outcome(name).await,
            None => self.journal.knows(name).then_some(Outcome::InDoubt),
        }
    }

    /// Whether this refresh token was sent, or is being sent.
    pub async fn is_spent(&self, application: &Application, refresh: &Refresh) -> bool {
        let name = name::of_refresh_token(application, refresh.token.expose(), refresh.generation);
        match &self.fleet {
            _ if self.journal.knows(name) => true,
            Some(fleet) => fleet.is_spent(name).await,
            None => false,
        }
    }

    /// Redeems a code. Nobody shares that answer: whoever comes second with the same code is refused.
    pub async fn redeem(
        &self,
        application: &Application,
        code: &Secret,
        fields: &Fields<'_>,
        confidential: &[&Secret],
    ) -> Outcome {
        let name = name::of_code(application, code.expose());
        match self.flights.join(name) {
            Joined::Other { outcome, .. } => outcome_of(outcome).await,
            Joined::First(sender) => {
                let Renewal { outcome, is_old } = self
                    .send(application, name, Purpose::SignIn, fields, confidential)
                    .await;
                let shared = if outcome.is_kept() {
                    outcome.clone()
                } else {
                    Outcome::Refused
                };
                self.flights.end(name, &sender, shared);
                if is_old { Outcome::Refused } else { outcome }
            }
        }
    }

    async fn send(
        &self,
        application: &Application,
        name: Name,
        purpose: Purpose,
        fields: &Fields<'_>,
        confidential: &[&Secret],
    ) -> Renewal {
        let old = |outcome| Renewal { outcome, is_old: true };
        let new = |outcome| Renewal { outcome, is_old: false };
        let mark = match &self.fleet {
            None => None,
            Some(fleet) => match fleet.claim(name).await {
                Claim::Mine(mark) => Some((fleet, mark)),
                Claim::Answered(outcome) => return old(outcome),
                Claim::Sent => return old(Outcome::InDoubt),
                Claim::NotNow => return new(Outcome::NotNow),
            },
        };
        let permit = self.upstream.permit().await;
        // Asked again, now that whoever ends the session finds this renewal: it is seen there, or its end is seen here.
        let has_ended = match purpose {
            Purpose::Renewal(session) => self.is_ended(session).await.unwrap_or(true),
            Purpose::SignIn | Purpose::Revocation => false,
        };
        let may_go = permit.is_some() && !has_ended;
        let spent = if may_go {
            self.journal.spend(name).await
        } else {
            Spend::Unwritten
        };
        let mut outcome = match spent {
            Spend::Now => self.upstream.token(application, fields, confidential).await,
            Spend::Before => Outcome::InDoubt,
            Spend::Unwritten => Outcome::NotNow,
        };
        let is_late = match purpose {
            Purpose::Renewal(session) => self.is_ended(session).await.unwrap_or(false),
            Purpose::SignIn => false,
            Purpose::Revocation => true,
        };
        if let (true, Outcome::Granted(tokens)) = (is_late, &outcome) {
            outcome = Outcome::GrantedTooLate(tokens.clone());
        }
        if outcome.is_kept() && spent == Spend::Now {
            self.journal.release(name).await;
        }
        if let Some((fleet, mark)) = mark {
            // The tokens of a code are nobody else's.
            let is_shared = purpose != Purpose::SignIn || outcome.is_kept();
            let shared = if is_shared { &outcome } else { &Outcome::Refused };
            fleet.settle(name, mark, shared).await;
        }
        new(outcome)
    }

    /// From now on the session can't be renewed or resumed, whatever a cookie says.
    pub async fn end(&self, session: Name) {
        let spent = self.journal.spend(session).await;
        let told = match &self.fleet {
            Some(fleet) => fleet.end(session).await.is_ok(),
            None => true,
        };
        if spent == Spend::Unwritten || !told {
            tracing::warn!("the end of a session is known to its cookie only");
        }
    }

    pub async fn is_ended(&self, session: Name) -> RedisResult<bool> {
        match &self.fleet {
            Some(fleet) if !self.journal.knows(session) => fleet.is_ended(session).await,
            _ => Ok(self.journal.knows(session)),
        }
    }
}
