//! For whoever runs it, on an address of its own.

use crate::serve::mediator::Mediator;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// `/healthz`: it runs. `/readyz`: it takes requests. `/metrics`: for Prometheus.
pub fn router(mediator: Arc<Mediator>, stopping: CancellationToken) -> Router {
    let metrics = Arc::clone(&mediator);
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(move || ready(Arc::clone(&mediator), stopping.clone())))
        .route("/metrics", get(move || text(Arc::clone(&metrics))))
}

async fn ready(mediator: Arc<Mediator>, stopping: CancellationToken) -> Response {
    let is_fleet_there = match &mediator.once.fleet {
        Some(fleet) => fleet.is_there().await,
        None => true,
    };
    match (stopping.is_cancelled(), is_fleet_there) {
        (false, true) => "ready\n".into_response(),
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "Redis does not answer\n").into_response(),
    }
}

async fn text(mediator: Arc<Mediator>) -> Response {
    let text = mediator.metrics.text(mediator.once.flights.count());
    (
        [(
            CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        )],
        text,
    )
        .into_response()
}
