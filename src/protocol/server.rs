//! Another server than Procore's own: its options, its endpoints, its metadata.
//!
//! [RFC 8414 §3.3](https://www.rfc-editor.org/rfc/rfc8414.html#section-3.3),
//! [RFC 9700 §2.6](https://www.rfc-editor.org/rfc/rfc9700.html#section-2.6). Endpoints are https
//! ([RFC 7009 §2](https://www.rfc-editor.org/rfc/rfc7009.html#section-2)), without user name or fragment
//! ([RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1)).

use super::ascii;
use super::confidentiality;
use super::credentials::RESPONSE_NAMES;
use super::environment::Environment;
use super::form;
use super::http::HttpResponse;
use super::json::{self, Value};
use super::options::{flag, invalid, known_keys, text_option};
use super::url::{ParseUrl, Url};
use crate::error::{Code, Error};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// Applies one entry of the option `servers`.
///
/// # Errors
///
/// `config_invalid`, `config_unknown_key`, `config_endpoint_*`.
#[inline(never)]
pub(crate) fn read_options(environment: &mut Environment, value: &Value, parse_url: ParseUrl) -> Result<(), Error> {
    let server = value.as_object().ok_or_else(|| invalid("servers"))?;
    known_keys(
        server,
        &[
            "customAuthorizationServer",
            "issuer",
            "issParameter",
            "authorizationEndpoint",
            "tokenEndpoint",
            "revocationEndpoint",
            "tokenInfoEndpoint",
            "apiOrigin",
            "discover",
            "renewOnForbidden",
        ],
    )?;
    let is_custom = flag(server, "customAuthorizationServer")?;
    environment.is_to_discover = flag(server, "discover")?;
    environment.is_renewed_on_forbidden = flag(server, "renewOnForbidden")?;
    // Procore documents neither.
    if environment.is_to_discover && !is_custom {
        return Err(invalid("discover"));
    }
    if environment.is_renewed_on_forbidden && !is_custom {
        return Err(invalid("renewOnForbidden"));
    }
    match text_option(server, "issParameter")? {
        Some("required") => environment.is_iss_required = true,
        Some("optional") | None => {}
        Some(_) => return Err(invalid("issParameter")),
    }
    // Without the explicit word an endpoint may change its path, never its origin.
    let home = |url: &str| if is_custom { None } else { parse_url(url, None) };
    let (login, api) = (home(&environment.authorization_endpoint), home(&environment.api_origin));
    let issuer = text_option(server, "issuer")?;
    if is_custom || issuer.is_some() {
        let checked = issuer
            .map(|issuer| checked_endpoint(issuer, login.as_ref(), is_custom, parse_url))
            .transpose()?;
        // Kept as written: issuers are compared as strings (RFC 9207 §2.4), and a parser would add a slash.
        environment.issuer = checked.and(issuer).unwrap_or_default().to_owned();
    }
    let is_to_discover = environment.is_to_discover;
    for ((key, is_required), url) in [
        ("authorizationEndpoint", !is_to_discover),
        ("tokenEndpoint", !is_to_discover),
        ("revocationEndpoint", !is_to_discover),
        ("tokenInfoEndpoint", false),
        ("apiOrigin", true),
    ]
    .into_iter()
    .zip(environment.urls())
    {
        let home = if key == "apiOrigin" { &api } else { &login };
        match text_option(server, key)? {
            Some(text) => *url = checked_endpoint(text, home.as_ref(), is_custom, parse_url)?,
            None if is_custom && is_required => return Err(invalid(key)),
            None if is_custom => url.clear(),
            None => {}
        }
    }
    let api = parse_url(&environment.api_origin, None).ok_or_else(|| invalid("apiOrigin"))?;
    if api.after_origin() != "/" {
        return Err(invalid("apiOrigin"));
    }
    environment.api_origin = api.origin().to_owned();
    if (environment.is_to_discover || environment.is_iss_required) && environment.issuer.is_empty() {
        return Err(invalid("issuer"));
    }
    Ok(())
}

/// Takes the endpoints from the server's metadata document.
///
/// # Errors
///
/// See [`Config::discovered`](super::config::Config::discovered).
#[inline(never)]
pub(crate) fn read_metadata(
    environment: &mut Environment,
    response: &HttpResponse,
    parse_url: ParseUrl,
) -> Result<(), Error> {
    let metadata = if response.status == 200 && response.is_json() {
        json::parse(response.bounded_body().0).ok()
    } else {
        None
    };
    // Registered members that merely name methods ("client_secret_basic") are values, not keys: only keys count.
    let metadata = metadata
        .as_ref()
        .and_then(Value::as_object)
        .ok_or_else(|| invalid("metadata"))?;
    metadata
        .members()
        .try_for_each(|(key, _)| confidentiality::refuse_name(key))?;
    if metadata.member("issuer").and_then(Value::as_str) != Some(environment.issuer.as_str()) {
        return Err(Code::IssuerChanged.into());
    }
    if matches!(
        metadata.member("require_pushed_authorization_requests"),
        Some(Value::Bool(true))
    ) {
        return Err(invalid("require_pushed_authorization_requests"));
    }
    let home = parse_url(&environment.issuer, None).ok_or_else(|| invalid("issuer"))?;
    for (key, url) in ["authorization_endpoint", "token_endpoint", "revocation_endpoint"]
        .into_iter()
        .zip(environment.urls())
    {
        let text = metadata
            .present(key)
            .and_then(Value::as_str)
            .ok_or_else(|| invalid(key))?;
        *url = checked_endpoint(text, Some(&home), true, parse_url)?;
    }
    let says_iss = metadata.member("authorization_response_iss_parameter_supported");
    environment.is_iss_required |= matches!(says_iss, Some(Value::Bool(true)));
    environment.is_to_discover = false;
    Ok(())
}

fn checked_endpoint(text: &str, home: Option<&Url>, is_custom: bool, parse_url: ParseUrl) -> Result<String, Error> {
    let refuse = |code| Err(Error::about(code, ascii::before(text, b"?#@")));
    let Some(url) = parse_url(text, None) else {
        return refuse(Code::ConfigEndpointNotHttps);
    };
    if url.has_userinfo() || ascii::has(text, b"#") {
        return Err(Code::ConfigEndpointUserinfo.into());
    }
    let is_local = url.is_localhost() && is_custom;
    if !url.is_https() && !is_local {
        return refuse(Code::ConfigEndpointNotHttps);
    }
    let is_reserved = |(name, _): (&str, &str)| form::decode(name).is_none_or(|name| is_reserved_request_name(&name));
    if form::pairs(url.query()).any(is_reserved) {
        return refuse(Code::ConfigEndpointReservedParam);
    }
    if home.is_some_and(|home| !home.is_same_origin(&url)) {
        return refuse(Code::ConfigEndpointOrigin);
    }
    Ok(url.href().to_owned())
}

/// Whether a parameter of the authorization request is ours alone to set.
pub(crate) fn is_reserved_request_name(name: &str) -> bool {
    const REQUEST_NAMES: [&str; 10] = [
        "response_type",
        "response_mode",
        "client_id",
        "redirect_uri",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "request",
        "request_uri",
        "grant_type",
    ];
    REQUEST_NAMES.contains(&name) || RESPONSE_NAMES.contains(&name)
}
