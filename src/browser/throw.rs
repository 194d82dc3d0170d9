//! The one place where an [`Error`] becomes a JavaScript value.

use crate::error::Error;
use crate::protocol::json::Writer;
use wasm_bindgen::prelude::JsValue;

/// The error as JSON text, which the facade makes a `ProcoreAuthError` of.
pub(super) fn throw(error: &Error) -> JsValue {
    JsValue::from_str(&to_json(error))
}

/// `{ code, phase, retryable, message, oauthError?, oauthErrorDescription? }`
fn to_json(error: &Error) -> crate::protocol::secret::Wiped {
    let oauth = error.oauth();
    Writer::object()
        .string("code", error.code().as_str())
        .string("phase", error.phase().as_str())
        .bool("retryable", error.code().is_retryable())
        .string("message", &error.message())
        .optional("oauthError", oauth.map(|said| said.error))
        .optional(
            "oauthErrorDescription",
            oauth.and_then(|said| said.description.as_deref()),
        )
        .end()
}
