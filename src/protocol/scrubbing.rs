//! A page's URL without the authorization response in it: the code must not stay where other scripts, the history and a
//! `Referer` have it ([RFC 9700 §4.2.4](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.2.4)).
//!
//! For Rust apps. The npm package does the same before the core has started: `pkg/src/page/redirect.ts`.

use super::credentials::RESPONSE_NAMES;
use super::form;
use super::secret::Wiped;
use super::url::Url;
use alloc::vec::Vec;

/// The states of an authorization response, wherever in the URL they stand, empty ones left out. A genuine one has one.
#[must_use]
pub fn states(url: &Url) -> Vec<Wiped> {
    let (_, fragment) = form::cut_fragment(url.fragment());
    [url.query(), fragment].into_iter().flat_map(states_in).collect()
}

/// The URL without the response that has this state; everything else of it stays as it is. A hash route is the app's own,
/// unless the state is in there.
#[must_use]
pub fn without_response(url: &Url, state: &str) -> Wiped {
    let (route, pairs) = form::cut_fragment(url.fragment());
    let query = rest(url.query());
    let is_ours = route.is_empty() || states_in(pairs).iter().any(|claimed| claimed.as_str() == state);
    let (route, pairs) = match is_ours {
        true => (route, rest(pairs)),
        false => (route, Wiped::from(pairs)),
    };
    let route = if is_ours && pairs.is_empty() {
        route.strip_suffix('?').unwrap_or(route)
    } else {
        route
    };
    let mut href = Wiped::with_capacity(url.href().len());
    for part in [url.origin(), url.path()] {
        href.push_str(part);
    }
    for (mark, parts) in [("?", ["", query.as_str()]), ("#", [route, pairs.as_str()])] {
        if parts.iter().any(|part| !part.is_empty()) {
            href.push_str(mark);
            parts.iter().for_each(|part| href.push_str(part));
        }
    }
    href
}

fn states_in(pairs: &str) -> Vec<Wiped> {
    form::pairs(pairs)
        .filter(|(name, _)| form::decode(name).is_some_and(|name| name.as_str() == "state"))
        .filter_map(|(_, value)| form::decode(value))
        .filter(|state| !state.is_empty())
        .collect()
}

/// The pairs that no response has.
fn rest(pairs: &str) -> Wiped {
    let mut rest = Wiped::with_capacity(pairs.len());
    let is_response = |pair: &&str| {
        let name = form::pairs(pair).next().and_then(|(name, _)| form::decode(name));
        name.is_some_and(|name| RESPONSE_NAMES.contains(&name.as_str()))
    };
    for pair in pairs.split('&').filter(|pair| !is_response(pair)) {
        if !rest.is_empty() {
            rest.push('&');
        }
        rest.push_str(pair);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use alloc::string::String;

    const STATE: &str = "S";

    fn scrubbed(url: &str) -> String {
        without_response(&parse_url(url, None).unwrap(), STATE).as_str().into()
    }

    #[test]
    fn what_only_a_response_has_goes_and_all_else_stays() {
        for (url, rest) in [
            ("https://app.example/cb?code=C&state=S", "https://app.example/cb"),
            (
                "https://app.example/cb?tenant=a%20b&code=C&state=S&iss=I",
                "https://app.example/cb?tenant=a%20b",
            ),
            (
                "https://app.example/cb?co%64e=C&st%61te=S&x",
                "https://app.example/cb?x",
            ),
            (
                "https://app.example/cb?error=access_denied&error_description=no&state=S#part",
                "https://app.example/cb#part",
            ),
            (
                "https://app.example/cb#access_token=T&state=S",
                "https://app.example/cb",
            ),
            (
                "https://app.example/cb?code=C&state=S#/costs?page=2",
                "https://app.example/cb#/costs?page=2",
            ),
            (
                "https://app.example/cb#/cb?code=C&state=S",
                "https://app.example/cb#/cb",
            ),
            (
                "https://app.example/cb?code=C&state=S#/costs?state=open",
                "https://app.example/cb#/costs?state=open",
            ),
            ("https://app.example//cb?code=C&state=S", "https://app.example//cb"),
        ] {
            assert_eq!(scrubbed(url), rest, "{url}");
        }
    }

    #[test]
    fn states_are_found_wherever_they_stand() {
        for (url, found) in [
            ("https://app.example/cb?code=C&state=S", &["S"][..]),
            ("https://app.example/cb?state=&state=a+b#state=S", &["a b", "S"]),
            ("https://app.example/cb#/cb?code=C&state=S", &["S"]),
            ("https://app.example/cb?statement=S", &[]),
        ] {
            let states = states(&parse_url(url, None).unwrap());
            assert_eq!(
                states.iter().map(|state| state.as_str()).collect::<Vec<_>>(),
                found,
                "{url}"
            );
        }
    }
}
