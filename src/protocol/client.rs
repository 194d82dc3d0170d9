//! The steps, put together: one configuration, one session, and every exchange with a server as a value.
//!
//! A step that needs a server gives an [`Exchange`]; whoever can send sends it, and brings what came back to
//! [`Client::settle`], which says what is next. Sequence and rules: [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749.html),
//! [RFC 9700](https://www.rfc-editor.org/rfc/rfc9700.html).

use super::api_request::{ApiAnswer, ApiRequest};
use super::authorization_request::{AuthorizationRequest, SignInOptions};
use super::authorization_response::{AuthorizationGrant, Granted};
use super::config::Config;
use super::http::{self, Body, HttpOutcome, HttpRequest, HttpResponse};
use super::pending_authorization::Flow;
use super::pkce::Entropy;
use super::return_to::ReturnTo;
use super::revocation_request;
use super::secret::Wiped;
use super::session::{Access, Retired, Session, SessionEvent, Snapshot, Taken};
use super::session_record;
use super::time::{Moment, UnixSeconds};
#[cfg(feature = "implicit")]
use super::token_info;
use super::token_request::{self, SentRefreshToken};
use super::token_response::{TokenSet, require_no_more_than};
use crate::error::{Code, Error, Phase};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A client: a configuration and its session. Pure; time and entropy are arguments.
#[derive(Debug)]
pub struct Client {
    config: Config,
    session: Session,
    /// How many sign-ins have been begun, and the latest of them that has succeeded.
    begun: u64,
    succeeded: u64,
}

/// One request to be sent once, with what its answer is for. Spent by [`Client::settle`].
#[derive(Debug)]
pub struct Exchange {
    /// What to send.
    pub request: HttpRequest,
    /// In a box, for an exchange goes from hand to hand.
    purpose: Box<Purpose>,
}

impl Exchange {
    fn new(request: HttpRequest, purpose: Purpose) -> Self {
        Self {
            request,
            purpose: Box::new(purpose),
        }
    }
}

#[derive(Debug)]
enum Purpose {
    Discover,
    Redeem(SignIn),
    #[cfg(feature = "implicit")]
    CheckAudience(SignIn, TokenSet),
    Renew {
        sent: SentRefreshToken,
        generation: u64,
        scope: Option<String>,
    },
    Revoke {
        next: Vec<HttpRequest>,
        is_revoked: bool,
        why: Why,
    },
}

/// A sign-in between its accepted response and its tokens.
#[derive(Debug)]
struct SignIn {
    requested_scope: Option<String>,
    return_to: ReturnTo,
    warning: Option<Error>,
    sign_outs: u64,
    /// Counts the sign-ins: one that was begun earlier does not replace one begun later.
    number: u64,
}

/// What comes of it once the tokens are revoked, whatever the server has answered.
#[derive(Debug)]
enum Why {
    SignOut,
    /// Tokens that must not be used: of a session that had ended meanwhile, or with more scope than there was.
    Refused(Error),
    /// The tokens of the session before this sign-in.
    Replaced(SignIn),
}

/// What is next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress {
    /// One more exchange.
    Send(Exchange),
    /// The server's metadata is in.
    Discovered,
    /// The user is signed in.
    SignedIn {
        /// Where to go on to.
        return_to: ReturnTo,
        /// What was put right on the way.
        warning: Option<Error>,
    },
    /// The access token is renewed.
    Refreshed,
    /// Signed out; whether the server has confirmed it.
    SignedOut {
        /// `false`: the server may still hold the tokens valid (RFC 7009 §2.2.1).
        is_revoked: bool,
    },
}

/// How a renewal starts.
#[derive(Debug)]
#[non_exhaustive]
pub enum Renewal {
    /// With this exchange.
    Send(Exchange),
    /// It has started already: wait for that one.
    UnderWay,
}

/// Whether a request to the API may leave.
#[derive(Debug)]
#[non_exhaustive]
pub enum Authorization {
    /// Yes, with this `Authorization` header; `generation` tells later whether the token was replaced meanwhile.
    Header {
        /// `Bearer …`
        value: Body,
        /// For [`Client::judge`].
        generation: u64,
    },
    /// Only after a renewal.
    RenewFirst,
}

impl Client {
    /// A client, signed out.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            session: Session::default(),
            begun: 0,
            succeeded: 0,
        }
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The session as it is now.
    #[must_use]
    pub fn session(&self, now: Moment) -> Snapshot {
        self.session.snapshot(now)
    }

    /// The latest change of the session, once.
    pub const fn take_event(&mut self) -> Option<SessionEvent> {
        self.session.take_event()
    }

    /// The request for the server's metadata, while that is still to be read.
    #[must_use]
    pub fn begin_discovery(&self) -> Option<Exchange> {
        self.config
            .discovery()
            .map(|request| Exchange::new(request, Purpose::Discover))
    }

    /// A login URL.
    ///
    /// # Errors
    ///
    /// See [`AuthorizationRequest::new`].
    pub fn begin_sign_in(
        &self,
        options: &SignInOptions,
        entropy: Entropy,
        now: UnixSeconds,
    ) -> Result<AuthorizationRequest, Error> {
        AuthorizationRequest::new(&self.config, options, entropy, now)
    }

    /// The way from an accepted response to a session: redeem the code, or check the token's audience.
    #[must_use]
    pub fn begin_redemption(&mut self, grant: AuthorizationGrant) -> Exchange {
        let AuthorizationGrant {
            credential,
            redirect_uri,
            requested_scope,
            return_to,
            warning,
        } = grant;
        self.begun += 1;
        let sign_in = SignIn {
            requested_scope,
            return_to,
            warning,
            sign_outs: self.session.sign_outs(),
            number: self.begun,
        };
        match credential {
            Granted::Code(code, verifier) => Exchange::new(
                token_request::for_code(&self.config, code, verifier, &redirect_uri),
                Purpose::Redeem(sign_in),
            ),
            #[cfg(feature = "implicit")]
            Granted::Token(tokens) => Exchange::new(
                token_info::request(&self.config, &tokens.access_token),
                Purpose::CheckAudience(sign_in, tokens),
            ),
        }
    }

    /// A renewal. The refresh token leaves the session with it.
    ///
    /// # Errors
    ///
    /// - `not_signed_in` when nobody is
    /// - `reauth_required` when there is nothing to renew with, or an earlier renewal is in doubt
    pub fn begin_refresh(&mut self) -> Result<Renewal, Error> {
        match self.session.take_refresh_token() {
            Taken::Token(token) => {
                let (request, sent) = token_request::for_refresh(&self.config, token);
                let scope = self.session.scope().map(Into::into);
                let purpose = Purpose::Renew {
                    sent,
                    generation: self.session.generation(),
                    scope,
                };
                Ok(Renewal::Send(Exchange::new(request, purpose)))
            }
            Taken::UnderWay => Ok(Renewal::UnderWay),
            Taken::Nothing => Err(Code::ReauthRequired.into()),
            Taken::SignedOut => Err(Error::from(Code::NotSignedIn).during(Phase::Refresh)),
        }
    }

    /// Signs out: the tokens leave the session at once, and go to be revoked. `None` when nobody was signed in.
    pub fn begin_sign_out(&mut self) -> Option<Exchange> {
        self.session.drop_late_answers();
        let tokens = self.session.end(SessionEvent::SignedOut)?;
        Some(self.revoke(tokens, Why::SignOut))
    }

    /// The session as a record, to go on with after a reload or in another tab: a JSON object. Confidential, for it holds
    /// the tokens. `None`: nobody is signed in, or by the implicit flow, whose tokens are never stored.
    #[must_use]
    pub fn save(&self, now: Moment) -> Option<Wiped> {
        session_record::write(self.session.tokens()?, &self.config, now)
    }

    /// Goes on with the session of a record. `is_same_grant`: another tab has renewed the session of this one, and its
    /// requests may be sent again with the new token; else they are somebody else's from now on.
    ///
    /// # Errors
    ///
    /// - `storage_version` when another version wrote it
    /// - `storage_corrupt` when it is anything but a whole record
    /// - `config_secret_forbidden` when it carries a secret
    /// - `issuer_changed` when it is of another client ID, environment or server
    pub fn restore(&mut self, record: &str, is_same_grant: bool, now: Moment) -> Result<(), Error> {
        let tokens = session_record::parse(record, &self.config, now).map_err(|error| error.during(Phase::Start))?;
        self.session.restore(tokens, is_same_grant);
        Ok(())
    }

    /// Ends the session without telling the server: another tab, which had the same one, has done that.
    pub fn forget(&mut self) {
        self.session.drop_late_answers();
        self.session.end(SessionEvent::SignedOut);
    }

    /// Takes what came back, and says what is next.
    ///
    /// # Errors
    ///
    /// - redeeming: `network_error`, `timeout`, `token_endpoint_redirected`, and those of [`TokenSet::parse`]
    /// - renewing: `reauth_required` when it was refused or stays in doubt, `rate_limited`, `network_error` when it was
    ///   not sent
    /// - `token_audience_mismatch` for a token of another application
    /// - `session_ended` when the user signed out meanwhile; late tokens are revoked first
    /// - discovery: see [`Config::discovered`]
    pub fn settle(&mut self, exchange: Exchange, outcome: HttpOutcome, now: Moment) -> Result<Progress, Error> {
        match *exchange.purpose {
            Purpose::Discover => {
                let answer = answered(outcome).map_err(|error| error.during(Phase::Config))?;
                let discovered = self.config.discovered(&answer);
                discovered
                    .map(|()| Progress::Discovered)
                    .map_err(|error| error.during(Phase::Config))
            }
            Purpose::Redeem(sign_in) => {
                let tokens = TokenSet::parse(&answered(outcome)?)?;
                Ok(self.sign_in(sign_in, tokens, Flow::Code, now))
            }
            #[cfg(feature = "implicit")]
            Purpose::CheckAudience(sign_in, tokens) => {
                token_info::require_own(&self.config, &answered(outcome)?)?;
                Ok(self.sign_in(sign_in, tokens, Flow::Implicit, now))
            }
            Purpose::Renew {
                sent,
                generation,
                scope,
            } => {
                if generation == self.session.generation() {
                    self.renew(sent, scope.as_deref(), outcome, now)
                        .map_err(|error| error.during(Phase::Refresh))
                } else {
                    self.late(outcome)
                }
            }
            Purpose::Revoke { next, is_revoked, why } => {
                let is_revoked = is_revoked && revocation_request::is_revoked(&outcome);
                Self::revoke_next(next, is_revoked, why)
            }
        }
    }

    /// Whether a request to the API may leave, and with what.
    ///
    /// # Errors
    ///
    /// - `session_ended` for another try of a request that was begun in a session before
    /// - `not_signed_in` when nobody is
    /// - `reauth_required` when the access token is over and nothing can renew it; the session has ended with it
    pub fn authorize(&mut self, request: &ApiRequest, now: Moment) -> Result<Authorization, Error> {
        let generation = self.session.generation();
        if request.first_try().is_some_and(|first| !self.session.is_of_now(first)) {
            return Err(ended());
        }
        match self.session.access(now) {
            Access::Usable(token) => Ok(Authorization::Header {
                value: http::bearer(token),
                generation,
            }),
            Access::RenewFirst => Ok(Authorization::RenewFirst),
            Access::SignedOut => Err(Code::NotSignedIn.into()),
            Access::Ended => {
                self.session.end(SessionEvent::Expired);
                Err(Error::from(Code::ReauthRequired).during(Phase::Api))
            }
        }
    }

    /// Judges an answer of the API to a request that was sent with the token of `generation`.
    #[must_use]
    pub fn judge(
        &self,
        status: u64,
        generation: u64,
        is_first_try: bool,
        is_replayable: bool,
        now: Moment,
    ) -> ApiAnswer {
        // Rotation may kill the old access token at once: then the new one is here already. But one user's request is
        // never sent again with another user's token.
        let may_retry = self.session.is_of_now(generation)
            && (self.is_replaced(generation) || self.session.may_renew_after_refusal(now));
        match ApiAnswer::judge(status, is_first_try, is_replayable) {
            ApiAnswer::RenewAndRetry if may_retry => ApiAnswer::RenewAndRetry,
            _ => ApiAnswer::Return,
        }
    }

    /// Counts the changes of the tokens: what a request is to be remembered by until its next try.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.session.generation()
    }

    /// Whether the token of `generation` was replaced meanwhile, so that a retry needs no renewal.
    #[must_use]
    pub const fn is_replaced(&self, generation: u64) -> bool {
        generation != self.session.generation()
    }

    fn sign_in(&mut self, sign_in: SignIn, tokens: TokenSet, flow: Flow, now: Moment) -> Progress {
        if sign_in.sign_outs != self.session.sign_outs() || sign_in.number < self.succeeded {
            let why = Why::Refused(ended());
            return Progress::Send(self.revoke(tokens.into(), why));
        }
        // RFC 6749 §5.1: more than was asked for is refused, and given back.
        if let Err(error) = require_no_more_than(sign_in.requested_scope.as_deref(), tokens.scope.as_deref()) {
            return Progress::Send(self.revoke(tokens.into(), Why::Refused(error)));
        }
        self.succeeded = sign_in.number;
        // RFC 6749 §5.1: a scope that is not said is the one that was asked for.
        let scope = tokens.scope.or_else(|| sign_in.requested_scope.clone());
        let tokens = TokenSet { scope, ..tokens };
        match self
            .session
            .sign_in(tokens, flow, self.config.token_mediator.is_some(), now)
        {
            Some(replaced) => Progress::Send(self.revoke(replaced, Why::Replaced(sign_in))),
            None => signed_in(sign_in),
        }
    }

    fn renew(
        &mut self,
        sent: SentRefreshToken,
        scope: Option<&str>,
        outcome: HttpOutcome,
        now: Moment,
    ) -> Result<Progress, Error> {
        let answer = match outcome {
            HttpOutcome::NotSent => {
                self.session.put_back(sent.still_good());
                return Err(Code::NetworkError.into());
            }
            HttpOutcome::Redirected | HttpOutcome::NoAnswer | HttpOutcome::TimedOut => {
                self.session.doubt();
                return Err(Code::ReauthRequired.into());
            }
            HttpOutcome::Answer(answer) => answer,
        };
        match TokenSet::parse(&answer) {
            Ok(tokens) => {
                // RFC 6749 §6: a refresh never grants more than there was.
                if let Err(error) = require_no_more_than(scope, tokens.scope.as_deref()) {
                    self.session.end(SessionEvent::ReauthRequired);
                    let why = Why::Refused(error.during(Phase::Refresh));
                    return Ok(Progress::Send(self.revoke(tokens.into(), why)));
                }
                self.session.renew(tokens, sent.still_good(), now);
                Ok(Progress::Refreshed)
            }
            Err(error) if error.code() == Code::RateLimited => {
                // Turned away at the door, before the token was looked at.
                self.session.put_back(sent.still_good());
                Err(error)
            }
            // The server broke down on the way: the token may be spent or not.
            Err(_) if answer.status >= 500 || answer.status == 200 => {
                self.session.doubt();
                Err(Code::ReauthRequired.into())
            }
            Err(error) => {
                self.session.end(SessionEvent::ReauthRequired);
                Err(match error.oauth() {
                    Some(said) => Error::said(Code::ReauthRequired, said.clone()),
                    None => Code::ReauthRequired.into(),
                })
            }
        }
    }

    /// An answer for a session that is over: its tokens are revoked, never used.
    fn late(&self, outcome: HttpOutcome) -> Result<Progress, Error> {
        let tokens = answered(outcome).ok().and_then(|answer| TokenSet::parse(&answer).ok());
        match tokens {
            Some(tokens) => Ok(Progress::Send(self.revoke(tokens.into(), Why::Refused(ended())))),
            None => Err(ended()),
        }
    }

    /// Both tokens by name: some servers forget one when told of the other, some don't.
    fn revoke(&self, tokens: Retired, why: Why) -> Exchange {
        let access = revocation_request::for_access_token(&self.config, tokens.access_token);
        let (request, next) = match tokens.refresh_token {
            Some(token) => (
                revocation_request::for_refresh_token(&self.config, token),
                Vec::from([access]),
            ),
            None => (access, Vec::new()),
        };
        let is_revoked = tokens.is_whole;
        Exchange::new(request, Purpose::Revoke { next, is_revoked, why })
    }

    fn revoke_next(mut next: Vec<HttpRequest>, is_revoked: bool, why: Why) -> Result<Progress, Error> {
        match (next.pop(), why) {
            (Some(request), why) => Ok(Progress::Send(Exchange::new(
                request,
                Purpose::Revoke { next, is_revoked, why },
            ))),
            (None, Why::SignOut) => Ok(Progress::SignedOut { is_revoked }),
            (None, Why::Refused(error)) => Err(error),
            (None, Why::Replaced(sign_in)) => Ok(signed_in(sign_in)),
        }
    }
}

fn ended() -> Error {
    Code::SessionEnded.into()
}

fn signed_in(sign_in: SignIn) -> Progress {
    Progress::SignedIn {
        return_to: sign_in.return_to,
        warning: sign_in.warning,
    }
}

/// The answer, or why there is none. A request that may have arrived is never sent again (RFC 6749 §4.1.2).
fn answered(outcome: HttpOutcome) -> Result<HttpResponse, Error> {
    match outcome {
        HttpOutcome::Answer(answer) => Ok(answer),
        HttpOutcome::Redirected => Err(Code::TokenEndpointRedirected.into()),
        HttpOutcome::NotSent | HttpOutcome::NoAnswer => Err(Code::NetworkError.into()),
        HttpOutcome::TimedOut => Err(Code::Timeout.into()),
    }
}
