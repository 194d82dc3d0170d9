//! Signing in (docs/token-mediator.md, sentences 7 to 10).

use crate::clock::{self, UnixSeconds};
use crate::config::Application;
use crate::judge::answer::{Answer, Word};
use crate::judge::procore::Outcome;
use crate::judge::request::Redeem;
use crate::judge::session::Session;
use crate::serve::entropy;
use crate::serve::mediator::{Mediator, Reply, word_for};
use futures_util::future::join_all;

impl Mediator {
    /// Redeems a code. The session that was there before is retired.
    pub async fn redeem(
        &self,
        application: &Application,
        redeem: &Redeem,
        replaced: Option<Session>,
        now: UnixSeconds,
    ) -> Reply {
        let tokens = match self.send_code(application, redeem).await {
            Outcome::Granted(tokens) => tokens,
            other => return word_for(&other, now).into(),
        };
        let now = clock::now();
        let replaced = match replaced {
            Some(session) => {
                // A renewal of it may be under way: it gets its answer first, and its tokens are the ones to retire. So are those
                // of one that begins before the session has ended.
                let session = self.latest(application, session, now).await;
                self.once.end(Self::name(application, &session)).await;
                Some(self.latest(application, session, now).await)
            }
            None => None,
        };
        let access = tokens.access.clone();
        let mut session = Session::begin(entropy::handle(), tokens, now, replaced);
        let cookie = Some(self.keep(application, &mut session, now).await);
        Reply {
            answer: Answer::Tokens {
                access,
                handle: session.handle,
            },
            cookie,
        }
    }

    /// Redeems a code with a verifier that is wrong on purpose. Whoever refuses it has looked at it.
    pub async fn check(&self, application: &Application, redeem: &Redeem) -> Reply {
        let tokens = match self.send_code(application, redeem).await {
            Outcome::Granted(tokens) => tokens,
            other => return word_for(&other, clock::now()).into(),
        };
        let all = tokens.refresh.iter().chain([&tokens.access.token]);
        let confirmed = join_all(all.map(|token| self.once.upstream.revoke(application, token))).await;
        if confirmed.iter().all(|is_confirmed| *is_confirmed) {
            Reply {
                answer: Answer::PkceIgnored,
                cookie: None,
            }
        } else {
            Word::TemporarilyUnavailable.into()
        }
    }

    async fn send_code(&self, application: &Application, redeem: &Redeem) -> Outcome {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", redeem.code.expose()),
            ("redirect_uri", &redeem.redirect_uri),
            ("code_verifier", redeem.code_verifier.expose()),
        ];
        self.once
            .redeem(
                application,
                &redeem.code,
                &fields,
                &[&redeem.code, &redeem.code_verifier],
            )
            .await
    }
}
