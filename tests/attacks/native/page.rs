//! A page with its storage, as the browser edge drives the core.

use procore_spa_auth::error::Error;
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::{Authorization, Client, Exchange, Progress};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::pkce::Entropy;
use procore_spa_auth::protocol::time::Moment;
use serde_json::{Map, Value, json};

pub(crate) const APP: &str = "https://app.example/";
pub(crate) const REDIRECT_URI: &str = "https://app.example/cb";
pub(crate) const LOGIN: &str = "https://login.procore.com";
pub(crate) const API: &str = "https://api.procore.com";
pub(crate) const NOW: Moment = Moment::new(1_790_000_000, 1_000);
/// In every secret of a marked run: no error and no debug output may show it.
pub(crate) const MARK: &str = "Canary7";

/// A page with its storage, as the browser edge drives the core: what it sends is kept for the judgement.
pub(crate) struct Page {
    pub(crate) client: Client,
    pub(crate) now: Moment,
    /// State and record, as in `sessionStorage`.
    pub(crate) records: Vec<(String, String)>,
    /// Login URLs built.
    pub(crate) logins: Vec<String>,
    /// Bodies of requests to the token endpoint.
    pub(crate) bodies: Vec<String>,
    /// Every URL that a request went to.
    pub(crate) sent: Vec<String>,
    /// `Authorization` headers for the API, and its URLs.
    pub(crate) headers: Vec<String>,
    pub(crate) api_urls: Vec<String>,
    /// Where the user would go on to.
    pub(crate) targets: Vec<String>,
    pub(crate) errors: Vec<Error>,
    pub(crate) seed: u8,
}

impl Page {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            client: Client::new(config),
            now: NOW,
            records: Vec::new(),
            logins: Vec::new(),
            bodies: Vec::new(),
            sent: Vec::new(),
            headers: Vec::new(),
            api_urls: Vec::new(),
            targets: Vec::new(),
            errors: Vec::new(),
            seed: 0,
        }
    }

    pub(crate) fn word(&mut self, result: Result<&str, Error>) -> String {
        match result {
            Ok(word) => word.to_owned(),
            Err(error) => {
                let word = format!("err:{}", error.code().as_str());
                self.errors.push(error);
                word
            }
        }
    }

    /// A sign-in that is started: its record is kept, its URL would be navigated to.
    pub(crate) fn login(&mut self, options: &str) -> Result<Option<Error>, Error> {
        self.seed += 1;
        let mut bytes = [self.seed; 64];
        bytes[32..].fill(self.seed ^ 0x80);
        let options = SignInOptions::parse(options, self.client.config())?;
        let request = self
            .client
            .begin_sign_in(&options, Entropy::new(bytes)?, self.now.wall)?;
        let record = request.pending.to_record().to_string();
        self.records.push((request.pending.state().to_owned(), record));
        self.logins.push(request.url.to_string());
        Ok(request.warning)
    }

    /// A sign-in that was started on the page before: with a state and a verifier of the fixture's.
    pub(crate) fn pend(&mut self, state: &str, verifier: &str, options: &str, change: impl FnOnce(&mut Value)) {
        self.login(options).expect("the fixture can sign in");
        self.logins.clear();
        let (_, record) = self.records.pop().unwrap();
        let mut record: Value = serde_json::from_str(&record).unwrap();
        record["state"] = state.into();
        record["verifier"] = verifier.into();
        change(&mut record);
        self.records.push((state.to_owned(), record.to_string()));
    }

    pub(crate) fn begin(&mut self, url: &str) -> Result<Option<Exchange>, Error> {
        let Some(response) = AuthorizationResponse::parse(url, self.client.config())? else {
            return Ok(None);
        };
        let record = response.states().find_map(|state| {
            let index = self.records.iter().position(|(known, _)| known == state)?;
            Some(self.records.remove(index).1)
        });
        let Some(record) = record else {
            return response.unclaimed(!self.records.is_empty()).map_or(Ok(None), Err);
        };
        let pending = PendingAuthorization::from_record(&record)?;
        let grant = pending.accept(&response, self.client.config(), self.now.wall)?;
        let exchange = self.client.begin_redemption(grant);
        self.note(&exchange);
        Ok(Some(exchange))
    }

    pub(crate) fn note(&mut self, exchange: &Exchange) {
        assert!(!format!("{exchange:?}").contains(MARK), "debug output shows a secret");
        self.sent.push(exchange.request.url.clone());
        if exchange.request.url.ends_with("/oauth/token") {
            self.bodies
                .extend(exchange.request.body.as_ref().map(|body| body.expose().to_owned()));
        }
    }

    pub(crate) fn redeem(&mut self, url: &str, token_answer: HttpResponse) -> Result<&'static str, Error> {
        let Some(first) = self.begin(url)? else {
            return Ok("none");
        };
        self.finish(first, token_answer)
    }

    pub(crate) fn finish(&mut self, first: Exchange, token_answer: HttpResponse) -> Result<&'static str, Error> {
        let mut token_answer = Some(token_answer);
        let mut next = first;
        loop {
            let is_token = next.request.url.ends_with("/oauth/token");
            let answer = if is_token {
                token_answer.take().expect("one token request only")
            } else {
                own_audience()
            };
            match self.client.settle(next, HttpOutcome::Answer(answer), self.now)? {
                Progress::Send(exchange) => {
                    self.note(&exchange);
                    next = exchange;
                }
                Progress::SignedIn { return_to, warning } => {
                    self.targets.push(return_to.as_str().to_owned());
                    return warning.map_or(Ok("ok"), Err);
                }
                _ => return Ok("ok"),
            }
        }
    }

    pub(crate) fn deliver(&mut self, url: &str) -> String {
        let result = self.redeem(url, good_tokens());
        self.word(result)
    }

    pub(crate) fn call(&mut self, target: &str) -> Result<&'static str, Error> {
        let request = ApiRequest::new(target, None, self.client.config())?;
        if let Authorization::Header { value, .. } = self.client.authorize(&request, self.now)? {
            self.headers.push(value.expose().to_owned());
            self.api_urls.push(request.url().to_owned());
        }
        Ok("ok")
    }

    /// All that a log, a console or an error reporter could get hold of.
    pub(crate) fn shown(&self) -> String {
        let errors = self
            .errors
            .iter()
            .map(|error| format!("{error}\n{error:?}\n{}\n", error.message()));
        errors.chain([format!("{:?}", self.client)]).collect()
    }

    pub(crate) fn require_silence(&self) -> Result<(), String> {
        if self.shown().contains(MARK) {
            return Err(format!("a secret is shown: {}", self.shown()));
        }
        let mut descriptions = self
            .errors
            .iter()
            .filter_map(|error| error.oauth()?.description.as_deref());
        match descriptions.find(|text| text.len() > 256 || text.chars().any(|c| !matches!(c, ' '..='~'))) {
            Some(text) => Err(format!("a description of the server's making: {text:?}")),
            None => Ok(()),
        }
    }

    pub(crate) fn require_own_servers(&self) -> Result<(), String> {
        let api = self.api_urls.iter().find(|url| !url.starts_with(&format!("{API}/")));
        match api.or_else(|| self.sent.iter().find(|url| !url.starts_with(&format!("{LOGIN}/")))) {
            Some(url) => Err(format!("a request went to {url}")),
            None => Ok(()),
        }
    }

    /// Whatever happened, the next sign-in works.
    pub(crate) fn require_usable(&mut self) -> Result<(), String> {
        if self.client.begin_discovery().is_some() {
            return Ok(());
        }
        self.login(r#"{"flow":"code"}"#)
            .map_err(|error| format!("no more sign-in: {error}"))?;
        let state = self.records.last().unwrap().0.clone();
        let login = url::Url::parse(self.logins.last().unwrap()).unwrap();
        let is_fragment = login
            .query_pairs()
            .any(|pair| pair == ("response_mode".into(), "fragment".into()));
        let redirect_uri = self.client.config().redirect_uris()[0].as_str().to_owned();
        let mark = if is_fragment {
            '#'
        } else if redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        let mut response = format!("{redirect_uri}{mark}code=again&state={state}");
        if self.client.config().environment().is_iss_required {
            response.extend(["&iss=", self.client.config().environment().issuer.as_str()]);
        }
        self.targets.clear();
        match self.deliver(&response).as_str() {
            "ok" => {}
            other => return Err(format!("the next sign-in: {other}")),
        }
        let in_login = login
            .query_pairs()
            .find(|(name, _)| name == "redirect_uri")
            .map(|(_, value)| value.into_owned());
        let in_body = field(self.bodies.last().unwrap(), "redirect_uri");
        if in_login.as_deref() == Some(&redirect_uri) && in_body.as_deref() == Some(&redirect_uri) {
            Ok(())
        } else {
            Err(format!(
                "redirect_uri is not sent byte for byte: {in_login:?}, {in_body:?}"
            ))
        }
    }
}

/// A row's options in the SDK's own form: client ID and redirect URI belong to the production credentials.
pub(crate) fn options(row: Value) -> Value {
    let mut rest = match row {
        Value::Object(rest) => rest,
        _ => Map::new(),
    };
    let client_id = rest.remove("clientId").unwrap_or_else(|| "CID".into());
    let redirect_uri = rest.remove("redirectUri").unwrap_or_else(|| REDIRECT_URI.into());
    let credentials = json!({ "production": { "clientId": client_id, "redirectUris": [redirect_uri] } });
    rest.insert("credentials".to_owned(), credentials);
    rest.insert("environment".to_owned(), "production".into());
    Value::Object(rest)
}

pub(crate) fn configured(options: &Value, page: &str) -> Result<Config, Error> {
    Config::parse(&options.to_string(), Some(parse_url(page, None).unwrap()), parse_url)
}

pub(crate) fn good_tokens() -> HttpResponse {
    tokens_of("tokens")
}

pub(crate) fn tokens_of(name: &str) -> HttpResponse {
    let body = json!({
        "access_token": format!("{name}-access-{MARK}"),
        "refresh_token": format!("{name}-refresh-{MARK}"),
        "token_type": "bearer",
        "expires_in": 5400,
    });
    answer(200, "application/json", &body.to_string())
}

pub(crate) fn own_audience() -> HttpResponse {
    answer(
        200,
        "application/json",
        r#"{"application":{"uid":"CID"},"expires_in":5400}"#,
    )
}

pub(crate) fn answer(status: u64, content_type: &str, body: &str) -> HttpResponse {
    HttpResponse::new(status, content_type.to_owned(), body.into())
}

/// The decoded value of a form's field.
pub(crate) fn field(form: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
