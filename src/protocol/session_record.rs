//! A session as a record: what a reload, or another tab, goes on with.
//!
//! It names its client ID, environment and server, and is good for these alone; endpoints are never read back. Storage
//! is not trusted: tokens pass the checks of a server's answer
//! ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1)). A refresh token that was sent is in no
//! record ([RFC 9700 §4.14](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14)).

use super::config::Config;
use super::json::{Object, Value, Writer};
use super::pending_authorization::{Flow, VERSION, corrupt, number, optional_scope, read, text};
use super::secret::{AccessToken, RefreshToken, Wiped};
use super::session::{MAX_RETIRED, Renewal, Session, SignedIn};
use super::time::Moment;
use super::token_response::{self, MAX_LIFETIME};
use crate::error::{Code, Error};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The record: a JSON object. `None` for the implicit flow, whose tokens are never stored. Retired tokens are records in
/// it, as text.
pub(crate) fn write(session: &Session, config: &Config, now: Moment) -> Option<Wiped> {
    let is_kept = |tokens: &&SignedIn| tokens.flow == Flow::Code;
    let mut out = write_one(session.tokens().filter(is_kept)?, config, now);
    let retired = session.retired().iter().filter(is_kept);
    let retired: Vec<_> = retired.map(|tokens| write_one(tokens, config, now).end()).collect();
    if !retired.is_empty() {
        out.strings("retired", retired.iter().map(|record| record.as_str()));
    }
    Some(out.end())
}

fn write_one(tokens: &SignedIn, config: &Config, now: Moment) -> Writer {
    let (renewal, refresh_token) = match &tokens.renewal {
        Renewal::Never => (NEVER, None),
        Renewal::Ready(token) => (READY, Some(token.expose())),
        // It is out. Should this page end before an answer is here, nobody knows whether it is spent.
        Renewal::UnderWay | Renewal::InDoubt => (IN_DOUBT, None),
    };
    let mut out = Writer::object();
    out.number("v", VERSION);
    out.string("clientId", config.client_id.as_str());
    out.string("environment", config.environment.name.as_str());
    out.string("server", config.keeper());
    out.string("flow", tokens.flow.as_str());
    out.string("accessToken", tokens.access_token.expose());
    out.optional("refreshToken", refresh_token);
    out.string("renewal", renewal);
    // By the wall clock, the only one that outlives a page; as it runs now, if it was set meanwhile.
    out.number("received", now.wall.saturating_sub(tokens.age(now)));
    out.number("expiresIn", tokens.expires_in);
    out.bool("isRenewed", tokens.is_renewed);
    out.bool("isUnused", tokens.is_unused);
    out.bool("isWhole", tokens.is_whole);
    out.optional("scope", tokens.scope.as_deref());
    out
}

/// Reads a record back: the tokens of the session, and those that are retired.
///
/// # Errors
///
/// See [`Client::restore`](super::client::Client::restore).
pub(crate) fn parse(record: &str, config: &Config, now: Moment) -> Result<(Box<SignedIn>, Vec<SignedIn>), Error> {
    let object = &read(record, &MEMBERS)?;
    let mut retired = Vec::new();
    match object.member("retired") {
        None => {}
        Some(Value::Array(records)) if records.len() <= MAX_RETIRED => {
            for record in records {
                let record = read(record.as_str().ok_or_else(corrupt)?, &MEMBERS)?;
                retired.push(parse_one(&record, config, now)?);
            }
        }
        Some(_) => return Err(corrupt()),
    }
    Ok((Box::new(parse_one(object, config, now)?), retired))
}

fn parse_one(object: &Object, config: &Config, now: Moment) -> Result<SignedIn, Error> {
    if text(object, "flow")? != Flow::Code.as_str() {
        return Err(corrupt());
    }
    let environment = &config.environment;
    let is_of = |key, ours: &str| text(object, key).map(|text| text == ours);
    if !is_of("clientId", config.client_id.as_str())?
        || !is_of("environment", environment.name.as_str())?
        || !is_of("server", config.keeper())?
    {
        return Err(Code::IssuerChanged.into());
    }
    let token = |key| token_response::token(object, key).map_err(|_| corrupt());
    let renewal = match (text(object, "renewal")?, token("refreshToken")?) {
        (READY, Some(token)) => Renewal::Ready(RefreshToken::new(token)),
        (NEVER, None) => Renewal::Never,
        (IN_DOUBT, None) => Renewal::InDoubt,
        _ => return Err(corrupt()),
    };
    let flag = |key| match object.member(key) {
        Some(Value::Bool(flag)) => Ok(*flag),
        _ => Err(corrupt()),
    };
    let received = number(object, "received")?;
    Ok(SignedIn {
        access_token: AccessToken::new(token("accessToken")?.ok_or_else(corrupt)?),
        received: now,
        // By a clock that was set back nobody knows its age: it is over.
        age: now.wall.checked_sub(received).unwrap_or(MAX_LIFETIME),
        expires_in: number(object, "expiresIn")?.min(MAX_LIFETIME),
        scope: optional_scope(object)?,
        flow: Flow::Code,
        renewal,
        is_renewed: flag("isRenewed")?,
        is_unused: flag("isUnused")?,
        is_whole: flag("isWhole")?,
        is_latest: true,
    })
}

const MEMBERS: [&str; 15] = [
    "v",
    "clientId",
    "environment",
    "server",
    "flow",
    "accessToken",
    "refreshToken",
    "renewal",
    "received",
    "expiresIn",
    "isRenewed",
    "isUnused",
    "isWhole",
    "scope",
    "retired",
];

/// What there is to renew with: nothing, the refresh token or a token mediator's handle, or nobody knows.
const NEVER: &str = "never";
const READY: &str = "ready";
const IN_DOUBT: &str = "in_doubt";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use crate::protocol::session::{Session, Status};
    use crate::protocol::token_response::TokenSet;
    use alloc::string::{String, ToString};
    use serde_json::{Value as Json, json};

    const RECORD: &str = r#"{"v":1,"clientId":"CID","environment":"production","server":"https://login.procore.com/oauth/authorize","flow":"code","accessToken":"AT1","refreshToken":"RT1","renewal":"ready","received":1000,"expiresIn":5400,"isRenewed":false,"isUnused":false,"isWhole":true,"scope":"read"}"#;

    fn config(more: &str) -> Config {
        let credentials = r#"{"production":{"clientId":"CID","redirectUris":["https://app.example/cb"]}}"#;
        let options = [r#"{"credentials":"#, credentials, more, "}"].concat();
        Config::parse(&options, parse_url("https://app.example/", None), parse_url).unwrap()
    }

    const fn at(wall: u64) -> Moment {
        Moment::new(wall, 7)
    }

    fn session(refresh_token: Option<&str>) -> Session {
        let tokens = TokenSet {
            access_token: AccessToken::new("AT1".into()),
            refresh_token: refresh_token.map(|token| RefreshToken::new(token.into())),
            expires_in: 5400,
            scope: Some("read".into()),
        };
        let mut session = Session::default();
        session.sign_in(SignedIn::new(tokens, Flow::Code, at(1000)));
        session
    }

    fn written(session: &Session, now: Moment) -> String {
        write(session, &config(""), now).unwrap().to_string()
    }

    fn changed(key: &str, value: Json) -> String {
        let mut record: Json = serde_json::from_str(RECORD).unwrap();
        match value {
            Json::Null => record.as_object_mut().unwrap().remove(key),
            value => record.as_object_mut().unwrap().insert(key.into(), value),
        };
        record.to_string()
    }

    #[test]
    fn a_record_is_exactly_this() {
        assert_eq!(written(&session(Some("RT1")), at(1000)), RECORD);
        assert_eq!(
            MEMBERS.len() - 1,
            serde_json::from_str::<Json>(RECORD).unwrap().as_object().unwrap().len()
        );
    }

    #[test]
    fn a_record_says_what_there_is_to_renew_with() {
        let renewal = |session: &Session| -> (Json, Json) {
            let record: Json = serde_json::from_str(&written(session, at(1000))).unwrap();
            (record["renewal"].clone(), record["refreshToken"].clone())
        };
        assert_eq!(renewal(&session(None)), (json!("never"), Json::Null));
        let mut sent = session(Some("RT1"));
        assert_eq!(renewal(&sent), (json!("ready"), json!("RT1")));
        sent.take_refresh_token();
        assert_eq!(renewal(&sent), (json!("in_doubt"), Json::Null), "it is under way");
        sent.doubt();
        assert_eq!(renewal(&sent), (json!("in_doubt"), Json::Null));
    }

    #[test]
    fn a_record_comes_back_as_it_went() {
        let mediated = r#","tokenMediator":"/oauth/token""#;
        for (record, config) in [
            (RECORD.to_string(), config("")),
            (changed("scope", Json::Null), config("")),
            (changed("isRenewed", true.into()), config("")),
            (changed("isUnused", true.into()), config("")),
            (changed("isWhole", false.into()), config("")),
            (changed("retired", json!([RECORD])), config("")),
            (changed("accessToken", "A\"\\~".repeat(4000).into()), config("")),
            (
                changed("refreshToken", Json::Null).replace("ready", "never"),
                config(""),
            ),
            // A mediator's is of the page's own origin.
            (
                changed("server", "https://app.example/oauth/token".into()),
                config(mediated),
            ),
            (
                changed("refreshToken", Json::Null).replace("ready", "in_doubt"),
                config(""),
            ),
        ] {
            let mut session = Session::default();
            let (tokens, retired) = parse(&record, &config, at(2000)).unwrap();
            session.restore(tokens, retired, false);
            let again = write(&session, &config, at(2000)).unwrap();
            let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
            assert_eq!(json(&again), json(&record));
        }
        // Where there is a mediator now, or none any more, what renews the session is not what it was.
        for (record, config) in [
            (RECORD.to_string(), config(mediated)),
            (changed("server", "https://app.example/oauth/token".into()), config("")),
        ] {
            assert_eq!(
                parse(&record, &config, at(2000)).unwrap_err().code(),
                Code::IssuerChanged
            );
        }
    }

    #[test]
    fn a_record_that_is_not_quite_one_is_refused() {
        for key in MEMBERS {
            let is_optional = ["scope", "retired"].contains(&key);
            let code = |record: &str| parse(record, &config(""), at(2000)).err().map(|error| error.code());
            assert_eq!(
                code(&changed(key, Json::Null)),
                (!is_optional).then_some(Code::StorageCorrupt),
                "{key}"
            );
            let flag = if key.starts_with("is") {
                json!("true")
            } else {
                json!(true)
            };
            for other in [flag, json!([1]), json!({}), json!(-1), json!(1e99)] {
                assert_eq!(code(&changed(key, other)), Some(Code::StorageCorrupt), "{key}");
            }
        }
        for (key, value, code) in [
            ("v", json!(0), Code::StorageVersion),
            ("v", json!(2), Code::StorageVersion),
            ("clientId", json!("OTHER"), Code::IssuerChanged),
            ("environment", json!("sandbox"), Code::IssuerChanged),
            (
                "server",
                json!("https://evil.example/oauth/authorize"),
                Code::IssuerChanged,
            ),
            ("flow", json!("implicit"), Code::StorageCorrupt),
            ("accessToken", json!(""), Code::StorageCorrupt),
            ("accessToken", json!("A\r\nT"), Code::StorageCorrupt),
            ("accessToken", "A".repeat(16 * 1024 + 1).into(), Code::StorageCorrupt),
            ("refreshToken", json!("R T"), Code::StorageCorrupt),
            ("received", json!("1000"), Code::StorageCorrupt),
            ("renewal", json!("never"), Code::StorageCorrupt),
            ("renewal", json!("cookie"), Code::StorageCorrupt),
            ("renewal", json!("in_doubt"), Code::StorageCorrupt),
            ("renewal", json!("under_way"), Code::StorageCorrupt),
            ("retired", json!([RECORD.replace("CID", "OTHER")]), Code::IssuerChanged),
            ("retired", json!(["{}"]), Code::StorageCorrupt),
            (
                "retired",
                [RECORD; MAX_RETIRED + 1].as_slice().into(),
                Code::StorageCorrupt,
            ),
            ("tokenEndpoint", json!("https://evil.example"), Code::StorageCorrupt),
            ("clientSecret", json!(""), Code::ConfigSecretForbidden),
        ] {
            let record = changed(key, value);
            assert_eq!(
                parse(&record, &config(""), at(2000)).unwrap_err().code(),
                code,
                "{record:.300}"
            );
        }
        for record in ["", "null", "[]", "{}", &RECORD.replace("\"v\":1,", "\"v\":1,\"v\":1,")] {
            assert_eq!(
                parse(record, &config(""), at(2000)).unwrap_err().code(),
                Code::StorageCorrupt,
                "{record}"
            );
        }
    }

    #[test]
    fn age_counts_on_by_the_wall_clock_and_then_by_both() {
        let restored = |wall| {
            let mut session = Session::default();
            let (tokens, retired) = parse(RECORD, &config(""), Moment::new(wall, 0)).unwrap();
            session.restore(tokens, retired, false);
            session
        };
        let status = |session: &Session, wall, monotonic| session.snapshot(Moment::new(wall, monotonic)).status;
        assert_eq!(status(&restored(6369), 6369, 0), Status::Fresh);
        assert_eq!(status(&restored(6370), 6370, 0), Status::RefreshDue);
        assert_eq!(status(&restored(6400), 6400, 0), Status::Expired);
        assert_eq!(restored(2000).snapshot(at(2000)).expires_at, Some(6400));
        // Set back after it was restored: the page's own clock goes on.
        assert_eq!(status(&restored(2000), 0, 4399), Status::RefreshDue);
        assert_eq!(status(&restored(2000), 0, 4400), Status::Expired);
        // Set back before: nobody knows.
        assert_eq!(status(&restored(999), 999, 0), Status::Expired);
        // Written after the clock was set, the record goes by what it shows now.
        let set_back = session(Some("RT1"));
        let record = written(&set_back, Moment::new(500, 107));
        assert!(record.contains("\"received\":400,"), "{record}");
    }
}
