//! The settings as they are written: a TOML file, and variables `MEDIATOR__…`, which come before it.

use super::{ConfigError, refuse};
use crate::secret::Secret;
use config::{Environment, File, FileFormat};
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    pub admin_listen: Option<SocketAddr>,
    #[serde(default = "token_path")]
    pub token_path: String,
    pub cookie_keys: Option<Source>,
    pub redis_url: Option<Source>,
    pub state_dir: Option<PathBuf>,
    #[serde(default = "log")]
    pub log: String,
    #[serde(default)]
    pub session: SessionSettings,
    #[serde(default)]
    pub limits: Limits,
    pub files: Option<FileSettings>,
    #[serde(default)]
    pub applications: BTreeMap<String, ApplicationSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSettings {
    pub environment: Option<String>,
    pub login_origin: Option<String>,
    pub client_id: String,
    pub client_secret: Source,
    #[serde(deserialize_with = "words")]
    pub redirect_uris: Vec<String>,
    #[serde(deserialize_with = "words")]
    pub origins: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    pub idle_seconds: u64,
    pub absolute_seconds: u64,
    #[serde(rename = "keep_cookie")]
    pub is_cookie_kept: bool,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            idle_seconds: 12 * 3600,
            absolute_seconds: 7 * 24 * 3600,
            is_cookie_kept: false,
        }
    }
}

/// What one server takes on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Of one client address; more are answered with 429.
    pub requests_per_minute: u32,
    /// How many trusted proxies stand in front: so many entries of `X-Forwarded-For`, counted from its end, are believed.
    pub proxies: usize,
    pub open_connections: usize,
    pub open_upstream_requests: usize,
    pub upstream_timeout_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: 300,
            proxies: 0,
            open_connections: 4096,
            open_upstream_requests: 64,
            upstream_timeout_seconds: 20,
        }
    }
}

/// The app's own files, where this process serves them too.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    pub directory: PathBuf,
    pub content_security_policy: Option<String>,
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn token_path() -> String {
    "/oauth/token".to_owned()
}

fn log() -> String {
    "info".to_owned()
}

/// Where a secret is. Its value never stands among the settings, so no complaint about them can show it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    File(PathBuf),
    Env(String),
}

impl Source {
    pub fn read(&self, setting: &str, environment: &BTreeMap<String, String>) -> Result<Secret, ConfigError> {
        let text = match self {
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => return refuse(format!("{setting}: {} can't be read: {}", path.display(), error.kind())),
            },
            Self::Env(name) => match environment.get(name) {
                Some(text) => text.clone(),
                None => return refuse(format!("{setting}: the variable {name} is not set")),
            },
        };
        let text = Secret::new(text.trim().to_owned());
        if text.expose().is_empty() {
            refuse(format!("{setting} is empty"))
        } else {
            Ok(text)
        }
    }
}

pub fn read(file: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Settings, ConfigError> {
    let mut builder = config::Config::builder();
    if let Some(path) = file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    let variables = environment
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let variables = Environment::with_prefix("MEDIATOR")
        .prefix_separator("__")
        .separator("__")
        .source(Some(variables));
    let read = builder
        .add_source(variables)
        .build()
        .and_then(config::Config::try_deserialize);
    // A complaint about TOML repeats the line, and no line of it is secret: see `Source`.
    read.map_err(|error| ConfigError(error.to_string()))
}

/// A list; in a variable its entries are parted by white space.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Words;
    impl<'de> Visitor<'de> for Words {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of strings")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.split_ascii_whitespace().map(str::to_owned).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = list.next_element()? {
                all.push(one);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_any(Words)
}
