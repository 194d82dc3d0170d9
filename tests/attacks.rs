//! Every hostile row of `tests/vectors/attacks.jsonl` that values alone can show, run against the protocol core.
//!
//! `ATTACKS=<file>` judges another file of the same form: situations are set up from a row's own words, never from its
//! id, and a row whose words mean nothing here fails. What needs a browser is skipped, and says so; the browser runner
//! takes it. Last line: `N passed, N failed, N skipped`.

#![expect(clippy::print_stdout, reason = "a test runner reports")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use procore_spa_auth::error::Error;
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::{Authorization, Client, Exchange, Progress, Renewal};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse, MAX_BODY};
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::pkce::Entropy;
use procore_spa_auth::protocol::session::Status;
use procore_spa_auth::protocol::time::Moment;
use serde_json::{Map, Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

const APP: &str = "https://app.example/";
const REDIRECT_URI: &str = "https://app.example/cb";
const LOGIN: &str = "https://login.procore.com";
const API: &str = "https://api.procore.com";
const NOW: Moment = Moment::new(1_790_000_000, 1_000);
/// In every secret of a marked run: no error and no debug output may show it.
const MARK: &str = "Canary7";
const RISK: &str = "I accept that tokens in the URL can leak";

fn main() -> ExitCode {
    let file = std::env::var("ATTACKS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/attacks.jsonl").to_owned());
    let text = std::fs::read_to_string(&file).expect("the file of attacks can be read");
    let (mut passed, mut failed, mut skipped, mut elsewhere) = (0, 0, 0, Vec::new());
    std::panic::set_hook(Box::new(|_| {}));
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: Row = match serde_json::from_str(line) {
            Ok(row) => row,
            Err(error) => {
                failed += 1;
                println!("FAIL ? native: expected a row, got {error}: {line}");
                continue;
            }
        };
        let judged = catch_unwind(AssertUnwindSafe(|| judge(&row))).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
            Verdict::Failed(format!("a panic: {}", said.unwrap_or("?")))
        });
        match judged {
            Verdict::Passed => passed += 1,
            Verdict::Failed(got) => {
                failed += 1;
                println!("FAIL {} native: expected {}, got {got}", row.id, row.expected);
            }
            Verdict::Skipped(why) => {
                skipped += 1;
                elsewhere.push((why, row.id));
            }
        }
    }
    elsewhere.sort();
    for group in elsewhere.chunk_by(|(a, _), (b, _)| a == b) {
        let ids: Vec<_> = group.iter().map(|(_, id)| id.as_str()).collect();
        println!("skipped natively ({}): {}", group[0].0, ids.join(" "));
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    ExitCode::from(u8::from(failed > 0 || passed == 0))
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    cat: String,
    #[serde(default)]
    setup: String,
    input: Value,
    expected: String,
    #[serde(default)]
    effects: String,
}

enum Verdict {
    Passed,
    Failed(String),
    Skipped(&'static str),
}

/// Why a row has no outcome here.
enum Elsewhere {
    Skip(&'static str),
    Unknown(String),
}

const BROWSER: Elsewhere = Elsewhere::Skip("browser");

fn judge(row: &Row) -> Verdict {
    if row.expected == "doc" {
        return Verdict::Skipped("a limit that the docs state");
    }
    // Once as written, once with every secret marked: the outcome is the same, and no mark is seen anywhere.
    for is_marked in [false, true] {
        let run = match (Situation { row, is_marked }).run() {
            Ok(run) => run,
            Err(Elsewhere::Skip(why)) => return Verdict::Skipped(why),
            Err(Elsewhere::Unknown(what)) => return Verdict::Failed(format!("unknown here: {what}")),
        };
        if let Err(got) = run.judge(row) {
            return Verdict::Failed(if is_marked {
                format!("{got} (secrets marked)")
            } else {
                got
            });
        }
    }
    Verdict::Passed
}

/// What became of a situation.
struct Run {
    /// `ok`, `none` or `err:…`, one for each thing done.
    outcomes: Vec<String>,
    page: Option<Page>,
    /// Checks of the situation's own that failed.
    broken: Vec<String>,
    took: std::time::Duration,
}

impl Run {
    fn judge(mut self, row: &Row) -> Result<(), String> {
        let got = self.outcomes.join(",");
        // After the first colon of `ok:…` stands a remark, which is checked as an effect.
        let word = |text: &str| {
            if text.starts_with("ok:") {
                "ok".to_owned()
            } else {
                text.to_owned()
            }
        };
        let is_expected = |expected: &str| expected.split(',').map(word).collect::<Vec<_>>().join(",") == got;
        if !row.expected.split('|').any(is_expected) {
            return Err(got);
        }
        let remark = row.expected.strip_prefix("ok:").unwrap_or_default();
        for effect in row.effects.split(';').chain([remark]).map(str::trim) {
            if !self.has(effect) {
                return Err(format!("{got}, but not: {effect}"));
            }
        }
        if let Some(page) = &mut self.page {
            page.require_silence()?;
            page.require_own_servers()?;
            page.require_usable()?;
        }
        match self.broken.pop() {
            Some(broken) => Err(format!("{got}, but {broken}")),
            None => Ok(()),
        }
    }

    /// Whether an effect came true. Words that say nothing checkable here count as true: the browser runner has them.
    fn has(&self, effect: &str) -> bool {
        if effect == "<50ms" {
            return self.took.as_millis() < 50;
        }
        let Some(page) = &self.page else {
            return !effect.starts_with("tok=") || effect == "tok=0";
        };
        let session = page.client.session(page.now);
        let lifetime = session.expires_at.map(|at| at - page.now.wall);
        let last_body = || page.bodies.last().cloned().unwrap_or_default();
        let starts = |start: &str| effect.starts_with(start);
        match effect {
            _ if starts("tok=") => effect[4..].parse() == Ok(page.bodies.len()),
            _ if starts("tx=kept") => !page.records.is_empty(),
            _ if starts("tx=consumed") || starts("tx consumed") || effect == "one_time" => page.records.is_empty(),
            "nav=0" => page.logins.is_empty(),
            "default" => page.targets.iter().all(|target| target == "/"),
            _ if starts("nav target stays same-origin") => {
                let base = url::Url::parse(APP).unwrap();
                let is_here = |target: &String| base.join(target).is_ok_and(|url| url.origin() == base.origin());
                !page.targets.is_empty() && page.targets.iter().all(is_here)
            }
            _ if starts("falls back to default") => {
                !page.logins.is_empty() && !page.targets.is_empty() && page.targets.iter().all(|target| target == "/")
            }
            _ if starts("code='") => field(&last_body(), "code").as_deref() == effect.split('\'').nth(1),
            "body_has_no_client_secret_param" => field(&last_body(), "client_secret").is_none(),
            "each_own_verifier" => {
                let verifiers: Vec<_> = page.bodies.iter().map(|body| field(body, "code_verifier")).collect();
                verifiers.iter().all(|verifier| {
                    verifier.is_some() && verifiers.iter().filter(|other| *other == verifier).count() == 1
                })
            }
            "token_not_stored" | "token ignored" => session.status == Status::SignedOut,
            "refresh_token_discarded" => session.status == Status::Fresh && !session.is_renewable,
            "floor" => lifetime == Some(5400),
            "treated expired at once" => session.status == Status::Expired && lifetime == Some(0),
            _ if effect.contains("<=24h") || effect.contains("no infinite") => {
                lifetime.is_some_and(|seconds| seconds <= 24 * 60 * 60)
            }
            _ if effect.contains("length<=256") => page.errors.iter().any(|error| {
                let description = error.oauth().and_then(|said| said.description.as_deref());
                description.is_some_and(|text| text.len() <= 256)
            }),
            _ if starts("error_uri dropped") => !page.shown().contains("javascript"),
            _ if starts("message says: app must be public") => {
                page.errors.iter().any(|error| error.message().contains("public"))
            }
            "retryable=false-without-new-tx" => page.errors.iter().all(|error| !error.code().is_retryable()),
            "no_fallback" | "no retry" => page.bodies.len() == 1,
            "metadata discarded" => page.client.begin_discovery().is_some(),
            "Authorization: Bearer sent" => page.headers.last().is_some_and(|value| value.starts_with("Bearer ")),
            "no header, no request" => page.headers.is_empty(),
            "origin unchanged" => page
                .api_urls
                .iter()
                .all(|url| url.starts_with("https://api.procore.com/")),
            _ => true,
        }
    }
}

/// A page with its storage, as the browser edge drives the core: what it sends is kept for the judgement.
struct Page {
    client: Client,
    now: Moment,
    /// State and record, as in `sessionStorage`.
    records: Vec<(String, String)>,
    /// Login URLs built.
    logins: Vec<String>,
    /// Bodies of requests to the token endpoint.
    bodies: Vec<String>,
    /// Every URL that a request went to.
    sent: Vec<String>,
    /// `Authorization` headers for the API, and its URLs.
    headers: Vec<String>,
    api_urls: Vec<String>,
    /// Where the user would go on to.
    targets: Vec<String>,
    errors: Vec<Error>,
    seed: u8,
}

impl Page {
    fn new(config: Config) -> Self {
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

    fn word(&mut self, result: Result<&str, Error>) -> String {
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
    fn login(&mut self, options: &str) -> Result<Option<Error>, Error> {
        self.seed += 1;
        let mut bytes = [self.seed; 64];
        bytes[32..].fill(self.seed ^ 0x80);
        let options = SignInOptions::parse(options, self.client.config())?;
        let request = self
            .client
            .begin_sign_in(&options, Entropy::new(bytes)?, self.now.wall)?;
        let record = request.pending.to_record().to_string();
        self.records.push((request.pending.state().to_owned(), record));
        self.logins.push(request.url);
        Ok(request.warning)
    }

    /// A sign-in that was started on the page before: with a state and a verifier of the fixture's.
    fn pend(&mut self, state: &str, verifier: &str, options: &str, change: impl FnOnce(&mut Value)) {
        self.login(options).expect("the fixture can sign in");
        self.logins.clear();
        let (_, record) = self.records.pop().unwrap();
        let mut record: Value = serde_json::from_str(&record).unwrap();
        record["state"] = state.into();
        record["verifier"] = verifier.into();
        change(&mut record);
        self.records.push((state.to_owned(), record.to_string()));
    }

    fn begin(&mut self, url: &str) -> Result<Option<Exchange>, Error> {
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

    fn note(&mut self, exchange: &Exchange) {
        assert!(!format!("{exchange:?}").contains(MARK), "debug output shows a secret");
        self.sent.push(exchange.request.url.clone());
        if exchange.request.url.ends_with("/oauth/token") {
            self.bodies
                .extend(exchange.request.body.as_ref().map(|body| body.expose().to_owned()));
        }
    }

    fn redeem(&mut self, url: &str, token_answer: HttpResponse) -> Result<&'static str, Error> {
        let Some(first) = self.begin(url)? else {
            return Ok("none");
        };
        self.finish(first, token_answer)
    }

    fn finish(&mut self, first: Exchange, token_answer: HttpResponse) -> Result<&'static str, Error> {
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

    fn deliver(&mut self, url: &str) -> String {
        let result = self.redeem(url, good_tokens());
        self.word(result)
    }

    fn call(&mut self, target: &str) -> Result<&'static str, Error> {
        let request = ApiRequest::new(target, None, self.client.config())?;
        if let Authorization::Header { value, .. } = self.client.authorize(&request, self.now)? {
            self.headers.push(value.expose().to_owned());
            self.api_urls.push(request.url().to_owned());
        }
        Ok("ok")
    }

    /// All that a log, a console or an error reporter could get hold of.
    fn shown(&self) -> String {
        let errors = self
            .errors
            .iter()
            .map(|error| format!("{error}\n{error:?}\n{}\n", error.message()));
        errors.chain([format!("{:?}", self.client)]).collect()
    }

    fn require_silence(&self) -> Result<(), String> {
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

    fn require_own_servers(&self) -> Result<(), String> {
        let api = self.api_urls.iter().find(|url| !url.starts_with(&format!("{API}/")));
        match api.or_else(|| self.sent.iter().find(|url| !url.starts_with(&format!("{LOGIN}/")))) {
            Some(url) => Err(format!("a request went to {url}")),
            None => Ok(()),
        }
    }

    /// Whatever happened, the next sign-in works.
    fn require_usable(&mut self) -> Result<(), String> {
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

/// A row, and whether its secrets are marked.
struct Situation<'a> {
    row: &'a Row,
    is_marked: bool,
}

impl Situation<'_> {
    fn run(&self) -> Result<Run, Elsewhere> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the core has no clock; the time it takes is measured here"
        )]
        let begun = std::time::Instant::now();
        let mut run = match self.row.cat.as_str() {
            "ctl" | "state" | "dup" | "chan" | "enc" | "xss" => self.redirect(),
            "iss" if self.row.setup == "discovery" => self.discovery(),
            "iss" => self.redirect(),
            "impl" => self.implicit(),
            "returnTo" => self.return_to(),
            "clientId" => Ok(self.construct(&options(json!({ "clientId": self.text()? })))),
            "redirectUri" => Ok(self.construct(&options(json!({ "redirectUri": self.text()? })))),
            "config" => self.config(),
            "authparams" => self.authorization_params(),
            "token" => self.token(),
            "api" => self.api(),
            "env" | "net" | "refresh" | "storage" | "message" | "browser" => Err(BROWSER),
            other => Err(Elsewhere::Unknown(format!("the category {other}"))),
        }?;
        run.took = begun.elapsed();
        Ok(run)
    }

    fn unknown<T>(&self, what: &str) -> Result<T, Elsewhere> {
        Err(Elsewhere::Unknown(format!(
            "{what}: {:?}, {}",
            self.row.setup, self.row.input
        )))
    }

    fn text(&self) -> Result<&str, Elsewhere> {
        self.row
            .input
            .as_str()
            .map_or_else(|| self.unknown("a text is wanted"), Ok)
    }

    /// Marks a value of the fixture: `S1` becomes `S1Canary7`.
    fn marked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.is_marked {
            for name in ["S1", "S2", "C1", "C2", "T1", "T2", "V1", "V2"] {
                text = text.replace(name, &format!("{name}{MARK}"));
            }
            for name in ["=T&", "=R&", "=J&"] {
                text = text.replace(name, &format!("{}{MARK}&", &name[..2]));
            }
        }
        text
    }

    /// The page that `setup` describes, with its pending sign-in.
    fn page(&self) -> Result<Page, Elsewhere> {
        let setup = self.row.setup.as_str();
        let mut rest = json!({});
        let mut sign_in = json!({ "flow": "code" });
        let mut age = 0;
        let mut is_pending = true;
        match setup {
            "pending" | "tx_consumed" | "two_tx" | "other_tab" => {}
            "no_tx" | "fresh" => is_pending = false,
            "implicit_on" => {
                rest["allowImplicit"] = RISK.into();
                sign_in["flow"] = "implicit".into();
            }
            "tx_age>ttl" => age = 601,
            _ if setup.starts_with("pending mode=") => {
                let mode = setup["pending mode=".len()..].split(' ').next().unwrap_or_default();
                rest["responseMode"] = mode.into();
            }
            _ if setup.starts_with("issuer") => {
                let named = setup
                    .strip_prefix("issuer=")
                    .and_then(|rest| rest.split([',', ' ']).next());
                let is_required = setup.contains("iss_supported=true");
                rest["servers"]["production"] = json!({
                    "issuer": named.unwrap_or(LOGIN),
                    "issParameter": if is_required { "required" } else { "optional" },
                });
            }
            _ => return self.unknown("the setup"),
        }
        let mut page =
            Page::new(configured(&options(rest), APP).map_err(|error| Elsewhere::Unknown(error.to_string()))?);
        if is_pending {
            let (state, verifier) = (self.marked("S1"), self.marked("V1"));
            page.pend(&state, &verifier, &sign_in.to_string(), |record| {
                record["created"] = (NOW.wall - age).into()
            });
        }
        Ok(page)
    }

    /// A URL that the user comes back on, and what is odd about how.
    fn redirect(&self) -> Result<Run, Elsewhere> {
        let text = self.text()?;
        if let Some(run) = self.told_redirect(text)? {
            return Ok(run);
        }
        let Some((url, how)) = text
            .starts_with("http")
            .then(|| text.split_once(' ').unwrap_or((text, "")))
        else {
            return self.unknown("the situation");
        };
        let (url, how) = match text.find("...(") {
            Some(_) => (expanded(text).map_or_else(|| self.unknown("the size"), Ok)?, ""),
            None => (self.marked(url), how),
        };
        let mut page = self.page()?;
        match how {
            "" | "passed to handleCallback()" => {}
            "(second time)" => {
                let first = page.deliver(&url);
                if first != "ok" {
                    return Err(Elsewhere::Unknown(format!("the first time: {first}")));
                }
                // The effects count what the second time does.
                page.bodies.clear();
                page.targets.clear();
            }
            _ if how.contains("delivered in tab B") && how.contains("created in tab A") => page.records.clear(),
            _ => return self.unknown("how the URL is delivered"),
        }
        if self.row.setup == "tx_consumed" && how.is_empty() {
            page.records.clear();
        }
        let outcome = page.deliver(&url);
        let mut broken = Vec::new();
        if self.row.effects.contains("new state+verifier") {
            page.login(r#"{"flow":"code"}"#).unwrap();
            page.login(r#"{"flow":"code"}"#).unwrap();
            let parts = |url: &String| {
                let parts = ["state", "code_challenge"].map(|name| field(url.split_once('?').unwrap().1, name));
                assert!(parts.iter().all(Option::is_some));
                parts
            };
            let (a, b) = (parts(&page.logins[0]), parts(&page.logins[1]));
            if a[0] == b[0] || a[1] == b[1] || page.deliver(&url) != "err:state_mismatch" {
                broken.push("an old state or verifier is used again".to_owned());
            }
        }
        Ok(Run::new([outcome], Some(page), broken))
    }

    /// Redirects that are told, not shown.
    fn told_redirect(&self, text: &str) -> Result<Option<Run>, Elsewhere> {
        let url = |state: &str, code: &str| self.marked(&format!("{REDIRECT_URI}?code={code}&state={state}"));
        if text.starts_with("two logins started S1,S2; callback for S1 then S2") {
            let mut page = self.page()?;
            page.pend(&self.marked("S2"), &self.marked("V2"), r#"{"flow":"code"}"#, |_| {});
            let outcomes = [page.deliver(&url("S1", "C1")), page.deliver(&url("S2", "C2"))];
            let sent: Vec<_> = page
                .bodies
                .iter()
                .filter_map(|body| field(body, "code_verifier"))
                .collect();
            let is_own = sent == [self.marked("V1"), self.marked("V2")];
            let broken = if is_own {
                Vec::new()
            } else {
                vec![format!("verifiers {}", sent.len())]
            };
            return Ok(Some(Run::new(outcomes, Some(page), broken)));
        }
        let stored_for = text
            .strip_prefix("tx stored for client_id ")
            .and_then(|rest| rest.split(',').next());
        if let Some(client_id) = stored_for.filter(|_| text.contains("SDK now configured with client_id")) {
            let mut page = self.page()?;
            let mut record: Value = serde_json::from_str(&page.records[0].1).unwrap();
            record["clientId"] = client_id.into();
            page.records[0].1 = record.to_string();
            let outcome = page.deliver(&url("S1", "C1"));
            return Ok(Some(Run::new([outcome], Some(page), Vec::new())));
        }
        if text.starts_with("start at sandbox AS, setEnvironment(production)") {
            let mut page = self.page()?;
            let mut record: Value = serde_json::from_str(&page.records[0].1).unwrap();
            record["environment"] = "sandbox".into();
            page.records[0].1 = record.to_string();
            let outcome = page.deliver(&url("S1", "C1"));
            return Ok(Some(Run::new([outcome], Some(page), Vec::new())));
        }
        Ok(None)
    }

    fn discovery(&self) -> Result<Run, Elsewhere> {
        let mut metadata = json!({
            "issuer": LOGIN,
            "authorization_endpoint": "https://login.procore.com/oauth/authorize",
            "token_endpoint": "https://login.procore.com/oauth/token",
            "revocation_endpoint": "https://login.procore.com/oauth/revoke",
        });
        let Some(change) = self.text()?.strip_prefix("metadata.") else {
            return self.unknown("the metadata");
        };
        if let Some((key, value)) = change
            .split_once('=')
            .filter(|(key, _)| !key.ends_with('!') && !key.contains(' '))
        {
            metadata[key] = value.into();
        } else if change.starts_with("issuer != configured issuer") {
            metadata["issuer"] = "https://evil.example".into();
        } else if let Some((key, _)) = change.split_once(" on other origin than issuer") {
            metadata[key] = "https://evil.example/oauth/token".into();
        } else {
            return self.unknown("the metadata");
        }
        let server = json!({ "customAuthorizationServer": true, "discover": true, "issuer": LOGIN, "apiOrigin": API });
        let config = configured(&options(json!({ "servers": { "production": server } })), APP).expect("discovery");
        let mut page = Page::new(config);
        let exchange = page.client.begin_discovery().expect("there is something to discover");
        page.note(&exchange);
        let answer = answer(200, "application/json", &metadata.to_string());
        let result = page
            .client
            .settle(exchange, HttpOutcome::Answer(answer), NOW)
            .map(|_| "ok");
        let outcome = page.word(result);
        Ok(Run::new([outcome], Some(page), Vec::new()))
    }

    fn implicit(&self) -> Result<Run, Elsewhere> {
        let text = self.text()?;
        if let Some(flow) = text
            .strip_prefix("login({flow:'")
            .and_then(|rest| rest.split('\'').next())
        {
            let mut page = self.page()?;
            let result = page.login(&json!({ "flow": flow }).to_string()).map(|_| "ok");
            let outcome = page.word(result);
            return Ok(Run::new([outcome], Some(page), Vec::new()));
        }
        if text.starts_with("code flow fails with invalid_client") {
            let mut page = self.page()?;
            page.pend(&self.marked("S1"), &self.marked("V1"), "{}", |_| {});
            let refusal = answer(401, "application/json", r#"{"error":"invalid_client"}"#);
            let result = page.redeem(&self.marked(&format!("{REDIRECT_URI}?code=C1&state=S1")), refusal);
            let outcome = page.word(result);
            return Ok(Run::new([outcome], Some(page), Vec::new()));
        }
        if cfg!(feature = "implicit") {
            self.redirect()
        } else {
            Err(Elsewhere::Skip("built without the implicit flow"))
        }
    }

    fn return_to(&self) -> Result<Run, Elsewhere> {
        let text = self.text()?;
        let tampered = text.strip_prefix("returnTo tampered in sessionStorage to ");
        if let Some(target) = tampered.and_then(|rest| rest.split(' ').next()) {
            let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
            page.pend("S1", "V1", r#"{"returnTo":"/ok"}"#, |record| {
                record["returnTo"] = target.into()
            });
            let outcome = page.deliver(&format!("{REDIRECT_URI}?code=C1&state=S1"));
            let is_default = page.targets == ["/"];
            let broken = if is_default {
                Vec::new()
            } else {
                vec![format!("it leads to {:?}", page.targets)]
            };
            return Ok(Run::new([outcome], Some(page), broken));
        }
        let target = match text
            .strip_prefix("unparsable '")
            .and_then(|rest| rest.split('\'').next())
        {
            Some(quoted) => quoted,
            None if self.row.setup == "login({returnTo})" => text,
            None => return self.unknown("the target"),
        };
        let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
        let at_login = page
            .login(&json!({ "returnTo": target }).to_string())
            .and_then(|warning| warning.map_or(Ok("ok"), Err));
        let outcome = page.word(at_login);
        let state = page.records[0].0.clone();
        let back = page.deliver(&format!("{REDIRECT_URI}?code=C1&state={state}"));
        let is_signed_in = back == "ok";
        let broken = if is_signed_in {
            Vec::new()
        } else {
            vec![format!("the sign-in ended with {back}")]
        };
        Ok(Run::new([outcome], Some(page), broken))
    }

    fn construct(&self, options: &Value) -> Run {
        // A page under development is on the localhost that its redirect URI names; any other is the app's.
        let redirect_uri = &options["credentials"]["production"]["redirectUris"][0];
        let local = redirect_uri.as_str().and_then(|uri| url::Url::parse(uri).ok());
        let local = local.filter(|uri| uri.scheme() == "http" && uri.host_str() == Some("localhost"));
        let page = local.map_or_else(|| APP.to_owned(), |uri| uri.origin().ascii_serialization());
        match configured(options, &page) {
            Ok(config) => Run::new(["ok".to_owned()], Some(Page::new(config)), Vec::new()),
            Err(error) => {
                // A page of its own, for what the error shows and for the next construction.
                let mut page = Page::new(configured(&self::options(json!({})), APP).unwrap());
                let outcome = page.word(Err(error));
                Run::new([outcome], Some(page), Vec::new())
            }
        }
    }

    fn config(&self) -> Result<Run, Elsewhere> {
        if let Value::Object(input) = &self.row.input {
            let mut input = Value::Object(input.clone());
            if self.is_marked {
                mark(&mut input, None);
            }
            return Ok(self.construct(&options(input)));
        }
        let text = self.text()?;
        // What JavaScript objects do before they are text: the facade's part.
        let is_of_objects = ["Object.prototype.", "with getter", "Proxy ", "mutated after construct"];
        if is_of_objects.iter().any(|words| text.contains(words)) {
            Err(BROWSER)
        } else {
            self.unknown("the options")
        }
    }

    fn authorization_params(&self) -> Result<Run, Elsewhere> {
        let Value::Object(input) = &self.row.input else {
            return self.unknown("the parameters");
        };
        if let Some(extra) = input.get("extraAuthParams") {
            let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
            let result = page.login(&json!({ "extraParams": extra }).to_string()).map(|_| "ok");
            let outcome = page.word(result);
            return Ok(Run::new([outcome], Some(page), Vec::new()));
        }
        let Some(endpoint) = input.get("authorizationEndpoint").and_then(Value::as_str) else {
            return self.unknown("the parameters");
        };
        let is_custom = input.get("customAS") == Some(&Value::Bool(true));
        let with = |is_custom: bool| {
            let mut server = json!({ "authorizationEndpoint": endpoint });
            if is_custom {
                let there = |path| url::Url::parse(endpoint).unwrap().join(path).unwrap().to_string();
                server["customAuthorizationServer"] = true.into();
                server["tokenEndpoint"] = there("/oauth/token").into();
                server["revocationEndpoint"] = there("/oauth/revoke").into();
                server["apiOrigin"] = API.into();
            }
            options(json!({ "servers": { "production": server } }))
        };
        let mut run = self.construct(&with(is_custom));
        if self.row.effects.contains("unless customAS:true") && configured(&with(true), APP).is_err() {
            run.broken.push("customAS:true does not help".to_owned());
        }
        Ok(run)
    }

    fn token(&self) -> Result<Run, Elsewhere> {
        let Value::Object(input) = &self.row.input else {
            return self.unknown("the answer");
        };
        let body = input.get("body").and_then(Value::as_str);
        let (Some(body), Some(status)) = (body, input.get("status").and_then(Value::as_u64)) else {
            return self.unknown("the answer");
        };
        let content_type = input.get("content_type").and_then(Value::as_str).unwrap_or_default();
        let mut body = expanded(body).map_or_else(|| self.unknown("the size"), Ok)?;
        if self.is_marked {
            for (plain, member) in [
                ("\"T", "access_token"),
                ("\"R\"", "refresh_token"),
                ("\"leak", "client_secret"),
            ] {
                let at = format!("\"{member}\":{plain}");
                body = body.replacen(&at, &format!("\"{member}\":\"{MARK}{}", &plain[1..]), 1);
            }
        }
        // One scope is asked for, so that an answer with more is one with more.
        let exchange = |scope: Option<&str>, body: &str| {
            let rest = scope.map_or_else(|| json!({}), |scope| json!({ "scope": scope }));
            let mut page = Page::new(configured(&options(rest), APP).unwrap());
            page.pend(&self.marked("S1"), &self.marked("V1"), "{}", |_| {});
            // As the sender reads it: one byte more than the limit tells that there was more.
            let read = body.get(..MAX_BODY + 1).unwrap_or(body);
            let answer = answer(status, content_type, read);
            let result = page.redeem(&self.marked(&format!("{REDIRECT_URI}?code=C1&state=S1")), answer);
            let outcome = page.word(result);
            (outcome, page)
        };
        let (outcome, page) = exchange(Some("read"), &body);
        let mut broken = Vec::new();
        if page.bodies.len() != 1 || !page.records.is_empty() {
            broken.push(format!(
                "{} token requests, {} records",
                page.bodies.len(),
                page.records.len()
            ));
        }
        if outcome != "ok" && page.client.session(NOW).status != Status::SignedOut {
            broken.push("a token was kept".to_owned());
        }
        if self.row.effects.starts_with("only if scope requested") && exchange(None, &body).0 != "ok" {
            broken.push("it is refused where no scope was requested, too".to_owned());
        }
        if let Some(list) = self.row.effects.strip_suffix(" rejected") {
            for other in list.split('\'').skip(1).step_by(2) {
                let changed = body.replacen("\"5400\"", &Value::from(other).to_string(), 1);
                let got = exchange(Some("read"), &changed).0;
                if changed == body || got != "err:token_bad_expires_in" {
                    broken.push(format!("{other:?} gave {got}"));
                }
            }
        }
        Ok(Run::new([outcome], Some(page), broken))
    }

    fn api(&self) -> Result<Run, Elsewhere> {
        let mut page = signed_in("tokens")?;
        let outcome = match &self.row.input {
            Value::Object(input) => {
                let Some(target) = input.get("fetch").and_then(Value::as_str) else {
                    return self.unknown("the call");
                };
                page.call(target)
            }
            Value::String(text) => {
                let header = text.strip_prefix("caller passes headers.");
                if let Some(target) = text.strip_prefix("fetch('").and_then(|rest| rest.split('\'').next()) {
                    page.call(target)
                } else if let Some(name) = header {
                    ApiRequest::refuse_header(name).map(|()| "ok")
                } else if let Some(query) = text.strip_prefix("url?").and_then(|rest| rest.split("...").next()) {
                    page.call(&format!("{API}/rest/v1.0/me?{query}{MARK}"))
                } else if text.starts_with("error object of failed call") {
                    return failed_calls();
                } else if text.starts_with("two users alternate login in same tab; late response of user 1") {
                    return two_users();
                } else if ["api 302 ->", "request with credentials:", "new Request("]
                    .iter()
                    .any(|start| text.starts_with(start))
                {
                    // What fetch does with redirects, cookies and objects.
                    return Err(BROWSER);
                } else {
                    return self.unknown("the call");
                }
            }
            _ => return self.unknown("the call"),
        };
        let outcome = page.word(outcome);
        Ok(Run::new([outcome], Some(page), Vec::new()))
    }
}

impl Run {
    fn new(outcomes: impl IntoIterator<Item = String>, page: Option<Page>, broken: Vec<String>) -> Self {
        Self {
            outcomes: outcomes.into_iter().collect(),
            page,
            broken,
            took: std::time::Duration::ZERO,
        }
    }
}

/// A page that was signed in with tokens of that name.
fn signed_in(tokens: &str) -> Result<Page, Elsewhere> {
    let mut page = Page::new(configured(&options(json!({})), APP).unwrap());
    let exchange = begun(&mut page, "S1", "V1");
    let result = page.finish(exchange, tokens_of(tokens));
    match page.word(result).as_str() {
        "ok" => {
            page.bodies.clear();
            page.targets.clear();
            Ok(page)
        }
        other => Err(Elsewhere::Unknown(format!("the fixture's sign-in: {other}"))),
    }
}

fn begun(page: &mut Page, state: &str, verifier: &str) -> Exchange {
    page.pend(state, verifier, "{}", |_| {});
    page.begin(&format!("{REDIRECT_URI}?code={MARK}&state={state}"))
        .unwrap()
        .unwrap()
}

/// Every way to fail with a token at hand: none shows it.
fn failed_calls() -> Result<Run, Elsewhere> {
    let mut page = signed_in("tokens")?;
    let mut words = Vec::new();
    for target in [
        "https://evil.example/",
        "https://[",
        &format!("/x?access_token={MARK}"),
        &format!("/x?client_secret={MARK}"),
    ] {
        let result = page.call(target);
        words.push(page.word(result));
    }
    for (status, body) in [
        (400, r#"{"error":"invalid_grant"}"#),
        (500, MARK),
        (200, MARK),
        (401, ""),
    ] {
        let mut page_of_one = signed_in("tokens")?;
        let Ok(Renewal::Send(exchange)) = page_of_one.client.begin_refresh() else {
            return Err(Elsewhere::Unknown("no refresh begun".to_owned()));
        };
        let result = page_of_one.finish(exchange, answer(status, "application/json", body));
        words.push(page_of_one.word(result));
        page.errors.append(&mut page_of_one.errors);
    }
    let is_each_an_error = words.iter().all(|word| word.starts_with("err:"));
    let broken = if is_each_an_error {
        Vec::new()
    } else {
        vec![format!("not all failed: {words:?}")]
    };
    Ok(Run::new(["ok".to_owned()], Some(page), broken))
}

/// User 1's exchange is under way when the tab changes hands: user 2's tokens stay user 2's.
fn two_users() -> Result<Run, Elsewhere> {
    let mut broken = Vec::new();
    let user_of = |page: &mut Page| {
        page.headers.clear();
        page.call("/rest/v1.0/me").ok();
        page.headers.pop().unwrap_or_default()
    };
    // A refresh of user 1, and a code of user 1; each with a sign-out between.
    for is_refresh in [true, false] {
        let mut page = if is_refresh {
            signed_in("user1")?
        } else {
            Page::new(configured(&options(json!({})), APP).unwrap())
        };
        let late = match is_refresh {
            true => match page.client.begin_refresh() {
                Ok(Renewal::Send(exchange)) => exchange,
                other => return Err(Elsewhere::Unknown(format!("{other:?}"))),
            },
            false => begun(&mut page, "S1", "V1"),
        };
        page.client.begin_sign_out();
        let second = begun(&mut page, "S2", "V2");
        let result = page.finish(second, tokens_of("user2"));
        let second = page.word(result);
        page.sent.clear();
        let settled = page.finish(late, tokens_of("late"));
        let late = page.word(settled);
        let is_revoked = page.sent.iter().filter(|url| url.ends_with("/oauth/revoke")).count() == 2;
        let user = user_of(&mut page);
        if second != "ok" || late != "err:session_ended" || !is_revoked || !user.contains("user2") {
            broken.push(format!(
                "refresh {is_refresh}: {second}, late: {late}, revoked: {is_revoked}"
            ));
        }
    }
    Ok(Run::new(["ok".to_owned()], Some(signed_in("tokens")?), broken))
}

/// A row's options in the SDK's own form: client ID and redirect URI belong to the production credentials.
fn options(row: Value) -> Value {
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

fn configured(options: &Value, page: &str) -> Result<Config, Error> {
    Config::parse(&options.to_string(), Some(parse_url(page, None).unwrap()), parse_url)
}

/// Adds the mark to every value that may be a secret.
fn mark(value: &mut Value, key: Option<&str>) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(key, value)| mark(value, Some(key))),
        Value::String(text) if !matches!(key, Some("clientId" | "redirectUri")) && !text.is_empty() => {
            text.push_str(MARK)
        }
        _ => {}
    }
}

fn good_tokens() -> HttpResponse {
    tokens_of("tokens")
}

fn tokens_of(name: &str) -> HttpResponse {
    let body = json!({
        "access_token": format!("{name}-access-{MARK}"),
        "refresh_token": format!("{name}-refresh-{MARK}"),
        "token_type": "bearer",
        "expires_in": 5400,
    });
    answer(200, "application/json", &body.to_string())
}

fn own_audience() -> HttpResponse {
    answer(
        200,
        "application/json",
        r#"{"application":{"uid":"CID"},"expires_in":5400}"#,
    )
}

fn answer(status: u64, content_type: &str, body: &str) -> HttpResponse {
    HttpResponse::new(status, content_type.to_owned(), body.into())
}

/// The decoded value of a form's field.
fn field(form: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Sizes that a row only names: `A...(1 MiB)`, `&a=1&...(100k pairs)`, `<10 MiB>`, `[... 100k deep`. `None`: not understood.
fn expanded(text: &str) -> Option<String> {
    let number = |text: &str| text.replace('k', "000").parse::<usize>().ok();
    if let Some((before, after)) = text.split_once("...(") {
        let (size, after) = after.split_once(')')?;
        let many = match size.split_once(' ')? {
            (count, "MiB") => before.chars().last()?.to_string().repeat(number(count)? << 20),
            (count, "pairs") => {
                format!("{}&", before.trim_end_matches('&').rsplit(['&', '?']).next()?).repeat(number(count)?)
            }
            _ => return None,
        };
        return Some([before, &many, after].concat());
    }
    if let Some((before, rest)) = text.split_once("... ")
        && let Some(count) = rest.strip_suffix(" deep")
    {
        return Some(before.chars().next()?.to_string().repeat(number(count)?));
    }
    if let Some((before, after)) = text.split_once('<')
        && let Some((size, after)) = after.split_once(" MiB>")
    {
        return Some([before, &"A".repeat(number(size)? << 20), after].concat());
    }
    Some(text.to_owned())
}
