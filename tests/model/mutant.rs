//! The machine with one decision taken out of it. A mutant stands between the machine and its world, so that no line of the
//! machine knows of it: what it does not let through, or answers by itself, is what the machine would do without that decision.

/// Which decision is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mutant {
    Unchanged,
    /// It is not written down that the refresh token is on its way.
    NotWrittenDown,
    /// What another tab has written is written over.
    WritesOver,
    /// A call belongs to the session that it is sent in, not to the one that the app saw.
    BindsLate,
    /// What is known of a session is told while a response is being judged.
    TellsWhileJudging,
    /// The word that a session is over is not listened to.
    Deaf,
    /// A session that was found is used before others know of this tab.
    Unverified,
    /// A session that can't be removed is not noted to be over.
    NotBuried,
    /// A session is not removed.
    NotRemoved,
    /// Nobody waits for other tabs to leave.
    NotAwaited,
    /// What is found is taken as it is, also while another tab renews it.
    Impatient,
    /// A renewal of another tab is waited for ten seconds.
    ShortPatience,
    /// It is not noted when a tab is left.
    NoGrace,
    /// What has failed once is given up.
    NoSecondTry,
    /// Who waits for the lock waits for ever.
    WaitsForEver,
    /// A renewal's lock is never released.
    NeverUnlocks,
    /// A tab that is shown again does not look at the vault.
    Sleepy,
}
