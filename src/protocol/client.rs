//! The steps, put together: one configuration, one session, and every exchange with a server as a value.
//!
//! A step that needs a server gives an [`Exchange`]; whoever can send sends it, and brings what came back to
//! [`Client::settle`], which says what is next. Sequence and rules: [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749.html),
//! [RFC 9700](https://www.rfc-editor.org/rfc/rfc9700.html).

use super::api_request::ApiRequest;
use super::api_response::{ApiAnswer, ApiResponse};
use super::authorization_request::{AuthorizationRequest, SignInOptions};
use super::authorization_response::{AuthorizationGrant, AuthorizationResponse, Granted};
use super::config::Config;
use super::form;
use super::http::{self, Body, HttpOutcome, HttpRequest, HttpResponse};
use super::pending_authorization::{Flow, PendingAuthorization};
use super::pkce::Entropy;
use super::return_to::ReturnTo;
use super::revocation_request;
use super::secret::{State, Wiped};
use super::session::{self, Access, Session, SessionEvent, SignedIn, Snapshot, Taken};
use super::session_record;
use super::time::{Moment, UnixSeconds};
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
    /// Where the last response was to go on to: the next sign-in may be begun on its page.
    meant: String,
}

/// One request to be sent once, with what its answer is for. Spent by [`Client::settle`].
#[derive(Debug)]
pub struct Exchange {
    /// What to send.
    pub request: Box<HttpRequest>,
    /// In a box, for an exchange goes from hand to hand.
    purpose: Box<Purpose>,
}

impl Exchange {
    fn new(request: Box<HttpRequest>, purpose: Purpose) -> Self {
        Self {
            request,
            purpose: Box::new(purpose),
        }
    }

    /// Where the sign-in that it belongs to is to go on to.
    fn return_to(&self) -> Option<ReturnTo> {
        match &*self.purpose {
            Purpose::Redeem(sign_in) => Some(sign_in.return_to.clone()),
            #[cfg(feature = "implicit")]
            Purpose::CheckAudience(sign_in, _) => Some(sign_in.return_to.clone()),
            _ => None,
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
        sign_outs: u64,
        scope: Option<String>,
    },
    /// Taking up the session in a token mediator's cookie, for as long as the session here is of this generation.
    Resume(u64),
    /// The first use of a renewed access token, before it is renewed again.
    Use(u64),
    /// The same before it is revoked.
    UseToRevoke(Box<SignedIn>, Revocation),
    /// The renewal of a session that is over, so that its tokens can be revoked.
    RenewToRevoke(Box<SignedIn>, SentRefreshToken, Revocation),
    Revoke {
        /// Told last, where the refresh token is told first.
        access_token: Option<Box<HttpRequest>>,
        tokens: Box<SignedIn>,
        may_repeat: bool,
        revocation: Revocation,
    },
}

/// What a revocation has come to so far, for one set of tokens after the other.
#[derive(Debug)]
struct Revocation {
    why: Why,
    is_revoked: bool,
    /// Whether an access token that is over may be renewed for it.
    may_renew: bool,
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
    /// The access token was used, or could not be.
    Used,
    /// Signed out; whether the server has confirmed it.
    SignedOut {
        /// `false`: the server may still hold some token valid (RFC 7009 §2.2.1). It could not be told, or refused (401,
        /// 403), or a renewal had left it with a token that nobody here knows, or with the refresh token of before.
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
            meant: String::new(),
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

    /// The name that a token mediator has given to the session, for as long as it can be renewed by it: no secret, and the same over
    /// all renewals.
    #[must_use]
    pub fn session_handle(&self) -> Option<&str> {
        match &self.session.tokens()?.renewal {
            session::Renewal::Ready(handle) if self.config.is_mediated() => Some(handle.expose()),
            _ => None,
        }
    }

    /// Whether somebody is signed in, if only with a token that is to be renewed.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.session.tokens().is_some()
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
        AuthorizationRequest::meant(&self.config, options, &self.meant, entropy, now)
    }

    /// Judges a response to a sign-in of this client. Where that fails, the next sign-in that is begun on the redirect URI
    /// returns to where this one was to.
    ///
    /// # Errors
    ///
    /// See [`PendingAuthorization::accept`].
    pub fn accept_response(
        &mut self,
        pending: PendingAuthorization,
        response: &AuthorizationResponse,
        now: UnixSeconds,
    ) -> Result<AuthorizationGrant, Error> {
        self.meant.clone_from(&pending.return_to);
        let accepted = pending.accept(response, &self.config, now);
        accepted.map_err(|error| match ReturnTo::parse(&self.meant, &self.config) {
            Ok(return_to) => error.returning_to(return_to.as_str()),
            Err(_) => error,
        })
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

    /// The first use of an access token that came by a renewal, to be made before the next one: some servers keep the
    /// refresh token of before alive until then (Doorkeeper's `previous_refresh_token`), and after the next renewal nobody
    /// could end it any more. `None`: it was used, or there is no way to.
    #[must_use]
    pub fn begin_use(&self) -> Option<Exchange> {
        let tokens = self.session.tokens().filter(|tokens| tokens.is_unused)?;
        let request = token_info::first_use(&self.config, &tokens.access_token)?;
        Some(Exchange::new(request, Purpose::Use(self.session.generation())))
    }

    /// Takes up the session in a token mediator's cookie: after a reload, say. `None` without a mediator, or where somebody is
    /// signed in. Settles with `invalid_grant` where there is none.
    #[must_use]
    pub fn begin_resume(&self) -> Option<Exchange> {
        (self.config.is_mediated() && !self.is_signed_in()).then(|| {
            let request = token_request::to_resume(&self.config);
            Exchange::new(request, Purpose::Resume(self.session.generation()))
        })
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
                    sign_outs: self.session.sign_outs(),
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
        self.begin_ending(true, now)
    }

    /// The same. `is_latest`: whether no other tab may have renewed these tokens meanwhile; else a renewal would send a refresh
    /// token again, and there may be tokens that nobody here knows.
    pub(crate) fn begin_ending(&mut self, is_latest: bool, now: Moment) -> Option<Exchange> {
        self.session.drop_late_answers();
        if !is_latest {
            self.session.doubt_retired();
        }
        let tokens = self.session.end(SessionEvent::SignedOut).map(|mut tokens| {
            tokens.is_latest = is_latest;
            tokens
        });
        let tokens = tokens.or_else(|| self.session.take_retired())?;
        Some(self.revoke(tokens, Revocation::new(Why::SignOut), now))
    }

    /// Other tabs may have the tokens of sign-ins before.
    pub(crate) fn doubt_retired(&mut self) {
        self.session.doubt_retired();
    }

    /// The session as a record, to go on with after a reload or in another tab: a JSON object. Confidential, for it holds
    /// the tokens. `None`: nobody is signed in, or by the implicit flow, whose tokens are never stored.
    #[must_use]
    pub fn save(&self, now: Moment) -> Option<Wiped> {
        session_record::write(&self.session, &self.config, now)
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
        let (tokens, retired) =
            session_record::parse(record, &self.config, now).map_err(|error| error.during(Phase::Start))?;
        self.session.restore(tokens, retired, is_same_grant);
        Ok(())
    }

    /// Keeps the tokens of a record to be revoked with the session that there is now.
    ///
    /// # Errors
    ///
    /// Those of [`Client::restore`]
    pub fn retire(&mut self, record: &str, now: Moment) -> Result<(), Error> {
        let (tokens, _) = session_record::parse(record, &self.config, now)?;
        self.session.retire(tokens);
        Ok(())
    }

    /// Ends the session without telling the server: another tab, which had the same one, has done that.
    pub fn forget(&mut self) {
        self.session.forget();
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
        let return_to = exchange.return_to();
        self.accept(exchange, outcome, now).map_err(|error| {
            let error = secrets.iter().fold(error, |error, secret| error.without_echo(secret));
            match return_to {
                Some(return_to) => error.returning_to(return_to.as_str()),
                None => error,
            }
        })
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
                let tokens = TokenSet::of(&answered(outcome)?, &self.config)?;
                self.sign_in(sign_in, tokens, Flow::Code, now)
            }
            #[cfg(feature = "implicit")]
            Purpose::CheckAudience(sign_in, tokens) => {
                token_info::require_own(&self.config, &answered(outcome)?)?;
                self.sign_in(sign_in, tokens, Flow::Implicit, now)
            }
            Purpose::Renew {
                sent,
                generation,
                sign_outs,
                scope,
            } => {
                if generation == self.session.generation() {
                    self.renew(sent, scope.as_deref(), outcome, now)
                        .map_err(|error| error.during(Phase::Refresh))
                } else {
                    self.late(outcome, sign_outs, now)
                }
            }
            Purpose::Resume(generation) => {
                let tokens = TokenSet::of(&answered(outcome)?, &self.config)?;
                if generation == self.session.generation() {
                    self.session.sign_in(SignedIn::new(tokens, Flow::Code, now));
                }
                Ok(Progress::Refreshed)
            }
            Purpose::Use(generation) => {
                self.session.used(generation, token_info::is_known(&outcome));
                Ok(Progress::Used)
            }
            Purpose::UseToRevoke(mut tokens, revocation) => {
                tokens.used(token_info::is_known(&outcome));
                Ok(Progress::Send(self.revoke(tokens, revocation, now)))
            }
            Purpose::RenewToRevoke(mut tokens, sent, mut revocation) => {
                revocation.may_renew = false;
                if let Renewed::Tokens(new) = Renewed::parse(outcome, &self.config) {
                    tokens.renew(new, sent.still_good(), now);
                } else {
                    // A token that is spent can be revoked as well: the server says yes. That is no proof, and neither is a
                    // refusal, which may answer a request that the browser has sent again by itself (RFC 9110 §9.2.2).
                    tokens.renewal = session::Renewal::Ready(sent.still_good());
                    tokens.is_whole = false;
                }
                Ok(Progress::Send(self.revoke(tokens, revocation, now)))
            }
            Purpose::Revoke {
                access_token,
                tokens,
                may_repeat,
                mut revocation,
            } => {
                // Said twice is said once (RFC 7009 §2.2), so this one request may go out again, though only once.
                if may_repeat && revocation_request::is_unheard(&outcome) {
                    let purpose = Purpose::Revoke {
                        access_token,
                        tokens,
                        may_repeat: false,
                        revocation,
                    };
                    return Ok(Progress::Send(Exchange::new(exchange.request, purpose)));
                }
                // Told of a refresh token after the access token's end, Doorkeeper before 5.9 says 200, and keeps it.
                let is_believed = access_token.is_none() || tokens.is_alive(now);
                revocation.is_revoked &= is_believed && revocation_request::is_revoked(&outcome);
                self.revoke_next(access_token, tokens, may_repeat, revocation, now)
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
        self.authorization(request.first_try(), request.is_renewed(), now)
    }

    /// The same, for a request that was found good before.
    pub(crate) fn authorization(
        &mut self,
        first_try: Option<u64>,
        is_renewed: bool,
        now: Moment,
    ) -> Result<Authorization, Error> {
        let generation = self.session.generation();
        if first_try.is_some_and(|first| !self.session.is_of_now(first)) {
            return Err(ended());
        }
        match self.session.access(now) {
            // A server that gives out tokens which are over at once may mean another clock than ours.
            Access::RenewFirst(_) if !is_renewed => Ok(Authorization::RenewFirst),
            Access::Usable(token) | Access::RenewFirst(token) => Ok(Authorization::Header {
                value: http::bearer(token),
                generation,
            }),
            Access::SignedOut => Err(Code::NotSignedIn.into()),
            Access::Ended => {
                self.session.end(SessionEvent::Expired);
                Err(Error::from(Code::ReauthRequired).during(Phase::Api))
            }
        }
    }

    /// Judges an answer of the API to a request that was sent with the token of `generation`.
    #[must_use]
    pub fn judge(&mut self, response: &ApiResponse<'_>, generation: u64, now: Moment) -> ApiAnswer {
        if response.shows_use() {
            self.session.used(generation, true);
        }
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

    /// Whether the access token came by a renewal, and no answer has shown yet that the server has seen it: then also an
    /// answer with success is to be brought to [`Client::judge`].
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.session.tokens().is_some_and(|tokens| tokens.is_unused)
    }

    fn sign_in(&mut self, sign_in: SignIn, tokens: TokenSet, flow: Flow, now: Moment) -> Result<Progress, Error> {
        let mut tokens = SignedIn::new(tokens, flow, now);
        if sign_in.sign_outs != self.session.sign_outs() || sign_in.number < self.succeeded {
            return self.give_back(tokens, sign_in.sign_outs, ended(), now);
        }
        // RFC 6749 §5.1: more than was asked for is refused, and given back.
        if let Err(error) = require_no_more_than(sign_in.requested_scope.as_deref(), tokens.scope.as_deref()) {
            return self.give_back(tokens, sign_in.sign_outs, error, now);
        }
        self.succeeded = sign_in.number;
        // RFC 6749 §5.1: a scope that is not said is the one that was asked for.
        tokens.scope = tokens.scope.take().or(sign_in.requested_scope);
        self.session.sign_in(tokens);
        Ok(Progress::SignedIn {
            return_to: sign_in.return_to,
            warning: sign_in.warning,
        })
    }

    fn renew(
        &mut self,
        sent: SentRefreshToken,
        scope: Option<&str>,
        outcome: HttpOutcome,
        now: Moment,
    ) -> Result<Progress, Error> {
        match Renewed::parse(outcome, &self.config) {
            Renewed::Tokens(tokens) => {
                // RFC 6749 §6: a refresh never grants more than there was.
                if let Err(error) = require_no_more_than(scope, tokens.scope.as_deref()) {
                    return match self.session.end(SessionEvent::ReauthRequired) {
                        Some(mut current) => {
                            current.renew(tokens, sent.still_good(), now);
                            let sign_outs = self.session.sign_outs();
                            self.give_back(current, sign_outs, error.during(Phase::Refresh), now)
                        }
                        None => Err(error),
                    };
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
                let error = match error.oauth() {
                    _ if error.code() == Code::SessionEnded => error,
                    Some(said) => Error::said(Code::ReauthRequired, said.clone()),
                    None => Code::ReauthRequired.into(),
                };
                match self.session.take_retired() {
                    Some(tokens) => {
                        let sign_outs = self.session.sign_outs();
                        self.give_back(tokens, sign_outs, error.during(Phase::Refresh), now)
                    }
                    None => Err(error),
                }
            }
        }
    }

    /// An answer for a session that is over: its tokens are revoked, never used.
    fn late(&mut self, outcome: HttpOutcome, sign_outs: u64, now: Moment) -> Result<Progress, Error> {
        match Renewed::parse(outcome, &self.config) {
            Renewed::Tokens(new) => {
                let mut tokens = SignedIn::new(new, Flow::Code, now);
                tokens.is_unused = true;
                self.give_back(tokens, sign_outs, ended(), now)
            }
            _ => Err(ended()),
        }
    }

    /// Tokens that must not be used. They are revoked at once, unless that could hit those of the session: then they are
    /// retired. What was asked for before the user signed out, as `sign_outs` counts, belongs to another session for sure.
    fn give_back(&mut self, tokens: Box<SignedIn>, sign_outs: u64, why: Error, now: Moment) -> Result<Progress, Error> {
        let tokens = match sign_outs == self.session.sign_outs() {
            true => self.session.retire(tokens),
            false => Some(tokens),
        };
        match tokens {
            Some(tokens) => Ok(Progress::Send(self.revoke(
                tokens,
                Revocation::new(Why::Refused(why)),
                now,
            ))),
            None => Err(why),
        }
    }

    /// Both tokens by name: some servers forget one when told of the other, some don't.
    ///
    /// An access token that came by a renewal and was not used is used first, for only that ends the refresh token of
    /// before at some. One whose time is over is renewed first, once. For told of an expired token, Doorkeeper says 200 and
    /// leaves the refresh token alive: before 5.9 if told of that, since then if told of the access token.
    fn revoke(&self, mut tokens: Box<SignedIn>, revocation: Revocation, now: Moment) -> Exchange {
        if tokens.is_unused
            && let Some(request) = token_info::first_use(&self.config, &tokens.access_token)
        {
            return Exchange::new(request, Purpose::UseToRevoke(tokens, revocation));
        }
        tokens.used(false);
        tokens.is_whole &= tokens.is_latest;
        let is_over = revocation.may_renew && tokens.is_latest && tokens.is_over(now);
        let refresh_token = match core::mem::replace(&mut tokens.renewal, session::Renewal::Never) {
            session::Renewal::Ready(token) => Some(token),
            session::Renewal::Never => None,
            session::Renewal::UnderWay | session::Renewal::InDoubt => {
                tokens.is_whole = false;
                None
            }
        };
        if is_over && let Some(token) = refresh_token {
            let (request, sent) = token_request::for_refresh(&self.config, token);
            return Exchange::new(request, Purpose::RenewToRevoke(tokens, sent, revocation));
        }
        // A mediator is told both at once.
        let (handle, refresh_token) = match self.config.is_mediated() {
            true => (refresh_token, None),
            false => (None, refresh_token),
        };
        let access = revocation_request::for_access_token(&self.config, &tokens.access_token, handle.as_ref());
        let (request, access_token) = match refresh_token {
            Some(token) => (revocation_request::for_refresh_token(&self.config, token), Some(access)),
            None => (access, None),
        };
        let purpose = Purpose::Revoke {
            access_token,
            tokens,
            may_repeat: true,
            revocation,
        };
        Exchange::new(request, purpose)
    }

    fn revoke_next(
        &mut self,
        access_token: Option<Box<HttpRequest>>,
        tokens: Box<SignedIn>,
        may_repeat: bool,
        mut revocation: Revocation,
        now: Moment,
    ) -> Result<Progress, Error> {
        if let Some(request) = access_token {
            let purpose = Purpose::Revoke {
                access_token: None,
                tokens,
                may_repeat,
                revocation,
            };
            return Ok(Progress::Send(Exchange::new(request, purpose)));
        }
        revocation.is_revoked &= tokens.is_whole;
        // Somebody may have signed in meanwhile: then the rest waits for the next sign-out.
        if let Some(retired) = self.session.take_retired() {
            revocation.may_renew = true;
            return Ok(Progress::Send(self.revoke(retired, revocation, now)));
        }
        match revocation.why {
            Why::SignOut => Ok(Progress::SignedOut {
                is_revoked: revocation.is_revoked && self.session.retired().is_empty(),
            }),
            Why::Refused(error) => Err(error),
        }
    }
}

impl Revocation {
    const fn new(why: Why) -> Self {
        Self {
            why,
            is_revoked: true,
            may_renew: true,
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
    #[inline(never)]
    fn parse(outcome: HttpOutcome, config: &Config) -> Self {
        let is_unsent = matches!(outcome, HttpOutcome::NotSent);
        let answer = match answered(outcome) {
            Err(error) if is_unsent || config.is_mediated() => return Self::Unused(error),
            Err(_) => return Self::InDoubt,
            Ok(answer) => answer,
        };
        match TokenSet::of(&answer, config) {
            Ok(tokens) => Self::Tokens(tokens),
            Err(error) if error.code() == Code::RateLimited => Self::Unused(error),
            // A token mediator sends each refresh token once, whatever it is asked, and says when the session is over.
            Err(error) if config.is_mediated() && !matches!(error.code(), Code::InvalidGrant | Code::SessionEnded) => {
                Self::Unused(error)
            }
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
