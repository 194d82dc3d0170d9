//! `procore-token-mediator`: the server that docs/token-mediator.md describes.
//!
//! A request visits the modules in this order: [`serve`] lets it in and does what has to be done, [`judge`] decides. The
//! judging is pure; sockets, files, the clock and randomness are in `serve`.

mod secret;
mod clock;
mod config;
mod judge;
mod serve;
mod harden;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const HELP: &str = "\
procore-token-mediator [--config FILE] [--check]

  --config FILE   settings in TOML; variables MEDIATOR__… come before them
  --check         say whether the settings are right, and do nothing else
  --new-key       print a key for cookie_keys
";

enum Command {
    Run,
    Check,
    NewKey,
    Help,
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // The log may not be there yet.
            let _ = writeln!(std::io::stderr(), "procore-token-mediator: {message}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), String> {
    harden::forbid_core_dumps().map_err(|error| format!("core dumps can't be turned off: {error}"))?;
    let (command, file) = arguments().map_err(|error| format!("{error}\n\n{HELP}"))?;
    let mut stdout = std::io::stdout();
    match command {
        Command::Help => return stdout.write_all(HELP.as_bytes()).map_err(|error| error.to_string()),
        Command::NewKey => {
            let key = judge::seal::encode_key(&serve::entropy::bytes());
            return writeln!(stdout, "{}", key.expose()).map_err(|error| error.to_string());
        }
        Command::Run | Command::Check => {}
    }
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = config::load(file.as_deref(), environment.collect()).map_err(|error| error.to_string())?;
    if matches!(command, Command::Check) {
        return Ok(());
    }
    log(config.log);
    // The first one stays; nobody else sets one in this process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime
        .map_err(|error| error.to_string())?
        .block_on(serve::listen::run(config))
}

fn arguments() -> Result<(Command, Option<PathBuf>), lexopt::Error> {
    use lexopt::prelude::*;
    let (mut command, mut file) = (Command::Run, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("config") => file = Some(parser.value()?.into()),
            Long("check") => command = Command::Check,
            Long("new-key") => command = Command::NewKey,
            Short('h') | Long("help") => command = Command::Help,
            other => return Err(other.unexpected()),
        }
    }
    Ok((command, file))
}

/// One JSON object a line, to standard output. Other crates say nothing: what they say may have requests in it.
fn log(level: tracing::Level) {
    let targets = Targets::new()
        .with_default(LevelFilter::OFF)
        .with_target("procore_token_mediator", level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false);
    tracing_subscriber::registry().with(targets).with(lines).init();
}
