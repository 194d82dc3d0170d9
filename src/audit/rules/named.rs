//! A value beside the name of a client secret: `client_secret`, as a property, a form's field, an element of HTML, a variable.
//!
//! Procore: oauth_endpoints.md, `client_secret`; [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1).

use super::beside::is_public_name;
use super::{Place, is_near_procore, is_secret};
use crate::audit::anchors::Found;
use crate::audit::bytes::{at, escape_at, has_word, is_token, run_after, run_before, slice};
use crate::audit::finding::{Kind, Severity};
use crate::audit::fold::{Value, into_text};
use crate::audit::shape;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// How a name is related to a client secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// It is its name.
    ClientSecret,
    /// It is some secret's name.
    SomeSecret,
}

/// Looks at the name around one `secret`.
pub(in crate::audit) fn look(place: &mut Place<'_>, found: &Found) {
    let text = place.text;
    let suffix_end = run_after(text, found.end, 160, is_token);
    let suffix = slice(text, found.end, suffix_end);
    let Some(name) = name(text, found, suffix) else {
        return;
    };
    if name == Name::ClientSecret {
        // In the data of a WebAssembly module nothing is between one text and the next.
        let glued = slice(suffix, 0, 64);
        if shape::is_procore(glued) {
            place.hit((found.end, found.end + 64), Kind::ClientSecret, glued, WHY);
            return;
        }
        if let Some((value, start)) = value_before(text, found) {
            place.hit((start, start + value.len()), Kind::ClientSecret, value, WHY);
        }
    }
    for (value, start, end) in values_after(place, suffix_end, name == Name::ClientSecret && suffix.len() < 12) {
        match name {
            Name::ClientSecret => place.hit((start, end), Kind::ClientSecret, &value, WHY),
            Name::SomeSecret if is_near_procore(text, start, 1000) => {
                place.hit((start, end), Kind::ClientSecret, &value, WHY_SOME);
            }
            // Any library for keys and signatures has such values in its examples.
            Name::SomeSecret => {
                let mut hit = super::hit((start, end), Kind::ClientSecret, &value, WHY_SOME);
                hit.severity = Severity::Info;
                place.hits.push(hit);
            }
        }
    }
}

const WHY: &str = "It stands beside the name of a client secret.";
const WHY_SOME: &str = "It is shaped like a client secret of Procore's, and stands beside the name of a secret.";

fn name(text: &[u8], found: &Found, suffix: &[u8]) -> Option<Name> {
    // What is told about a secret is none: `client_secret_post`, `clientSecretHash`, `secretary`.
    const ABOUT: [&str; 26] = [
        "ary", "ariat", "hash", "digest", "sha", "finger", "expir", "post", "basic", "jwt", "path", "file", "url",
        "uri", "arn", "name", "label", "type", "method", "length", "regex", "hint", "error", "missing", "invalid",
        "required",
    ];
    let short = slice(suffix, 0, 24);
    let is_about = short.len() == suffix.len() && ABOUT.iter().any(|word| has_word(short, word));
    if is_about || suffix.to_ascii_lowercase().ends_with(b"id") && suffix.len() < 10 {
        return None;
    }
    let before = slice(text, found.start.saturating_sub(56), found.start);
    if CLIENT.as_ref()?.is_match(before) {
        return Some(Name::ClientSecret);
    }
    let is_key =
        shape::of(suffix).is_none() && has_word(slice(suffix, 0, 4), "key") && is_near_procore(text, found.start, 400);
    Some(if is_key { Name::ClientSecret } else { Name::SomeSecret })
}

static CLIENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let separator = r"(?:[-_. ]|%5f|%2d|\\u005f)?";
    let words = "client|oauth2?|app|application|consumer|procore";
    Regex::new(&format!(r"(?i-u)(?:(?:{words}){separator}|dmsa[a-z0-9_.-]{{0,40}})$")).ok()
});

/// The values that stand behind a name which ends at `end`, and where they are: more than one in a condition.
fn values_after(place: &mut Place<'_>, end: usize, or_token: bool) -> Vec<Ranged> {
    let text = place.text;
    let near = slice(text, end, end + 120);
    let Some(parts) = BETWEEN.as_ref().and_then(|between| between.captures(near)) else {
        return Vec::new();
    };
    let between = parts.get(0).map_or(0, |all| all.end());
    // Without a sign that says "is", only what can hardly be anything else is taken for it.
    let is_said = parts.get(1).is_some();
    if between == 0 {
        return Vec::new();
    }
    let (start, or_token) = (end + between, or_token && is_said);
    let folded = place.folder.expression(start);
    let is_folded = folded.is_some();
    let (texts, end) = match folded {
        Some((Value::List(items), end)) => (items.into_iter().map(into_text).collect(), end),
        Some((value, end)) => (vec![into_text(value)], end),
        None => (Vec::new(), start),
    };
    let mut values: Vec<_> = texts
        .into_iter()
        .filter(|value| is_secret(value, or_token))
        .map(|value| (value, start, end))
        .collect();
    let next = run_after(text, end, 8, |byte| byte.is_ascii_whitespace());
    if values.is_empty() && !is_folded && is_said {
        values.extend(place.resolve(start).filter(|(value, ..)| is_secret(value, or_token)));
    }
    if values.is_empty() {
        values_near(text, start, or_token, &mut values);
    } else if is_folded && matches!(at(text, next), b'|' | b'?') {
        values_near(text, end, false, &mut values);
    }
    values
}

/// A value, and where it starts and ends.
type Ranged = (Vec<u8>, usize, usize);

/// Quotes and brackets that end a name, and the sign that says what it is.
static BETWEEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x-u)^
        (?: \\[rnt] | [\s\\"'`\]\})] | &quot; | &apos; | &\#(?:3[49]|x2[27]); | %(?:25){0,3}2[27] | %(?:25){0,3}5[dD] | \\u002[27] ){0,24}
        ( [,;]\s{0,20}[\w$]{1,64}\.(?:(?:value|content)\s{0,4}= | setAttribute\(\s{0,4}["'`](?:value|content)["'`]\s{0,4},)
        | :\s{0,4}[Ss]tring\s{0,4}= | (?:\?\?|\|\|)= | => | := | ={1,3} | : | , | > | \( | %(?:25){0,3}3[dDaA] | %(?:25){0,3}2[cC]
        | \\u003[dD] | &\#61; | (?:value|content)\s{0,4}= )?
        \s{0,40}"#,
    )
    .ok()
});

/// The runs of characters that are secrets, in what is left of an expression: behind quotes, escapes, in a condition.
fn values_near(text: &[u8], start: usize, or_token: bool, values: &mut Vec<Ranged>) {
    let (mut index, mut depth, mut is_first, mut has_condition) = (start, 0_usize, true, false);
    let mut last = start + 80;
    while index < last {
        let Some(&byte) = text.get(index) else {
            return;
        };
        if let Some(length) = escape_at(text, index) {
            index += length;
            continue;
        }
        if is_token(byte) {
            let end = run_after(text, index, 200, is_token);
            let run = slice(text, index, end);
            if is_secret(run, or_token && is_first) {
                values.push((run.to_vec(), index, end));
                (index, last, is_first) = (end, end + 80, false);
                if values.len() >= 8 {
                    return;
                }
                continue;
            }
            // What comes next is the value of another name.
            let after = run_after(text, end, 8, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b' '));
            let is_name = matches!(at(text, after), b':' | b'=') && at(text, after + 1) != b'=';
            let is_word = run.iter().any(u8::is_ascii_alphabetic) && !matches!(run, b"quot" | b"apos");
            // Inside of an object it may be one of several for the same name.
            let is_other = depth == 0 || is_public_name(run);
            if is_name && is_word && !has_condition && is_other {
                return;
            }
            is_first &= matches!(
                run,
                b"quot" | b"apos" | b"x22" | b"x27" | b"22" | b"27" | b"34" | b"39" | b"u0022"
            );
            index = end;
            continue;
        }
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return,
            },
            b'?' => has_condition = true,
            b',' if depth == 0 => return,
            b';' if is_first && !is_entity(text, index) => return,
            b';' if !is_entity(text, index) => return,
            b'\n' if at(text, index + 1) == b'\n' => return,
            _ => {}
        }
        index += 1;
    }
}

/// Whether the `;` there ends a character of HTML, such as `&quot;`.
fn is_entity(text: &[u8], end: usize) -> bool {
    let start = run_before(text, end, 6, |byte| byte.is_ascii_alphanumeric() || byte == b'#');
    start.checked_sub(1).is_some_and(|start| at(text, start) == b'&')
}

/// In HTML the value may stand before the name: `<input value="…" name="client_secret">`.
fn value_before<'a>(text: &'a [u8], found: &Found) -> Option<(&'a [u8], usize)> {
    static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i-u)\b(?:value|content)\s{0,4}=\s{0,4}["']?([a-z0-9_-]{32,128})["']?\s[^<>]{0,80}(?:name|id|property)=["']?[a-z0-9_.-]{0,40}$"#)
            .ok()
    });
    let from = found.start.saturating_sub(240);
    let value = VALUE.as_ref()?.captures(slice(text, from, found.start))?.get(1)?;
    is_secret(value.as_bytes(), true).then(|| (value.as_bytes(), from + value.start()))
}
