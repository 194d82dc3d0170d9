//! What must hold at every step: which refresh token has left, which session is over, and which one may be lost.

use crate::tab::{State, What};
use crate::tokens::{Exchange, Kind, Set};
use crate::world::World;
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::shared::{Done, Id, Wiped};

/// What is to be held against everybody later.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Ledger {
    pub(crate) fault: Option<String>,
    /// The refresh tokens that were sent to renew.
    pub(crate) sent: Vec<(Id, u8)>,
    /// The sessions whose sign-out has settled.
    pub(crate) over: Vec<Id>,
    /// The sessions that may end, and why one may be in doubt for a while.
    pub(crate) excused: Vec<Id>,
    pub(crate) is_doubt_excused: bool,
}

impl World {
    /// Whatever this tab has may end now.
    pub(crate) fn excuse_of(&mut self, tab: usize) {
        let found = self.browser.vault.as_ref().map(|entry| entry.id);
        let sessions = [self.tabs[tab].session(), self.tabs[tab].seen, found];
        self.ledger.excused.extend(sessions.iter().flatten());
    }

    pub(crate) fn excuse_all(&mut self) {
        self.ledger.excused.extend(1..=self.sessions);
    }

    pub(crate) fn send(&mut self, tab: usize, number: u64) {
        let exchange = self.tabs[tab]
            .machine
            .as_ref()
            .and_then(|machine| machine.exchange(number));
        let exchange = exchange.expect("what is to be sent").clone();
        let renewed = match &exchange {
            Exchange::Renew { session, refresh, .. } => {
                if self.ledger.over.contains(session) {
                    self.blame(format!(
                        "P1: a refresh token of {session} is sent to renew after its sign-out"
                    ));
                }
                Some((*session, *refresh))
            }
            Exchange::RenewToRevoke(set, refresh, _) => Some((set.session, *refresh)),
            _ => None,
        };
        if let Some(sent) = renewed
            && !matches!(self.kind, Kind::Mediator { .. })
        {
            if self.ledger.sent.contains(&sent) {
                self.blame(format!(
                    "P1: refresh token {} of session {} is sent twice",
                    sent.1, sent.0
                ));
            }
            self.ledger.sent.push(sent);
        }
        self.tabs[tab].exchanges.push((number, exchange, None));
    }

    pub(crate) fn fetch(&mut self, tab: usize, call: u64, header: Set) {
        let asked = self.tabs[tab].calls.iter().find(|known| known.number == call);
        let seen = asked.and_then(|call| call.seen);
        if seen.is_some_and(|seen| seen != header.session) || self.tabs[tab].seen != Some(header.session) {
            self.blame(format!(
                "P2: a request that was begun when the app saw {seen:?} carries a token of {}, and the app sees {:?}",
                header.session, self.tabs[tab].seen
            ));
        }
        if self.ledger.over.contains(&header.session) {
            self.blame(format!(
                "P3: a request carries a token of {}, whose sign-out has settled",
                header.session
            ));
        }
        self.tabs[tab].fetches.push((call, header));
    }

    pub(crate) fn published(&mut self, tab: usize, event: SessionEvent, before: Option<Id>) {
        let is_excused = self.ledger.is_doubt_excused || before.is_none_or(|id| self.ledger.excused.contains(&id));
        if event == SessionEvent::ReauthRequired && !is_excused {
            self.blame(format!(
                "P4: tab {tab} tells that {before:?} can't be renewed, while nothing is wrong with it"
            ));
        }
    }

    pub(crate) fn settled(&mut self, tab: usize, number: u64, result: Result<Done, Code>) {
        let Some(at) = self.tabs[tab].calls.iter().position(|call| call.number == number) else {
            return self.blame(format!("P5: a call of tab {tab} is settled twice"));
        };
        let call = self.tabs[tab].calls.remove(at);
        self.tabs[tab].last = Some(result);
        if let (What::SignIn(session), Ok(_)) = (call.what, result) {
            let others = (1..=self.sessions).filter(|other| *other != session);
            self.ledger.excused.extend(others);
        }
        let Ok(Done::SignedOut { is_revoked, wiped }) = result else {
            return;
        };
        let endings = self.tabs[tab].endings.iter();
        let mut ended = endings
            .filter(|(call, id)| *call == number && *id != 0)
            .map(|(_, id)| *id);
        if wiped == Wiped::Kept {
            return;
        }
        let own = ended.next();
        let ended: Vec<Id> = own.into_iter().chain(ended).collect();
        self.ledger.over.extend(ended);
        if let Some(session) = own.filter(|own| is_revoked == Some(true) && self.server.has(*own, self.now)) {
            self.blame(format!("P3: {session} is said to be revoked, and the server has it"));
        }
    }

    /// What must hold in every state.
    pub(crate) fn check(&mut self) {
        for (number, other) in self.tabs.iter().enumerate() {
            let is_awake = other.state == State::Running && !other.is_stale;
            let Some(machine) = other.machine.as_ref().filter(|_| is_awake) else {
                continue;
            };
            let has = machine.session().flatten();
            if has.is_some_and(|id| self.ledger.over.contains(&id)) {
                let fault = format!("P3: tab {number} has {has:?}, whose sign-out has settled");
                self.ledger.fault.get_or_insert(fault);
            }
            if let (Some(id), Some(set)) = (has, machine.tokens().set)
                && id != set.session
            {
                let fault = format!("P2: tab {number} shows session {id} and has tokens of {}", set.session);
                self.ledger.fault.get_or_insert(fault);
            }
        }
    }
}
