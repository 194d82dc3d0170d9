//! Sign-in with Procore from an app in Yew.

use procore_spa_auth::app::{Following, Options, ProcoreAuth, SignInOptions, StartOptions};
use yew::platform::spawn_local;
use yew::prelude::*;

fn main() {
    let options = Options::from_page("options").expect("the page has its options");
    let auth = ProcoreAuth::new(&options).expect("the options are right");
    // In this very turn: it scrubs the URL. A router would be mounted when the user is back where the sign-in began.
    let page = auth.follow(&StartOptions::manual());
    spawn_local(async move {
        page.known().await;
        yew::Renderer::<App>::with_props(Props { page }).render();
    });
}

#[derive(Properties, PartialEq)]
struct Props {
    page: Following,
}

#[component]
fn App(Props { page }: &Props) -> Html {
    let (state, result) = (page.state(), use_state(String::new));
    let update = use_force_update();
    use_effect_with(page.clone(), |page| {
        let listening = page.subscribe(move |_| update.force_update());
        move || drop(listening)
    });
    let on_click = |act: fn(&Following, UseStateSetter<String>)| {
        let (page, result) = (page.clone(), result.setter());
        move |_: MouseEvent| act(&page, result.clone())
    };
    html! {
        <>
            <p>{ "Session: " }<span id="status">{ state.status.as_str() }</span></p>
            <p>{ "User: " }<b id="user">{ state.user.map_or(String::new(), |user| user.name) }</b></p>
            <button id="sign-in" onclick={on_click(|page, _| page.sign_in(&SignInOptions::default()))}>{ "Sign in with Procore" }</button>
            <button id="call" onclick={on_click(call)}>{ "My companies" }</button>
            <button id="sign-out" onclick={on_click(|page, _| page.sign_out())}>{ "Sign out" }</button>
            <p id="result">{ &*result }</p>
            <p id="error">{ state.error.map_or(String::new(), |error| error.to_string()) }</p>
        </>
    }
}

fn call(page: &Following, result: UseStateSetter<String>) {
    let auth = page.auth().clone();
    spawn_local(async move {
        match auth.fetch("/rest/v1.0/companies").await {
            Ok(answer) => result.set(answer.status().to_string()),
            Err(error) => result.set(error.to_string()),
        }
    });
}
