//! The sign-in by a login window: it opens in the very turn of the call, and brings back the response, which is judged like any.

use super::driver::Driver;
use super::redirect::{RedirectResult, Taken};
use super::relay::{self, Message};
use crate::browser::{clock, entropy, url};
use crate::error::{Code, Error, Phase};
use crate::protocol::authorization_request::SignInOptions as Chosen;
use crate::protocol::client::Client;
use crate::protocol::login_window::{End, Sight, Watch};
use crate::protocol::secret::Wiped;
use crate::protocol::url::Url;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::time::Duration;
use futures_channel::oneshot::{Receiver, Sender, channel};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use wasm_bindgen::JsValue;
use web_sys::{BroadcastChannel, Element, Window};

/// As long as a pending authorization lives.
const TIMEOUT: Duration = Duration::from_secs(crate::protocol::pending_authorization::LIFETIME);

/// How often a window is asked whether it is still there: no event tells that of another site's window.
const POLL_MS: u32 = 200;

/// What one sign-in by popup may choose. The default is what most apps want.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PopupSignInOptions {
    /// One of the registered redirect URIs; by default the first on this page's origin.
    pub redirect_uri: Option<String>,
    /// Instead of the configured scope (RFC 6749 §3.3).
    pub scope: Option<String>,
    /// More parameters for the login page, as names and values. Reserved names are refused.
    pub extra_params: Vec<(String, String)>,
    /// How long the user has: by default 10 minutes, for Procore's codes and this sign-in live no longer.
    pub timeout: Duration,
}

impl Default for PopupSignInOptions {
    fn default() -> Self {
        Self {
            redirect_uri: None,
            scope: None,
            extra_params: Vec::new(),
            timeout: TIMEOUT,
        }
    }
}

impl PopupSignInOptions {
    /// With one more parameter for the login page.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Self {
        self.extra_params.push((name.into(), value.into()));
        self
    }

    /// With how long the user has.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn chosen(&self, client: &Client) -> Chosen {
        let mut chosen = Chosen::new(client.config());
        chosen.redirect_uri.clone_from(&self.redirect_uri);
        chosen.scope.clone_from(&self.scope);
        chosen.extra_params.clone_from(&self.extra_params);
        chosen.is_popup = true;
        chosen
    }
}

/// Signs in by a login window. Dropping the future closes it; nothing of the sign-in is anywhere else.
pub(super) fn sign_in(
    driver: &Rc<Driver>,
    options: &PopupSignInOptions,
) -> impl Future<Output = Result<RedirectResult, Error>> + use<> {
    let driver = Rc::clone(driver);
    // Without a turn in between, where that is possible: a popup has to open inside the click.
    let begun = match driver.is_to_discover() {
        true => Err(options.clone()),
        false => Ok(PopupSignIn::begin(&driver, options)),
    };
    async move {
        let begun = match begun {
            Ok(begun) => begun,
            Err(options) => {
                driver.open().await?;
                PopupSignIn::begin(&driver, &options)
            }
        };
        let taken = begun?.answered().await?;
        driver.redeem(taken).await
    }
}

/// A sign-in that is in a login window.
struct PopupSignIn {
    window: LoginWindow,
    /// The pending authorization. It is in no storage.
    record: Wiped,
}

impl PopupSignIn {
    fn begin(driver: &Driver, options: &PopupSignInOptions) -> Result<Self, Error> {
        let login = driver.with_client(|client| {
            let chosen = options.chosen(client);
            client.begin_sign_in(&chosen, entropy::entropy()?, clock::now().wall)
        })?;
        let record = login.pending.to_record();
        let window = LoginWindow::open(&driver.window, &login.url, login.pending.state(), options.timeout)?;
        Ok(Self { window, record })
    }

    async fn answered(mut self) -> Result<Taken, Error> {
        let url = self.window.outcome().await?;
        Ok(Taken::new(url, self.record))
    }
}

/// An open login window. Dropped, it is closed, and nobody looks after it any more.
struct LoginWindow {
    popup: Window,
    ended: Receiver<Result<Url, End>>,
    channel: Option<BroadcastChannel>,
    _listeners: Vec<EventListener>,
    _looking: Interval,
}

impl LoginWindow {
    fn open(window: &Window, url: &str, state: &str, timeout: Duration) -> Result<Self, Error> {
        // Without a name, it is a window that nobody else can have opened before. Some blockers put a function there that throws.
        let popup = window.open_with_url_and_target_and_features(url, "_blank", &features(window));
        let lacking = sandbox_lacks(window);
        let popup = match popup.ok().flatten() {
            Some(popup) if lacking.is_empty() => popup,
            opened => {
                let _ = opened.map(|popup| popup.close());
                return Err(Error::about(Code::PopupBlocked, &lacking.join(" ")));
            }
        };
        let (watching, ended) = Watching::new(Watch::new(relay::origin(window), state.into()));
        let channel = relay::channel_of(state);
        let mut listeners = Vec::from([listen(window, &popup, Rc::clone(&watching))]);
        listeners.extend(channel.as_ref().map(|channel| {
            let watching = Rc::clone(&watching);
            EventListener::new(channel, "message", move |_| {
                watching.look(|watch| Some(Err(watch.end(End::Severed))))
            })
        }));
        let looking = look_after(window, &popup, timeout, watching);
        Ok(Self {
            popup,
            ended,
            channel,
            _listeners: listeners,
            _looking: looking,
        })
    }

    /// The URL that came back there, unjudged.
    async fn outcome(&mut self) -> Result<Url, Error> {
        let ended = (&mut self.ended).await;
        ended.unwrap_or(Err(End::Closed)).map_err(Error::from)
    }
}

impl Drop for LoginWindow {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.close();
        }
        let _ = self.popup.close();
    }
}

impl From<End> for Error {
    fn from(end: End) -> Self {
        match end {
            End::Closed => Code::PopupClosed.into(),
            End::Severed => Code::OpenerSevered.into(),
            End::Late => Self::about(Code::Timeout, "login window").during(Phase::Authorize),
            End::OtherState => Self::about(Code::StateMismatch, "login window"),
            End::OtherSite(origin) => Self::about(Code::RedirectMismatch, &origin),
        }
    }
}

/// What is known of the window, and who waits for its end.
struct Watching {
    watch: RefCell<Watch>,
    end: Cell<Option<Sender<Result<Url, End>>>>,
}

impl Watching {
    fn new(watch: Watch) -> (Rc<Self>, Receiver<Result<Url, End>>) {
        let (sender, receiver) = channel();
        let watching = Self {
            watch: RefCell::new(watch),
            end: Cell::new(Some(sender)),
        };
        (Rc::new(watching), receiver)
    }

    fn look(&self, look: impl FnOnce(&mut Watch) -> Option<Result<Url, End>>) {
        let end = look(&mut self.watch.borrow_mut());
        if let Some(end) = end
            && let Some(sender) = self.end.take()
        {
            // Who has asked may be gone.
            let _ = sender.send(end);
        }
    }
}

/// Hears what the window brings.
fn listen(window: &Window, popup: &Window, watching: Rc<Watching>) -> EventListener {
    let (here, popup) = (window.clone(), popup.clone());
    EventListener::new(window, "message", move |event| {
        let message = Message::read(event, &popup, &here);
        let Some(response) = message.and_then(|message| url::parse_url(&message.url?, None)) else {
            return;
        };
        // That window closes when it knows that somebody was here.
        relay::tell(&popup, &relay::origin(&here), None);
        watching.look(|watch| watch.hear(&response).then_some(Ok(response)));
    })
}

fn look_after(window: &Window, popup: &Window, timeout: Duration, watching: Rc<Watching>) -> Interval {
    let (here, popup) = (window.clone(), popup.clone());
    let now = move || here.performance().map_or(0.0, |performance| performance.now());
    let deadline = now() + timeout.as_secs_f64() * 1000.0;
    Interval::new(POLL_MS, move || {
        let (sight, is_late) = (sight(&popup), now() >= deadline);
        watching.look(|watch| watch.look(sight, is_late).map(Err));
    })
}

fn sight(popup: &Window) -> Sight {
    if popup.closed() != Ok(false) {
        return Sight::Gone;
    }
    // Another site's page can't be read.
    match popup.location().href() {
        Ok(href) if href == "about:blank" => Sight::Empty,
        _ => Sight::Elsewhere,
    }
}

/// In the middle of this window: of the whole one, where this page is framed.
fn features(window: &Window) -> String {
    let number = |value: Result<JsValue, JsValue>| value.ok().and_then(|value| value.as_f64()).unwrap_or_default();
    let left = number(window.screen_x()) + (number(window.outer_width()) - 520.0) / 2.0;
    let top = number(window.screen_y()) + (number(window.outer_height()) - 720.0) / 2.0;
    format!("popup,width=520,height=720,left={left},top={top}")
}

/// What the sandboxes of the frames around this page lack: a window inherits it. Browsers tell only of frames in pages of this
/// origin.
fn sandbox_lacks(window: &Window) -> Vec<String> {
    let mut lacking = Vec::new();
    let mut frame = window.frame_element().ok().flatten();
    while let Some(element) = frame {
        let sandbox = element.get_attribute("sandbox").map(|words| words.to_ascii_lowercase());
        let has = |words: &[&str]| {
            let allowed = |sandbox: &String| sandbox.split_ascii_whitespace().any(|word| words.contains(&word));
            sandbox.as_ref().is_none_or(allowed)
        };
        if !has(&["allow-popups"]) {
            lacking.push("allow-popups".to_string());
        }
        if !has(&["allow-forms", "allow-popups-to-escape-sandbox"]) {
            lacking.push("allow-forms".to_string());
        }
        frame = around(&element);
    }
    lacking.sort_unstable();
    lacking.dedup();
    lacking
}

fn around(frame: &Element) -> Option<Element> {
    let view = frame.owner_document()?.default_view()?;
    view.frame_element().ok().flatten()
}
