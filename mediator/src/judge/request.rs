//! What a page asks, and whether it may (docs/token-mediator.md, sentences 1 and 2).

use crate::config::Application;
use crate::secret::Secret;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method};
use form_urlencoded::parse;
use std::sync::Arc;

/// The longest body that is read, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

/// The two paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Token,
    Revoke,
}

/// Why a request is not understood or not allowed. Nothing was sent, nothing is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Origin,
    Path,
    Method,
    TooLarge,
    ContentType,
    Malformed,
}

impl Refusal {
    pub const fn status(self) -> u16 {
        match self {
            Self::Origin => 403,
            Self::Path => 404,
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::ContentType => 415,
            Self::Malformed => 400,
        }
    }
}

/// What is to be done.
#[derive(Debug)]
pub enum Ask {
    Redeem(Redeem),
    /// The same with a verifier that is wrong on purpose.
    Check(Redeem),
    Renew {
        handle: Secret,
    },
    Resume,
    Revoke {
        handle: Secret,
        token: Option<Secret>,
    },
}

/// An authorization code, and what belongs to it.
#[derive(Debug)]
pub struct Redeem {
    pub code: Secret,
    pub code_verifier: Secret,
    pub redirect_uri: String,
}

/// Judges all that stands before the body.
pub fn check_head(method: &Method, headers: &HeaderMap, applications: &[Arc<Application>]) -> Result<(), Refusal> {
    if method != Method::POST {
        return Err(Refusal::Method);
    }
    let origin = only(headers, &ORIGIN)?.ok_or(Refusal::Origin)?;
    if !applications.iter().any(|application| application.has_origin(origin)) {
        return Err(Refusal::Origin);
    }
    let site = HeaderName::from_static("sec-fetch-site");
    if headers.get_all(&site).iter().any(|site| site != "same-origin") {
        return Err(Refusal::Origin);
    }
    let media_type = only(headers, &CONTENT_TYPE)
        .map_err(|_| Refusal::ContentType)?
        .unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") || headers.contains_key(CONTENT_ENCODING) {
        return Err(Refusal::ContentType);
    }
    Ok(())
}

/// The value of a header that may be there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut all = headers.get_all(name).iter();
    let first = all.next();
    match (first, all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Refusal::Origin),
        (Some(_), Some(_)) => Err(Refusal::Origin),
    }
}

/// Reads the body, after [`check_head`] has let the request in.
pub fn read<'a>(
    route: Route,
    headers: &HeaderMap,
    body: &[u8],
    applications: &'a [Arc<Application>],
) -> Result<(&'a Arc<Application>, Ask), Refusal> {
    if body.len() > MAX_BODY {
        return Err(Refusal::TooLarge);
    }
    let form = Form::parse(body)?;
    let client_id = form.need("client_id")?;
    let origin = only(headers, &ORIGIN)?.ok_or(Refusal::Origin)?;
    let mut named = applications
        .iter()
        .filter(|application| application.client_id == client_id)
        .peekable();
    named.peek().ok_or(Refusal::Malformed)?;
    let application = named
        .find(|application| application.has_origin(origin))
        .ok_or(Refusal::Origin)?;
    let ask = match route {
        Route::Revoke => Ask::Revoke {
            handle: form.handle()?,
            token: form.visible("token")?,
        },
        Route::Token => form.grant(application)?,
    };
    Ok((application, ask))
}

/// The fields, each there once.
struct Form(Vec<(String, Secret)>);

impl Form {
    fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let mut fields: Vec<(String, Secret)> = Vec::new();
        for (name, value) in parse(body) {
            // What is no UTF-8 was replaced, and is not what was sent.
            let is_whole = !name.contains('\u{FFFD}') && !value.contains('\u{FFFD}');
            if !is_whole || fields.iter().any(|(other, _)| *other == name) {
                return Err(Refusal::Malformed);
            }
            fields.push((name.into_owned(), Secret::new(value.into_owned())));
        }
        Ok(Self(fields))
    }

    /// RFC 6749 §3.2: an empty parameter is one that was left out.
    fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
        Some(value.expose()).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.field(name).ok_or(Refusal::Malformed)
    }

    fn grant(&self, application: &Application) -> Result<Ask, Refusal> {
        match self.need("grant_type")? {
            "authorization_code" => {
                let redeem = self.redeem(application)?;
                match self.field("purpose") {
                    None => Ok(Ask::Redeem(redeem)),
                    Some("check") => Ok(Ask::Check(redeem)),
                    Some(_) => Err(Refusal::Malformed),
                }
            }
            "refresh_token" => Ok(Ask::Renew { handle: self.handle()? }),
            "urn:procore-spa-auth:resume" => Ok(Ask::Resume),
            _ => Err(Refusal::Malformed),
        }
    }

    fn redeem(&self, application: &Application) -> Result<Redeem, Refusal> {
        let redirect_uri = self.need("redirect_uri")?;
        // RFC 9700 §4.1.3: byte for byte.
        if !application
            .redirect_uris
            .iter()
            .any(|registered| registered == redirect_uri)
        {
            return Err(Refusal::Malformed);
        }
        let code_verifier = self.need("code_verifier")?;
        // RFC 7636 §4.1.
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&code_verifier.len()) || !code_verifier.bytes().all(is_unreserved) {
            return Err(Refusal::Malformed);
        }
        Ok(Redeem {
            code: self.visible("code")?.ok_or(Refusal::Malformed)?,
            code_verifier: code_verifier.into(),
            redirect_uri: redirect_uri.to_owned(),
        })
    }

    fn handle(&self) -> Result<Secret, Refusal> {
        let handle = self.need("session_handle")?;
        let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        // One of another length is nobody's, and compared like any other.
        if handle.len() <= 128 && handle.bytes().all(is_ours) {
            Ok(handle.into())
        } else {
            Err(Refusal::Malformed)
        }
    }

    /// A code or token: printable ASCII (RFC 6749 appendix A), which is all that a request to Procore may carry.
    fn visible(&self, name: &str) -> Result<Option<Secret>, Refusal> {
        match self.field(name) {
            Some(value) if value.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) => Ok(Some(value.into())),
            Some(_) => Err(Refusal::Malformed),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::application;
    use axum::http::HeaderValue;

    const GOOD: &str = "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&client_id=client-1\
        &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn head() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_static("https://app.example"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded; charset=UTF-8"),
        );
        headers
    }

    fn asked(route: Route, body: &str) -> Result<Ask, Refusal> {
        let applications = [Arc::new(application())];
        read(route, &head(), body.as_bytes(), &applications).map(|(_, ask)| ask)
    }

    #[test]
    fn a_head_is_let_in_by_its_origin_method_and_type() {
        let applications = [Arc::new(application())];
        let judged = |method: Method, headers: &HeaderMap| check_head(&method, headers, &applications);
        assert_eq!(judged(Method::POST, &head()), Ok(()));
        assert_eq!(judged(Method::GET, &head()), Err(Refusal::Method));
        let changes: [(&'static str, &'static str, Refusal); 6] = [
            ("origin", "https://app.example/", Refusal::Origin),
            ("origin", "null", Refusal::Origin),
            ("sec-fetch-site", "same-site", Refusal::Origin),
            (
                "content-type",
                "text/plain; application/x-www-form-urlencoded",
                Refusal::ContentType,
            ),
            ("content-type", "application/json", Refusal::ContentType),
            ("content-encoding", "gzip", Refusal::ContentType),
        ];
        for (name, value, refusal) in changes {
            let mut headers = head();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(judged(Method::POST, &headers), Err(refusal), "{name}: {value}");
        }
        let mut twice = head();
        twice.append(ORIGIN, HeaderValue::from_static("https://app.example"));
        assert_eq!(judged(Method::POST, &twice), Err(Refusal::Origin));
    }

    #[test]
    fn a_body_says_what_is_asked() {
        let Ok(Ask::Redeem(redeem)) = asked(Route::Token, GOOD) else {
            panic!()
        };
        assert_eq!(
            (redeem.code.expose(), redeem.redirect_uri.as_str()),
            ("c", "https://app.example/cb")
        );
        assert!(matches!(
            asked(Route::Token, &format!("{GOOD}&purpose=check")),
            Ok(Ask::Check(_))
        ));
        let resume = "grant_type=urn%3Aprocore-spa-auth%3Aresume&client_id=client-1";
        assert!(matches!(asked(Route::Token, resume), Ok(Ask::Resume)));
        let renew = "grant_type=refresh_token&client_id=client-1&session_handle=h";
        assert!(matches!(asked(Route::Token, renew), Ok(Ask::Renew { handle }) if handle.expose() == "h"));
        let revoke = "client_id=client-1&session_handle=h&token=";
        assert!(matches!(
            asked(Route::Revoke, revoke),
            Ok(Ask::Revoke { token: None, .. })
        ));
    }

    #[test]
    fn what_is_twice_unknown_or_no_text_is_not_understood() {
        for more in [
            "&code=c",
            "&code=",
            "&purpose=x",
            "&client_id=client-1",
            "&x=%FF",
            "&%FF=x",
        ] {
            assert_eq!(
                asked(Route::Token, &format!("{GOOD}{more}")).err(),
                Some(Refusal::Malformed),
                "{more}"
            );
        }
        let wrong = [
            ("code=c", "code=%0A"),
            ("client-1", "client-2"),
            ("%2Fcb", "%2Fcb%2F"),
            ("_code&", "_codes&"),
            ("OEjXk", "OEjX"),
        ];
        for (from, to) in wrong {
            assert_eq!(
                asked(Route::Token, &GOOD.replace(from, to)).err(),
                Some(Refusal::Malformed),
                "{to}"
            );
        }
        let long = format!("{GOOD}&x={}", "x".repeat(MAX_BODY));
        assert_eq!(asked(Route::Token, &long).err(), Some(Refusal::TooLarge));
    }
}
