//! The words that something of interest has near it. One pass over a text finds them all; the rules look only there.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// What a word announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The name of a secret.
    Secret,
    /// The name of a password, or of something private.
    Private,
    /// A `grant_type` (RFC 6749 §4).
    GrantType,
    /// A `client_assertion` (RFC 7521 §4.2).
    Assertion,
    /// HTTP Basic credentials (RFC 7617).
    Basic,
    /// A function that encodes credentials.
    Encoder,
    /// An authority behind a scheme, maybe with credentials in it (RFC 3986 §3.2.1).
    Authority,
    /// A private key (RFC 7468).
    PrivateKey,
    /// Procore's login servers, or a token endpoint.
    LoginServer,
    /// Procore by name.
    Procore,
    /// The package for servers of Procore's.
    ServerSdk,
    /// Variables that a server writes into a page.
    EnvObject,
    /// A value in pieces, or encoded.
    Folded(Trigger),
    /// A file inside the text (RFC 2397).
    DataUrl,
}

/// Where an expression begins that can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// With the name of the function, and what is before it.
    Call,
    /// With the literal that ends before the `+` in it.
    Sum,
    /// With the literal whose last quote this begins with.
    Method,
    /// With the array whose bracket this begins with.
    Array,
    /// With the literal that this is in.
    Escape,
    /// With the template that this is in.
    Template,
    /// With itself: a character of HTML by its number.
    Entity,
}

/// Finds them.
#[derive(Debug)]
pub(super) struct Anchors {
    automaton: AhoCorasick,
}

/// One word at one place.
pub(super) struct Found {
    pub(super) anchor: Anchor,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Anchors {
    pub(super) fn new() -> Option<Self> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            // `login.procore.com` before the `procore` in it.
            .match_kind(MatchKind::LeftmostFirst)
            .kind(Some(AhoCorasickKind::DFA))
            .build(WORDS.iter().map(|(word, _)| word))
            .ok()?;
        Some(Self { automaton })
    }

    /// All words in `text`, in the order of their places.
    pub(super) fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Found> + 'a {
        self.automaton.find_iter(text).filter_map(|found| {
            let (_, anchor) = WORDS.get(found.pattern().as_usize())?;
            Some(Found {
                anchor: *anchor,
                start: found.start(),
                end: found.end(),
            })
        })
    }
}

const CALL: Anchor = Anchor::Folded(Trigger::Call);
const SUM: Anchor = Anchor::Folded(Trigger::Sum);
const METHOD: Anchor = Anchor::Folded(Trigger::Method);
const ARRAY: Anchor = Anchor::Folded(Trigger::Array);
const ESCAPE: Anchor = Anchor::Folded(Trigger::Escape);
const TEMPLATE: Anchor = Anchor::Folded(Trigger::Template);

/// In lower case. None is the beginning of another one.
const WORDS: &[(&str, Anchor)] = &[
    ("secret", Anchor::Secret),
    ("password", Anchor::Private),
    ("private_", Anchor::Private),
    ("grant_type", Anchor::GrantType),
    ("granttype", Anchor::GrantType),
    ("client_assertion", Anchor::Assertion),
    ("clientassertion", Anchor::Assertion),
    ("basic ", Anchor::Basic),
    ("btoa(", Anchor::Encoder),
    ("buffer.from(", Anchor::Encoder),
    ("://", Anchor::Authority),
    ("private key-----", Anchor::PrivateKey),
    ("/oauth/token", Anchor::LoginServer),
    ("login.procore.com", Anchor::LoginServer),
    ("login-sandbox", Anchor::LoginServer),
    ("@procore/js-sdk", Anchor::ServerSdk),
    ("procore", Anchor::Procore),
    ("__env", Anchor::EnvObject),
    (";base64,", Anchor::DataUrl),
    ("atob(", CALL),
    ("eval(", CALL),
    ("string.fromc", CALL),
    ("textdecoder", CALL),
    ("decodeuri", CALL),
    ("unescape(", CALL),
    ("\"+", SUM),
    ("'+", SUM),
    ("`+", SUM),
    ("\" +", SUM),
    ("' +", SUM),
    ("` +", SUM),
    ("+\"", SUM),
    ("+'", SUM),
    ("+`", SUM),
    ("+ \"", SUM),
    ("+ '", SUM),
    ("+ `", SUM),
    ("\".concat(", METHOD),
    ("'.concat(", METHOD),
    ("`.concat(", METHOD),
    ("\".split(", METHOD),
    ("'.split(", METHOD),
    ("`.split(", METHOD),
    ("].join(", ARRAY),
    ("].concat(", ARRAY),
    ("].reverse(", ARRAY),
    ("].map(", ARRAY),
    ("\\x2", ESCAPE),
    ("\\x3", ESCAPE),
    ("\\x4", ESCAPE),
    ("\\x5", ESCAPE),
    ("\\x6", ESCAPE),
    ("\\x7", ESCAPE),
    ("\\u002", ESCAPE),
    ("\\u003", ESCAPE),
    ("\\u004", ESCAPE),
    ("\\u005", ESCAPE),
    ("\\u006", ESCAPE),
    ("\\u007", ESCAPE),
    ("\\x", ESCAPE),
    ("\\u00", ESCAPE),
    ("\\u{", ESCAPE),
    ("${\"", TEMPLATE),
    ("${'", TEMPLATE),
    ("${`", TEMPLATE),
    ("&#", Anchor::Folded(Trigger::Entity)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_hides_another() {
        for (at, (word, anchor)) in WORDS.iter().enumerate() {
            assert_eq!(*word, word.to_ascii_lowercase());
            let earlier = WORDS.iter().take(at).find(|(other, _)| word.starts_with(other));
            assert_eq!(earlier, None, "{word}");
            let found: Vec<_> = Anchors::new()
                .unwrap()
                .find(word.as_bytes())
                .map(|found| found.anchor)
                .collect();
            assert!(found.contains(anchor), "{word}: {found:?}");
        }
    }
}
