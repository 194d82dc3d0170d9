//! Signing out (docs/token-mediator.md, sentences 19 to 22).

use crate::clock::UnixSeconds;
use crate::config::Application;
use crate::judge::answer::{Answer, Word};
use crate::judge::session::Session;
use crate::secret::Secret;
use crate::serve::mediator::{Mediator, Reply};
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
                let (is_confirmed, cookie) = self.close(application, session, token, now).await;
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

    /// Ends a session and revokes its tokens and the one that the page has named: whether Procore has confirmed all, and the
    /// cookie that holds the rest.
    pub async fn close(
        &self,
        application: &Application,
        session: Session,
        token: Option<Secret>,
        now: UnixSeconds,
    ) -> (bool, Secret) {
        self.once.end(Self::name(application, &session)).await;
        let mut session = self.latest(application, session, now).await.ended(now);
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
