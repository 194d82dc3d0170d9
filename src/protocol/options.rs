//! Options, read from JSON: known keys, right types, and an error that names what is wrong
//! ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259.html); the options themselves are in `pkg/src/types/index.d.ts`).

use super::json::{self, Object, Value};
use crate::error::{Code, Error};

/// The longest options that are read, in bytes.
const MAX_OPTIONS: usize = 1024 * 1024;

/// Options as JSON text.
pub(crate) fn read(text: &str) -> Option<Value> {
    if text.len() > MAX_OPTIONS {
        return None;
    }
    json::parse_said(text).ok()
}

pub(crate) fn invalid(option: &str) -> Error {
    Error::about(Code::ConfigInvalid, option)
}

pub(crate) fn unknown_key(key: &str) -> Error {
    Error::about(Code::ConfigUnknownKey, key)
}

pub(crate) fn known_keys(object: &Object, known: &[&str]) -> Result<(), Error> {
    match object.members().find(|(key, _)| !known.contains(key)) {
        Some((key, _)) => Err(unknown_key(key)),
        None => Ok(()),
    }
}

pub(crate) fn text_option<'a>(object: &'a Object, key: &str) -> Result<Option<&'a str>, Error> {
    object
        .present(key)
        .map(|value| value.as_str().ok_or_else(|| invalid(key)))
        .transpose()
}

pub(crate) fn flag(object: &Object, key: &str) -> Result<bool, Error> {
    match object.present(key) {
        None | Some(Value::Bool(false)) => Ok(false),
        Some(Value::Bool(true)) => Ok(true),
        Some(_) => Err(invalid(key)),
    }
}
