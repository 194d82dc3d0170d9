//! What an action does to the world, and what may be lost by it.

use crate::action::Action;
use crate::browser::{Came, Claim, Task};
use crate::mutant::Mutant;
use crate::tab::{State, Tab, What};
use crate::tokens::{Exchange, Outcome};
use crate::world::World;
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::shared::Event;
use procore_spa_auth::protocol::time::Seconds;

/// Longer than a page may take.
const LONG: Seconds = 100;

impl World {
    pub(crate) fn take(&mut self, tab: usize, what: What) {
        let left = &mut self.left;
        let count = match what {
            What::Fetch => &mut left.fetches,
            What::Refresh => &mut left.refreshes,
            What::SignIn(_) => &mut left.sign_ins,
            What::SignOut => &mut left.sign_outs,
        };
        *count -= 1;
        self.ask(tab, what);
    }

    pub(crate) fn go_on(&mut self, action: Action) {
        match action {
            Action::Transact(at) => self.transact(at),
            Action::TransactionEnds(at) => {
                let came = self.tabs[at].came.take().expect("what came of it");
                if matches!(self.mutant, Mutant::Unverified | Mutant::Sleepy) && matches!(came, Came::Found(..)) {
                    self.tabs[at].found = Some(came.clone());
                }
                // What has failed twice is given up.
                if self.mutant == Mutant::NoSecondTry && matches!(came, Came::Failed) {
                    self.handle(at, Event::Failed);
                    self.tabs[at].asked = None;
                }
                self.handle(at, came.event());
            }
            Action::Locked(at) => {
                self.tabs[at].is_locked = false;
                self.handle(at, Event::Locked);
            }
            Action::Redeem(at) => {
                let (call, id) = self.tabs[at].response.take().expect("a response");
                let grant = id;
                self.handle(at, Event::Redeem { call, grant, id });
            }
            Action::Present(at) => {
                self.tabs[at].is_present = false;
                self.tabs[at].is_replaying = self.mutant == Mutant::Unverified;
                self.handle(at, Event::Present);
            }
            Action::Word(at) => {
                let (news, id) = self.tabs[at].words.pop_front().expect("a word");
                // A tab that can't share ends its own session with any other.
                if (self.tabs[at].was_broken || !self.has_vault) && news == SessionEvent::SignedOut {
                    self.excuse_of(at);
                }
                self.handle(at, Event::Heard { news, id });
            }
            Action::PageLoads(at) => self.load(at),
            Action::LockTimesOut(at) => {
                self.browser.waiting.retain(|(other, _)| *other != at);
                self.ledger.is_doubt_excused |= self
                    .browser
                    .holder
                    .is_none_or(|holder| self.tabs[holder].state == State::Frozen);
                self.handle(at, Event::LockTimedOut);
            }
            Action::LeavingTimesOut(at, call) => {
                self.browser.presence.retain(|claim| *claim != Claim::Nobody(at, call));
                self.grant();
                self.handle(at, Event::Left { call });
            }
            action => self.arrive(action),
        }
    }

    /// What comes from the servers, and from the clock.
    fn arrive(&mut self, action: Action) {
        match action {
            Action::ServerActs(at, number) => self.act(at, number),
            Action::ServerAnswers(at, number) => {
                let place = self.tabs[at].exchanges.iter().position(|(known, ..)| *known == number);
                let (exchange, _, outcome) = self.tabs[at].exchanges.remove(place.expect("an exchange"));
                let outcome = outcome.expect("an answer");
                self.handle(at, Event::Answered { exchange, outcome });
            }
            Action::ApiAnswers(at, call) => {
                let place = self.tabs[at].fetches.iter().position(|(known, _)| *known == call);
                let (call, token) = self.tabs[at].fetches.remove(place.expect("a request"));
                self.respond(at, call, &token);
            }
            Action::Left(at, call) => {
                self.tabs[at].left.retain(|other| *other != call);
                self.handle(at, Event::Left { call });
            }
            Action::Tick(at) => {
                self.tabs[at].is_asleep = false;
                self.now += 1;
                self.handle(at, Event::Tick);
            }
            _ => unreachable!("no progress"),
        }
    }

    pub(crate) fn transact(&mut self, at: usize) {
        let task = self.tabs[at].asked.take().expect("a task");
        let came = match task {
            Task::Bury(_) if self.mutant == Mutant::NotBuried => Came::Buried,
            Task::Clear(_) if self.mutant == Mutant::NotRemoved => Came::Cleared(true),
            task @ Task::Bury(_) => self.browser.transact(at, task),
            _ if self.tabs[at].is_broken => Came::Failed,
            task => self.browser.transact(at, task),
        };
        let came = match came {
            Came::Found(Some(mut entry), is_anyone_here, left) if self.mutant == Mutant::Impatient => {
                entry.is_out = false;
                Came::Found(Some(entry), is_anyone_here, left)
            }
            came => came,
        };
        self.tabs[at].came = Some(came);
    }

    pub(crate) fn act(&mut self, at: usize, number: u64) {
        let now = self.now;
        let Some((_, exchange, outcome)) = self.tabs[at].exchanges.iter_mut().find(|(known, ..)| *known == number)
        else {
            return;
        };
        let answer = self.server.answer(exchange, now);
        *outcome = Some(answer);
        if let (Exchange::Renew { session, .. }, Outcome::Refused) = (&*exchange, answer) {
            self.ledger.excused.push(*session);
        }
    }

    pub(crate) fn happen(&mut self, action: Action) {
        self.left.faults -= 1;
        match action {
            Action::Crash(at) => {
                self.excuse_what_is_out(at);
                self.excuse_the_last(at);
                self.unload(at, State::Between);
            }
            Action::Freeze(at) => self.tabs[at].state = State::Frozen,
            Action::Keep(at) => {
                self.handle(at, Event::Suspend);
                let tab = &mut self.tabs[at];
                tab.state = State::Kept;
                tab.words.clear();
                // Nobody can know whether its renewal will ever end.
                let is_out = tab
                    .exchanges
                    .iter()
                    .any(|(_, exchange, _)| matches!(exchange, Exchange::Renew { .. }));
                let is_writing = matches!(tab.asked, Some(Task::Write(_, _, true, _))) || tab.came.is_some();
                self.ledger.is_doubt_excused |=
                    is_out || is_writing || self.browser.vault.as_ref().is_some_and(|entry| entry.is_out);
            }
            Action::Navigate(at) => {
                self.handle(at, Event::Suspend);
                self.excuse_what_is_out(at);
                self.unload(at, State::Between);
            }
            Action::Close(at) => {
                self.handle(at, Event::Suspend);
                self.excuse_what_is_out(at);
                self.excuse_the_last(at);
                self.unload(at, State::Closed);
            }
            Action::Open(at) => self.load(at),
            Action::OpenAgain(at) => {
                self.tabs[at].had_session = true;
                self.load(at);
            }
            Action::LongPause => self.pass(LONG),
            action => self.fail(action),
        }
    }

    /// What fails.
    fn fail(&mut self, action: Action) {
        match action {
            Action::Lose(at, number) => {
                let tab = &mut self.tabs[at];
                let exchange = tab
                    .exchanges
                    .iter_mut()
                    .find(|(known, ..)| *known == number)
                    .expect("an exchange");
                exchange.2 = Some(Outcome::NoAnswer);
                if let Exchange::Renew { session, .. } = exchange.1 {
                    self.ledger.excused.push(session);
                }
            }
            Action::TurnAway(at, number) => {
                let exchanges = &mut self.tabs[at].exchanges;
                let exchange = exchanges.iter_mut().find(|(known, ..)| *known == number);
                let (_, sent, outcome) = exchange.expect("an exchange");
                *outcome = Some(Outcome::Busy);
                if let Exchange::Renew { session, refresh, .. } = sent {
                    // It may be sent again.
                    self.ledger.sent.retain(|known| known != &(*session, *refresh));
                }
            }
            Action::Fail(at) => {
                self.tabs[at].asked = None;
                self.tabs[at].came = Some(Came::Failed);
                // What fails twice is no connection that has died.
                if std::mem::replace(&mut self.tabs[at].has_failed, true) {
                    self.tabs[at].was_broken = true;
                    self.excuse_all();
                }
            }
            Action::Break(at) => {
                self.tabs[at].is_broken = true;
                self.tabs[at].was_broken = true;
                self.excuse_all();
            }
            _ => unreachable!("no fault"),
        }
    }

    /// So much time that a session which no tab has for so long has ended.
    pub(crate) fn pass(&mut self, time: Seconds) {
        self.now += time;
        let is_there = |claim: &Claim| matches!(claim, Claim::Here(..));
        if !self.browser.presence.iter().any(is_there) {
            self.excuse_all();
        }
    }

    /// A renewal that this tab takes with it is in doubt.
    pub(crate) fn excuse_what_is_out(&mut self, at: usize) {
        let tab = &self.tabs[at];
        let is_writing = matches!(tab.asked, Some(Task::Write(_, _, true, _))) || tab.came.is_some();
        let is_out = is_writing
            || tab
                .exchanges
                .iter()
                .any(|(_, exchange, _)| matches!(exchange, Exchange::Renew { .. }));
        if is_out || self.browser.vault.as_ref().is_some_and(|entry| entry.is_out) {
            self.excuse_of(at);
        }
    }

    /// What the last tab takes with it has ended.
    pub(crate) fn excuse_the_last(&mut self, at: usize) {
        let has_one = |(other, tab): (usize, &Tab)| other != at && tab.machine.is_some() && tab.seen.is_some();
        if !self.tabs.iter().enumerate().any(has_one) {
            self.excuse_all();
        }
    }
}
