//! What several instances have in common: a Redis with the lock of each renewal, and with its answer, sealed.
//!
//! | key | value | lives |
//! | --- | --- | --- |
//! | `sent:NAME` | who has sent it, and when | a day after its answer; without one, for as long as a session |
//! | `answer:NAME` | the outcome, sealed | 60 seconds from its end |
//! | `kept:MARK` | why it is as good as before, for those who wait for it | ten seconds |
//! | `ended:NAME` | nothing | for as long as a session |

use crate::clock::{self, UnixSeconds};
use crate::judge::name::Name;
use crate::judge::procore::Outcome;
use crate::judge::seal::KeyRing;
use crate::serve::entropy;
use crate::serve::flights::ANSWERS_ARE_KEPT;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions, pipe};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub struct Fleet {
    redis: ConnectionManager,
    keys: Arc<KeyRing>,
    /// In seconds: how long a session can live, and how long a request to Procore can take.
    lifetime: u64,
    upstream_timeout: u64,
}

/// What has become of the wish to send a token.
pub enum Claim {
    /// Nobody else sends it. The mark says who.
    Mine(String),
    Answered(Outcome),
    /// It was sent, and nobody knows what came of it.
    Sent,
    /// Redis is gone, or another instance takes its time.
    NotNow,
}

const PREFIX: &str = "procore-token-mediator";
const A_DAY: u64 = 24 * 3600;
const POLL: Duration = Duration::from_millis(40);
/// How long an instance tries to tell the others of an outcome, in times of what a request to Procore can take: as long as Redis
/// may be away without costing a session.
const PATIENCE: u64 = 3;

/// Deletes a mark only if it is one's own, and says why to those who wait: whoever comes later may send again.
const RELEASE: &str = r#"
if redis.call("GET", KEYS[1]) == ARGV[1] then
  redis.call("SET", KEYS[2], ARGV[2], "EX", 10)
  redis.call("DEL", KEYS[1])
end"#;

impl Fleet {
    pub fn new(url: &str, keys: Arc<KeyRing>, lifetime: u64, upstream_timeout: u64) -> RedisResult<Self> {
        let second = Some(Duration::from_secs(1));
        let settings = ConnectionManagerConfig::new()
            .set_response_timeout(second)
            .set_connection_timeout(second)
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(200));
        let redis = ConnectionManager::new_lazy_with_config(Client::open(url)?, settings)?;
        Ok(Self {
            redis,
            keys,
            lifetime,
            upstream_timeout,
        })
    }

    pub async fn is_there(&self) -> bool {
        let answer: RedisResult<String> = self.redis.clone().ping().await;
        answer.is_ok()
    }

    /// Waits for the answer where another instance is at it.
    pub async fn claim(self: &Arc<Self>, name: Name) -> Claim {
        let mark = format!("{} {}", clock::now(), entropy::handle().expose());
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::EX(self.lifetime));
        let deadline = Instant::now() + Duration::from_secs(self.upstream_timeout + 1);
        let mut waiting_for = None;
        loop {
            if let Some(outcome) = self.kept(waiting_for.as_deref()).await {
                return Claim::Answered(outcome);
            }
            let set: RedisResult<Option<String>> =
                self.redis.clone().set_options(sent(name), &mark, options.clone()).await;
            match set {
                Ok(Some(_)) => return Claim::Mine(mark),
                Ok(None) => {}
                Err(_) => {
                    // It may have been set all the same.
                    self.release_later(name, mark);
                    return Claim::NotNow;
                }
            }
            match self.look(name).await {
                Ok(Seen::Nothing) => {}
                Ok(Seen::Answered(outcome)) => return Claim::Answered(outcome),
                Ok(Seen::Sent) => return Claim::Sent,
                Ok(Seen::UnderWay(mark)) if Instant::now() < deadline => {
                    waiting_for = Some(mark);
                    sleep(POLL).await;
                }
                Ok(Seen::UnderWay(_) | Seen::Unreadable) | Err(_) => return Claim::NotNow,
            }
        }
    }

    /// The outcome of what was sent, where it was; waits while it is under way.
    pub async fn outcome(&self, name: Name) -> Option<Outcome> {
        let deadline = Instant::now() + Duration::from_secs(self.upstream_timeout + 1);
        loop {
            match self.look(name).await {
                Ok(Seen::Answered(outcome)) => return Some(outcome),
                Ok(Seen::Sent) => return Some(Outcome::InDoubt),
                Ok(Seen::UnderWay(_)) if Instant::now() < deadline => sleep(POLL).await,
                _ => return None,
            }
        }
    }

    /// Why what was waited for is as good as before.
    async fn kept(&self, mark: Option<&str>) -> Option<Outcome> {
        let why: Option<String> = self.redis.clone().get(kept(mark?)).await.ok()?;
        serde_json::from_str(&why?).ok()
    }

    async fn look(&self, name: Name) -> RedisResult<Seen> {
        let (answer, mark): (Option<String>, Option<String>) = pipe()
            .get(answer(name))
            .get(sent(name))
            .query_async(&mut self.redis.clone())
            .await?;
        if let Some(sealed) = answer {
            let plain = self.keys.open(&purpose(name), &sealed);
            let outcome = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
            return Ok(outcome.map_or(Seen::Unreadable, Seen::Answered));
        }
        let Some(mark) = mark else { return Ok(Seen::Nothing) };
        let since: Option<UnixSeconds> = mark.split(' ').next().and_then(|text| text.parse().ok());
        let age = clock::now().saturating_sub(since.unwrap_or(0));
        // An instance that lives would have told by now, even if Redis was away for a while.
        Ok(if age > (1 + PATIENCE) * self.upstream_timeout + 5 {
            Seen::Sent
        } else {
            Seen::UnderWay(mark)
        })
    }

    /// Tells the others what has become of it. If that fails now, it is tried again in the background.
    pub async fn settle(self: &Arc<Self>, name: Name, mark: String, outcome: &Outcome) {
        if self.try_settle(name, &mark, outcome).await.is_ok() {
            return;
        }
        let (fleet, outcome) = (Arc::clone(self), outcome.clone());
        tokio::spawn(async move {
            let end = Instant::now() + Duration::from_secs(PATIENCE * fleet.upstream_timeout);
            while fleet.try_settle(name, &mark, &outcome).await.is_err() && Instant::now() < end {
                sleep(Duration::from_millis(500)).await;
            }
        });
    }

    async fn try_settle(&self, name: Name, mark: &str, outcome: &Outcome) -> RedisResult<()> {
        let redis = &mut self.redis.clone();
        let (answer_lives, mark_lives) = match outcome {
            Outcome::RateLimited { until } => {
                let pause = until.saturating_sub(clock::now()).max(1);
                (pause, pause)
            }
            outcome if outcome.is_kept() => {
                let why = serde_json::to_string(outcome).unwrap_or_default();
                let release = Script::new(RELEASE);
                let mut release = release.key(sent(name));
                return release.key(kept(mark)).arg(mark).arg(why).invoke_async(redis).await;
            }
            _ => (ANSWERS_ARE_KEPT.as_secs(), A_DAY),
        };
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(outcome).unwrap_or_default());
        let sealed = self
            .keys
            .seal(&purpose(name), &plain, entropy::bytes())
            .unwrap_or_default();
        let mut both = pipe();
        both.atomic()
            .set_ex(answer(name), sealed, answer_lives)
            .ignore()
            .set_ex(sent(name), mark, mark_lives)
            .ignore();
        both.query_async(redis).await
    }

    pub fn release_later(self: &Arc<Self>, name: Name, mark: String) {
        let fleet = Arc::clone(self);
        tokio::spawn(async move { fleet.settle(name, mark, &Outcome::NotNow).await });
    }

    /// Whether it was sent, or is being sent, and is not as good as before.
    pub async fn is_spent(&self, name: Name) -> bool {
        match self.look(name).await {
            Ok(Seen::Answered(outcome)) => !outcome.is_kept(),
            Ok(Seen::UnderWay(_) | Seen::Sent | Seen::Unreadable) => true,
            Ok(Seen::Nothing) | Err(_) => false,
        }
    }

    pub async fn end(&self, session: Name) -> RedisResult<()> {
        self.redis.clone().set_ex(ended(session), "", self.lifetime).await
    }

    pub async fn is_ended(&self, session: Name) -> RedisResult<bool> {
        self.redis.clone().exists(ended(session)).await
    }
}

enum Seen {
    Nothing,
    /// With its mark.
    UnderWay(String),
    Sent,
    Answered(Outcome),
    /// Sealed with a key that is not here.
    Unreadable,
}

fn sent(name: Name) -> String {
    format!("{PREFIX}:sent:{name}")
}

fn answer(name: Name) -> String {
    format!("{PREFIX}:answer:{name}")
}

fn kept(mark: &str) -> String {
    format!("{PREFIX}:kept:{mark}")
}

fn ended(name: Name) -> String {
    format!("{PREFIX}:ended:{name}")
}

fn purpose(name: Name) -> String {
    format!("answer\n{name}")
}
