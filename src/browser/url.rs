//! The URL parser that judges is the parser that navigates: the browser's own.

use crate::protocol::url::Url;
use alloc::string::String;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    type URL;
    #[wasm_bindgen(constructor, catch)]
    fn new(input: &str, base: Option<&str>) -> Result<URL, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn href(this: &URL) -> String;
}

/// Parses with the browser's `URL`. See [`ParseUrl`](crate::protocol::url::ParseUrl).
#[must_use]
pub fn parse_url(input: &str, base: Option<&str>) -> Option<Url> {
    Url::from_serialised(URL::new(input, base).ok()?.href())
}
