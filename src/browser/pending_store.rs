//! Pending authorizations in `sessionStorage`, which belongs to one tab: one record per sign-in, keyed by its state.
//!
//! For Rust apps. The npm package keeps them itself, by the same rules: `pkg/src/page/pending.ts`.

use crate::error::{Code, Error};
use crate::protocol::authorization_response::AuthorizationResponse;
use crate::protocol::pending_authorization::PendingAuthorization;
use crate::protocol::secret::Wiped;
use crate::protocol::time::UnixSeconds;
use alloc::string::String;
use alloc::vec::Vec;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = sessionStorage, js_name = getItem)]
    fn read(key: &str) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(catch, js_namespace = sessionStorage, js_name = setItem)]
    fn write(key: &str, record: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = sessionStorage, js_name = removeItem)]
    fn remove(key: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = sessionStorage, js_name = key)]
    fn key(index: u32) -> Result<Option<String>, JsValue>;
}

/// Before the state, in the key of every record.
pub const PREFIX: &str = "procore-spa-auth:";

/// How many may be pending in one tab; the oldest make room.
pub const MAX_PENDING: usize = 20;

/// Stores a pending authorization, and sweeps out what is old, damaged or too much.
///
/// # Errors
///
/// `storage_unavailable` when storage is blocked or full: known before the page is left.
pub fn put(pending: &PendingAuthorization, now: UnixSeconds) -> Result<(), Error> {
    let blocked = |_| Error::from(Code::StorageUnavailable);
    sweep(now).map_err(blocked)?;
    write(&key_of(pending.state()), &pending.to_record()).map_err(blocked)
}

/// The record that a response claims, and its key. It must be forgotten before anything is done with it.
#[must_use]
pub fn find(response: &AuthorizationResponse) -> Option<(Wiped, Wiped)> {
    response
        .states()
        .find_map(|state| Some((key_of(state), find_by_state(state)?)))
}

/// The record of the sign-in with this state.
#[must_use]
pub fn find_by_state(state: &str) -> Option<Wiped> {
    read(&key_of(state)).ok().flatten().map(Wiped::new)
}

/// Removes the record of the sign-in with this state.
///
/// # Errors
///
/// See [`forget`].
pub fn forget_state(state: &str) -> Result<(), Error> {
    forget(&key_of(state))
}

/// Removes a record.
///
/// # Errors
///
/// `storage_unavailable` when storage is blocked: then the record could be used twice, so it is not used at all.
pub fn forget(key: &str) -> Result<(), Error> {
    remove(key).map_err(|_| Code::StorageUnavailable.into())
}

/// Whether any sign-in is pending in this tab.
#[must_use]
pub fn is_any() -> bool {
    keys().is_ok_and(|keys| !keys.is_empty())
}

/// Wiped, for it holds the state.
fn key_of(state: &str) -> Wiped {
    Wiped::new([PREFIX, state].concat())
}

fn keys() -> Result<Vec<Wiped>, JsValue> {
    let mut keys = Vec::new();
    for index in 0.. {
        match key(index)?.map(Wiped::new) {
            Some(key) if key.starts_with(PREFIX) => keys.push(key),
            Some(_) => {}
            None => break,
        }
    }
    Ok(keys)
}

fn sweep(now: UnixSeconds) -> Result<(), JsValue> {
    let mut live = Vec::new();
    for key in keys()? {
        let record = Wiped::new(read(&key)?.unwrap_or_default());
        match PendingAuthorization::from_record(&record) {
            Ok(pending) if !pending.is_expired_at(now) => live.push((pending.created(), key)),
            // Of another version, or of the implicit entry: not ours to judge.
            Err(error) if error.code() != Code::StorageCorrupt => {}
            _ => remove(&key)?,
        }
    }
    // The latest first. One more is about to come, so there must be room for it.
    live.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    live.iter().skip(MAX_PENDING - 1).try_for_each(|(_, key)| remove(key))
}
