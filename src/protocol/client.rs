//! The steps, put together: one configuration, one session, and every exchange with a server as a value.
//!
//! A step that needs a server gives an [`Exchange`]; whoever can send sends it, and brings what came back to
//! [`Client::settle`], which says what is next. Sequence and rules: [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749.html),
//! [RFC 9700](https://www.rfc-editor.org/rfc/rfc9700.html).

use super::api_request::ApiRequest;
use super::api_response::{ApiAnswer, ApiResponse};
use super::authorization_request::{AuthorizationRequest, SignInOptions};
use super::authorization_response::{AuthorizationGrant, Granted};
use super::config::Config;
use super::form;
use super::http::{self, Body, HttpOutcome, HttpRequest, HttpResponse};
use super::pending_authorization::Flow;
use super::pkce::Entropy;
use super::return_to::ReturnTo;
use super::revocation_request;
use super::secret::{AccessToken, State, Wiped};
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
    /// The renewal of a session that is over, so that its tokens can be revoked.
    RenewToRevoke(AccessToken, SentRefreshToken, Why),
    Revoke {
        next: Vec<HttpRequest>,
        is_revoked: bool,
        may_repeat: bool,
        why: Why,
    },
}

/// A sign-in between its accepted response and its tokens.
#[derive(Debug)]
struct SignIn {
    state: State,
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
        /// `false`: the server may still hold the tokens valid (RFC 7009 §2.2.1). It could not be told, or refused (401,
        /// 403), or a renewal had left it with a token that nobody here knows.
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
            state,
            redirect_uri,
            requested_scope,
            return_to,
            warning,
        } = grant;
        self.begun += 1;
        let sign_in = SignIn {
            state,
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

    /// Signs out: the tokens leave the session at once, and go to be revoked; an access token whose time is over is
    /// renewed for that. `None` when nobody was signed in.
    pub fn begin_sign_out(&mut self, now: Moment) -> Option<Exchange> {
        self.session.drop_late_answers();
        let is_over = self.session.is_over(now);
        let tokens = self.session.end(SessionEvent::SignedOut)?;
        Some(self.revoke(tokens, is_over, Why::SignOut))
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
        let secrets = self.secrets(&exchange);
        self.accept(exchange, outcome, now)
            .map_err(|error| secrets.iter().fold(error, |error, secret| error.without_echo(secret)))
    }

    /// What the server of this exchange has seen and nobody is to read.
    fn secrets(&self, exchange: &Exchange) -> Vec<Wiped> {
        const SECRETS: [&str; 4] = ["code", "code_verifier", "refresh_token", "token"];
        let sent = exchange.request.body.as_ref().map(Body::expose).unwrap_or_default();
        let mut secrets = Vec::new();
        for (name, value) in form::pairs(sent) {
            if SECRETS.contains(&name) {
                secrets.push(form::decode(value).unwrap_or_default());
            }
        }
        if let Purpose::Redeem(sign_in) = &*exchange.purpose {
            secrets.push(Wiped::from(sign_in.state.expose()));
        }
        if let Some(held) = self.session.tokens() {
            secrets.push(Wiped::from(held.access_token.expose()));
        }
        secrets
    }

    fn accept(&mut self, exchange: Exchange, outcome: HttpOutcome, now: Moment) -> Result<Progress, Error> {
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
            Purpose::RenewToRevoke(access_token, sent, why) => {
                let tokens = match Renewed::parse(outcome) {
                    Renewed::Tokens(tokens) => Retired {
                        refresh_token: tokens.refresh_token.or_else(|| sent.still_good()),
                        access_token: tokens.access_token,
                        is_whole: true,
                    },
                    // A token that is spent can be revoked as well: the server says yes.
                    other => Retired {
                        refresh_token: sent.still_good(),
                        access_token,
                        is_whole: matches!(other, Renewed::Refused(_)),
                    },
                };
                Ok(Progress::Send(self.revoke(tokens, false, why)))
            }
            Purpose::Revoke {
                next,
                is_revoked,
                may_repeat,
                why,
            } => {
                // Said twice is said once (RFC 7009 §2.2), so this one request may go out again, though only once.
                if may_repeat && revocation_request::is_unheard(&outcome) {
                    let purpose = Purpose::Revoke {
                        next,
                        is_revoked,
                        may_repeat: false,
                        why,
                    };
                    return Ok(Progress::Send(Exchange::new(exchange.request, purpose)));
                }
                let is_revoked = is_revoked && revocation_request::is_revoked(&outcome);
                Self::revoke_next(next, is_revoked, may_repeat, why)
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
    pub fn judge(&self, response: &ApiResponse<'_>, generation: u64, now: Moment) -> ApiAnswer {
        // One user's request is never sent again with another user's token.
        if !self.session.is_of_now(generation) {
            return ApiAnswer::Return;
        }
        match response.judge(&self.config.environment, now.wall) {
            // Rotation may kill the old access token at once: then the new one is here already.
            ApiAnswer::RenewAndRetry if !self.is_replaced(generation) && !self.session.may_renew_after_refusal(now) => {
                ApiAnswer::Return
            }
            answer => answer,
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
            return Progress::Send(self.give_back(tokens, ended()));
        }
        // RFC 6749 §5.1: more than was asked for is refused, and given back.
        if let Err(error) = require_no_more_than(sign_in.requested_scope.as_deref(), tokens.scope.as_deref()) {
            return Progress::Send(self.give_back(tokens, error));
        }
        self.succeeded = sign_in.number;
        // RFC 6749 §5.1: a scope that is not said is the one that was asked for.
        let scope = tokens.scope.or_else(|| sign_in.requested_scope.clone());
        let tokens = TokenSet { scope, ..tokens };
        let is_over = self.session.is_over(now);
        match self
            .session
            .sign_in(tokens, flow, self.config.token_mediator.is_some(), now)
        {
            Some(replaced) => Progress::Send(self.revoke(replaced, is_over, Why::Replaced(sign_in))),
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
        match Renewed::parse(outcome) {
            Renewed::Tokens(tokens) => {
                // RFC 6749 §6: a refresh never grants more than there was.
                if let Err(error) = require_no_more_than(scope, tokens.scope.as_deref()) {
                    self.session.end(SessionEvent::ReauthRequired);
                    return Ok(Progress::Send(self.give_back(tokens, error.during(Phase::Refresh))));
                }
                self.session.renew(tokens, sent.still_good(), now);
                Ok(Progress::Refreshed)
            }
            Renewed::Unused(error) => {
                self.session.put_back(sent.still_good());
                Err(error)
            }
            Renewed::InDoubt => {
                self.session.doubt();
                Err(Code::ReauthRequired.into())
            }
            Renewed::Refused(error) => {
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
        match Renewed::parse(outcome) {
            Renewed::Tokens(tokens) => Ok(Progress::Send(self.give_back(tokens, ended()))),
            _ => Err(ended()),
        }
    }

    /// Tokens that must not be used.
    fn give_back(&self, tokens: TokenSet, why: Error) -> Exchange {
        self.revoke(tokens.into(), false, Why::Refused(why))
    }

    /// Both tokens by name: some servers forget one when told of the other, some don't.
    ///
    /// `is_over`: the access token's time is over, though it could be renewed. Then it is, once. For told of an expired
    /// token, Doorkeeper says 200 and leaves the refresh token alive: before 5.9 if told of that, since then if told of
    /// the access token.
    fn revoke(&self, tokens: Retired, is_over: bool, why: Why) -> Exchange {
        if is_over && tokens.is_whole {
            let (request, sent) = token_request::for_refresh(&self.config, tokens.refresh_token);
            return Exchange::new(request, Purpose::RenewToRevoke(tokens.access_token, sent, why));
        }
        let access = revocation_request::for_access_token(&self.config, tokens.access_token);
        let (request, next) = match tokens.refresh_token {
            Some(token) => (
                revocation_request::for_refresh_token(&self.config, token),
                Vec::from([access]),
            ),
            None => (access, Vec::new()),
        };
        let purpose = Purpose::Revoke {
            next,
            is_revoked: tokens.is_whole,
            may_repeat: true,
            why,
        };
        Exchange::new(request, purpose)
    }

    fn revoke_next(
        mut next: Vec<HttpRequest>,
        is_revoked: bool,
        may_repeat: bool,
        why: Why,
    ) -> Result<Progress, Error> {
        match (next.pop(), why) {
            (Some(request), why) => {
                let purpose = Purpose::Revoke {
                    next,
                    is_revoked,
                    may_repeat,
                    why,
                };
                Ok(Progress::Send(Exchange::new(request, purpose)))
            }
            (None, Why::SignOut) => Ok(Progress::SignedOut { is_revoked }),
            (None, Why::Refused(error)) => Err(error),
            (None, Why::Replaced(sign_in)) => Ok(signed_in(sign_in)),
        }
    }
}

/// What has become of a refresh token that was sent.
enum Renewed {
    /// Spent, for these.
    Tokens(TokenSet),
    /// Not looked at: it never left, or was turned away at the door.
    Unused(Error),
    /// Nobody knows: no answer came, or the server broke down on the way.
    InDoubt,
    /// Dead.
    Refused(Error),
}

impl Renewed {
    fn parse(outcome: HttpOutcome) -> Self {
        let answer = match outcome {
            HttpOutcome::NotSent => return Self::Unused(not_sent()),
            HttpOutcome::Redirected | HttpOutcome::NoAnswer | HttpOutcome::TimedOut => return Self::InDoubt,
            HttpOutcome::Answer(answer) => answer,
        };
        match TokenSet::parse(&answer) {
            Ok(tokens) => Self::Tokens(tokens),
            Err(error) if error.code() == Code::RateLimited => Self::Unused(error),
            Err(_) if answer.status >= 500 || answer.status == 200 => Self::InDoubt,
            Err(error) => Self::Refused(error),
        }
    }
}

fn not_sent() -> Error {
    Error::about(Code::NetworkError, "nothing was sent")
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
        HttpOutcome::NotSent => Err(not_sent()),
        HttpOutcome::NoAnswer => Err(Code::NetworkError.into()),
        HttpOutcome::TimedOut => Err(Code::Timeout.into()),
    }
}
