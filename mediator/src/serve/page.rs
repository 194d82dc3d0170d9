//! A request of a page, from the socket to the answer.

use crate::clock;
use crate::config::Application;
use crate::judge::answer::{Answer, Word};
use crate::judge::request::{self, Ask, MAX_BODY, Refusal, Route};
use crate::serve::client_address::{self, RateLimit};
use crate::serve::mediator::{Mediator, Reply};
use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

/// What answers to the two paths.
pub struct Page {
    pub mediator: Arc<Mediator>,
    pub rate_limit: RateLimit,
    /// What is under way, whoever waits for it.
    pub tasks: TaskTracker,
}

/// Who is connected.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// A body that is too long is read so far, so that its sender gets to read why.
const MAX_DISCARDED: usize = 1024 * 1024;

/// What an answer is logged and counted by.
struct About {
    application: Option<Arc<Application>>,
    request: &'static str,
}

impl Page {
    pub async fn answer(&self, route: Route, request: Request<Body>) -> Response<Body> {
        let began = Instant::now();
        let (about, reply) = self.reply(route, request).await;
        let seconds = began.elapsed().as_secs_f64();
        let (word, name) = (
            reply.answer.word(),
            about.application.as_ref().map(|one| one.name.as_str()),
        );
        self.mediator
            .metrics
            .answered(about.application.as_deref(), about.request, word, seconds);
        tracing::info!(
            application = name,
            request = about.request,
            answer = word,
            status = reply.answer.status(),
            seconds
        );
        response(&reply)
    }

    async fn reply(&self, route: Route, request: Request<Body>) -> (About, Reply) {
        let unknown = |reply: Reply| {
            (
                About {
                    application: None,
                    request: "unknown",
                },
                reply,
            )
        };
        let (parts, body) = request.into_parts();
        if let Err(seconds) = self.let_in(&parts) {
            return unknown(Word::RateLimited(seconds).into());
        }
        let read = async {
            let applications = &self.mediator.config.applications;
            request::check_head(&parts.method, &parts.headers, applications)?;
            let body = timeout(BODY_TIMEOUT, read_body(body))
                .await
                .map_err(|_| Refusal::Malformed)??;
            request::read(route, &parts.headers, &body, applications)
        };
        let (application, ask) = match read.await {
            Ok((application, ask)) => (Arc::clone(application), ask),
            Err(refusal) => {
                return unknown(Reply {
                    answer: Answer::Refused(refusal),
                    cookie: None,
                });
            }
        };
        let about = About {
            application: Some(Arc::clone(&application)),
            request: kind(&ask),
        };
        let mediator = Arc::clone(&self.mediator);
        // A task of its own: what was begun is finished, also when the page has gone.
        let done = self
            .tasks
            .spawn(async move { mediator.reply(&application, ask, &parts.headers, clock::now()).await });
        // A fault of ours leaves whatever was sent in doubt.
        (about, done.await.unwrap_or_else(|_| Word::InDoubt.into()))
    }

    fn let_in(&self, parts: &Parts) -> Result<(), u64> {
        let Some(Peer(peer)) = parts.extensions.get::<Peer>() else {
            return Ok(());
        };
        let proxies = self.mediator.config.limits.proxies;
        self.rate_limit
            .check(client_address::of(*peer, &parts.headers, proxies))
    }
}

const fn kind(ask: &Ask) -> &'static str {
    match ask {
        Ask::Redeem(_) => "redeem",
        Ask::Check(_) => "check",
        Ask::Renew { .. } => "renew",
        Ask::Resume => "resume",
        Ask::Revoke { .. } => "revoke",
    }
}

async fn read_body(mut body: Body) -> Result<zeroize::Zeroizing<Vec<u8>>, Refusal> {
    let mut read = zeroize::Zeroizing::new(Vec::with_capacity(MAX_BODY));
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::Malformed)?;
        let Some(data) = frame.data_ref() else { continue };
        length = length.saturating_add(data.len());
        if length <= MAX_BODY {
            read.extend_from_slice(data);
        } else if length > MAX_DISCARDED {
            break;
        }
    }
    if length > MAX_BODY {
        Err(Refusal::TooLarge)
    } else {
        Ok(read)
    }
}

pub fn response(Reply { answer, cookie }: &Reply) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body(clock::now()).expose().to_owned()));
    *response.status_mut() = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(seconds) = answer.retry_after() {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if answer.status() == 405 {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    if let Some(mut value) = cookie
        .as_ref()
        .and_then(|cookie| HeaderValue::from_str(cookie.expose()).ok())
    {
        value.set_sensitive(true);
        headers.insert(SET_COOKIE, value);
    }
    response
}
