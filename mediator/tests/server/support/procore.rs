//! Plays Procore's login server: single-use refresh tokens, and every way to answer badly.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

pub type Fields = BTreeMap<String, String>;

/// What is done with a request once it is received and counted.
#[derive(Clone, Debug)]
pub enum Say {
    /// As documented.
    Grant,
    /// The same after [`Procore::let_go`].
    GrantLate,
    GrantWithoutRefreshToken,
    /// [`FIREWALL`], after [`Procore::let_go`].
    FirewallLate,
    /// An access token that is over in so many seconds.
    GrantFor(u64),
    /// Tokens of so many characters.
    GrantLong(usize),
    /// Takes it, and closes the connection.
    Drop,
    /// Tokens, and in every other member what was sent.
    Echo,
    Answer {
        status: u16,
        content_type: &'static str,
        headers: &'static str,
        body: &'static str,
    },
}

pub const FIREWALL: Say = Say::Answer {
    status: 403,
    content_type: "text/html",
    headers: "",
    body: "<h1>Forbidden</h1>",
};
pub const FAULT: Say = Say::Answer {
    status: 503,
    content_type: "text/html",
    headers: "",
    body: "",
};
pub const INVALID_GRANT: Say = Say::Answer {
    status: 400,
    content_type: "application/json",
    headers: "",
    body: r#"{"error":"invalid_grant","error_description":"words of Procore"}"#,
};

#[derive(Clone)]
pub struct Procore {
    pub origin: String,
    state: Arc<Mutex<State>>,
    gate: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    tokens: VecDeque<Say>,
    revocations: VecDeque<Say>,
    requests: Vec<(String, Fields)>,
    issued: Vec<String>,
    /// One renewal in so many is answered by nobody.
    lost_one_in: Option<u64>,
    renewals: u64,
    /// Whose a token is: the code that its sign-in had.
    owners: HashMap<String, String>,
}

impl Procore {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let procore = Self {
            origin,
            state: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        };
        let own = procore.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.serve(stream).await });
            }
        });
        procore
    }

    /// The same behind TLS, as `https://localhost`. Also the certificate of whoever has signed its own, in PEM.
    pub async fn start_with_tls() -> (Self, String) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
        let tls = rustls::ServerConfig::builder().with_no_client_auth();
        let tls = tls
            .with_single_cert(vec![signed.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let procore = Self {
            origin,
            state: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        };
        let own = procore.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (own, acceptor) = (own.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(mut stream) = acceptor.accept(stream).await {
                        own.serve(&mut stream).await;
                        let _ = stream.shutdown().await;
                    }
                });
            }
        });
        (procore, signed.cert.pem())
    }

    /// How the next token requests are answered; then as documented again.
    pub fn next(&self, says: &[Say]) {
        self.state().tokens.extend(says.iter().cloned());
    }

    pub fn next_revocations(&self, says: &[Say]) {
        self.state().revocations.extend(says.iter().cloned());
    }

    #[cfg(feature = "load")]
    pub fn lose_one_in(&self, number: u64) {
        self.state().lost_one_in = Some(number);
    }

    pub fn let_go(&self) {
        self.gate.add_permits(1);
    }

    pub fn requests_to(&self, path: &str) -> Vec<Fields> {
        let state = self.state();
        state
            .requests
            .iter()
            .filter(|(at, _)| at == path)
            .map(|(_, fields)| fields.clone())
            .collect()
    }

    /// The refresh tokens that were sent to be renewed, in their order.
    pub fn renewals(&self) -> Vec<String> {
        let all = self.requests_to("/oauth/token").into_iter();
        all.filter_map(|mut fields| fields.remove("refresh_token")).collect()
    }

    /// The tokens that were sent to be revoked, sorted.
    pub fn revoked(&self) -> Vec<String> {
        let all = self.requests_to("/oauth/revoke").into_iter();
        let mut tokens: Vec<_> = all.map(|mut fields| fields.remove("token").unwrap()).collect();
        tokens.sort();
        tokens
    }

    /// Every token that was ever given out.
    pub fn issued(&self) -> Vec<String> {
        self.state().issued.clone()
    }

    /// The code of the sign-in that a token came of.
    pub fn owner_of(&self, token: &str) -> Option<String> {
        self.state().owners.get(token).cloned()
    }

    fn owner(&self, fields: &Fields) -> String {
        let of_refresh_token = || self.owner_of(fields.get("refresh_token")?);
        fields
            .get("code")
            .cloned()
            .or_else(of_refresh_token)
            .unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Some((path, fields)) = read(&mut stream).await else {
            return;
        };
        let say = {
            let mut state = self.state();
            state.requests.push((path.clone(), fields.clone()));
            state.renewals += u64::from(fields.contains_key("refresh_token"));
            let count = state.renewals;
            let is_lost = |number| fields.contains_key("refresh_token") && count.is_multiple_of(number);
            let lost = state.lost_one_in.filter(|number| is_lost(*number)).map(|_| Say::Drop);
            let queue = if path == "/oauth/token" {
                &mut state.tokens
            } else {
                &mut state.revocations
            };
            queue.pop_front().or(lost).unwrap_or(Say::Grant)
        };
        let json = |body: String| ("200 OK", "application/json", "", body);
        let owner = self.owner(&fields);
        let say = match say {
            Say::FirewallLate => {
                self.gate.acquire().await.unwrap().forget();
                FIREWALL
            }
            other => other,
        };
        let (status, content_type, headers, body) = match say {
            Say::Drop | Say::FirewallLate => return,
            Say::Answer {
                status,
                content_type,
                headers,
                body,
            } => {
                let status: &'static str = Box::leak(format!("{status} Said").into_boxed_str());
                (status, content_type, headers, body.to_owned())
            }
            _ if path == "/oauth/revoke" => json("{}".into()),
            Say::GrantLate => {
                self.gate.acquire().await.unwrap().forget();
                json(self.grant(5400, true, 8, &owner, None))
            }
            Say::Grant => json(self.grant(5400, true, 8, &owner, None)),
            Say::GrantFor(seconds) => json(self.grant(seconds, true, 8, &owner, None)),
            Say::GrantLong(length) => json(self.grant(5400, true, length, &owner, None)),
            Say::GrantWithoutRefreshToken => json(self.grant(5400, false, 8, &owner, None)),
            Say::Echo => json(self.grant(5400, true, 8, &owner, Some(&fields))),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn grant(&self, expires_in: u64, has_refresh: bool, length: usize, owner: &str, echo: Option<&Fields>) -> String {
        let mut state = self.state();
        let number = state.issued.len();
        let access = format!("A{number:0>length$}");
        let mut body = serde_json::json!({
            "access_token": access, "token_type": "bearer", "expires_in": expires_in, "created_at": 1_800_000_000_u64,
            "scope": "read write", "refresh_token": format!("R{number:0>length$}"), "unknown_member": "words of Procore",
        });
        if !has_refresh {
            body.as_object_mut().unwrap().remove("refresh_token");
        }
        if let Some(fields) = echo {
            let all = serde_json::to_string(fields).unwrap();
            let scope = fields.values().cloned().collect::<Vec<_>>().join(" ");
            body["echo"] = all.clone().into();
            body["error_description"] = all.into();
            body["scope"] = scope.into();
        }
        let refresh = body["refresh_token"].as_str().map(str::to_owned);
        for token in refresh.iter().chain([&access]) {
            state.owners.insert(token.clone(), owner.to_owned());
        }
        state.issued.push(access);
        state.issued.extend(refresh);
        body.to_string()
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<(String, Fields)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let lengths = head
            .lines()
            .filter_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() < lengths.max().unwrap_or(0) {
            continue;
        }
        let path = head.split(' ').nth(1)?.to_owned();
        return Some((path, form_urlencoded::parse(body.as_bytes()).into_owned().collect()));
    }
}
