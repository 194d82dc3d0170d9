//! What goes in and what comes out: events that somebody has seen happen, and effects for somebody to bring about. Neither
//! holds more of a token than what is to be sent or stored with it
//! ([RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)).

use super::tokens::Tokens;
use crate::error::Error;
use crate::protocol::api_response::ApiResponse;
use crate::protocol::session::SessionEvent;
use crate::protocol::time::{Milliseconds, Seconds, UnixSeconds};

/// A random number that names something, up to 2^53 so that JavaScript has it exactly: a session, anew with each sign-in and
/// the same over renewals, reloads and tabs; or a revision of what the vault holds, anew with each write.
pub type Id = u64;

/// Something that has happened. What a call asks carries the call's number, which the driver chooses: above 0, each once.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a, C: Tokens> {
    /// The tab has begun, and hears what other tabs tell.
    Start,
    /// A call waits until the server's endpoints are known.
    Open {
        /// The call.
        call: u64,
    },
    /// A call waits until everything is known.
    Ready {
        /// The call.
        call: u64,
    },
    /// A call looks whether this page is a response to a sign-in. Until it ends nothing is published, and no request leaves.
    Judging {
        /// The call.
        call: u64,
    },
    /// A response is accepted; its code is to be redeemed.
    Redeem {
        /// The call, which may have been [`Judging`](Self::Judging) before.
        call: u64,
        /// What was accepted.
        grant: C::Grant,
        /// The name of the session that it may become.
        id: Id,
    },
    /// A call has a request for the API, whose URL was found good.
    Fetch {
        /// The call.
        call: u64,
        /// Whether it waits where the API asks for that.
        may_wait: bool,
    },
    /// The API has answered, or redirects.
    Response {
        /// The call.
        call: u64,
        /// The answer; its `tries` are counted here.
        response: ApiResponse<'a>,
    },
    /// The API did not answer.
    NoAnswer {
        /// The call.
        call: u64,
    },
    /// The way without the company's ID has led to a URL of the API again, where the request may be sent whole.
    Again {
        /// The call.
        call: u64,
    },
    /// A call has ended by itself: given up, no response after all, or an answer that is none of the API's.
    Drop {
        /// The call.
        call: u64,
    },
    /// A call wants another access token.
    Refresh {
        /// The call.
        call: u64,
    },
    /// A call ends the session.
    SignOut {
        /// The call.
        call: u64,
    },
    /// What came of a [`Effect::Send`].
    Answered {
        /// Its number.
        exchange: u64,
        /// The outcome.
        outcome: C::Outcome,
    },
    /// What came of a [`Effect::Read`].
    Found {
        /// What the vault holds.
        entry: Option<Entry<C::Record>>,
        /// Whether another tab said then that it is [present](Effect::Present).
        is_anyone_here: bool,
        /// When a tab with the session was left last, as [`Effect::Leave`] has noted it.
        left: Option<UnixSeconds>,
    },
    /// What came of a [`Effect::Write`]: the new revision, or nothing where another one stood there.
    Written {
        /// The revision.
        revision: Option<Id>,
    },
    /// What came of a [`Effect::Clear`].
    Cleared {
        /// Whether that revision stood there, and is gone.
        is_mine: bool,
    },
    /// What came of a [`Effect::Bury`].
    Buried,
    /// What the vault was asked is not done, for sure. The driver uses no connection twice of which that was said.
    Failed,
    /// What came of a [`Effect::Lock`]: this tab has it, and no other.
    Locked,
    /// What came of a [`Effect::Lock`]: another tab had it all the time.
    LockTimedOut,
    /// What came of `Present(true)`: this tab's presence is known.
    Present,
    /// What came of a [`Effect::AwaitLeaving`]: nobody is present, or somebody has not answered in time.
    Left {
        /// The call.
        call: u64,
    },
    /// Another tab's word.
    Heard {
        /// What has happened there.
        news: SessionEvent,
        /// To which session.
        id: Id,
    },
    /// The page is about to be left, and may be frozen with all it holds.
    Suspend,
    /// The page is back, or looked at again, or was not left after all. What is due is renewed.
    Resume {
        /// The call that waits for that; 0: none does.
        call: u64,
    },
    /// It is the time of the last [`Effect::Alarm`].
    Tick,
}

/// Something to be done. Each is answered by the event that its description names, and by no other.
#[derive(Debug)]
#[non_exhaustive]
pub enum Effect<C: Tokens> {
    /// Send this exchange, once: [`Event::Answered`]. [`Shared::exchange`](super::Shared::exchange) has what to send.
    Send(u64),
    /// Send a call's request to the API: [`Event::Response`], [`Event::NoAnswer`], [`Event::Again`] or [`Event::Drop`].
    Fetch {
        /// The call.
        call: u64,
        /// The value of the `Authorization` header.
        header: C::Header,
        /// Whether the company's ID stays away, and a redirect is followed.
        is_bare: bool,
    },
    /// End a call.
    Settle {
        /// The call.
        call: u64,
        /// What has come of it.
        result: Result<Done, Error>,
    },
    /// Look who is present, what is noted of the last tab, and what the vault holds, in this order: [`Event::Found`].
    Read,
    /// Write an entry in place of what is there, in one step: [`Event::Written`].
    Write {
        /// The tokens, confidential.
        record: C::Record,
        /// The session.
        id: Id,
        /// Whether its refresh token is about to be sent: then it must outlive a crash of the device.
        is_out: bool,
        /// In place of what.
        before: Before,
    },
    /// Remove an entry, in one step: [`Event::Cleared`].
    Clear {
        /// Which one.
        before: Before,
    },
    /// Note by other means than the vault that this session is over: [`Event::Buried`]. Whoever reads its entry is told.
    Bury(Id),
    /// Ask for the lock under which one tab renews for all: [`Event::Locked`] or, so much later, [`Event::LockTimedOut`].
    Lock {
        /// How long it is waited for.
        seconds: Seconds,
    },
    /// Release it, or ask no longer. No `Locked` follows.
    Unlock,
    /// Say that this tab has tokens ([`Event::Present`]), or that it has none any more.
    Present(bool),
    /// Wait until no tab is present: [`Event::Left`], after these seconds in any case.
    AwaitLeaving {
        /// The call.
        call: u64,
        /// How long at most.
        seconds: Seconds,
    },
    /// Tell the other tabs what has happened to a session.
    Tell(SessionEvent, Id),
    /// Tell the app what has happened.
    Publish(SessionEvent),
    /// Tell the app that somebody has signed in elsewhere, whose session this tab has no part in.
    PublishElsewhere,
    /// Note when this tab is left, before it is gone.
    Leave,
    /// Come back so much later: [`Event::Tick`]; and no more at the time that was asked for before. `None`: not at all.
    Alarm(Option<Milliseconds>),
}

/// A session as the vault holds it.
#[derive(Clone, Debug, Hash)]
#[non_exhaustive]
pub struct Entry<R> {
    /// Anew with each write.
    pub revision: Id,
    /// The session.
    pub id: Id,
    /// Whether its refresh token is on its way: what has become of that only the tab knows that renews it, or nobody.
    pub is_out: bool,
    /// Whether it is noted that this session is over.
    pub is_buried: bool,
    /// The tokens.
    pub record: R,
}

impl<R> Entry<R> {
    /// An entry from its parts.
    #[must_use]
    pub const fn new(revision: Id, id: Id, is_out: bool, is_buried: bool, record: R) -> Self {
        Self {
            revision,
            id,
            is_out,
            is_buried,
            record,
        }
    }
}

/// What an entry is to stand in place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Before {
    /// Nothing.
    Nothing,
    /// This revision.
    Revision(Id),
    /// Whatever there is.
    Anything,
}

/// What has come of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Done {
    /// It is done.
    Done,
    /// The API's answer is the caller's.
    Return,
    /// Nobody is signed in any more.
    SignedOut {
        /// Whether the server has confirmed it; nothing where nobody was signed in.
        is_revoked: Option<bool>,
        /// Where the kept session is now.
        wiped: Wiped,
    },
}

/// What has become of the kept session when its user signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wiped {
    /// It is gone.
    Gone,
    /// It could not be removed. It is noted that it is over, which every start honours.
    Buried,
    /// It is still there, and nothing says that it is over.
    Kept,
}
