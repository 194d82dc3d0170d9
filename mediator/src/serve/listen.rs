//! The server itself: listens, serves, and stops when what is under way is finished.

use crate::config::Config;
use crate::judge::answer::Answer;
use crate::judge::request::{Refusal, Route};
use crate::serve::client_address::RateLimit;
use crate::serve::fleet::Fleet;
use crate::serve::flights::Flights;
use crate::serve::journal::Journal;
use crate::serve::mediator::{Mediator, Reply};
use crate::serve::metrics::Metrics;
use crate::serve::once::Once;
use crate::serve::page::{Page, Peer, response};
use crate::serve::upstream::Upstream;
use crate::serve::{admin, files};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Longer than proxies keep a connection that nobody uses, 60 seconds as a rule: a request on one that is closed just then would be
/// answered by the proxy, and nobody would know what became of it.
const HEADER_TIMEOUT: Duration = Duration::from_secs(75);
const SWEEP: Duration = Duration::from_secs(10);
const MAX_HEADERS: usize = 64 * 1024;

/// Runs until it is told to stop.
pub async fn run(config: Config) -> Result<(), String> {
    let say = |what: &str, error: &dyn Display| format!("{what}: {error}");
    let metrics = Arc::new(Metrics::new());
    let once = once(&config, &metrics).map_err(|(what, error)| say(&what, &error))?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| say(&format!("listen {}", config.listen), &error))?;
    let admin_listener = match config.admin_listen {
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .map_err(|error| say(&format!("admin_listen {address}"), &error))?,
        ),
        None => None,
    };
    let mediator = Arc::new(Mediator { config, once, metrics });
    let rate_limit = RateLimit::new(mediator.config.limits.requests_per_minute);
    let page = Arc::new(Page {
        mediator: Arc::clone(&mediator),
        rate_limit,
        tasks: TaskTracker::new(),
    });
    let router = router(&page).ok_or("files: content_security_policy is no header value")?;
    let stopping = CancellationToken::new();
    tokio::spawn(sweep(Arc::clone(&page)));
    tell("listening", &listener);
    if let Some(listener) = admin_listener {
        tell("listening for its operator", &listener);
        let admin = admin::router(Arc::clone(&mediator), stopping.clone());
        tokio::spawn(async move { axum::serve(listener, admin).await });
    }
    tokio::spawn(stop_on_signal(stopping.clone()));
    serve(&listener, &router, &mediator, &stopping).await;
    page.tasks.close();
    page.tasks.wait().await;
    tracing::info!("stopped");
    Ok(())
}

fn once(config: &Config, metrics: &Arc<Metrics>) -> Result<Once, (String, String)> {
    let journal = Journal::open(config.state_dir.as_deref()).map_err(|error| {
        let path = config.state_dir.as_deref().unwrap_or_else(|| "".as_ref()).display();
        (
            format!("state_dir {path}"),
            format!("{error}; name another one, or \"\" for none"),
        )
    })?;
    if config.state_dir.is_none() {
        tracing::warn!("without state_dir a process that dies in a renewal may send the same refresh token again");
    }
    let fleet = match &config.redis_url {
        Some(url) => {
            let fleet = Fleet::new(
                url.expose(),
                Arc::clone(&config.keys),
                config.lifetimes.absolute,
                config.upstream_timeout.as_secs(),
            );
            // What Redis says of a URL may have its password in it.
            Some(Arc::new(fleet.map_err(|error| {
                ("redis_url".to_owned(), format!("{:?}", error.kind()))
            })?))
        }
        None => None,
    };
    let upstream =
        Upstream::new(config, Arc::clone(metrics)).map_err(|error| ("upstream".to_owned(), error.to_string()))?;
    Ok(Once {
        flights: Flights::default(),
        journal,
        fleet,
        upstream,
    })
}

/// One line for whoever starts it, also with port 0.
fn tell(what: &str, listener: &TcpListener) {
    match listener.local_addr() {
        Ok(address) => tracing::info!(%address, "{what}"),
        Err(error) => tracing::error!(%error, "{what}"),
    }
}

fn router(page: &Arc<Page>) -> Option<Router> {
    let config = &page.mediator.config;
    let mut router = Router::new();
    for (path, route) in [(&config.token_path, Route::Token), (&config.revoke_path, Route::Revoke)] {
        let page = Arc::clone(page);
        let answer = async move |request: Request<Body>| page.answer(route, request).await;
        router = router.route(path, axum::routing::any(answer));
    }
    let files = match &config.files {
        Some(settings) => Some(files::router(settings, &config.applications)?),
        None => None,
    };
    Some(router.fallback(async move |request: Request<Body>| match files {
        Some(files) if matches!(*request.method(), Method::GET | Method::HEAD) => {
            files.oneshot(request).await.unwrap_or_else(|never| match never {})
        }
        _ => response(&Reply {
            answer: Answer::Refused(Refusal::Path),
            cookie: None,
        }),
    }))
}

async fn serve(listener: &TcpListener, router: &Router, mediator: &Arc<Mediator>, stopping: &CancellationToken) {
    let room = Arc::new(Semaphore::new(mediator.config.limits.open_connections));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = accept(listener, &room) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.clone().oneshot(request.map(Body::new))
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MAX_HEADERS);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        let mediator = Arc::clone(mediator);
        tokio::spawn(async move {
            mediator.metrics.connections().inc();
            // Whoever broke it off knows.
            let _ = connection.await;
            mediator.metrics.connections().dec();
            drop(place);
        });
    }
    let patience = mediator.config.upstream_timeout + Duration::from_secs(5);
    if timeout(patience, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections that did not end were cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, Peer, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => Some((stream, Peer(address.ip()), place)),
        Err(error) => {
            tracing::warn!(kind = %error.kind(), "a connection was not accepted");
            // Without descriptors it would fail again at once.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn sweep(page: Arc<Page>) {
    let mut every = interval(SWEEP);
    loop {
        every.tick().await;
        page.mediator.once.flights.sweep();
        page.rate_limit.sweep();
    }
}

async fn stop_on_signal(stopping: CancellationToken) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("stopping when what is under way is finished");
    stopping.cancel();
}
