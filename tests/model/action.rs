//! Everything that can happen next, and how it ends if nothing but that happens which has to.

use crate::browser::Claim;
use crate::explorer::Explorable;
use crate::mutant::Mutant;
use crate::tab::{State, What};
use crate::tokens::{Exchange, LIFETIME};
use crate::world::World;
use procore_spa_auth::protocol::shared::Event;
use procore_spa_auth::protocol::time::Seconds;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    // What the app does.
    Fetch(usize),
    Refresh(usize),
    SignOut(usize),
    SignIn(usize),
    // What goes on by itself.
    Transact(usize),
    TransactionEnds(usize),
    Locked(usize),
    Present(usize),
    Word(usize),
    Redeem(usize),
    ServerActs(usize, u64),
    ServerAnswers(usize, u64),
    ApiAnswers(usize, u64),
    Left(usize, u64),
    Tick(usize),
    PageLoads(usize),
    // What takes too long.
    LockTimesOut(usize),
    LeavingTimesOut(usize, u64),
    // What happens to tokens and tabs.
    TokensExpire,
    Crash(usize),
    Freeze(usize),
    Thaw(usize),
    /// The page is kept as it is, and shown again.
    Keep(usize),
    Show(usize),
    /// The page is left for another one of this origin.
    Navigate(usize),
    Close(usize),
    /// A tab is opened; as a copy of one that had a session, or restored.
    Open(usize),
    OpenAgain(usize),
    /// Longer than a page may take to load.
    LongPause,
    /// The request or its answer is lost.
    Lose(usize, u64),
    /// The server turns it away, undone.
    TurnAway(usize, u64),
    /// What the database is asked fails, once, or all that this tab asks from now on.
    Fail(usize),
    Break(usize),
    /// It works again.
    Mend(usize),
}

/// Longer than a tab can be silent without looking.
const FROZEN: Seconds = 10;
/// How long a renewal may take that goes well: its request, and the vault after it.
const RENEWAL: Seconds = 40;

impl World {
    /// What goes on by itself, and has to in the end.
    pub(crate) fn progress(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        for (at, tab) in self.tabs.iter().enumerate() {
            if tab.asked.is_some() && tab.state == State::Running {
                actions.push(Action::Transact(at));
            }
            for (number, _, outcome) in &tab.exchanges {
                if outcome.is_none() {
                    actions.push(Action::ServerActs(at, *number));
                }
            }
            if tab.state == State::Between {
                actions.push(Action::PageLoads(at));
            }
            if tab.state != State::Running {
                continue;
            }
            if tab.came.is_some() {
                actions.push(Action::TransactionEnds(at));
            }
            if tab.is_locked && self.mutant != Mutant::WaitsForEver {
                actions.push(Action::Locked(at));
            }
            if tab.is_present {
                actions.push(Action::Present(at));
            }
            if tab.response.is_some() {
                actions.push(Action::Redeem(at));
            }
            if !tab.words.is_empty() {
                actions.push(Action::Word(at));
            }
            let answered = tab.exchanges.iter().filter(|(_, _, outcome)| outcome.is_some());
            actions.extend(answered.map(|(number, ..)| Action::ServerAnswers(at, *number)));
            actions.extend(tab.fetches.iter().map(|(call, _)| Action::ApiAnswers(at, *call)));
            actions.extend(tab.left.iter().map(|call| Action::Left(at, *call)));
            if tab.is_asleep {
                actions.push(Action::Tick(at));
            }
        }
        actions
    }

    /// What takes too long. Who renews, and is alive, is in time.
    pub(crate) fn timeouts(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        for (tab, seconds) in &self.browser.waiting {
            let is_stuck = self
                .browser
                .holder
                .is_none_or(|holder| self.tabs[holder].state == State::Frozen);
            if (is_stuck || *seconds < RENEWAL) && self.tabs[*tab].state == State::Running {
                actions.push(Action::LockTimesOut(*tab));
            }
        }
        for claim in &self.browser.presence {
            if let Claim::Nobody(tab, call) = *claim {
                // Whoever is awake has heard of it by then. Who stays has another session, or can't look.
                let is_slow = |claim: &Claim| match claim {
                    Claim::Here(other, _) => self.tabs[*other].state == State::Running && !self.tabs[*other].is_quiet(),
                    Claim::Nobody(..) => false,
                };
                if self.tabs[tab].state == State::Running && !self.browser.presence.iter().any(is_slow) {
                    actions.push(Action::LeavingTimesOut(tab, call));
                }
            }
        }
        actions
    }

    pub(crate) fn asked(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        let left = &self.left;
        for (at, tab) in self.tabs.iter().enumerate() {
            if tab.state != State::Running {
                continue;
            }
            for (count, action) in [
                (left.fetches, Action::Fetch(at)),
                (left.refreshes, Action::Refresh(at)),
                (left.sign_outs, Action::SignOut(at)),
                (left.sign_ins, Action::SignIn(at)),
            ] {
                if count > 0 {
                    actions.push(action);
                }
            }
        }
        if left.expiries > 0 {
            actions.push(Action::TokensExpire);
        }
        actions
    }

    pub(crate) fn faults(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        let may = self.left.may;
        for (at, tab) in self.tabs.iter().enumerate() {
            match tab.state {
                State::Frozen => actions.push(Action::Thaw(at)),
                State::Kept => actions.push(Action::Show(at)),
                State::Running if tab.is_broken => actions.push(Action::Mend(at)),
                _ => {}
            }
            if self.left.faults == 0 {
                continue;
            }
            let mut push = |is_allowed: bool, action| {
                if is_allowed {
                    actions.push(action);
                }
            };
            match tab.state {
                State::Running => {
                    push(may.crash, Action::Crash(at));
                    // Who is frozen hears too late, and without a vault there is nothing to look at.
                    push(may.freeze && self.has_vault, Action::Freeze(at));
                    push(may.navigate && self.has_vault, Action::Keep(at));
                    push(may.navigate, Action::Navigate(at));
                    push(may.navigate, Action::Close(at));
                    push(may.fail && tab.asked.is_some() && !tab.is_broken, Action::Fail(at));
                    push(may.fail && !tab.is_broken, Action::Break(at));
                    if may.lose {
                        actions.extend(tab.exchanges.iter().map(|(number, ..)| Action::Lose(at, *number)));
                        let renewals = tab.exchanges.iter().filter(|(_, exchange, outcome)| {
                            outcome.is_none() && matches!(exchange, Exchange::Renew { .. })
                        });
                        actions.extend(renewals.map(|(number, ..)| Action::TurnAway(at, *number)));
                    }
                }
                State::Closed => {
                    push(may.open, Action::Open(at));
                    push(may.open, Action::OpenAgain(at));
                }
                State::Between => push(may.navigate, Action::LongPause),
                _ => {}
            }
        }
        actions
    }
}

impl Explorable for World {
    type Action = Action;

    fn actions(&self) -> Vec<Action> {
        let mut actions = self.progress();
        actions.extend(self.timeouts());
        actions.extend(self.asked());
        actions.extend(self.faults());
        actions
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Fetch(at) => self.take(at, What::Fetch),
            Action::Refresh(at) => self.take(at, What::Refresh),
            Action::SignOut(at) => self.take(at, What::SignOut),
            Action::SignIn(at) => {
                let id = self.next_session();
                self.take(at, What::SignIn(id));
            }
            Action::TokensExpire => {
                self.left.expiries -= 1;
                self.pass(LIFETIME);
            }
            Action::Mend(at) => self.tabs[at].is_broken = false,
            Action::Thaw(at) => {
                self.now += FROZEN;
                self.tabs[at].state = State::Running;
                self.tabs[at].is_stale = true;
            }
            Action::Show(at) => {
                self.now += FROZEN;
                self.tabs[at].state = State::Running;
                self.tabs[at].is_replaying = self.mutant == Mutant::Sleepy;
                self.handle(at, Event::Resume { call: 0 });
            }
            Action::Crash(_)
            | Action::Freeze(_)
            | Action::Keep(_)
            | Action::Navigate(_)
            | Action::Close(_)
            | Action::Open(_)
            | Action::OpenAgain(_)
            | Action::LongPause
            | Action::Lose(..)
            | Action::TurnAway(..)
            | Action::Fail(_)
            | Action::Break(_) => self.happen(action),
            action => self.go_on(action),
        }
    }

    fn story(&self, way: &[Action]) -> Vec<String> {
        let mut told = self.clone();
        told.log.0 = Some(Vec::new());
        for (at, action) in way.iter().enumerate() {
            told.log.note(|| format!("{:>3}. {action:?}", at + 1));
            told.apply(*action);
        }
        told.log.note(|| "and from there".into());
        told.judge_end();
        told.log.0.unwrap_or_default()
    }

    fn fault(&self) -> Option<String> {
        self.ledger.fault.clone()
    }

    fn fault_at_the_end(&self) -> Option<String> {
        let mut end = self.clone();
        end.judge_end();
        end.ledger.fault
    }
}
