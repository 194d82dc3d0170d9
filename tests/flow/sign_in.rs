//! From the login URL to the tokens: the whole way once, then what a response, a record or an answer must not be.

use super::support::{
    OPTIONS, REFRESH_1, REVOKE_URL, STATE, TOKEN_URL, TOKENS, TOKENS_2, assert_post, assert_refused, at, client,
    client_of, entropy, header, json, judge, record, redeem, redeem_new, renewal, sign_in, signed_in,
};
use procore_spa_auth::error::{Code, Phase};
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::{Client, Progress, Renewal};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::HttpOutcome;
use procore_spa_auth::protocol::pending_authorization::{Flow, PendingAuthorization};
use procore_spa_auth::protocol::session::{SessionEvent, Status};
use procore_spa_auth::protocol::time::Moment;

#[test]
fn a_whole_sign_in_from_login_url_to_sign_out() {
    let mut client = client();
    assert_eq!(client.session(at(0)).status, Status::SignedOut);

    let options = SignInOptions::parse(r#"{"returnTo":"/projects?id=7#top"}"#, client.config()).unwrap();
    let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
    assert_eq!(
        *login.url,
        "https://login.procore.com/oauth/authorize?response_type=code&client_id=CID\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftenant%3Da%2520b\
         &state=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    assert_eq!(login.warning, None);
    let record = login.pending.to_record().to_string();

    // Nine minutes at the login page, and a page load.
    let exchange = redeem(&mut client, &record, "code=C%2F1", at(540)).unwrap();
    assert_post(
        &exchange,
        TOKEN_URL,
        "grant_type=authorization_code&code=C%2F1&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftenant%3Da%2520b\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=CID",
    );
    let Ok(Progress::SignedIn { return_to, warning }) = client.settle(exchange, json(200, TOKENS), at(541)) else {
        panic!("not signed in");
    };
    assert_eq!((return_to.as_str(), warning), ("/projects?id=7#top", None));
    assert_eq!(client.take_event(), Some(SessionEvent::SignedIn));
    assert_eq!(client.take_event(), None, "an event is told once");
    let session = client.session(at(541));
    assert_eq!(
        (session.status, session.flow, session.is_renewable),
        (Status::Fresh, Some(Flow::Code), true)
    );
    assert_eq!(
        session.expires_at,
        Some(at(541 + 5400).wall),
        "from receipt, not by created_at"
    );

    // Fresh until half a minute before its end, then renewed.
    assert_eq!(header(&mut client, at(541)).as_deref(), Some("Bearer AT1"));
    assert_eq!(header(&mut client, at(541 + 5369)).as_deref(), Some("Bearer AT1"));
    assert_eq!(header(&mut client, at(541 + 5370)), None);
    let exchange = renewal(&mut client);
    assert_post(&exchange, TOKEN_URL, REFRESH_1);
    assert!(matches!(
        client.settle(exchange, json(200, TOKENS_2), at(5912)),
        Ok(Progress::Refreshed)
    ));
    assert_eq!(client.take_event(), Some(SessionEvent::Refreshed));
    assert_eq!(header(&mut client, at(5912)).as_deref(), Some("Bearer AT2"));

    // The renewed token was used, so both are revoked by name; here they are gone at once.
    let generation = client.generation();
    judge(&mut client, 200, generation, at(5913));
    let exchange = client.begin_sign_out(at(6000)).unwrap();
    assert_eq!(client.session(at(6000)).status, Status::SignedOut);
    assert_eq!(client.take_event(), Some(SessionEvent::SignedOut));
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=RT2&token_type_hint=refresh_token&client_id=CID",
    );
    let Ok(Progress::Send(exchange)) = client.settle(exchange, json(200, ""), at(6000)) else {
        panic!("the access token is not revoked");
    };
    assert_post(
        &exchange,
        REVOKE_URL,
        "token=AT2&token_type_hint=access_token&client_id=CID",
    );
    let done = client.settle(exchange, json(200, ""), at(6001));
    assert!(matches!(done, Ok(Progress::SignedOut { is_revoked: true })));
    assert!(
        client.begin_sign_out(at(6001)).is_none(),
        "nobody is signed in any more"
    );
}

#[test]
fn only_a_credential_is_refused_as_one() {
    let client = client();
    let begun = |options: serde_json::Value| {
        let options = SignInOptions::parse(&options.to_string(), client.config())?;
        client.begin_sign_in(&options, entropy(), at(0).wall)
    };
    for scope in [
        "basic read",
        "Basic",
        "secrets:read client_secret password",
        "bearer basic:write",
    ] {
        let login = begun(serde_json::json!({ "scope": scope })).unwrap();
        let sent = url::form_urlencoded::byte_serialize(scope.as_bytes()).collect::<String>();
        assert!(login.url.contains(&format!("&scope={sent}&")), "{}", *login.url);
    }
    for (name, value) in [
        ("login_hint", "Basic Builders Ltd"),
        ("login_hint", "client_secret@example.com"),
        ("login_hint", "Basic: Secret Password & Sons = us"),
        ("company", "Bearer Bros."),
        ("secretary", "Ms Basic"),
        ("password_reset", "1"),
        ("secret_santa", "yes"),
    ] {
        let login = begun(serde_json::json!({ "extraParams": { name: value } }));
        assert!(login.unwrap().url.contains(&format!("&{name}=")), "{name}: {value}");
    }
    for (name, value) in [
        ("login_hint", "Basic Q0lEOng="),
        ("login_hint", "basic Q0lEOng"),
        ("hint", "https://app.example/?client_secret=x"),
        ("client_secret", ""),
        ("clientSecret", "x"),
        ("app-secret", "x"),
        ("password", "x"),
        ("client_assertion", "x"),
    ] {
        let error = begun(serde_json::json!({ "extraParams": { name: value } })).unwrap_err();
        assert_eq!(error.code(), Code::ConfigSecretForbidden, "{name}: {value}");
        assert!(!error.message().contains("Q0lE"), "{}", error.message());
    }
    let scope = begun(serde_json::json!({ "scope": "Basic Q0lEOng=" }));
    assert_eq!(scope.unwrap_err().code(), Code::ConfigSecretForbidden);
}

#[test]
fn a_popups_state_says_that_it_is_one() {
    let mut client = client();
    let mut options = SignInOptions::new(client.config());
    options.is_popup = true;
    let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
    let state = format!("popup-{STATE}");
    assert_eq!(login.pending.state(), state);
    assert!(login.url.contains(&format!("&state={state}&")), "{}", *login.url);
    let record = login.pending.to_record();
    // The rest of it is no less and no more than it is without.
    for (response, code) in [(STATE, Some(Code::StateMismatch)), (&state, None)] {
        let url = format!("https://app.example/cb?tenant=a%20b&code=C1&state={response}");
        let response = AuthorizationResponse::parse(&url, client.config()).unwrap().unwrap();
        let pending = PendingAuthorization::from_record(&record).unwrap();
        let grant = pending.accept(&response, client.config(), at(1).wall);
        assert_eq!(grant.as_ref().err().map(|error| error.code()), code);
        if let Ok(grant) = grant {
            assert_eq!(client.begin_redemption(grant).request.url, TOKEN_URL);
        }
    }
}

#[test]
fn a_response_after_ten_minutes_is_too_late() {
    let mut client = client();
    let record = record(&client);
    assert!(redeem(&mut client, &record, "code=C1", at(600)).is_ok());
    assert_eq!(
        redeem(&mut client, &record, "code=C1", at(601)).unwrap_err().code(),
        Code::StateExpired
    );
}

#[test]
fn a_response_larger_than_any_genuine_one_is_refused() {
    let mut client = client();
    let code_of = |length: usize| format!("code={}", "C".repeat(length));
    let pairs = |count: usize| format!("code=C1{}", "&a=1".repeat(count));
    for (response, code) in [
        (code_of(4096), None),
        (code_of(4097), Some(Code::CodeMalformed)),
        (code_of(32 * 1024), Some(Code::ResponseTooLarge)),
        // The registered query, the code and the state are three more.
        (pairs(61), None),
        (pairs(62), Some(Code::ResponseTooLarge)),
    ] {
        let result = redeem_new(&mut client, &response, at(1));
        assert_eq!(result.err().map(|error| error.code()), code, "{} bytes", response.len());
    }
    let elsewhere = format!("https://app.example/other?code={}", "C".repeat(32 * 1024));
    assert!(
        AuthorizationResponse::parse(&elsewhere, client.config())
            .unwrap()
            .is_none()
    );
}

#[test]
fn an_ordinary_page_is_left_alone_whatever_its_parameters_are_called() {
    let client = client();
    for url in [
        "https://app.example/other?password_reset=1&code=1",
        "https://app.example/cb?client_secret=x",
    ] {
        assert!(
            AuthorizationResponse::parse(url, client.config()).unwrap().is_none(),
            "{url}"
        );
    }
    let response = "https://app.example/cb?tenant=a%20b&code=C1&state=S1&client_secret=x";
    let error = AuthorizationResponse::parse(response, client.config()).unwrap_err();
    assert_eq!(error.code(), Code::ConfigSecretForbidden);
}

#[test]
fn return_to_is_no_response_in_any_spelling() {
    let client = client();
    for target in [
        "/cb?tenant=a%20b&code=X&state=Y",
        "/cb?tenant=a%20b&%63ode=X",
        "/cb?tenant=a%20b#%61ccess_token=X",
        "https://app.example/cb?tenant=a%20b&st%61te=Y",
    ] {
        let options = serde_json::json!({ "returnTo": target }).to_string();
        let options = SignInOptions::parse(&options, client.config()).unwrap();
        let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
        assert_eq!(login.warning.unwrap().code(), Code::ReturnToRejected, "{target}");
    }
}

#[test]
fn a_stored_record_is_whole_or_refused() {
    let good = record(&client());
    assert!(PendingAuthorization::from_record(&good).is_ok());
    for (from, to, code) in [
        ("}", "", Code::StorageCorrupt),
        ("{", "[{", Code::StorageCorrupt),
        ("{", r#"{"__proto__":{},"#, Code::StorageCorrupt),
        ("{", r#"{"tokenEndpoint":"https://evil.example","#, Code::StorageCorrupt),
        ("{", r#"{"state":"S2","#, Code::StorageCorrupt),
        ("{", r#"{"client_secret":"","#, Code::ConfigSecretForbidden),
        (r#""v":1"#, r#""v":999"#, Code::StorageVersion),
        (r#""v":1,"#, "", Code::StorageCorrupt),
        (STATE, "", Code::StorageCorrupt),
        (STATE, "S 1", Code::StorageCorrupt),
        (r#""query""#, r#""form_post""#, Code::StorageCorrupt),
        (r#""created":1"#, r#""created":-1"#, Code::StorageCorrupt),
        (r#""created":"#, r#""created":"x","created2":"#, Code::StorageCorrupt),
    ] {
        let damaged = good.replacen(from, to, 1);
        assert_ne!(damaged, good, "{from}");
        let error = PendingAuthorization::from_record(&damaged).unwrap_err();
        assert_eq!(error.code(), code, "{to}");
    }
}

#[test]
fn a_code_exchange_without_an_answer_is_not_sent_again() {
    for (outcome, code) in [
        (HttpOutcome::NoAnswer, Code::NetworkError),
        (HttpOutcome::NotSent, Code::NetworkError),
        (HttpOutcome::TimedOut, Code::Timeout),
        (HttpOutcome::Redirected, Code::TokenEndpointRedirected),
        (json(429, ""), Code::RateLimited),
        (json(503, ""), Code::TokenBadStatus),
        (json(401, r#"{"error":"invalid_client"}"#), Code::ClientAuthRequired),
    ] {
        let mut client = client();
        let exchange = redeem_new(&mut client, "code=C1", at(1)).unwrap();
        let is_known = matches!(outcome, HttpOutcome::NotSent);
        let error = client.settle(exchange, outcome, at(2)).unwrap_err();
        assert_eq!((error.code(), error.phase()), (code, Phase::Token));
        assert_eq!(error.message().contains("nothing was sent"), is_known);
        assert_eq!(client.session(at(2)).status, Status::SignedOut);
        assert_eq!(client.begin_refresh().unwrap_err().code(), Code::NotSignedIn);
    }
}

#[test]
fn an_earlier_sign_in_does_not_replace_a_later_one() {
    let mut client = client();
    let first = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    let second = redeem_new(&mut client, "code=C2", at(0)).unwrap();
    assert!(matches!(
        client.settle(second, json(200, TOKENS_2), at(1)),
        Ok(Progress::SignedIn { .. })
    ));
    // They may be of one grant, so the late ones go when the session does.
    assert_refused(&client.settle(first, json(200, TOKENS), at(2)), Code::SessionEnded);
    assert_eq!(header(&mut client, at(3)).as_deref(), Some("Bearer AT2"));
    assert_eq!(
        sign_out(&mut client, at(4)),
        (REVOKED_2_1.map(str::to_owned).into(), true)
    );
}

const REVOKED_2_1: [&str; 4] = ["RT2", "AT2", "RT1", "AT1"];

/// Signs out at a server that says yes to everything: the tokens that it is told of, and what the user is.
fn sign_out(client: &mut Client, now: Moment) -> (Vec<String>, bool) {
    let mut exchange = client.begin_sign_out(now).unwrap();
    let mut told = Vec::new();
    loop {
        assert_eq!(exchange.request.url, REVOKE_URL);
        let body = exchange.request.body.as_ref().unwrap().expose();
        told.push(body["token=".len()..].split('&').next().unwrap().to_owned());
        match client.settle(exchange, json(200, "{}"), now).unwrap() {
            Progress::Send(next) => exchange = next,
            Progress::SignedOut { is_revoked } => return (told, is_revoked),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn tokens_that_a_sign_in_replaces_are_revoked_at_sign_out_and_not_before() {
    // Where both sign-ins are one grant, revoking the old tokens would end the new ones.
    let mut client = signed_in(TOKENS);
    let again = redeem_new(&mut client, "code=C2", at(10)).unwrap();
    assert!(matches!(
        client.settle(again, json(200, TOKENS_2), at(11)),
        Ok(Progress::SignedIn { .. })
    ));
    assert_eq!(header(&mut client, at(14)).as_deref(), Some("Bearer AT2"));
    // A reload, or another tab, knows of them.
    let record = client.save(at(14)).unwrap();
    for mut client in [client, {
        let mut restored = self::client();
        restored.restore(&record, false, at(15)).unwrap();
        restored
    }] {
        assert_eq!(
            sign_out(&mut client, at(16)),
            (REVOKED_2_1.map(str::to_owned).into(), true)
        );
        assert!(client.begin_sign_out(at(17)).is_none(), "nothing is left");
    }
}

#[test]
fn more_replaced_tokens_than_are_kept_leave_the_revocation_pending() {
    let tokens = |name: usize| TOKENS.replace("T1\"", &format!("T1{name}\""));
    for (sign_ins, expected) in [(9, true), (10, false)] {
        let mut client = client();
        for name in 0..sign_ins {
            sign_in(&mut client, &tokens(name));
        }
        let (told, is_revoked) = sign_out(&mut client, at(1));
        assert_eq!((told.len(), is_revoked), (18, expected));
    }
}

#[test]
fn replaced_tokens_are_revoked_when_the_server_ends_the_session() {
    let mut client = signed_in(TOKENS);
    sign_in(&mut client, TOKENS_2);
    let exchange = renewal(&mut client);
    let mut next = client.settle(exchange, json(400, r#"{"error":"invalid_grant"}"#), at(1));
    let mut told = Vec::new();
    while let Ok(Progress::Send(exchange)) = next {
        told.push(exchange.request.body.as_ref().unwrap().expose()[..9].to_owned());
        next = client.settle(exchange, json(200, ""), at(1));
    }
    assert_refused(&next, Code::ReauthRequired);
    assert_eq!(told, ["token=RT1", "token=AT1"]);
}

#[test]
fn a_scope_that_is_not_said_is_the_one_asked_for() {
    let options = OPTIONS.replacen('{', r#"{"scope":"read","#, 1);
    let mut client = client_of(&options);
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    let tokens = r#"{"access_token":"AT1","token_type":"bearer","refresh_token":"RT1"}"#;
    assert!(client.settle(exchange, json(200, tokens), at(0)).is_ok());
    assert_eq!(client.session(at(0)).scope.as_deref(), Some("read"));
    let Ok(Renewal::Send(exchange)) = client.begin_refresh() else {
        panic!("nothing to renew with");
    };
    let wider = r#"{"access_token":"AT2","token_type":"bearer","scope":"read admin"}"#;
    let Ok(Progress::Send(revocation)) = client.settle(exchange, json(200, wider), at(1)) else {
        panic!("the wider token is not revoked");
    };
    // Without a new refresh token, the one before is the one to be revoked.
    let Ok(Progress::Send(revocation)) = client.settle(revocation, json(200, ""), at(1)) else {
        panic!("the wider token is not revoked");
    };
    assert_eq!(
        client.settle(revocation, json(200, ""), at(2)).unwrap_err().code(),
        Code::ScopeExpanded
    );
}

#[test]
fn a_code_goes_back_to_the_server_that_the_sign_in_was_begun_at() {
    let record = record(&client());
    let elsewhere = OPTIONS.replacen(
        '{',
        r#"{"servers":{"production":{"customAuthorizationServer":true,"authorizationEndpoint":"https://as.example/a",
            "tokenEndpoint":"https://as.example/t","revocationEndpoint":"https://as.example/r",
            "apiOrigin":"https://api.example"}},"#,
        1,
    );
    let error = redeem(&mut client_of(&elsewhere), &record, "code=C1", at(1)).unwrap_err();
    assert_eq!(error.code(), Code::IssuerChanged);
}

#[test]
fn more_scope_than_was_asked_for_is_given_back() {
    let mut client = client_of(&OPTIONS.replacen('{', r#"{"scope":"read","#, 1));
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    let tokens = r#"{"access_token":"AT1","token_type":"bearer","scope":"read admin"}"#;
    let Ok(Progress::Send(revocation)) = client.settle(exchange, json(200, tokens), at(0)) else {
        panic!("tokens that must not be used are kept");
    };
    let error = client.settle(revocation, json(200, ""), at(1)).unwrap_err();
    assert_eq!(error.code(), Code::ScopeExpanded);
}

#[test]
fn a_scope_is_of_words_wherever_it_comes_from() {
    let long = "a".repeat(4097);
    for scope in ["read\nwrite", "a\"b", "a\\b", "\u{e9}", "<\u{0}>", &long] {
        let json_scope = serde_json::json!(scope).to_string();
        let options = OPTIONS.replacen('{', &format!(r#"{{"scope":{json_scope},"#), 1);
        let refused = Config::parse(&options, parse_url("https://app.example/", None), parse_url).unwrap_err();
        assert_eq!(refused.code(), Code::ConfigInvalid, "{scope:?}");
        let mut client = client();
        let mut wanted = SignInOptions::new(client.config());
        wanted.scope = Some(scope.to_owned());
        let refused = client.begin_sign_in(&wanted, entropy(), at(0).wall).unwrap_err();
        assert_eq!(refused.code(), Code::ConfigInvalid, "{scope:?}");

        // The server's, as a text and as a list; when redeeming, and when renewing.
        for said in [json_scope.clone(), format!("[\"read\",{json_scope}]")] {
            let tokens = TOKENS.replacen('{', &format!(r#"{{"scope":{said},"#), 1);
            let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
            assert_refused(&client.settle(exchange, json(200, &tokens), at(0)), Code::TokenBadScope);
            let mut client = signed_in(TOKENS_2);
            let exchange = renewal(&mut client);
            assert_refused(
                &client.settle(exchange, json(200, &tokens), at(1)),
                Code::ReauthRequired,
            );
            assert_eq!(client.session(at(1)).scope, None);
        }

        // What is stored: a session, and a pending sign-in.
        let kept = signed_in(TOKENS).save(at(1)).unwrap();
        let kept = kept.replacen('{', &format!(r#"{{"scope":{json_scope},"#), 1);
        assert_eq!(
            client.restore(&kept, false, at(1)).unwrap_err().code(),
            Code::StorageCorrupt
        );
        let pending = record(&client).replacen('{', &format!(r#"{{"scope":{json_scope},"#), 1);
        let refused = PendingAuthorization::from_record(&pending).unwrap_err();
        assert_eq!(refused.code(), Code::StorageCorrupt, "{scope:?}");
    }
    let spaced = TOKENS.replacen('{', r#"{"scope":" read  write ","#, 1);
    assert_eq!(signed_in(&spaced).session(at(0)).scope.as_deref(), Some("read write"));
}

#[test]
fn an_empty_scope_is_none() {
    let client = client_of(&OPTIONS.replacen('{', r#"{"scope":"","#, 1));
    assert!(!record(&client).contains("scope"));
}
