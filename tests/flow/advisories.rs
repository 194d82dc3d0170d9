//! What went wrong in others' products, each under the name of its advisory: none of it goes wrong here.
//!
//! `tests/advisories.md` says what each was, and which others are shown elsewhere.

use super::support::{
    OPTIONS, STATE, TOKENS, TOKENS_2, assert_refused, at, client, client_of, entropy, header, json, record, redeem,
    redeem_new, renewal, sign_in, signed_in,
};
use procore_spa_auth::error::{Code, Error};
use procore_spa_auth::parse_url;
use procore_spa_auth::protocol::api_request::{ApiRequest, CompanyId};
use procore_spa_auth::protocol::authorization_request::SignInOptions;
use procore_spa_auth::protocol::authorization_response::AuthorizationResponse;
use procore_spa_auth::protocol::client::{Client, Progress, Renewal};
use procore_spa_auth::protocol::config::Config;
use procore_spa_auth::protocol::http::{HttpOutcome, HttpResponse};
use procore_spa_auth::protocol::pending_authorization::PendingAuthorization;
use procore_spa_auth::protocol::session::Status;

/// A response to the pending sign-in, whole: its parameters are what is tried.
fn answered(client: &Client, parameters: &str) -> Result<(), Error> {
    let url = format!("https://app.example/cb?tenant=a%20b&{parameters}");
    let response = AuthorizationResponse::parse(&url, client.config())?.unwrap();
    let pending = PendingAuthorization::from_record(&record(client))?;
    pending.accept(&response, client.config(), at(1).wall).map(|_| ())
}

#[test]
fn cve_2018_7307_a_response_without_state_is_refused() {
    let client = client();
    for parameters in ["code=C1", "code=C1&state=", "code=C1&state", "code=C1&State=x"] {
        assert_eq!(
            answered(&client, parameters).unwrap_err().code(),
            Code::StateMissing,
            "{parameters}"
        );
        // Nor is it taken for some other sign-in's.
        let url = format!("https://app.example/cb?tenant=a%20b&{parameters}");
        let response = AuthorizationResponse::parse(&url, client.config()).unwrap().unwrap();
        assert_eq!(response.states().count(), 0);
        assert_eq!(response.unclaimed(true).unwrap().code(), Code::StateMissing);
    }
}

#[test]
fn ghsa_wxw3_q3m9_c3jr_a_state_that_does_not_match_is_refused() {
    let client = client();
    assert!(answered(&client, &format!("code=C1&state={STATE}")).is_ok());
    let longer = format!("{STATE}x");
    let lower = STATE.to_lowercase();
    for state in [&STATE[1..], &STATE[..42], &longer, &lower, "null", "undefined", "%00"] {
        let error = answered(&client, &format!("code=C1&state={state}")).unwrap_err();
        assert_eq!(error.code(), Code::StateMismatch, "{state}");
    }
}

#[test]
fn cve_2023_27490_state_and_challenge_can_not_be_left_out_of_a_login_url() {
    let client = client();
    for name in [
        "state",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "response_type",
    ] {
        let options = serde_json::json!({ "extraParams": { name: "" } }).to_string();
        let parsed = SignInOptions::parse(&options, client.config());
        let login = parsed.and_then(|options| client.begin_sign_in(&options, entropy(), at(0).wall));
        match login {
            Err(error) => assert_eq!(error.code(), Code::ParamReserved, "{name}"),
            // No ID token is asked for, so this name is nobody's here.
            Ok(login) => assert!(
                name == "nonce" && login.url.contains("&code_challenge_method=S256"),
                "{name}"
            ),
        }
    }
    // What was stored without them answers nothing.
    let whole = record(&client);
    for name in ["state", "verifier"] {
        let mut members: serde_json::Map<_, _> = serde_json::from_str(&whole).unwrap();
        members.insert(name.to_owned(), "".into());
        let emptied = serde_json::to_string(&members).unwrap();
        members.remove(name);
        for damaged in [emptied, serde_json::to_string(&members).unwrap()] {
            let error = PendingAuthorization::from_record(&damaged).unwrap_err();
            assert_eq!(error.code(), Code::StorageCorrupt, "{name}");
        }
    }
}

#[test]
fn cve_2020_5263_no_error_holds_what_was_sent() {
    const SECRETS: [&str; 5] = ["CODE-1", "dBjftJeZ4CVP", "ACCESS-1", "REFRESH-1", "echo"];
    let tokens = r#"{"access_token":"ACCESS-1","token_type":"bearer","expires_in":5400,"refresh_token":"REFRESH-1"}"#;
    let echo = r#"{"error":"invalid_grant","error_description":"no","request":"echo CODE-1 REFRESH-1"}"#;
    let failures = || {
        [
            HttpOutcome::NoAnswer,
            HttpOutcome::TimedOut,
            HttpOutcome::Redirected,
            json(400, echo),
            json(500, "echo CODE-1"),
            json(200, "echo"),
            json(200, r#"{"access_token":"ACCESS-1","token_type":"mac"}"#),
            HttpOutcome::Answer(HttpResponse::new(200, "text/html".into(), "echo CODE-1".into())),
        ]
    };
    let mut errors = Vec::new();
    for failure in failures() {
        let mut client = client();
        let exchange = redeem_new(&mut client, "code=CODE-1", at(1)).unwrap();
        assert!(exchange.request.body.as_ref().unwrap().expose().contains("CODE-1"));
        errors.push(client.settle(exchange, failure, at(2)).unwrap_err());
    }
    for failure in failures() {
        let mut client = signed_in(tokens);
        let exchange = renewal(&mut client);
        assert!(exchange.request.body.as_ref().unwrap().expose().contains("REFRESH-1"));
        errors.push(client.settle(exchange, failure, at(2)).unwrap_err());
    }
    for error in errors {
        let seen = format!("{error} {error:?} {}", error.message());
        assert!(SECRETS.iter().all(|secret| !seen.contains(secret)), "{seen}");
    }
}

#[test]
fn cve_2026_42280_no_id_token_is_believed() {
    let mut client = client();
    // Unsigned, and of whoever likes: no claim of it signs anybody in.
    let id_token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.";
    let error = answered(&client, &format!("code=C1&id_token={id_token}&state={STATE}")).unwrap_err();
    assert_eq!(error.code(), Code::TokenInFrontChannel);
    let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
    let alone = format!(r#"{{"id_token":"{id_token}","token_type":"bearer"}}"#);
    assert_refused(
        &client.settle(exchange, json(200, &alone), at(1)),
        Code::TokenMissingAccessToken,
    );
    let beside = TOKENS.replacen('{', &format!(r#"{{"id_token":"{id_token}","#), 1);
    sign_in(&mut client, &beside);
    let known = format!(
        "{client:?} {:?} {}",
        client.session(at(1)),
        *client.save(at(1)).unwrap()
    );
    assert!(!known.contains("eyJ"), "{known}");
}

/// Each is somebody else's page, however it is written, and the user goes to this app's start instead.
fn are_refused(targets: &[&str]) {
    let mut client = client();
    for target in targets {
        let options = serde_json::json!({ "returnTo": target }).to_string();
        let options = SignInOptions::parse(&options, client.config()).unwrap();
        let login = client.begin_sign_in(&options, entropy(), at(0).wall).unwrap();
        assert_eq!(login.warning.unwrap().code(), Code::ReturnToRejected, "{target:?}");
        // Nor is it believed when it stands in the record, where anybody may have written.
        let mut stored: serde_json::Map<_, _> = serde_json::from_str(&login.pending.to_record()).unwrap();
        stored.insert("returnTo".to_owned(), (*target).into());
        let stored = serde_json::to_string(&stored).unwrap();
        let exchange = redeem(&mut client, &stored, "code=C1", at(1)).unwrap();
        let mut progress = client.settle(exchange, json(200, TOKENS), at(1)).unwrap();
        while let Progress::Send(revocation) = progress {
            progress = client.settle(revocation, json(200, ""), at(1)).unwrap();
        }
        let Progress::SignedIn { return_to, warning } = progress else {
            panic!("not signed in");
        };
        assert_eq!(return_to.as_str(), "/", "{target:?}");
        assert_eq!(warning.unwrap().code(), Code::ReturnToRejected, "{target:?}");
    }
}

#[test]
fn cve_2021_43812_return_to_stays_on_this_origin() {
    are_refused(&["//evil.example", "/\\evil.example", "\\\\evil.example"]);
}

#[test]
fn cve_2022_24858_an_origin_that_only_begins_alike_is_another() {
    are_refused(&[
        "https://app.example.evil.example/",
        "https://app.example@evil.example/",
        "https://app.example:444/",
        "http://app.example/",
    ]);
}

#[test]
fn ghsa_7p99_3798_f85c_a_path_with_two_slashes_is_no_path() {
    are_refused(&[
        "//evil.example/..",
        "///evil.example",
        "/.//evil.example",
        "/x/..//evil.example",
    ]);
}

#[test]
fn cve_2022_3145_no_url_of_a_query_is_gone_to() {
    are_refused(&[
        "https://evil.example/login?from=https://app.example/",
        "//evil.example?https://app.example",
    ]);
}

#[test]
fn ghsa_vp58_j275_797x_an_origin_is_compared_and_not_searched_for() {
    are_refused(&[
        "https://evil.example/https://app.example",
        "https://evil.example#https://app.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\thttps://evil.example",
        "javascript:alert(1)//https://app.example",
        "blob:https://app.example/1",
    ]);
}

#[test]
fn cve_2022_31093_a_target_that_is_no_url_costs_only_the_way_back() {
    are_refused(&[
        "http://[",
        "https://%",
        "http://a b",
        "https://app.example:99999/",
        "//",
    ]);
    // Nor is an odd page an exception.
    let client = client();
    for page in [
        "",
        "http://[",
        "about:blank",
        "not a url",
        "https://app.example/%E0%A4%A",
    ] {
        let response = AuthorizationResponse::parse(page, client.config());
        assert!(response.unwrap().is_none(), "{page}");
    }
}

#[test]
fn ghsa_86j7_9j95_vpqj_a_redirect_uri_is_a_web_page() {
    for uri in [
        "javascript:alert(document.domain)",
        "JAVASCRIPT:alert(1)//https://app.example/cb",
        "data:text/html,x",
        "vbscript:x",
        "app.example:/cb",
        "http://app.example/cb",
    ] {
        let options =
            serde_json::json!({ "credentials": { "production": { "clientId": "CID", "redirectUris": [uri] } } });
        let page = parse_url("https://app.example/", None);
        let error = Config::parse(&options.to_string(), page, parse_url).unwrap_err();
        assert!(error.code().as_str().starts_with("config_redirect_"), "{uri}: {error}");
    }
}

/// The answers to one user's requests come when the next one is signed in.
fn stay_apart(late: impl Fn(&mut Client) -> procore_spa_auth::protocol::client::Exchange) {
    let mut client = signed_in(TOKENS);
    let exchange = late(&mut client);
    client.begin_sign_out(at(1)).unwrap();
    sign_in(
        &mut client,
        r#"{"access_token":"OTHER","token_type":"bearer","refresh_token":"OTHER-R"}"#,
    );
    let mut given_back = client.settle(exchange, json(200, TOKENS_2), at(2));
    // A renewed token is used before it is revoked.
    if let Ok(Progress::Send(first_use)) = &given_back
        && first_use.request.body.is_none()
    {
        let Ok(Progress::Send(first_use)) = given_back else {
            unreachable!()
        };
        given_back = client.settle(first_use, json(200, "{}"), at(2));
    }
    let Ok(Progress::Send(revocation)) = given_back else {
        panic!("the late tokens are not given back");
    };
    assert!(revocation.request.body.unwrap().expose().contains("token=RT2"));
    assert_eq!(header(&mut client, at(3)).as_deref(), Some("Bearer OTHER"));
    let Ok(Renewal::Send(renewal)) = client.begin_refresh() else {
        panic!("nothing to renew with");
    };
    assert!(
        renewal
            .request
            .body
            .unwrap()
            .expose()
            .contains("refresh_token=OTHER-R&")
    );
}

#[test]
fn cve_2025_67490_a_late_renewal_is_not_the_next_users() {
    stay_apart(renewal);
}

#[test]
fn cve_2026_40155_a_late_sign_in_is_not_the_next_users() {
    stay_apart(|client| redeem_new(client, "code=C9", at(0)).unwrap());
}

#[test]
fn cve_2026_53517_a_refresh_token_is_sent_by_one_only() {
    let mut client = signed_in(TOKENS);
    let first = renewal(&mut client);
    assert!(matches!(client.begin_refresh(), Ok(Renewal::UnderWay)));
    // Not even when no answer comes: it may have arrived.
    assert_refused(
        &client.settle(first, HttpOutcome::NoAnswer, at(1)),
        Code::ReauthRequired,
    );
    assert_eq!(client.begin_refresh().unwrap_err().code(), Code::ReauthRequired);
}

#[test]
fn cve_2026_53518_a_code_is_redeemed_by_one_only() {
    // A record is spent by its response: the types allow no second use, and storage gives it once.
    let client = client();
    let url = format!("https://app.example/cb?tenant=a%20b&code=C1&state={STATE}");
    let response = AuthorizationResponse::parse(&url, client.config()).unwrap().unwrap();
    assert!(response.claims(STATE));
    assert_eq!(
        response.unclaimed(false).unwrap().code(),
        Code::NoTransaction,
        "whose record is gone"
    );
    for lost in [HttpOutcome::NoAnswer, HttpOutcome::TimedOut, json(503, "")] {
        let mut client = self::client();
        let exchange = redeem_new(&mut client, "code=C1", at(1)).unwrap();
        assert!(
            client.settle(exchange, lost, at(2)).is_err(),
            "and nothing is sent again"
        );
    }
}

#[test]
fn ghsa_8r88_6cj9_9fh5_no_identifier_of_a_user_leads_elsewhere() {
    let client = client();
    for id in ["../1", "1/../2", "1?x=2", "%2e%2e", "1\r\nx: y", "", "1 "] {
        assert_eq!(
            CompanyId::parse(id, false).unwrap_err().code(),
            Code::CompanyIdInvalid,
            "{id:?}"
        );
    }
    // A path that an app has put together badly is still this API's, and what was judged is what is sent.
    for (target, sent) in [
        (
            "/rest/v1.0/users/../../../oauth/token",
            "https://api.procore.com/oauth/token",
        ),
        ("/rest/v1.0/users/%2e%2e/me", "https://api.procore.com/rest/v1.0/me"),
        ("rest\\..\\..\\x", "https://api.procore.com/x"),
    ] {
        assert_eq!(ApiRequest::new(target, None, client.config()).unwrap().url(), sent);
    }
    for target in [
        "//evil.example/x",
        "/..//evil.example\\@x",
        "https://api.procore.com.evil.example/",
        "\\\\evil.example",
    ] {
        let request = ApiRequest::new(target, None, client.config());
        let is_here = |request: &ApiRequest| request.url().starts_with("https://api.procore.com/");
        assert!(
            request.as_ref().is_ok_and(is_here) || request.is_err(),
            "{target}: {request:?}"
        );
    }
}

#[test]
fn cve_2017_7474_an_invalid_token_signs_nobody_in() {
    for body in [
        "{}",
        r#"{"access_token":"","token_type":"bearer"}"#,
        r#"{"access_token":null,"token_type":"bearer"}"#,
        r#"{"access_token":"A T","token_type":"bearer"}"#,
        r#"{"access_token":["AT"],"token_type":"bearer"}"#,
        r#"{"access_token":"AT"}"#,
        r#"{"access_token":"AT","token_type":"none"}"#,
        r#"[{"access_token":"AT","token_type":"bearer"}]"#,
    ] {
        let mut client = client();
        let exchange = redeem_new(&mut client, "code=C1", at(0)).unwrap();
        assert!(client.settle(exchange, json(200, body), at(1)).is_err(), "{body}");
        assert_eq!(client.session(at(1)).status, Status::SignedOut, "{body}");
        assert!(client.save(at(1)).is_none(), "{body}");
    }
}

#[test]
fn cve_2020_10187_a_secret_that_a_server_tells_is_not_passed_on() {
    let with_secret = TOKENS.replacen('{', r#"{"client_secret":"LEAK","application":{"secret":"LEAK"},"#, 1);
    let client = signed_in(&with_secret);
    let known = format!(
        "{client:?} {:?} {}",
        client.session(at(1)),
        *client.save(at(1)).unwrap()
    );
    assert!(!known.contains("LEAK"), "{known}");
    // In the URL it is everybody's already: such a response is not used at all.
    let error = answered(&client, &format!("code=C1&client_secret=LEAK&state={STATE}")).unwrap_err();
    assert_eq!(error.code(), Code::ConfigSecretForbidden);
    assert!(!format!("{error:?}").contains("LEAK"));
    let stored = record(&client_of(OPTIONS)).replacen('{', r#"{"client_secret":"LEAK","#, 1);
    let error = PendingAuthorization::from_record(&stored).unwrap_err();
    assert_eq!(error.code(), Code::ConfigSecretForbidden);
}
