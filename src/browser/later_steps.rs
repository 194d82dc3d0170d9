//! Every other step: what judges a response, and what a session is told and asks for. The core's second part. See
//! [`super::exports`].

use super::exports::{Clients, State, slot};
use super::{clock, start_steps, url};
use crate::error::{Code, Error};
use crate::protocol::authorization_response::{AuthorizationResponse, Granted};
use crate::protocol::config::Config;
use crate::protocol::credentials::RedirectUri;
use crate::protocol::json::{Object, Writer};
use crate::protocol::pending_authorization::PendingAuthorization;
use alloc::string::String;

/// Takes any step.
pub(super) fn take(clients: &mut Clients, input: &Object, out: &mut Writer) -> Result<(), Error> {
    match input.text("step") {
        "parseRedirect" => {
            let pending = PendingAuthorization::from_record(input.text("pending"))?;
            let config = recorded(&mut clients.answered, &pending, input.text("server"))?;
            // Where the sign-in has asked for it; it may have been of the implicit flow.
            config.response_mode = pending.response_mode;
            parse_redirect(*pending, config, input, out)
        }
        "open" | "buildLoginUrl" | "signIn" | "look" => start_steps::take(clients, input, out),
        "close" => {
            *slot(clients, input)? = None;
            Ok(())
        }
        step => {
            let state = slot(clients, input)?.as_mut().ok_or(Code::NotReady)?;
            match step {
                "session" => state.write_session(clock::now(), out),
                "facts" => write_facts(state.machine.tokens().config(), out),
                "tell" => state.tell(input, out)?,
                "fetch" => state.fetch(input, out)?,
                "judge" => {
                    state.judge(input, out)?;
                    share_pause(clients, input);
                }
                "redeem" => state.redeem(input, out)?,
                _ => return Err(Code::NotReady.into()),
            }
            Ok(())
        }
    }
}

/// What the API has asked one client of this page, it has asked all that call it.
fn share_pause(clients: &mut Clients, input: &Object) {
    let state = slot(clients, input).ok().and_then(|slot| slot.as_ref());
    let Some(state) = state.filter(|state| state.machine.paused_until() > clock::now().exactly()) else {
        return;
    };
    let (until, origin) = (state.machine.paused_until(), String::from(api_origin(state)));
    for state in clients
        .list
        .iter_mut()
        .flatten()
        .filter(|state| *api_origin(state) == *origin)
    {
        state.machine.pause_until(until);
    }
}

fn api_origin(state: &State) -> &str {
    &state.machine.tokens().config().environment().api_origin
}

/// The configuration that a sign-in was begun with, parsed once for equal ones. `server`: the JSON form of one entry of `servers`, or
/// nothing.
fn recorded<'a>(
    last: &'a mut Option<(String, Config)>,
    pending: &PendingAuthorization,
    server: &str,
) -> Result<&'a mut Config, Error> {
    let is_same =
        |(known, config): &&(String, Config)| known == server && pending.is_of(config) && pending.is_to(config);
    if last.as_ref().filter(is_same).is_none() {
        let config = pending.config(Some(server).filter(|server| !server.is_empty()), url::parse_url)?;
        *last = Some((server.into(), config));
    }
    let last = last.as_mut();
    last.map(|(_, config)| config).ok_or_else(|| Code::ConfigInvalid.into())
}

fn parse_redirect(
    pending: PendingAuthorization,
    config: &Config,
    input: &Object,
    out: &mut Writer,
) -> Result<(), Error> {
    let Some(response) = AuthorizationResponse::parse(input.text("url"), config)? else {
        out.string("kind", "none");
        return Ok(());
    };
    if !response.claims(pending.state()) {
        out.string("kind", "none");
        return response.unclaimed(true).map_or(Ok(()), Err);
    }
    let grant = pending.accept(&response, config, clock::now().wall)?;
    match &grant.credential {
        Granted::Code(code, verifier) => {
            out.string("kind", "code");
            out.string("code", code.expose());
            out.string("codeVerifier", verifier.expose());
            out.string("redirectUri", grant.redirect_uri());
        }
        #[cfg(feature = "implicit")]
        Granted::Token(tokens) => {
            out.string("kind", "token");
            out.string("accessToken", tokens.access_token.expose());
            out.number("expiresIn", tokens.expires_in);
            out.optional("scope", tokens.scope.as_deref());
        }
    }
    out.string("clientId", config.client_id().as_str());
    out.string("environment", config.environment().name.as_str());
    out.string("returnTo", grant.return_to.as_str());
    Ok(())
}

/// What a check-up goes by.
fn write_facts(config: &Config, out: &mut Writer) {
    let environment = config.environment();
    let (token_endpoint, is_mediator) = config.token_endpoint();
    let (revocation_endpoint, _) = config.revocation_endpoint();
    out.strings("redirectUris", config.redirect_uris().iter().map(RedirectUri::as_str));
    out.bool("isMediator", is_mediator);
    out.string("environment", environment.name.as_str());
    out.string("clientId", config.client_id().as_str());
    out.string("issuer", &environment.issuer);
    out.string("authorizationEndpoint", &environment.authorization_endpoint);
    out.string("tokenEndpoint", token_endpoint);
    out.string("revocationEndpoint", revocation_endpoint);
    out.string("tokenInfoEndpoint", &environment.token_info_endpoint);
    out.string("apiOrigin", &environment.api_origin);
}
