//! Whole files, with what has to be found in them and what must not.

mod clean;
mod flows;
mod forms;
mod places;
mod properties;
mod reports;
mod shapes;

use super::testing::Secrets;
use super::{Auditor, Date, Finding, Known, Report, Settings, Severity};

fn today() -> Date {
    Date::parse("2027-01-31").unwrap()
}

/// An auditor that knows nothing.
fn auditor() -> Auditor {
    Auditor::new(Settings::new(today())).unwrap()
}

/// An auditor that knows one secret.
fn knowing(secret: &str) -> Auditor {
    let mut settings = Settings::new(today());
    settings
        .known
        .push(Known::plain("PROCORE_CLIENT_SECRET", secret).unwrap());
    Auditor::new(settings).unwrap()
}

fn worst(report: &Report) -> Option<&Finding> {
    report.findings.iter().max_by_key(|finding| finding.severity)
}

fn errors(report: &Report) -> Vec<&Finding> {
    report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect()
}
