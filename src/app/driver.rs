//! What the machine says is done here, each effect in a line or two. This decides nothing about tokens, sessions or requests.

use super::page::{self, Marks};
use super::redirect::{self, Taken};
use super::request::{Request, Response};
use super::send::{Prepared, Tried, Try};
use super::session::{Session, SessionNews};
use super::tabs::{self, Tabs};
use super::vault::Vault;
use crate::browser::{clock, url};
use crate::error::{Code, Error, Phase};
use crate::protocol::api_request::ApiRequest;
use crate::protocol::api_response::ApiResponse;
use crate::protocol::client::Client;
use crate::protocol::config::Config;
use crate::protocol::http::{Body, HttpOutcome};
use crate::protocol::shared::{Done, Effect, Event, Id, Shared};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use futures_channel::oneshot::{Receiver, Sender, channel};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, Window};

/// An event of a machine with real tokens.
type Said<'a> = Event<'a, Client>;
/// What has come of a call.
pub(super) type Outcome = Result<Done, Error>;
/// Called with the session as it is then.
pub(super) type Listener = Rc<dyn Fn(&Session, SessionNews)>;

/// The machine, and everything that it has done.
pub(super) struct Driver {
    machine: RefCell<Shared<Client>>,
    pub(super) window: Window,
    pub(super) tabs: Tabs,
    vault: Option<Rc<Vault>>,
    pub(super) marks: Marks,
    /// The session as the app has seen it last.
    seen: RefCell<Session>,

    count: Cell<u64>,
    calls: RefCell<BTreeMap<u64, Sender<Outcome>>>,
    /// Of calls: what they have for the API.
    requests: RefCell<BTreeMap<u64, Rc<ApiCall>>>,
    /// Of calls: responses to a sign-in that wait for the server's metadata.
    taken: RefCell<Vec<(u64, Taken)>>,
    /// Of calls: where to go on to, and what was put right on the way there.
    targets: RefCell<BTreeMap<u64, (String, Option<Code>)>>,

    listeners: RefCell<Vec<(u64, Listener)>>,
    news: RefCell<VecDeque<(Session, SessionNews)>>,
    is_telling: Cell<bool>,
    attended: RefCell<Vec<EventListener>>,
}

/// A request to the API, over all its tries.
pub(super) struct ApiCall {
    request: Request,
    judged: RefCell<ApiRequest>,
    controller: AbortController,
    /// The answer to the last try, or why there is none.
    last: RefCell<Option<Result<web_sys::Response, Error>>>,
}

impl Driver {
    pub(super) fn new(options: &str, persist: bool) -> Result<Rc<Self>, Error> {
        let window = page::window()?;
        let page = page::url(&window, url::parse_url)?;
        let config = Config::parse(options, Some(page), url::parse_url)?;
        let name = page::name(&config);
        let environment = config.environment().name;
        let tabs = Tabs::new(&window, &name);
        let vault = (persist && tabs.can_share())
            .then(|| Vault::new(&window, &name))
            .flatten();
        let marks = Marks;
        let had_session = vault.is_some() && marks.had_session();
        let machine = Shared::new(Client::new(config), vault.is_some(), had_session, clock::now());
        let this = Rc::new(Self {
            machine: RefCell::new(machine),
            window,
            tabs,
            vault: vault.map(Rc::new),
            marks,
            seen: RefCell::new(Session::unknown(environment)),
            count: Cell::new(0),
            calls: RefCell::default(),
            requests: RefCell::default(),
            taken: RefCell::default(),
            targets: RefCell::default(),
            listeners: RefCell::default(),
            news: RefCell::default(),
            is_telling: Cell::new(false),
            attended: RefCell::default(),
        });
        this.tabs.listen(&this);
        *this.attended.borrow_mut() = page::attend(&this.window, &this);
        Ok(this)
    }

    /// Looks at the tokens' client.
    pub(super) fn with_client<T>(&self, look: impl FnOnce(&mut Client) -> T) -> T {
        look(self.machine.borrow_mut().tokens_mut())
    }

    /// Takes an event in, and begins what the machine says, in its order.
    pub(super) fn handle(self: &Rc<Self>, event: Said<'_>) {
        let effects = self.machine.borrow_mut().handle(event, clock::now());
        let is_told = effects.iter().any(|effect| matches!(effect, Effect::Publish(_)));
        let mut news = Vec::new();
        for effect in effects {
            match effect {
                Effect::Publish(event) => news.push(event.into()),
                Effect::PublishElsewhere => news.push(SessionNews::SignedInElsewhere),
                effect => self.begin(effect),
            }
        }
        self.look(news, is_told);
        self.redeem_what_waits();
        self.tell();
    }

    /// The same, in a later turn.
    pub(super) fn later(self: &Rc<Self>, event: Said<'static>) {
        let this = Rc::clone(self);
        spawn_local(async move { this.handle(event) });
    }

    fn begin(self: &Rc<Self>, effect: Effect<Client>) {
        match effect {
            Effect::Send(exchange) => self.send(exchange),
            Effect::Fetch { call, header, is_bare } => self.fetch(call, &header, is_bare),
            Effect::Settle { call, result } => self.settle(call, result),
            Effect::Bury(id) => self.later(match self.marks.bury(id) {
                true => Event::Buried,
                false => Event::Failed,
            }),
            Effect::Lock { seconds } => self.tabs.ask_for_lock(self, seconds),
            Effect::Unlock => self.tabs.unlock(),
            Effect::Present(true) => self.tabs.be_present(self),
            Effect::Present(false) => self.tabs.be_absent(),
            Effect::AwaitLeaving { call, seconds } => {
                let left = self.tabs.all_left(seconds);
                self.then(async move {
                    left.await;
                    Event::Left { call }
                });
            }
            Effect::Tell(news, id) => self.tabs.tell(news, id),
            Effect::Leave => self.marks.leave(clock::now().wall),
            Effect::Sleep(seconds) => {
                let weak = Rc::downgrade(self);
                let wake = move || {
                    if let Some(driver) = weak.upgrade() {
                        driver.handle(Event::Tick);
                    }
                };
                Timeout::new(tabs::milliseconds(seconds), wake).forget();
            }
            effect => self.ask_vault(effect),
        }
    }

    fn ask_vault(self: &Rc<Self>, effect: Effect<Client>) {
        let usable = self.vault.as_ref().filter(|_| !self.tabs.is_refused());
        let Some(vault) = usable.map(Rc::clone) else {
            return self.later(Event::Failed);
        };
        match effect {
            Effect::Read => {
                let here = self.tabs.is_anyone_here();
                let marks = self.marks;
                self.then(async move {
                    let Ok(is_anyone_here) = here.await else {
                        return Event::Failed;
                    };
                    let left = marks.left();
                    match vault.read(|id| marks.is_buried(id)).await {
                        Ok(entry) => Event::Found {
                            entry,
                            is_anyone_here,
                            left,
                        },
                        Err(_) => Event::Failed,
                    }
                });
            }
            Effect::Write {
                record,
                id,
                is_out,
                before,
            } => self.then(async move {
                match vault.write(&record, id, is_out, before).await {
                    Ok(revision) => Event::Written { revision },
                    Err(_) => Event::Failed,
                }
            }),
            Effect::Clear { before } => self.then(async move {
                match vault.clear(before).await {
                    Ok(is_mine) => Event::Cleared { is_mine },
                    Err(_) => Event::Failed,
                }
            }),
            _ => {}
        }
    }

    /// Does something, and takes in what comes of it.
    fn then(self: &Rc<Self>, work: impl Future<Output = Said<'static>> + 'static) {
        let this = Rc::clone(self);
        spawn_local(async move {
            let event = work.await;
            this.handle(event);
        });
    }

    /// The page is left: nothing of the vault's may be open then, for other tabs would wait for it.
    pub(super) fn suspend(self: &Rc<Self>) {
        self.handle(Event::Suspend);
        if let Some(vault) = &self.vault {
            vault.suspend();
        }
    }

    pub(super) fn resume(self: &Rc<Self>) {
        if let Some(vault) = &self.vault {
            vault.resume();
        }
        self.handle(Event::Resume);
    }

    fn send(self: &Rc<Self>, exchange: u64) {
        let prepared = self
            .machine
            .borrow()
            .exchange(exchange)
            .map(|exchange| Prepared::new(&exchange.request));
        let window = self.window.clone();
        self.then(async move {
            let outcome = match prepared {
                Some(Ok(prepared)) => prepared.send(&window).await,
                _ => HttpOutcome::NotSent,
            };
            Event::Answered { exchange, outcome }
        });
    }

    // Calls.

    /// A call's number, and what will come of it.
    pub(super) fn call(&self) -> (u64, Receiver<Outcome>) {
        let call = self.count.get() + 1;
        self.count.set(call);
        let (sender, receiver) = channel();
        self.calls.borrow_mut().insert(call, sender);
        (call, receiver)
    }

    /// Has the machine take a call in, and waits until it has ended.
    pub(super) async fn ask(self: &Rc<Self>, event: fn(u64) -> Said<'static>) -> Outcome {
        let (call, outcome) = self.call();
        self.handle(event(call));
        ended(outcome).await
    }

    fn settle(&self, call: u64, result: Outcome) {
        self.taken.borrow_mut().retain(|(waiting, _)| *waiting != call);
        let sender = self.calls.borrow_mut().remove(&call);
        if let Some(sender) = sender {
            // Who has asked may be gone.
            let _ = sender.send(result);
        }
    }

    /// Waits until the endpoints are known.
    pub(super) async fn open(self: &Rc<Self>) -> Result<(), Error> {
        match self.is_to_discover() {
            true => self.ask(|call| Event::Ready { call }).await.map(|_| ()),
            false => Ok(()),
        }
    }

    fn is_to_discover(&self) -> bool {
        self.machine.borrow().tokens().config().environment().is_to_discover
    }

    // Responses to a sign-in.

    /// Has a response redeemed. What comes of it is the call's.
    pub(super) fn redeem(self: &Rc<Self>, taken: Taken) -> (u64, Receiver<Outcome>) {
        let (call, outcome) = self.call();
        self.taken.borrow_mut().push((call, taken));
        self.handle(Event::Judging { call });
        (call, outcome)
    }

    fn redeem_what_waits(self: &Rc<Self>) {
        if self.is_to_discover() {
            return;
        }
        let taken = core::mem::take(&mut *self.taken.borrow_mut());
        for (call, taken) in taken {
            let accepted = self.with_client(|client| redirect::accept(client, &taken, clock::now().wall));
            match accepted.and_then(|grant| Ok((grant, random_id()?))) {
                Ok((grant, id)) => {
                    let warning = grant.warning.as_ref().map(Error::code);
                    let target = (grant.return_to.as_str().into(), warning);
                    self.targets.borrow_mut().insert(call, target);
                    self.handle(Event::Redeem { call, grant, id });
                }
                Err(error) => {
                    self.settle(call, Err(error));
                    self.handle(Event::Drop { call });
                }
            }
        }
    }

    /// Where to go on to after a sign-in that has succeeded.
    pub(super) fn take_target(&self, call: u64) -> Option<(String, Option<Code>)> {
        self.targets.borrow_mut().remove(&call)
    }

    // Requests to the API.

    /// Sends a request to the API as often as the machine says.
    pub(super) async fn fetch_from_api(self: &Rc<Self>, request: Request) -> Result<Response, Error> {
        let judged = self.with_client(|client| request.judged(client.config()))?;
        let controller = AbortController::new().map_err(|_| refused())?;
        let may_wait = request.may_wait;
        let (call, outcome) = self.call();
        let api_call = Rc::new(ApiCall {
            request,
            judged: RefCell::new(judged),
            controller,
            last: RefCell::default(),
        });
        self.requests.borrow_mut().insert(call, Rc::clone(&api_call));
        let _given_up = GivenUp(self, call);
        self.handle(Event::Fetch { call, may_wait });
        let outcome = ended(outcome).await;
        match api_call.last.take() {
            Some(last) => outcome.and(last).map(Response::new),
            None => Err(outcome.err().unwrap_or_else(refused)),
        }
    }

    fn fetch(self: &Rc<Self>, call: u64, header: &Body, is_bare: bool) {
        let Some(api_call) = self.requests.borrow().get(&call).map(Rc::clone) else {
            return;
        };
        if let Some(Ok(before)) = api_call.last.take()
            && let Some(body) = before.body()
        {
            let _ = body.cancel();
        }
        let prepared = {
            let judged = api_call.judged.borrow();
            let facts = (judged.url(), judged.company_id().map(|id| id.as_str()));
            Try::new(&api_call.request, facts, header, is_bare, &api_call.controller.signal())
        };
        let this = Rc::clone(self);
        spawn_local(async move {
            match prepared {
                Ok(prepared) => {
                    let tried = prepared.send(&this.window).await;
                    this.tried(call, &api_call, tried, is_bare);
                }
                // What the browser refuses, such as a GET with a body, is the caller's own mistake.
                Err(_) => this.end_fetch(call, &api_call, Err(refused())),
            }
        });
    }

    fn tried(self: &Rc<Self>, call: u64, api_call: &ApiCall, tried: Tried, is_bare: bool) {
        let Tried::Answer(response, is_redirect) = tried else {
            return self.handle(Event::NoAnswer { call });
        };
        if response.redirected() {
            let judged = self.with_client(|client| api_call.request.judged_at(&response.url(), client.config()));
            match judged {
                // What another server says is no word of the API.
                Err(_) => return self.end_fetch(call, api_call, Ok(response)),
                // The way without the company's ID has led to the API again: there it is sent.
                Ok(judged) if is_bare => {
                    *api_call.judged.borrow_mut() = judged;
                    return self.handle(Event::Again { call });
                }
                Ok(_) => {}
            }
        }
        let header = |name| response.headers().get(name).ok().flatten().unwrap_or_default();
        let (retry_after, rate_limit_reset) = (header("retry-after"), header("x-rate-limit-reset"));
        let status = if is_redirect { 0 } else { response.status() };
        *api_call.last.borrow_mut() = Some(Ok(response));
        let response = ApiResponse::new(status.into())
            .to(&api_call.request.method, true)
            .declared(api_call.request.is_idempotent)
            .with(&retry_after, &rate_limit_reset);
        self.handle(Event::Response { call, response });
    }

    /// Ends a call whose answer is not for the machine.
    fn end_fetch(self: &Rc<Self>, call: u64, api_call: &ApiCall, last: Result<web_sys::Response, Error>) {
        *api_call.last.borrow_mut() = Some(last);
        self.settle(call, Ok(Done::Return));
        self.handle(Event::Drop { call });
    }

    // What the app sees.

    /// The session as the app is to see it.
    pub(super) fn session(&self) -> Session {
        let machine = self.machine.borrow();
        match machine.session() {
            Some(id) => Session::of(machine.tokens(), id, clock::now()),
            None => self.seen.borrow().clone(),
        }
    }

    /// Looks what the session has become.
    fn look(&self, mut news: Vec<SessionNews>, is_told: bool) {
        let session = self.session();
        let before = self.seen.replace(session.clone());
        if !is_told && before.is_unknown() && !session.is_unknown() {
            news.push(SessionNews::Ready);
        }
        if session.signed_in {
            self.marks.keep_rounds("");
            if self.vault.is_some() {
                self.marks.note_session();
            }
        }
        let news = news.into_iter().map(|news| (session.clone(), news));
        self.news.borrow_mut().extend(news);
    }

    /// Tells the listeners, in the order of what has happened, also where one of them makes more happen.
    fn tell(&self) {
        if self.is_telling.replace(true) {
            return;
        }
        loop {
            let Some((session, news)) = self.news.borrow_mut().pop_front() else {
                break;
            };
            let listeners = self.listeners.borrow().clone();
            for (_, listener) in listeners {
                listener(&session, news);
            }
        }
        self.is_telling.set(false);
    }

    pub(super) fn listen(&self, listener: Listener) -> u64 {
        let number = self.count.get() + 1;
        self.count.set(number);
        self.listeners.borrow_mut().push((number, listener));
        number
    }

    pub(super) fn unlisten(&self, number: u64) {
        self.listeners.borrow_mut().retain(|(listener, _)| *listener != number);
    }
}

/// Ends a call's request when nobody waits for it any more.
struct GivenUp<'a>(&'a Rc<Driver>, u64);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        let Self(driver, call) = self;
        let api_call = driver.requests.borrow_mut().remove(call);
        let is_waiting = driver.calls.borrow_mut().remove(call).is_some();
        if is_waiting {
            if let Some(api_call) = api_call {
                api_call.controller.abort();
            }
            driver.handle(Event::Drop { call: *call });
        }
    }
}

/// What has come of a call. Its end is never lost, but with the driver.
pub(super) async fn ended(outcome: Receiver<Outcome>) -> Outcome {
    outcome.await.unwrap_or_else(|_| Err(Code::SessionEnded.into()))
}

fn refused() -> Error {
    Error::about(Code::ConfigInvalid, "request").during(Phase::Api)
}

/// A name for a session, or for a revision of it: up to 2^53, so that JavaScript has it exactly.
pub(super) fn random_id() -> Result<Id, Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Code::RngUnavailable)?;
    Ok(u64::from_le_bytes(bytes) >> 11)
}
