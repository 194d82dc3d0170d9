//! No archive makes the auditor panic, hang, or repeat a secret that it was told of: gzip, tar, ZIP, and each in each.
//!
//! What the seeds hold (`fuzz/seeds.mjs`) says itself that it is no secret.

#![no_main]

use libfuzzer_sys::fuzz_target;
use procore_spa_auth::audit::{Auditor, Date, Known, Settings, audit_file, report};
use std::io::Cursor;
use std::sync::LazyLock;

const SAMPLE: &str = "this is a sample and no secret!!";

static AUDITOR: LazyLock<Auditor> = LazyLock::new(|| {
    let mut settings = Settings::new(Date::parse("2027-01-31").expect("a date"));
    settings.known.push(Known::plain("SAMPLE", SAMPLE).expect("long enough"));
    Auditor::new(settings).expect("good settings")
});

fuzz_target!(|data: &[u8]| {
    let mut found = audit_file(&AUDITOR, "a.tgz", &mut Cursor::new(data));
    found.sort();
    for written in [report::text(&found), report::json(&found), report::sarif(&found)] {
        assert!(!written.contains(SAMPLE), "a report repeats a secret");
    }
});
