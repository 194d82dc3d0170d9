//! What is known before the search: the environment, `.env` files, baselines, and the day.

use procore_spa_auth::audit::command::{Inputs, Options, TextFile, is_env_file};
use procore_spa_auth::audit::{Date, Unread, UnreadReason};
use procore_spa_auth::protocol::secret::Wiped;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What `options` ask for, and what of it can't be read though nobody named it.
pub(crate) fn inputs(options: &Options) -> Result<(Inputs, Vec<Unread>), String> {
    let mut inputs = Inputs::new(today().ok_or("this machine's clock has no date")?);
    let mut unread = Vec::new();
    for path in &options.env_files {
        inputs.env_files.push(text(path).map_err(|error| named(path, &error))?);
    }
    if !options.no_env {
        for path in env_files() {
            match text(&path) {
                Ok(file) => inputs.env_files.push(file),
                Err(error) => {
                    unread.push(Unread::new(
                        &path.display().to_string(),
                        UnreadReason::Unreadable,
                        error.to_string(),
                    ));
                }
            }
        }
        // A value that is no UTF-8 can't be in a text that is.
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        inputs
            .environment
            .extend(variables.map(|(name, value)| (name, Wiped::new(value))));
    }
    for path in &options.baselines {
        inputs.baselines.push(text(path).map_err(|error| named(path, &error))?);
    }
    if let Some(path) = &options.write_baseline {
        match text(path) {
            Ok(file) => inputs.baselines.push(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(named(path, &error)),
        }
    }
    Ok((inputs, unread))
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {}", path.display(), why(error))
}

/// What an operating system said, in words that are the same everywhere where there are any.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "It is not there.".to_owned(),
        io::ErrorKind::PermissionDenied => "Its permissions forbid it.".to_owned(),
        _ => error.to_string(),
    }
}

/// The `.env` files of this folder.
fn env_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(".").into_iter().flatten().filter_map(Result::ok);
    let names = entries
        .filter(|entry| !entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names.filter(|name| is_env_file(name)).map(PathBuf::from).collect();
    files.sort();
    files
}

/// The largest file that is read as a whole here.
const MAX_TEXT: u64 = 4 << 20;

fn text(path: &Path) -> io::Result<TextFile> {
    // Opening a pipe would wait for somebody who writes; reading a device may never end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "It is no regular file."));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_TEXT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("It is larger than {MAX_TEXT} bytes."),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "It is no UTF-8."))?;
    Ok(TextFile::new(path.display().to_string(), Wiped::new(text)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the library is told which day it is; here it comes from"
)]
fn today() -> Option<Date> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    date_of_day(seconds / 86_400)
}

/// The date, in UTC, of a day since 1970-01-01.
fn date_of_day(mut day: u64) -> Option<Date> {
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    loop {
        let days = if is_leap(year) { 366 } else { 365 };
        if day < days {
            break;
        }
        day -= days;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    for (month, days) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if day < days {
            return Date::parse(&format!("{year:04}-{month:02}-{:02}", day + 1));
        }
        day -= days;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        let date = |day| date_of_day(day).map(String::from);
        for (day, text) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (20_834, "2027-01-16"),
        ] {
            assert_eq!(date(day).as_deref(), Some(text));
        }
    }
}
