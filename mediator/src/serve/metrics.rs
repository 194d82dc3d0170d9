//! What is counted: how often what happened, in which application. Nothing of anybody.

use crate::config::Application;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    application: String,
    request: &'static str,
    outcome: &'static str,
}

pub struct Metrics {
    registry: Registry,
    answers: Family<Labels, Counter>,
    upstream: Family<Labels, Counter>,
    seconds: Histogram,
    connections: Gauge,
    flights: Gauge,
}

impl Metrics {
    pub fn new() -> Self {
        let (answers, upstream) = (Family::default(), Family::default());
        let seconds = Histogram::new(exponential_buckets(0.001, 2.0, 16));
        let (connections, flights) = (Gauge::default(), Gauge::default());
        let mut registry = Registry::with_prefix("procore_token_mediator");
        registry.register("answers", "Answers to pages", Family::clone(&answers));
        registry.register(
            "upstream_answers",
            "What came of requests to Procore",
            Family::clone(&upstream),
        );
        registry.register("answer_seconds", "How long pages waited", seconds.clone());
        registry.register("open_connections", "Connections of pages", connections.clone());
        registry.register("renewals", "Renewals under way or remembered", flights.clone());
        Self {
            registry,
            answers,
            upstream,
            seconds,
            connections,
            flights,
        }
    }

    pub fn answered(
        &self,
        application: Option<&Application>,
        request: &'static str,
        outcome: &'static str,
        seconds: f64,
    ) {
        let application = application.map(|one| one.name.clone()).unwrap_or_default();
        self.answers
            .get_or_create(&Labels {
                application,
                request,
                outcome,
            })
            .inc();
        self.seconds.observe(seconds);
    }

    pub fn sent_upstream(&self, application: &Application, request: &'static str, outcome: &'static str) {
        let application = application.name.clone();
        self.upstream
            .get_or_create(&Labels {
                application,
                request,
                outcome,
            })
            .inc();
    }

    pub const fn connections(&self) -> &Gauge {
        &self.connections
    }

    /// In the text format of Prometheus.
    pub fn text(&self, flights: usize) -> String {
        self.flights.set(flights.try_into().unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
