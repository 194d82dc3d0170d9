//! Sign-in with Procore from an app in Yew.

use procore_spa_auth::app::{ProcoreAuth, SignInOptions};
use procore_spa_auth::error::Error;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

fn main() {
    let options = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|page| page.get_element_by_id("options"))
        .and_then(|options| options.text_content());
    let options = serde_json::from_str(&options.unwrap_or_default()).expect("the options are JSON");
    let auth = ProcoreAuth::new(&options).expect("the options are right");
    // In this very turn: it scrubs the URL. The app begins when it is known who is signed in.
    let redirect = auth.handle_redirect();
    spawn_local(async move {
        let refusal = redirect.await.err().map(|error| error.to_string());
        yew::Renderer::<App>::with_props(Props { auth, refusal }).render();
    });
}

#[derive(Properties, PartialEq)]
struct Props {
    auth: ProcoreAuth,
    refusal: Option<String>,
}

#[component]
fn App(Props { auth, refusal }: &Props) -> Html {
    let session = use_state(|| auth.session());
    let (name, result) = (use_state(String::new), use_state(String::new));
    let error = use_state(|| refusal.clone().unwrap_or_default());
    let run = {
        let (auth, error) = (auth.clone(), error.setter());
        move |work: fn(ProcoreAuth) -> Work, shown: UseStateSetter<String>| {
            let (work, error) = (work(auth.clone()), error.clone());
            spawn_local(async move {
                work.await
                    .map_or_else(|refused| error.set(refused.to_string()), |text| shown.set(text))
            });
        }
    };
    {
        let (auth, session, name, run) = (auth.clone(), session.setter(), name.setter(), run.clone());
        use_effect_with((), move |()| {
            if auth.session().signed_in {
                run(|auth| Box::pin(async move { Ok(auth.user().await?.name) }), name);
            }
            let subscription = auth.subscribe(move |now, _| session.set(now.clone()));
            move || drop(subscription)
        });
    }
    let button = |work: fn(ProcoreAuth) -> Work| {
        let (run, result) = (run.clone(), result.setter());
        move |_: MouseEvent| run(work, result.clone())
    };
    let sign_in = button(|auth| Box::pin(async move { match auth.sign_in(&SignInOptions::default()).await? {} }));
    let call =
        button(|auth| Box::pin(async move { Ok(auth.fetch("/rest/v1.0/companies").await?.status().to_string()) }));
    let sign_out = button(|auth| Box::pin(async move { Ok(format!("{:?}", auth.sign_out().await?.outcome)) }));
    html! {
        <>
            <p>{ "Session: " }<span id="status">{ session.status.as_str() }</span>{ " " }<b id="user">{ &*name }</b></p>
            <button id="sign-in" onclick={sign_in}>{ "Sign in with Procore" }</button>
            <button id="call" onclick={call}>{ "My companies" }</button>
            <button id="sign-out" onclick={sign_out}>{ "Sign out" }</button>
            <p id="result">{ &*result }</p>
            <p id="error">{ &*error }</p>
        </>
    }
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<String, Error>>>>;
