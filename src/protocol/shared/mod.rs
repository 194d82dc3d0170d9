//! The session as the tabs of an origin share it: events in, effects out. Who renews, who keeps, who lets go and who waits is
//! decided here and nowhere else.
//!
//! A refresh token is good for one call ([RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)), and any
//! tab may be closed, frozen or crash between any two of its steps. What the tabs guarantee each other all the same, and which
//! test checks it, is in `ARCHITECTURE.md`.
//!
//! Whatever is done with the vault is one thing after the other: what has to be done stands in the state, one thing of it is
//! asked for, and what comes of that decides what is next. So a failed effect needs no way back: what it was for still stands.

mod event;
mod tokens;

// In the order in which a call passes through.
mod call;
mod pause;
mod tabs;
mod look;
mod vault;
mod renewal;
mod exchange;
mod sign_out;

pub use event::{Before, Done, Effect, Entry, Event, Id, Wiped};
pub use tokens::{Next, Tokens};

use super::session::SessionEvent;
use super::time::{Milliseconds, Moment, Seconds};
use alloc::vec::Vec;
use call::{Call, Why};
use exchange::Sent;
use renewal::{Lock, Round};
use sign_out::Ending;
use tabs::Presence;
use vault::{Asked, Commit};

/// The session of one tab.
#[derive(Clone, Debug, Hash)]
pub struct Shared<C: Tokens> {
    tokens: C,
    stage: Stage,
    /// The session that the tokens are of, and the one that the app has seen last.
    id: Option<Id>,
    shown: Option<Id>,
    /// What is to be told to the app.
    event: Option<SessionEvent>,

    calls: Vec<Call>,
    /// Of calls: what is to be redeemed, and the name of the session that it may become.
    grants: Vec<(u64, C::Grant, Id)>,
    /// Until when every request to the API waits, on the clock that never jumps.
    paused_until: Milliseconds,
    /// When the clock is to come back, on the same one.
    alarm: Option<Milliseconds>,

    /// The exchanges that are under way.
    sent: Vec<Sent<C::Exchange, C::Outcome>>,
    count: u64,

    /// What the vault was asked and has not answered.
    asked: Option<Asked>,
    is_second_try: bool,
    has_vault: bool,
    /// Whether this very tab had a session before it was loaded.
    had_session: bool,
    /// Whether this tab has the session of the vault, and not its own.
    is_attached: bool,
    /// The revision of the vault that the tokens are.
    kept: Option<Id>,
    /// The session that the vault was last known to hold.
    was_kept: Option<Id>,
    /// To be written.
    commit: Option<Commit<C::Exchange>>,
    /// To be removed, and if its record is here, given back.
    over: Option<(Id, Option<C::Record>)>,
    /// Came after another tab had ended or replaced their session: to be given back, or kept with what stands in their place.
    late: Option<C::Record>,
    /// To be looked at before anything else, or when there is time.
    is_to_look: bool,
    is_news: bool,
    /// What is being looked at may have changed since.
    is_to_look_again: bool,
    /// The vault could not be looked at, and is not before something happens.
    is_stuck: bool,
    presence: Presence,
    /// The tokens were found before this tab was known to be present: somebody may not have waited for it to leave.
    is_unverified: bool,

    round: Round,
    lock: Lock,
    /// Out of the tokens, and not sent yet.
    taken: Option<C::Exchange>,
    /// The revision that says so.
    out: Option<Id>,
    /// Another tab renews.
    is_behind: bool,
    /// It should have finished long ago.
    is_late: bool,
    /// What another tab renews was taken over as it is, for a response to a sign-in brings another session.
    is_hasty: bool,

    ending: Option<Ending>,
    /// Another tab has signed its own session out, and this one goes with it.
    is_to_end: bool,
    heard: Option<SessionEvent>,

    is_suspended: bool,
    /// Whether a token mediator may have a session that nobody has looked for yet.
    can_resume: bool,
    last: Moment,
    effects: Effects<C>,
}

/// What is to be done. Between two events there is nothing in it, so it makes no difference between two states.
struct Effects<C: Tokens>(Vec<Effect<C>>);

impl<C: Tokens> Effects<C> {
    fn push(&mut self, effect: Effect<C>) {
        self.0.push(effect);
    }
}

impl<C: Tokens> Clone for Effects<C> {
    fn clone(&self) -> Self {
        Self(Vec::new())
    }
}

impl<C: Tokens> core::hash::Hash for Effects<C> {
    fn hash<H: core::hash::Hasher>(&self, _: &mut H) {}
}

impl<C: Tokens> core::fmt::Debug for Effects<C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("[]")
    }
}

/// How far the start is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Idle,
    Discovering,
    /// The vault is looked at for the first time.
    Looking,
    /// A token mediator is asked for the session that it keeps.
    Resuming,
    Running,
}

/// A tab that has not been heard of for so long may have been frozen, and others may have signed out without it.
const SILENCE: Seconds = 3;

impl<C: Tokens> Shared<C> {
    /// A tab that has just begun. `has_vault`: whether there is one to share a session by, and locks, and a channel.
    /// `had_session`: whether this very tab had a session, in the page before this one. `can_resume`: whether a token mediator is
    /// to be asked for the session that it keeps.
    #[must_use]
    pub const fn new(tokens: C, has_vault: bool, had_session: bool, can_resume: bool, now: Moment) -> Self {
        Self {
            tokens,
            stage: Stage::Idle,
            id: None,
            shown: None,
            event: None,
            calls: Vec::new(),
            grants: Vec::new(),
            paused_until: 0,
            alarm: None,
            sent: Vec::new(),
            count: 0,
            asked: None,
            is_second_try: false,
            has_vault,
            had_session,
            is_attached: has_vault,
            kept: None,
            was_kept: None,
            commit: None,
            over: None,
            late: None,
            is_to_look: false,
            is_news: false,
            is_to_look_again: false,
            is_stuck: false,
            presence: Presence::None,
            is_unverified: false,
            round: Round::None,
            lock: Lock::None,
            taken: None,
            out: None,
            is_behind: false,
            is_late: false,
            is_hasty: false,
            ending: None,
            is_to_end: false,
            heard: None,
            is_suspended: false,
            can_resume,
            last: now,
            effects: Effects(Vec::new()),
        }
    }

    /// The tokens, for what does not change them.
    #[must_use]
    pub const fn tokens(&self) -> &C {
        &self.tokens
    }

    /// The same, for judging a response before its [`Event::Redeem`].
    pub const fn tokens_mut(&mut self) -> &mut C {
        &mut self.tokens
    }

    /// The name of the session that the app is to see. The outer `None`: it goes on to see what it saw before, which at first
    /// is that nothing is known.
    #[must_use]
    pub fn session(&self) -> Option<Option<Id>> {
        (self.is_open() && !self.is_to_look && self.event.is_none()).then_some(self.shown)
    }

    /// Whether nobody can be signed in, for nothing has happened yet and nothing is kept anywhere.
    #[must_use]
    pub const fn is_nobodys(&self) -> bool {
        matches!(self.stage, Stage::Idle) && !self.has_vault && !self.can_resume && self.calls.is_empty()
    }

    /// Whether a call with this number is under way.
    #[must_use]
    pub fn has_call(&self, number: u64) -> bool {
        self.calls.iter().any(|call| call.number == number)
    }

    /// Whether its request is at the API.
    #[must_use]
    pub fn is_at_the_api(&self, number: u64) -> bool {
        self.calls.iter().any(|call| call.number == number && call.is_sent())
    }

    /// What a [`Effect::Send`] is to send.
    #[must_use]
    pub fn exchange(&self, number: u64) -> Option<&C::Exchange> {
        self.sent
            .iter()
            .find(|sent| sent.number == number)
            .map(|sent| &sent.exchange)
    }

    /// Takes an event in. The effects are to be begun in their order, before the next event.
    #[must_use]
    pub fn handle(&mut self, event: Event<'_, C>, now: Moment) -> Vec<Effect<C>> {
        let is_silent = now.since(self.last) >= SILENCE;
        self.last = now;
        self.is_stuck &= self.asked.is_some();
        self.take(event, now);
        // What has come in may have happened before the silence.
        if is_silent && self.kept.is_some() {
            self.look_first();
        }
        if !self.is_suspended {
            while self.asked.is_none() && self.step(now) {}
        }
        self.set_alarm(now);
        core::mem::take(&mut self.effects.0)
    }

    fn take(&mut self, event: Event<'_, C>, now: Moment) {
        match event {
            Event::Start => self.start(),
            Event::Answered { exchange, outcome } => {
                if let Some(sent) = self.sent.iter_mut().find(|sent| sent.number == exchange) {
                    sent.outcome = Some(outcome);
                }
            }
            Event::Found {
                entry,
                is_anyone_here,
                left,
            } => self.found(entry, is_anyone_here, left, now),
            Event::Written { revision } => self.written(revision, now),
            Event::Cleared { is_mine } => self.cleared(is_mine, now),
            Event::Buried => self.buried(),
            Event::Failed => self.failed(now),
            Event::Locked => self.locked(),
            Event::LockTimedOut => self.lock_timed_out(),
            Event::Present => self.present(),
            Event::Left { call } => self.left(call),
            Event::Heard { news, id } => self.heard(news, id, now),
            Event::Tick => self.alarm = None,
            Event::Suspend => self.suspend(),
            Event::Resume { call } => self.resume(call),
            event => self.take_call(event, now),
        }
    }

    /// The next thing to do. Answers whether there may be another one.
    fn step(&mut self, now: Moment) -> bool {
        if self.commit.is_some() {
            return self.keep(now);
        }
        if let Some(at) = self.sent.iter().position(|sent| sent.outcome.is_some()) {
            let sent = self.sent.swap_remove(at);
            self.settle(sent, now);
            return true;
        }
        if matches!(self.stage, Stage::Idle | Stage::Discovering) {
            let is_wanted = self.stage == Stage::Idle && !self.calls.is_empty();
            if is_wanted {
                self.start();
            }
            return is_wanted;
        }
        self.visit_calls(&Why::Discovered, now);
        if self.clear_what_is_over() || self.end(now) || self.give_late_back(now) {
            return true;
        }
        if self.asked.is_some() {
            return false;
        }
        self.attend();
        if self.is_to_look && !self.is_stuck {
            self.look();
            return false;
        }
        if self.renew(now) || self.run_calls(now) {
            return true;
        }
        if self.is_news && self.is_attached && self.asked.is_none() {
            self.look();
        }
        false
    }

    fn take_event(&mut self) -> Option<SessionEvent> {
        let event = self.tokens.take_event();
        self.event = event.or(self.event);
        event
    }

    /// Whether the tokens are those of a session that this tab has for sure, and the app may see and use it. Where the vault can't
    /// be looked at, those calls have failed that it matters to.
    fn is_open(&self) -> bool {
        let is_known = !self.is_unverified && (!self.is_to_look || self.is_stuck);
        self.stage == Stage::Running && is_known && !self.is_judging() && !self.is_suspended
    }
}
