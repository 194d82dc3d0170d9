//! Scope: words of printable ASCII, a space between two
//! ([RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3), appendix A.4), wherever it comes from.

use super::ascii;
use alloc::string::String;

/// The longest scope that is taken, in bytes. The whole of a genuine login URL is shorter.
const MAX_SCOPE: usize = 4096;

/// The scope that these words are: each one or more of `%x21 / %x23-5B / %x5D-7E`. `None`: they are none. Spaces that are too
/// many are dropped, for some servers send them.
pub(crate) fn parse(text: &str) -> Option<String> {
    let is_ours = |byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    if text.len() > MAX_SCOPE || !text.bytes().all(is_ours) {
        return None;
    }
    let mut scope = String::with_capacity(text.len());
    for word in ascii::parts(text, b" ") {
        if !scope.is_empty() {
            scope.push(' ');
        }
        scope.push_str(word);
    }
    Some(scope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_scope_is_words_of_printable_ascii() {
        for (text, expected) in [
            ("", Some("")),
            ("read", Some("read")),
            ("read write", Some("read write")),
            (" read  write ", Some("read write")),
            (
                "https://api.example/a.b?c=d&e=f,g",
                Some("https://api.example/a.b?c=d&e=f,g"),
            ),
            ("!#[]~", Some("!#[]~")),
            ("a\"b", None),
            ("a\\b", None),
            ("read\twrite", None),
            ("read\nwrite", None),
            ("read\0", None),
            ("read\u{7f}", None),
            ("lire\u{e9}", None),
            ("<script>", Some("<script>")),
        ] {
            assert_eq!(parse(text).as_deref(), expected, "{text:?}");
        }
        assert!(parse(&"a".repeat(MAX_SCOPE)).is_some() && parse(&"a".repeat(MAX_SCOPE + 1)).is_none());
    }

    proptest! {
        #[test]
        fn what_is_taken_is_as_appendix_a_4_has_it(text in "[ -~é\\t\\n]{0,40}") {
            if let Some(scope) = parse(&text) {
                let is_token = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
                prop_assert!(scope.is_empty() || scope.split(' ').all(is_token));
                prop_assert_eq!(parse(&scope), Some(scope));
            }
        }
    }
}
