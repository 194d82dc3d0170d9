//! The authorization servers: one that ends a grant whose refresh token comes twice, one that keeps the refresh token of before
//! until the new access token is used, and a token mediator with a cookie.

use crate::tokens::{Exchange, Kind, LIFETIME, Outcome, Set};
use procore_spa_auth::protocol::shared::Id;
use procore_spa_auth::protocol::time::Seconds;

#[derive(Clone, Debug, Hash)]
pub(crate) struct Server {
    kind: Kind,
    grants: Vec<Grant>,
    /// Whose refresh token the mediator has for this browser.
    cookie: Option<Id>,
}

#[derive(Clone, Debug, Hash)]
struct Grant {
    session: Id,
    /// The latest of each, and from which one on an access token is good.
    refresh: u8,
    access: u8,
    oldest: u8,
    /// The refresh token of before is still good.
    has_previous: bool,
    is_refresh_dead: bool,
    is_access_dead: bool,
    issued: Seconds,
}

impl Server {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            grants: Vec::new(),
            cookie: None,
        }
    }

    /// Whether the API takes this token.
    pub(crate) fn takes(&self, token: &Set, now: Seconds) -> bool {
        let grant = self.grants.iter().find(|grant| grant.session == token.session);
        grant
            .is_some_and(|grant| !grant.is_access_dead && token.access >= grant.oldest && token.issued + LIFETIME > now)
    }

    /// Whether anything of this session is alive.
    pub(crate) fn has(&self, session: Id, now: Seconds) -> bool {
        let grant = self.grants.iter().find(|grant| grant.session == session);
        grant.is_some_and(|grant| {
            !grant.is_refresh_dead || grant.has_previous || (!grant.is_access_dead && grant.issued + LIFETIME > now)
        })
    }

    /// A call of the API: the first use of a new access token ends the refresh token of before.
    pub(crate) fn call(&mut self, token: &Set, now: Seconds) -> bool {
        let is_good = self.takes(token, now);
        if let Some(grant) = self.grants.iter_mut().find(|grant| grant.session == token.session)
            && is_good
            && token.access == grant.access
        {
            grant.oldest = grant.access;
            grant.has_previous = false;
        }
        is_good
    }

    pub(crate) fn answer(&mut self, exchange: &Exchange, now: Seconds) -> Outcome {
        match exchange {
            Exchange::Redeem { session, .. } => self.sign_in(*session, now),
            Exchange::Renew { session, refresh, .. } => self.renew(*session, *refresh, now),
            Exchange::RenewToRevoke(set, refresh, _) => self.renew(set.session, *refresh, now),
            Exchange::Use { session, access, .. } => self.used(&Set::new(*session, *access, 0, now), now),
            Exchange::UseToRevoke(set, _) => self.used(set, now),
            Exchange::Revoke(set, _) => self.revoke(set),
        }
    }

    fn used(&mut self, token: &Set, now: Seconds) -> Outcome {
        match self.call(token, now) {
            true => Outcome::Used,
            false => Outcome::Refused,
        }
    }

    fn sign_in(&mut self, session: Id, now: Seconds) -> Outcome {
        self.grants.push(Grant {
            session,
            refresh: 0,
            access: 0,
            oldest: 0,
            has_previous: false,
            is_refresh_dead: false,
            is_access_dead: false,
            issued: now,
        });
        self.cookie = Some(session);
        Outcome::Tokens {
            session,
            access: 0,
            refresh: 0,
            issued: now,
        }
    }

    fn renew(&mut self, session: Id, refresh: u8, now: Seconds) -> Outcome {
        let session = match (self.kind, self.cookie) {
            (Kind::Mediator { has_handle }, Some(cookie)) if cookie == session || !has_handle => cookie,
            (Kind::Mediator { .. }, _) => return Outcome::Refused,
            _ => session,
        };
        let is_mediator = matches!(self.kind, Kind::Mediator { .. });
        let Some(grant) = self.grants.iter_mut().find(|grant| grant.session == session) else {
            return Outcome::Refused;
        };
        let is_latest = is_mediator || refresh == grant.refresh;
        let is_previous = grant.has_previous && refresh + 1 == grant.refresh;
        if grant.is_refresh_dead || !(is_latest || is_previous) {
            // It has come twice: somebody may have stolen it.
            grant.is_refresh_dead |= self.kind == Kind::Rotating;
            grant.is_access_dead |= self.kind == Kind::Rotating;
            return Outcome::Refused;
        }
        grant.refresh += 1;
        grant.access += 1;
        grant.issued = now;
        if self.kind == Kind::KeepsOld {
            grant.has_previous = true;
        } else {
            grant.oldest = grant.access;
        }
        Outcome::Tokens {
            session,
            access: grant.access,
            refresh: if is_mediator { 0 } else { grant.refresh },
            issued: now,
        }
    }

    /// Ends both tokens that are named; the refresh token of before lives on where the new one was never used.
    fn revoke(&mut self, set: &Set) -> Outcome {
        let is_mediator = matches!(self.kind, Kind::Mediator { .. });
        if let Some(grant) = self.grants.iter_mut().find(|grant| grant.session == set.session) {
            grant.is_access_dead |= set.access >= grant.oldest;
            let names_refresh = is_mediator
                || match set.renewal {
                    crate::tokens::Renewal::Ready(refresh) => refresh == grant.refresh,
                    _ => false,
                };
            grant.is_refresh_dead |= names_refresh;
        }
        if is_mediator && self.cookie == Some(set.session) {
            self.cookie = None;
        }
        Outcome::Revoked
    }
}
