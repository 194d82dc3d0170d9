//! Sign-in with Procore from a page in Rust, without a framework.

use gloo_events::EventListener;
use procore_spa_auth::app::{Following, Options, ProcoreAuth, SignInOptions, SignInState, StartOptions};
use wasm_bindgen_futures::spawn_local;

fn main() {
    let options = Options::from_page("options").expect("the page has its options");
    let auth = ProcoreAuth::new(&options).expect("the options are right");
    // In this very turn: it scrubs the URL.
    let page = auth.follow(&StartOptions::manual());
    page.subscribe(show_state).forget();
    on_click("sign-in", &page, |page| page.sign_in(&SignInOptions::default()));
    on_click("sign-out", &page, Following::sign_out);
    on_click("call", &page, |page| {
        let auth = page.auth().clone();
        spawn_local(async move {
            match auth.fetch("/rest/v1.0/companies").await {
                Ok(answer) => show("result", &answer.status().to_string()),
                Err(error) => show("result", &error.to_string()),
            }
        });
    });
}

fn show_state(state: &SignInState) {
    show("status", state.status.as_str());
    show("user", state.user.as_ref().map_or("", |user| &user.name));
    show(
        "error",
        &state.error.as_ref().map_or(String::new(), ToString::to_string),
    );
}

fn on_click(id: &str, page: &Following, act: fn(&Following)) {
    let page = page.clone();
    EventListener::new(&element(id), "click", move |_| act(&page)).forget();
}

fn show(id: &str, text: &str) {
    element(id).set_text_content(Some(text));
}

fn element(id: &str) -> web_sys::Element {
    let page = web_sys::window().and_then(|window| window.document()).expect("a page");
    page.get_element_by_id(id).expect("the page has it")
}
