//! Other tabs: the locks that they share, and the channel by which they tell that there is something to look at. A word never
//! carries a token.

use super::driver::Driver;
use crate::protocol::client::Client;
use crate::protocol::session::SessionEvent;
use crate::protocol::shared::{Event, Id};
use crate::protocol::time::Seconds;
use alloc::format;
use alloc::rc::{Rc, Weak};
use alloc::string::{String, ToString};
use core::cell::{Cell, RefCell};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, AbortSignal, BroadcastChannel, MessageEvent, Window};

// Web Locks (https://w3c.github.io/web-locks/). `web-sys` has them only for those who compile with a flag of its own.
#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &JsValue, callback: &Function) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn query(this: &LockManager) -> Result<Promise, JsValue>;
}

/// The version of a word.
const VERSION: &str = "1";

/// The tabs of this origin that run the same client.
pub(super) struct Tabs {
    locks: Option<LockManager>,
    channel: Option<BroadcastChannel>,
    listener: RefCell<Option<EventListener>>,
    here: String,
    renewal: String,
    /// What is held or asked for, each by a number that tells it from those before.
    presence: RefCell<Option<Hold>>,
    lock: RefCell<Option<Hold>>,
    count: Cell<u64>,
    /// Firefox has locks in a frame of another site, too, and refuses every call.
    is_refused: Cell<bool>,
}

/// A lock that is held, or asked for.
struct Hold {
    number: u64,
    release: Function,
    /// Ends the asking.
    controller: Option<AbortController>,
    timer: Option<Timeout>,
}

#[derive(Clone, Copy)]
enum Lock {
    /// Shared by the tabs that have tokens.
    Presence,
    /// Of the one that renews.
    Renewal,
}

impl Lock {
    const fn granted(self) -> Event<'static, Client> {
        match self {
            Self::Presence => Event::Present,
            Self::Renewal => Event::Locked,
        }
    }

    /// Where no lock says who is present, nobody shares anything either: [`Tabs::is_refused`].
    const fn refused(self) -> Event<'static, Client> {
        match self {
            Self::Presence => Event::Present,
            Self::Renewal => Event::LockTimedOut,
        }
    }
}

impl Tabs {
    pub(super) fn new(window: &Window, name: &str) -> Self {
        let locks = Reflect::get(&window.navigator(), &"locks".into());
        Self {
            locks: locks.ok().filter(JsValue::is_object).map(JsCast::unchecked_into),
            channel: BroadcastChannel::new(&["procore-spa-auth-app ", name].concat()).ok(),
            listener: RefCell::default(),
            here: ["procore-spa-auth-app ", name, " here"].concat(),
            renewal: ["procore-spa-auth-app ", name, " renewal"].concat(),
            presence: RefCell::default(),
            lock: RefCell::default(),
            count: Cell::new(0),
            is_refused: Cell::new(false),
        }
    }

    /// Whether tabs could share a session by them.
    pub(super) const fn can_share(&self) -> bool {
        self.locks.is_some() && self.channel.is_some()
    }

    /// Whether it has turned out since that they can't.
    pub(super) const fn is_refused(&self) -> bool {
        self.is_refused.get()
    }

    pub(super) fn listen(&self, driver: &Rc<Driver>) {
        let driver = Rc::downgrade(driver);
        let hear = move |event: &web_sys::Event| {
            let data = event
                .dyn_ref::<MessageEvent>()
                .and_then(|event| event.data().as_string());
            let heard = data.as_deref().and_then(parse);
            if let (Some((news, id)), Some(driver)) = (heard, driver.upgrade()) {
                driver.handle(Event::Heard { news, id });
            }
        };
        let listener = self
            .channel
            .as_ref()
            .map(|channel| EventListener::new(channel, "message", hear));
        *self.listener.borrow_mut() = listener;
    }

    pub(super) fn tell(&self, news: SessionEvent, id: Id) {
        if let Some(channel) = &self.channel {
            let word = format!("{VERSION} {} {id}", news.as_str());
            let _ = channel.post_message(&word.into());
        }
    }

    /// Holds, for as long as this tab has tokens, a lock that says so. The browser releases it when the tab dies. It is known as soon
    /// as it is asked for, also behind somebody who waits for all to leave, or who never lets go.
    pub(super) fn be_present(&self, driver: &Rc<Driver>) {
        let options = options(&[("mode", "shared".into())]);
        let number = self.ask(driver, Lock::Presence, &options, None, None);
        // Answered after the request is in.
        let asked = self.locks.as_ref().map(LockManager::query);
        let weak = Rc::downgrade(driver);
        spawn_local(async move {
            if let Some(Ok(queue)) = asked {
                let _ = JsFuture::from(queue).await;
            }
            if let Some(driver) = weak
                .upgrade()
                .filter(|driver| driver.tabs.is_meant(Lock::Presence, number))
            {
                driver.handle(Event::Present);
            }
        });
    }

    pub(super) fn be_absent(&self) {
        self.end(Lock::Presence);
    }

    /// Asks for the lock under which one tab renews for all.
    pub(super) fn ask_for_lock(&self, driver: &Rc<Driver>, seconds: Seconds) {
        let Ok(controller) = AbortController::new() else {
            return driver.later(Event::LockTimedOut);
        };
        let options = options(&[("signal", controller.signal().into())]);
        let late = controller.clone();
        let timer = Timeout::new(milliseconds(seconds), move || late.abort());
        self.ask(driver, Lock::Renewal, &options, Some(controller), Some(timer));
    }

    pub(super) fn unlock(&self) {
        self.end(Lock::Renewal);
    }

    /// Asks for a lock, and tells when it is there, or that it can't be had. Answers with the number of this asking.
    fn ask(
        &self,
        driver: &Rc<Driver>,
        lock: Lock,
        options: &JsValue,
        controller: Option<AbortController>,
        timer: Option<Timeout>,
    ) -> u64 {
        self.end(lock);
        let number = self.count.get() + 1;
        self.count.set(number);
        let (released, release) = promise();
        *self.hold(lock).borrow_mut() = Some(Hold {
            number,
            release,
            controller,
            timer,
        });
        let weak = Rc::downgrade(driver);
        let callback = Closure::once_into_js(move |_: JsValue| {
            let driver = weak.upgrade()?;
            driver
                .tabs
                .is_granted(lock, number)
                .then(|| driver.handle(lock.granted()))?;
            Some(JsValue::from(released))
        });
        let name = match lock {
            Lock::Presence => &self.here,
            Lock::Renewal => &self.renewal,
        };
        let locks = self.locks.as_ref();
        let asked = locks.map(|locks| locks.request(name, options, callback.unchecked_ref()));
        let weak = Rc::downgrade(driver);
        spawn_local(async move {
            let is_had = match asked {
                Some(Ok(promise)) => JsFuture::from(promise).await.is_ok(),
                _ => false,
            };
            if !is_had {
                tell_refusal(&weak, lock, number);
            }
        });
        number
    }

    /// Whether that asking is the last one, and nothing has ended it.
    fn is_meant(&self, lock: Lock, number: u64) -> bool {
        let hold = self.hold(lock).borrow();
        hold.as_ref().is_some_and(|hold| hold.number == number)
    }

    const fn hold(&self, lock: Lock) -> &RefCell<Option<Hold>> {
        match lock {
            Lock::Presence => &self.presence,
            Lock::Renewal => &self.lock,
        }
    }

    /// Whether that asking is still meant, which nothing ends any more.
    fn is_granted(&self, lock: Lock, number: u64) -> bool {
        let mut hold = self.hold(lock).borrow_mut();
        let meant = hold.as_mut().filter(|hold| hold.number == number);
        meant.is_some_and(|hold| {
            (hold.timer, hold.controller) = (None, None);
            true
        })
    }

    fn end(&self, lock: Lock) {
        let hold = self.hold(lock).borrow_mut().take();
        if let Some(hold) = hold {
            if let Some(controller) = &hold.controller {
                controller.abort();
            }
            let _ = hold.release.call0(&JsValue::UNDEFINED);
        }
    }

    /// Resolves when no tab is present any more, or one has not answered in time.
    pub(super) fn all_left(&self, seconds: Seconds) -> impl Future<Output = ()> + use<> {
        let signal = AbortSignal::timeout_with_u32(milliseconds(seconds));
        let nothing = Closure::once_into_js(|_: JsValue| ());
        let options = options(&[("signal", signal.into())]);
        let asked = self
            .locks
            .as_ref()
            .map(|locks| locks.request(&self.here, &options, nothing.unchecked_ref()));
        async move {
            if let Some(Ok(promise)) = asked {
                let _ = JsFuture::from(promise).await;
            }
        }
    }

    /// Whether a tab says that it is present.
    ///
    /// # Errors
    ///
    /// What the browser says where it refuses.
    pub(super) fn is_anyone_here(&self) -> impl Future<Output = Result<bool, JsValue>> + use<> {
        let asked = self.locks.as_ref().map(LockManager::query);
        let here = self.here.clone();
        async move {
            let asked = asked.ok_or(JsValue::NULL)??;
            let locks = JsFuture::from(asked).await?;
            for list in ["held", "pending"] {
                let list: Array = Reflect::get(&locks, &list.into())?.dyn_into()?;
                // Who waits for all to leave does not stay.
                let is_presence = |lock: JsValue| {
                    let is =
                        |key: &str, value: &str| Reflect::get(&lock, &key.into()).is_ok_and(|found| found == value);
                    is("name", &here) && is("mode", "shared")
                };
                if list.iter().any(is_presence) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// The browser refuses, or another tab has had the lock all the time.
fn tell_refusal(driver: &Weak<Driver>, lock: Lock, number: u64) {
    let Some(driver) = driver.upgrade() else { return };
    if driver.tabs.is_meant(lock, number) {
        if let Lock::Presence = lock {
            driver.tabs.is_refused.set(true);
        }
        driver.handle(lock.refused());
    }
}

/// A promise, and what resolves it.
pub(super) fn promise() -> (Promise, Function) {
    let mut release = None;
    let promise = Promise::new(&mut |resolve, _| release = Some(resolve));
    (promise, release.unwrap_or_default())
}

fn options(members: &[(&str, JsValue)]) -> JsValue {
    let options = Object::new();
    for (key, value) in members {
        let _ = Reflect::set(&options, &(*key).into(), value);
    }
    options.into()
}

/// As timers take them.
fn milliseconds(seconds: Seconds) -> u32 {
    u32::try_from(seconds.saturating_mul(1000)).unwrap_or(u32::MAX)
}

/// What tabs tell each other: `1 signed_in 4503599627370497`. A word of another version says nothing here.
fn parse(word: &str) -> Option<(SessionEvent, Id)> {
    let mut words = word.splitn(3, ' ');
    let (version, news, id) = (words.next()?, words.next()?, words.next()?);
    let news = SessionEvent::from_word(news)?;
    (version == VERSION).then_some((news, id.parse().ok()?))
}

impl core::fmt::Debug for Tabs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.here.to_string())
    }
}
