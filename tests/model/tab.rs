//! One tab: the machine in it, and everything that is on its way to it or from it.

use crate::browser::{Came, Task, Word};
use crate::tokens::{Exchange, Model, Outcome, Set};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::shared::{Done, Id, Shared};
use std::collections::VecDeque;

#[derive(Clone, Debug, Hash)]
pub(crate) struct Tab {
    pub(crate) machine: Option<Shared<Model>>,
    pub(crate) state: State,
    /// In its storage: it has had a session.
    pub(crate) had_session: bool,
    /// Its database fails, or has failed, so that it may have a session of its own.
    pub(crate) is_broken: bool,
    pub(crate) was_broken: bool,
    pub(crate) has_failed: bool,
    pub(crate) asked: Option<Task>,
    pub(crate) came: Option<Came>,
    pub(crate) exchanges: Vec<(u64, Exchange, Option<Outcome>)>,
    pub(crate) fetches: Vec<(u64, Set)>,
    pub(crate) words: VecDeque<Word>,
    pub(crate) is_locked: bool,
    pub(crate) is_present: bool,
    pub(crate) left: Vec<u64>,
    pub(crate) is_asleep: bool,
    pub(crate) calls: Vec<Call>,
    /// What the app sees, and saw last of all sessions.
    pub(crate) seen: Option<Id>,
    pub(crate) was_seen: Option<Id>,
    pub(crate) endings: Vec<(u64, Id)>,
    pub(crate) last: Option<Result<Done, Code>>,
    /// A response that is not accepted yet.
    pub(crate) response: Option<(u64, Id)>,
    /// What was found last, and whether that is found again, for a mutant.
    pub(crate) found: Option<Came>,
    pub(crate) is_replaying: bool,
    /// Thawed, and nothing has run since.
    pub(crate) is_stale: bool,
    /// A call that a mutant holds back.
    pub(crate) held: Option<u64>,
    pub(crate) told: Id,
    pub(crate) count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Running,
    /// Nothing of it runs, and it does not know.
    Frozen,
    /// Frozen since its event `Suspend`, or for nothing in the case of no page.
    Kept,
    /// Between two pages.
    Between,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) what: What,
    pub(crate) seen: Option<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Fetch,
    Refresh,
    SignIn(Id),
    SignOut,
}

impl Tab {
    pub(crate) const fn closed() -> Self {
        Self {
            machine: None,
            state: State::Closed,
            had_session: false,
            is_broken: false,
            was_broken: false,
            has_failed: false,
            asked: None,
            came: None,
            exchanges: Vec::new(),
            fetches: Vec::new(),
            words: VecDeque::new(),
            is_locked: false,
            is_present: false,
            left: Vec::new(),
            is_asleep: false,
            calls: Vec::new(),
            seen: None,
            was_seen: None,
            endings: Vec::new(),
            last: None,
            response: None,
            found: None,
            is_replaying: false,
            is_stale: false,
            held: None,
            told: 0,
            count: 0,
        }
    }

    pub(crate) fn session(&self) -> Option<Id> {
        self.machine.as_ref()?.tokens().set.map(|set| set.session)
    }

    /// Whether nothing that it was told, or has asked the browser for, is still on its way to it.
    pub(crate) fn is_quiet(&self) -> bool {
        self.words.is_empty() && self.asked.is_none() && self.came.is_none() && !self.is_locked && !self.is_present
    }
}
