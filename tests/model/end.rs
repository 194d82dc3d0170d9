//! How it ends if nothing happens any more but what has to: what must hold then.

use crate::action::Action;
use crate::explorer::Explorable;
use crate::tab::{State, What};
use crate::world::World;
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::shared::{Done, Id};

/// More steps than anything takes to come to its end.
const MOST: usize = 400;

impl World {
    /// Lets everything that has to happen do so.
    pub(crate) fn drain(&mut self) {
        for at in 0..self.tabs.len() {
            match self.tabs[at].state {
                State::Frozen => self.apply(Action::Thaw(at)),
                State::Kept => self.apply(Action::Show(at)),
                _ => {}
            }
        }
        for _ in 0..MOST {
            let action = self
                .progress()
                .first()
                .copied()
                .or_else(|| self.timeouts().first().copied());
            match action {
                Some(action) => self.go_on(action),
                None if self.let_go() => {}
                None => return,
            }
        }
        self.blame("P5: it goes round for ever".into());
    }

    /// What is wrong at the end: a call that nobody answers, or a session that is lost or lives on.
    pub(crate) fn judge_end(&mut self) {
        self.drain();
        for at in 0..self.tabs.len() {
            if let Some(call) = self.tabs[at].calls.first() {
                let fault = format!("P5: {call:?} of tab {at} never settles");
                self.blame(fault);
            }
        }
        if let Some(entry) = &self.browser.vault
            && self.ledger.over.contains(&entry.id)
            && !self.browser.buried.contains(&entry.id)
        {
            let fault = format!("P3: the vault has {}, whose sign-out has settled", entry.id);
            self.blame(fault);
        }
        for at in 0..self.tabs.len() {
            if self.tabs[at].state == State::Running {
                self.probe(at);
            }
        }
    }

    /// What becomes of a request.
    pub(crate) fn fetched(&mut self, at: usize) -> Option<Result<Done, Code>> {
        self.tabs[at].last = None;
        self.ask(at, What::Fetch);
        self.drain();
        self.tabs[at].last
    }

    /// Whether a tab still works, and has what it should have.
    pub(crate) fn probe(&mut self, at: usize) {
        let mut last = self.fetched(at);
        if last == Some(Err(Code::SessionEnded)) {
            // It was begun in a session of before, and has shown the app the one of now.
            last = self.fetched(at);
        }
        if last.is_none() {
            self.blame(format!("P5: tab {at} does not work any more"));
        }
        let expected: Option<Id> = self.tabs[at].was_seen.filter(|id| !self.ledger.excused.contains(id));
        if expected.is_some() && (self.tabs[at].seen != expected || last.is_some_and(|result| result.is_err())) {
            let seen = self.tabs[at].seen;
            self.blame(format!(
                "P4: tab {at} has lost {expected:?} and sees {seen:?}: {last:?}"
            ));
        }
    }
}
