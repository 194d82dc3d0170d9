//! Searches files, as many at once as there are processors.

use crate::files::why;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use procore_spa_auth::audit::{Auditor, Report, Unread, UnreadReason, audit_file};
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Searches all of them. On a terminal, a bar shows how far it is.
pub(crate) fn search(auditor: &Auditor, files: &[(PathBuf, String, u64)], shows_progress: bool) -> Report {
    let total = files.iter().map(|(_, _, size)| size).sum();
    // Nothing is drawn where the standard error is no terminal.
    let target = if shows_progress {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let one = |(path, name, size): &(PathBuf, String, u64)| file(auditor, path, name, *size, &bar);
    let both = |mut all: Report, one| {
        all.merge(one);
        all
    };
    let report = files.par_iter().map(one).reduce(Report::default, both);
    bar.finish_and_clear();
    report
}

fn file(auditor: &Auditor, path: &Path, name: &str, size: u64, bar: &ProgressBar) -> Report {
    let mut report = Report::default();
    match File::open(path) {
        Ok(file) => {
            let counted = Counted {
                file,
                read: 0,
                size,
                bar,
            };
            report = audit_file(auditor, name, &mut BufReader::with_capacity(64 << 10, counted));
        }
        Err(error) => {
            report
                .unread
                .push(Unread::new(name, UnreadReason::Unreadable, why(&error)));
            bar.inc(size);
        }
    }
    report
}

/// A file that tells a bar what was read of it.
struct Counted<'a> {
    file: File,
    read: u64,
    size: u64,
    bar: &'a ProgressBar,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        // What is read twice counts once.
        let more = u64::try_from(read)
            .unwrap_or(u64::MAX)
            .min(self.size.saturating_sub(self.read));
        self.read += more;
        self.bar.inc(more);
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.bar.inc(self.size.saturating_sub(self.read));
    }
}
