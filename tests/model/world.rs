//! Tabs, their browser and a server, and everything that can happen to them.

use crate::browser::{Browser, Came, Claim, Task};
use crate::ledger::Ledger;
use crate::mutant::Mutant;
use crate::server::Server;
use crate::tab::{Call, State, Tab, What};
use crate::tokens::{Kind, Model, Set};
use procore_spa_auth::protocol::api_response::ApiResponse;
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::shared::{Before, Effect, Event, Id, Shared};
use procore_spa_auth::protocol::time::{Moment, Seconds};

#[derive(Clone, Debug, Hash)]
pub(crate) struct World {
    pub(crate) now: Seconds,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) browser: Browser,
    pub(crate) server: Server,
    pub(crate) kind: Kind,
    /// Whether the tabs share a session; else each has its own.
    pub(crate) has_vault: bool,
    pub(crate) left: Left,
    pub(crate) mutant: Mutant,
    pub(crate) ledger: Ledger,
    pub(crate) log: Log,
    pub(crate) sessions: Id,
}

/// Every event and effect, where somebody wants to read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(pub(crate) Option<Vec<String>>);

impl Log {
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            lines.push(line());
        }
    }
}

impl std::hash::Hash for Log {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// What may still happen.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Left {
    pub(crate) fetches: u8,
    pub(crate) refreshes: u8,
    pub(crate) sign_outs: u8,
    pub(crate) sign_ins: u8,
    /// How often a token's time passes.
    pub(crate) expiries: u8,
    pub(crate) faults: u8,
    /// Which faults there are.
    pub(crate) may: May,
}

#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct May {
    pub(crate) crash: bool,
    pub(crate) freeze: bool,
    pub(crate) lose: bool,
    pub(crate) fail: bool,
    pub(crate) navigate: bool,
    pub(crate) open: bool,
}

impl May {
    pub(crate) const NONE: Self = Self {
        crash: false,
        freeze: false,
        lose: false,
        fail: false,
        navigate: false,
        open: false,
    };
    pub(crate) const ALL: Self = Self {
        crash: true,
        freeze: true,
        lose: true,
        fail: true,
        navigate: true,
        open: true,
    };
}

impl World {
    pub(crate) fn new(kind: Kind, tabs: usize, left: Left, mutant: Mutant) -> Self {
        Self {
            now: 1,
            tabs: vec![Tab::closed(); tabs],
            browser: Browser::new(),
            server: Server::new(kind),
            kind,
            has_vault: true,
            left,
            mutant,
            ledger: Ledger::default(),
            log: Log::default(),
            sessions: 0,
        }
    }

    const fn moment(&self) -> Moment {
        Moment::new(self.now, self.now)
    }

    pub(crate) fn blame(&mut self, fault: String) {
        self.ledger.fault.get_or_insert(fault);
    }

    /// A page begins in this tab.
    pub(crate) fn load(&mut self, tab: usize) {
        let had_session = self.tabs[tab].had_session;
        let was_seen = self.tabs[tab].was_seen.filter(|_| had_session);
        self.tabs[tab] = Tab {
            machine: Some(Shared::new(
                Model::new(self.kind),
                self.has_vault,
                had_session,
                false,
                self.moment(),
            )),
            state: State::Running,
            had_session,
            was_seen,
            count: self.tabs[tab].count,
            ..Tab::closed()
        };
        self.handle(tab, Event::Start);
    }

    /// What runs in this tab is gone.
    pub(crate) fn unload(&mut self, tab: usize, state: State) {
        if !self.has_vault {
            self.excuse_of(tab);
        }
        let old = &self.tabs[tab];
        let gone = Tab {
            state,
            had_session: old.had_session && state != State::Closed,
            was_seen: old.was_seen,
            count: old.count,
            ..Tab::closed()
        };
        self.tabs[tab] = gone;
        self.browser.forget(tab);
        self.grant();
    }

    pub(crate) fn ask(&mut self, tab: usize, what: What) {
        self.tabs[tab].count += 1;
        let number = self.tabs[tab].count;
        let seen = self.tabs[tab].seen;
        self.tabs[tab].calls.push(Call { number, what, seen });
        match what {
            What::Fetch if self.mutant == Mutant::BindsLate => self.tabs[tab].held = Some(number),
            What::Fetch => self.handle(
                tab,
                Event::Fetch {
                    call: number,
                    may_wait: true,
                },
            ),
            What::Refresh => self.handle(tab, Event::Refresh { call: number }),
            What::SignOut => {
                self.excuse_of(tab);
                self.handle(tab, Event::SignOut { call: number });
            }
            What::SignIn(id) => {
                if self.mutant != Mutant::TellsWhileJudging {
                    self.handle(tab, Event::Judging { call: number });
                }
                self.tabs[tab].response = Some((number, id));
            }
        }
    }

    pub(crate) fn next_session(&mut self) -> Id {
        self.sessions += 1;
        self.sessions
    }

    pub(crate) fn handle(&mut self, tab: usize, event: Event<'_, Model>) {
        let moment = self.moment();
        let Some(machine) = &mut self.tabs[tab].machine else {
            return;
        };
        self.log.note(|| format!("    tab {tab} <- {event:?}"));
        let effects = machine.handle(event, moment);
        for effect in &effects {
            self.log.note(|| format!("        -> {effect:?}"));
        }
        self.tabs[tab].is_stale = false;
        let shown = self.tabs[tab].machine.as_ref().and_then(Shared::session);
        let before = self.tabs[tab].seen;
        if let Some(shown) = shown {
            self.tabs[tab].seen = shown;
            self.tabs[tab].had_session |= shown.is_some();
            self.tabs[tab].was_seen = shown.or(self.tabs[tab].was_seen);
        }
        let is_telling = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Fetch { .. } | Effect::Publish(_)));
        for effect in effects {
            self.perform(tab, effect, before);
        }
        let is_judging = self.tabs[tab]
            .calls
            .iter()
            .any(|call| matches!(call.what, What::SignIn(_)));
        if is_telling && is_judging {
            self.blame("P2: something was published, or a request has left, while a response was being judged".into());
        }
        if self.tabs[tab].seen != before {
            self.release(tab);
        }
        self.check();
    }

    /// Lets a call go that a mutant has held back.
    fn release(&mut self, tab: usize) -> bool {
        let held = self.tabs[tab].held.take();
        if let Some(call) = held {
            let may_wait = true;
            self.handle(tab, Event::Fetch { call, may_wait });
        }
        held.is_some()
    }

    /// Lets all of them go. Answers whether there was one.
    pub(crate) fn let_go(&mut self) -> bool {
        (0..self.tabs.len()).any(|tab| self.release(tab))
    }

    fn perform(&mut self, tab: usize, effect: Effect<Model>, before: Option<Id>) {
        match effect {
            Effect::Send(number) => self.send(tab, number),
            Effect::Fetch { call, header, .. } => self.fetch(tab, call, header),
            Effect::Settle { call, result } => self.settled(tab, call, result.map_err(|error| error.code())),
            Effect::Read if std::mem::take(&mut self.tabs[tab].is_replaying) && self.tabs[tab].found.is_some() => {
                self.tabs[tab].came = self.tabs[tab].found.clone();
            }
            Effect::Read => self.tabs[tab].asked = Some(Task::Read),
            Effect::Write {
                record,
                id,
                is_out,
                before,
            } => {
                self.write(tab, Task::Write(record, id, is_out, before));
            }
            Effect::Clear { before } => self.tabs[tab].asked = Some(Task::Clear(before)),
            Effect::Bury(id) => self.tabs[tab].asked = Some(Task::Bury(id)),
            Effect::Lock { seconds } => {
                let seconds = if self.mutant == Mutant::ShortPatience {
                    10
                } else {
                    seconds
                };
                self.browser.waiting.push_back((tab, seconds));
                self.grant();
            }
            Effect::Unlock if self.mutant == Mutant::NeverUnlocks => {}
            Effect::Unlock => {
                self.tabs[tab].is_locked = false;
                self.browser.unlock(tab);
                self.grant();
            }
            Effect::Present(true) => {
                self.browser.presence.push(Claim::Here(tab, false));
                self.grant();
            }
            Effect::Present(false) => {
                self.tabs[tab].is_present = false;
                self.browser.leave(tab);
                self.grant();
            }
            Effect::AwaitLeaving { call, .. } => self.await_leaving(tab, call),
            Effect::Tell(news, id) => self.tell(tab, news, id),
            Effect::Publish(event) => self.published(tab, event, before),
            Effect::Leave if self.mutant == Mutant::NoGrace => {}
            Effect::Leave => self.browser.left = Some(self.now),
            Effect::Alarm(time) => self.tabs[tab].is_asleep = time.is_some(),
            _ => {}
        }
    }

    fn write(&mut self, tab: usize, mut task: Task) {
        if let Task::Write(_, _, is_out, before) = &mut task {
            if *is_out && self.mutant == Mutant::NotWrittenDown {
                let revision = self.browser.vault.as_ref().map(|entry| entry.revision);
                self.tabs[tab].came = Some(Came::Written(revision));
                return;
            }
            if self.mutant == Mutant::WritesOver {
                *before = Before::Anything;
            }
        }
        self.tabs[tab].asked = Some(task);
    }

    fn await_leaving(&mut self, tab: usize, call: u64) {
        let mut ended = vec![(call, self.tabs[tab].told)];
        if !self.has_vault {
            // Whoever has a session of its own ends that with it.
            ended.extend(self.tabs.iter().filter_map(|tab| Some((call, tab.session()?))));
        }
        self.tabs[tab].endings.extend(ended);
        if self.mutant == Mutant::NotAwaited {
            self.tabs[tab].left.push(call);
        } else {
            self.browser.presence.push(Claim::Nobody(tab, call));
            self.grant();
        }
    }

    pub(crate) fn grant(&mut self) {
        if let Some(tab) = self.browser.grant_lock() {
            self.tabs[tab].is_locked = true;
        }
        let (known, left) = self.browser.grant_presence();
        for tab in known {
            self.tabs[tab].is_present = true;
        }
        for (tab, call) in left {
            self.tabs[tab].left.push(call);
        }
    }

    pub(crate) fn tell(&mut self, tab: usize, news: SessionEvent, id: Id) {
        self.tabs[tab].told = id;
        if news == SessionEvent::SignedOut {
            self.ledger.excused.push(id);
        }
        for (other, listener) in self.tabs.iter_mut().enumerate() {
            let is_listening = matches!(listener.state, State::Running | State::Frozen);
            if other != tab && is_listening && !(self.mutant == Mutant::Deaf && news == SessionEvent::SignedOut) {
                listener.words.push_back((news, id));
            }
        }
    }

    pub(crate) fn respond(&mut self, tab: usize, call: u64, token: &Set) {
        let status = if self.server.call(token, self.now) { 200 } else { 401 };
        let response = ApiResponse::new(status);
        self.handle(tab, Event::Response { call, response });
    }
}
