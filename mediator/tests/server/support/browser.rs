//! A page and its browser: one cookie jar, requests as browsers send them.

use super::{CLIENT_ID, ORIGIN, REDIRECT_URI, VERIFIER};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Browser {
    pub base: String,
    pub client_id: String,
    pub origin: String,
    /// `name=value`.
    pub cookie: Option<String>,
    http: Client,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub text: String,
    pub set_cookie: Option<String>,
    pub retry_after: Option<String>,
}

impl Answer {
    pub fn text_of(&self, member: &str) -> String {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member}: {self:?}"))
            .to_owned()
    }

    pub fn handle(&self) -> String {
        self.text_of("session_handle")
    }

    pub fn access(&self) -> String {
        self.text_of("access_token")
    }

    #[track_caller]
    pub fn expect(&self, status: u16, error: &str) {
        assert_eq!(
            (self.status, self.body["error"].as_str()),
            (status, Some(error)),
            "{self:?}"
        );
    }
}

impl Browser {
    pub fn new(base: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().build().unwrap();
        Self {
            base,
            client_id: CLIENT_ID.into(),
            origin: ORIGIN.into(),
            cookie: None,
            http,
        }
    }

    /// The same jar as it is now, at another instance or in a request that is on its way.
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    pub fn request(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        if !fields.iter().any(|(name, _)| *name == "client_id") {
            body.append_pair("client_id", &self.client_id);
        }
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.origin);
        let request = request.header("sec-fetch-site", "same-origin").body(body.finish());
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = read(request.send().await.unwrap()).await;
        self.take(&answer);
        answer
    }

    pub fn take(&mut self, answer: &Answer) {
        if let Some(set) = &answer.set_cookie {
            let pair = set.split(';').next().unwrap();
            self.cookie = (!set.contains("Max-Age=0")).then(|| pair.to_owned());
        }
    }

    pub async fn token(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request("/oauth/token", fields)).await
    }

    pub async fn sign_in(&mut self, code: &str) -> Answer {
        self.token(&redeem(code)).await
    }

    pub async fn renew(&mut self, handle: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("session_handle", handle)])
            .await
    }

    pub async fn resume(&mut self) -> Answer {
        self.token(&[("grant_type", "urn:procore-spa-auth:resume")]).await
    }

    pub async fn revoke(&mut self, handle: &str, token: &str) -> Answer {
        let fields = [
            ("session_handle", handle),
            ("token", token),
            ("token_type_hint", "access_token"),
        ];
        self.send(self.request("/oauth/revoke", &fields)).await
    }
}

pub fn redeem(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}

pub async fn read(response: Response) -> Answer {
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let (set_cookie, retry_after) = (header("set-cookie"), header("retry-after"));
    assert_eq!(header("access-control-allow-origin"), None);
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Answer {
        status,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
        set_cookie,
        retry_after,
    }
}
