//! What a browser gives to the tabs of an origin: a database with transactions, locks, a channel that may be late, and a place
//! for notes.

use crate::tokens::Model;
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::shared::{Before, Entry, Event, Id, Tokens};
use procore_spa_auth::protocol::time::Seconds;
use std::collections::VecDeque;

pub(crate) type Record = <Model as Tokens>::Record;

#[derive(Clone, Debug, Hash)]
pub(crate) struct Browser {
    pub(crate) vault: Option<Entry<Record>>,
    revisions: Id,
    pub(crate) buried: Vec<Id>,
    pub(crate) left: Option<Seconds>,
    /// Who has the lock of the renewal, and who waits for how long.
    pub(crate) holder: Option<usize>,
    pub(crate) waiting: VecDeque<(usize, Seconds)>,
    /// Who says that it has tokens, and who waits for all to leave, in the order in which they came.
    pub(crate) presence: Vec<Claim>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Claim {
    /// Of a tab; whether it is granted.
    Here(usize, bool),
    /// Of a tab's call.
    Nobody(usize, u64),
}

/// What a tab has asked of the database, and what came of it.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Task {
    Read,
    Write(Record, Id, bool, Before),
    Clear(Before),
    Bury(Id),
}

#[derive(Clone, Debug, Hash)]
pub(crate) enum Came {
    Found(Option<Entry<Record>>, bool, Option<Seconds>),
    Written(Option<Id>),
    Cleared(bool),
    Buried,
    Failed,
}

impl Came {
    pub(crate) fn event(self) -> Event<'static, Model> {
        match self {
            Self::Found(entry, is_anyone_here, left) => Event::Found {
                entry,
                is_anyone_here,
                left,
            },
            Self::Written(revision) => Event::Written { revision },
            Self::Cleared(is_mine) => Event::Cleared { is_mine },
            Self::Buried => Event::Buried,
            Self::Failed => Event::Failed,
        }
    }
}

impl Browser {
    pub(crate) const fn new() -> Self {
        Self {
            vault: None,
            revisions: 0,
            buried: Vec::new(),
            left: None,
            holder: None,
            waiting: VecDeque::new(),
            presence: Vec::new(),
        }
    }

    fn is_there(&self, before: Before) -> bool {
        match (before, &self.vault) {
            (Before::Revision(revision), Some(entry)) => entry.revision == revision,
            (Before::Nothing, found) => found.is_none(),
            (Before::Anything, _) => true,
            _ => false,
        }
    }

    /// One transaction.
    pub(crate) fn transact(&mut self, tab: usize, task: Task) -> Came {
        match task {
            Task::Read => {
                let is_other = |claim: &Claim| matches!(claim, Claim::Here(other, _) if *other != tab);
                let mut found = self.vault.clone();
                if let Some(entry) = &mut found {
                    entry.is_buried = self.buried.contains(&entry.id);
                }
                Came::Found(found, self.presence.iter().any(is_other), self.left)
            }
            Task::Write(record, id, is_out, before) => Came::Written(self.is_there(before).then(|| {
                self.revisions += 1;
                self.vault = Some(Entry::new(self.revisions, id, is_out, false, record));
                self.revisions
            })),
            Task::Clear(before) => {
                let is_mine = self.is_there(before);
                if is_mine {
                    self.vault = None;
                }
                Came::Cleared(is_mine)
            }
            Task::Bury(id) => {
                self.buried.push(id);
                Came::Buried
            }
        }
    }

    /// Grants what can be granted. Answers with the tab that has got the lock.
    pub(crate) fn grant_lock(&mut self) -> Option<usize> {
        if self.holder.is_none() {
            self.holder = self.waiting.pop_front().map(|(tab, _)| tab);
            return self.holder;
        }
        None
    }

    pub(crate) fn unlock(&mut self, tab: usize) {
        self.waiting.retain(|(other, _)| *other != tab);
        if self.holder == Some(tab) {
            self.holder = None;
        }
    }

    /// Grants what can be granted: the tabs that are known now, and the calls for which all have left.
    pub(crate) fn grant_presence(&mut self) -> (Vec<usize>, Vec<(usize, u64)>) {
        let (mut known, mut left) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(claim) = self.presence.get_mut(at) {
            match claim {
                Claim::Here(tab, is_granted) => {
                    if !std::mem::replace(is_granted, true) {
                        known.push(*tab);
                    }
                    at += 1;
                }
                Claim::Nobody(tab, call) if at == 0 => {
                    left.push((*tab, *call));
                    self.presence.remove(0);
                }
                Claim::Nobody(..) => break,
            }
        }
        (known, left)
    }

    pub(crate) fn leave(&mut self, tab: usize) {
        self.presence
            .retain(|claim| !matches!(claim, Claim::Here(other, _) if *other == tab));
    }

    /// A tab is gone, with all that it held.
    pub(crate) fn forget(&mut self, tab: usize) {
        self.unlock(tab);
        self.presence.retain(|claim| match claim {
            Claim::Here(other, _) | Claim::Nobody(other, _) => *other != tab,
        });
    }
}

/// A word on the channel.
pub(crate) type Word = (SessionEvent, Id);
