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

/// Refuses an option's name that is the name of a secret, in any case, with any separators and numbers. Only what ends so
/// is one: neither `secretary` nor `password_reset`.
pub(crate) fn refuse_name(name: &str) -> Result<(), Error> {
    refuse_param(name)?;
    refuse_ends(name, &["secret", "secrets", "secretkey", "password", "privatekey"])
}

/// Refuses a parameter that authenticates a client (RFC 6749 §2.3.1, RFC 7521 §4.2). Other words are the app's own: a
/// `secret` may be anything.
pub(crate) fn refuse_param(name: &str) -> Result<(), Error> {
    refuse_ends(name, &["clientsecret", "clientassertion", "clientassertiontype"])
}

fn refuse_ends(name: &str, ends: &[&str]) -> Result<(), Error> {
    let is_end = |end: &&str| {
        let mut letters = name.bytes().rev().filter(u8::is_ascii_alphabetic);
        end.bytes()
            .rev()
            .all(|expected| letters.next().is_some_and(|letter| letter | 0x20 == expected))
    };
    if ends.iter().any(is_end) {
        Err(Error::about(Code::ConfigSecretForbidden, name))
    } else {
        Ok(())
    }
}

/// Refuses a text that carries client authentication: HTTP Basic, or a parameter of a URL or form named like a secret.
pub(crate) fn refuse_text(text: &str) -> Result<(), Error> {
    if is_basic(text) {
        return Err(Error::about(Code::ConfigSecretForbidden, "Basic"));
    }
    for part in ascii::parts(text, b"?#&;") {
        // White space is in sentences, and in no name of a URL or form.
        if let (name, Some(_)) = ascii::cut(part, b"=")
            && !ascii::has(name.trim_ascii(), b" ")
        {
            refuse_param(form::decode(name).as_deref().map_or(name, String::as_str))?;
        }
    }
    Ok(())
}

/// Whether it is `Basic` and the base64 of `name:password` (RFC 7617 §2), whatever may stand behind its padding. Else it is
/// a scope, or somebody's name.
fn is_basic(text: &str) -> bool {
    let (scheme, rest) = ascii::cut(text.trim_ascii(), b" \t");
    let digits = ascii::before(rest.unwrap_or_default().trim_ascii(), b"=");
    let decoded = ascii::decoded(digits, 6, 0);
    scheme.eq_ignore_ascii_case("basic")
        && digits.bytes().all(|byte| ascii::base64(byte).is_some())
        && ascii::has(&decoded, b":")
        && !decoded.bytes().any(|byte| byte.is_ascii_control())
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
    fn a_name_that_only_begins_like_a_secrets_is_none() {
        for name in [
            "secretary",
            "client_secretary",
            "clientSecretariat",
            "secret_santa",
            "secretQuestion",
            "password_reset",
            "passwordless",
            "password_policy_uri",
            "private_key_jwt",
            "client_secret_expires_at",
            "client_id",
            "",
        ] {
            assert_eq!(refuse_name(name), Ok(()), "{name}");
        }
        for name in [
            "secret",
            "secrets",
            "client_secret_2",
            "clientSecret[]",
            "secretaryClientSecret",
            "secret_key",
            "consumerSecret",
            "userPassword",
            "client-assertion-type",
        ] {
            assert_eq!(
                refuse_name(name).unwrap_err().code(),
                Code::ConfigSecretForbidden,
                "{name}"
            );
        }
    }

    #[test]
    fn an_apps_own_words_are_no_secret() {
        for text in [
            "/x?password_reset=1",
            "https://app.example/cb?privatekey_id=7",
            "https://app.example/cb?client_secretary=7",
            "/a;b=c",
            "",
            "Basic",
            "Basic ",
            "basic read",
            "basic:read",
            "read basic",
            "basic secrets:read client_secret",
            "secrets:read secrets:write",
            "Basic Builders Ltd",
            "BASIC BUILDERS",
            "Basic Concrete",
            "Basic Structures: Bridges",
            "Basic a:b",
            "Basic Construction+Sons/Co",
            "basic 12345678",
            "Bearer Construction",
            "client_secret@example.com",
            "client secret = success, Ltd",
            "Client Secret Services; Bridges = Ours",
            // A colon in base64, but nobody's name: what is around it is binary.
            "Basic ADoA",
            // And text without a colon.
            "Basic Q0lEeA==",
        ] {
            assert_eq!(refuse_text(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_credential_is_one_however_it_is_written() {
        for text in [
            "Basic Q0lEOng=",
            "Basic Q0lEOng",
            "Basic Q0lEOng= and more",
            "basic Q0lEOng=",
            "BASIC\tQ0lEOng=",
            "  Basic   Q0lEOng= ",
            "Basic w7x-Oj8_Pw",
            "Basic w7x+Oj8/Pw==",
            "Basic Q0lEOg==",
            "https://app.example/cb?client_secret=",
            "client_secret=x",
            "a=b&client%5fsecret=x",
            "a=b; clientSecret=x",
            "#client-assertion=x",
        ] {
            assert_eq!(
                refuse_text(text).unwrap_err().code(),
                Code::ConfigSecretForbidden,
                "{text}"
            );
        }
    }
}
