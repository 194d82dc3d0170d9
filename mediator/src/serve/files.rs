//! The app's own files, so that a small team needs one process.

use crate::config::{Application, FileSettings};
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use std::collections::BTreeSet;
use std::sync::Arc;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// Serves a folder; whatever is no file of it is the app's page, for its router.
pub fn router(files: &FileSettings, applications: &[Arc<Application>]) -> Option<Router> {
    let policy = files
        .content_security_policy
        .clone()
        .unwrap_or_else(|| default_policy(applications));
    let page = ServeFile::new(files.directory.join("index.html"));
    let header = |name: HeaderName, value: HeaderValue| SetResponseHeaderLayer::overriding(name, value);
    let router = Router::new()
        .fallback_service(ServeDir::new(&files.directory).fallback(page))
        .layer(header(CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).ok()?))
        // A URL that comes back from the login page has a code in it.
        .layer(header(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .layer(header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(header(CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    Some(router)
}

/// Own scripts, the SDK's WebAssembly, and requests to the servers that the SDK talks to.
fn default_policy(applications: &[Arc<Application>]) -> String {
    let servers = applications
        .iter()
        .flat_map(|one| [Some(one.login_origin.as_str()), one.api_origin.as_deref()]);
    let servers: BTreeSet<&str> = servers.flatten().collect();
    let connect: Vec<&str> = ["'self'"].into_iter().chain(servers).collect();
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src {}; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'",
        connect.join(" ")
    )
}
