//! Who is told of changes, and in which order.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;

/// Called with the news as they were then.
type Listener<T> = Rc<dyn Fn(&T)>;

/// Listeners of the app's, and what they have not been told yet.
pub(super) struct Listeners<T> {
    count: Cell<u64>,
    listeners: RefCell<Vec<(u64, Listener<T>)>>,
    news: RefCell<VecDeque<T>>,
    is_telling: Cell<bool>,
}

impl<T: 'static> Listeners<T> {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            count: Cell::default(),
            listeners: RefCell::default(),
            news: RefCell::default(),
            is_telling: Cell::default(),
        })
    }

    pub(super) fn add(self: &Rc<Self>, listener: impl Fn(&T) + 'static) -> Subscription {
        let number = self.count.get() + 1;
        self.count.set(number);
        self.listeners.borrow_mut().push((number, Rc::new(listener)));
        let listeners = Rc::downgrade(self);
        let remove = move || {
            if let Some(listeners) = listeners.upgrade() {
                listeners.remove(number);
            }
        };
        Subscription(Some(Box::new(remove)))
    }

    fn remove(&self, number: u64) {
        // Dropped outside of the borrow: what it holds may have a listener of its own.
        let removed: Vec<_> = {
            let mut listeners = self.listeners.borrow_mut();
            listeners.extract_if(.., |(listener, _)| *listener == number).collect()
        };
        drop(removed);
    }

    pub(super) fn expect(&self, news: T) {
        self.news.borrow_mut().push_back(news);
    }

    /// Tells what is to be told, in the order of what has happened, also where a listener makes more happen.
    pub(super) fn tell(&self) {
        if self.is_telling.replace(true) {
            return;
        }
        loop {
            let next = self.news.borrow_mut().pop_front();
            let Some(news) = next else { break };
            let listeners = self.listeners.borrow().clone();
            for (_, listener) in listeners {
                listener(&news);
            }
        }
        self.is_telling.set(false);
    }
}

/// A listener, for as long as this is not dropped.
#[must_use = "dropping it ends it at once"]
pub struct Subscription(Option<Box<dyn FnOnce()>>);

impl Subscription {
    /// Keeps the listener for as long as there is what it listens to.
    pub fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(remove) = self.0.take() {
            remove();
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}
