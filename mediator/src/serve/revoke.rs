//! Signing out (docs/token-mediator.md, sentences 19 to 22).

use crate::clock::UnixSeconds;
use crate::config::Application;
use crate::judge::answer::{Answer, Word};
use crate::judge::procore::Outcome;
use crate::judge::session::{Resume, Session};
use crate::secret::Secret;
use crate::serve::mediator::{Mediator, Reply};
use crate::serve::once::Purpose;
use futures_util::future::join_all;

impl Mediator {
    pub async fn revoke(
        &self,
        application: &Application,
        handle: &Secret,
        token: Option<Secret>,
        session: Option<Session>,
        now: UnixSeconds,
    ) -> Reply {
        match (session, token) {
            (Some(session), token) if session.handle == *handle => {
                let session = self.end(application, session, now).await;
                let session = self.renew_to_revoke(application, session, now).await;
                let (is_confirmed, cookie) = self.settle(application, session, token, now).await;
                let answer = if is_confirmed {
                    Answer::Revoked
                } else {
                    Answer::Error(Word::TemporarilyUnavailable)
                };
                Reply {
                    answer,
                    cookie: Some(cookie),
                }
            }
            (_, Some(token)) if self.once.upstream.revoke(application, &token).await => Reply {
                answer: Answer::Revoked,
                cookie: None,
            },
            (_, Some(_)) => Word::TemporarilyUnavailable.into(),
            // Nothing is named that could be confirmed.
            (Some(_), None) => Word::SessionMismatch.into(),
            (None, None) => Word::InvalidGrant.into(),
        }
    }

    /// From here on it can't be renewed or resumed. The session with what its renewals have brought.
    pub async fn end(&self, application: &Application, session: Session, now: UnixSeconds) -> Session {
        self.once.end(Self::name(application, &session)).await;
        self.latest(application, session, now).await
    }

    /// Some servers say 200 to the revocation of a session whose access token is over, and revoke nothing (Doorkeeper 5.5 and
    /// 5.6): so it is renewed for the last time. Where that fails, the tokens of before are revoked as they are.
    async fn renew_to_revoke(&self, application: &Application, session: Session, now: UnixSeconds) -> Session {
        let Some(refresh) = session
            .refresh()
            .filter(|_| matches!(session.resume(now), Resume::Renew))
        else {
            return session;
        };
        match self.once.renew(application, Purpose::Revocation, refresh).await.outcome {
            Outcome::Granted(tokens) | Outcome::GrantedTooLate(tokens) => session.renewed(tokens, now),
            _ => session,
        }
    }

    /// Revokes its tokens and the one that the page has named: whether Procore has confirmed all, and the cookie that holds the
    /// rest.
    pub async fn settle(
        &self,
        application: &Application,
        session: Session,
        token: Option<Secret>,
        now: UnixSeconds,
    ) -> (bool, Secret) {
        let mut session = session.ended(now);
        token.into_iter().for_each(|token| session.owe(token));
        let revoke = |token: Secret| async move {
            let is_confirmed = self.once.upstream.revoke(application, &token).await;
            is_confirmed.then_some(token)
        };
        let confirmed: Vec<_> = join_all(session.owed().iter().cloned().map(revoke)).await;
        session.settle(|token| confirmed.iter().flatten().any(|one| one == token));
        let is_confirmed = session.owed().is_empty();
        (is_confirmed, self.keep(application, &mut session, now).await)
    }
}
