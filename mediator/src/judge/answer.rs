//! What a page is told: these members and no others (docs/token-mediator.md, "Answers").

use crate::clock::UnixSeconds;
use crate::judge::request::Refusal;
use crate::judge::session::Access;
use crate::secret::Secret;
use serde::Serialize;

const VERSION: u8 = 2;

/// An answer to a page.
#[derive(Debug)]
pub enum Answer {
    Tokens { access: Access, handle: Secret },
    PkceIgnored,
    Revoked,
    Refused(Refusal),
    Error(Word),
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    InvalidGrant,
    SessionMismatch,
    InDoubt,
    /// For so many seconds.
    RateLimited(u64),
    InvalidClient,
    TemporarilyUnavailable,
}

impl Word {
    const fn parts(self) -> (u16, &'static str) {
        match self {
            Self::InvalidGrant => (400, "invalid_grant"),
            Self::SessionMismatch => (409, "session_mismatch"),
            Self::InDoubt => (502, "in_doubt"),
            Self::RateLimited(_) => (429, "rate_limited"),
            Self::InvalidClient => (500, "invalid_client"),
            Self::TemporarilyUnavailable => (503, "temporarily_unavailable"),
        }
    }
}

impl Answer {
    pub const fn status(&self) -> u16 {
        match self {
            Self::Tokens { .. } | Self::PkceIgnored | Self::Revoked => 200,
            Self::Refused(refusal) => refusal.status(),
            Self::Error(word) => word.parts().0,
        }
    }

    /// What is logged and counted: says nothing of anybody.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Tokens { .. } => "tokens",
            Self::PkceIgnored => "pkce_ignored",
            Self::Revoked => "revoked",
            Self::Refused(_) => "invalid_request",
            Self::Error(word) => word.parts().1,
        }
    }

    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Error(Word::RateLimited(seconds)) => Some(*seconds),
            _ => None,
        }
    }

    pub fn body(&self, now: UnixSeconds) -> Secret {
        let body = match self {
            Self::Tokens { access, handle } => Body {
                access_token: Some(access.token.expose()),
                token_type: Some("Bearer"),
                expires_in: Some(access.expires_at.saturating_sub(now)),
                session_handle: Some(handle.expose()),
                scope: access.scope.as_deref(),
                created_at: access.created_at,
                ..Body::default()
            },
            Self::PkceIgnored => Body {
                pkce: Some("ignored"),
                ..Body::default()
            },
            Self::Revoked => Body {
                revoked: Some(true),
                ..Body::default()
            },
            Self::Refused(_) | Self::Error(_) => Body {
                error: Some(self.word()),
                retry_after: self.retry_after(),
                ..Body::default()
            },
        };
        // Strings and numbers only: it can't fail.
        Secret::new(
            serde_json::to_string(&Body {
                version: VERSION,
                ..body
            })
            .unwrap_or_default(),
        )
    }
}

#[derive(Default, Serialize)]
struct Body<'a> {
    version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_handle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pkce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(answer: &Answer) -> String {
        answer.body(100).expose().to_owned()
    }

    #[test]
    fn answers_have_these_members_and_no_others() {
        let access = Access {
            token: "A1".into(),
            expires_at: 160,
            created_at: Some(7),
            scope: Some("read".into()),
        };
        let answer = Answer::Tokens {
            access,
            handle: "H1".into(),
        };
        let expected = r#"{"version":2,"access_token":"A1","token_type":"Bearer","expires_in":60,"session_handle":"H1","scope":"read","created_at":7}"#;
        assert_eq!(body(&answer), expected);
        assert_eq!(body(&Answer::PkceIgnored), r#"{"version":2,"pkce":"ignored"}"#);
        assert_eq!(body(&Answer::Revoked), r#"{"version":2,"revoked":true}"#);
        assert_eq!(
            body(&Answer::Refused(Refusal::Origin)),
            r#"{"version":2,"error":"invalid_request"}"#
        );
        let limited = Answer::Error(Word::RateLimited(9));
        assert_eq!(
            body(&limited),
            r#"{"version":2,"error":"rate_limited","retry_after":9}"#
        );
        assert_eq!(limited.status(), 429);
    }
}
