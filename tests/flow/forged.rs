//! A record that somebody else has written into this origin's storage. Only a script of the origin can. What it may do with
//! that, SECURITY.md says; here is where it ends.

use super::support::{
    STATE, TOKEN_URL, TOKENS, TOKENS_2, assert_post, at, client, header, json, record, redeem, signed_in,
};
use procore_spa_auth::error::Code;
use procore_spa_auth::protocol::client::Progress;
use procore_spa_auth::protocol::session::Status;
use serde_json::{Map, Value, json};

const VERIFIER: &str = "a-verifier-that-the-attacker-has-chosen-itself";

/// A record as an attacker would write it, who knows how: its own verifier, and what else is changed.
fn forged(key: &str, value: &Value) -> String {
    let mut record: Map<String, Value> = serde_json::from_str(&record(&client())).unwrap();
    record.insert("verifier".into(), VERIFIER.into());
    record.insert(key.into(), value.clone());
    Value::from(record).to_string()
}

#[test]
fn a_whole_record_is_believed_whoever_has_written_it() {
    // The attacker's own account has given this code, to a request with the attacker's own challenge.
    let mut client = client();
    let exchange = redeem(&mut client, &forged("state", &STATE.into()), "code=ATTACKERS", at(1)).unwrap();
    assert_post(
        &exchange,
        TOKEN_URL,
        &format!(
            "grant_type=authorization_code&code=ATTACKERS&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftenant%3Da%2520b\
             &code_verifier={VERIFIER}&client_id=CID"
        ),
    );
    assert!(matches!(
        client.settle(exchange, json(200, TOKENS), at(1)),
        Ok(Progress::SignedIn { .. })
    ));
    // And a kept session likewise.
    let theirs = signed_in(TOKENS_2).save(at(1)).unwrap();
    let mut client = super::support::client();
    client.restore(&theirs, false, at(2)).unwrap();
    assert_eq!(header(&mut client, at(2)).as_deref(), Some("Bearer AT2"));
}

#[test]
fn a_forged_record_is_good_for_this_client_this_server_and_this_page_only() {
    for (key, value, code) in [
        ("state", json!("another-state"), Code::StateMismatch),
        ("clientId", json!("OTHER"), Code::IssuerChanged),
        ("environment", json!("sandbox"), Code::IssuerChanged),
        (
            "server",
            json!("https://evil.example/oauth/authorize"),
            Code::IssuerChanged,
        ),
        (
            "redirectUri",
            json!("https://app.example/other"),
            Code::RedirectMismatch,
        ),
        ("redirectUri", json!("https://evil.example/cb"), Code::RedirectMismatch),
        ("responseMode", json!("fragment"), Code::WrongResponseMode),
        ("created", json!(at(0).wall - 601), Code::StateExpired),
        ("created", json!(at(0).wall + 601), Code::StateExpired),
        (
            "tokenEndpoint",
            json!("https://evil.example/token"),
            Code::StorageCorrupt,
        ),
        ("apiOrigin", json!("https://evil.example"), Code::StorageCorrupt),
    ] {
        let mut client = client();
        let error = redeem(&mut client, &forged(key, &value), "code=C1", at(0)).unwrap_err();
        assert_eq!(error.code(), code, "{key}: {value}");
        assert_eq!(client.session(at(0)).status, Status::SignedOut);
    }
}

#[test]
fn a_forged_target_leads_nowhere_else() {
    for target in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
        let mut client = client();
        let exchange = redeem(&mut client, &forged("returnTo", &target.into()), "code=C1", at(0)).unwrap();
        let Ok(Progress::SignedIn { return_to, warning }) = client.settle(exchange, json(200, TOKENS), at(0)) else {
            panic!("{target}");
        };
        assert_eq!(
            (return_to.as_str(), warning.map(|error| error.code())),
            ("/", Some(Code::ReturnToRejected))
        );
    }
}
