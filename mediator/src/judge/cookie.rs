//! The cookie header read strictly, and the header that sets a cookie
//! ([RFC 6265 §4.1](https://www.rfc-editor.org/rfc/rfc6265.html#section-4.1), docs/token-mediator.md, sentences 4 and 5).

use crate::secret::Secret;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Browsers keep name and value up to this many bytes together (RFC 6265 §6.1). Here the whole header stays below it.
pub const MAX_COOKIE: usize = 4096;

/// The value of the one cookie of that name. None where it is there twice: which of both is ours can't be told.
///
/// Names are compared byte for byte. Nothing is decoded: `%5F%5FHost-…` is another cookie, one that a sibling subdomain
/// may set.
pub fn find(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        for pair in header.as_bytes().split(|byte| *byte == b';') {
            let mut parts = pair.trim_ascii().splitn(2, |byte| *byte == b'=');
            let (Some(key), Some(value)) = (parts.next(), parts.next()) else {
                continue;
            };
            if key != name.as_bytes() {
                continue;
            }
            if found.is_some() {
                return None;
            }
            found = Some(value);
        }
    }
    std::str::from_utf8(found?).ok().map(Secret::from)
}

/// The header that keeps `value`: until the browser ends its session, or for `max_age` seconds.
pub fn set(name: &str, value: &str, max_age: Option<u64>) -> Secret {
    let age = max_age
        .map(|seconds| format!("; Max-Age={seconds}"))
        .unwrap_or_default();
    Secret::new(format!(
        "{name}={value}; Path=/{age}; Secure; HttpOnly; SameSite=Strict"
    ))
}

/// The header that removes it.
pub fn remove(name: &str) -> Secret {
    set(name, "", Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const NAME: &str = "__Host-procore-1";

    fn found(headers: &[&'static str]) -> Option<String> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(COOKIE, HeaderValue::from_static(header));
        }
        find(&map, NAME).map(|value| value.expose().to_owned())
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(found(&["a=1; __Host-procore-1=x=y; b=2"]).as_deref(), Some("x=y"));
        assert_eq!(found(&["a=1", "__Host-procore-1=x"]).as_deref(), Some("x"));
    }

    #[test]
    fn a_name_that_is_there_twice_is_no_cookie() {
        assert_eq!(found(&["__Host-procore-1=x; __Host-procore-1=x"]), None);
        assert_eq!(found(&["__Host-procore-1=x", "__Host-procore-1=y"]), None);
    }

    #[test]
    fn names_are_compared_byte_for_byte_and_split_at_semicolons_only() {
        for header in [
            "%5F%5FHost-procore-1=x",
            "a=1&__Host-procore-1=x",
            "a=1, __Host-procore-1=x",
            "__host-procore-1=x",
            "__Host-procore-1 =x",
            "__Host-procore-1",
            "=__Host-procore-1=x",
            "__Host-procore-12=x",
        ] {
            assert_eq!(found(&[header]), None, "{header}");
        }
        assert_eq!(
            found(&["%5F%5FHost-procore-1=evil; __Host-procore-1=x"]).as_deref(),
            Some("x")
        );
    }

    #[test]
    fn a_cookie_is_set_with_all_its_attributes() {
        let plain = set(NAME, "v", None);
        assert_eq!(
            plain.expose(),
            "__Host-procore-1=v; Path=/; Secure; HttpOnly; SameSite=Strict"
        );
        let removed = remove(NAME);
        assert_eq!(
            removed.expose(),
            "__Host-procore-1=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"
        );
    }
}
