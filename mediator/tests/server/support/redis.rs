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

/// `REDIS_SERVER` names the program, where it is not on the path.
pub async fn start() -> Redis {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let directory = tempfile::tempdir().unwrap();
    let child = run(port, &directory);
    let redis = Redis {
        url: format!("redis://127.0.0.1:{port}"),
        port,
        child,
        directory,
    };
    redis.answers().await;
    redis
}

fn run(port: u16, directory: &TempDir) -> Child {
    let program = std::env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    let mut command = Command::new(program);
    command.args([
        "--port",
        &port.to_string(),
        "--bind",
        "127.0.0.1",
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--save",
        "",
    ]);
    command
        .arg("--dir")
        .arg(directory.path())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("Redis does not start; where it is not installed, leave these tests out with --skip fleet")
}

impl Redis {
    async fn answers(&self) {
        super::until("Redis", || async {
            TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()
        })
        .await;
    }

    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// With what it had on its disk.
    pub async fn start_again(&mut self) {
        self.child = run(self.port, &self.directory);
        self.answers().await;
    }
}
