//! The authorization response: what the user came back with, read as untrusted and judged against the one sign-in it
//! claims to answer ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2),
//! [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207.html), [RFC 9700 §4.7](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.7)).

use super::ascii;
use super::confidentiality;
use super::config::{Config, ResponseMode};
use super::credentials::{RESPONSE_NAMES, RedirectUri};
use super::form;
use super::pending_authorization::{Flow, PendingAuthorization};
use super::return_to::ReturnTo;
#[cfg(any(feature = "npm", test))]
use super::return_to::has_response;
use super::secret::Wiped;
use super::secret::{AuthorizationCode, CodeVerifier, State};
use super::time::UnixSeconds;
#[cfg(any(feature = "npm", test))]
use super::url::ParseUrl;
use super::url::{MAX_URL, Url};
use crate::error::{Code, Error, OAuthError};
use alloc::string::String;
use alloc::vec::Vec;

/// An authorization response as it stands in the URL: read, not yet believed.
#[derive(Debug)]
pub struct AuthorizationResponse {
    url: Url,
    /// First those of the query.
    params: Vec<Param>,
    in_query: usize,
    place: Place,
    /// Whether the fragment is a hash route, a page of the app: no server puts its response there.
    is_route: bool,
    /// Whether it has what only a response has, where this configuration has it come; `state` alone is a usual name.
    is_certain: bool,
}

struct Param {
    name: &'static str,
    /// `None`: not percent-encoded UTF-8.
    value: Option<Wiped>,
    channel: ResponseMode,
    /// Whether this configuration has a response come there, or a refusal of one.
    is_expected: bool,
}

impl Param {
    /// Empty counts as omitted (RFC 6749 §3.1).
    fn state(&self) -> Option<&str> {
        let state = self.value.as_deref().filter(|_| self.name == "state")?;
        (!state.is_empty()).then_some(state)
    }

    fn is_only_in_responses(&self) -> bool {
        ["code", "error", "access_token", "id_token", "response"].contains(&self.name)
    }
}

impl core::fmt::Debug for Param {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}

/// Where a response stands.
#[derive(Debug)]
enum Place {
    /// On a registered redirect URI.
    Here,
    /// On a URL that differs from this one by origin, trailing slash or registered query: the classic mistake.
    Near(String),
    Elsewhere,
}

impl Place {
    fn of(url: &Url, config: &Config) -> Self {
        let mut uris = config.redirect_uris.iter();
        if uris.clone().any(|uri| uri.is_base_of(url)) {
            return Self::Here;
        }
        let near = uris.find(|uri| uri.url().bare_path() == url.bare_path());
        near.map_or(Self::Elsewhere, |uri| Self::Near(uri.as_str().into()))
    }
}
const MAX_CODE: usize = 4 * 1024;
const MAX_PARAMS: usize = 64;

impl AuthorizationResponse {
    /// Whether there is anything of a response in a URL. Where there is nothing, [`Self::parse`] says that it is a page like any
    /// other.
    #[cfg(any(feature = "npm", test))]
    pub(crate) fn is_any_in(text: &str, parse_url: ParseUrl) -> bool {
        let has_any = |url: Url| has_response(url.query()) || has_response(form::cut_fragment(url.fragment()).1);
        text.len() > MAX_URL || parse_url(text, None).is_some_and(has_any)
    }

    /// Reads `text`, the URL that the user is on. `None`: a page like any other, not ours to touch.
    ///
    /// It may be a response when it has a `state`, wherever it stands: whether that is a pending one decides. Without one,
    /// when it stands on a registered redirect URI and has, where the configuration's response mode puts it, a parameter
    /// that only a response has. Errors count in the query in either mode, for some servers put them there always.
    ///
    /// # Errors
    ///
    /// - `response_too_large` above 32 KiB or 64 parameters
    /// - `redirect_mismatch` when it has no state, and stands on a URL that differs from the redirect URI by origin, trailing
    ///   slash or registered query
    pub fn parse(text: &str, config: &Config) -> Result<Option<Self>, Error> {
        if text.len() > MAX_URL {
            let is_here = |uri: &RedirectUri| text.starts_with(ascii::before(uri.as_str(), b"?"));
            let is_ours = config.redirect_uris.iter().any(is_here);
            return if is_ours {
                Err(Code::ResponseTooLarge.into())
            } else {
                Ok(None)
            };
        }
        let Some(url) = (config.parse_url)(text, None) else {
            return Ok(None);
        };
        let mode = config.response_mode();
        let (route, fragment) = form::cut_fragment(url.fragment());
        let is_route = !route.is_empty();
        let (mut params, mut count, mut secret) = (Vec::new(), 0, Ok(()));
        for (raw, channel, is_expected) in [
            (url.query(), ResponseMode::Query, true),
            (
                fragment,
                ResponseMode::Fragment,
                mode == ResponseMode::Fragment && !is_route,
            ),
        ] {
            for (name, value) in form::pairs(raw) {
                count += usize::from(is_expected);
                let Some(name) = form::decode(name) else { continue };
                match RESPONSE_NAMES.into_iter().find(|known| *known == name.as_str()) {
                    Some(name) => params.push(Param {
                        name,
                        value: form::decode(value),
                        channel,
                        is_expected,
                    }),
                    None if is_expected => secret = secret.and_then(|()| confidentiality::refuse_param(&name)),
                    None => {}
                }
            }
        }
        let is_certain = params.iter().any(|param: &Param| {
            param.is_expected && param.is_only_in_responses() && (param.channel == mode || param.name == "error")
        });
        let this = Self {
            place: Place::of(&url, config),
            url,
            in_query: params
                .iter()
                .filter(|param| param.channel == ResponseMode::Query)
                .count(),
            params,
            is_route,
            is_certain,
        };
        if is_certain && matches!(this.place, Place::Here) {
            // Only now is it known that this page is ours to judge.
            secret?;
            if count > MAX_PARAMS {
                return Err(Code::ResponseTooLarge.into());
            }
        } else if this.states().next().is_none() {
            return this.unclaimed(false).map_or(Ok(None), Err);
        }
        Ok(Some(this))
    }

    /// Whether it stands on a registered redirect URI.
    #[must_use]
    pub const fn is_on_redirect_uri(&self) -> bool {
        matches!(self.place, Place::Here)
    }

    /// Whether one of its `state` values is this one. The way to find the pending authorization, not yet the proof.
    #[must_use]
    pub fn claims(&self, state: &str) -> bool {
        self.states().any(|claimed| claimed == state)
    }

    /// The values of `state`, wherever they stand, empty ones left out.
    pub fn states(&self) -> impl Iterator<Item = &str> {
        self.params.iter().filter_map(Param::state)
    }

    /// What to say of a response that belongs to no pending authorization: it was not used, and is left where it is.
    /// `None` where it may be no response at all but a page with parameters of its own.
    #[must_use]
    pub fn unclaimed(&self, is_any_pending: bool) -> Option<Error> {
        if !self.is_certain {
            return None;
        }
        let mut expected = self.params.iter().filter(|param| param.is_expected);
        let code = match &self.place {
            Place::Elsewhere => return None,
            Place::Near(uri) => return Some(self.mismatch(uri)),
            Place::Here if expected.all(|param| param.state().is_none()) => Code::StateMissing,
            Place::Here if is_any_pending => Code::StateMismatch,
            Place::Here => Code::NoTransaction,
        };
        Some(code.into())
    }

    /// It did not come to `redirect_uri`. Both are named, by scheme, host and path.
    fn mismatch(&self, redirect_uri: &str) -> Error {
        let came = [self.url.shown_origin(), self.url.path()];
        let route = if self.is_route { "#/" } else { "" };
        let expected = ascii::before(redirect_uri, b"?#");
        Error::about(
            Code::RedirectMismatch,
            &[&came.concat(), route, " instead of ", expected].concat(),
        )
    }

    /// What of it is the response to a sign-in. A hash route is the page's own, unless the sign-in's state is in there.
    #[inline(never)]
    fn read_for(&self, state: &State) -> Read<'_> {
        let (query, fragment) = self.params.split_at_checked(self.in_query).unwrap_or_default();
        let is_in_route = self.is_route
            && fragment
                .iter()
                .filter_map(Param::state)
                .any(|claimed| state.is(claimed));
        let is_all = is_in_route || !self.is_route;
        Read {
            params: if is_all { &self.params } else { query },
            is_in_route,
        }
    }
}

/// The parameters of a response that are judged.
struct Read<'a> {
    params: &'a [Param],
    /// Whether they stand in a hash route, where a router has put them.
    is_in_route: bool,
}

impl Read<'_> {
    /// The one value of a parameter; empty counts as omitted.
    fn value(&self, name: &str) -> Option<&str> {
        let value = self.params.iter().find(|param| param.name == name)?.value.as_deref()?;
        (!value.is_empty()).then_some(value.as_str())
    }

    fn channel(&self, name: &str) -> Option<ResponseMode> {
        self.params
            .iter()
            .find(|param| param.name == name)
            .map(|param| param.channel)
    }

    fn is_twice(&self, param: &Param) -> bool {
        self.params.iter().filter(|other| other.name == param.name).count() > 1
    }
}

/// A response that passed every check: the authorization grant (RFC 6749 §1.3) and its way to the token.
///
/// Only [`PendingAuthorization::accept`] makes one, once per sign-in.
///
/// ```compile_fail
/// use procore_spa_auth::protocol::authorization_response::AuthorizationGrant;
/// let forged = AuthorizationGrant {
///     credential: todo!(),
///     redirect_uri: todo!(),
///     requested_scope: todo!(),
///     return_to: todo!(),
///     warning: None,
/// };
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct AuthorizationGrant {
    /// What the response brought.
    pub credential: Granted,
    /// Spent, and still not to be shown.
    pub(crate) state: State,
    pub(crate) redirect_uri: String,
    pub(crate) requested_scope: Option<String>,
    /// Where to go on to.
    pub return_to: ReturnTo,
    /// Why `return_to` is the default, if what was stored did not hold.
    pub warning: Option<Error>,
}

impl AuthorizationGrant {
    /// The redirect URI of the request, which the token request repeats (RFC 6749 §4.1.3).
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }
}

/// What an authorization response brings.
#[derive(Debug)]
#[non_exhaustive]
pub enum Granted {
    /// A code, to be redeemed with its verifier.
    Code(AuthorizationCode, CodeVerifier),
    /// A token, to be checked for its audience before it is used (RFC 9700 §4.6).
    #[cfg(feature = "implicit")]
    Token(super::token_response::TokenSet),
}

impl PendingAuthorization {
    /// Judges a response, and is spent by it, whatever comes out.
    ///
    /// # Errors
    ///
    /// In the order of the checks:
    ///
    /// - `state_expired`, `issuer_changed`, `redirect_mismatch`: not the sign-in that was started
    /// - `state_missing`, `state_mismatch` (RFC 6749 §10.12)
    /// - `mixed_channel`, `duplicate_param`, `malformed_encoding`: not one clear response
    /// - `iss_missing`, `iss_mismatch` (RFC 9207 §2.4), for errors too
    /// - `unsupported_response_mode`, `token_in_front_channel`, `wrong_response_mode`, `wrong_response_type`
    /// - `mixed_success_error`, or the server's own error (RFC 6749 §4.1.2.1)
    /// - `code_missing`, `code_malformed`
    pub fn accept(
        self,
        response: &AuthorizationResponse,
        config: &Config,
        now: UnixSeconds,
    ) -> Result<AuthorizationGrant, Error> {
        let read = &response.read_for(&self.state);
        self.require_same_sign_in(response, read, config, now)?;
        require_one_clear_response(read, self.flow)?;
        require_issuer(read, config)?;
        let (return_to, warning) = match ReturnTo::parse(&self.return_to, config) {
            Ok(target) => (target, None),
            // Stored text that no longer holds costs the way back, not the sign-in.
            Err(error) => (ReturnTo::default(), Some(error)),
        };
        let without_echo = |error: Error| {
            error
                .without_echo(self.state.expose())
                .without_echo(self.verifier.expose())
        };
        let credential = match self.flow {
            Flow::Code => Granted::Code(
                accepted_code(read, self.response_mode).map_err(without_echo)?,
                self.verifier,
            ),
            #[cfg(feature = "implicit")]
            Flow::Implicit => Granted::Token(accepted_token(read).map_err(without_echo)?),
        };
        let (redirect_uri, requested_scope) = (self.redirect_uri, self.scope);
        Ok(AuthorizationGrant {
            credential,
            state: self.state,
            redirect_uri,
            requested_scope,
            return_to,
            warning,
        })
    }

    fn require_same_sign_in(
        &self,
        response: &AuthorizationResponse,
        read: &Read<'_>,
        config: &Config,
        now: UnixSeconds,
    ) -> Result<(), Error> {
        let mut states = read.params.iter().filter_map(Param::state);
        let Some(state) = states.next() else {
            return Err(Code::StateMissing.into());
        };
        // Twice the same is a duplicate, said below; here it is enough that nothing else is claimed.
        if !self.state.is(state) || !states.all(|state| self.state.is(state)) {
            return Err(Code::StateMismatch.into());
        }
        if self.is_expired_at(now) {
            return Err(Code::StateExpired.into());
        }
        if !self.is_of(config) {
            return Err(Code::IssuerChanged.into());
        }
        let registered = config
            .redirect_uris
            .iter()
            .find(|uri| uri.as_str() == self.redirect_uri);
        if registered.is_some_and(|uri| uri.is_base_of(&response.url)) && !read.is_in_route {
            Ok(())
        } else {
            Err(response.mismatch(&self.redirect_uri))
        }
    }
}

fn require_one_clear_response(response: &Read<'_>, flow: Flow) -> Result<(), Error> {
    let home = response.channel("state");
    for param in response.params {
        // Some servers put `iss` into the query although the rest stands in the fragment.
        let is_stray_iss = param.name == "iss" && flow != Flow::Code;
        if Some(param.channel) != home && !is_stray_iss {
            return Err(Code::MixedChannel.into());
        }
    }
    if let Some(param) = response.params.iter().find(|param| response.is_twice(param)) {
        return Err(Error::about(Code::DuplicateParam, param.name));
    }
    match response.params.iter().find(|param| param.value.is_none()) {
        Some(param) => Err(Error::about(Code::MalformedEncoding, param.name)),
        None => Ok(()),
    }
}

fn require_issuer(response: &Read<'_>, config: &Config) -> Result<(), Error> {
    let environment = &config.environment;
    match response.value("iss") {
        Some(iss) if !environment.issuer.is_empty() && iss != environment.issuer => Err(Code::IssMismatch.into()),
        None if environment.is_iss_required => Err(Code::IssMissing.into()),
        _ => Ok(()),
    }
}

fn accepted_code(response: &Read<'_>, mode: ResponseMode) -> Result<AuthorizationCode, Error> {
    if response.channel("response").is_some() {
        return Err(Code::UnsupportedResponseMode.into());
    }
    if ["access_token", "id_token", "token"]
        .iter()
        .any(|name| response.channel(name).is_some())
    {
        return Err(Code::TokenInFrontChannel.into());
    }
    // A server may report an error in the query whatever was asked for; a code must stand where it was asked for.
    if response.channel("state") != Some(mode) && response.value("error").is_none() {
        return Err(Code::WrongResponseMode.into());
    }
    if response.value("error").is_some() && response.value("code").is_some() {
        return Err(Code::MixedSuccessError.into());
    }
    no_error(response)?;
    let code = response.value("code").ok_or(Code::CodeMissing)?;
    if code.len() > MAX_CODE || !code.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Err(Code::CodeMalformed.into());
    }
    Ok(AuthorizationCode::new(Wiped::from(code)))
}

#[cfg(feature = "implicit")]
fn accepted_token(response: &Read<'_>) -> Result<super::token_response::TokenSet, Error> {
    if response.value("error").is_some() && response.value("access_token").is_some() {
        return Err(Code::MixedSuccessError.into());
    }
    no_error(response)?;
    if response.channel("code").is_some() || response.channel("id_token").is_some() {
        return Err(Code::WrongResponseType.into());
    }
    if response.channel("state") != Some(ResponseMode::Fragment) {
        return Err(Code::WrongResponseMode.into());
    }
    let fields = |name: &str| response.value(name);
    super::token_response::TokenSet::from_fragment(fields).map_err(|error| error.during(crate::error::Phase::Redirect))
}

fn no_error(response: &Read<'_>) -> Result<(), Error> {
    let Some(error) = response.value("error") else {
        return Ok(());
    };
    let code = Code::of_server(error);
    Err(Error::said(
        code,
        OAuthError::new(code.as_str(), response.value("error_description")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use crate::protocol::environment::EnvironmentName;
    use alloc::format;
    use proptest::prelude::{prop_assert, proptest};

    fn config() -> Config {
        let uris = ["https://app.example/cb", "https://app.example/other"];
        Config::new(EnvironmentName::Production, "CID", &uris, None, parse_url).unwrap()
    }

    fn pending() -> PendingAuthorization {
        let record = r#"{"v":1,"state":"S1","verifier":"V1","flow":"code","responseMode":"query",
            "environment":"production","clientId":"CID","redirectUri":"https://app.example/cb","returnTo":"/x",
            "created":1000}"#;
        *PendingAuthorization::from_record(record).unwrap()
    }

    /// What comes of `https://app.example/cb` with this added: the code, or the error's.
    fn accepted(response: &str, pending: PendingAuthorization, config: &Config) -> Result<String, Code> {
        let url = ["https://app.example/cb", response].concat();
        let response = AuthorizationResponse::parse(&url, config).unwrap().unwrap();
        match pending.accept(&response, config, 1000) {
            Ok(grant) => match grant.credential {
                Granted::Code(code, verifier) => {
                    assert_eq!((verifier.expose(), grant.return_to.as_str()), ("V1", "/x"));
                    Ok(code.expose().into())
                }
                #[cfg(feature = "implicit")]
                Granted::Token(_) => panic!("a token for a code"),
            },
            Err(error) => Err(error.code()),
        }
    }

    #[test]
    fn accept_takes_one_code_with_the_exact_state() {
        for (response, expected) in [
            ("?code=C1&state=S1", Ok("C1")),
            ("?state=S1&code=C%2B1+x&session_state=1", Ok("C+1 x")),
            ("?code=C1&state=S1&iss=https%3A%2F%2Flogin.procore.com", Ok("C1")),
            // Empty means omitted (RFC 6749 §3.1).
            ("?code=C1&state=S1&error=&iss=", Ok("C1")),
            ("?code=C1", Err(Code::StateMissing)),
            ("?code=C1&state=", Err(Code::StateMissing)),
            ("?code=C1&state=s1", Err(Code::StateMismatch)),
            ("?code=C1&state=S1&state=S2", Err(Code::StateMismatch)),
            ("?code=C1&state=S1&state=S1", Err(Code::DuplicateParam)),
            ("?code=C1&code=C2&state=S1", Err(Code::DuplicateParam)),
            ("?code=C1&state=S1#code=C1", Err(Code::MixedChannel)),
            ("?code=%ff&state=S1", Err(Code::MalformedEncoding)),
            (
                "?code=C1&state=S1&iss=https%3A%2F%2Fevil.example",
                Err(Code::IssMismatch),
            ),
            ("?code=C1&state=S1&response=J", Err(Code::UnsupportedResponseMode)),
            ("?code=C1&state=S1&access_token=T", Err(Code::TokenInFrontChannel)),
            ("?code=C1&state=S1&id_token=T", Err(Code::TokenInFrontChannel)),
            ("#code=C1&state=S1", Err(Code::WrongResponseMode)),
            ("#error=access_denied&state=S1", Err(Code::AccessDenied)),
            ("?error=access_denied&state=S1", Err(Code::AccessDenied)),
            ("?error=own_word&state=S1", Err(Code::UnknownError)),
            ("?code=C1&error=access_denied&state=S1", Err(Code::MixedSuccessError)),
            ("?code=&state=S1", Err(Code::CodeMissing)),
            ("?code=%09&state=S1", Err(Code::CodeMalformed)),
            ("?code=%C3%BC&state=S1", Err(Code::CodeMalformed)),
        ] {
            assert_eq!(
                accepted(response, pending(), &config())
                    .as_deref()
                    .map_err(|code| *code),
                expected,
                "{response}"
            );
        }
    }

    #[test]
    fn accept_rejects_a_foreign_state_before_reading_the_error() {
        for rest in [
            "error=access_denied",
            "code=C1&code=C2",
            "code=%ff",
            "code=C1&iss=x",
            "access_token=T",
        ] {
            let result = accepted(&format!("?{rest}&state=S2"), pending(), &config());
            assert_eq!(result, Err(Code::StateMismatch), "{rest}");
        }
    }

    #[test]
    fn accept_rejects_a_sign_in_that_is_not_the_one_configured() {
        type Change = fn(&mut PendingAuthorization);
        let changes: [(Change, Code); 5] = [
            (|pending| pending.created = 399, Code::StateExpired),
            (|pending| pending.environment = "sandbox".into(), Code::IssuerChanged),
            (|pending| pending.client_id = "CID2".into(), Code::IssuerChanged),
            (
                |pending| pending.redirect_uri = "https://app.example/other".into(),
                Code::RedirectMismatch,
            ),
            (
                |pending| pending.redirect_uri = "https://app.example/gone".into(),
                Code::RedirectMismatch,
            ),
        ];
        for (change, code) in changes {
            let mut pending = pending();
            change(&mut pending);
            assert_eq!(accepted("?error=access_denied&state=S1", pending, &config()), Err(code));
        }
    }

    #[test]
    fn accept_wants_an_issuer_where_the_server_always_names_one() {
        let config = config().with_server(r#"{"issParameter":"required"}"#).unwrap();
        for response in ["?code=C1&state=S1", "?error=access_denied&state=S1&iss="] {
            assert_eq!(
                accepted(response, pending(), &config),
                Err(Code::IssMissing),
                "{response}"
            );
        }
    }

    #[test]
    fn a_stored_target_that_no_longer_holds_costs_the_way_back_only() {
        let mut pending = pending();
        pending.return_to = "//evil.example".into();
        let url = "https://app.example/cb?code=C1&state=S1";
        let response = AuthorizationResponse::parse(url, &config()).unwrap().unwrap();
        let grant = pending.accept(&response, &config(), 1000).unwrap();
        assert_eq!(
            (grant.return_to.as_str(), grant.warning),
            ("/", Some(Code::ReturnToRejected.into()))
        );
    }

    #[test]
    fn a_page_is_a_response_only_on_a_redirect_uri_and_with_a_name_of_one() {
        for (url, expected) in [
            ("https://app.example/cb?code=C1", Ok(true)),
            ("https://app.example/other?error=x", Ok(true)),
            // The fragment is the page's own where responses come in the query.
            ("https://app.example/other#error=x", Ok(false)),
            ("https://app.example/cb#/costs?page=2&code=03-100", Ok(false)),
            ("https://app.example/cb#/costs?client_secret=x&code=03-100", Ok(false)),
            ("https://app.example/cb?state=S1", Ok(true)),
            ("https://app.example/cb", Ok(false)),
            ("https://app.example/cb?iss=x&scope=y", Ok(false)),
            ("https://app.example/x?code=C1", Ok(false)),
            ("https://app.example/cb/?iss=x", Ok(false)),
            // Whether it is a pending one, who has the records knows.
            ("https://app.example/x?code=C1&state=S1", Ok(true)),
            ("https://app.example/cb/?state=S1", Ok(true)),
            ("https://app.example/x#/y?state=S1", Ok(true)),
            ("blob:https://app.example/cb?code=C1", Ok(false)),
            ("https://app.example/cb/?code=C1", Err(Code::RedirectMismatch)),
            ("http://app.example/cb?code=C1", Err(Code::RedirectMismatch)),
            (
                "https://app.example/cb?code=C1&client_secret=x",
                Err(Code::ConfigSecretForbidden),
            ),
        ] {
            let read = AuthorizationResponse::parse(url, &config());
            let is_response = read.map(|response| response.is_some()).map_err(|error| error.code());
            assert_eq!(is_response, expected, "{url}");
        }
    }
    #[test]
    fn a_pending_sign_ins_response_is_one_wherever_it_comes() {
        for (came, shown) in [
            (
                "https://app.example/en/cb?code=C1&state=S1",
                "https://app.example/en/cb instead of https://app.example/cb",
            ),
            (
                "https://app.example/cb/?code=C1&state=S1",
                "https://app.example/cb/ instead of https://app.example/cb",
            ),
            (
                "https://app.example/CB?error=x&state=S1",
                "https://app.example/CB instead of https://app.example/cb",
            ),
            (
                "http://app.example:81/cb?state=S1",
                "http://app.example:81/cb instead of https://app.example/cb",
            ),
            (
                "https://u:p@app.example/cb?code=C1&state=S1",
                "/cb instead of https://app.example/cb",
            ),
            (
                "https://app.example/other?code=C1&state=S1",
                "https://app.example/other instead of https://app.example/cb",
            ),
            // Routers have moved or rewritten it.
            (
                "https://app.example/#/cb?code=C1&state=S1",
                "https://app.example/#/ instead of https://app.example/cb",
            ),
            (
                "https://app.example/cb#/code=C1&state=S1",
                "https://app.example/cb#/ instead of https://app.example/cb",
            ),
            (
                "https://app.example/cb#!/state=S1&code=C1",
                "https://app.example/cb#/ instead of https://app.example/cb",
            ),
        ] {
            let response = AuthorizationResponse::parse(came, &config()).unwrap().unwrap();
            assert!(response.claims("S1"), "{came}");
            let error = pending().accept(&response, &config(), 1000).unwrap_err();
            assert_eq!(error, Error::about(Code::RedirectMismatch, shown), "{came}");
            assert!(
                !["C1", "S1"].iter().any(|secret| error.message().contains(secret)),
                "{error}"
            );
        }
    }

    #[test]
    fn an_unclaimed_response_is_one_where_it_was_to_come() {
        let fragment = r#"{"credentials":{"production":{"clientId":"CID","redirectUris":["https://app.example/"]}},
            "responseMode":"fragment"}"#;
        let fragment = Config::parse(fragment, None, parse_url).unwrap();
        let query = Config::new(
            EnvironmentName::Production,
            "CID",
            &["https://app.example/"],
            None,
            parse_url,
        )
        .unwrap();
        let unclaimed = |response: &str, config: &Config| {
            let url = ["https://app.example/", response].concat();
            let response = AuthorizationResponse::parse(&url, config).unwrap()?;
            response.unclaimed(false).map(|error| error.code())
        };
        for (response, in_query, in_fragment) in [
            ("?code=03", Some(Code::StateMissing), None),
            ("?code=03&state=open", Some(Code::NoTransaction), None),
            ("?error=x", Some(Code::StateMissing), Some(Code::StateMissing)),
            ("#code=03", None, Some(Code::StateMissing)),
            ("#code=03&state=open", None, Some(Code::NoTransaction)),
            ("#/costs?page=2&code=03", None, None),
            ("#/costs?page=2&state=open&code=03", None, None),
            ("#!/code=03", None, None),
            ("?code=03#/costs?state=open", Some(Code::StateMissing), None),
        ] {
            assert_eq!(unclaimed(response, &query), in_query, "{response}");
            assert_eq!(unclaimed(response, &fragment), in_fragment, "{response}");
        }
    }

    #[test]
    fn a_pages_own_fragment_is_no_part_of_the_response() {
        for (fragment, expected) in [
            ("#/costs?page=2&code=03-100", Ok("C1")),
            ("#/issues?state=open&error=x", Ok("C1")),
            ("#!/x?iss=y", Ok("C1")),
            ("#top", Ok("C1")),
            ("#top&scope=all", Err(Code::MixedChannel)),
            ("#code=C2", Err(Code::MixedChannel)),
            ("#access_token=T", Err(Code::MixedChannel)),
            ("#/x?state=S1", Err(Code::RedirectMismatch)),
        ] {
            let response = ["?code=C1&state=S1", fragment].concat();
            let result = accepted(&response, pending(), &config());
            assert_eq!(result.as_deref().map_err(|code| *code), expected, "{fragment}");
        }
    }

    proptest! {
        #[test]
        fn where_there_is_nothing_of_a_response_none_is_read(end in "([/?#&=!]|state|code|error|iss|tab|st%61te|%ff|1){0,12}") {
            let config = config();
            for url in [["https://app.example/cb", &end].concat(), ["https://app.example/cb/", &end].concat(), end] {
                let is_any = AuthorizationResponse::is_any_in(&url, parse_url);
                prop_assert!(is_any || matches!(AuthorizationResponse::parse(&url, &config), Ok(None)), "{}", url);
            }
        }
    }

    #[test]
    fn most_pages_have_nothing_of_a_response() {
        let is_any = |end: &str| AuthorizationResponse::is_any_in(&["https://app.example/", end].concat(), parse_url);
        for end in ["", "?tab=1", "#top", "#/costs?page=2", "?x=state", "?%ff=1"] {
            assert!(!is_any(end), "{end}");
        }
        for end in [
            "?state=1",
            "?x&c%6fde",
            "#state=1",
            "#/costs?page=2&state=1",
            &"x".repeat(MAX_URL),
        ] {
            assert!(is_any(end), "{end}");
        }
    }
}
