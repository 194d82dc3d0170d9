//! The URL parser that judges is the parser that navigates: the browser's own.

use crate::protocol::url::Url;
use alloc::string::String;
use wasm_bindgen::prelude::wasm_bindgen;

// One crossing, where the constructor, its exception and `href` would be three.
#[wasm_bindgen(
    inline_js = "export const parse = (text, base) => { try { return new URL(text, base).href } catch {} return '' }"
)]
extern "C" {
    #[wasm_bindgen(js_name = parse)]
    fn href_of(text: &str, base: Option<&str>) -> String;
}

/// Parses with the browser's `URL`. See [`ParseUrl`](crate::protocol::url::ParseUrl).
#[must_use]
pub fn parse_url(input: &str, base: Option<&str>) -> Option<Url> {
    // No URL serialises to nothing.
    Some(href_of(input, base))
        .filter(|href| !href.is_empty())
        .and_then(Url::from_serialised)
}
