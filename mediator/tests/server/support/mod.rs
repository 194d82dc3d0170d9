//! Procore, a browser, the mediator's process and a Redis, for tests over real sockets.

pub mod procore;
pub mod browser;
pub mod process;
pub mod redis;

pub const ORIGIN: &str = "https://app.example";
pub const REDIRECT_URI: &str = "https://app.example/callback";
pub const CLIENT_ID: &str = "client-1";
/// With what a form has to encode.
pub const CLIENT_SECRET: &str = "the+client/secret=42";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

use browser::Browser;
use process::{Mediator, Settings};
use procore::Procore;

/// One mediator before one Procore, and a browser at its page.
pub async fn world() -> (Procore, Mediator, Browser) {
    let procore = Procore::start().await;
    let mediator = Settings::new(&procore).start().await;
    let browser = mediator.browser();
    (procore, mediator, browser)
}

/// Waits for what must come; the test's end is its time-out.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    for _ in 0..3000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("did not come: {what}");
}
