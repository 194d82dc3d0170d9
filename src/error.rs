//! The one error of this crate.
//!
//! A [`Code`] is a stable word; an [`Error`] says where it happened and adds the few facts that may be shown.
//! No error ever holds a token, a code, a verifier, a state or a secret.

use crate::protocol::ascii;
use crate::protocol::echo;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// What went wrong, in which step, with what the server said of it.
///
/// Lives as long as its caller likes: it holds no secret and no JavaScript value, and compares equal in tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Error(Box<Facts>);

/// Behind one pointer, for an error passes through many hands and is made only once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Facts {
    code: Code,
    phase: Phase,
    /// A public name or URL (an option's name, a registered redirect URI); never a value a user typed as secret.
    subject: String,
    oauth: Option<OAuthError>,
    return_to: Option<Box<str>>,
}

impl Error {
    /// The stable word for what happened.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The step that failed.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// Whether the same call may succeed later, unchanged. A redirect and its code are spent by the first try, so nothing
    /// that went wrong with them is.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        // Where a kept session can't be looked at, nothing was sent.
        let is_postponed = self.code() == Code::StorageUnavailable && self.phase() == Phase::Refresh;
        is_postponed || (self.code().is_retryable() && !matches!(self.phase(), Phase::Redirect | Phase::Token))
    }

    /// What the authorization server said, if it said something.
    #[must_use]
    pub fn oauth(&self) -> Option<&OAuthError> {
        self.0.oauth.as_ref()
    }

    /// Where the user wanted to be, on an error of a response to a sign-in that was begun here: a path of this origin, with query
    /// and fragment.
    #[must_use]
    pub fn return_to(&self) -> Option<&str> {
        self.0.return_to.as_deref()
    }

    /// What it is about, or empty: the name of an option, a registered redirect URI, a public URL.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// What happened and what to do, in one or two sentences.
    #[must_use]
    pub fn message(&self) -> String {
        match self.subject() {
            "" => self.0.code.message().to_owned(),
            subject => [self.0.code.message(), " [", subject, "]"].concat(),
        }
    }

    /// With what it is about: text of the configuration or of a public URL, cut so that a log stays a log.
    #[inline(never)]
    pub(crate) fn about(code: Code, subject: &str) -> Self {
        let mut error = Self::from(code);
        error.0.subject = some_of(subject, 200, |character| !character.is_ascii_control());
        error
    }

    pub(crate) fn said(code: Code, oauth: OAuthError) -> Self {
        let mut error = Self::from(code);
        error.0.oauth = Some(oauth);
        error
    }

    /// Without what the server said, if it repeats this secret.
    pub(crate) fn without_echo(mut self, secret: &str) -> Self {
        if let Some(oauth) = &mut self.0.oauth
            && let Some(said) = &oauth.description
            && echo::repeats(said, secret)
        {
            oauth.description = None;
        }
        self
    }

    pub(crate) fn returning_to(mut self, return_to: &str) -> Self {
        self.0.return_to = Some(return_to.into());
        self
    }

    pub(crate) fn during(mut self, phase: Phase) -> Self {
        self.0.phase = phase;
        self
    }
}

impl From<Code> for Error {
    #[inline(never)]
    fn from(code: Code) -> Self {
        Self(Box::new(Facts {
            code,
            phase: code.phase(),
            subject: String::new(),
            oauth: None,
            return_to: None,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().as_str())?;
        f.write_str(": ")?;
        f.write_str(&self.message())
    }
}

impl core::error::Error for Error {}

/// The server's words (RFC 6749 §4.1.2.1 and §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct OAuthError {
    /// The value of `error`, if it is one of the registered words; else `unknown_error`.
    pub error: &'static str,
    /// The value of `error_description`: printable ASCII only, at most 256 characters. Somebody else's text. A
    /// [`Client`](crate::protocol::client::Client) leaves out one that repeats a secret.
    pub description: Option<String>,
}

/// The characters to keep, `most` of them at most.
#[inline(never)]
fn some_of(text: &str, most: usize, is_kept: fn(char) -> bool) -> String {
    text.chars()
        .filter(|character| is_kept(*character))
        .take(most)
        .collect()
}

impl OAuthError {
    /// The words made harmless: a registered one, and printable ASCII of bounded length. `error_uri` is dropped, for
    /// nobody needs a link that an attacker may have written.
    pub(crate) fn new(error: &'static str, description: Option<&str>) -> Self {
        let printable = |text: &str| some_of(text, 256, |character| matches!(character, ' '..='~'));
        Self {
            error,
            description: description.map(printable).filter(|text| !text.is_empty()),
        }
    }
}

/// The step in which an error happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Reading the configuration.
    Config,
    /// Starting: the platform lacks something.
    Start,
    /// Building the authorization request.
    Authorize,
    /// Judging the authorization response.
    Redirect,
    /// Redeeming the code, or checking the token.
    Token,
    /// Renewing the access token.
    Refresh,
    /// Calling the API.
    Api,
    /// Revoking at sign-out.
    Revoke,
}

impl Phase {
    /// The word used in JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Start => "start",
            Self::Authorize => "authorize",
            Self::Redirect => "redirect",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Api => "api",
            Self::Revoke => "revoke",
        }
    }
}

/// One line per code: its word, the phase it belongs to, whether it may pass by itself, and its message.
macro_rules! codes {
    (
        $($variant:ident $word:literal $phase:ident $retryable:literal $message:literal;)*
        @app $($app:ident $app_word:literal $app_phase:ident $app_retryable:literal $app_message:literal;)*
    ) => {
        /// Every way to fail. The words are stable: none is ever renamed or reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $message] $variant,)*
            $(#[cfg(feature = "app")] #[doc = $app_message] $app,)*
        }

        impl Code {
            /// Every code, in the order of the flow.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)* $(#[cfg(feature = "app")] Self::$app,)*];

            /// The word of each, and the message, a line for a code: a table of their addresses would be larger. Apart, for
            /// the npm package has the messages in a script of its own.
            #[cfg(not(feature = "app"))]
            const WORDS: &'static str = concat!($($word, "\n",)*);
            #[cfg(not(feature = "app"))]
            const MESSAGES: &'static str = concat!($($message, "\n",)*);
            #[cfg(feature = "app")]
            const WORDS: &'static str = concat!($($word, "\n",)* $($app_word, "\n",)*);
            #[cfg(feature = "app")]
            const MESSAGES: &'static str = concat!($($message, "\n",)* $($app_message, "\n",)*);

            const fn is_retryable(self) -> bool {
                match self {
                    $(Self::$variant => $retryable,)*
                    $(#[cfg(feature = "app")] Self::$app => $app_retryable,)*
                }
            }

            const fn phase(self) -> Phase {
                match self {
                    $(Self::$variant => Phase::$phase,)*
                    $(#[cfg(feature = "app")] Self::$app => Phase::$app_phase,)*
                }
            }
        }
    };
}

impl Code {
    /// The stable word, as in JavaScript's `error.code`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.line_of(Self::WORDS)
    }

    fn message(self) -> &'static str {
        self.line_of(Self::MESSAGES)
    }

    #[inline(never)]
    fn line_of(self, lines: &'static str) -> &'static str {
        let mut codes = Self::ALL.iter();
        let mut lines = ascii::parts(lines, b"\n");
        lines.find(|_| codes.next() == Some(&self)).unwrap_or_default()
    }

    /// The code for an `error` of the server: one of the registered words, or `unknown_error` (RFC 6749 §4.1.2.1 and §5.2;
    /// OpenID Connect Core 1.0 §3.1.2.6, which is how servers answer `prompt=none`).
    pub(crate) fn of_server(word: &str) -> Self {
        const REGISTERED: [Code; 13] = [
            Code::AccessDenied,
            Code::LoginRequired,
            Code::InteractionRequired,
            Code::ConsentRequired,
            Code::AccountSelectionRequired,
            Code::InvalidRequest,
            Code::UnauthorizedClient,
            Code::UnsupportedResponseType,
            Code::InvalidScope,
            Code::ServerError,
            Code::TemporarilyUnavailable,
            Code::InvalidGrant,
            Code::UnsupportedGrantType,
        ];
        REGISTERED
            .into_iter()
            .find(|code| code.as_str() == word)
            .unwrap_or(Self::UnknownError)
    }
}

codes! {
    ConfigInvalid "config_invalid" Config false "The configuration is not of the documented form. Compare it with the examples.";
    ConfigUnknownKey "config_unknown_key" Config false "There is no such option. Check its spelling.";
    ConfigSecretForbidden "config_secret_forbidden" Config false "A client secret was offered, and a page can't keep one. Remove it; reset it in the Developer Portal if it was ever published.";
    ConfigInvalidClientId "config_invalid_client_id" Config false "The client ID is empty, a placeholder or not printable ASCII. Copy it from the Developer Portal.";
    ConfigRedirectInvalid "config_redirect_invalid" Config false "A redirect URI must be an absolute https URL without user name, wildcard or white space.";
    ConfigRedirectInsecure "config_redirect_insecure" Config false "A redirect URI must use https; only http://localhost need not.";
    ConfigRedirectFragment "config_redirect_fragment" Config false "A redirect URI must not have a fragment (#).";
    ConfigRedirectNoncanonical "config_redirect_noncanonical" Config false "Browsers write this redirect URI differently, so it could never match. Register it as they do.";
    ConfigRedirectReservedParam "config_redirect_reserved_param" Config false "A redirect URI must not use a parameter of the response (code, state, error, iss).";
    ConfigRedirectNotThisOrigin "config_redirect_not_this_origin" Config false "No redirect URI is on this page's origin. Register one, and configure it.";
    ConfigOobNotAllowed "config_oob_not_allowed" Config false "urn:ietf:wg:oauth:2.0:oob returns no state. Use a redirect URI of this app.";
    ConfigEndpointNotHttps "config_endpoint_not_https" Config false "An endpoint must use https (or http://localhost on a custom server).";
    ConfigEndpointOrigin "config_endpoint_origin" Config false "An endpoint is not on its environment's origin. For another server say customAuthorizationServer: true.";
    ConfigEndpointUserinfo "config_endpoint_userinfo" Config false "An endpoint must not have a user name, password or fragment.";
    ConfigEndpointReservedParam "config_endpoint_reserved_param" Config false "The authorization endpoint must not set a parameter of the request.";
    ImplicitNotEnabled "implicit_not_enabled" Config false "The implicit flow exists only in procore-spa-auth/implicit, with allowImplicit. Prefer the code flow.";
    WasmBlocked "wasm_blocked" Start false "WebAssembly could not start. Add 'wasm-unsafe-eval' to the page's script-src; or this browser has it switched off.";
    NotReady "not_ready" Start false "The core has not started. Wait for ready() first.";
    InsecureContext "insecure_context" Start false "This page is not secure. Serve it by https, or from http://localhost.";
    PageWithoutOrigin "page_without_origin" Start false "This page has no origin of its own (file:, about:, data:, an extension, a sandboxed frame), so no sign-in can come back to it. Serve it by https, or from http://localhost.";
    RngUnavailable "rng_unavailable" Start false "The browser gives no random numbers (crypto.getRandomValues), so no sign-in is safe here.";
    StorageUnavailable "storage_unavailable" Authorize false "The browser's storage is blocked or full, so nothing was sent. Allow site data for this page.";
    StorageCorrupt "storage_corrupt" Redirect false "What was stored here is damaged, and removed. Sign in again.";
    StorageVersion "storage_version" Redirect false "What was stored here is of another version, and removed. Sign in again.";
    ParamReserved "param_reserved" Authorize false "That is for the SDK to set. Remove it.";
    SignInLoop "sign_in_loop" Authorize false "This page has left for the login page by itself several times within a minute, and nobody is signed in. The last error is in brackets. Show it, and let the user start the next sign-in.";
    ReturnToRejected "returnto_rejected" Authorize false "returnTo must be a path of this origin and no sign-in response. / is used instead.";
    StateMissing "state_missing" Redirect false "The response has no state, so nothing ties it to a sign-in here. It was not used.";
    StateMismatch "state_mismatch" Redirect false "The response's state belongs to no sign-in of this tab. It was not used.";
    StateExpired "state_expired" Redirect false "The sign-in took longer than 10 minutes. Sign in again.";
    NoTransaction "no_transaction" Redirect false "No sign-in is pending in this tab: it is finished, or was started elsewhere. Sign in again.";
    IssuerChanged "issuer_changed" Redirect false "This is of another client ID, environment or server than configured now.";
    RedirectMismatch "redirect_mismatch" Redirect false "This is not exactly the redirect URI. Compare path, case and slash; call handleRedirect() before any router.";
    DuplicateParam "duplicate_param" Redirect false "The response has a parameter twice. It was not used.";
    MixedSuccessError "mixed_success_error" Redirect false "The response has both a code and an error. It was not used.";
    MixedChannel "mixed_channel" Redirect false "The response stands partly in the query, partly in the fragment. It was not used.";
    WrongResponseMode "wrong_response_mode" Redirect false "The response is not where it was asked for. See responseMode.";
    WrongResponseType "wrong_response_type" Redirect false "The server answered with a code where a token was asked for.";
    UnsupportedResponseMode "unsupported_response_mode" Redirect false "The server answered with a signed response (JARM), which is not supported.";
    TokenInFrontChannel "token_in_front_channel" Redirect false "The response carries a token although a code was asked for. It was not used.";
    MalformedEncoding "malformed_encoding" Redirect false "A parameter of the response is not percent-encoded UTF-8.";
    ResponseTooLarge "response_too_large" Redirect false "The response is larger than any genuine one.";
    CodeMissing "code_missing" Redirect false "The response has neither a code nor an error.";
    CodeMalformed "code_malformed" Redirect false "The code is too long, or has characters that no code has.";
    IssMissing "iss_missing" Redirect false "The response does not name its issuer, as this server always does (RFC 9207).";
    IssMismatch "iss_mismatch" Redirect false "The response names another issuer (RFC 9207). It was not used.";
    AccessDenied "access_denied" Redirect false "The user or Procore denied access.";
    LoginRequired "login_required" Redirect false "The user is not signed in at the login server, and prompt=none shows no login page. Sign in without it.";
    InteractionRequired "interaction_required" Redirect false "The login server has something to ask the user, and prompt=none shows no page. Sign in without it.";
    ConsentRequired "consent_required" Redirect false "The user has not yet agreed to this app, and prompt=none shows no page. Sign in without it.";
    AccountSelectionRequired "account_selection_required" Redirect false "The user has several accounts to choose from, and prompt=none shows no page. Sign in without it.";
    InvalidRequest "invalid_request" Redirect false "The server calls the request malformed; often the redirect URI is not registered.";
    UnauthorizedClient "unauthorized_client" Redirect false "This application may not do this. Check it in the Developer Portal.";
    UnsupportedResponseType "unsupported_response_type" Redirect false "The server does not offer this flow.";
    InvalidScope "invalid_scope" Redirect false "The server does not know this scope.";
    ServerError "server_error" Redirect false "The authorization server failed. Sign in again later.";
    TemporarilyUnavailable "temporarily_unavailable" Redirect false "The authorization server is busy. Sign in again later.";
    InvalidGrant "invalid_grant" Token false "The server refused the code: used, expired, or of another redirect URI. Sign in again.";
    UnsupportedGrantType "unsupported_grant_type" Token false "The server does not offer this grant type.";
    UnknownError "unknown_error" Redirect false "The server answered with an error of no standard.";
    ClientAuthRequired "client_auth_required" Token false "The server wants a client secret, which a page can't keep. Register the application as public, or let your backend redeem the code (tokenMediator).";
    TokenBadStatus "token_bad_status" Token false "The token endpoint answered with an unexpected status.";
    TokenBadContentType "token_bad_content_type" Token false "The token endpoint did not answer with JSON.";
    TokenBadJson "token_bad_json" Token false "The token endpoint's JSON is malformed.";
    TokenDuplicateKey "token_duplicate_key" Token false "The token endpoint's JSON has a key twice.";
    TokenMissingAccessToken "token_missing_access_token" Token false "The token response has no access token.";
    TokenMalformedToken "token_malformed_token" Token false "A token has characters that no header can carry.";
    TokenBadTokenType "token_bad_token_type" Token false "The token is no bearer token.";
    TokenBadExpiresIn "token_bad_expires_in" Token false "expires_in is no number of seconds.";
    TokenBadScope "token_bad_scope" Token false "The scope is not of words and spaces, or longer than any.";
    TokenAudienceMismatch "token_audience_mismatch" Token false "The token was issued to another application. It was not used.";
    TokenEndpointRedirected "token_endpoint_redirected" Token false "The endpoint redirects, which was not followed: it would carry the code elsewhere.";
    ScopeExpanded "scope_expanded" Token false "The server granted more than was asked for. The tokens were not used.";
    MediatorUnknown "mediator_unknown" Token false "No token mediator of version 2 answers at tokenMediator. See that the path leads to it, that it runs, and what it speaks (docs/token-mediator.md).";
    RateLimited "rate_limited" Token true "The server asks to slow down (429). Try again later.";
    NotSignedIn "not_signed_in" Api false "Nobody is signed in. Call signIn() first.";
    ReauthRequired "reauth_required" Refresh false "The session can't be renewed any more. Sign in again.";
    LockTimeout "lock_timeout" Refresh true "Another tab has not finished renewing the session. Try again later.";
    SessionEnded "session_ended" Api false "The session ended meanwhile.";
    NetworkError "network_error" Token true "No answer: offline, blocked, or CORS (Procore's API support must allow-list this page's origin). What may have arrived is not sent again.";
    Timeout "timeout" Token true "The server did not answer in time.";
    ResourceOriginForbidden "resource_origin_forbidden" Api false "The token goes to this environment's API only. Use a path, or fetch() for other servers.";
    TokenInUrl "token_in_url" Api false "A token must not stand in a URL (RFC 6750 §2.3). The SDK sends it in a header.";
    CompanyIdInvalid "company_id_invalid" Api false "A company ID is digits; pass a string or bigint above 2^53.";
    // What only the client for Rust apps meets. In the npm package the facade has all of them but the last.
    @app
        SignInFramed "sign_in_framed" Authorize false "The login page refuses to be framed, so nothing was tried. Open the app in a tab of its own.";
        SignInAbandoned "sign_in_abandoned" Authorize true "The user came back from the login page without a response. Let them try again.";
        PopupBlocked "popup_blocked" Authorize true "The browser opened no login window. Call sign_in_with_popup() right inside a click, and let the user allow popups. In a frame with a sandbox, that needs allow-popups and allow-forms.";
        PopupClosed "popup_closed" Authorize true "The login window was closed before the sign-in was done. Let the user try again.";
        OpenerSevered "opener_severed" Authorize false "The login window was cut off from this page, usually by a Cross-Origin-Opener-Policy header: of the login page, or of this site. Close it, and use sign_in().";
        OpenerReloaded "opener_reloaded" Authorize true "The page that opened this login window was reloaded or left meanwhile. Close this window, and sign in there again.";
        AnswerUnexpected "answer_unexpected" Api false "The API's answer is not what was asked for. Its status is in brackets.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    #[test]
    fn every_code_is_a_word_of_its_own() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len(), "a word is used twice");
        for word in words {
            let is_snake_case = word.split('_').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
            assert!(is_snake_case, "{word}");
        }
    }

    #[test]
    fn every_message_is_a_sentence_and_its_own() {
        let messages: BTreeSet<_> = Code::ALL.iter().map(|code| code.message()).collect();
        assert_eq!(messages.len(), Code::ALL.len(), "a message is used twice");
        for message in messages {
            assert!(message.ends_with('.') && !message.ends_with(".."), "{message}");
            assert_eq!(message.trim(), message);
            for placeholder in ["{", "}", "<", ">", "%s", "$", "TODO", "  ", "\n"] {
                assert!(!message.contains(placeholder), "{message}");
            }
        }
    }

    #[test]
    fn what_an_error_is_about_is_cut_to_one_line() {
        let error = Error::about(Code::ConfigUnknownKey, &["a\r\nb", &"ü".repeat(300)].concat());
        let subject = error.message().split_once(" [").unwrap().1.to_string();
        assert_eq!(subject, ["ab", &"ü".repeat(198), "]"].concat());
        assert!(error.to_string().starts_with("config_unknown_key: "), "{error}");
    }

    #[test]
    fn the_servers_words_are_made_harmless() {
        for (said, kept) in [
            (Some("the code\u{202e} was\r\n used <b>"), Some("the code was used <b>")),
            (Some("\n"), None),
            (Some(""), None),
            (None, None),
        ] {
            let error = OAuthError::new("invalid_grant", said);
            assert_eq!(error.description.as_deref(), kept, "{said:?}");
        }
        let long = OAuthError::new("invalid_grant", Some(&"x".repeat(300)));
        assert_eq!(long.description.unwrap().len(), 256);
        for (word, code) in [
            ("access_denied", Code::AccessDenied),
            ("invalid_grant", Code::InvalidGrant),
            ("ACCESS_DENIED", Code::UnknownError),
            // Words of ours are not the server's to say.
            ("state_mismatch", Code::UnknownError),
            ("invalid_client", Code::UnknownError),
            ("", Code::UnknownError),
        ] {
            assert_eq!(Code::of_server(word), code, "{word}");
        }
    }

    #[test]
    fn nothing_that_a_spent_code_makes_pointless_is_retryable() {
        for code in Code::ALL {
            let error = Error::from(*code);
            assert!(!error.clone().during(Phase::Redirect).is_retryable(), "{error}");
            assert!(!error.clone().during(Phase::Token).is_retryable(), "{error}");
            let may_pass = matches!(
                code,
                Code::RateLimited | Code::LockTimeout | Code::NetworkError | Code::Timeout
            );
            let by_user = ["sign_in_abandoned", "popup_blocked", "popup_closed", "opener_reloaded"];
            let may_pass = may_pass || by_user.contains(&code.as_str());
            assert_eq!(error.clone().during(Phase::Api).is_retryable(), may_pass, "{error}");
            let may_pass = may_pass || *code == Code::StorageUnavailable;
            assert_eq!(error.during(Phase::Refresh).is_retryable(), may_pass, "{code:?}");
        }
    }
}
