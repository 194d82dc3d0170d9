//! One renewal at a time for each refresh token, and its answer for whoever asks while it lasts and for a minute after.

use crate::clock;
use crate::judge::name::Name;
use crate::judge::procore::Outcome;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::time::Instant;

/// Counted from the end of a renewal.
pub const ANSWERS_ARE_KEPT: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Flights(Mutex<HashMap<Name, Flight>>);

struct Flight {
    outcome: Receiver<Option<Outcome>>,
    /// Known once it has ended.
    kept_until: Option<Instant>,
}

pub enum Joined {
    /// Nobody else is at it: send, then [`Flights::end`] it.
    First(Sender<Option<Outcome>>),
    Other {
        outcome: Receiver<Option<Outcome>>,
        has_ended: bool,
    },
}

impl Flights {
    pub fn join(&self, name: Name) -> Joined {
        let mut all = self.lock();
        if let Some(Flight { outcome, kept_until }) = all.get(&name)
            && kept_until.is_none_or(|until| Instant::now() < until)
        {
            return Joined::Other {
                outcome: outcome.clone(),
                has_ended: kept_until.is_some(),
            };
        }
        let (sender, outcome) = watch::channel(None);
        all.insert(
            name,
            Flight {
                outcome,
                kept_until: None,
            },
        );
        Joined::First(sender)
    }

    /// The same, if there is one.
    pub fn find(&self, name: Name) -> Option<Receiver<Option<Outcome>>> {
        let all = self.lock();
        let flight = all.get(&name)?;
        let is_kept = flight.kept_until.is_none_or(|until| Instant::now() < until);
        is_kept.then(|| flight.outcome.clone())
    }

    pub fn end(&self, name: Name, sender: &Sender<Option<Outcome>>, outcome: Outcome) {
        let keep = match &outcome {
            Outcome::RateLimited { until } => Duration::from_secs(until.saturating_sub(clock::now())),
            // Whoever waits learns it; the next one may send again.
            outcome if outcome.is_kept() => Duration::ZERO,
            _ => ANSWERS_ARE_KEPT,
        };
        if let Some(flight) = self.lock().get_mut(&name) {
            flight.kept_until = Some(Instant::now() + keep);
        }
        sender.send_replace(Some(outcome));
    }

    /// Forgets what nobody may ask for any more.
    pub fn sweep(&self) {
        let now = Instant::now();
        // Without an end and without a sender: whoever was at it has died. What was sent is in the journal.
        let is_under_way = |flight: &Flight| flight.outcome.has_changed().is_ok();
        self.lock().retain(|_, flight| {
            flight
                .kept_until
                .map_or_else(|| is_under_way(flight), |until| now < until)
        });
    }

    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for its end. Whoever was at it and died has left doubt.
pub async fn outcome_of(mut flight: Receiver<Option<Outcome>>) -> Outcome {
    flight
        .wait_for(Option::is_some)
        .await
        .ok()
        .and_then(|outcome| outcome.clone())
        .unwrap_or(Outcome::InDoubt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> Name {
        Name::from_hex(&"0".repeat(32)).unwrap()
    }

    fn first(flights: &Flights) -> Sender<Option<Outcome>> {
        match flights.join(name()) {
            Joined::First(sender) => sender,
            Joined::Other { .. } => panic!("somebody is at it"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_a_minute_from_the_end_of_a_slow_renewal() {
        let flights = Flights::default();
        let sender = first(&flights);
        tokio::time::advance(Duration::from_secs(20)).await;
        let Joined::Other {
            outcome,
            has_ended: false,
        } = flights.join(name())
        else {
            panic!()
        };
        flights.end(name(), &sender, Outcome::Refused);
        assert_eq!(outcome_of(outcome).await, Outcome::Refused);
        tokio::time::advance(Duration::from_secs(59)).await;
        flights.sweep();
        assert!(matches!(flights.join(name()), Joined::Other { has_ended: true, .. }));
        tokio::time::advance(Duration::from_secs(1)).await;
        flights.sweep();
        assert_eq!(flights.count(), 0);
        first(&flights);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_may_be_sent_again_at_once_and_after_a_429_when_it_says() {
        let flights = Flights::default();
        let sender = first(&flights);
        let waiting = flights.find(name()).unwrap();
        flights.end(name(), &sender, Outcome::NotNow);
        assert_eq!(outcome_of(waiting).await, Outcome::NotNow);
        let sender = first(&flights);
        flights.end(
            name(),
            &sender,
            Outcome::RateLimited {
                until: clock::now() + 100,
            },
        );
        tokio::time::advance(Duration::from_secs(90)).await;
        assert!(flights.find(name()).is_some());
        tokio::time::advance(Duration::from_secs(10)).await;
        first(&flights);
    }

    #[tokio::test]
    async fn a_renewal_that_dies_leaves_doubt() {
        let flights = Flights::default();
        let sender = first(&flights);
        let waiting = flights.find(name()).unwrap();
        drop(sender);
        assert_eq!(outcome_of(waiting).await, Outcome::InDoubt);
        flights.sweep();
        assert_eq!(flights.count(), 0);
    }
}
