//! Sign-in with Procore from an app in Leptos.

use leptos::prelude::*;
use procore_spa_auth::app::{Following, Options, ProcoreAuth, SignInOptions, StartOptions};
use wasm_bindgen_futures::spawn_local;

fn main() {
    let options = Options::from_page("options").expect("the page has its options");
    let auth = ProcoreAuth::new(&options).expect("the options are right");
    // In this very turn: it scrubs the URL. A router would be mounted when the user is back where the sign-in began.
    let page = auth.follow(&StartOptions::manual());
    spawn_local(async move {
        page.known().await;
        mount_to_body(move || view! { <App page /> });
    });
}

#[component]
fn App(page: Following) -> impl IntoView {
    let state = RwSignal::new(page.state());
    page.subscribe(move |now| state.set(now.clone())).forget();
    let page = StoredValue::new_local(page);
    let result = RwSignal::new(String::new());
    let call = move |_| {
        spawn_local(async move {
            match page.get_value().auth().fetch("/rest/v1.0/companies").await {
                Ok(answer) => result.set(answer.status().to_string()),
                Err(error) => result.set(error.to_string()),
            }
        });
    };
    view! {
        <p>"Session: " <span id="status">{move || state.get().status.as_str()}</span></p>
        <p>"User: " <b id="user">{move || state.get().user.map(|user| user.name)}</b></p>
        <button id="sign-in" on:click=move |_| page.get_value().sign_in(&SignInOptions::default())>"Sign in with Procore"</button>
        <button id="call" on:click=call>"My companies"</button>
        <button id="sign-out" on:click=move |_| page.get_value().sign_out()>"Sign out"</button>
        <p id="result">{result}</p>
        <p id="error">{move || state.get().error.map(|error| error.to_string())}</p>
    }
}
