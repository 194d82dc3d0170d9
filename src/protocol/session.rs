//! The tokens over time: signed in or not, fresh or expired, renewed or in doubt.
//!
//! Procore: a refresh token is good for one call, successful or not (faq.md), so it is taken out of the session before
//! the request leaves ([RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749.html#section-6),
//! [RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)). Expiry counts from receipt, by both
//! clocks of the device; the server's clock plays no part.

use super::pending_authorization::Flow;
use super::secret::{AccessToken, RefreshToken};
use super::time::{Moment, Seconds, UnixSeconds};
use super::token_response::TokenSet;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// The session of one client.
#[derive(Debug, Default)]
pub struct Session {
    signed_in: Option<Box<SignedIn>>,
    /// Tokens that must not be used, and can't be revoked while somebody is signed in: where a server counts both sign-ins
    /// as one grant, the tokens in use would end with them (RFC 7009 §2.1). They go with the sign-out.
    retired: Vec<SignedIn>,
    /// Counts every change of the tokens, so that a late answer can be told from a timely one.
    generation: u64,
    /// The generation with which this session began: older requests belong to somebody else's.
    began: u64,
    sign_outs: u64,
    event: Option<SessionEvent>,
}

#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) access_token: AccessToken,
    /// When it came here, and how old it was then: more than nothing, if it came from a record.
    pub(crate) received: Moment,
    pub(crate) age: Seconds,
    pub(crate) expires_in: Seconds,
    pub(crate) scope: Option<String>,
    pub(crate) flow: Flow,
    pub(crate) renewal: Renewal,
    pub(crate) is_renewed: bool,
    /// Whether nobody is known to have used the access token, which a renewal brought together with a new refresh token.
    /// Doorkeeper with a column `previous_refresh_token` keeps the one before alive until then.
    pub(crate) is_unused: bool,
    /// Whether no other token of this sign-in can be alive, as far as anybody here knows.
    pub(crate) is_whole: bool,
    /// Whether no other tab may have renewed them meanwhile.
    pub(crate) is_latest: bool,
}

/// What there is to renew the access token with.
#[derive(Debug)]
pub(crate) enum Renewal {
    /// Nothing.
    Never,
    /// A refresh token; with a token mediator, which keeps that in a cookie, the session's handle.
    Ready(RefreshToken),
    /// It was sent, and no answer is here yet.
    UnderWay,
    /// It was sent, and whether it is spent nobody here can know.
    InDoubt,
}

/// What a session is at one moment. Holds no token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The state of the tokens.
    pub status: Status,
    /// How they were got; `None` when signed out.
    pub flow: Option<Flow>,
    /// Whether the access token can be renewed without the user.
    pub is_renewable: bool,
    /// By the device's clock; a hint for display.
    pub expires_at: Option<UnixSeconds>,
    /// As the server said it.
    pub scope: Option<String>,
}

/// The states of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// No tokens.
    SignedOut,
    /// A good access token, or one that was renewed just now.
    Fresh,
    /// A good access token, which the next request renews all the same: its time is nearly over.
    RefreshDue,
    /// The access token's time is over.
    Expired,
    /// A renewal was sent and no answer came; the access token is good until it expires.
    InDoubt,
}

impl Status {
    /// The word in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Fresh => "fresh",
            Self::RefreshDue => "refresh_due",
            Self::Expired => "expired",
            Self::InDoubt => "in_doubt",
        }
    }
}

/// Why a session changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEvent {
    /// Tokens were received for a code, or from a fragment.
    SignedIn,
    /// The access token was renewed.
    Refreshed,
    /// The access token's time is over, and nothing can renew it.
    Expired,
    /// The user signed out.
    SignedOut,
    /// The server refused to renew, or a renewal stayed without an answer.
    ReauthRequired,
}

impl SessionEvent {
    /// The word in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::Refreshed => "refreshed",
            Self::Expired => "expired",
            Self::SignedOut => "signed_out",
            Self::ReauthRequired => "reauth_required",
        }
    }

    /// What a tab may tell the others, from its word: all but that its time is over, which each tab sees for itself.
    #[cfg(any(feature = "npm", feature = "app"))]
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::SignedIn, Self::Refreshed, Self::SignedOut, Self::ReauthRequired]
            .into_iter()
            .find(|known| known.as_str() == word)
    }
}

/// Whether there is an access token to send.
#[derive(Debug)]
pub(crate) enum Access<'a> {
    /// Yes.
    Usable(&'a AccessToken),
    /// Only after a renewal, unless there was one just now.
    RenewFirst(&'a AccessToken),
    /// No, and nothing can renew it.
    Ended,
    /// Nobody is signed in.
    SignedOut,
}

/// A token that is about to expire is renewed a little before, so that it does not die on its way.
const MARGIN: Seconds = 30;

/// How long after a renewal no other is begun for a 401, where the token lives twice as long or longer; else half of its
/// life: a server with odd lifetimes, or a device with an odd clock, must not set off a storm.
const MIN_INTERVAL: Seconds = 30;

/// How many sets of retired tokens are kept to be revoked. Nobody signs in more often without signing out.
pub(crate) const MAX_RETIRED: usize = 8;

impl Session {
    /// Takes new tokens in; those that they replace are retired.
    pub(crate) fn sign_in(&mut self, tokens: Box<SignedIn>) {
        // Some servers give the same token again: then there is nothing to revoke.
        let is_other = |old: &SignedIn| !old.access_token.is(tokens.access_token.expose());
        let replaced = self.signed_in.take().filter(|old| is_other(old));
        self.signed_in = Some(tokens);
        self.changed(SessionEvent::SignedIn);
        self.began = self.generation;
        if let Some(replaced) = replaced {
            self.retire(replaced);
        }
    }

    /// Keeps tokens that must not be used until they can be revoked. Gives them back where nobody is signed in: at once.
    pub(crate) fn retire(&mut self, tokens: Box<SignedIn>) -> Option<Box<SignedIn>> {
        let Some(current) = &mut self.signed_in else {
            return Some(tokens);
        };
        if self.retired.len() < MAX_RETIRED {
            self.retired.push(*tokens);
        } else {
            current.is_whole = false;
        }
        None
    }

    /// The next set of tokens to be revoked, nobody being signed in.
    pub(crate) fn take_retired(&mut self) -> Option<Box<SignedIn>> {
        match self.signed_in {
            None => self.retired.pop().map(Box::new),
            Some(_) => None,
        }
    }

    /// Other tabs may have the retired tokens.
    pub(crate) fn doubt_retired(&mut self) {
        for tokens in &mut self.retired {
            tokens.is_latest = false;
        }
    }

    /// What it is now.
    #[must_use]
    pub fn snapshot(&self, now: Moment) -> Snapshot {
        let Some(tokens) = &self.signed_in else {
            return Snapshot {
                status: Status::SignedOut,
                flow: None,
                is_renewable: false,
                expires_at: None,
                scope: None,
            };
        };
        let age = tokens.age(now);
        let status = match tokens.renewal {
            Renewal::InDoubt if age < tokens.expires_in => Status::InDoubt,
            _ if age < tokens.due() => Status::Fresh,
            _ if age < tokens.expires_in => Status::RefreshDue,
            _ => Status::Expired,
        };
        let born = tokens.received.wall.saturating_sub(tokens.age);
        Snapshot {
            status,
            flow: Some(tokens.flow),
            is_renewable: tokens.is_renewable(),
            expires_at: Some(born.saturating_add(tokens.expires_in)),
            scope: tokens.scope.clone(),
        }
    }

    /// Whether there is a token to send now.
    pub(crate) fn access(&self, now: Moment) -> Access<'_> {
        let Some(tokens) = &self.signed_in else {
            return Access::SignedOut;
        };
        if tokens.age(now) < tokens.due() {
            Access::Usable(&tokens.access_token)
        } else if tokens.is_renewable() {
            Access::RenewFirst(&tokens.access_token)
        } else {
            Access::Ended
        }
    }

    /// Counts the changes of the tokens.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether a request of `generation` was this session's, and not one of a user before.
    pub(crate) const fn is_of_now(&self, generation: u64) -> bool {
        self.signed_in.is_some() && generation >= self.began
    }

    /// Counts how often the session was ended.
    pub(crate) const fn sign_outs(&self) -> u64 {
        self.sign_outs
    }

    /// The scope in force.
    pub(crate) fn scope(&self) -> Option<&str> {
        self.signed_in.as_ref()?.scope.as_deref()
    }

    /// Whether a 401 is worth a renewal now.
    pub(crate) fn may_renew_after_refusal(&self, now: Moment) -> bool {
        self.signed_in
            .as_ref()
            .is_some_and(|tokens| tokens.is_renewable() && tokens.age(now) >= tokens.interval())
    }

    /// Takes the refresh token out, before it is sent: from here on the session is under way or in doubt.
    pub(crate) fn take_refresh_token(&mut self) -> Taken {
        let Some(tokens) = &mut self.signed_in else {
            return Taken::SignedOut;
        };
        match core::mem::replace(&mut tokens.renewal, Renewal::UnderWay) {
            Renewal::Ready(token) => Taken::Token(token),
            Renewal::UnderWay => Taken::UnderWay,
            other => {
                tokens.renewal = other;
                Taken::Nothing
            }
        }
    }

    /// Puts a refresh token back that is known to be unused.
    pub(crate) fn put_back(&mut self, token: RefreshToken) {
        if let Some(tokens) = &mut self.signed_in {
            tokens.renewal = Renewal::Ready(token);
        }
    }

    /// Takes new tokens in, whole or not at all. `unrotated`: what to go on with if the server sent no new refresh token.
    pub(crate) fn renew(&mut self, new: TokenSet, unrotated: RefreshToken, now: Moment) {
        if let Some(tokens) = &mut self.signed_in {
            tokens.renew(new, unrotated, now);
            self.changed(SessionEvent::Refreshed);
        }
    }

    /// Says whether the access token of `generation` was used: the server has answered it with success, or nobody knows.
    pub(crate) fn used(&mut self, generation: u64, is_known: bool) {
        if generation == self.generation
            && let Some(tokens) = &mut self.signed_in
        {
            tokens.used(is_known);
        }
    }

    /// No answer came: the refresh token is given up, the access token kept for as long as it lives.
    pub(crate) fn doubt(&mut self) {
        if let Some(tokens) = &mut self.signed_in {
            tokens.renewal = Renewal::InDoubt;
            // The access token is the same, so its generation is.
            self.event = Some(SessionEvent::ReauthRequired);
        }
    }

    /// Ends the session and hands its tokens over, to be revoked or dropped.
    pub(crate) fn end(&mut self, why: SessionEvent) -> Option<Box<SignedIn>> {
        let tokens = self.signed_in.take()?;
        self.sign_outs = self.sign_outs.wrapping_add(1);
        self.changed(why);
        Some(tokens)
    }

    /// Drops the tokens, which another tab has revoked.
    pub(crate) fn forget(&mut self) {
        self.drop_late_answers();
        self.retired.clear();
        self.end(SessionEvent::SignedOut);
    }

    /// The tokens, if somebody is signed in.
    pub(crate) fn tokens(&self) -> Option<&SignedIn> {
        self.signed_in.as_deref()
    }

    /// The tokens that go with the sign-out.
    pub(crate) fn retired(&self) -> &[SignedIn] {
        &self.retired
    }

    /// Goes on with tokens from a record. `is_same_grant`: another tab has renewed, so older requests are this
    /// session's too.
    pub(crate) fn restore(&mut self, mut tokens: Box<SignedIn>, retired: Vec<SignedIn>, is_same_grant: bool) {
        let is_in_doubt = matches!(tokens.renewal, Renewal::InDoubt);
        self.retired = retired;
        if let Some(old) = &self.signed_in
            && old.access_token.is(tokens.access_token.expose())
        {
            // Nothing new but what has become of the refresh token. A renewal of our own knows better.
            if !matches!(old.renewal, Renewal::UnderWay) {
                tokens.is_unused &= old.is_unused;
                if is_in_doubt && old.is_renewable() {
                    self.event = Some(SessionEvent::ReauthRequired);
                }
                self.signed_in = Some(tokens);
            }
            return;
        }
        self.signed_in = Some(tokens);
        self.changed(match is_same_grant {
            true if is_in_doubt => SessionEvent::ReauthRequired,
            true => SessionEvent::Refreshed,
            false => SessionEvent::SignedIn,
        });
        if !is_same_grant {
            self.began = self.generation;
        }
    }

    /// Makes answers still on their way too late, also while nobody is signed in.
    pub(crate) const fn drop_late_answers(&mut self) {
        self.sign_outs = self.sign_outs.wrapping_add(1);
    }

    /// The latest change not yet asked for.
    pub(crate) const fn take_event(&mut self) -> Option<SessionEvent> {
        self.event.take()
    }

    const fn changed(&mut self, event: SessionEvent) {
        self.generation = self.generation.wrapping_add(1);
        self.event = Some(event);
    }
}

impl SignedIn {
    /// Tokens as they have come.
    pub(crate) fn new(tokens: TokenSet, flow: Flow, now: Moment) -> Box<Self> {
        let renewal = tokens.refresh_token.map_or(Renewal::Never, Renewal::Ready);
        Box::new(Self {
            access_token: tokens.access_token,
            received: now,
            age: 0,
            expires_in: tokens.expires_in,
            scope: tokens.scope,
            flow,
            renewal,
            is_renewed: false,
            is_unused: false,
            is_whole: true,
            is_latest: true,
        })
    }

    /// Takes new tokens in. `unrotated`: what was sent for them.
    pub(crate) fn renew(&mut self, new: TokenSet, unrotated: RefreshToken, now: Moment) {
        // What the use of the token that is replaced now would have ended may live on.
        self.used(false);
        self.is_unused = new
            .refresh_token
            .as_ref()
            .is_some_and(|new| !new.is(unrotated.expose()));
        self.renewal = Renewal::Ready(new.refresh_token.unwrap_or(unrotated));
        self.access_token = new.access_token;
        self.received = now;
        self.age = 0;
        self.is_renewed = true;
        self.expires_in = new.expires_in;
        self.scope = new.scope.or_else(|| self.scope.take());
    }

    /// The access token was used, or nobody knows.
    pub(crate) const fn used(&mut self, is_known: bool) {
        self.is_whole &= is_known || !self.is_unused;
        self.is_unused = false;
    }

    /// Whether the access token's time is over, or nearly, and there is something to renew it with.
    pub(crate) fn is_over(&self, now: Moment) -> bool {
        matches!(self.renewal, Renewal::Ready(_)) && self.age(now) >= self.due()
    }

    /// Whether the access token's time is not over yet.
    pub(crate) fn is_alive(&self, now: Moment) -> bool {
        self.age(now) < self.expires_in
    }

    /// How old the access token is.
    pub(crate) fn age(&self, now: Moment) -> Seconds {
        now.since(self.received).saturating_add(self.age)
    }

    /// The age at which it is renewed, or over.
    fn due(&self) -> Seconds {
        if self.is_renewable() {
            // A token shorter-lived than the margin would never be fresh.
            let margin = MARGIN.min((self.expires_in / 10).max(1));
            self.expires_in.saturating_sub(margin)
        } else {
            self.expires_in
        }
    }

    /// The age before which no 401 renews it.
    fn interval(&self) -> Seconds {
        if self.is_renewed {
            MIN_INTERVAL.min(self.expires_in / 2)
        } else {
            0
        }
    }

    const fn is_renewable(&self) -> bool {
        matches!(self.renewal, Renewal::Ready(_) | Renewal::UnderWay)
    }
}

/// What came of asking for the refresh token.
#[derive(Debug)]
pub(crate) enum Taken {
    /// Here it is.
    Token(RefreshToken),
    /// It is out already.
    UnderWay,
    /// There is none, or it is in doubt.
    Nothing,
    /// Nobody is signed in.
    SignedOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: Seconds) -> Moment {
        Moment::new(1000 + seconds, seconds)
    }

    fn tokens(name: &str, expires_in: Seconds, is_renewable: bool) -> TokenSet {
        TokenSet {
            access_token: AccessToken::new(name.into()),
            refresh_token: is_renewable.then(|| RefreshToken::new("RT".into())),
            expires_in,
            scope: None,
        }
    }

    fn received(name: &str, expires_in: Seconds, is_renewable: bool, now: Seconds) -> Box<SignedIn> {
        SignedIn::new(tokens(name, expires_in, is_renewable), Flow::Code, at(now))
    }

    fn signed_in(expires_in: Seconds, is_renewable: bool) -> Session {
        let mut session = Session::default();
        session.sign_in(received("AT1", expires_in, is_renewable, 0));
        session
    }

    fn access(session: &Session, now: Seconds) -> &str {
        match session.access(at(now)) {
            Access::Usable(token) => token.expose(),
            Access::RenewFirst(_) => "renew first",
            Access::Ended => "ended",
            Access::SignedOut => "signed out",
        }
    }

    #[test]
    fn a_token_is_renewed_half_a_minute_or_a_tenth_of_its_life_and_at_least_a_second_before_its_end() {
        for (expires_in, is_renewable, last, then) in [
            (5400, true, 5369, "renew first"),
            (300, true, 269, "renew first"),
            (299, true, 269, "renew first"),
            (60, true, 53, "renew first"),
            (9, true, 7, "renew first"),
            // Nothing to renew it with: good to its last second.
            (5400, false, 5399, "ended"),
        ] {
            let session = signed_in(expires_in, is_renewable);
            assert_eq!(access(&session, last), "AT1", "{expires_in}");
            assert_eq!(access(&session, last + 1), then, "{expires_in}");
        }
        assert_eq!(access(&Session::default(), 0), "signed out");
    }

    #[test]
    fn a_token_is_due_exactly_when_the_next_request_renews_it() {
        for expires_in in [0, 9, 60, 5400] {
            for is_renewable in [true, false] {
                let session = signed_in(expires_in, is_renewable);
                for now in expires_in.saturating_sub(40)..expires_in {
                    let is_due = session.snapshot(at(now)).status == Status::RefreshDue;
                    assert_eq!(is_due, access(&session, now) == "renew first", "{expires_in} {now}");
                }
                assert_eq!(session.snapshot(at(expires_in)).status, Status::Expired);
            }
        }
    }

    #[test]
    fn a_renewed_token_is_over_when_its_own_lifetime_is() {
        for expires_in in [0, 1, 2, 9, 29, 60, 5400] {
            let mut session = signed_in(5400, true);
            session.renew(tokens("AT2", expires_in, true), RefreshToken::new("RT".into()), at(10));
            let fresh = signed_in(expires_in, true);
            for age in (0..70).chain(5369..5371) {
                let renewed = match access(&session, 10 + age) {
                    "AT2" => "AT1",
                    other => other,
                };
                assert_eq!(renewed, access(&fresh, age), "{expires_in} {age}");
            }
        }
    }

    #[test]
    fn a_refused_token_is_renewed_again_after_half_a_minute_or_half_of_its_life() {
        assert!(
            signed_in(5400, true).may_renew_after_refusal(at(0)),
            "a sign-in is no renewal"
        );
        for (expires_in, interval) in [(5400, 30), (60, 30), (20, 10), (2, 1)] {
            let mut session = signed_in(5400, true);
            session.renew(tokens("AT2", expires_in, true), RefreshToken::new("RT".into()), at(10));
            assert!(!session.may_renew_after_refusal(at(9 + interval)), "{expires_in}");
            assert!(session.may_renew_after_refusal(at(10 + interval)), "{expires_in}");
        }
    }

    #[test]
    fn a_refresh_token_is_taken_once() {
        let mut session = signed_in(60, true);
        assert!(matches!(session.take_refresh_token(), Taken::Token(_)));
        assert!(matches!(session.take_refresh_token(), Taken::UnderWay));
        session.doubt();
        assert!(matches!(session.take_refresh_token(), Taken::Nothing));
        assert_eq!(session.snapshot(at(59)).status, Status::InDoubt);
        assert_eq!(session.snapshot(at(60)).status, Status::Expired);
        let tokens = session.end(SessionEvent::SignedOut).unwrap();
        assert!(matches!(tokens.renewal, Renewal::InDoubt), "not here to be revoked");
        assert!(matches!(session.take_refresh_token(), Taken::SignedOut));
    }

    #[test]
    fn only_requests_since_the_sign_in_are_this_sessions() {
        let mut session = signed_in(60, true);
        let before = session.generation();
        session.renew(tokens("AT2", 60, true), RefreshToken::new("RT".into()), at(1));
        assert!(session.is_of_now(before), "a renewal is the same user's");
        session.end(SessionEvent::SignedOut);
        assert!(!session.is_of_now(session.generation()), "nobody is signed in");
        session.sign_in(received("AT3", 60, true, 2));
        assert!(!session.is_of_now(before) && session.is_of_now(session.generation()));
    }
}
