//! What was used up, so that it is never used again: a bounded set of names in memory, and the same in a file.
//!
//! A name stands in the file, and the file on the disk, before a token is sent. So a process that is killed in the middle of a
//! renewal does not send the same token after its restart.

use crate::judge::name::Name;
use std::collections::{HashSet, VecDeque};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// So many names are remembered, the latest ones.
const MAX_NAMES: usize = 100_000;

/// How often a directory is tried that another process has, and how long it waits between.
const PATIENCE: u32 = 40;
const TURN: Duration = Duration::from_millis(50);

pub struct Journal {
    names: Arc<Mutex<Names>>,
    /// None where nothing is kept over a restart.
    writer: Option<Sender<Record>>,
}

struct Record {
    line: String,
    done: oneshot::Sender<bool>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Spend {
    /// It is now, and was not before.
    Now,
    Before,
    /// It can't be written down.
    Unwritten,
}

impl Journal {
    /// Reads what the process before has left in `directory`, and goes on there.
    pub fn open(directory: Option<&Path>) -> io::Result<Self> {
        let Some(directory) = directory else {
            return Ok(Self {
                names: Arc::default(),
                writer: None,
            });
        };
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(directory.join("journal.lock"))?;
        // The process before may be about to end.
        let is_mine = (0..PATIENCE).any(|turn| {
            std::thread::sleep(TURN * turn.min(1));
            lock.try_lock().is_ok()
        });
        if !is_mine {
            return Err(io::Error::other(
                "another process uses it; instances need a directory each",
            ));
        }
        let path = directory.join("journal");
        let names = Arc::new(Mutex::new(Names::read(&path)?));
        let mut file = JournalFile {
            path,
            names: Arc::clone(&names),
            file: None,
            lines: 0,
            _lock: lock,
        };
        file.rewrite()?;
        let (writer, records) = channel();
        std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || file.write_all_of(&records))?;
        Ok(Self {
            names,
            writer: Some(writer),
        })
    }

    /// Uses a name up.
    pub async fn spend(&self, name: Name) -> Spend {
        if !lock(&self.names).add(name) {
            return Spend::Before;
        }
        if self.write(format!("+{name}\n")).await {
            return Spend::Now;
        }
        lock(&self.names).remove(name);
        Spend::Unwritten
    }

    /// Takes that back, because what it stands for is as good as before.
    pub async fn release(&self, name: Name) {
        lock(&self.names).remove(name);
        if !self.write(format!("-{name}\n")).await {
            tracing::warn!("the journal can't be written");
        }
    }

    pub fn knows(&self, name: Name) -> bool {
        lock(&self.names).set.contains(&name)
    }

    async fn write(&self, line: String) -> bool {
        let Some(writer) = &self.writer else { return true };
        let (done, is_done) = oneshot::channel();
        writer.send(Record { line, done }).is_ok() && is_done.await.unwrap_or(false)
    }
}

fn lock(names: &Mutex<Names>) -> MutexGuard<'_, Names> {
    // Nothing in here panics half-way.
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Names {
    set: HashSet<Name>,
    /// The oldest first. What was released may still stand here.
    order: VecDeque<Name>,
}

impl Names {
    fn read(path: &Path) -> io::Result<Self> {
        let mut names = Self::default();
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
            other => other?,
        };
        for line in text.lines() {
            // A line that was cut off was never answered for: nothing was sent after it.
            match (line.split_at_checked(1), line.get(1..).and_then(Name::from_hex)) {
                (Some(("+", _)), Some(name)) => drop(names.add(name)),
                (Some(("-", _)), Some(name)) => names.remove(name),
                _ => {}
            }
        }
        Ok(names)
    }

    fn add(&mut self, name: Name) -> bool {
        let is_new = self.set.insert(name);
        if is_new {
            self.order.push_back(name);
        }
        while self.order.len() > MAX_NAMES {
            let oldest = self.order.pop_front();
            oldest.map(|name| self.set.remove(&name));
        }
        is_new
    }

    fn remove(&mut self, name: Name) {
        self.set.remove(&name);
        // Nearly always the latest.
        if let Some(at) = self.order.iter().rposition(|other| *other == name) {
            self.order.remove(at);
        }
    }
}

/// The file, which belongs to one thread.
struct JournalFile {
    path: PathBuf,
    names: Arc<Mutex<Names>>,
    /// None after a fault: then the whole is written anew.
    file: Option<File>,
    lines: usize,
    _lock: File,
}

impl JournalFile {
    /// All records that wait are written together, and reach the disk together.
    fn write_all_of(mut self, records: &Receiver<Record>) {
        while let Ok(first) = records.recv() {
            let batch: Vec<Record> = std::iter::once(first).chain(records.try_iter()).collect();
            let written = self.append(&batch);
            if let Err(error) = &written {
                tracing::error!(kind = %error.kind(), "the journal can't be written");
                self.file = None;
            }
            for record in batch {
                // Whoever waited may be gone.
                let _ = record.done.send(written.is_ok());
            }
        }
    }

    fn append(&mut self, batch: &[Record]) -> io::Result<()> {
        self.lines += batch.len();
        let file = match &mut self.file {
            Some(file) if self.lines <= 2 * MAX_NAMES => file,
            // It has every name that the batch brings or takes away.
            _ => return self.rewrite(),
        };
        let text: String = batch.iter().map(|record| record.line.as_str()).collect();
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }

    /// Puts a file in its place that has the names and no more.
    fn rewrite(&mut self) -> io::Result<()> {
        let text: String = lock(&self.names)
            .order
            .iter()
            .map(|name| format!("+{name}\n"))
            .collect();
        let next = self.path.with_extension("next");
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&next)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&next, &self.path)?;
        if let Some(directory) = self.path.parent() {
            File::open(directory)?.sync_all()?;
        }
        self.lines = text.lines().count();
        self.file = Some(file);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> Name {
        Name::from_hex(&format!("{number:032x}")).unwrap()
    }

    #[tokio::test]
    async fn what_was_spent_is_known_after_a_restart_and_what_was_released_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(Some(directory.path())).unwrap();
        assert_eq!(journal.spend(name(1)).await, Spend::Now);
        assert_eq!(journal.spend(name(1)).await, Spend::Before);
        assert_eq!(journal.spend(name(2)).await, Spend::Now);
        journal.release(name(2)).await;
        let text = std::fs::read_to_string(directory.path().join("journal")).unwrap();
        std::fs::write(directory.path().join("journal"), text + "+00000").unwrap();
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(directory.path().join("journal"), copy.path().join("journal")).unwrap();
        let again = Journal::open(Some(copy.path())).unwrap();
        assert_eq!(again.spend(name(1)).await, Spend::Before);
        assert_eq!(again.spend(name(2)).await, Spend::Now);
    }

    #[test]
    fn a_directory_has_one_journal_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let _first = Journal::open(Some(directory.path())).unwrap();
        let second = Journal::open(Some(directory.path()));
        assert!(second.is_err_and(|error| error.to_string().contains("another process uses it")));
    }

    #[test]
    fn the_oldest_names_make_room_and_the_file_is_written_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let text: String = (0..MAX_NAMES + 7)
            .map(|number| format!("+{}\n", name(number)))
            .collect();
        std::fs::write(&path, text).unwrap();
        let journal = Journal::open(Some(directory.path())).unwrap();
        assert!(!journal.knows(name(6)) && journal.knows(name(7)) && journal.knows(name(MAX_NAMES + 6)));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), MAX_NAMES);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_not_spent() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        let journal = Journal::open(Some(&state)).unwrap();
        let names = Arc::clone(&journal.names);
        let lock = File::open(state.join("journal.lock")).unwrap();
        let path = directory.path().join("nowhere/journal");
        let mut file = JournalFile {
            path,
            names,
            file: None,
            lines: 0,
            _lock: lock,
        };
        assert!(file.append(&[]).is_err());
        let (writer, records) = channel();
        std::thread::spawn(move || file.write_all_of(&records));
        let journal = Journal {
            names: journal.names,
            writer: Some(writer),
        };
        assert_eq!(journal.spend(name(1)).await, Spend::Unwritten);
        assert!(!journal.knows(name(1)));
    }
}
