use super::*;

/// An application for tests of other modules.
pub fn application() -> Application {
    Arc::into_inner(config(&variables()).unwrap().applications.remove(0)).unwrap()
}

fn variables() -> BTreeMap<String, String> {
    let key = crate::judge::seal::encode_key(&[1; 32]).expose().to_owned();
    [
        ("KEYS", key.as_str()),
        ("SECRET", " the-secret\n"),
        ("MEDIATOR__COOKIE_KEYS__ENV", "KEYS"),
        ("MEDIATOR__APPLICATIONS__MAIN__ENVIRONMENT", "sandbox"),
        ("MEDIATOR__APPLICATIONS__MAIN__CLIENT_ID", "client-1"),
        ("MEDIATOR__APPLICATIONS__MAIN__CLIENT_SECRET__ENV", "SECRET"),
        (
            "MEDIATOR__APPLICATIONS__MAIN__ORIGINS",
            "https://app.example http://localhost:5173",
        ),
        ("MEDIATOR__APPLICATIONS__MAIN__REDIRECT_URIS", "https://app.example/cb"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn config(variables: &BTreeMap<String, String>) -> Result<Config, ConfigError> {
    load(None, variables.clone())
}

fn with(name: &str, value: &str) -> Result<Config, ConfigError> {
    let mut all = variables();
    all.insert(name.to_owned(), value.to_owned());
    config(&all)
}

fn complaint(name: &str, value: &str) -> String {
    with(name, value).unwrap_err().0
}

#[test]
fn everything_can_be_set_by_variables() {
    let config = config(&variables()).unwrap();
    let application = &config.applications[0];
    assert_eq!(application.client_secret.expose(), "the-secret");
    assert_eq!(
        application.token_endpoint,
        "https://login-sandbox.procore.com/oauth/token"
    );
    assert_eq!(application.origins, ["https://app.example", "http://localhost:5173"]);
    assert_eq!(
        (config.token_path.as_str(), config.revoke_path.as_str()),
        ("/oauth/token", "/oauth/revoke")
    );
    assert!(!format!("{config:?}").contains("the-secret"));
    let set = with("MEDIATOR__LIMITS__REQUESTS_PER_MINUTE", "7").unwrap();
    assert_eq!(set.limits.requests_per_minute, 7);
    assert!(with("MEDIATOR__SESSION__KEEP_COOKIE", "true").unwrap().is_cookie_kept);
    assert_eq!(with("MEDIATOR__STATE_DIR", "").unwrap().state_dir, None);
    assert_eq!(
        with("REDIS_URL", "redis://r").unwrap().redis_url.unwrap().expose(),
        "redis://r"
    );
}

#[test]
fn the_example_is_a_file_that_is_accepted() {
    let mut variables = variables();
    variables.retain(|name, _| !name.starts_with("MEDIATOR"));
    variables.insert("COOKIE_KEYS".into(), variables["KEYS"].clone());
    variables.insert("SANDBOX_SECRET".into(), "s1".into());
    variables.insert("PRODUCTION_SECRET".into(), "s2".into());
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/mediator.example.toml"));
    let config = load(Some(path), variables).unwrap();
    let names: Vec<_> = config.applications.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["production", "sandbox"]);
    assert_ne!(config.applications[0].cookie_name, config.applications[1].cookie_name);
}

#[test]
fn a_trailing_slash_in_an_origin_is_refused_with_a_word() {
    let message = complaint("MEDIATOR__APPLICATIONS__MAIN__ORIGINS", "https://app.example/");
    assert!(
        message.contains(r#""https://app.example/" is not how browsers write an origin; say "https://app.example""#),
        "{message}"
    );
    for origin in [
        "https://APP.example",
        "https://app.example:443",
        "https://app.example/x",
        "http://app.example",
        "app.example",
    ] {
        assert!(
            with("MEDIATOR__APPLICATIONS__MAIN__ORIGINS", origin).is_err(),
            "{origin}"
        );
    }
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        (
            "MEDIATOR__APPLICATIONS__MAIN__ENVIRONMENT",
            "staging",
            "environment must be",
        ),
        (
            "MEDIATOR__APPLICATIONS__MAIN__CLIENT_ID",
            "your-client",
            "applications.main",
        ),
        (
            "MEDIATOR__APPLICATIONS__MAIN__CLIENT_SECRET__ENV",
            "NOWHERE",
            "the variable NOWHERE is not set",
        ),
        (
            "MEDIATOR__APPLICATIONS__MAIN__REDIRECT_URIS",
            "http://app.example/cb",
            "redirect_uris",
        ),
        (
            "MEDIATOR__APPLICATIONS__MAIN__LOGIN_ORIGIN",
            "https://login.example",
            "one of both",
        ),
        ("MEDIATOR__COOKIE_KEYS__ENV", "SECRET", "cookie_keys"),
        ("MEDIATOR__TOKEN_PATH", "oauth/token", "token_path"),
        ("MEDIATOR__SESSION__IDLE_SECONDS", "0", "idle_seconds"),
        (
            "MEDIATOR__LIMITS__OPEN_UPSTREAM_REQUESTS",
            "0",
            "nothing would be served",
        ),
        ("MEDIATOR__LOG", "loud", "log must be"),
        ("MEDIATOR__TYPO", "1", "typo"),
    ];
    for (name, value, part) in cases {
        let message = complaint(name, value);
        assert!(message.contains(part), "{name}: {message}");
        assert!(!message.contains("the-secret"), "{message}");
    }
}

#[test]
fn the_same_client_id_needs_other_origins() {
    let mut all = variables();
    for (name, value) in variables() {
        all.insert(name.replace("__MAIN__", "__MONTHLY__"), value);
    }
    assert!(config(&all).unwrap_err().0.contains("nobody could tell which is meant"));
    all.insert(
        "MEDIATOR__APPLICATIONS__MONTHLY__ORIGINS".into(),
        "https://monthly.example".into(),
    );
    assert_eq!(config(&all).unwrap().applications.len(), 2);
}
