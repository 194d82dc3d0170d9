//! Every hostile row of `tests/vectors/attacks.jsonl` that values alone can show, run against the protocol core.
//!
//! `ATTACKS=<file>` judges another file of the same form: situations are set up from a row's own words, never from its
//! id, and a row whose words mean nothing here fails. What needs a browser is skipped, and says so; the browser runner
//! takes it. Last line: `N passed, N failed, N skipped`.

#![expect(clippy::print_stdout, reason = "a test runner reports")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "attacks/native/calls.rs"]
mod calls;
#[path = "attacks/native/page.rs"]
mod page;
#[path = "attacks/native/redirects.rs"]
mod redirects;
#[path = "attacks/native/run.rs"]
mod run;
#[path = "attacks/native/situation.rs"]
mod situation;

use serde_json::Value;
use situation::{Elsewhere, Situation};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

fn main() -> ExitCode {
    let file = std::env::var("ATTACKS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/attacks.jsonl").to_owned());
    let text = std::fs::read_to_string(&file).expect("the file of attacks can be read");
    let (mut passed, mut failed, mut skipped, mut elsewhere) = (0, 0, 0, Vec::new());
    std::panic::set_hook(Box::new(|_| {}));
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: Row = match serde_json::from_str(line) {
            Ok(row) => row,
            Err(error) => {
                failed += 1;
                println!("FAIL ? native: expected a row, got {error}: {line}");
                continue;
            }
        };
        let judged = catch_unwind(AssertUnwindSafe(|| judge(&row))).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
            Verdict::Failed(format!("a panic: {}", said.unwrap_or("?")))
        });
        match judged {
            Verdict::Passed => passed += 1,
            Verdict::Failed(got) => {
                failed += 1;
                println!("FAIL {} native: expected {}, got {got}", row.id, row.expected);
            }
            Verdict::Skipped(why) => {
                skipped += 1;
                elsewhere.push((why, row.id));
            }
        }
    }
    elsewhere.sort();
    for group in elsewhere.chunk_by(|(a, _), (b, _)| a == b) {
        let ids: Vec<_> = group.iter().map(|(_, id)| id.as_str()).collect();
        println!("skipped natively ({}): {}", group[0].0, ids.join(" "));
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    ExitCode::from(u8::from(failed > 0 || passed == 0))
}

#[derive(serde::Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) cat: String,
    #[serde(default)]
    pub(crate) setup: String,
    pub(crate) input: Value,
    pub(crate) expected: String,
    #[serde(default)]
    pub(crate) effects: String,
}

enum Verdict {
    Passed,
    Failed(String),
    Skipped(&'static str),
}

fn judge(row: &Row) -> Verdict {
    if row.expected == "doc" {
        return Verdict::Skipped("a limit that the docs state");
    }
    // Once as written, once with every secret marked: the outcome is the same, and no mark is seen anywhere.
    for is_marked in [false, true] {
        let run = match (Situation { row, is_marked }).run() {
            Ok(run) => run,
            Err(Elsewhere::Skip(why)) => return Verdict::Skipped(why),
            Err(Elsewhere::Unknown(what)) => return Verdict::Failed(format!("unknown here: {what}")),
        };
        if let Err(got) = run.judge(row) {
            return Verdict::Failed(if is_marked {
                format!("{got} (secrets marked)")
            } else {
                got
            });
        }
    }
    Verdict::Passed
}
