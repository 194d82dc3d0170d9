//! A real Redis on a port of its own.

use std::process::Stdio;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

pub struct Redis {
    pub url: String,
    port: u16,
    child: Child,
    directory: TempDir,
}

/// `None` where no Redis is installed; the leg `mediator` of `npm test` says so.
pub async fn start() -> Option<Redis> {
    let program = std::env::var("REDIS_SERVER").ok()?;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let child = run(&program, port, &directory);
    let redis = Redis { url: format!("redis://127.0.0.1:{port}"), port, child, directory };
    redis.answers().await;
    Some(redis)
}

fn run(program: &str, port: u16, directory: &TempDir) -> Child {
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
    command.arg("--dir").arg(directory.path()).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap()
}

impl Redis {
    async fn answers(&self) {
        super::until("Redis", || async { TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() }).await;
    }

    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// With what it had on its disk.
    pub async fn start_again(&mut self) {
        self.child = run(&std::env::var("REDIS_SERVER").unwrap(), self.port, &self.directory);
        self.answers().await;
    }
}
