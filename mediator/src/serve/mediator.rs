//! The mediator: what a page asks, done.

use crate::clock::UnixSeconds;
use crate::config::{Application, Config};
use crate::judge::answer::{Answer, Word};
use crate::judge::cookie::{self, MAX_COOKIE};
use crate::judge::name::{self, Name};
use crate::judge::procore::Outcome;
use crate::judge::request::Ask;
use crate::judge::session::Session;
use crate::secret::Secret;
use crate::serve::entropy;
use crate::serve::metrics::Metrics;
use crate::serve::once::Once;
use axum::http::HeaderMap;
use std::sync::Arc;
use zeroize::Zeroizing;

pub struct Mediator {
    pub config: Config,
    pub once: Once,
    pub metrics: Arc<Metrics>,
}

/// An answer, and the `Set-Cookie` that goes with it. Without one the browser's cookie stays as it is.
pub struct Reply {
    pub answer: Answer,
    pub cookie: Option<Secret>,
}

impl From<Word> for Reply {
    fn from(word: Word) -> Self {
        Self {
            answer: Answer::Error(word),
            cookie: None,
        }
    }
}

impl Mediator {
    pub async fn reply(&self, application: &Application, ask: Ask, headers: &HeaderMap, now: UnixSeconds) -> Reply {
        let session = self.session(application, headers);
        match ask {
            Ask::Redeem(redeem) => self.redeem(application, &redeem, session, now).await,
            Ask::Check(redeem) => self.check(application, &redeem).await,
            Ask::Renew { handle } => self.renew(application, &handle, session, now).await,
            Ask::Resume => self.resume(application, session, now).await,
            Ask::Revoke { handle, token } => self.revoke(application, &handle, token, session, now).await,
        }
    }

    fn session(&self, application: &Application, headers: &HeaderMap) -> Option<Session> {
        let sealed = cookie::find(headers, &application.cookie_name)?;
        let plain = self.config.keys.open(&application.cookie_purpose(), sealed.expose())?;
        serde_json::from_slice(&plain).ok()
    }

    pub fn name(application: &Application, session: &Session) -> Name {
        name::of_session(application, session.handle.expose())
    }

    /// The cookie that holds a session, or removes one that has nothing left. What it has no room for is revoked.
    pub async fn keep(&self, application: &Application, session: &mut Session, now: UnixSeconds) -> Secret {
        if session.is_ended() && session.owed().is_empty() {
            return cookie::remove(&application.cookie_name);
        }
        let max_age = self
            .config
            .is_cookie_kept
            .then(|| session.left(now, self.config.lifetimes));
        let mut crowded_out = Vec::new();
        let header = loop {
            let plain = Zeroizing::new(serde_json::to_vec(session).unwrap_or_default());
            let sealed = self
                .config
                .keys
                .seal(&application.cookie_purpose(), &plain, entropy::bytes());
            let header = cookie::set(&application.cookie_name, &sealed.unwrap_or_default(), max_age);
            if header.expose().len() <= MAX_COOKIE {
                break header;
            }
            match session.shrink() {
                Some(token) => crowded_out.extend(token),
                None => break header,
            }
        };
        for token in &crowded_out {
            if !self.once.upstream.revoke(application, token).await {
                tracing::warn!(
                    application = application.name,
                    "a token that had no room in the cookie is not known to be revoked"
                );
            }
        }
        header
    }
}

/// What a page hears of an outcome without tokens.
pub fn word_for(outcome: &Outcome, now: UnixSeconds) -> Word {
    match outcome {
        Outcome::Refused | Outcome::GrantedTooLate(_) => Word::InvalidGrant,
        Outcome::InDoubt => Word::InDoubt,
        Outcome::InvalidClient => Word::InvalidClient,
        Outcome::RateLimited { until } => Word::RateLimited(until.saturating_sub(now).max(1)),
        Outcome::NotNow | Outcome::Granted(_) => Word::TemporarilyUnavailable,
    }
}
