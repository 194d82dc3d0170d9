//! What the app calls for: in which order a request to the API renews, waits, is sent again and ends
//! ([RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1),
//! [RFC 6585 §4](https://www.rfc-editor.org/rfc/rfc6585.html#section-4)).

use super::event::{Done, Effect, Event, Id, Wiped};
use super::exchange::Purpose;
use super::renewal::Round;
use super::tokens::Tokens;
use super::{Shared, Stage};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_response::{ApiAnswer, ApiResponse};
use crate::protocol::session::SessionEvent;
use crate::protocol::time::{Milliseconds, Moment};

/// A call, from its question to its answer.
#[derive(Clone, Debug, Hash)]
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) doing: Doing,
    /// The session that it belongs to: the one that the app saw when it asked, or else the one that it was sent in first.
    session: Option<Id>,
    /// The generation of its first try.
    first: Option<u64>,
    tries: u64,
    pub(super) may_wait: bool,
    pub(super) waits: u8,
    is_bare: bool,
    /// Its session has ended while it was under way, for this reason.
    ended: Option<Code>,
}

#[derive(Clone, Debug, Hash)]
pub(super) enum Doing {
    /// Waits for the server's endpoints.
    Discovering,
    /// Waits for the start.
    Opening,
    /// Waits until it is known whether there is something to renew.
    Resuming,
    /// Has, or looks for, a response to a sign-in.
    Judging,
    /// Waits to be authorized.
    Authorizing { is_renewed: bool },
    /// Waits for another access token than that of the generation `since`, which is known once it is looked at.
    Renewing { since: Option<u64>, is_fetch: bool },
    /// Has it, and wanted nothing more.
    Renewed,
    /// Waits as the API has asked for.
    Pausing { until: Milliseconds },
    /// Is at the API.
    Sent { generation: u64 },
    /// Waits for its turn to sign out.
    SigningOut,
    /// Waits for other tabs to leave, and then for the server.
    Leaving(Wiped),
    /// Is over, and is told when the app has seen why.
    Ended(Result<Done, Error>),
}

/// Why calls are looked at.
#[derive(Debug)]
pub(super) enum Why {
    /// The server's endpoints are known.
    Discovered,
    /// The session may be used.
    Open,
    /// What those wait for which the function names can't be had.
    Failed(Error, fn(&Doing) -> bool),
    /// Another session, or none, has taken the place of the one before.
    Ended(Code),
}

impl Doing {
    /// Waits for another access token, whoever has the one of now.
    const RENEWING: Self = Self::Renewing {
        since: None,
        is_fetch: false,
    };

    /// Whether it can't go on without being sure of the session.
    pub(super) const fn needs_a_session(&self) -> bool {
        matches!(self, Self::Authorizing { .. } | Self::Renewed | Self::Pausing { .. })
    }
}

impl Call {
    fn try_again(&mut self) {
        self.tries += 1;
        self.doing = Doing::Authorizing { is_renewed: false };
    }

    fn renew(&mut self, since: u64) {
        self.doing = Doing::Renewing {
            since: Some(since),
            is_fetch: true,
        };
    }

    /// There is another access token.
    pub(super) fn renewed(&mut self) {
        if let Doing::Renewing { is_fetch, .. } = self.doing {
            self.doing = match is_fetch {
                true => Doing::Authorizing { is_renewed: true },
                false => Doing::Renewed,
            };
        }
    }

    pub(super) const fn is_sent(&self) -> bool {
        matches!(self.doing, Doing::Sent { .. })
    }

    /// Whether it is of this session, or of none yet.
    pub(super) fn is_of(&self, session: Option<Id>) -> bool {
        self.session.is_none() || self.session == session
    }
}

impl<C: Tokens> Shared<C> {
    pub(super) fn take_call(&mut self, event: Event<'_, C>, now: Moment) {
        match event {
            Event::Open { call } => self.call(call, Doing::Discovering, true),
            Event::Ready { call } => self.call(call, Doing::Opening, true),
            Event::Judging { call } => self.call(call, Doing::Judging, true),
            Event::Redeem { call, grant, id } => {
                self.drop_call(call);
                self.call(call, Doing::Judging, true);
                self.grants.push((call, grant, id));
                // A code is good for a short time: it does not wait for what another tab does.
                if self.is_behind {
                    self.look_first();
                }
            }
            Event::Fetch { call, may_wait } => self.call(call, Doing::Authorizing { is_renewed: false }, may_wait),
            Event::Refresh { call } => self.call(call, Doing::RENEWING, true),
            Event::SignOut { call } => self.call(call, Doing::SigningOut, true),
            Event::Drop { call } => self.drop_call(call),
            Event::NoAnswer { call } => self.settle_call(call, Err(failed(Code::NetworkError))),
            Event::Again { call } => {
                if let Some(call) = self.find_call(call) {
                    call.is_bare = false;
                    call.try_again();
                }
            }
            Event::Response { call, response } => {
                if let Some(at) = self.calls.iter().position(|known| known.number == call) {
                    let mut call = self.calls.swap_remove(at);
                    if self.judge(&mut call, &response, now) {
                        self.calls.push(call);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn resume_call(&mut self, call: u64) {
        self.call(call, Doing::Resuming, true);
    }

    fn call(&mut self, number: u64, doing: Doing, may_wait: bool) {
        self.calls.push(Call {
            number,
            doing,
            session: self.shown,
            first: None,
            tries: 1,
            may_wait,
            waits: 0,
            is_bare: false,
            ended: None,
        });
    }

    pub(super) fn find_call(&mut self, number: u64) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.number == number)
    }

    fn drop_call(&mut self, number: u64) {
        self.calls.retain(|call| call.number != number);
    }

    fn settle_call(&mut self, call: u64, result: Result<Done, Error>) {
        self.drop_call(call);
        self.tell_call(call, result);
    }

    /// Tells a call what has come of it. The number 0 is nobody's.
    fn tell_call(&mut self, call: u64, result: Result<Done, Error>) {
        if call != 0 {
            self.effects.push(Effect::Settle { call, result });
        }
    }

    /// Ends a call once the app has been told what has happened.
    pub(super) fn end_call(&mut self, number: u64, result: Result<Done, Error>) {
        if let Some(call) = self.find_call(number) {
            call.doing = Doing::Ended(result);
        }
    }

    /// Looks at every call, each of which may end by that.
    pub(super) fn visit_calls(&mut self, why: &Why, now: Moment) {
        let mut calls = core::mem::take(&mut self.calls);
        calls.retain_mut(|call| match why {
            Why::Discovered => self.discovered_for(call),
            Why::Open => self.run(call, now),
            Why::Failed(error, is_meant) => self.fail(call, error, *is_meant),
            Why::Ended(code) => self.end_with_session(call, *code),
        });
        self.calls = calls;
    }

    fn discovered_for(&mut self, call: &Call) -> bool {
        let is_over = matches!(call.doing, Doing::Discovering);
        if is_over {
            self.tell_call(call.number, Ok(Done::Done));
        }
        !is_over
    }

    fn fail(&mut self, call: &Call, error: &Error, is_meant: fn(&Doing) -> bool) -> bool {
        let is_over = is_meant(&call.doing);
        if is_over {
            self.tell_call(call.number, Err(error.clone()));
        }
        !is_over
    }

    /// Ends a request of a session that is over. One that is under way is told when it is answered.
    fn end_with_session(&mut self, call: &mut Call, code: Code) -> bool {
        if call.is_of(self.id) {
            return true;
        }
        match call.doing {
            Doing::Sent { .. } => call.ended = Some(code),
            Doing::Authorizing { .. } | Doing::Renewing { is_fetch: true, .. } | Doing::Pausing { .. } => {
                self.tell_call(call.number, Err(failed(code)));
                return false;
            }
            _ => {}
        }
        true
    }

    /// Whether a response to a sign-in is being judged: what is known of the session may be over in a moment.
    pub(super) fn is_judging(&self) -> bool {
        self.calls.iter().any(|call| matches!(call.doing, Doing::Judging))
    }

    /// Goes on with the calls that wait for nothing any more. Answers whether there may be more to do now.
    pub(super) fn run_calls(&mut self, now: Moment) -> bool {
        if self.stage != Stage::Running {
            return false;
        }
        self.begin_calls();
        if !self.is_open() {
            return false;
        }
        let is_sure = !self.is_to_look;
        let is_changed = is_sure && self.publish(now);
        self.visit_calls(&Why::Open, now);
        self.take_event();
        let is_waiting = |call: &Call| matches!(call.doing, Doing::Renewing { .. });
        let is_to_renew = self.round == Round::None && self.is_open() && self.calls.iter().any(is_waiting);
        is_changed || (is_sure && self.event.is_some()) || is_to_renew
    }

    /// What waits for the start alone.
    fn begin_calls(&mut self) {
        for call in &mut self.calls {
            if let Doing::Opening = call.doing {
                call.doing = Doing::Ended(Ok(Done::Done));
            }
        }
        if !self.is_to_look || self.is_stuck {
            for (call, grant, id) in core::mem::take(&mut self.grants) {
                let exchange = self.tokens.begin_redemption(grant);
                self.send(exchange, Purpose::SignIn { call, id });
            }
        }
    }

    /// Tells the app what has happened. Requests of a session that is over end with it.
    fn publish(&mut self, now: Moment) -> bool {
        if !self.tokens.is_signed_in() {
            self.id = None;
        }
        let before = core::mem::replace(&mut self.shown, self.id);
        let Some(event) = self.event.take() else {
            return false;
        };
        if before.is_none() && self.id.is_none() && event == SessionEvent::SignedOut {
            return false;
        }
        self.heard = None;
        self.effects.push(Effect::Publish(event));
        let code = match event {
            SessionEvent::ReauthRequired | SessionEvent::Expired => Code::ReauthRequired,
            _ => Code::SessionEnded,
        };
        self.visit_calls(&Why::Ended(code), now);
        true
    }

    /// Goes on with a call. Answers whether it is not over by that.
    fn run(&mut self, call: &mut Call, now: Moment) -> bool {
        let result = match &call.doing {
            Doing::Ended(result) => result.clone(),
            Doing::Renewed if self.tokens.is_signed_in() => Ok(Done::Done),
            Doing::Renewed => Err(Code::SessionEnded.into()),
            Doing::Resuming if !self.is_to_look && self.tokens.is_due(now) => {
                // Than the one that is due: the next look may find that another tab has renewed it.
                call.doing = Doing::Renewing {
                    since: Some(self.tokens.generation()),
                    is_fetch: false,
                };
                return true;
            }
            Doing::Resuming => Ok(Done::Done),
            Doing::Pausing { until } if now.exactly() < *until => return true,
            // Another call may have been told to wait longer. The token may be over by now, so it is authorized afterwards.
            Doing::Pausing { .. } => return self.pause(call, now) || self.authorize(call, false, now),
            Doing::Authorizing { is_renewed } => {
                let is_renewed = *is_renewed;
                return self.pause(call, now) || self.authorize(call, is_renewed, now);
            }
            _ => return true,
        };
        self.tell_call(call.number, result);
        false
    }

    /// Lets a request leave, or says what it waits for. Answers whether it is not over by that.
    fn authorize(&mut self, call: &mut Call, is_renewed: bool, now: Moment) -> bool {
        // One user's request is never sent with another user's token.
        let is_other = !call.is_of(self.id);
        let generation = self.tokens.generation();
        let authorized = match is_other {
            true => Err(Error::from(Code::SessionEnded)),
            false => self.tokens.authorize(call.first, is_renewed, now),
        };
        match authorized {
            Ok(Some(header)) => {
                call.doing = Doing::Sent { generation };
                let (call, is_bare) = (call.number, call.is_bare);
                self.effects.push(Effect::Fetch { call, header, is_bare });
            }
            Ok(None) => call.renew(generation),
            Err(error) => {
                self.tell_call(call.number, Err(error));
                return false;
            }
        }
        call.session = self.id;
        call.first = call.first.or(Some(generation));
        true
    }

    /// Judges an answer of the API. Answers whether the call is not over by that.
    fn judge(&mut self, call: &mut Call, response: &ApiResponse<'_>, now: Moment) -> bool {
        let Doing::Sent { generation } = call.doing else {
            return true;
        };
        let answer = match call.ended {
            Some(_) => ApiAnswer::Return,
            None => self.tokens.judge(&response.after(call.tries), generation, now),
        };
        let mut is_returned = answer == ApiAnswer::Return;
        if let ApiAnswer::WaitAndRetry(seconds) = answer {
            self.pause_until(now.exactly().saturating_add(seconds.saturating_mul(1000)));
            is_returned = !call.may_wait();
        }
        if is_returned {
            // Without its session, a token is refused for that reason. Any other answer is the caller's.
            let refused = call.ended.filter(|_| response.status == 401);
            self.tell_call(call.number, refused.map_or(Ok(Done::Return), |code| Err(failed(code))));
            return false;
        }
        call.try_again();
        call.is_bare |= answer == ApiAnswer::Follow;
        // Others may have renewed it meanwhile.
        if answer == ApiAnswer::RenewAndRetry && generation == self.tokens.generation() {
            call.renew(generation);
        }
        true
    }
}

fn failed(code: Code) -> Error {
    Error::from(code).during(Phase::Api)
}
