//! The mediator as it is deployed: a process, its settings in variables, its log on standard output.

use super::browser::Browser;
use super::procore::Procore;
use super::{CLIENT_ID, CLIENT_SECRET, ORIGIN, REDIRECT_URI};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_procore-token-mediator");

#[derive(Clone)]
pub struct Settings {
    pub variables: BTreeMap<String, String>,
    /// Outlives the process, as a disk does.
    state: Arc<TempDir>,
}

pub struct Mediator {
    pub base: String,
    pub admin: String,
    child: Child,
    log: Arc<Mutex<String>>,
}

pub fn key(byte: u8) -> String {
    STANDARD.encode([byte; 32])
}

impl Settings {
    pub fn new(procore: &Procore) -> Self {
        let state = Arc::new(tempfile::tempdir().unwrap());
        let mut settings = Self {
            variables: BTreeMap::new(),
            state,
        };
        let directory = settings.state.path().display().to_string();
        settings.application("MAIN", &procore.origin, CLIENT_ID, ORIGIN, REDIRECT_URI);
        for (name, value) in [
            ("SECRET", CLIENT_SECRET),
            ("KEYS", &key(1)),
            ("MEDIATOR__COOKIE_KEYS__ENV", "KEYS"),
            ("MEDIATOR__LISTEN", "127.0.0.1:0"),
            ("MEDIATOR__ADMIN_LISTEN", "127.0.0.1:0"),
            ("MEDIATOR__STATE_DIR", &directory),
            ("MEDIATOR__LOG", "debug"),
            ("MEDIATOR__LIMITS__REQUESTS_PER_MINUTE", "1000000"),
        ] {
            settings.set(name, value);
        }
        settings
    }

    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn application(
        &mut self,
        name: &str,
        login: &str,
        client_id: &str,
        origin: &str,
        redirect_uri: &str,
    ) -> &mut Self {
        for (setting, value) in [
            ("LOGIN_ORIGIN", login),
            ("CLIENT_ID", client_id),
            ("CLIENT_SECRET__ENV", "SECRET"),
            ("ORIGINS", origin),
            ("REDIRECT_URIS", redirect_uri),
        ] {
            self.set(&format!("MEDIATOR__APPLICATIONS__{name}__{setting}"), value);
        }
        self
    }

    /// The same settings for one more instance, which has a disk of its own.
    pub fn instance(&self) -> Self {
        let state = Arc::new(tempfile::tempdir().unwrap());
        let mut other = Self {
            variables: self.variables.clone(),
            state,
        };
        let directory = other.state.path().display().to_string();
        other.set("MEDIATOR__STATE_DIR", &directory);
        other
    }

    pub fn journal(&self) -> String {
        std::fs::read_to_string(self.state.path().join("journal")).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .envs(&self.variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// What it says when it does not start.
    pub async fn complaint(&self) -> String {
        let output = self.command().output().await.unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    pub async fn start(&self) -> Mediator {
        let mut child = self.command().stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let mut addresses = Vec::new();
        while addresses.len() < 2 {
            let line = lines.next_line().await.unwrap().expect("it has not started");
            let said: Value = serde_json::from_str(&line).unwrap();
            addresses.extend(said["address"].as_str().map(|address| format!("http://{address}")));
            log.lock().unwrap().push_str(&line);
        }
        let kept = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let admin = addresses.remove(1);
        Mediator {
            base: addresses.remove(0),
            admin,
            child,
            log,
        }
    }
}

impl Mediator {
    pub fn browser(&self) -> Browser {
        Browser::new(self.base.clone())
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    /// As a power cut does it.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub async fn ask_admin(&self, path: &str) -> (u16, String) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let response = reqwest::get(format!("{}{path}", self.admin)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}
