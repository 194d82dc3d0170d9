//! Sign-in with Procore from an app in Leptos.

use leptos::prelude::*;
use procore_spa_auth::app::{ProcoreAuth, SignInOptions};
use procore_spa_auth::error::Error;
use wasm_bindgen_futures::spawn_local;

fn main() {
    let options = document()
        .get_element_by_id("options")
        .and_then(|options| options.text_content());
    let options = serde_json::from_str(&options.unwrap_or_default()).expect("the options are JSON");
    let auth = ProcoreAuth::new(&options).expect("the options are right");
    // In this very turn: it scrubs the URL. The app begins when it is known who is signed in.
    let redirect = auth.handle_redirect();
    spawn_local(async move {
        let refusal = redirect.await.err();
        mount_to_body(move || view! { <App auth refusal /> });
    });
}

#[component]
fn App(auth: ProcoreAuth, refusal: Option<Error>) -> impl IntoView {
    let session = RwSignal::new(auth.session());
    let subscription = auth.subscribe(move |now, _| session.set(now.clone()));
    // For as long as this component is there.
    StoredValue::new_local(subscription);
    let auth = StoredValue::new_local(auth);
    let (name, result) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let error = RwSignal::new(refusal.map(|error| error.to_string()).unwrap_or_default());
    let run = move |work: fn(ProcoreAuth) -> Work, shown: RwSignal<String>| {
        let work = work(auth.get_value());
        spawn_local(async move {
            work.await
                .map_or_else(|refused| error.set(refused.to_string()), |text| shown.set(text))
        });
    };
    if session.get_untracked().signed_in {
        run(|auth| Box::pin(async move { Ok(auth.user().await?.name) }), name);
    }
    let sign_in = |auth: ProcoreAuth| -> Work {
        Box::pin(async move { match auth.sign_in(&SignInOptions::default()).await? {} })
    };
    let call = |auth: ProcoreAuth| -> Work {
        Box::pin(async move { Ok(auth.fetch("/rest/v1.0/companies").await?.status().to_string()) })
    };
    let sign_out =
        |auth: ProcoreAuth| -> Work { Box::pin(async move { Ok(format!("{:?}", auth.sign_out().await?.outcome)) }) };
    view! {
        <p>"Session: " <span id="status">{move || session.get().status.as_str()}</span> " " <b id="user">{name}</b></p>
        <button id="sign-in" on:click=move |_| run(sign_in, result)>"Sign in with Procore"</button>
        <button id="call" on:click=move |_| run(call, result)>"My companies"</button>
        <button id="sign-out" on:click=move |_| run(sign_out, result)>"Sign out"</button>
        <p id="result">{result}</p>
        <p id="error">{error}</p>
    }
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<String, Error>>>>;
