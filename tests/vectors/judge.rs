//! What a vector says, held against what the core does. The same natively and in browsers.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use procore_spa_auth::error::Error;
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::{AuthorizationResponse, Granted};
use procore_spa_auth::protocol::client::Client;
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::HttpResponse;
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::pkce::Entropy;
use procore_spa_auth::protocol::token_response::TokenSet;
use serde_json::{Value, json};

pub(crate) const RFC6749: &str = include_str!("rfc6749-examples.json");
pub(crate) const RFC9207: &str = include_str!("rfc9207-examples.json");
pub(crate) const PROCORE: &str = include_str!("procore-token-responses.json");

const NOW: u64 = 1_790_000_000;

/// One file.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vectors {
    pub(crate) source: String,
    redirects: Vec<Redirect>,
    answers: Vec<Answer>,
}

/// A redirect, and what comes of it: a code, an access token, or an error.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Redirect {
    section: String,
    flow: String,
    /// The issuer of a custom server; Procore's where there is none.
    issuer: Option<String>,
    location: String,
    state: String,
    code: Option<String>,
    access_token: Option<String>,
    error: Option<String>,
}

/// An answer of the token endpoint, and what comes of it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    section: String,
    status: u32,
    content_type: String,
    body: String,
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<u32>,
    error: Option<String>,
}

impl Vectors {
    /// Judges all, and counts them.
    pub(crate) fn judge(&self) -> usize {
        let implicit = self
            .redirects
            .iter()
            .filter(|redirect| redirect.flow == "implicit")
            .count();
        let is_built = cfg!(feature = "implicit");
        for redirect in self
            .redirects
            .iter()
            .filter(|redirect| is_built || redirect.flow != "implicit")
        {
            redirect.judge();
        }
        self.answers.iter().for_each(Answer::judge);
        self.redirects.len() + self.answers.len() - if is_built { 0 } else { implicit }
    }
}

impl Redirect {
    fn judge(&self) {
        match self.accepted() {
            Ok(found) => assert_eq!(
                found,
                (self.code.clone(), self.access_token.clone()),
                "section {}",
                self.section
            ),
            Err(error) => assert_eq!(
                Some(error.code().as_str()),
                self.error.as_deref(),
                "section {}",
                self.section
            ),
        }
    }

    /// The code or the token.
    fn accepted(&self) -> Result<(Option<String>, Option<String>), Error> {
        let mut options = json!({
            "credentials": { "production": { "clientId": "s6BhdRkqt3", "redirectUris": ["https://app.example/cb"] } },
        });
        if let Some(issuer) = &self.issuer {
            options["servers"]["production"] = json!({
                "customAuthorizationServer": true,
                "issuer": issuer,
                "authorizationEndpoint": format!("{issuer}/authorize"),
                "tokenEndpoint": format!("{issuer}/token"),
                "revocationEndpoint": format!("{issuer}/revoke"),
                "apiOrigin": "https://api.example",
            });
        }
        if self.flow == "implicit" {
            options["allowImplicit"] = "I accept that tokens in the URL can leak".into();
        }
        let config = Config::parse(&options.to_string(), None, parse_url)?;
        let client = Client::new(config.clone());
        let mut bytes = [7; 64];
        bytes[0] = 1;
        let sign_in = SignInOptions::parse(&json!({ "flow": self.flow }).to_string(), &config)?;
        let request = client.begin_sign_in(&sign_in, Entropy::new(bytes)?, NOW)?;
        let mut record: Value = serde_json::from_str(&request.pending.to_record()).expect("a record is JSON");
        record["state"] = self.state.as_str().into();
        let pending = PendingAuthorization::from_record(&record.to_string())?;
        let response = AuthorizationResponse::parse(&self.location, &config)?.expect("it is a response");
        match pending.accept(&response, &config, NOW)?.credential {
            Granted::Code(code, _) => Ok((Some(code.expose().to_owned()), None)),
            #[cfg(feature = "implicit")]
            Granted::Token(tokens) => Ok((None, Some(tokens.access_token.expose().to_owned()))),
            other => panic!("{other:?}"),
        }
    }
}

impl Answer {
    fn judge(&self) {
        let response = HttpResponse::new(self.status.into(), self.content_type.clone(), self.body.as_str().into());
        match TokenSet::parse(&response) {
            Ok(tokens) => {
                let refresh_token = tokens.refresh_token.as_ref().map(|token| token.expose());
                assert_eq!(
                    Some(tokens.access_token.expose()),
                    self.access_token.as_deref(),
                    "section {}",
                    self.section
                );
                assert_eq!(refresh_token, self.refresh_token.as_deref(), "section {}", self.section);
                assert_eq!(
                    Some(tokens.expires_in),
                    self.expires_in.map(u64::from),
                    "section {}",
                    self.section
                );
            }
            Err(error) => assert_eq!(
                Some(error.code().as_str()),
                self.error.as_deref(),
                "section {}",
                self.section
            ),
        }
    }
}

pub(crate) const HOSTILE_URLS: &str = include_str!("hostile-urls.json");

/// What browsers say of strings that parsers disagree about.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostileUrls {
    pub(crate) source: String,
    pub(crate) base: String,
    pub(crate) vectors: Vec<HostileUrl>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostileUrl {
    pub(crate) input: String,
    pub(crate) origin: Option<String>,
}
