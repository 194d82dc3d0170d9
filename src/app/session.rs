//! What the app sees of a session: never a token.

use crate::protocol::client::Client;
use crate::protocol::environment::EnvironmentName;
use crate::protocol::session::{SessionEvent, Status};
use crate::protocol::shared::Id;
use crate::protocol::time::{Moment, UnixSeconds};
use alloc::string::{String, ToString};
use serde::{Deserialize, Deserializer, Serialize};

/// The session as the app sees it. A value: it does not change by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Session {
    /// The state of its tokens.
    pub status: SessionStatus,
    /// Whether somebody is signed in. Nobody is with an expired token that nothing can renew.
    pub signed_in: bool,
    /// The session's name: new with each sign-in, the same over renewal, reload and tabs. No secret.
    pub id: Option<String>,
    /// The environment in force.
    pub environment: EnvironmentName,
    /// Whether the access token can be renewed without the user.
    pub renewable: bool,
    /// As the server said it.
    pub scope: Option<String>,
    /// When the access token expires, in seconds since 1970, by the device's clock: a hint for display.
    pub expires_at_epoch_seconds: Option<UnixSeconds>,
}

/// The states of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SessionStatus {
    /// A kept session is still being read, or a response judged.
    Unknown,
    /// Nobody is signed in.
    SignedOut,
    /// A good access token.
    Fresh,
    /// A good access token, which the next request renews all the same.
    RefreshDue,
    /// The access token's time is over.
    Expired,
    /// A renewal stayed without an answer; the access token is good until it expires.
    InDoubt,
}

/// Why a listener is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SessionNews {
    /// It is known that nobody is signed in.
    Ready,
    /// Somebody is signed in.
    SignedIn,
    /// The access token was renewed.
    Refreshed,
    /// The session is over, and nothing can renew it.
    Expired,
    /// The user has signed out, in whichever tab.
    SignedOut,
    /// The server has refused to renew.
    ReauthRequired,
    /// Somebody has signed in in another tab, whose session this one has no part in.
    SignedInElsewhere,
}

/// Who is signed in, as the API says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Digits. A number of JavaScript may not hold them.
    #[serde(deserialize_with = "digits")]
    pub id: String,
    /// The address that they sign in with.
    #[serde(default)]
    pub login: String,
    /// Their name, as Procore shows it.
    #[serde(default)]
    pub name: String,
}

impl SessionStatus {
    /// The word, as in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::SignedOut => Status::SignedOut.as_str(),
            Self::Fresh => Status::Fresh.as_str(),
            Self::RefreshDue => Status::RefreshDue.as_str(),
            Self::Expired => Status::Expired.as_str(),
            Self::InDoubt => Status::InDoubt.as_str(),
        }
    }
}

impl SessionNews {
    /// The word, as in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::SignedIn => SessionEvent::SignedIn.as_str(),
            Self::Refreshed => SessionEvent::Refreshed.as_str(),
            Self::Expired => SessionEvent::Expired.as_str(),
            Self::SignedOut => SessionEvent::SignedOut.as_str(),
            Self::ReauthRequired => SessionEvent::ReauthRequired.as_str(),
            Self::SignedInElsewhere => "signed_in_elsewhere",
        }
    }
}

impl Session {
    /// Before anything is known.
    pub(super) const fn unknown(environment: EnvironmentName) -> Self {
        Self {
            status: SessionStatus::Unknown,
            signed_in: false,
            id: None,
            environment,
            renewable: false,
            scope: None,
            expires_at_epoch_seconds: None,
        }
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.status == SessionStatus::Unknown
    }

    /// As it is now. `id`: of the session that may be shown.
    pub(super) fn of(client: &Client, id: Option<Id>, now: Moment) -> Self {
        let environment = client.config().environment().name;
        let Some(id) = id else {
            return Self {
                status: SessionStatus::SignedOut,
                ..Self::unknown(environment)
            };
        };
        let snapshot = client.session(now);
        Self {
            status: snapshot.status.into(),
            signed_in: match snapshot.status {
                Status::SignedOut => false,
                Status::Expired => snapshot.is_renewable,
                _ => true,
            },
            id: Some(id.to_string()),
            environment,
            renewable: snapshot.is_renewable,
            scope: snapshot.scope,
            expires_at_epoch_seconds: snapshot.expires_at,
        }
    }
}

impl From<Status> for SessionStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::SignedOut => Self::SignedOut,
            Status::Fresh => Self::Fresh,
            Status::RefreshDue => Self::RefreshDue,
            Status::Expired => Self::Expired,
            Status::InDoubt => Self::InDoubt,
        }
    }
}

impl From<SessionEvent> for SessionNews {
    fn from(event: SessionEvent) -> Self {
        match event {
            SessionEvent::SignedIn => Self::SignedIn,
            SessionEvent::Refreshed => Self::Refreshed,
            SessionEvent::Expired => Self::Expired,
            SessionEvent::SignedOut => Self::SignedOut,
            SessionEvent::ReauthRequired => Self::ReauthRequired,
        }
    }
}

/// Procore has numbers here, a server of another kind may have text.
fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }
    Written::deserialize(deserializer).map(|written| match written {
        Written::Number(number) => number.to_string(),
        Written::Text(text) => text,
    })
}
