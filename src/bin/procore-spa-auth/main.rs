//! `procore-spa-auth audit` and `procore-spa-auth hash`: reads files and the environment, and writes. What it all means is
//! decided in the library's `audit`, which the program for Node has too.

mod files;
mod search;
mod walk;

use procore_spa_auth::audit::command::{
    Command, EXIT_CLEAN, EXIT_UNREAD, EXIT_USAGE, Options, Outcome, USAGE, UsageError, hash, prepare,
};
use procore_spa_auth::audit::{Auditor, Known};
use procore_spa_auth::protocol::secret::Wiped;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let code = match Command::parse(std::env::args_os().skip(1)) {
        Ok(Command::Audit(options)) => audit(&options).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::Hash(name)) => print_hash(name.as_deref()).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::Version) => print(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(_) => print(USAGE),
        Err(error) => {
            let code = refuse(&error.to_string());
            say("--help says what there is");
            code
        }
    };
    ExitCode::from(code)
}

/// Answers with the exit code, or with what is wrong with what was asked for.
fn audit(options: &Options) -> Result<u8, String> {
    let (inputs, unread) = files::inputs(options)?;
    let prepared = prepare(options, inputs).map_err(|error| error.to_string())?;
    prepared.notes.iter().for_each(|note| say(note));
    let allow = prepared.allow;
    let auditor = Auditor::new(prepared.settings).map_err(|error| error.to_string())?;

    let found = walk::walk(&options.paths, &options.skip);
    found.notes.iter().for_each(|note| say(note));
    let mut report = search::search(&auditor, &found.files, !options.no_progress);
    report.unread.extend(found.unread);
    report.unread.extend(unread);

    let outcome = Outcome::new(options, &allow, report);
    outcome.notes().iter().for_each(|note| say(note));
    let mut code = outcome.exit_code();
    let shown = match &options.output {
        Some(_) => outcome.readable(),
        None => outcome.text(),
    };
    let shown = io::stdout()
        .lock()
        .write_all(shown.as_bytes())
        .map_err(|error| format!("the report can't be shown: {error}"));
    let written = match &options.output {
        Some(path) => write(path, &outcome.text()),
        None => Ok(()),
    };
    let baseline = match (&options.write_baseline, outcome.baseline()) {
        (Some(path), Some(text)) => std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display())),
        _ => Ok(()),
    };
    for error in [shown, written, baseline].into_iter().filter_map(Result::err) {
        say(&error);
        code = if code == EXIT_CLEAN { EXIT_UNREAD } else { code };
    }
    Ok(code)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {}", path.display(), files::why(&error)))
}

fn print_hash(name: Option<&str>) -> Result<u8, String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        // What is typed would stay on the screen.
        return Err("give the secret by a pipe: procore-spa-auth hash < file".to_owned());
    }
    let mut secret = Wiped::with_capacity(Known::MAX_LENGTH + 16);
    let most = u64::try_from(Known::MAX_LENGTH + 8).unwrap_or(u64::MAX);
    stdin
        .take(most)
        .read_to_string(&mut secret)
        .map_err(|error| format!("the secret can't be read: {error}"))?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| format!("there is no randomness: {error}"))?;
    hash(name, &secret, &salt)
        .map(|line| print(&line))
        .map_err(|error| UsageError::from(error).to_string())
}

fn print(text: &str) -> u8 {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => EXIT_CLEAN,
        Err(_) => EXIT_UNREAD,
    }
}

fn refuse(message: &str) -> u8 {
    say(message);
    EXIT_USAGE
}

/// A line for people, beside the report.
fn say(message: &str) {
    let plain: String = message
        .chars()
        .map(|char| if char.is_control() { '\u{fffd}' } else { char })
        .collect();
    // There is nobody to tell that nobody listens.
    let _ = writeln!(io::stderr().lock(), "procore-spa-auth: {plain}");
}
