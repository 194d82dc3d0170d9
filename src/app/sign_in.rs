//! Leaving for the login page.

use super::driver::Driver;
use super::page;
use crate::browser::{clock, entropy, pending_store, url};
use crate::error::{Code, Error};
use crate::protocol::authorization_request::SignInOptions as Chosen;
use crate::protocol::client::Client;
use crate::protocol::rounds;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use futures_channel::oneshot;
use gloo_events::EventListener;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use web_sys::{PageTransitionEvent, Window};

/// What one sign-in may choose. The default is what most apps want.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SignInOptions {
    /// One of the registered redirect URIs; by default the first on this page's origin.
    pub redirect_uri: Option<String>,
    /// Instead of the configured scope (RFC 6749 §3.3).
    pub scope: Option<String>,
    /// Where to be afterwards: a path of this origin. By default where the user is now.
    pub return_to: Option<String>,
    /// More parameters for the login page, as names and values. Reserved names are refused.
    pub extra_params: Vec<(String, String)>,
}

impl SignInOptions {
    /// With where to be afterwards.
    #[must_use]
    pub fn with_return_to(mut self, return_to: &str) -> Self {
        self.return_to = Some(return_to.into());
        self
    }

    /// With one more parameter for the login page.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Self {
        self.extra_params.push((name.into(), value.into()));
        self
    }

    fn chosen(&self, client: &Client, window: &Window) -> Chosen {
        let mut chosen = Chosen::new(client.config());
        chosen.redirect_uri.clone_from(&self.redirect_uri);
        chosen.scope.clone_from(&self.scope);
        chosen.return_to = self.return_to.clone().unwrap_or_default();
        chosen.page = url::parse_url(&page::href(window), None);
        chosen.extra_params.clone_from(&self.extra_params);
        chosen
    }
}

/// Goes to the login page.
pub(super) async fn sign_in(driver: &Rc<Driver>, options: &SignInOptions) -> Result<Infallible, Error> {
    let window = &driver.window;
    // A frame would go blank: browsers show nothing of a page that refuses to be framed, and tell nobody.
    if window.parent().ok().flatten().is_none_or(|parent| parent != *window) {
        return Err(Code::SignInFramed.into());
    }
    let is_by_user = page::is_by_user(window);
    driver.open().await?;
    let rounds = rounds::next(&driver.marks.rounds(), &page::loaded_at(window), is_by_user)?;
    let now = clock::now().wall;
    let login = driver.with_client(|client| {
        let chosen = options.chosen(client, window);
        client.begin_sign_in(&chosen, entropy::entropy()?, now)
    })?;
    pending_store::put(&login.pending, now)?;
    driver.marks.keep_rounds(&rounds);
    if let Some(warning) = login.warning {
        web_sys::console::warn_1(&["procore-spa-auth: ", warning.code().as_str()].concat().into());
    }
    leave(window, &login.url).await
}

/// Settles only for a page that is left and then shown again as it was, by the Back button.
async fn leave(window: &Window, url: &str) -> Result<Infallible, Error> {
    let (sender, back) = oneshot::channel();
    let mut sender = Some(sender);
    let _listener = EventListener::new(window, "pageshow", move |event| {
        let is_back = event.dyn_ref().is_some_and(PageTransitionEvent::persisted);
        if let Some(sender) = sender.take_if(|_| is_back) {
            let _ = sender.send(());
        }
    });
    window.location().assign(url).map_err(|_| Code::SignInAbandoned)?;
    let _ = back.await;
    Err(Code::SignInAbandoned.into())
}
