//! What the shared session needs of the tokens in it: steps that begin or end an exchange
//! ([RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749.html#section-6)). Real ones are a [`Client`], which nothing can
//! clone; those of a model checker are numbers, which it has to clone.
//!
//! ```compile_fail,E0277
//! use procore_spa_auth::protocol::client::Client;
//! use procore_spa_auth::protocol::shared::Shared;
//! fn cloned<T: Clone>() {}
//! cloned::<Shared<Client>>();
//! ```

use super::event::Id;
use crate::error::Error;
use crate::protocol::api_response::{ApiAnswer, ApiResponse};
use crate::protocol::authorization_response::AuthorizationGrant;
use crate::protocol::client::{Authorization, Client, Exchange, Progress, Renewal};
use crate::protocol::http::{Body, HttpOutcome};
use crate::protocol::secret::Wiped;
use crate::protocol::session::{SessionEvent, Status};
use crate::protocol::time::Moment;

/// The tokens of one tab, and all that a server is asked about them. See [`Client`] for what each step means.
pub trait Tokens {
    /// One request to be sent once.
    type Exchange;
    /// What came of it.
    type Outcome;
    /// An accepted response to a sign-in.
    type Grant;
    /// The tokens as they are stored. Confidential.
    type Record;
    /// What authorizes a request to the API.
    type Header;

    /// The request for the server's metadata, if that is still to be read.
    fn begin_discovery(&self) -> Option<Self::Exchange>;
    /// Taking up the session that a token mediator keeps, where there is one and nobody is signed in here.
    fn begin_resume(&self) -> Option<Self::Exchange>;
    /// The name that a token mediator has given to the session.
    fn session_id(&self) -> Option<Id>;
    /// The way from an accepted response to tokens.
    fn begin_redemption(&mut self, grant: Self::Grant) -> Self::Exchange;
    /// The first use of an access token, where that is to be made before it is renewed.
    fn begin_use(&self) -> Option<Self::Exchange>;
    /// A renewal; nothing where one is under way.
    ///
    /// # Errors
    ///
    /// See [`Client::begin_refresh`].
    fn begin_refresh(&mut self) -> Result<Option<Self::Exchange>, Error>;
    /// Takes the tokens out, to be revoked. `is_latest`: whether no other tab may have renewed them meanwhile; else nothing is
    /// renewed with them any more, not even to be revoked.
    fn begin_sign_out(&mut self, is_latest: bool, now: Moment) -> Option<Self::Exchange>;
    /// Takes what came back; no outcome: it was never sent.
    ///
    /// # Errors
    ///
    /// See [`Client::settle`].
    fn settle(
        &mut self,
        exchange: Self::Exchange,
        outcome: Option<Self::Outcome>,
        now: Moment,
    ) -> Result<Next<Self::Exchange>, Error>;
    /// The tokens as a record.
    fn save(&self, now: Moment) -> Option<Self::Record>;
    /// Goes on with a record.
    ///
    /// # Errors
    ///
    /// See [`Client::restore`].
    fn restore(&mut self, record: &Self::Record, is_same_session: bool, now: Moment) -> Result<(), Error>;
    /// Keeps the tokens of a record to be revoked with the session that there is now: some servers end both if one is revoked.
    ///
    /// # Errors
    ///
    /// See [`Client::retire`].
    fn retire(&mut self, record: &Self::Record, now: Moment) -> Result<(), Error>;
    /// Other tabs may have the tokens of sign-ins before: nothing is renewed with those any more, not even to be revoked.
    fn doubt_retired(&mut self);
    /// Drops the tokens, which another tab gives back.
    fn forget(&mut self);
    /// The latest change, once.
    fn take_event(&mut self) -> Option<SessionEvent>;
    /// What authorizes a request, of which `first` is the generation of the first try; nothing where a renewal comes first.
    ///
    /// # Errors
    ///
    /// See [`Client::authorize`].
    fn authorize(&mut self, first: Option<u64>, is_renewed: bool, now: Moment) -> Result<Option<Self::Header>, Error>;
    /// Judges an answer of the API to a request of that generation.
    fn judge(&mut self, response: &ApiResponse<'_>, generation: u64, now: Moment) -> ApiAnswer;
    /// Counts the changes of the tokens.
    fn generation(&self) -> u64;
    /// Whether there are tokens.
    fn is_signed_in(&self) -> bool;
    /// Whether the access token is over, or nearly, and can be renewed.
    fn is_due(&self, now: Moment) -> bool;
}

/// What is next, once an answer is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Next<X> {
    /// One more exchange.
    Send(X),
    /// Somebody is signed in by it.
    SignedIn,
    /// The tokens were given back; whether the server has confirmed it.
    SignedOut(bool),
    /// Nothing.
    Done,
}

impl Tokens for Client {
    type Exchange = Exchange;
    type Outcome = HttpOutcome;
    type Grant = AuthorizationGrant;
    type Record = Wiped;
    type Header = Body;

    fn begin_discovery(&self) -> Option<Exchange> {
        self.begin_discovery()
    }

    fn begin_resume(&self) -> Option<Exchange> {
        self.begin_resume()
    }

    /// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>) of the session handle, which is random: the same in every tab.
    fn session_id(&self) -> Option<Id> {
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        self.session_handle()
            .map(|handle| handle.bytes().fold(BASIS, mix) >> 11)
    }

    fn begin_redemption(&mut self, grant: AuthorizationGrant) -> Exchange {
        self.begin_redemption(grant)
    }

    fn begin_use(&self) -> Option<Exchange> {
        self.begin_use()
    }

    fn begin_refresh(&mut self) -> Result<Option<Exchange>, Error> {
        self.begin_refresh().map(|renewal| match renewal {
            Renewal::Send(exchange) => Some(exchange),
            Renewal::UnderWay => None,
        })
    }

    fn begin_sign_out(&mut self, is_latest: bool, now: Moment) -> Option<Exchange> {
        self.begin_ending(is_latest, now)
    }

    fn settle(
        &mut self,
        exchange: Exchange,
        outcome: Option<HttpOutcome>,
        now: Moment,
    ) -> Result<Next<Exchange>, Error> {
        self.settle(exchange, outcome.unwrap_or(HttpOutcome::NotSent), now)
            .map(|progress| match progress {
                Progress::Send(exchange) => Next::Send(exchange),
                Progress::SignedIn { .. } => Next::SignedIn,
                Progress::SignedOut { is_revoked } => Next::SignedOut(is_revoked),
                Progress::Discovered | Progress::Refreshed | Progress::Used => Next::Done,
            })
    }

    fn save(&self, now: Moment) -> Option<Wiped> {
        self.save(now)
    }

    fn restore(&mut self, record: &Wiped, is_same_session: bool, now: Moment) -> Result<(), Error> {
        self.restore(record, is_same_session, now)
    }

    fn retire(&mut self, record: &Wiped, now: Moment) -> Result<(), Error> {
        self.retire(record, now)
    }

    fn doubt_retired(&mut self) {
        self.doubt_retired();
    }

    fn forget(&mut self) {
        self.forget();
    }

    fn take_event(&mut self) -> Option<SessionEvent> {
        self.take_event()
    }

    fn authorize(&mut self, first: Option<u64>, is_renewed: bool, now: Moment) -> Result<Option<Body>, Error> {
        self.authorization(first, is_renewed, now)
            .map(|authorization| match authorization {
                Authorization::Header { value, .. } => Some(value),
                Authorization::RenewFirst => None,
            })
    }

    fn judge(&mut self, response: &ApiResponse<'_>, generation: u64, now: Moment) -> ApiAnswer {
        self.judge(response, generation, now)
    }

    fn generation(&self) -> u64 {
        self.generation()
    }

    fn is_signed_in(&self) -> bool {
        self.is_signed_in()
    }

    fn is_due(&self, now: Moment) -> bool {
        let session = self.session(now);
        session.is_renewable && session.status != Status::Fresh
    }
}
