//! The two clocks of a browser.

use crate::protocol::time::Moment;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page was opened. Present in windows and workers.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
}

/// Both clocks, now.
#[must_use]
pub fn now() -> Moment {
    let (wall, monotonic) = (whole(date_now()), whole(performance_now()));
    let milliseconds = u16::try_from(monotonic % 1000).unwrap_or_default();
    Moment::new(wall / 1000, monotonic / 1000).and_milliseconds(milliseconds)
}

#[expect(
    clippy::as_conversions,
    reason = "there is no other way from f64; the cast saturates, and NaN becomes 0"
)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cutting off is what is meant"
)]
const fn whole(milliseconds: f64) -> u64 {
    milliseconds as u64
}
