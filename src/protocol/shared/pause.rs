//! Waits as the API has asked for: one pause for all calls, and one alarm
//! ([RFC 6585 §4](https://www.rfc-editor.org/rfc/rfc6585.html#section-4)).

use super::Shared;
use super::call::{Call, Doing};
use super::event::Effect;
use super::tokens::Tokens;
use crate::protocol::time::{Milliseconds, Moment};

/// How often a call waits, because of its own answers or those of others.
const MAX_WAITS: u8 = 3;

impl Call {
    pub(super) const fn may_wait(&self) -> bool {
        self.may_wait && self.waits < MAX_WAITS
    }

    fn wait(&mut self, until: Milliseconds) {
        self.waits += 1;
        self.doing = Doing::Pausing { until };
    }
}

impl<C: Tokens> Shared<C> {
    /// Until when the API has asked all requests to wait, as [`Moment::exactly`] counts.
    #[must_use]
    pub const fn paused_until(&self) -> Milliseconds {
        self.paused_until
    }

    /// Has all requests wait until then: another client of this page was asked to, by the same API.
    pub fn pause_until(&mut self, until: Milliseconds) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Has a call wait, as the API has asked for. Answers whether there is something to wait for.
    pub(super) fn pause(&self, call: &mut Call, now: Moment) -> bool {
        let until = self.paused_until;
        let is_meant = call.may_wait() && call.is_of(self.id) && self.tokens.is_signed_in();
        let is_to_wait = is_meant && until > now.exactly();
        if is_to_wait {
            call.wait(until);
        }
        is_to_wait
    }

    /// Has the clock come back for those who wait, if there is anybody, and no earlier than for the first of them.
    pub(super) fn set_alarm(&mut self, now: Moment) {
        let now = now.exactly();
        let times = self.calls.iter().filter_map(|call| match call.doing {
            // For whom it is time already, something else has to happen first.
            Doing::Pausing { until } if until > now => Some(until),
            _ => None,
        });
        let first = times.min();
        if first != self.alarm {
            self.alarm = first;
            self.effects.push(Effect::Alarm(first.map(|first| first - now)));
        }
    }
}
