//! What the auditor is told, from options, variables and files.

use super::super::allow::{AllowList, Date};
use super::super::settings::{Known, Settings, SettingsError};
use super::env_file;
use super::names::{is_client_id, is_ordinary, is_reference, is_secret};
use super::options::{Options, UsageError};
use crate::protocol::secret::Wiped;
use std::collections::BTreeMap;
use std::fmt;

/// What only a program can read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inputs {
    /// The environment; empty with `--no-env`.
    pub environment: Vec<(String, Wiped)>,
    /// The `.env` files that are to be read, in the order in which reports name them.
    pub env_files: Vec<TextFile>,
    /// The files of `--baseline`, and the one of `--write-baseline` if it is there.
    pub baselines: Vec<TextFile>,
    /// Today.
    pub today: Date,
}

impl Inputs {
    /// Nothing but the day.
    #[must_use]
    pub const fn new(today: Date) -> Self {
        Self {
            environment: Vec::new(),
            env_files: Vec::new(),
            baselines: Vec::new(),
            today,
        }
    }
}

/// A file that is a text.
#[non_exhaustive]
pub struct TextFile {
    /// As reports name it.
    pub name: String,
    /// What is in it.
    pub text: Wiped,
}

impl TextFile {
    /// A file of this name.
    #[must_use]
    pub const fn new(name: String, text: Wiped) -> Self {
        Self { name, text }
    }
}

impl fmt::Debug for TextFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Whether a file of the working folder is read for secrets though nobody names it: `.env` and `.env.*`, but for templates.
#[must_use]
pub fn is_env_file(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(".env") else {
        return false;
    };
    let is_template = ["example", "sample", "template", "dist", "defaults"]
        .iter()
        .any(|end| rest.ends_with(end));
    rest.is_empty() || (rest.starts_with('.') && !is_template)
}

/// What the auditor is told, and what a person should know of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Prepared {
    /// For [`Auditor::new`](super::super::Auditor::new).
    pub settings: Settings,
    /// The values that may stay.
    pub allow: AllowList,
    /// Lines for the standard error: whose values are looked for, and whose are not. No value is in them.
    pub notes: Vec<String>,
}

/// Puts options and inputs together.
///
/// # Errors
///
/// - [`UsageError::Settings`] for a known hash that is none;
/// - [`UsageError::BaselineFile`] for a baseline that is none.
pub fn prepare(options: &Options, inputs: Inputs) -> Result<Prepared, UsageError> {
    let mut settings = Settings::new(inputs.today);
    let mut notes = Vec::new();
    let mut variables = Vec::new();
    for file in &inputs.env_files {
        let found = env_file::parse(&file.text).into_iter();
        variables.extend(found.map(|(name, value)| (format!("{name} of {}", file.name), name, value)));
    }
    let environment = inputs.environment.into_iter();
    variables.extend(environment.map(|(name, value)| (format!("{name} of the environment"), name, value)));

    settings
        .public
        .extend(options.client_ids.iter().chain(&options.public).cloned());
    let mut names_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (shown, name, value) in &variables {
        let is_named = options.secret_names.contains(name);
        if options.public_names.contains(name) || !(is_named || is_secret(name)) || value.is_empty() {
            continue;
        }
        match unfit(value, is_named) {
            Some(why) => notes.push(format!("not looked for: the value of {shown}, {why}")),
            None => names_of.entry(value).or_default().push(shown),
        }
    }
    for name in &options.secret_names {
        if !variables.iter().any(|(_, variable, _)| variable == name) {
            notes.push(format!("not looked for: the value of {name}, which is nowhere set"));
        }
    }
    for (value, names) in &names_of {
        settings.known.push(Known::plain(&names.join(", "), value)?);
        notes.push(format!("looked for: the value of {}", names.join(", ")));
    }
    // A secret that was put where a client ID belongs stays a secret.
    let is_id = |name: &str, value: &str| is_client_id(name) && !value.is_empty() && !names_of.contains_key(value);
    let ids = variables.iter().filter(|(_, name, value)| is_id(name, value));
    settings.public.extend(ids.map(|(_, _, value)| value.to_string()));

    for (index, given) in options.known_hashes.iter().enumerate() {
        let (name, hash) = match given.split_once('=') {
            Some((name, hash)) => (name.to_owned(), hash),
            None => (format!("known hash {}", index + 1), given.as_str()),
        };
        settings.known.push(Known::hashed(&name, hash)?);
        notes.push(format!("looked for: {name}, by its hash"));
    }
    let mut allow = AllowList::default();
    for file in &inputs.baselines {
        let list = AllowList::parse(&file.text);
        allow.extend(list.map_err(|error| UsageError::BaselineFile(file.name.clone(), error))?);
    }
    settings.allow = allow.clone();
    Ok(Prepared { settings, allow, notes })
}

/// Why a value can't or need not be looked for.
fn unfit(value: &str, is_named: bool) -> Option<String> {
    match Known::plain("", value) {
        Err(SettingsError::TooShort { .. }) => {
            return Some(format!("which is shorter than {} bytes", Known::MIN_LENGTH));
        }
        Err(SettingsError::TooLong { .. }) => return Some(format!("which is longer than {} bytes", Known::MAX_LENGTH)),
        _ => {}
    }
    if is_reference(value) {
        return Some("which stands for another".to_owned());
    }
    // Whoever names a variable means it.
    (!is_named && is_ordinary(value))
        .then(|| "which is a word or a number; --secret-name says that it is one".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "2027-01-31";

    fn prepared(options: &Options, env: &[(&str, &str)], file: &str) -> Prepared {
        let mut inputs = Inputs::new(Date::parse(DAY).expect("a date"));
        inputs.environment = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Wiped::from(*value)))
            .collect();
        inputs
            .env_files
            .push(TextFile::new(".env".to_owned(), Wiped::from(file)));
        prepare(options, inputs).expect("prepared")
    }

    #[test]
    fn one_value_has_all_its_names_and_no_note_shows_it() {
        let secret = "Correct-Horse-1";
        let file = format!("PROCORE_CLIENT_SECRET={secret}\nCOPY_SECRET='{secret}'\nNAME=Correct-Horse-2\n");
        let prepared = prepared(&Options::default(), &[("APP_SECRET", secret)], &file);
        let names: Vec<_> = prepared.settings.known.iter().map(Known::name).collect();
        let expected = "PROCORE_CLIENT_SECRET of .env, COPY_SECRET of .env, APP_SECRET of the environment";
        assert_eq!(names, [expected]);
        assert!(!format!("{prepared:?}").contains(secret));
    }

    #[test]
    fn what_is_not_looked_for_is_said() {
        let env = [
            ("A_SECRET", "short"),
            ("B_SECRET", "development"),
            ("C_SECRET", "${OTHER_ONE}"),
            ("D_SECRET", ""),
        ];
        let options = Options {
            secret_names: vec!["GONE".to_owned()],
            ..Options::default()
        };
        let prepared = prepared(&options, &env, "");
        assert!(prepared.settings.known.is_empty());
        let whose: Vec<_> = prepared
            .notes
            .iter()
            .filter_map(|note| note.split(' ').nth(6))
            .collect();
        assert_eq!(whose, ["A_SECRET", "B_SECRET", "C_SECRET", "GONE,"]);
    }

    #[test]
    fn a_name_that_is_given_counts_more_than_the_rule() {
        let env = [("PLAIN", "development"), ("B_SECRET", "Correct-Horse-2")];
        let options = Options {
            secret_names: vec!["PLAIN".to_owned()],
            public_names: vec!["B_SECRET".to_owned()],
            ..Options::default()
        };
        let prepared = prepared(&options, &env, "");
        let names: Vec<_> = prepared.settings.known.iter().map(Known::name).collect();
        assert_eq!(names, ["PLAIN of the environment"]);
    }

    #[test]
    fn client_ids_are_public_but_for_one_that_is_a_secret() {
        let env = [
            ("VITE_PROCORE_CLIENT_ID", "Correct-Horse-3"),
            ("OTHER_CLIENT_ID", "Correct-Horse-4"),
            ("PROCORE_CLIENT_SECRET", "Correct-Horse-4"),
        ];
        let prepared = prepared(&Options::default(), &env, "");
        assert_eq!(prepared.settings.public, ["Correct-Horse-3"]);
        assert_eq!(prepared.settings.known.len(), 1);
    }

    #[test]
    fn env_files_are_read_and_templates_are_not() {
        assert!(
            [".env", ".env.local", ".env.production.local"]
                .iter()
                .all(|name| is_env_file(name))
        );
        assert!(
            ![".env.example", ".env.local.sample", ".envrc", "env", ".environment"]
                .iter()
                .any(|name| is_env_file(name))
        );
    }

    #[test]
    fn a_broken_baseline_is_named() {
        let mut inputs = Inputs::new(Date::parse(DAY).expect("a date"));
        inputs
            .baselines
            .push(TextFile::new("b.json".to_owned(), Wiped::from("{\n]")));
        let error = prepare(&Options::default(), inputs).expect_err("refused").to_string();
        assert!(
            error.starts_with("b.json: the allow-list can't be read, line 2"),
            "{error}"
        );
    }
}
