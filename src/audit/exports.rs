//! What the npm package's auditor calls: the command's decisions, and an audit that JavaScript hands bytes or files to.

use super::command::{self, Command, DEFAULT_PATHS, Inputs, Options, Outcome, TextFile, USAGE, UsageError};
use super::{AllowList, Auditor, Date, Finding, Report, SettingsError, Unread, UnreadReason, audit_file};
use crate::protocol::secret::Wiped;
use js_sys::{BigInt, Function, Uint8Array};
use serde::Serialize;
use serde_wasm_bindgen::{Serializer, from_value};
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

/// What arguments ask for: `{ command: "audit" | "hash" | "help" | "version", options }`.
///
/// # Errors
///
/// Throws an `Error` whose message is that of a [`UsageError`].
#[wasm_bindgen(js_name = parseArguments)]
pub fn parse_arguments(arguments: Vec<String>) -> Result<JsValue, JsError> {
    let command = Command::parse(arguments.into_iter().map(Into::into))?;
    to_js(&command)
}

/// What `--help` says.
#[must_use]
#[wasm_bindgen]
pub fn usage() -> String {
    USAGE.to_owned()
}

/// What `--version` says.
#[must_use]
#[wasm_bindgen]
pub fn version() -> String {
    concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), "\n").to_owned()
}

/// The folders that are searched where no path is given, as far as they are there.
#[must_use]
#[wasm_bindgen(js_name = defaultPaths)]
pub fn default_paths() -> Vec<String> {
    DEFAULT_PATHS.map(str::to_owned).to_vec()
}

/// Whether a file of the working folder is read for secrets though nobody names it.
#[must_use]
#[wasm_bindgen(js_name = isEnvFile)]
pub fn is_env_file(name: &str) -> bool {
    command::is_env_file(name)
}

/// What `hash` prints, with a salt of 16 random bytes.
///
/// # Errors
///
/// Throws an `Error` for a secret that can't be looked for, and for a salt of another length.
#[wasm_bindgen]
pub fn hash(name: Option<String>, secret: String, salt: &[u8]) -> Result<String, JsError> {
    let secret = Wiped::new(secret);
    let salt = salt.try_into().map_err(|_| JsError::new("a salt has 16 bytes"))?;
    Ok(command::hash(name.as_deref(), &secret, salt)?)
}

/// One audit: what is handed to it adds up to one report.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Audit {
    auditor: Auditor,
    options: Options,
    allow: AllowList,
    notes: Vec<String>,
    report: Report,
}

/// What JavaScript has read.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    environment: Vec<(String, String)>,
    env_files: Vec<(String, String)>,
    baselines: Vec<(String, String)>,
    today: String,
}

/// A finding, and how to say it.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    message: String,
}

impl<'a> From<&'a Finding> for Said<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            finding,
            message: finding.message(),
        }
    }
}

/// What an audit came to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    findings: Vec<Said<'a>>,
    allowed: &'a [super::Allowed],
    unread: &'a [Unread],
    files: u64,
    bytes: u64,
    notes: Vec<String>,
    exit_code: u8,
    text: String,
    readable: String,
    baseline: Option<String>,
}

#[wasm_bindgen]
impl Audit {
    /// An audit with the options of the command line, and with what JavaScript has read: environment, files, and the day.
    ///
    /// # Errors
    ///
    /// Throws an `Error` whose message is that of a [`UsageError`].
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, given: JsValue) -> Result<Self, JsError> {
        let wrong = |error: &dyn std::fmt::Display| UsageError::Options(error.to_string());
        // By way of a value that knows all members: an option that is misspelt is not passed over.
        let options: serde_json::Value = from_value(options).map_err(|error| wrong(&error))?;
        let options: Options = serde_json::from_value(options).map_err(|error| wrong(&error))?;
        options.check()?;
        let given: Given = from_value(given).map_err(|error| wrong(&error))?;
        let mut inputs = Inputs::new(Date::parse(&given.today).ok_or(SettingsError::NotADate)?);
        let wiped = |(name, text)| (name, Wiped::new(text));
        let file = |(name, text)| TextFile::new(name, Wiped::new(text));
        inputs.environment = given.environment.into_iter().map(wiped).collect();
        inputs.env_files = given.env_files.into_iter().map(file).collect();
        inputs.baselines = given.baselines.into_iter().map(file).collect();
        let prepared = command::prepare(&options, inputs)?;
        Ok(Self {
            auditor: Auditor::new(prepared.settings)?,
            options,
            allow: prepared.allow,
            notes: prepared.notes,
            report: Report::default(),
        })
    }

    /// Whose values are looked for, and whose are not.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// Searches a file that is at hand, and what is packed in it.
    pub fn bytes(&mut self, path: &str, bytes: &[u8]) {
        self.report
            .merge(audit_file(&self.auditor, path, &mut Cursor::new(bytes)));
    }

    /// Searches a file of `size` bytes, and what is packed in it. `read` takes a position, a `bigint`, and a length, and
    /// answers with a `Uint8Array` that is no longer than that; an empty one is the end.
    pub fn file(&mut self, path: &str, size: u64, read: Function) {
        let file = JsFile {
            read,
            size,
            position: 0,
        };
        let mut file = BufReader::with_capacity(BUFFER, file);
        self.report.merge(audit_file(&self.auditor, path, &mut file));
    }

    /// What is found in a text, without adding it to the report: to name the place in a source that a finding comes from.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn look(&self, path: &str, bytes: &[u8]) -> Result<JsValue, JsError> {
        to_js(&self.auditor.audit(path, bytes).findings)
    }

    /// Something that can't be looked into: it can't be read, or is a link that leads nowhere.
    pub fn unread(&mut self, path: &str, is_link: bool, detail: String) {
        let reason = if is_link {
            UnreadReason::Link
        } else {
            UnreadReason::Unreadable
        };
        self.report.unread.push(Unread::new(path, reason, detail));
    }

    /// The report, `text` in the format that was asked for, `readable` for people. The next one begins empty.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn finish(&mut self) -> Result<JsValue, JsError> {
        let report = std::mem::take(&mut self.report);
        let outcome = Outcome::new(&self.options, &self.allow, report);
        let report = outcome.report();
        to_js(&Answer {
            findings: report.findings.iter().map(Said::from).collect(),
            allowed: &report.allowed,
            unread: &report.unread,
            files: report.files,
            bytes: report.bytes,
            notes: outcome.notes(),
            exit_code: outcome.exit_code(),
            text: outcome.text(),
            readable: outcome.readable(),
            baseline: outcome.baseline(),
        })
    }
}

/// How much is asked of JavaScript at once.
const BUFFER: usize = 1 << 20;

/// A file that JavaScript reads.
struct JsFile {
    read: Function,
    size: u64,
    position: u64,
}

impl Read for JsFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let answer = self
            .read
            .call2(&JsValue::NULL, &BigInt::from(self.position), &length.into());
        let bytes: Uint8Array = answer
            .map_err(|error| failure(&error))?
            .dyn_into()
            .map_err(|_| io::Error::other("not bytes"))?;
        let read = usize::try_from(bytes.length()).unwrap_or(usize::MAX);
        let room = buffer
            .get_mut(..read)
            .ok_or_else(|| io::Error::other("more bytes than were asked for"))?;
        bytes.copy_to(room);
        self.position = self.position.saturating_add(u64::from(bytes.length()));
        Ok(read)
    }
}

impl Seek for JsFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// What JavaScript threw, in its own words.
fn failure(error: &JsValue) -> io::Error {
    let message = error
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()));
    io::Error::other(message.unwrap_or_else(|| "it can't be read".to_owned()))
}

fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}
