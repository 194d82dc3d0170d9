//! The steps of a session: what has happened goes in, what is to be done comes out, both as the machine of
//! [`shared`](crate::protocol::shared) names them. This decides nothing.

use super::exports::{State, write_error, write_warning};
use super::{clock, entropy};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::{ApiRequest, CompanyId};
use crate::protocol::api_response::{ApiResponse, SUCCESS};
use crate::protocol::authorization_response::{AuthorizationGrant, AuthorizationResponse};
use crate::protocol::client::Client;
use crate::protocol::http::{Body, HttpOutcome, HttpResponse};
use crate::protocol::json::{Object, Value, Writer};
use crate::protocol::pending_authorization::{Flow, PendingAuthorization};
use crate::protocol::secret::Wiped;
use crate::protocol::session::{SessionEvent, Status};
use crate::protocol::shared::{Before, Done, Effect, Entry, Event, Id, Wiped as Wiping};
use crate::protocol::time::Moment;
use alloc::string::ToString;

impl State {
    /// `{ event, … }`: something that has happened. See [`Event`] for what each one means.
    pub(super) fn tell(&mut self, input: &Object, out: &mut Writer) -> Result<(), Error> {
        let event = event(input).ok_or(Code::ConfigInvalid)?;
        self.handle(event, out);
        Ok(())
    }

    /// Takes an event in. `{ session?, effects? }`: what the app is to see, where that is something new, and what is to be done.
    fn handle(&mut self, event: Event<'_, Client>, out: &mut Writer) {
        let now = clock::now();
        let effects = self.machine.handle(event, now);
        self.write_session(now, out);
        if !effects.is_empty() {
            out.list("effects", |out| {
                for effect in effects {
                    out.item(|out| self.write_effect(effect, out));
                }
            });
        }
    }

    /// `{ session? }`: what the app is to see, where that is something new.
    pub(super) fn write_session(&mut self, now: Moment, out: &mut Writer) {
        let Some(id) = self.machine.session() else { return };
        let client = self.machine.tokens();
        let session = client.session(now);
        let is_over = session.status == Status::Expired && !session.is_renewable;
        let mut facts = Writer::object();
        facts.string("status", session.status.as_str());
        // An expired token that nothing can renew signs nobody in.
        facts.bool("signedIn", id.is_some() && !is_over);
        let id = id.map(|id| id.to_string());
        facts.optional("id", client.session_handle().or(id.as_deref()));
        facts.string("environment", client.config().environment().name.as_str());
        facts.optional("flow", session.flow.map(Flow::as_str));
        facts.bool("renewable", session.is_renewable);
        facts.optional("scope", session.scope.as_deref());
        if let Some(expires_at) = session.expires_at {
            facts.number("expiresAtEpochSeconds", expires_at);
        }
        self.show(facts, out);
    }

    /// `{ url, companyId?, … }`: the URL as it is to be fetched, once [`Effect::Fetch`] says so.
    pub(super) fn fetch(&mut self, input: &Object, out: &mut Writer) -> Result<(), Error> {
        let (call, may_wait) = (input.number("call"), input.is("mayWait"));
        // A page has a worker of its own, and may tell it anything.
        if call == 0 || self.machine.has_call(call) {
            return Err(Code::ConfigInvalid.into());
        }
        if input.is("hasAuthorization") {
            return Err(Error::about(Code::ParamReserved, "Authorization").during(Phase::Api));
        }
        let company_id = match input.text("companyId") {
            "" if !input.is("hasCompanyId") => None,
            digits => Some(CompanyId::parse(digits, input.is("isCompanyIdFloat"))?),
        };
        let config = self.machine.tokens().config();
        let request = ApiRequest::new(input.text("target"), company_id, config)?;
        out.string("url", request.url());
        out.optional("companyId", request.company_id().map(CompanyId::as_str));
        self.handle(Event::Fetch { call, may_wait }, out);
        Ok(())
    }

    /// What has come of a request to the API. `{ url? }`: where it goes next, unless that is where it was sent before.
    pub(super) fn judge(&mut self, input: &Object, out: &mut Writer) -> Result<(), Error> {
        let call = input.number("call");
        // Nothing would come of it, ever.
        if !self.machine.is_at_the_api(call) {
            return Err(Code::ConfigInvalid.into());
        }
        self.judge_answer(call, input, out);
        Ok(())
    }

    fn judge_answer(&mut self, call: u64, input: &Object, out: &mut Writer) {
        if input.is("isFailed") {
            return self.handle(Event::NoAnswer { call }, out);
        }
        if input.is("isRedirected") {
            match ApiRequest::new(input.text("url"), None, self.machine.tokens().config()) {
                // What another server says is no word of the API.
                Err(_) => return self.end_call(call, out),
                // The way without the company's ID has led to the API again: there it is sent.
                Ok(request) if input.is("isBare") => {
                    out.string("url", request.url());
                    return self.handle(Event::Again { call }, out);
                }
                Ok(_) => {}
            }
        }
        let status = input.number("status");
        // A redirect that the caller wants to see is opaque: there is nothing to judge.
        if status == 0 && !input.is("isRedirect") {
            return self.end_call(call, out);
        }
        let response = ApiResponse::new(status)
            .to(input.text("method"), input.is("isReplayable"))
            .declared(match input.member("isIdempotent") {
                Some(Value::Bool(is_idempotent)) => Some(*is_idempotent),
                _ => None,
            })
            .with(input.text("retryAfter"), input.text("rateLimitReset"))
            .cached(input.text("cache"));
        self.handle(Event::Response { call, response }, out);
    }

    /// `{ isOver: true }`: the call has come to nothing that the session would have a part in.
    fn end_call(&mut self, call: u64, out: &mut Writer) {
        out.bool("isOver", true);
        self.handle(Event::Drop { call }, out);
    }

    /// Judges a URL. `{ isOver: true }`: no response, nothing touched; or, with `isStored`, one whose `record` is still in storage,
    /// and is to be removed there before it comes back here without that word. `isSpent`: this tab has had that response before.
    pub(super) fn redeem(&mut self, input: &Object, out: &mut Writer) -> Result<(), Error> {
        match self.accept(input, out)? {
            None => out.bool("isOver", true),
            Some(grant) => {
                let (call, id) = (input.number("call"), entropy::random_id()?);
                let warning = grant.warning.as_ref().map(Error::code);
                self.targets.push((call, grant.return_to.as_str().into(), warning));
                self.handle(Event::Redeem { call, grant, id }, out);
            }
        }
        Ok(())
    }

    fn accept(&mut self, input: &Object, out: &mut Writer) -> Result<Option<AuthorizationGrant>, Error> {
        let client = self.machine.tokens_mut();
        let record = input.member("record").and_then(Value::as_str);
        let Some(response) = AuthorizationResponse::parse(input.text("url"), client.config())? else {
            // A record is there because its state is in the URL.
            return record.map_or(Ok(None), |_| Err(Code::ResponseTooLarge.into()));
        };
        let Some(record) = record else {
            let is_spent = input.is("isSpent");
            // Who is signed in has no use for it any more, and nothing to be told.
            if is_spent && client.is_signed_in() {
                return Ok(None);
            }
            return response
                .unclaimed(input.is("isAnyPending") && !is_spent)
                .map_or(Ok(None), Err);
        };
        let pending = PendingAuthorization::from_record(record);
        if input.is("isStored") {
            let is_here = response.is_on_redirect_uri();
            let config = client.config();
            let is_foreign =
                |pending: &PendingAuthorization| !(pending.is_of(config) && (is_here || pending.is_to(config)));
            if !pending.as_deref().is_ok_and(is_foreign) {
                out.bool("isClaimed", true);
            } else if is_here {
                return Err(Code::IssuerChanged.into());
            }
            // Another client of this page may wait for it: it stays.
            return Ok(None);
        }
        client
            .accept_response(*pending?, &response, clock::now().wall)
            .map(Some)
    }

    fn write_effect(&mut self, effect: Effect<Client>, out: &mut Writer) {
        out.string("effect", name(&effect));
        match effect {
            Effect::Send(number) => {
                out.number("id", number);
                if let Some(exchange) = self.machine.exchange(number) {
                    let request = &exchange.request;
                    out.string("url", &request.url);
                    out.optional("body", request.body.as_ref().map(Body::expose));
                    out.optional("authorization", request.authorization.as_ref().map(Body::expose));
                    out.bool("isSameOrigin", request.is_same_origin);
                }
            }
            Effect::Fetch { call, header, is_bare } => {
                out.number("call", call);
                out.string("authorization", header.expose());
                out.bool("isBare", is_bare);
                out.number("callersFrom", SUCCESS.start);
                out.number("callersBelow", SUCCESS.end);
            }
            Effect::Settle { call, result } => {
                out.number("call", call);
                self.write_end(call, &result, out);
            }
            Effect::Write {
                record,
                id,
                is_out,
                before,
            } => {
                out.string("record", &record);
                out.number("id", id);
                out.bool("isOut", is_out);
                write_before(before, out);
            }
            Effect::Clear { before } => write_before(before, out),
            Effect::Bury(id) => out.number("id", id),
            Effect::Lock { seconds } => out.number("seconds", seconds),
            Effect::Alarm(Some(milliseconds)) => out.number("milliseconds", milliseconds),
            Effect::Present(is_present) => out.bool("isPresent", is_present),
            Effect::AwaitLeaving { call, seconds } => {
                out.number("call", call);
                out.number("seconds", seconds);
            }
            Effect::Tell(news, id) => {
                out.string("news", news.as_str());
                out.number("id", id);
            }
            Effect::Publish(event) => out.string("event", event.as_str()),
            Effect::Read | Effect::Unlock | Effect::PublishElsewhere | Effect::Leave | Effect::Alarm(None) => {}
        }
    }

    /// What has come of a call: an error, where to go on to after a sign-in, or what a sign-out has done.
    fn write_end(&mut self, call: u64, result: &Result<Done, Error>, out: &mut Writer) {
        let at = self.targets.iter().position(|(known, ..)| *known == call);
        let target = at.map(|at| self.targets.swap_remove(at));
        match result {
            Err(error) => write_error(out, error),
            Ok(Done::SignedOut { is_revoked, wiped }) => {
                let is_wiped = *wiped == Wiping::Gone;
                let outcome = match is_revoked {
                    None => "nothing",
                    // Without the vault nobody knows whether another tab has newer tokens.
                    Some(true) if is_wiped => "revoked",
                    Some(_) => "revoke_pending",
                };
                out.string("outcome", outcome);
                out.bool("isWiped", is_wiped);
            }
            Ok(Done::Done | Done::Return) => {
                if let Some((_, return_to, warning)) = target {
                    out.string("returnTo", &return_to);
                    write_warning(out, warning);
                }
            }
        }
    }
}

const fn name(effect: &Effect<Client>) -> &'static str {
    match effect {
        Effect::Send(_) => "send",
        Effect::Fetch { .. } => "fetch",
        Effect::Settle { .. } => "settle",
        Effect::Read => "read",
        Effect::Write { .. } => "write",
        Effect::Clear { .. } => "clear",
        Effect::Bury(_) => "bury",
        Effect::Lock { .. } => "lock",
        Effect::Unlock => "unlock",
        Effect::Present(_) => "present",
        Effect::AwaitLeaving { .. } => "awaitLeaving",
        Effect::Tell(..) => "tell",
        Effect::Publish(_) => "publish",
        Effect::PublishElsewhere => "publishElsewhere",
        Effect::Leave => "leave",
        Effect::Alarm(_) => "alarm",
    }
}

/// `before`: a revision; or `isAnything`; or nothing, which means nothing.
fn write_before(before: Before, out: &mut Writer) {
    match before {
        Before::Nothing => {}
        Before::Revision(revision) => out.number("before", revision),
        Before::Anything => out.bool("isAnything", true),
    }
}

fn event(input: &Object) -> Option<Event<'static, Client>> {
    let call = input.number("call");
    Some(match input.text("event") {
        "start" => Event::Start,
        "open" => Event::Open { call },
        "ready" => Event::Ready { call },
        "refresh" => Event::Refresh { call },
        "signOut" => Event::SignOut { call },
        "drop" => Event::Drop { call },
        "suspend" => Event::Suspend,
        "resume" => Event::Resume { call },
        "answered" => Event::Answered {
            exchange: input.number("id"),
            outcome: outcome(input),
        },
        "found" => Event::Found {
            entry: entry(input),
            is_anyone_here: input.is("isAnyoneHere"),
            // The page has counted it in: it is a session that this tab had.
            left: None,
        },
        "written" => Event::Written {
            revision: id(input, "revision"),
        },
        "cleared" => Event::Cleared {
            is_mine: input.is("isMine"),
        },
        "buried" => Event::Buried,
        "failed" => Event::Failed,
        "locked" => Event::Locked,
        "lockTimedOut" => Event::LockTimedOut,
        "present" => Event::Present,
        "left" => Event::Left { call },
        "heard" => Event::Heard {
            news: SessionEvent::from_word(input.text("news"))?,
            id: input.number("id"),
        },
        "tick" => Event::Tick,
        _ => return None,
    })
}

fn entry(input: &Object) -> Option<Entry<Wiped>> {
    let record = input.present("record")?.as_str()?;
    Some(Entry::new(
        id(input, "revision")?,
        id(input, "id")?,
        input.is("isOut"),
        input.is("isBuried"),
        Wiped::from(record),
    ))
}

fn id(input: &Object, key: &str) -> Option<Id> {
    Some(input.number(key)).filter(|id| *id != 0)
}

/// `outcome`: `"answer"`, `"redirected"`, `"notSent"`, `"timedOut"`, or anything else for no answer.
fn outcome(input: &Object) -> HttpOutcome {
    match input.text("outcome") {
        "answer" => HttpOutcome::Answer(HttpResponse::new(
            input.number("status"),
            input.text("contentType").into(),
            Wiped::from(input.text("body")),
        )),
        "redirected" => HttpOutcome::Redirected,
        "notSent" => HttpOutcome::NotSent,
        "timedOut" => HttpOutcome::TimedOut,
        _ => HttpOutcome::NoAnswer,
    }
}
