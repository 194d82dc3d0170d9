//! Opens what files are packed in: gzip (RFC 1952), tar (POSIX.1-2017, `pax`), ZIP (APPNOTE 6.3), and archives in archives.
//!
//! What a file is says its content, not its name. Memory is bounded, whatever comes: all but a ZIP archive is read from its
//! beginning to its end once, and a ZIP archive inside of another is held as long as it is no larger than 256 MB.

use super::auditor::Auditor;
use super::report::{Report, Unread, UnreadReason};
use flate2::read::MultiGzDecoder;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use tar::EntryType;
use zip::ZipArchive;
use zip::result::ZipError;

/// Searches a file from its beginning, and every file that is packed in it, as `a.tgz!package/dist/x.js`.
///
/// What can't be read is in the report.
#[must_use]
pub fn audit_file(auditor: &Auditor, path: &str, file: &mut (impl Read + Seek)) -> Report {
    let mut opening = Opening {
        auditor,
        report: Report::default(),
        bytes_left: MAX_UNPACKED,
        entries_left: MAX_ENTRIES,
    };
    if let Err(error) = opening.top(path, file) {
        opening.unread(path, UnreadReason::Unreadable, error.to_string());
    }
    opening.report
}

/// How many archives may be in each other.
const MAX_DEPTH: u32 = 8;
/// How much is unpacked of one file: an archive of a few kilobytes may claim to have petabytes in it.
const MAX_UNPACKED: u64 = 16 << 30;
/// How many files are taken out of one file.
const MAX_ENTRIES: u32 = 1_000_000;
/// The largest ZIP archive inside of another: its table of contents is at its end, so it is held as a whole.
const MAX_HELD: u64 = 256 << 20;
/// The longest name of a file in a tar archive.
const MAX_NAME: u64 = 64 << 10;

struct Opening<'a> {
    auditor: &'a Auditor,
    report: Report,
    bytes_left: u64,
    entries_left: u32,
}

/// What the first bytes say that a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Gzip,
    Tar,
    Zip,
    /// Packed by something that is not opened.
    Other(&'static str),
    Plain,
}

impl Opening<'_> {
    fn top(&mut self, path: &str, file: &mut (impl Read + Seek)) -> io::Result<()> {
        let first = peek(file)?;
        file.seek(SeekFrom::Start(0))?;
        match form(path, &first) {
            Form::Zip => {
                self.report.files += 1;
                self.zip(path, file, 1);
                Ok(())
            }
            Form::Plain => self.plain(path, file, false),
            _ => {
                self.inner(path, file, 0);
                Ok(())
            }
        }
    }

    /// Whatever comes out of an archive.
    fn inner(&mut self, path: &str, input: &mut dyn Read, depth: u32) {
        let first = match peek(input) {
            Ok(first) => first,
            Err(error) => return self.unread(path, UnreadReason::BrokenArchive, error.to_string()),
        };
        let form = form(path, &first);
        let mut input = Cursor::new(first).chain(input);
        if form != Form::Plain {
            self.report.files += 1;
        }
        if !matches!(form, Form::Plain | Form::Other(_)) && depth >= MAX_DEPTH {
            let detail = format!("More than {MAX_DEPTH} archives are in each other.");
            return self.unread(path, UnreadReason::ArchiveLimit, detail);
        }
        match form {
            Form::Plain => {
                if let Err(error) = self.plain(path, &mut input, depth > 0) {
                    self.broken(path, &error);
                }
            }
            Form::Gzip => self.gzip(path, &mut input, depth + 1),
            Form::Tar => self.tar(path, &mut input, depth + 1),
            Form::Zip => self.held_zip(path, &mut input, depth + 1),
            Form::Other(name) => self.unread(path, UnreadReason::Compressed, name),
        }
    }

    fn gzip(&mut self, path: &str, input: &mut dyn Read, depth: u32) {
        let mut unpacked = MultiGzDecoder::new(input);
        let first = match peek(&mut unpacked) {
            Ok(first) => first,
            Err(error) => return self.unread(path, UnreadReason::BrokenArchive, error.to_string()),
        };
        let mut inside = Cursor::new(first.clone()).chain(&mut unpacked);
        match form("", &first) {
            // A compressed tar archive is one archive.
            Form::Tar => self.tar(path, &mut inside, depth),
            _ => {
                let name = path.rsplit(['/', '\\', '!']).next().unwrap_or_default();
                let name = [".gz", ".gzip", ".svgz"].iter().find_map(|end| name.strip_suffix(end));
                self.inner(&format!("{path}!{}", name.unwrap_or("content")), &mut inside, depth);
            }
        }
    }

    fn tar(&mut self, path: &str, input: &mut dyn Read, depth: u32) {
        // Raw, since `tar` would hold names of any length.
        let mut archive = tar::Archive::new(input);
        let entries = match archive.entries() {
            Ok(entries) => entries.raw(true),
            Err(error) => return self.broken(path, &error),
        };
        let mut long_name = None;
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.broken(path, &error),
            };
            let kind = entry.header().entry_type();
            match kind {
                EntryType::GNULongName | EntryType::XHeader => match read_name(&mut entry, kind) {
                    Ok(name) => long_name = name.or(long_name),
                    Err(error) => return self.broken(path, &error),
                },
                EntryType::Directory | EntryType::Symlink | EntryType::Link | EntryType::GNULongLink => {
                    long_name = None;
                }
                EntryType::XGlobalHeader => {}
                _ => {
                    let name = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
                    let name = format!("{path}!{}", String::from_utf8_lossy(&name));
                    if !self.has_room(path) {
                        return;
                    }
                    self.inner(&name, &mut entry, depth);
                }
            }
        }
    }

    /// A ZIP archive in an archive.
    fn held_zip(&mut self, path: &str, input: &mut dyn Read, depth: u32) {
        let mut held = Vec::new();
        let most = MAX_HELD.min(self.bytes_left);
        match input.take(most + 1).read_to_end(&mut held) {
            Err(error) => self.broken(path, &error),
            Ok(read) if length(read) > most => {
                let detail = format!("A ZIP archive in an archive is opened up to {MAX_HELD} bytes.");
                self.unread(path, UnreadReason::ArchiveLimit, detail);
            }
            Ok(_) => self.zip(path, &mut Cursor::new(held), depth),
        }
    }

    fn zip(&mut self, path: &str, file: &mut (impl Read + Seek), depth: u32) {
        let mut archive = match ZipArchive::new(file) {
            Ok(archive) => archive,
            Err(error) => return self.unread(path, UnreadReason::BrokenArchive, error.to_string()),
        };
        for index in 0..archive.len() {
            let mut name = format!("{path}!{}", archive.name_for_index(index).unwrap_or("?"));
            match archive.by_index(index) {
                Ok(entry) if entry.is_dir() => {}
                Ok(mut entry) => {
                    if !self.has_room(path) {
                        return;
                    }
                    self.inner(&name, &mut entry, depth);
                }
                Err(ZipError::UnsupportedArchive(detail)) => self.unread(&name, UnreadReason::Compressed, detail),
                Err(error) => {
                    let most = path.len() + 1 + usize::try_from(MAX_NAME).unwrap_or(usize::MAX);
                    if let Some((end, _)) = name.char_indices().find(|(start, _)| *start >= most) {
                        name.truncate(end);
                    }
                    self.unread(&name, UnreadReason::BrokenArchive, error.to_string());
                }
            }
        }
    }

    /// A file that nothing is packed in.
    fn plain(&mut self, path: &str, input: &mut dyn Read, is_unpacked: bool) -> io::Result<()> {
        let mut stream = self.auditor.stream(path);
        let mut buffer = vec![0; 64 << 10];
        let mut end = Ok(());
        loop {
            let read = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    end = Err(error);
                    break;
                }
            };
            stream.push(buffer.get(..read).unwrap_or_default());
            if is_unpacked {
                self.bytes_left = self.bytes_left.saturating_sub(length(read));
                if self.bytes_left == 0 {
                    break;
                }
            }
        }
        // What came before an end that is too early counts.
        self.report.merge(stream.finish());
        if is_unpacked && self.bytes_left == 0 {
            let detail = format!("Of one file {MAX_UNPACKED} bytes are unpacked at most.");
            self.unread(path, UnreadReason::ArchiveLimit, detail);
        }
        end
    }

    fn has_room(&mut self, path: &str) -> bool {
        if self.bytes_left == 0 {
            // Said already.
            return false;
        }
        if self.entries_left == 0 {
            let detail = format!("Of one file {MAX_ENTRIES} files are unpacked at most.");
            self.unread(path, UnreadReason::ArchiveLimit, detail);
            return false;
        }
        self.entries_left -= 1;
        true
    }

    fn broken(&mut self, path: &str, error: &io::Error) {
        self.unread(path, UnreadReason::BrokenArchive, error.to_string());
    }

    fn unread(&mut self, path: &str, reason: UnreadReason, detail: impl Into<std::borrow::Cow<'static, str>>) {
        self.report.unread.push(Unread::new(path, reason, detail));
    }
}

/// The first bytes, as many as say what it is.
fn peek(input: &mut (impl Read + ?Sized)) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(512);
    input.take(512).read_to_end(&mut first)?;
    Ok(first)
}

fn form(path: &str, first: &[u8]) -> Form {
    // A tar archive of before POSIX begins with a file's name, and only its own name says that it is one.
    let is_named = |end| {
        path.len() > 4
            && path
                .get(path.len() - 4..)
                .is_some_and(|last| last.eq_ignore_ascii_case(end))
    };
    match first {
        [0x1f, 0x8b, 8, ..] => Form::Gzip,
        // `Cr24` is an extension of Chrome's: a signature before a ZIP archive.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'C', b'r', b'2', b'4', ..] => Form::Zip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Form::Other("Zstandard is not opened."),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Form::Other("xz is not opened."),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Form::Other("bzip2 is not opened."),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Form::Other("7z is not opened."),
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Form::Other("RAR is not opened."),
        _ if first.get(257..262) == Some(b"ustar") => Form::Tar,
        _ if first.len() == 512 && is_named(".tar") => Form::Tar,
        // Brotli has no mark of its own.
        _ if path.to_ascii_lowercase().ends_with(".br") => Form::Other("Brotli is not opened."),
        _ => Form::Plain,
    }
}

/// The name of the next entry, which has an entry of its own where it is long.
fn read_name(entry: &mut dyn Read, kind: EntryType) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    entry.take(MAX_NAME).read_to_end(&mut text)?;
    if kind == EntryType::GNULongName {
        let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        text.truncate(end);
        return Ok(Some(text));
    }
    // Lines of `<length> path=<name>\n`.
    let path = tar::PaxExtensions::new(&text).filter_map(Result::ok);
    let path = path.filter(|extension| extension.key_bytes() == b"path");
    Ok(path.map(|extension| extension.value_bytes().to_vec()).last())
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
