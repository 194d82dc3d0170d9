//! No input makes the auditor panic, repeat a secret, or take longer than linear time (libFuzzer's `-timeout`).
//!
//! The first byte says what the file is called; the rest is the file. A secret is made up for each run and put where the
//! input has a `$`, so that no corpus has one in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use procore_spa_auth::audit::{Auditor, Date, Known, Settings, report};
use std::sync::LazyLock;

const NAMES: [&str; 10] =
    ["a.js", "a.js.map", "a.wasm", "a.html", ".env", "vite.config.ts", "a.png", "a.json", "a.css", "a"];

/// 64 hex digits that are random to the eye, and no secret of anybody's.
static SECRET: LazyLock<String> = LazyLock::new(|| {
    let mut state = u64::from(std::process::id()) | 1;
    let mut digit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_digit(u32::try_from(state >> 60).unwrap_or(0), 16).unwrap_or('0')
    };
    (0..64).map(|_| digit()).collect()
});

static AUDITORS: LazyLock<[Auditor; 2]> = LazyLock::new(|| {
    let settings = || Settings::new(Date::parse("2027-01-31").expect("a date"));
    let mut knowing = settings();
    knowing.known.push(Known::plain("SECRET", &SECRET).expect("long enough"));
    [settings(), knowing].map(|settings| Auditor::new(settings).expect("good settings"))
});

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let mut text = Vec::with_capacity(rest.len());
    for byte in rest {
        match byte {
            b'$' => text.extend_from_slice(SECRET.as_bytes()),
            byte => text.push(*byte),
        }
    }
    for auditor in AUDITORS.iter() {
        let found = auditor.audit(name, &text);
        for written in [report::text(&found), report::json(&found), report::sarif(&found), format!("{found:?}")] {
            assert!(!written.contains(&*SECRET), "a report repeats a secret");
        }
        let mut stream = auditor.stream(name);
        text.chunks(7).for_each(|piece| stream.push(piece));
        assert_eq!(stream.finish(), found, "pieces of a file make another report");
    }
});
