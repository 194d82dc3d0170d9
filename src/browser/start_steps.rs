//! The steps of the start, up to a login URL: all that the core's first part can do. See [`super::exports`].

use super::exports::{Clients, State, configured, slot, write_warning};
use super::{clock, entropy, url};
use crate::error::{Code, Error};
use crate::protocol::authorization_request::{AuthorizationRequest, SignInOptions};
use crate::protocol::authorization_response::AuthorizationResponse;
use crate::protocol::client::Client;
use crate::protocol::config::Config;
use crate::protocol::json::{Object, Value, Writer};
use crate::protocol::rounds;
use crate::protocol::secret::Wiped;
use crate::protocol::session::Status;
use crate::protocol::shared::Shared;
use alloc::vec::Vec;

/// Takes a step of the start, or says that any other has to wait.
#[inline(never)]
pub(super) fn take(clients: &mut Clients, input: &Object, out: &mut Writer) -> Result<(), Error> {
    match input.text("step") {
        "open" => {
            let state = open(input, out)?;
            clients.list.push(Some(state));
            out.number("core", u64::try_from(clients.list.len()).unwrap_or_default());
            Ok(())
        }
        "buildLoginUrl" => build_login_url(configured(clients, input)?, input, out),
        step => {
            let state = slot(clients, input)?.as_mut().ok_or(Code::NotReady)?;
            match step {
                "signIn" => return sign_in(state.machine.tokens(), input, out),
                "look" => out.bool(
                    "isAny",
                    AuthorizationResponse::is_any_in(input.text("url"), url::parse_url),
                ),
                "session" => state.write_nobody(out),
                _ => return Err(Code::NotReady.into()),
            }
            Ok(())
        }
    }
}

fn open(input: &Object, out: &mut Writer) -> Result<State, Error> {
    let page = match input.text("page") {
        // Off a page, in Node, say.
        "" => None,
        page => Some(url::parse_url(page, None).ok_or(Code::PageWithoutOrigin)?),
    };
    let config = Config::parse(input.text("options"), page, url::parse_url)?;
    let name = config.environment().name.as_str();
    out.string("client", &[name, ":", config.client_id().as_str()].concat());
    out.bool("isToDiscover", config.environment().is_to_discover);
    let is = |name| input.is(name);
    let client = Client::new(config);
    Ok(State {
        machine: Shared::new(client, is("hasVault"), is("hadSession"), is("canResume"), clock::now()),
        targets: Vec::new(),
        shown: Wiped::default(),
    })
}

fn sign_in(client: &Client, input: &Object, out: &mut Writer) -> Result<(), Error> {
    // A popup needs a click, so it goes round by nobody's own doing.
    if !input.is("isPopup") {
        let rounds = rounds::next(input.text("rounds"), input.text("load"), input.is("isByUser"))?;
        out.string("rounds", &rounds);
    }
    let options = sign_in_options(client.config(), input)?;
    let request = client.begin_sign_in(&options, entropy::entropy()?, clock::now().wall)?;
    out.string("state", request.pending.state());
    out.string("record", &request.pending.to_record());
    out.string("url", &request.url);
    write_warning(out, request.warning.as_ref().map(Error::code));
    Ok(())
}

#[inline(never)]
fn sign_in_options(config: &Config, input: &Object) -> Result<SignInOptions, Error> {
    let mut options = SignInOptions::parse(input.text("options"), config)?;
    options.is_popup = input.is("isPopup");
    // A parser that refuses makes an exception of it, which is slow.
    let page = input.present("page").and_then(Value::as_str);
    options.page = page.and_then(|page| url::parse_url(page, None));
    Ok(options)
}

fn build_login_url(config: &Config, input: &Object, out: &mut Writer) -> Result<(), Error> {
    let options = sign_in_options(config, input)?;
    let request = AuthorizationRequest::new(config, &options, entropy::entropy()?, clock::now().wall)?;
    out.string("url", &request.url);
    out.string("pending", &request.pending.to_record());
    // Nobody waits here for the sign-in, so a bad target is an error at once.
    request.warning.map_or(Ok(()), Err)
}

impl State {
    /// `{ session? }`: that nobody is signed in, where nobody can be yet. What changes that is in the second part, which then says
    /// what the session is.
    fn write_nobody(&mut self, out: &mut Writer) {
        if self.machine.is_nobodys() {
            let mut facts = Writer::object();
            facts.string("status", Status::SignedOut.as_str());
            facts.bool("signedIn", false);
            facts.string(
                "environment",
                self.machine.tokens().config().environment().name.as_str(),
            );
            facts.bool("renewable", false);
            self.show(facts, out);
        }
    }

    /// What the app is to see, unless it has seen it.
    pub(super) fn show(&mut self, facts: Writer, out: &mut Writer) {
        let facts = facts.end();
        if *facts != *self.shown {
            out.json("session", &facts);
            self.shown = facts;
        }
    }
}
