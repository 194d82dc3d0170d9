//! Time, always an argument. Seconds, as in [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1).

/// Seconds since 1970-01-01T00:00:00Z by the device's clock, which may be wrong and may jump.
pub type UnixSeconds = u64;

/// A length of time in seconds.
pub type Seconds = u64;

/// A length of time in milliseconds.
pub type Milliseconds = u64;

/// One reading of both clocks of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Moment {
    /// The wall clock. Goes on while the device sleeps; the user or the network may set it.
    pub wall: UnixSeconds,
    /// Seconds since an arbitrary start. Never jumps, but may stand still while the device sleeps.
    pub monotonic: Seconds,
    /// How far that is into its second.
    milliseconds: u16,
}

impl Moment {
    /// Both clocks, read at the same time.
    #[must_use]
    pub const fn new(wall: UnixSeconds, monotonic: Seconds) -> Self {
        Self {
            wall,
            monotonic,
            milliseconds: 0,
        }
    }

    /// The same, so far into its second by the clock that never jumps.
    #[must_use]
    pub const fn and_milliseconds(mut self, milliseconds: u16) -> Self {
        self.milliseconds = milliseconds;
        self
    }

    /// The clock that never jumps, exactly.
    #[must_use]
    pub fn exactly(self) -> Milliseconds {
        self.monotonic
            .saturating_mul(1000)
            .saturating_add(self.milliseconds.into())
    }

    /// How long ago `earlier` was: the larger of what the two clocks say, so that neither a sleeping device nor a clock
    /// that was set back makes a token look younger than it is.
    #[must_use]
    pub fn since(self, earlier: Self) -> Seconds {
        let wall = self.wall.saturating_sub(earlier.wall);
        wall.max(self.monotonic.saturating_sub(earlier.monotonic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_survives_sleep_and_clock_changes() {
        let then = Moment::new(1_000_000, 50);
        assert_eq!(Moment::new(1_000_100, 150).since(then), 100);
        assert_eq!(Moment::new(1_036_000, 60).since(then), 36_000, "the device slept");
        assert_eq!(
            Moment::new(913_600, 150).since(then),
            100,
            "the clock was set back a day"
        );
    }
}
