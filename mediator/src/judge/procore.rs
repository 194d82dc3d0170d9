//! What an answer of Procore's means ([RFC 6749 §5](https://www.rfc-editor.org/rfc/rfc6749.html#section-5); Procore:
//! rate_limiting.md, oauth_endpoints.md). Nothing of its words goes any further.

use crate::clock::UnixSeconds;
use crate::judge::session::{Access, Tokens};
use crate::secret::Secret;
use form_urlencoded::parse;
use procore_spa_auth::protocol::http::HttpResponse;
use procore_spa_auth::protocol::secret::Wiped;
use procore_spa_auth::protocol::token_response::TokenSet;
use serde::{Deserialize, Serialize};

/// An answer, as far as anybody looks at it.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub retry_after: Option<String>,
    pub rate_limit_reset: Option<String>,
    pub body: Secret,
}

/// What has become of a code or a refresh token that was sent, or was to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Granted(Tokens),
    /// The same for a session that was ended meanwhile: to be revoked, and not to be used.
    GrantedTooLate(Tokens),
    /// Procore's own `invalid_grant`.
    Refused,
    /// It may have arrived, and is never sent again.
    InDoubt,
    /// Nothing is spent: Procore refuses the mediator itself.
    InvalidClient,
    /// Nothing is spent; nothing is sent before then.
    RateLimited {
        until: UnixSeconds,
    },
    /// Nothing is spent, or nothing was sent.
    NotNow,
}

impl Outcome {
    /// Whether what was sent may be sent once more.
    pub const fn is_kept(&self) -> bool {
        matches!(self, Self::InvalidClient | Self::RateLimited { .. } | Self::NotNow)
    }

    pub const fn word(&self) -> &'static str {
        match self {
            Self::Granted(_) => "granted",
            Self::GrantedTooLate(_) => "granted_too_late",
            Self::Refused => "refused",
            Self::InDoubt => "in_doubt",
            Self::InvalidClient => "invalid_client",
            Self::RateLimited { .. } => "rate_limited",
            Self::NotNow => "not_now",
        }
    }
}

/// A refresh token that is longer has no room in a cookie.
const MAX_REFRESH_TOKEN: usize = 2048;

/// Judges the answer of the token endpoint. `sent` is all that must not come back to the page.
pub fn judge_token(answer: &Answer, sent: &[&Secret], now: UnixSeconds) -> Outcome {
    match answer.status {
        429 => Outcome::RateLimited {
            until: now.saturating_add(pause(answer, now)),
        },
        200 => granted(answer, sent, now).map_or(Outcome::InDoubt, Outcome::Granted),
        400..500 => refusal(answer),
        // A redirect or a fault: what is behind it may have taken the token.
        _ => Outcome::InDoubt,
    }
}

/// Whether the answer of the revocation endpoint says that a token is dead (RFC 7009 §2.2). A page of HTML is of somebody
/// else.
pub fn judge_revocation(answer: &Answer) -> bool {
    answer.status == 200 && !answer.content_type.to_ascii_lowercase().contains("html")
}

fn response(answer: &Answer) -> HttpResponse {
    HttpResponse::new(
        answer.status.into(),
        answer.content_type.clone(),
        Wiped::from(answer.body.expose()),
    )
}

fn refusal(answer: &Answer) -> Outcome {
    let said = TokenSet::parse(&response(answer)).err();
    match said.as_ref().and_then(|error| error.oauth()).map(|oauth| oauth.error) {
        Some("invalid_grant") => Outcome::Refused,
        Some("invalid_client" | "unauthorized_client") => Outcome::InvalidClient,
        _ => Outcome::NotNow,
    }
}

fn granted(answer: &Answer, sent: &[&Secret], now: UnixSeconds) -> Option<Tokens> {
    let set = TokenSet::parse(&response(answer)).ok()?;
    let refresh = set.refresh_token.as_ref().map(|token| Secret::from(token.expose()));
    if refresh
        .as_ref()
        .is_some_and(|token| token.expose().len() > MAX_REFRESH_TOKEN)
    {
        return None;
    }
    let confidential: Vec<&Secret> = sent.iter().copied().chain(&refresh).collect();
    let is_echo = |text: &str| confidential.iter().any(|secret| repeats(text, secret.expose()));
    if is_echo(set.access_token.expose()) {
        return None;
    }
    let access = Access {
        token: set.access_token.expose().into(),
        expires_at: now.saturating_add(set.expires_in),
        created_at: created_at(answer),
        scope: set.scope.filter(|scope| scope.len() <= MAX_SCOPE && !is_echo(scope)),
    };
    Some(Tokens { access, refresh })
}

/// A longer one is left out: it would take the room of tokens.
const MAX_SCOPE: usize = 256;

/// Whether a server's text has a secret in it, as it is or encoded as it was sent.
fn repeats(said: &str, secret: &str) -> bool {
    let has = |text: &str| text.to_ascii_lowercase().contains(&secret.to_ascii_lowercase());
    has(said) || parse(said.as_bytes()).any(|(name, value)| has(&name) || has(&value))
}

/// `created_at`, a number where Procore says it.
fn created_at(answer: &Answer) -> Option<u64> {
    #[derive(Deserialize)]
    struct Members {
        created_at: Option<u64>,
    }
    serde_json::from_str::<Members>(answer.body.expose()).ok()?.created_at
}

/// For how many seconds a 429 asks (Procore: rate_limiting.md; error_reference.md has `Retry-After`). Without either: its
/// spike window.
fn pause(answer: &Answer, now: UnixSeconds) -> u64 {
    let from_date = |text: &str| {
        let date = httpdate::parse_http_date(text).ok()?;
        let seconds = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        Some(seconds.saturating_sub(now))
    };
    let retry_after = answer.retry_after.as_deref().map(str::trim);
    let asked = retry_after.and_then(|text| text.parse().ok().or_else(|| from_date(text)));
    let reset = || {
        let at: u64 = answer.rate_limit_reset.as_deref()?.trim().parse().ok()?;
        Some(at.saturating_sub(now))
    };
    asked.or_else(reset).unwrap_or(SPIKE_WINDOW).clamp(1, MAX_PAUSE)
}

const SPIKE_WINDOW: u64 = 10;
/// The longer of both windows is an hour.
const MAX_PAUSE: u64 = 3600;

impl Default for Secret {
    fn default() -> Self {
        Self::from("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const GOOD: &str =
        r#"{"access_token":"A1","token_type":"bearer","expires_in":5400,"refresh_token":"R2","created_at":7}"#;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer {
            status,
            content_type: content_type.into(),
            body: body.into(),
            ..Answer::default()
        }
    }

    fn judged(status: u16, content_type: &str, body: &str) -> Outcome {
        judge_token(
            &answer(status, content_type, body),
            &[&"the+secret/x".into(), &"R1-sent".into()],
            NOW,
        )
    }

    #[test]
    fn tokens_are_granted_by_200_and_json_only() {
        let Outcome::Granted(tokens) = judged(200, "application/json; charset=utf-8", GOOD) else {
            panic!()
        };
        assert_eq!(tokens.access.token.expose(), "A1");
        assert_eq!(tokens.access.expires_at, NOW + 5400);
        assert_eq!(tokens.access.created_at, Some(7));
        assert_eq!(tokens.refresh.unwrap().expose(), "R2");
        for (status, content_type, body) in [
            (200, "text/html", GOOD),
            (200, "application/json", "[]"),
            (200, "application/json", r#"{"error":"invalid_grant"}"#),
            (200, "application/json", &GOOD.replace("bearer", "mac")),
            (200, "application/json", &GOOD.replace("R2", &"R".repeat(2049))),
            (201, "application/json", GOOD),
            (302, "application/json", GOOD),
            (500, "application/json", r#"{"error":"invalid_grant"}"#),
            (503, "text/html", ""),
        ] {
            assert_eq!(
                judged(status, content_type, body),
                Outcome::InDoubt,
                "{status} {content_type} {body}"
            );
        }
    }

    #[test]
    fn only_procores_own_invalid_grant_ends_a_session() {
        let invalid_grant = r#"{"error":"invalid_grant","error_description":"the+secret/x"}"#;
        assert_eq!(judged(400, "application/json", invalid_grant), Outcome::Refused);
        assert_eq!(judged(401, "application/json", invalid_grant), Outcome::Refused);
        for (status, content_type, body) in [
            (403, "text/html", "<h1>Forbidden</h1>"),
            (400, "text/html", invalid_grant),
            (400, "application/json", r#"{"error":"invalid_request"}"#),
            (401, "text/html", ""),
            (404, "application/json", "{}"),
        ] {
            assert_eq!(
                judged(status, content_type, body),
                Outcome::NotNow,
                "{status} {content_type} {body}"
            );
        }
        assert_eq!(
            judged(401, "application/json", r#"{"error":"invalid_client"}"#),
            Outcome::InvalidClient
        );
        assert_eq!(
            judged(400, "application/json", r#"{"error":"unauthorized_client"}"#),
            Outcome::InvalidClient
        );
    }

    #[test]
    fn what_was_sent_does_not_come_back() {
        for echo in [
            "the+secret/x",
            "xR1-SENTx",
            "the%2Bsecret%2Fx",
            "a=1&b=the%2bsecret%2fx",
            "R2",
        ] {
            let body = GOOD.replace("\"A1\"", &format!("\"{echo}\""));
            assert_eq!(judged(200, "application/json", &body), Outcome::InDoubt, "{echo}");
        }
        let body = GOOD.replace("\"created_at\":7", r#""scope":"read the%2Bsecret%2Fx""#);
        let Outcome::Granted(tokens) = judged(200, "application/json", &body) else {
            panic!()
        };
        assert_eq!(tokens.access.scope, None);
    }

    #[test]
    fn a_429_says_for_how_long() {
        let until = |retry_after: Option<&str>, reset: Option<&str>| {
            let mut answer = answer(429, "text/html", "");
            answer.retry_after = retry_after.map(str::to_owned);
            answer.rate_limit_reset = reset.map(str::to_owned);
            match judge_token(&answer, &[], NOW) {
                Outcome::RateLimited { until } => until - NOW,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(until(Some("7"), Some("1800000099")), 7);
        assert_eq!(until(None, Some("1800000009")), 9);
        assert_eq!(until(Some("Fri, 15 Jan 2027 08:00:30 GMT"), None), 30);
        assert_eq!(until(None, None), SPIKE_WINDOW);
        assert_eq!(until(Some("0"), None), 1);
        assert_eq!(until(Some("99999999"), None), MAX_PAUSE);
    }

    #[test]
    fn a_revocation_is_confirmed_by_200_and_not_by_a_page() {
        assert!(judge_revocation(&answer(200, "application/json", "{}")));
        assert!(judge_revocation(&answer(200, "", "")));
        assert!(!judge_revocation(&answer(200, "text/HTML", "")));
        assert!(!judge_revocation(&answer(503, "application/json", "{}")));
        assert!(!judge_revocation(&answer(302, "", "")));
    }
}
