//! A session: what the cookie holds, and what becomes of it (docs/token-mediator.md).

use crate::clock::UnixSeconds;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// How long a session lives, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// Since its last use: sign-in, renewal, resumption.
    pub idle: u64,
    /// Since its sign-in.
    pub absolute: u64,
}

/// What one sign-in has begun. Short names: a cookie has 4096 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    #[serde(rename = "h")]
    pub handle: Secret,
    #[serde(rename = "c")]
    created_at: UnixSeconds,
    #[serde(rename = "u")]
    used_at: UnixSeconds,
    #[serde(rename = "s")]
    state: State,
    /// Tokens that are kept to be revoked, and for nothing else: of sign-ins that this one has replaced, and what Procore has
    /// not confirmed. The oldest first.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    owed: Vec<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    #[serde(rename = "r")]
    Ready {
        #[serde(rename = "r")]
        refresh: Refresh,
        #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
        access: Option<Access>,
    },
    /// In doubt: the refresh token was sent, and dropped. Or Procore gave none.
    #[serde(rename = "d")]
    Unrenewable {
        #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
        access: Option<Access>,
    },
    #[serde(rename = "e")]
    Ended,
}

/// A refresh token, to be sent once in each generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    #[serde(rename = "t")]
    pub token: Secret,
    /// How many answers to it had no new one, and so kept it (RFC 6749 §6).
    #[serde(rename = "g", default, skip_serializing_if = "is_zero")]
    pub generation: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An access token and what Procore has said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    #[serde(rename = "t")]
    pub token: Secret,
    #[serde(rename = "e")]
    pub expires_at: UnixSeconds,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<u64>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl Access {
    const fn lives(&self, now: UnixSeconds, seconds: u64) -> bool {
        self.expires_at >= now.saturating_add(seconds)
    }
}

/// What Procore has granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub access: Access,
    pub refresh: Option<Secret>,
}

/// How a session is taken up again.
#[derive(Debug)]
pub enum Resume {
    Answer(Access),
    Renew,
    Over,
}

/// An access token that lives for less is renewed before a page gets it.
const WORTH_ANSWERING: u64 = 30;

impl Session {
    /// A sign-in. What it replaces is retired.
    pub fn begin(handle: Secret, tokens: Tokens, now: UnixSeconds, replaced: Option<Self>) -> Self {
        let access = Some(tokens.access);
        let state = match tokens.refresh {
            Some(token) => State::Ready {
                refresh: Refresh { token, generation: 0 },
                access,
            },
            None => State::Unrenewable { access },
        };
        let owed = replaced.map(|session| session.ended(now).owed).unwrap_or_default();
        Self {
            handle,
            created_at: now,
            used_at: now,
            state,
            owed,
        }
    }

    pub const fn is_over(&self, now: UnixSeconds, lifetimes: Lifetimes) -> bool {
        now.saturating_sub(self.created_at) > lifetimes.absolute || now.saturating_sub(self.used_at) > lifetimes.idle
    }

    /// Notes that it is in use, and says whether that is worth a new cookie. Seldom: a cookie that is set beside a renewal could
    /// come to the browser after the renewal's.
    pub const fn touch(&mut self, now: UnixSeconds, lifetimes: Lifetimes) -> bool {
        let is_due = now.saturating_sub(self.used_at) > lifetimes.idle / 10;
        if is_due {
            self.used_at = now;
        }
        is_due
    }

    /// Seconds until its absolute lifetime is over.
    pub const fn left(&self, now: UnixSeconds, lifetimes: Lifetimes) -> u64 {
        self.created_at.saturating_add(lifetimes.absolute).saturating_sub(now)
    }

    pub const fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    pub const fn refresh(&self) -> Option<&Refresh> {
        match &self.state {
            State::Ready { refresh, .. } => Some(refresh),
            _ => None,
        }
    }

    const fn access(&self) -> Option<&Access> {
        match &self.state {
            State::Ready { access, .. } | State::Unrenewable { access } => access.as_ref(),
            State::Ended => None,
        }
    }

    pub fn resume(&self, now: UnixSeconds) -> Resume {
        match (self.access(), self.refresh()) {
            (Some(access), _) if access.lives(now, WORTH_ANSWERING) => Resume::Answer(access.clone()),
            (_, Some(_)) => Resume::Renew,
            _ => Resume::Over,
        }
    }

    /// The session after a renewal. Without a new refresh token the one before stays.
    pub fn renewed(mut self, tokens: Tokens, now: UnixSeconds) -> Self {
        let kept = self.refresh().map(|Refresh { token, generation }| Refresh {
            token: token.clone(),
            generation: generation.saturating_add(1),
        });
        let refresh = tokens.refresh.map(|token| Refresh { token, generation: 0 }).or(kept);
        let access = Some(tokens.access);
        self.state = match refresh {
            Some(refresh) => State::Ready { refresh, access },
            None => State::Unrenewable { access },
        };
        self.used_at = now;
        self
    }

    /// A renewal was sent, and nobody knows what became of it: its refresh token is dropped.
    pub fn doubted(mut self) -> Self {
        let access = self.access().cloned();
        self.state = State::Unrenewable { access };
        self
    }

    /// Its tokens are only to be revoked from now on. An access token that is over needs no revocation.
    pub fn ended(mut self, now: UnixSeconds) -> Self {
        let refresh = self.refresh().map(|refresh| refresh.token.clone());
        let access = self
            .access()
            .filter(|access| access.lives(now, 1))
            .map(|access| access.token.clone());
        self.owed.extend(refresh.into_iter().chain(access));
        self.state = State::Ended;
        self
    }

    /// The same after Procore has refused its refresh token, which is dead.
    pub fn refused(self, now: UnixSeconds) -> Self {
        self.doubted().ended(now)
    }

    /// A token that the page has named is one more to be revoked.
    pub fn owe(&mut self, token: Secret) {
        if !self.owed.contains(&token) {
            self.owed.push(token);
        }
    }

    pub fn owed(&self) -> &[Secret] {
        &self.owed
    }

    /// Forgets what Procore has confirmed as revoked.
    pub fn settle(&mut self, is_confirmed: impl Fn(&Secret) -> bool) {
        self.owed.retain(|token| !is_confirmed(token));
    }

    /// Makes it smaller, where a cookie has no room for all: first without the oldest token that is owed, which is handed out to be
    /// revoked at once; then without the access token, which a renewal brings back. None where nothing can be left out.
    pub fn shrink(&mut self) -> Option<Option<Secret>> {
        if !self.owed.is_empty() {
            return Some(Some(self.owed.remove(0)));
        }
        match &mut self.state {
            State::Ready { access, .. } => access.take().map(|_| None),
            State::Unrenewable { .. } | State::Ended => None,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const LIFETIMES: Lifetimes = Lifetimes {
        idle: 100,
        absolute: 1000,
    };

    pub fn tokens(access: &str, refresh: Option<&str>, expires_at: u64) -> Tokens {
        let access = Access {
            token: access.into(),
            expires_at,
            created_at: None,
            scope: None,
        };
        Tokens {
            access,
            refresh: refresh.map(Secret::from),
        }
    }

    fn session() -> Session {
        Session::begin("H1".into(), tokens("A1", Some("R1"), 5400), 0, None)
    }

    fn owed(session: &Session) -> Vec<&str> {
        session.owed().iter().map(Secret::expose).collect()
    }

    #[test]
    fn a_new_sign_in_retires_the_tokens_of_the_one_before_and_of_those_before_it() {
        let second = Session::begin("H2".into(), tokens("A2", Some("R2"), 5400), 10, Some(session()));
        let third = Session::begin("H3".into(), tokens("A3", Some("R3"), 5400), 20, Some(second));
        assert_eq!(owed(&third), ["R1", "A1", "R2", "A2"]);
        assert_eq!(owed(&third.ended(30)), ["R1", "A1", "R2", "A2", "R3", "A3"]);
    }

    #[test]
    fn an_access_token_that_is_over_is_not_owed() {
        assert_eq!(owed(&session().ended(5400)), ["R1"]);
        assert_eq!(owed(&session().ended(5399)), ["R1", "A1"]);
    }

    #[test]
    fn a_renewal_replaces_both_tokens_and_keeps_the_handle() {
        let renewed = session().renewed(tokens("A2", Some("R2"), 9000), 50);
        assert_eq!(renewed.handle.expose(), "H1");
        assert_eq!(renewed.refresh().unwrap().token.expose(), "R2");
        assert_eq!(owed(&renewed.ended(60)), ["R2", "A2"]);
    }

    #[test]
    fn an_answer_without_a_refresh_token_keeps_the_one_before_in_its_next_generation() {
        let renewed = session().renewed(tokens("A2", None, 9000), 50);
        let Refresh { token, generation } = renewed.refresh().unwrap();
        assert_eq!((token.expose(), *generation), ("R1", 1));
    }

    #[test]
    fn in_doubt_the_refresh_token_is_dropped_and_the_access_token_answers_while_it_lives() {
        let doubted = session().doubted();
        assert!(doubted.refresh().is_none());
        assert!(matches!(doubted.resume(5370), Resume::Answer(access) if access.token.expose() == "A1"));
        assert!(matches!(doubted.resume(5371), Resume::Over));
        assert_eq!(owed(&doubted.ended(10)), ["A1"]);
    }

    #[test]
    fn resuming_renews_only_if_it_has_to() {
        assert!(matches!(session().resume(5370), Resume::Answer(_)));
        assert!(matches!(session().resume(5371), Resume::Renew));
        assert!(matches!(session().ended(0).resume(0), Resume::Over));
    }

    #[test]
    fn a_refused_refresh_token_is_not_owed() {
        assert_eq!(owed(&session().refused(10)), ["A1"]);
    }

    #[test]
    fn lifetimes_count_from_the_sign_in_and_from_the_last_use() {
        assert!(!session().is_over(100, LIFETIMES));
        assert!(session().is_over(101, LIFETIMES));
        let used = session().renewed(tokens("A2", Some("R2"), 9000), 950);
        assert!(!used.is_over(1000, LIFETIMES));
        assert!(used.is_over(1001, LIFETIMES));
        assert_eq!(used.left(400, LIFETIMES), 600);
        let mut resumed = session();
        assert!(!resumed.touch(10, LIFETIMES) && !resumed.is_over(100, LIFETIMES));
        assert!(resumed.touch(90, LIFETIMES) && !resumed.is_over(190, LIFETIMES) && resumed.is_over(191, LIFETIMES));
    }

    #[test]
    fn it_shrinks_by_the_oldest_owed_first_and_then_by_the_access_token() {
        let mut session = Session::begin("H2".into(), tokens("A2", Some("R2"), 5400), 10, Some(session()));
        assert_eq!(session.shrink(), Some(Some("R1".into())));
        assert_eq!(session.shrink(), Some(Some("A1".into())));
        assert!(matches!(session.resume(10), Resume::Answer(_)));
        assert_eq!(session.shrink(), Some(None));
        assert!(matches!(session.resume(10), Resume::Renew));
        assert_eq!(session.shrink(), None);
    }

    #[test]
    fn what_is_confirmed_is_forgotten_and_the_rest_stays() {
        let mut ended = session().ended(0);
        ended.owe("A1".into());
        ended.settle(|token| token.expose() == "A1");
        assert_eq!(owed(&ended), ["R1"]);
    }

    #[test]
    fn it_is_read_back_as_it_was() {
        let session = Session::begin("H2".into(), tokens("A2", Some("R2"), 5400), 10, Some(session()));
        for one in [
            session.clone(),
            session.clone().doubted(),
            session.renewed(tokens("A3", None, 1), 2).ended(3),
        ] {
            assert_eq!(
                serde_json::from_slice::<Session>(&serde_json::to_vec(&one).unwrap()).unwrap(),
                one
            );
        }
    }
}
