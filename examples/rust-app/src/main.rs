//! Sign-in with Procore from a page in Rust, without a framework.

use gloo_events::EventListener;
use procore_spa_auth::app::{ProcoreAuth, Session, SignInOptions};
use procore_spa_auth::error::Error;
use wasm_bindgen_futures::spawn_local;

fn main() {
    let options =
        serde_json::from_str(&element("options").text_content().unwrap_or_default()).expect("the options are JSON");
    let auth = ProcoreAuth::new(&options).expect("the options are right");
    // For as long as there is the page.
    std::mem::forget(auth.subscribe(|session, _| show_session(session)));
    // In this very turn: it scrubs the URL.
    let redirect = auth.handle_redirect();
    run(auth.clone(), |auth| async move {
        let redirect = redirect.await;
        show_session(&auth.session());
        redirect?;
        if auth.session().signed_in {
            show("user", &auth.user().await?.name);
        }
        Ok(())
    });
    on_click("sign-in", &auth, |auth| async move {
        auth.sign_in(&SignInOptions::default())
            .await
            .map(|never| match never {})
    });
    on_click("call", &auth, |auth| async move {
        let answer = auth.fetch("/rest/v1.0/companies").await?;
        show("result", &answer.status().to_string());
        Ok(())
    });
    on_click("sign-out", &auth, |auth| async move {
        let ended = auth.sign_out().await?;
        show("result", &format!("{:?}", ended.outcome));
        Ok(())
    });
}

fn on_click<Work: Future<Output = Result<(), Error>> + 'static>(
    id: &str,
    auth: &ProcoreAuth,
    act: fn(ProcoreAuth) -> Work,
) {
    let auth = auth.clone();
    EventListener::new(&element(id), "click", move |_| run(auth.clone(), act)).forget();
}

fn run<Work: Future<Output = Result<(), Error>> + 'static>(auth: ProcoreAuth, act: impl FnOnce(ProcoreAuth) -> Work) {
    let work = act(auth);
    spawn_local(async move {
        if let Err(error) = work.await {
            show("error", &error.to_string());
        }
    });
}

fn show_session(session: &Session) {
    show("status", session.status.as_str());
}

fn show(id: &str, text: &str) {
    element(id).set_text_content(Some(text));
}

fn element(id: &str) -> web_sys::Element {
    let document = web_sys::window().and_then(|window| window.document());
    document
        .and_then(|document| document.get_element_by_id(id))
        .expect("the page has it")
}
