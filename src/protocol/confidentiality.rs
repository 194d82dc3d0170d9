//! The confidentiality rule: an app that can't keep a client secret doesn't get to have one.
//!
//! Procore: oauth_keys.md, "Client Secret Confidentiality";
//! [RFC 6749 §2.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.1);
//! OAuth 2.0 for Browser-Based Applications §6.3.3.1. No type of this crate can hold a secret; this module refuses what
//! is offered anyway, and never repeats the value.

use super::ascii;
use super::form;
use super::json::Value;
use crate::error::{Code, Error};
use alloc::string::String;
use alloc::vec::Vec;

/// Refuses a value that has anything secret in it, however deep.
///
/// # Errors
///
/// - `config_secret_forbidden`, naming the key, when a key is named like a secret (whatever its value, even empty), or
///   a text carries one (`Basic …`, `…client_secret=…`).
pub(crate) fn refuse(value: &Value) -> Result<(), Error> {
    match value {
        Value::Object(object) => object.members().try_for_each(|(key, value)| {
            refuse_name(key)?;
            refuse(value)
        }),
        Value::Array(items) => items.iter().try_for_each(refuse),
        Value::String(text) => refuse_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Refuses an option's name that says "secret", in any case and with any separators.
pub(crate) fn refuse_name(name: &str) -> Result<(), Error> {
    refuse_words(name, &["secret", "clientassertion", "password", "privatekey"])
}

/// Refuses a parameter that authenticates a client. Other words are the app's own: `password_reset` is no secret.
pub(crate) fn refuse_param(name: &str) -> Result<(), Error> {
    refuse_words(name, &["clientsecret", "clientassertion"])
}

fn refuse_words(name: &str, words: &[&str]) -> Result<(), Error> {
    let mut plain = Vec::with_capacity(name.len());
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        plain.push(byte.to_ascii_lowercase());
    }
    let says = |word: &&str| plain.windows(word.len()).any(|part| part == word.as_bytes());
    if words.iter().any(says) {
        Err(Error::about(Code::ConfigSecretForbidden, name))
    } else {
        Ok(())
    }
}

/// Refuses a text that carries client authentication: HTTP Basic, or a parameter of a URL or form named like a secret.
pub(crate) fn refuse_text(text: &str) -> Result<(), Error> {
    if text
        .trim_ascii_start()
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("basic "))
    {
        return Err(Error::about(Code::ConfigSecretForbidden, "Basic"));
    }
    for part in ascii::parts(text, b"?#&;") {
        if let (name, Some(_)) = ascii::cut(part, b"=") {
            refuse_param(form::decode(name).as_deref().map_or(name, String::as_str))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::json;

    #[test]
    fn names_in_any_spelling() {
        for name in [
            "clientSecret",
            "client_secret",
            "CLIENT-SECRET",
            "client.secret",
            "appSecret",
            "client_assertion",
            "clientAssertionType",
            "password",
            "private_key",
            "s e c r e t",
        ] {
            assert_eq!(
                refuse_name(name).unwrap_err().code(),
                Code::ConfigSecretForbidden,
                "{name}"
            );
        }
        for name in ["clientId", "scope", "prompt", "login_hint"] {
            assert_eq!(refuse_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn values_are_found_deep_and_never_repeated() {
        for text in [
            r#"{"a":[{"client_secret":""}]}"#,
            r#"{"headers":{"Authorization":"Basic dmVyeS1zZWNyZXQ6eA=="}}"#,
            r#"{"redirectUris":["https://app.example/cb?client%5Fsecret=very-secret"]}"#,
        ] {
            let error = refuse(&json::parse(text).unwrap()).unwrap_err();
            assert_eq!(error.code(), Code::ConfigSecretForbidden);
            assert!(!error.message().contains("very-secret"), "{}", error.message());
        }
    }

    #[test]
    fn an_apps_own_words_are_no_secret() {
        for text in [
            "/x?password_reset=1",
            "https://app.example/cb?privatekey_id=7",
            "/a;b=c",
        ] {
            assert_eq!(refuse_text(text), Ok(()), "{text}");
        }
    }
}
