//! The page as the answer to a sign-in: its record is taken and its URL scrubbed at once, before any other script of the page
//! can read the code; then it is judged.

use super::driver::Driver;
use super::page::{self, Marks};
use super::relay::Relay;
use crate::browser::pending_store;
use crate::error::{Code, Error};
use crate::protocol::authorization_response::{AuthorizationGrant, AuthorizationResponse};
use crate::protocol::client::Client;
use crate::protocol::config::Config;
use crate::protocol::login_window;
use crate::protocol::pending_authorization::PendingAuthorization;
use crate::protocol::scrubbing;
use crate::protocol::secret::Wiped;
use crate::protocol::shared::Event;
use crate::protocol::time::UnixSeconds;
use crate::protocol::url::Url;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::pin::Pin;
use web_sys::Window;

/// What a page was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedirectResult {
    /// Whether it was the answer to a sign-in, and somebody is signed in by it.
    pub handled: bool,
    /// Where to go on to then: a path of this origin, for your router.
    pub return_to: Option<String>,
    /// What was put right on the way: `returnto_rejected`.
    pub warning: Option<Code>,
}

impl RedirectResult {
    /// `target`: of a sign-in, where to go on to, and what was put right on the way there.
    pub(super) fn of(target: Option<(String, Option<Code>)>) -> Self {
        Self {
            handled: target.is_some(),
            warning: target.as_ref().and_then(|(_, warning)| *warning),
            return_to: target.map(|(return_to, _)| return_to),
        }
    }
}

/// Takes what this page is at once; what comes of it, later.
pub(super) fn arrive(driver: &Rc<Driver>) -> impl Future<Output = Result<RedirectResult, Error>> + use<> {
    let driver = Rc::clone(driver);
    let arrival = driver
        .with_client(|client| take_from_page(&driver.window, client.config(), driver.marks, driver.is_persistent));
    let begun: Pin<Box<dyn Future<Output = _>>> = match arrival {
        // Whatever the app would do here, a sign-in say, would end with this window.
        _ if driver.relay.get().is_some() => Box::pin(relayed(&driver, "", "")),
        Ok(Arrival::Window(url, state)) => Box::pin(relayed(&driver, &url, &state)),
        Ok(Arrival::Response(taken)) => Box::pin(driver.redeem(taken)),
        Ok(Arrival::Spent(error)) => Box::pin(known(Rc::clone(&driver), Some(error))),
        Ok(Arrival::Other) => Box::pin(known(Rc::clone(&driver), None)),
        Err(error) => {
            // Somebody may be signed in all the same.
            driver.handle(Event::Start);
            Box::pin(async { Err(error) })
        }
    };
    async move { begun.await.inspect_err(|error| driver.marks.note_cause(error)) }
}

/// In a login window: the page that opened it goes on. Asked again, it is a login window still.
fn relayed(driver: &Driver, url: &str, state: &str) -> impl Future<Output = Result<RedirectResult, Error>> + use<> {
    let relay = driver.relay.get_or_init(|| Relay::begin(&driver.window, url, state));
    let failed = relay.failed();
    async { Err(failed.await) }
}

/// Waits until it is known who is signed in. `error`: what to say where nobody is.
async fn known(driver: Rc<Driver>, error: Option<Error>) -> Result<RedirectResult, Error> {
    driver.ask(|call| Event::Ready { call }).await?;
    match error.filter(|_| !driver.session().signed_in) {
        Some(error) => Err(error),
        None => Ok(RedirectResult::of(None)),
    }
}

/// A response to a sign-in of this tab, and that sign-in's record. Both are nowhere else any more.
pub(super) struct Taken {
    url: Url,
    record: Wiped,
}

impl Taken {
    pub(super) const fn new(url: Url, record: Wiped) -> Self {
        Self { url, record }
    }
}

/// What a page is to the sign-ins of its tab.
enum Arrival {
    /// The response to one of them.
    Response(Taken),
    /// A response that came back in a login window, whole, and its state.
    Window(Wiped, Wiped),
    /// One that this tab has had before, with what to say of it where nobody is signed in.
    Spent(Error),
    /// None of that.
    Other,
}

/// Takes the response out of this page, if it is one to a sign-in of this tab and client, or one that this tab has had before.
/// `is_kept`: whether a reload may find the user signed in, so that this response is to be known again.
///
/// # Errors
///
/// Those of a response that is nobody's, or of blocked storage: see [`AuthorizationResponse::unclaimed`] and
/// [`pending_store::forget`]. It is left where it is, unless this tab has had it before.
fn take_from_page(window: &Window, config: &Config, marks: Marks, is_kept: bool) -> Result<Arrival, Error> {
    let href = page::href(window);
    let Some(url) = crate::browser::url::parse_url(&href, None) else {
        return Ok(Arrival::Other);
    };
    let mut is_spent = false;
    let states = scrubbing::states(&url);
    if let Some(state) = states.iter().find(|state| login_window::is_popup(state)) {
        scrub(window, &url, state);
        return Ok(Arrival::Window(href, state.clone()));
    }
    for state in states {
        let record = pending_store::find_by_state(&state);
        if record.is_none() && marks.is_spent(&state) {
            scrub(window, &url, &state);
            is_spent = true;
            break;
        }
        if let Some(record) = record.filter(|record| is_ours(record, config)) {
            pending_store::forget_state(&state)?;
            if is_kept {
                marks.spend(&state);
            }
            scrub(window, &url, &state);
            return Ok(Arrival::Response(Taken { url, record }));
        }
    }
    let response = AuthorizationResponse::parse(&href, config)?;
    let is_any_pending = !is_spent && pending_store::is_any();
    match response.and_then(|response| response.unclaimed(is_any_pending)) {
        Some(error) if is_spent => Ok(Arrival::Spent(error)),
        Some(error) => Err(error),
        None => Ok(Arrival::Other),
    }
}

/// Whether a record is not another client's. A damaged one is nobody else's.
fn is_ours(record: &str, config: &Config) -> bool {
    PendingAuthorization::from_record(record).map_or(true, |pending| {
        pending.client_id == config.client_id().as_str() && pending.is_to(config)
    })
}

fn scrub(window: &Window, url: &Url, state: &str) {
    let scrubbed = scrubbing::without_response(url, state);
    // Some engines limit how often a page may do that. The code is spent all the same, so it must be redeemed.
    let _ = window.history().and_then(|history| {
        let kept = history.state()?;
        history.replace_state_with_url(&kept, "", Some(&scrubbed))
    });
    let is_left = |url| scrubbing::states(&url).iter().any(|left| left.as_str() == state);
    if crate::browser::url::parse_url(&page::href(window), None).is_some_and(is_left) {
        web_sys::console::warn_1(&"procore-spa-auth: the URL could not be scrubbed.".into());
    }
}

/// Judges a response by its record, which is spent by that.
///
/// # Errors
///
/// Those of [`AuthorizationResponse::parse`] and [`Client::accept_response`].
pub(super) fn accept(client: &mut Client, taken: &Taken, now: UnixSeconds) -> Result<AuthorizationGrant, Error> {
    // A record was there because its state is in the URL.
    let response = AuthorizationResponse::parse(taken.url.href(), client.config())?.ok_or(Code::ResponseTooLarge)?;
    let pending = PendingAuthorization::from_record(&taken.record)?;
    client.accept_response(*pending, &response, now)
}
