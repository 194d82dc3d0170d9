//! Secrets among the variables that a bundler puts into the build: their names, the settings that let them in, `.env` files.
//!
//! Vite: "Env Variables and Modes"; Next.js: "Environment Variables"; and what other tools call theirs.

use super::Place;
use crate::audit::anchors::Found;
use crate::audit::bytes::{at, has_word, is_name, run_after, run_before, slice};
use crate::audit::finding::{Kind, Severity};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// A name that a bundler exposes, around the word of the anchor. In prose it is for information: no bundler reads that.
pub(in crate::audit) fn exposed(place: &mut Place<'_>, found: &Found, is_prose: bool) {
    const PREFIXES: [&[u8]; 13] = [
        b"VITE_",
        b"NEXT_PUBLIC_",
        b"REACT_APP_",
        b"VUE_APP_",
        b"GATSBY_",
        b"EXPO_PUBLIC_",
        b"NUXT_PUBLIC_",
        b"PUBLIC_",
        b"NG_APP_",
        b"STORYBOOK_",
        b"RSBUILD_PUBLIC_",
        b"PARCEL_PUBLIC_",
        b"SNOWPACK_PUBLIC_",
    ];
    let start = run_before(place.text, found.start, 80, is_name);
    let end = run_after(place.text, found.end, 48, |byte| {
        byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit()
    });
    let name = slice(place.text, start, end);
    let word = slice(place.text, found.start, found.end);
    let is_exposed = PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !name.starts_with(b"PUBLIC_KEY");
    let is_constant = name
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || *byte == b'_' || byte.is_ascii_digit());
    if !is_constant
        || !word.iter().any(u8::is_ascii_uppercase)
        || crate::audit::shape::of(name).is_some_and(|_| name.len() > 60)
    {
        return;
    }
    let is_sure = has_word(name, "secret") || name.ends_with(b"PASSWORD") || name.ends_with(b"PRIVATE_KEY");
    let shown = String::from_utf8_lossy(name);
    if is_exposed {
        let why =
            format!("{shown} is a variable that a bundler puts into the build, and its name is that of a secret.");
        let mut hit = super::hit((start, end), Kind::EnvExposure, name, why);
        if is_prose {
            hit.severity = Severity::Info;
        } else if !is_sure {
            hit.severity = Severity::Warning;
        }
        place.hits.push(hit);
    } else if has_word(name, "procore") && has_word(name, "secret") && slice(place.text, 0, start).ends_with(b"env.") {
        let why = format!("{shown} is read from the environment, which in a page is what the bundler has put into it.");
        let mut hit = super::hit((start, end), Kind::EnvExposure, name, why);
        hit.severity = if is_prose { Severity::Info } else { Severity::Warning };
        place.hits.push(hit);
    }
}

/// `window.__ENV = { CLIENT_SECRET: "…" }`.
pub(in crate::audit) fn object(place: &mut Place<'_>, found: &Found) {
    static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i-u)\b([a-z0-9_$]*(?:secret|password|private_?key)[a-z0-9_$]*)["']?\s*:\s*["'][^"']{4}"#).ok()
    });
    let is_between = |byte: u8| matches!(byte, b'_' | b'"' | b'\'' | b']' | b'=' | b' ');
    let open = run_after(place.text, found.end, 12, is_between);
    let between = slice(place.text, found.end, open);
    // What is inside of one was looked at with it.
    if at(place.text, open) != b'{' || !between.contains(&b'=') || found.start < place.env_end {
        return;
    }
    let inside = slice(place.text, open, open + 2000);
    let inside = slice(inside, 0, memchr::memchr(b'}', inside).unwrap_or(inside.len()));
    place.env_end = open + inside.len();
    if let Some(name) = MEMBER
        .as_ref()
        .and_then(|pattern| pattern.captures(inside))
        .and_then(|parts| parts.get(1))
        .filter(|name| name.len() <= 60)
    {
        let why = format!(
            "{} is written into the page with a value.",
            String::from_utf8_lossy(name.as_bytes())
        );
        let span = (open + name.start(), open + name.end());
        place.hit(span, Kind::EnvExposure, name.as_bytes(), why);
    }
}

/// The settings of a bundler, judged by the file's name: what they put into the build.
pub(in crate::audit) fn settings(place: &mut Place<'_>, file: &str) {
    static FILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?-u)^(?:(?:vite|next|nuxt|webpack|rspack|rsbuild|rollup|esbuild|vue|craco|astro|svelte)[\w.-]*\.(?:js|ts|mjs|cjs|mts|cts)|environment[\w.-]*\.ts)$").ok()
    });
    static EVERYTHING: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?-u)\benvPrefix\s{0,8}:\s{0,8}(?:\[\s{0,8})?(""|'')"#).ok());
    static PUT_IN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"(?-u)\b(?:define|env|DefinePlugin|EnvironmentPlugin|environment|EnvironmentVariables)["']?\s{0,8}[:(=]\s{0,8}[({\[]?[^}\]]{0,600}?\b([A-Za-z0-9_$]{0,60}(?:SECRET|Secret|PASSWORD|Password|PRIVATE_KEY|PrivateKey)[A-Za-z0-9_$]{0,20})"#,
        )
        .ok()
    });
    let base = file.rsplit(['/', '\\', '!']).next().unwrap_or_default();
    if !FILE.as_ref().is_some_and(|pattern| pattern.is_match(base.as_bytes())) {
        return;
    }
    // The settings of a bundler are short; what is longer is something else.
    let text = slice(place.text, 0, 262_144);
    if let Some(prefix) = EVERYTHING.as_ref().and_then(|pattern| pattern.find(text)) {
        let why = "An empty `envPrefix` puts every variable of the build's environment into the build.";
        place.hit((prefix.start(), prefix.end()), Kind::EnvExposure, b"envPrefix", why);
    }
    for name in PUT_IN
        .as_ref()
        .into_iter()
        .flat_map(|pattern| pattern.captures_iter(text))
        .filter_map(|parts| parts.get(1))
    {
        let shown = String::from_utf8_lossy(name.as_bytes());
        let why = format!("{shown} is put into the build by the bundler's settings, and its name is that of a secret.");
        place.hit((name.start(), name.end()), Kind::EnvExposure, name.as_bytes(), why);
    }
}

/// An `.env` file, judged by its name. An example of one may stay, as long as it has no value in it.
pub(in crate::audit) fn file(place: &mut Place<'_>, file: &str) {
    static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?im-u)^[ \t]*(?:export[ \t]+)?([a-z0-9_]{0,60}(?:secret|password|private_?key|token)[a-z0-9_]{0,30})[ \t]*=[ \t]*["']?[^\s"'#<$]{4}"#).ok()
    });
    let base = file.rsplit(['/', '\\', '!']).next().unwrap_or_default();
    let is_example = ["example", "sample", "template", "dist", "defaults"]
        .iter()
        .any(|word| base.ends_with(word));
    if is_example || !(base == ".env" || base.starts_with(".env.")) {
        return;
    }
    let text = slice(place.text, 0, 262_144);
    let secret = SECRET
        .as_ref()
        .and_then(|pattern| pattern.captures(text))
        .and_then(|parts| parts.get(1));
    let mut hit = match secret {
        Some(name) => {
            let why = format!("{} has a value in it.", String::from_utf8_lossy(name.as_bytes()));
            super::hit((name.start(), name.end()), Kind::EnvFile, name.as_bytes(), why)
        }
        None => super::hit(
            (0, 1),
            Kind::EnvFile,
            base.as_bytes(),
            "None of its names is that of a secret.",
        ),
    };
    if secret.is_none() {
        hit.severity = Severity::Warning;
    }
    place.hits.push(hit);
}
