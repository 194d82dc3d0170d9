//! The files that paths lead to: each once, however links lead.

use crate::files::why;
use procore_spa_auth::audit::command::DEFAULT_PATHS;
use procore_spa_auth::audit::{Unread, UnreadReason};
use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// What is to be searched.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Each file, how the report names it, and its size.
    pub(crate) files: Vec<(PathBuf, String, u64)>,
    /// What can't be read.
    pub(crate) unread: Vec<Unread>,
    /// Lines for the standard error.
    pub(crate) notes: Vec<String>,
}

/// Goes through `paths`, or the folders that builds are usually in. Folders called as one of `skip` are left out, and named.
pub(crate) fn walk(paths: &[PathBuf], skip: &[String]) -> Found {
    let paths = if paths.is_empty() {
        DEFAULT_PATHS
            .iter()
            .map(PathBuf::from)
            .filter(|path| path.is_dir())
            .collect()
    } else {
        paths.to_vec()
    };
    let mut walk = Walk {
        here: std::env::current_dir().ok(),
        roots: paths.iter().filter_map(|path| path.canonicalize().ok()).collect(),
        seen: HashSet::new(),
        elsewhere: 0,
        found: Found::default(),
    };
    let mut queue = VecDeque::from(paths);
    let mut is_given = queue.len();
    while let Some(path) = queue.pop_front() {
        walk.below(&path, is_given > 0, skip, &mut queue);
        is_given = is_given.saturating_sub(1);
    }
    if walk.elsewhere > 0 {
        let count = walk.elsewhere;
        walk.found.notes.push(format!(
            "links that lead to what is searched under another name: {count}"
        ));
    }
    walk.found
}

struct Walk {
    here: Option<PathBuf>,
    /// Where the paths really are.
    roots: Vec<PathBuf>,
    /// Where links outside of them have led to.
    seen: HashSet<PathBuf>,
    elsewhere: u64,
    found: Found,
}

impl Walk {
    fn below(&mut self, root: &Path, is_given: bool, skip: &[String], queue: &mut VecDeque<PathBuf>) {
        let mut entries = WalkDir::new(root).into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let detail = error.io_error().map_or_else(|| error.to_string(), why);
                    self.unread(&path, UnreadReason::Unreadable, detail);
                    continue;
                }
            };
            let path = entry.path();
            if entry.path_is_symlink() && entry.depth() > 0 {
                self.link(path, queue);
            } else if entry.file_type().is_dir() {
                let is_skipped = |name: &OsStr| skip.iter().any(|skipped| name == OsStr::new(skipped));
                if entry.depth() > 0 && is_skipped(entry.file_name()) {
                    let note = format!("not searched: {}", self.name(path));
                    self.found.notes.push(note);
                    entries.skip_current_dir();
                }
            } else if entry.path_is_symlink() && is_given && path.is_dir() {
                // The link itself was named; `walkdir` follows it.
            } else {
                self.file(path);
            }
        }
    }

    fn link(&mut self, path: &Path, queue: &mut VecDeque<PathBuf>) {
        let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
        match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.unread(path, UnreadReason::Link, "It leads nowhere.".to_owned());
            }
            Err(_) => self.unread(path, UnreadReason::Link, String::new()),
            Ok(target) if parent.is_some_and(|parent| parent.starts_with(&target)) => {
                self.unread(
                    path,
                    UnreadReason::Link,
                    format!("It leads back to {}.", self.name(&target)),
                );
            }
            Ok(target) if self.roots.iter().any(|root| target.starts_with(root)) => self.elsewhere += 1,
            Ok(target) if !self.seen.insert(target.clone()) => self.elsewhere += 1,
            // Behind the separator it is what the link leads to.
            Ok(target) if target.is_dir() => queue.push_back(path.join("")),
            Ok(_) => self.file(path),
        }
    }

    fn file(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(facts) if facts.is_file() => {
                let name = self.name(path);
                self.found.files.push((path.to_owned(), name, facts.len()));
            }
            // A pipe would be waited for, and a device may have no end.
            Ok(_) => self.unread(path, UnreadReason::Unreadable, "It is no regular file.".to_owned()),
            Err(error) => self.unread(path, UnreadReason::Unreadable, why(&error)),
        }
    }

    fn unread(&mut self, path: &Path, reason: UnreadReason, detail: String) {
        let name = self.name(path);
        self.found.unread.push(Unread::new(&name, reason, detail));
    }

    /// As the report names it: from this folder, if it is in it, which code hosts need.
    fn name(&self, path: &Path) -> String {
        let below = self.here.as_ref().and_then(|here| path.strip_prefix(here).ok());
        let path = below.unwrap_or(path);
        let path = path.strip_prefix(".").unwrap_or(path);
        let is_here = path.as_os_str().is_empty();
        if is_here {
            ".".to_owned()
        } else {
            path.display().to_string()
        }
    }
}
