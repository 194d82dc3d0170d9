//! The command `procore-spa-auth`, as far as it needs no file, no environment and no clock: what its arguments ask for, what
//! is known to be secret, and what the exit code is. The native program and the one for Node do the rest, each in its way.

mod env_file;
mod inputs;
mod names;
mod options;
mod outcome;
mod usage;

pub use inputs::{Inputs, Prepared, TextFile, is_env_file, prepare};
pub use options::{Command, DEFAULT_PATHS, FailOn, Format, Options, UsageError};
pub use outcome::{EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREAD, EXIT_USAGE, Outcome, hash};
pub use usage::USAGE;
