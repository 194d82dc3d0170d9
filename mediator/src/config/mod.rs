//! What the operator has set, checked: from here on nothing of it can be wrong.

mod settings;

use crate::judge::seal::KeyRing;
use crate::judge::session::Lifetimes;
use crate::secret::Secret;
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::credentials::{ClientId, RedirectUri};
use procore_spa_auth::protocol::environment::{Environment, EnvironmentName};
use settings::{ApplicationSettings, Settings};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use settings::{FileSettings, Limits};

/// Why the server does not start: a sentence for its operator. It names settings, and no secret.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError(message.into()))
}

/// One application in one environment.
#[derive(Debug)]
pub struct Application {
    /// As the configuration calls it: for logs and metrics.
    pub name: String,
    pub client_id: String,
    pub client_secret: Secret,
    pub login_origin: String,
    pub token_endpoint: String,
    pub revocation_endpoint: String,
    pub api_origin: Option<String>,
    pub redirect_uris: Vec<String>,
    pub origins: Vec<String>,
    pub cookie_name: String,
}

impl Application {
    pub fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }

    /// What a sealed cookie is bound to.
    pub fn cookie_purpose(&self) -> String {
        ["cookie", &self.cookie_name, &self.client_id, &self.login_origin].join("\n")
    }
}

/// Everything.
#[derive(Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub admin_listen: Option<SocketAddr>,
    pub token_path: String,
    pub revoke_path: String,
    pub applications: Vec<Arc<Application>>,
    pub keys: Arc<KeyRing>,
    pub lifetimes: Lifetimes,
    pub is_cookie_kept: bool,
    pub redis_url: Option<Secret>,
    pub state_dir: Option<PathBuf>,
    pub limits: Limits,
    pub upstream_timeout: Duration,
    pub files: Option<FileSettings>,
    pub log: tracing::Level,
}

/// Reads the file, where there is one, and the environment, which comes before it.
pub fn load(file: Option<&Path>, environment: BTreeMap<String, String>) -> Result<Config, ConfigError> {
    let settings = settings::read(file, &environment)?;
    check(settings, &environment)
}

fn check(settings: Settings, environment: &BTreeMap<String, String>) -> Result<Config, ConfigError> {
    let token_path = settings.token_path;
    let revoke_path = match token_path.rsplit_once('/') {
        Some((folder, last)) if token_path.starts_with('/') && !last.is_empty() && last != "revoke" => {
            format!("{folder}/revoke")
        }
        _ => {
            return refuse(format!(
                "token_path must be a path such as /oauth/token, not {token_path:?}"
            ));
        }
    };
    let Some(keys) = settings.cookie_keys else {
        return refuse(
            "cookie_keys is missing: a file or variable with 32 random bytes in base64 (openssl rand -base64 32)",
        );
    };
    let keys = KeyRing::parse(&keys.read("cookie_keys", environment)?).map_err(|error| {
        ConfigError(format!(
            "cookie_keys: {error:?}; each key is 32 bytes in base64 (openssl rand -base64 32)"
        ))
    })?;
    let mut applications = Vec::new();
    for (name, one) in settings.applications {
        applications.push(Arc::new(application(name, one, environment)?));
    }
    check_all(&applications)?;
    let session = settings.session;
    let lifetimes = Lifetimes {
        idle: session.idle_seconds,
        absolute: session.absolute_seconds,
    };
    if lifetimes.idle == 0 || lifetimes.absolute < lifetimes.idle {
        return refuse("session: idle_seconds must be at least 1, and absolute_seconds no less than it");
    }
    let limits = &settings.limits;
    if [limits.open_connections, limits.open_upstream_requests].contains(&0) || limits.requests_per_minute == 0 {
        return refuse("limits: with 0 of them nothing would be served");
    }
    let redis_url = settings
        .redis_url
        .map(|source| source.read("redis_url", environment))
        .transpose()?;
    Ok(Config {
        listen: settings.listen,
        admin_listen: settings.admin_listen,
        token_path,
        revoke_path,
        applications,
        keys: Arc::new(keys),
        lifetimes,
        is_cookie_kept: session.is_cookie_kept,
        redis_url: redis_url.or_else(|| environment.get("REDIS_URL").map(|url| url.as_str().into())),
        state_dir: state_dir(settings.state_dir, environment),
        upstream_timeout: Duration::from_secs(settings.limits.upstream_timeout_seconds.max(1)),
        limits: settings.limits,
        files: settings.files,
        log: settings
            .log
            .parse()
            .map_err(|_| ConfigError("log must be error, warn, info or debug".into()))?,
    })
}

/// systemd names the directory that it has made in a variable of its own. An empty setting means none.
fn state_dir(set: Option<PathBuf>, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let default = || {
        environment
            .get("STATE_DIRECTORY")
            .map_or("/var/lib/procore-token-mediator", String::as_str)
            .into()
    };
    Some(set.unwrap_or_else(default)).filter(|path| !path.as_os_str().is_empty())
}

fn application(
    name: String,
    set: ApplicationSettings,
    environment: &BTreeMap<String, String>,
) -> Result<Application, ConfigError> {
    let about = |what: &str| ConfigError(format!("applications.{name}: {what}"));
    let client_id = ClientId::parse(&set.client_id)
        .map_err(|error| about(&error.message()))?
        .as_str()
        .to_owned();
    let client_secret = set
        .client_secret
        .read(&format!("applications.{name}.client_secret"), environment)?;
    let procore = match set.environment.as_deref() {
        None => None,
        Some(word) => Some(
            EnvironmentName::from_name(word)
                .ok_or_else(|| about("environment must be production, sandbox, monthly-sandbox or federal"))?,
        ),
    };
    let (login_origin, api_origin) = match (procore, set.login_origin) {
        (Some(name), None) => {
            let Environment { issuer, api_origin, .. } = Environment::procore(name);
            (issuer, Some(api_origin))
        }
        (None, Some(origin)) => (
            exact_origin(&origin).map_err(|error| about(&format!("login_origin {error}")))?,
            None,
        ),
        _ => return Err(about("say environment or login_origin, one of both")),
    };
    for uri in &set.redirect_uris {
        RedirectUri::parse(uri, parse_url).map_err(|error| about(&format!("redirect_uris: {}", error.message())))?;
    }
    let origins: Result<Vec<_>, _> = set.origins.iter().map(|origin| exact_origin(origin)).collect();
    let origins = origins.map_err(|error| about(&format!("origins: {error}")))?;
    if origins.is_empty() || set.redirect_uris.is_empty() {
        return Err(about("origins and redirect_uris need at least one entry each"));
    }
    let digest = Sha256::digest([client_id.as_str(), &login_origin].join("\n"));
    let tag: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(Application {
        cookie_name: format!("__Host-procore-{tag}"),
        token_endpoint: format!("{login_origin}/oauth/token"),
        revocation_endpoint: format!("{login_origin}/oauth/revoke"),
        name,
        client_id,
        client_secret,
        login_origin,
        api_origin,
        redirect_uris: set.redirect_uris,
        origins,
    })
}

/// An origin as browsers write it. Anything that is only nearly one would lock everybody out without a word.
fn exact_origin(text: &str) -> Result<String, String> {
    let Some(url) = parse_url(text, None) else {
        return Err(format!("{text:?} is no URL"));
    };
    let origin = url.origin();
    if text != origin {
        return Err(format!("{text:?} is not how browsers write an origin; say {origin:?}"));
    }
    let is_loopback = ["http://127.0.0.1", "http://[::1]"].iter().any(|own| {
        origin
            .strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    });
    if url.is_https() || url.is_localhost() || is_loopback {
        Ok(origin.to_owned())
    } else {
        Err(format!("{text:?} must be https, or http on localhost"))
    }
}

/// A request names its application by `client_id` and `Origin`.
fn check_all(applications: &[Arc<Application>]) -> Result<(), ConfigError> {
    if applications.is_empty() {
        return refuse("there is no application: add a table [applications.NAME]");
    }
    for (at, one) in applications.iter().enumerate() {
        for other in applications.iter().skip(at + 1) {
            let shared = one.origins.iter().find(|origin| other.has_origin(origin));
            if let (true, Some(origin)) = (one.client_id == other.client_id, shared) {
                let names = format!("applications.{} and applications.{}", one.name, other.name);
                return refuse(format!(
                    "{names} have the same client_id and both have {origin}: nobody could tell which is meant"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod tests;
