//! Compiled with the project's own manifest and clippy.toml: each line must be refused.

/// Asks the device for the time.
#[must_use]
pub fn wall() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

/// Asks the device for a time that never jumps.
#[must_use]
pub fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

/// Panics on input.
#[must_use]
pub fn unwrapped(input: Option<u8>) -> u8 {
    input.unwrap()
}
