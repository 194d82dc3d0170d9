//! Renewing and resuming (docs/token-mediator.md, sentences 11 to 18).

use crate::clock::{self, UnixSeconds};
use crate::config::Application;
use crate::judge::answer::{Answer, Word};
use crate::judge::procore::Outcome;
use crate::judge::session::{Resume, Session};
use crate::secret::Secret;
use crate::serve::mediator::{Mediator, Reply, word_for};
use crate::serve::once::Purpose;

/// How many renewals an old cookie may be behind. More than one in a minute is rare.
const MAX_BEHIND: usize = 16;

impl Mediator {
    pub async fn renew(
        &self,
        application: &Application,
        handle: &Secret,
        session: Option<Session>,
        now: UnixSeconds,
    ) -> Reply {
        let Some(session) = session else {
            return Word::InvalidGrant.into();
        };
        if session.handle != *handle {
            return Word::SessionMismatch.into();
        }
        if session.is_over(now, self.config.lifetimes) {
            return self.over(application, session, now).await;
        }
        match self.once.is_ended(Self::name(application, &session)).await {
            Err(_) => Word::TemporarilyUnavailable.into(),
            // By another request, whose cookie is newer than this one.
            Ok(true) => Word::InvalidGrant.into(),
            Ok(false) => self.advance(application, session, now).await,
        }
    }

    pub async fn resume(&self, application: &Application, session: Option<Session>, now: UnixSeconds) -> Reply {
        let Some(session) = session else {
            return Word::InvalidGrant.into();
        };
        if session.is_over(now, self.config.lifetimes) {
            return self.over(application, session, now).await;
        }
        match self.once.is_ended(Self::name(application, &session)).await {
            Err(_) => return Word::TemporarilyUnavailable.into(),
            Ok(true) if !session.is_ended() => return Word::InvalidGrant.into(),
            Ok(_) => {}
        }
        match session.resume(now) {
            Resume::Over => self.over(application, session, now).await,
            Resume::Renew => self.advance(application, session, now).await,
            // The renewed token is the one that lives.
            Resume::Answer(_) if self.is_behind(application, &session).await => {
                self.advance(application, session, now).await
            }
            Resume::Answer(access) => {
                let mut session = session;
                let (handle, is_due) = (session.handle.clone(), session.touch(now, self.config.lifetimes));
                let cookie = if is_due {
                    Some(self.keep(application, &mut session, now).await)
                } else {
                    None
                };
                Reply {
                    answer: Answer::Tokens { access, handle },
                    cookie,
                }
            }
        }
    }

    /// Its tokens would live on at Procore, and nobody would know them any more: so they are revoked now.
    async fn over(&self, application: &Application, session: Session, now: UnixSeconds) -> Reply {
        let session = self.end(application, session, now).await;
        let (_, cookie) = self.settle(application, session, None, now).await;
        let cookie = Some(cookie);
        Reply {
            answer: Answer::Error(Word::InvalidGrant),
            cookie,
        }
    }

    /// Renews a session, or finds out what its renewal has brought already.
    async fn advance(&self, application: &Application, mut session: Session, now: UnixSeconds) -> Reply {
        let name = Self::name(application, &session);
        let mut access = None;
        for _ in 0..MAX_BEHIND {
            // In doubt, or ended: its cookie says so already.
            let Some(refresh) = session.refresh() else { break };
            let renewal = self.once.renew(application, Purpose::Renewal(name), refresh).await;
            match renewal.outcome {
                Outcome::Granted(tokens) => {
                    access = Some(tokens.access.clone());
                    session = session.renewed(tokens, clock::now());
                }
                // What the renewal before has brought is good.
                failure if failure.is_kept() && access.is_some() => break,
                failure => return self.not_renewed(application, session, &failure, now).await,
            }
            if !renewal.is_old || !self.is_behind(application, &session).await {
                break;
            }
        }
        let Some(access) = access else {
            return Word::InvalidGrant.into();
        };
        let cookie = Some(self.keep(application, &mut session, clock::now()).await);
        Reply {
            answer: Answer::Tokens {
                access,
                handle: session.handle,
            },
            cookie,
        }
    }

    async fn not_renewed(
        &self,
        application: &Application,
        session: Session,
        failure: &Outcome,
        now: UnixSeconds,
    ) -> Reply {
        let now = clock::now().max(now);
        let word = word_for(failure, now);
        // A sign-out or a sign-in may have ended it meanwhile: then the cookie that they have set must stay.
        if self
            .once
            .is_ended(Self::name(application, &session))
            .await
            .unwrap_or(false)
        {
            return Word::InvalidGrant.into();
        }
        let mut session = match failure {
            Outcome::InDoubt => session.doubted(),
            Outcome::Refused => session.refused(now),
            _ => return word.into(),
        };
        let cookie = Some(self.keep(application, &mut session, now).await);
        Reply {
            answer: Answer::Error(word),
            cookie,
        }
    }

    /// Whether its refresh token was sent already: then the cookie is of before a renewal.
    async fn is_behind(&self, application: &Application, session: &Session) -> bool {
        match session.refresh() {
            Some(refresh) => self.once.is_spent(application, refresh).await,
            None => false,
        }
    }

    /// The session with what its renewals have brought, those under way included. Starts none.
    pub async fn latest(&self, application: &Application, mut session: Session, now: UnixSeconds) -> Session {
        for _ in 0..MAX_BEHIND {
            let Some(refresh) = session.refresh() else { break };
            match self.once.outcome(application, refresh).await {
                Some(Outcome::Granted(tokens) | Outcome::GrantedTooLate(tokens)) => {
                    session = session.renewed(tokens, now)
                }
                Some(Outcome::InDoubt | Outcome::Refused) => session = session.doubted(),
                _ => break,
            }
        }
        session
    }
}
