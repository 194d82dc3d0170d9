//! What the machine says is done here, each effect in a line or two. This decides nothing about tokens, sessions or requests.

use super::api::ApiCall;
use super::listeners::Listeners;
use super::page::{self, Marks};
use super::redirect::{self, RedirectResult, Taken};
use super::relay::Relay;
use super::send::Prepared;
use super::session::{Session, SessionNews};
use super::tabs::Tabs;
use super::vault::Vault;
use crate::browser::{clock, entropy, url};
use crate::error::{Code, Error};
use crate::protocol::client::Client;
use crate::protocol::config::Config;
use crate::protocol::http::HttpOutcome;
use crate::protocol::shared::{Done, Effect, Event, Shared};
use crate::protocol::time::Milliseconds;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell, RefCell};
use futures_channel::oneshot::{Receiver, Sender, channel};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::Window;

/// An event of a machine with real tokens.
type Said<'a> = Event<'a, Client>;
/// What has come of a call.
pub(super) type Outcome = Result<Done, Error>;

/// The machine, and everything that it has done.
pub(super) struct Driver {
    machine: RefCell<Shared<Client>>,
    pub(super) window: Window,
    pub(super) tabs: Tabs,
    vault: Option<Rc<Vault>>,
    /// Whether a session is to outlive its page.
    pub(super) is_persistent: bool,
    pub(super) marks: Marks,
    /// The session as the app has seen it last.
    seen: RefCell<Session>,

    count: Cell<u64>,
    pub(super) calls: RefCell<BTreeMap<u64, Sender<Outcome>>>,
    /// Of calls: what they have for the API.
    pub(super) requests: RefCell<BTreeMap<u64, Rc<ApiCall>>>,
    /// Of calls: responses to a sign-in that wait for the server's metadata.
    taken: RefCell<Vec<(u64, Taken)>>,
    /// Of calls: where to go on to, and what was put right on the way there.
    targets: RefCell<BTreeMap<u64, (String, Option<Code>)>>,

    /// Once this page is a login window's.
    pub(super) relay: OnceCell<Relay>,
    pub(super) is_noting_sign_outs: Cell<bool>,

    pub(super) listeners: Rc<Listeners<(Session, SessionNews)>>,
    attended: RefCell<Vec<EventListener>>,
    alarm: RefCell<Option<Timeout>>,
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
        let machine = Shared::new(Client::new(config), vault.is_some(), had_session, false, clock::now());
        let this = Rc::new(Self {
            machine: RefCell::new(machine),
            window,
            tabs,
            vault: vault.map(Rc::new),
            is_persistent: persist,
            marks,
            seen: RefCell::new(Session::unknown(environment)),
            count: Cell::new(0),
            calls: RefCell::default(),
            requests: RefCell::default(),
            taken: RefCell::default(),
            targets: RefCell::default(),
            relay: OnceCell::new(),
            is_noting_sign_outs: Cell::new(false),
            listeners: Listeners::new(),
            attended: RefCell::default(),
            alarm: RefCell::default(),
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
        self.listeners.tell();
    }

    /// The same, in a later turn.
    pub(super) fn later(self: &Rc<Self>, event: Said<'static>) {
        let this = Rc::clone(self);
        spawn_local(async move { this.handle(event) });
    }

    fn begin(self: &Rc<Self>, effect: Effect<Client>) {
        match effect {
            Effect::Send(exchange) => self.send(exchange),
            Effect::Fetch { call, header, is_bare } => self.try_fetch(call, &header, is_bare),
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
            Effect::Alarm(time) => *self.alarm.borrow_mut() = time.map(|milliseconds| self.alarm_in(milliseconds)),
            effect => self.ask_vault(effect),
        }
    }

    /// A timer that ends with what holds it.
    fn alarm_in(self: &Rc<Self>, milliseconds: Milliseconds) -> Timeout {
        let weak = Rc::downgrade(self);
        Timeout::new(u32::try_from(milliseconds).unwrap_or(u32::MAX), move || {
            if let Some(driver) = weak.upgrade() {
                driver.later(Event::Tick);
            }
        })
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
        self.handle(Event::Resume { call: 0 });
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

    pub(super) fn settle(&self, call: u64, result: Outcome) {
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

    pub(super) fn is_to_discover(&self) -> bool {
        self.machine.borrow().tokens().config().environment().is_to_discover
    }

    // Responses to a sign-in.

    /// Has a response redeemed, beginning at once.
    pub(super) fn redeem(self: &Rc<Self>, taken: Taken) -> impl Future<Output = Result<RedirectResult, Error>> + use<> {
        let (call, outcome) = self.call();
        self.taken.borrow_mut().push((call, taken));
        self.handle(Event::Judging { call });
        let this = Rc::clone(self);
        async move {
            ended(outcome).await?;
            let target = this.targets.borrow_mut().remove(&call);
            Ok(RedirectResult::of(target))
        }
    }

    fn redeem_what_waits(self: &Rc<Self>) {
        if self.is_to_discover() {
            return;
        }
        let taken = core::mem::take(&mut *self.taken.borrow_mut());
        for (call, taken) in taken {
            let accepted = self.with_client(|client| redirect::accept(client, &taken, clock::now().wall));
            match accepted.and_then(|grant| Ok((grant, entropy::random_id()?))) {
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
        if session.signed_in && before != session {
            self.marks.keep_rounds("");
            if self.vault.is_some() {
                self.marks.note_session();
            }
        }
        for news in news {
            self.listeners.expect((session.clone(), news));
        }
    }
}

/// What has come of a call. Its end is never lost, but with the driver.
pub(super) async fn ended(outcome: Receiver<Outcome>) -> Outcome {
    outcome.await.unwrap_or_else(|_| Err(Code::SessionEnded.into()))
}
