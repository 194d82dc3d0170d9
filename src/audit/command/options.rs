//! What the arguments ask for.

use super::super::allow::Date;
use super::super::finding::{Kind, Severity};
use super::super::settings::SettingsError;
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// The folders that are searched where no path is given, as far as they are there.
pub const DEFAULT_PATHS: [&str; 5] = ["dist", "build", "out", "public", ".output/public"];

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "command", content = "options", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Command {
    /// `audit`.
    Audit(Box<Options>),
    /// `hash`: the secret comes by the standard input.
    Hash(
        /// The name that reports call it by.
        Option<String>,
    ),
    /// `--help`.
    Help,
    /// `--version`.
    Version,
}

/// The options of `audit`, for JavaScript as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// Files, archives and folders.
    pub paths: Vec<PathBuf>,
    /// `--dotenv`: files to take secrets from. Not `--env-file`, which Node 20 takes for its own wherever it stands.
    pub env_files: Vec<PathBuf>,
    /// Whether neither the environment nor `.env` files that are not named are read.
    pub no_env: bool,
    /// Variables that hold a secret.
    pub secret_names: Vec<String>,
    /// Variables that hold none.
    pub public_names: Vec<String>,
    /// Secrets that are not at hand, `[NAME=]sha256:…`.
    pub known_hashes: Vec<String>,
    /// Client IDs.
    pub client_ids: Vec<String>,
    /// Other values that are public.
    pub public: Vec<String>,
    /// Files with values that may stay.
    pub baselines: Vec<PathBuf>,
    /// A file to add to what is found.
    pub write_baseline: Option<PathBuf>,
    /// Why it may stay.
    pub reason: Option<String>,
    /// Until when.
    pub expires: Option<String>,
    /// The kinds of finding to show; all, if there is none.
    pub only: Vec<String>,
    /// Names of folders not to go into.
    pub skip: Vec<String>,
    /// How the report is written.
    pub format: Format,
    /// A file that it goes to; then the standard output has it as text.
    pub output: Option<PathBuf>,
    /// The least that fails.
    pub fail_on: FailOn,
    /// Whether there is no progress bar.
    pub no_progress: bool,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For code hosts: SARIF 2.1.0.
    Sarif,
}

/// The least severity that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FailOn {
    /// Errors only.
    #[default]
    Error,
    /// Warnings too.
    Warning,
    /// Whatever is found.
    Info,
}

impl FailOn {
    pub(super) const fn least(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

impl Command {
    /// From the arguments behind the program's own name.
    ///
    /// # Errors
    ///
    /// Everything that [`UsageError`] has but [`UsageError::Settings`].
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut parser = Parser::from_args(arguments);
        match parser.next()? {
            None => Err(UsageError::NoCommand),
            Some(Arg::Short('h') | Arg::Long("help")) => Ok(Self::Help),
            Some(Arg::Short('V') | Arg::Long("version")) => Ok(Self::Version),
            Some(Arg::Value(command)) if command == "audit" => audit(&mut parser),
            Some(Arg::Value(command)) if command == "hash" => hash(&mut parser),
            Some(Arg::Value(command)) if command == "help" => Ok(Self::Help),
            Some(Arg::Value(command)) => Err(UsageError::UnknownCommand(command.to_string_lossy().into_owned())),
            Some(other) => Err(other.unexpected().into()),
        }
    }
}

fn audit(parser: &mut Parser) -> Result<Command, UsageError> {
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(path) => options.paths.push(path.into()),
            Arg::Long("dotenv") => options.env_files.push(parser.value()?.into()),
            Arg::Long("no-env") => options.no_env = true,
            Arg::Long("secret-name") => options.secret_names.push(parser.value()?.string()?),
            Arg::Long("public-name") => options.public_names.push(parser.value()?.string()?),
            Arg::Long("known-hash") => options.known_hashes.push(parser.value()?.string()?),
            Arg::Long("client-id") => options.client_ids.push(parser.value()?.string()?),
            Arg::Long("public") => options.public.push(parser.value()?.string()?),
            Arg::Long("baseline") => options.baselines.push(parser.value()?.into()),
            Arg::Long("write-baseline") => options.write_baseline = Some(parser.value()?.into()),
            Arg::Long("reason") => options.reason = Some(parser.value()?.string()?),
            Arg::Long("expires") => options.expires = Some(parser.value()?.string()?),
            Arg::Long("only") => options.only.push(parser.value()?.string()?),
            Arg::Long("skip") => options.skip.push(parser.value()?.string()?),
            Arg::Long("format") => {
                options.format = match &*parser.value()?.string()? {
                    "text" => Format::Text,
                    "json" => Format::Json,
                    "sarif" => Format::Sarif,
                    other => return Err(UsageError::Format(other.to_owned())),
                };
            }
            Arg::Long("output") => options.output = Some(parser.value()?.into()),
            Arg::Long("fail-on") => {
                options.fail_on = match &*parser.value()?.string()? {
                    "error" => FailOn::Error,
                    "warning" => FailOn::Warning,
                    "info" => FailOn::Info,
                    other => return Err(UsageError::Severity(other.to_owned())),
                };
            }
            Arg::Long("no-progress") => options.no_progress = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            other => return Err(other.unexpected().into()),
        }
    }
    options.check()?;
    Ok(Command::Audit(Box::new(options)))
}

impl Options {
    /// What can be judged without any file.
    ///
    /// # Errors
    ///
    /// [`UsageError::Kind`], [`UsageError::Baseline`] and [`UsageError::Date`].
    pub fn check(&self) -> Result<(), UsageError> {
        let is_kind = |word: &&String| Kind::ALL.iter().any(|kind| kind.id() == **word);
        if let Some(word) = self.only.iter().find(|word| !is_kind(word)) {
            return Err(UsageError::Kind(word.clone()));
        }
        let says_why = self.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        match (&self.write_baseline, &self.expires) {
            (Some(_), Some(date)) if says_why => Date::parse(date).map(|_| ()).ok_or(UsageError::Date),
            (None, None) if self.reason.is_none() => Ok(()),
            _ => Err(UsageError::Baseline),
        }
    }
}

fn hash(parser: &mut Parser) -> Result<Command, UsageError> {
    let mut name = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("name") => name = Some(parser.value()?.string()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Value(_) => return Err(UsageError::SecretAsArgument),
            other => return Err(other.unexpected().into()),
        }
    }
    if name.as_ref().is_some_and(|name| name.contains('=')) {
        return Err(UsageError::Name);
    }
    Ok(Command::Hash(name))
}

/// Why a command line can't be followed. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsageError {
    /// There is none.
    NoCommand,
    /// There is no such command.
    UnknownCommand(String),
    /// An argument that is not known, or lacks its value; in the parser's words.
    Argument(String),
    /// There is no such format.
    Format(String),
    /// There is no such severity.
    Severity(String),
    /// There is no such kind of finding.
    Kind(String),
    /// `--write-baseline`, `--reason` and `--expires` are not all there.
    Baseline,
    /// `--expires` is no date.
    Date,
    /// A name with `=` in it.
    Name,
    /// `hash` was given something by the command line.
    SecretAsArgument,
    /// What it is given can't be used.
    Settings(SettingsError),
    /// A baseline can't be used.
    BaselineFile(
        /// The file.
        String,
        /// Why not.
        SettingsError,
    ),
    /// The options are not of the form that they must have; in the deserializer's words.
    Options(String),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommand => f.write_str("say what to do: audit or hash"),
            Self::UnknownCommand(word) => write!(f, "there is no command {word:?}; there are audit and hash"),
            Self::Argument(message) | Self::Options(message) => f.write_str(message),
            Self::Format(word) => write!(f, "there is no format {word:?}; there are text, json and sarif"),
            Self::Severity(word) => write!(f, "there is no severity {word:?}; there are error, warning and info"),
            Self::Kind(word) => {
                let kinds = Kind::ALL.map(Kind::id).join(", ");
                write!(f, "there is no kind {word:?}; there are {kinds}")
            }
            Self::Baseline => f.write_str("--write-baseline, --reason and --expires belong together"),
            Self::Date => f.write_str("--expires is not a date like 2027-01-31"),
            Self::Name => f.write_str("a name has no = in it"),
            Self::SecretAsArgument => f.write_str(
                "a secret comes by the standard input: what is on a command line, other programs see and shells keep",
            ),
            Self::Settings(error) => error.fmt(f),
            Self::BaselineFile(file, error) => write!(f, "{file}: {error}"),
        }
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self::Argument(error.to_string())
    }
}

impl From<SettingsError> for UsageError {
    fn from(error: SettingsError) -> Self {
        Self::Settings(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, UsageError> {
        Command::parse(line.split_whitespace().map(OsString::from))
    }

    fn options(line: &str) -> Options {
        match parse(line) {
            Ok(Command::Audit(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_may_stand_before_and_behind_paths() {
        let options = options("audit --format sarif dist --client-id=CID --only known-value --fail-on info a.tgz");
        assert_eq!(options.paths, [PathBuf::from("dist"), PathBuf::from("a.tgz")]);
        assert_eq!(options.format, Format::Sarif);
        assert_eq!(options.client_ids, ["CID"]);
        assert_eq!(options.only, ["known-value"]);
        assert_eq!(options.fail_on, FailOn::Info);
    }

    #[test]
    fn what_is_behind_two_dashes_is_a_path() {
        assert_eq!(options("audit -- --format").paths, [PathBuf::from("--format")]);
    }

    #[test]
    fn wrong_usage_is_named() {
        let cases = [
            ("", "say what to do"),
            ("scan", "no command \"scan\""),
            ("audit --format xml", "no format \"xml\""),
            ("audit --formats text", "'--formats'"),
            ("audit --baseline", "missing argument"),
            ("audit --only secrets", "no kind \"secrets\""),
            ("audit --fail-on never", "no severity"),
            ("audit --write-baseline b.json", "belong together"),
            ("audit --reason r", "belong together"),
            ("audit --write-baseline b --reason r --expires 2027-02-30", "not a date"),
            ("audit --no-env=yes", "no-env"),
            ("hash --name a=b", "no ="),
        ];
        for (line, message) in cases {
            let error = parse(line).expect_err(line).to_string();
            assert!(error.contains(message), "{line}: {error}");
        }
    }

    #[test]
    fn a_secret_on_the_command_line_is_not_repeated() {
        let error = parse("hash correct-horse-battery").expect_err("refused");
        assert_eq!(error, UsageError::SecretAsArgument);
        assert!(!error.to_string().contains("correct"));
    }
}
