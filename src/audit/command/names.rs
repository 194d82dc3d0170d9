//! Which variables hold a secret, and which a client ID, by their names.

/// Whether a variable of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = plain(name);
    let says = ["SECRET", "PASSWORD", "PASSWD", "PRIVATEKEY"];
    // Where a secret is, or what it is called, is none.
    let about = ["NAME", "PATH", "FILE", "DIR", "ARN", "VERSION", "ENABLED", "URL", "URI"];
    says.iter().any(|word| name.contains(word)) && !about.iter().any(|end| name.ends_with(end))
}

/// Whether a variable of this name holds a client ID, which is public.
pub(super) fn is_client_id(name: &str) -> bool {
    plain(name).ends_with("CLIENTID")
}

/// Whether a value is too ordinary to be looked for only because of its name: it would be found in every text.
pub(super) fn is_ordinary(value: &str) -> bool {
    let is_word = value.len() < 16 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_number = value.len() < 16 && value.bytes().all(|byte| byte.is_ascii_digit());
    let mut bytes = value.bytes();
    let first = bytes.next();
    is_word || is_number || bytes.all(|byte| Some(byte) == first)
}

/// Whether it stands for another value: `$NAME`, `${NAME}`, `<…>`.
pub(super) fn is_reference(value: &str) -> bool {
    let is_name =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let within = |start, end| value.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    value.strip_prefix('$').is_some_and(is_name) || within("${", "}").is_some() || within("<", ">").is_some()
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(|char| !matches!(char, '_' | '-' | '.' | ' '));
    letters.map(|char| char.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_secret() {
        for name in [
            "PROCORE_CLIENT_SECRET",
            "VITE_PROCORE_SECRET",
            "clientSecret",
            "oauth.client-secret",
            "DB_PASSWORD",
            "JWT_PRIVATE_KEY",
            "SECRET_KEY_BASE",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PROCORE_CLIENT_ID",
            "PATH",
            "SECRETS_PATH",
            "SECRET_NAME",
            "SSH_PRIVATE_KEY_FILE",
            "HOME",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_client_id("VITE_PROCORE_CLIENT_ID"));
        assert!(!is_client_id("CLIENT_ID_HINT"));
    }

    #[test]
    fn words_and_references_are_not_looked_for() {
        for value in ["development", "12345678", "xxxxxxxxxxxxxxxxxxxxxxxx"] {
            assert!(is_ordinary(value), "{value}");
        }
        assert!(!is_ordinary("hunter2hunter2"));
        for value in ["$OTHER", "${OTHER}", "<your secret>"] {
            assert!(is_reference(value), "{value}");
        }
        assert!(!is_reference("$argon2id$v=19$m=65536"));
    }
}
