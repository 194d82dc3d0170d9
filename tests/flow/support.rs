//! What every scenario starts with: configurations, records, clocks and answers.

use procore_spa_auth::error::{Code, Error};
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::ApiRequest;
use procore_spa_auth::protocol::api_response::{ApiAnswer, ApiResponse};
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::{Authorization, Client, Exchange, Progress, Renewal};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::pkce::Entropy;
use procore_spa_auth::protocol::time::Moment;

pub(crate) const OPTIONS: &str =
    r#"{"credentials":{"production":{"clientId":"CID","redirectUris":["https://app.example/cb?tenant=a%20b"]}}}"#;
pub(crate) const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(crate) const TOKENS: &str =
    r#"{"access_token":"AT1","token_type":"bearer","expires_in":5400,"refresh_token":"RT1","created_at":1484786897}"#;
pub(crate) const TOKENS_2: &str =
    r#"{"access_token":"AT2","token_type":"bearer","expires_in":5400,"refresh_token":"RT2"}"#;
pub(crate) const TOKEN_URL: &str = "https://login.procore.com/oauth/token";
pub(crate) const REVOKE_URL: &str = "https://login.procore.com/oauth/revoke";
pub(crate) const INFO_URL: &str = "https://login.procore.com/oauth/token/info";
pub(crate) const REFRESH_1: &str = "grant_type=refresh_token&refresh_token=RT1&client_id=CID";

/// Seconds after the start, by both clocks.
pub(crate) const fn at(seconds: u64) -> Moment {
    Moment::new(1_790_000_000 + seconds, 100 + seconds)
}

/// The octets of [`STATE`], and those of RFC 7636 appendix B.
pub(crate) fn entropy() -> Entropy {
    let verifier = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
        240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let mut bytes = [0; 64];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = verifier
            .get(index.wrapping_sub(32))
            .copied()
            .unwrap_or_else(|| u8::try_from(index).unwrap());
    }
    Entropy::new(bytes).unwrap()
}

pub(crate) fn client() -> Client {
    client_of(OPTIONS)
}

pub(crate) fn client_of(options: &str) -> Client {
    Client::new(Config::parse(options, parse_url("https://app.example/", None), parse_url).unwrap())
}

pub(crate) fn record(client: &Client) -> String {
    let options = SignInOptions::parse(r#"{"flow":"code"}"#, client.config()).unwrap();
    client
        .begin_sign_in(&options, entropy(), at(0).wall)
        .unwrap()
        .pending
        .to_record()
        .to_string()
}

/// The response of a sign-in begun for it.
pub(crate) fn redeem_new(client: &mut Client, response: &str, now: Moment) -> Result<Exchange, Error> {
    let record = record(client);
    redeem(client, &record, response, now)
}

/// The response of the pending sign-in, with [`STATE`] added.
pub(crate) fn redeem(client: &mut Client, record: &str, response: &str, now: Moment) -> Result<Exchange, Error> {
    let mark = if response.starts_with('#') { "" } else { "&" };
    let url = format!("https://app.example/cb?tenant=a%20b{mark}{response}&state={STATE}");
    let response = AuthorizationResponse::parse(&url, client.config())?.unwrap();
    let grant = PendingAuthorization::from_record(record)?.accept(&response, client.config(), now.wall)?;
    Ok(client.begin_redemption(grant))
}

pub(crate) fn signed_in(tokens: &str) -> Client {
    let mut client = client();
    sign_in(&mut client, tokens);
    client
}

pub(crate) fn sign_in(client: &mut Client, tokens: &str) {
    let exchange = redeem(client, &record(client), "code=C1", at(0)).unwrap();
    assert!(matches!(
        client.settle(exchange, json(200, tokens), at(0)),
        Ok(Progress::SignedIn { .. })
    ));
    client.take_event();
}

pub(crate) fn renewal(client: &mut Client) -> Exchange {
    match client.begin_refresh() {
        Ok(Renewal::Send(exchange)) => exchange,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn json(status: u64, body: &str) -> HttpOutcome {
    let content_type = "application/json; charset=utf-8".to_owned();
    HttpOutcome::Answer(HttpResponse::new(status, content_type, body.into()))
}

pub(crate) fn call(client: &mut Client, now: Moment) -> Result<Authorization, Error> {
    let request = ApiRequest::new("/rest/v1.0/me", None, client.config()).unwrap();
    client.authorize(&request, now)
}

/// The header for a request to the API; `None`: renew first.
pub(crate) fn header(client: &mut Client, now: Moment) -> Option<String> {
    match call(client, now).unwrap() {
        Authorization::Header { value, .. } => Some(value.expose().to_owned()),
        _ => None,
    }
}

pub(crate) fn generation(client: &mut Client, now: Moment) -> u64 {
    match call(client, now).unwrap() {
        Authorization::Header { generation, .. } => generation,
        other => panic!("{other:?}"),
    }
}

/// What a first answer with that status is worth.
pub(crate) fn judge(client: &mut Client, status: u64, generation: u64, now: Moment) -> ApiAnswer {
    client.judge(&ApiResponse::new(status), generation, now)
}

pub(crate) fn assert_post(exchange: &Exchange, url: &str, body: &str) {
    assert_eq!(exchange.request.url, url);
    assert_eq!(exchange.request.body.as_ref().unwrap().expose(), body);
    assert!(
        exchange.request.authorization.is_none(),
        "a public client has no Authorization header"
    );
    assert!(!exchange.request.is_same_origin, "no cookies");
}

/// The first use of a token: a question about it.
pub(crate) fn assert_use(exchange: &Exchange, token: &str) {
    assert_eq!(exchange.request.url, INFO_URL);
    assert!(exchange.request.body.is_none() && !exchange.request.is_same_origin);
    let authorization = exchange.request.authorization.as_ref().unwrap();
    assert_eq!(authorization.expose(), format!("Bearer {token}"));
}

pub(crate) fn assert_refused(result: &Result<Progress, Error>, code: Code) {
    match result {
        Err(error) => assert_eq!(error.code(), code),
        Ok(progress) => panic!("{progress:?}"),
    }
}
