//! What became of a situation, held against what a row expects.

use super::Row;
use super::page::{APP, Page, field};
use procore_spa_auth::protocol::session::Status;

/// What became of a situation.
pub(crate) struct Run {
    /// `ok`, `none` or `err:…`, one for each thing done.
    pub(crate) outcomes: Vec<String>,
    pub(crate) page: Option<Page>,
    /// Checks of the situation's own that failed.
    pub(crate) broken: Vec<String>,
    pub(crate) took: std::time::Duration,
}

impl Run {
    pub(crate) fn new(outcomes: impl IntoIterator<Item = String>, page: Option<Page>, broken: Vec<String>) -> Self {
        Self {
            outcomes: outcomes.into_iter().collect(),
            page,
            broken,
            took: std::time::Duration::ZERO,
        }
    }

    pub(crate) fn judge(mut self, row: &Row) -> Result<(), String> {
        let got = self.outcomes.join(",");
        // After the first colon of `ok:…` stands a remark, which is checked as an effect.
        let word = |text: &str| {
            if text.starts_with("ok:") {
                "ok".to_owned()
            } else {
                text.to_owned()
            }
        };
        let is_expected = |expected: &str| expected.split(',').map(word).collect::<Vec<_>>().join(",") == got;
        if !row.expected.split('|').any(is_expected) {
            return Err(got);
        }
        let remark = row.expected.strip_prefix("ok:").unwrap_or_default();
        for effect in row.effects.split(';').chain([remark]).map(str::trim) {
            if !self.has(effect) {
                return Err(format!("{got}, but not: {effect}"));
            }
        }
        if let Some(page) = &mut self.page {
            page.require_silence()?;
            page.require_own_servers()?;
            page.require_usable()?;
        }
        match self.broken.pop() {
            Some(broken) => Err(format!("{got}, but {broken}")),
            None => Ok(()),
        }
    }

    /// Whether an effect came true. Words that say nothing checkable here count as true: the browser runner has them.
    pub(crate) fn has(&self, effect: &str) -> bool {
        if effect == "<50ms" {
            return self.took.as_millis() < 50;
        }
        let Some(page) = &self.page else {
            return !effect.starts_with("tok=") || effect == "tok=0";
        };
        let session = page.client.session(page.now);
        let lifetime = session.expires_at.map(|at| at - page.now.wall);
        let last_body = || page.bodies.last().cloned().unwrap_or_default();
        let starts = |start: &str| effect.starts_with(start);
        match effect {
            _ if starts("tok=") => effect[4..].parse() == Ok(page.bodies.len()),
            _ if starts("tx=kept") => !page.records.is_empty(),
            _ if starts("tx=consumed") || starts("tx consumed") || effect == "one_time" => page.records.is_empty(),
            "nav=0" => page.logins.is_empty(),
            "default" => page.targets.iter().all(|target| target == "/"),
            _ if starts("nav target stays same-origin") => {
                let base = url::Url::parse(APP).unwrap();
                let is_here = |target: &String| base.join(target).is_ok_and(|url| url.origin() == base.origin());
                !page.targets.is_empty() && page.targets.iter().all(is_here)
            }
            _ if starts("falls back to default") => {
                !page.logins.is_empty() && !page.targets.is_empty() && page.targets.iter().all(|target| target == "/")
            }
            _ if starts("code='") => field(&last_body(), "code").as_deref() == effect.split('\'').nth(1),
            "body_has_no_client_secret_param" => field(&last_body(), "client_secret").is_none(),
            "each_own_verifier" => {
                let verifiers: Vec<_> = page.bodies.iter().map(|body| field(body, "code_verifier")).collect();
                verifiers.iter().all(|verifier| {
                    verifier.is_some() && verifiers.iter().filter(|other| *other == verifier).count() == 1
                })
            }
            "token_not_stored" | "token ignored" => session.status == Status::SignedOut,
            "refresh_token_discarded" => session.status == Status::Fresh && !session.is_renewable,
            "floor" => lifetime == Some(5400),
            "treated expired at once" => session.status == Status::Expired && lifetime == Some(0),
            _ if effect.contains("<=24h") || effect.contains("no infinite") => {
                lifetime.is_some_and(|seconds| seconds <= 24 * 60 * 60)
            }
            _ if effect.contains("length<=256") => page.errors.iter().any(|error| {
                let description = error.oauth().and_then(|said| said.description.as_deref());
                description.is_some_and(|text| text.len() <= 256)
            }),
            _ if starts("error_uri dropped") => !page.shown().contains("javascript"),
            _ if starts("message says: app must be public") => {
                page.errors.iter().any(|error| error.message().contains("public"))
            }
            "retryable=false-without-new-tx" => page.errors.iter().all(|error| !error.is_retryable()),
            "no_fallback" | "no retry" => page.bodies.len() == 1,
            "metadata discarded" => page.client.begin_discovery().is_some(),
            "Authorization: Bearer sent" => page.headers.last().is_some_and(|value| value.starts_with("Bearer ")),
            "no header, no request" => page.headers.is_empty(),
            "origin unchanged" => page
                .api_urls
                .iter()
                .all(|url| url.starts_with("https://api.procore.com/")),
            _ => true,
        }
    }
}
