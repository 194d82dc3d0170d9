//! Who is told of changes of the session, and in which order.

use super::session::{Session, SessionNews};
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

/// Called with the session as it is then.
pub(super) type Listener = Rc<dyn Fn(&Session, SessionNews)>;

/// The app's listeners, and what they have not been told yet.
#[derive(Default)]
pub(super) struct Listeners {
    count: Cell<u64>,
    listeners: RefCell<Vec<(u64, Listener)>>,
    news: RefCell<VecDeque<(Session, SessionNews)>>,
    is_telling: Cell<bool>,
}

impl Listeners {
    /// Answers with the number that the listener is removed by.
    pub(super) fn add(&self, listener: Listener) -> u64 {
        let number = self.count.get() + 1;
        self.count.set(number);
        self.listeners.borrow_mut().push((number, listener));
        number
    }

    pub(super) fn remove(&self, number: u64) {
        // Dropped outside of the borrow: what it holds may have a listener of its own.
        let removed: Vec<_> = {
            let mut listeners = self.listeners.borrow_mut();
            listeners.extract_if(.., |(listener, _)| *listener == number).collect()
        };
        drop(removed);
    }

    pub(super) fn expect(&self, session: &Session, news: SessionNews) {
        self.news.borrow_mut().push_back((session.clone(), news));
    }

    /// Tells what is to be told, in the order of what has happened, also where a listener makes more happen.
    pub(super) fn tell(&self) {
        if self.is_telling.replace(true) {
            return;
        }
        loop {
            let next = self.news.borrow_mut().pop_front();
            let Some((session, news)) = next else { break };
            let listeners = self.listeners.borrow().clone();
            for (_, listener) in listeners {
                listener(&session, news);
            }
        }
        self.is_telling.set(false);
    }
}
