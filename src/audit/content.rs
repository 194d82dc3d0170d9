//! What a file is: by how it begins, and else by its name.

use super::bytes::{at, slice};

/// What a file is, as far as it matters how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Script, HTML, CSS, JSON, or any other text.
    Text,
    /// A text in UTF-16, with whether its low bytes come first.
    Utf16 { is_little: bool },
    /// A source map.
    Map,
    /// A WebAssembly module.
    Wasm,
    /// Pictures, fonts, sounds: only known values are looked for.
    Media,
    /// No text, and nothing that is known.
    Binary,
    /// Compressed: nothing can be seen in it.
    Compressed(&'static str),
}

/// What the file of this name and these first bytes is.
pub(super) fn of(name: &str, bytes: &[u8]) -> Content {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if bytes.starts_with(b"\0asm") || ending == "wasm" {
        return Content::Wasm;
    }
    for (magic, what) in COMPRESSED {
        if bytes.starts_with(magic) {
            return Content::Compressed(what);
        }
    }
    if ending == "br" {
        return Content::Compressed("By Brotli.");
    }
    if ending == "map" {
        return Content::Map;
    }
    if MEDIA.contains(&ending.as_str()) {
        return Content::Media;
    }
    match slice(bytes, 0, 2) {
        b"\xff\xfe" => return Content::Utf16 { is_little: true },
        b"\xfe\xff" => return Content::Utf16 { is_little: false },
        _ => {}
    }
    let head = slice(bytes, 0, 8192);
    if !head.contains(&0) {
        return Content::Text;
    }
    // ASCII in UTF-16 has a zero in every other byte.
    let zeros = |from: usize| {
        (from..head.len())
            .step_by(2)
            .filter(|index| at(head, *index) == 0)
            .count()
    };
    let most = head.len() / 2 * 9 / 10;
    match head.len() > 15 {
        true if zeros(1) > most && zeros(0) == 0 => Content::Utf16 { is_little: true },
        true if zeros(0) > most && zeros(1) == 0 => Content::Utf16 { is_little: false },
        _ => Content::Binary,
    }
}

const COMPRESSED: [(&[u8], &str); 7] = [
    (b"\x1f\x8b", "By gzip."),
    (b"PK\x03\x04", "It is a zip archive."),
    (b"\x28\xb5\x2f\xfd", "By Zstandard."),
    (b"7z\xbc\xaf\x27\x1c", "It is a 7z archive."),
    (b"\xfd7zXZ\0", "By xz."),
    (b"BZh", "By bzip2."),
    (b"Rar!\x1a", "It is a RAR archive."),
];

const MEDIA: [&str; 22] = [
    "png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "bmp", "tiff", "woff", "woff2", "ttf", "otf", "eot", "mp3",
    "mp4", "webm", "ogg", "wav", "m4a", "mov", "pdf",
];

/// Whether a file's name says that it is written for people.
pub(super) fn is_prose(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    ["md", "markdown", "rst", "adoc", "txt"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// The text that UTF-16 stands for. What is no character becomes U+FFFD.
pub(super) fn from_utf16(bytes: &[u8], is_little: bool) -> String {
    let unit = |pair: &[u8]| {
        let pair = [at(pair, 0), at(pair, 1)];
        if is_little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        }
    };
    let units = bytes.chunks_exact(2).map(unit).skip_while(|unit| *unit == 0xfeff);
    char::decode_utf16(units)
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Whether the sections of a WebAssembly module (WebAssembly Core §5.5.2) fill it to its end; or where they do not.
pub(super) fn check_wasm(bytes: &[u8]) -> Result<(), String> {
    if !bytes.starts_with(b"\0asm") {
        return Err("It does not begin as one.".to_owned());
    }
    let mut index = 8;
    while index < bytes.len() {
        let (mut size, mut shift, mut digit) = (0_usize, 0_u32, index + 1);
        loop {
            let byte = *bytes.get(digit).ok_or("It ends in a section's size.")?;
            size |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(usize::MAX);
            (shift, digit) = (shift + 7, digit + 1);
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 28 {
                return Err(format!("The section at byte {index} has no size."));
            }
        }
        let end = digit.checked_add(size).filter(|end| *end <= bytes.len());
        index = end.ok_or_else(|| format!("The section at byte {index} is longer than the rest."))?;
    }
    if bytes.len() < 8 {
        Err("It ends in its head.".to_owned())
    } else {
        Ok(())
    }
}
