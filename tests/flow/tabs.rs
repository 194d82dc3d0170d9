//! Tabs with real tokens, the vault that they share, and a lock that is always free.

use super::support::{OPTIONS, TOKENS, at, client_of, json, record};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::Client;
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::secret::Wiped;
use procore_spa_auth::protocol::session::SessionEvent;
use procore_spa_auth::protocol::shared::{Before, Done, Effect, Entry, Event, Id, Shared};

/// What all tabs see.
#[derive(Default)]
pub(super) struct Vault {
    pub(super) entry: Option<(Id, Id, bool, String)>,
    revisions: Id,
    pub(super) is_dead: bool,
    pub(super) buried: Vec<Id>,
}

impl Vault {
    fn is_there(&self, before: Before) -> bool {
        match before {
            Before::Anything => true,
            Before::Nothing => self.entry.is_none(),
            Before::Revision(revision) => self.entry.as_ref().is_some_and(|entry| entry.0 == revision),
            _ => false,
        }
    }

    /// What comes of an effect, if it is one for the vault or for a lock that is free.
    pub(super) fn answer(&mut self, effect: &Effect<Client>) -> Option<Event<'static, Client>> {
        match effect {
            Effect::Bury(id) => {
                self.buried.push(*id);
                Some(Event::Buried)
            }
            Effect::Read | Effect::Write { .. } | Effect::Clear { .. } if self.is_dead => Some(Event::Failed),
            Effect::Read => Some(Event::Found {
                entry: self.entry.as_ref().map(|(revision, id, is_out, record)| {
                    Entry::new(
                        *revision,
                        *id,
                        *is_out,
                        self.buried.contains(id),
                        Wiped::from(record.as_str()),
                    )
                }),
                is_anyone_here: true,
                left: None,
            }),
            Effect::Write {
                record,
                id,
                is_out,
                before,
            } => {
                let is_there = self.is_there(*before);
                if is_there {
                    self.revisions += 1;
                    self.entry = Some((self.revisions, *id, *is_out, record.to_string()));
                }
                let revision = is_there.then_some(self.revisions);
                Some(Event::Written { revision })
            }
            Effect::Clear { before } => {
                let is_mine = self.is_there(*before);
                self.entry = self.entry.take().filter(|_| !is_mine);
                Some(Event::Cleared { is_mine })
            }
            Effect::Present(true) => Some(Event::Present),
            Effect::Lock { .. } => Some(Event::Locked),
            Effect::AwaitLeaving { call, .. } => Some(Event::Left { call: *call }),
            _ => None,
        }
    }
}

pub(super) struct Tab(pub(super) Shared<Client>);

impl Tab {
    pub(super) fn new(vault: &mut Vault) -> (Self, Vec<Effect<Client>>) {
        let mut tab = Self(Shared::new(client_of(OPTIONS), true, false, false, at(0)));
        let effects = tab.handle(vault, Event::Start, 0);
        (tab, effects)
    }

    /// Takes an event in, and what comes of its effects; answers with those that are not the vault's.
    pub(super) fn handle(&mut self, vault: &mut Vault, event: Event<'_, Client>, now: u64) -> Vec<Effect<Client>> {
        let mut others = Vec::new();
        let mut effects = self.0.handle(event, at(now));
        while !effects.is_empty() {
            let effect = effects.remove(0);
            match vault.answer(&effect) {
                Some(event) => effects.extend(self.0.handle(event, at(now))),
                None => others.push(effect),
            }
        }
        others
    }

    pub(super) fn answered(
        &mut self,
        vault: &mut Vault,
        exchange: u64,
        outcome: HttpOutcome,
        now: u64,
    ) -> Vec<Effect<Client>> {
        self.handle(vault, Event::Answered { exchange, outcome }, now)
    }

    /// Signs in as session `id`, and answers with what is told.
    pub(super) fn sign_in(&mut self, vault: &mut Vault, id: Id, tokens: &str, now: u64) -> Vec<Effect<Client>> {
        let client = self.0.tokens_mut();
        let pending = record(client);
        let url = format!(
            "https://app.example/cb?tenant=a%20b&code=C1&state={}",
            super::support::STATE
        );
        let response = AuthorizationResponse::parse(&url, client.config()).unwrap().unwrap();
        let pending = PendingAuthorization::from_record(&pending).unwrap();
        let grant = client.accept_response(*pending, &response, at(0).wall).unwrap();
        let effects = self.handle(vault, Event::Redeem { call: 100, grant, id }, now);
        let exchange = sent(&effects);
        self.answered(vault, exchange, json(200, tokens), now)
    }
}

/// The one exchange that is to be sent.
pub(super) fn sent(effects: &[Effect<Client>]) -> u64 {
    let mut numbers = effects.iter().filter_map(|effect| match effect {
        Effect::Send(number) => Some(*number),
        _ => None,
    });
    let number = numbers.next().unwrap();
    assert_eq!(numbers.next(), None, "{effects:?}");
    number
}

/// The header of the one request that is to leave.
pub(super) fn header(effects: &[Effect<Client>]) -> &str {
    match effects {
        [.., Effect::Fetch { header, .. }] => header.expose(),
        other => panic!("{other:?}"),
    }
}

pub(super) fn settled(effects: &[Effect<Client>]) -> Result<Done, Code> {
    match effects {
        [.., Effect::Settle { result, .. }] => result.clone().map_err(|error| error.code()),
        other => panic!("{other:?}"),
    }
}

pub(super) fn fetch(call: u64) -> Event<'static, Client> {
    let may_wait = true;
    Event::Fetch { call, may_wait }
}

pub(super) fn told(effects: &[Effect<Client>]) -> Option<SessionEvent> {
    effects.iter().find_map(|effect| match effect {
        Effect::Publish(event) => Some(*event),
        _ => None,
    })
}

/// Two tabs that share session 7.
pub(super) fn two_tabs(vault: &mut Vault) -> (Tab, Tab) {
    let (mut first, _) = Tab::new(vault);
    let effects = first.sign_in(vault, 7, TOKENS, 0);
    assert_eq!(told(&effects), Some(SessionEvent::SignedIn));
    assert_eq!(settled(&effects), Ok(Done::Done));
    let (second, effects) = Tab::new(vault);
    assert_eq!(told(&effects), Some(SessionEvent::SignedIn));
    (first, second)
}
