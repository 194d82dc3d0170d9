//! Requests to Procore: one connection each, no redirect followed, nothing sent again.

use crate::clock;
use crate::config::{Application, Config};
use crate::judge::procore::{self, Answer, Outcome};
use crate::secret::Secret;
use crate::serve::metrics::Metrics;
use form_urlencoded::Serializer;
use reqwest::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use reqwest::{Client, Response, redirect, retry, tls};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

pub struct Upstream {
    client: Client,
    permits: Semaphore,
    metrics: Arc<Metrics>,
}

/// Why there is no answer.
enum Fault {
    /// No connection: nothing has left.
    NotSent,
    NoAnswer,
}

/// The fields of a token request, without the client's own.
pub type Fields<'a> = [(&'a str, &'a str)];

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For a place among the requests that are open.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_ANSWER: usize = 64 * 1024;

impl Upstream {
    pub fn new(config: &Config, metrics: Arc<Metrics>) -> reqwest::Result<Self> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .tls_version_min(tls::Version::TLS_1_2)
            .connect_timeout(CONNECT_TIMEOUT.min(config.upstream_timeout))
            .timeout(config.upstream_timeout)
            .http1_only()
            // A kept connection that the server closes just then can't be told from an answer that is lost, which would cost
            // a session.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("procore-token-mediator/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            client,
            permits: Semaphore::new(config.limits.open_upstream_requests),
            metrics,
        })
    }

    /// A place among the open requests, to be taken before a token is used up. None where it takes too long.
    pub async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        timeout(QUEUE_TIMEOUT, self.permits.acquire()).await.ok()?.ok()
    }

    /// Sends a code or a refresh token. `confidential` must not come back to a page.
    pub async fn token(&self, application: &Application, fields: &Fields<'_>, confidential: &[&Secret]) -> Outcome {
        let outcome = match self.post(application, &application.token_endpoint, fields).await {
            Ok(answer) => {
                let all: Vec<_> = confidential
                    .iter()
                    .copied()
                    .chain([&application.client_secret])
                    .collect();
                procore::judge_token(&answer, &all, clock::now())
            }
            Err(Fault::NotSent) => Outcome::NotNow,
            Err(Fault::NoAnswer) => Outcome::InDoubt,
        };
        self.metrics.sent_upstream(application, "token", outcome.word());
        outcome
    }

    /// Whether Procore has confirmed that a token is dead.
    pub async fn revoke(&self, application: &Application, token: &Secret) -> bool {
        let Some(_permit) = self.permit().await else {
            return false;
        };
        let answer = self
            .post(
                application,
                &application.revocation_endpoint,
                &[("token", token.expose())],
            )
            .await;
        let is_confirmed = answer.is_ok_and(|answer| procore::judge_revocation(&answer));
        self.metrics.sent_upstream(
            application,
            "revoke",
            if is_confirmed { "revoked" } else { "not_confirmed" },
        );
        is_confirmed
    }

    async fn post(&self, application: &Application, url: &str, fields: &Fields<'_>) -> Result<Answer, Fault> {
        let client = [
            ("client_id", application.client_id.as_str()),
            ("client_secret", application.client_secret.expose()),
        ];
        let body = Serializer::new(String::new())
            .extend_pairs(fields)
            .extend_pairs(client)
            .finish();
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let sent = request.header("accept", "application/json").send().await;
        let response = sent.map_err(|error| {
            if error.is_connect() {
                Fault::NotSent
            } else {
                Fault::NoAnswer
            }
        })?;
        read(response).await
    }
}

async fn read(mut response: Response) -> Result<Answer, Fault> {
    let header = |name: HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let mut answer = Answer {
        status: response.status().as_u16(),
        content_type: header(CONTENT_TYPE).unwrap_or_default(),
        retry_after: header(RETRY_AFTER),
        rate_limit_reset: header(HeaderName::from_static("x-rate-limit-reset")),
        body: Secret::default(),
    };
    let mut body = zeroize::Zeroizing::new(Vec::with_capacity(MAX_ANSWER + 1));
    while let Some(chunk) = response.chunk().await.map_err(|_| Fault::NoAnswer)? {
        let room = MAX_ANSWER + 1 - body.len();
        body.extend(chunk.iter().take(room));
        if body.len() > MAX_ANSWER {
            break;
        }
    }
    // What is no text is no JSON.
    answer.body = Secret::from(std::str::from_utf8(&body).unwrap_or_default());
    Ok(answer)
}
