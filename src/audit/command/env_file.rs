//! Files of variables, `.env`: as the npm package `dotenv` 17 reads them, which Vite, Next.js and others use.

use crate::protocol::secret::Wiped;

/// The variables, in their order. One that tools read differently is there in each way.
pub(super) fn parse(text: &str) -> Vec<(String, Wiped)> {
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut variables = Vec::new();
    while !rest.is_empty() {
        let (line, next) = split_line(rest);
        rest = next;
        let Some((name, start)) = name(line) else {
            continue;
        };
        let value = start.trim_start_matches([' ', '\t']);
        match quoted(value, next) {
            Some((value, next)) => {
                rest = next;
                variables.push((name.to_owned(), value));
            }
            None => {
                let value = value.trim();
                // A `#` begins a comment for `dotenv`, and for others only behind a space.
                let spaced = value.find(" #").and_then(|end| value.get(..end)).unwrap_or(value);
                let cut = value.find('#').and_then(|end| value.get(..end)).unwrap_or(value);
                variables.push((name.to_owned(), Wiped::from(spaced.trim_end())));
                if cut.trim_end() != spaced.trim_end() {
                    variables.push((name.to_owned(), Wiped::from(cut.trim_end())));
                }
            }
        }
    }
    variables
}

fn split_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// The name that a line begins with, and what is behind its `=` or `: `.
fn name(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-');
    let end = line.find(|char| !is_name(char)).filter(|&end| end > 0)?;
    let (name, rest) = line.split_at_checked(end)?;
    let value = rest
        .trim_start()
        .strip_prefix('=')
        .or_else(|| rest.strip_prefix(": "))?;
    Some((name, value))
}

/// A value in quotes, which may be many lines long, and what is behind it. `line` is the value's first line, `next` what
/// follows that.
fn quoted<'a>(line: &'a str, next: &'a str) -> Option<(Wiped, &'a str)> {
    let quote = line.chars().next().filter(|char| matches!(char, '"' | '\'' | '`'))?;
    let mut value = Wiped::with_capacity(line.len());
    let mut is_escaped = false;
    let (mut line, mut next) = (line.get(1..)?, next);
    loop {
        for (at, char) in line.char_indices() {
            match char {
                _ if is_escaped => {
                    is_escaped = false;
                    value.make_room(8);
                    push_escaped(&mut value, quote, char);
                }
                '\\' => is_escaped = true,
                _ if char == quote => {
                    // `KEY='a' b'` is no quoted value.
                    let behind = line.get(at + 1..)?.trim_start();
                    return (behind.is_empty() || behind.starts_with('#')).then_some((value, next));
                }
                _ => {
                    value.make_room(4);
                    value.push(char);
                }
            }
        }
        if next.is_empty() {
            return None;
        }
        value.make_room(1);
        value.push('\n');
        (line, next) = split_line(next);
        is_escaped = false;
    }
}

/// In double quotes `\n` and `\r` are line ends; otherwise a backslash is one.
fn push_escaped(value: &mut Wiped, quote: char, char: char) {
    match char {
        'n' if quote == '"' => value.push('\n'),
        'r' if quote == '"' => value.push('\r'),
        _ if char == quote => value.push(char),
        _ => {
            value.push('\\');
            value.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text)
            .into_iter()
            .map(|(name, value)| (name, value.to_string()))
            .collect()
    }

    #[test]
    fn each_form_of_a_line() {
        let cases = [
            ("A=one two", vec![("A", "one two")]),
            ("  export A = one", vec![("A", "one")]),
            ("A: one", vec![("A", "one")]),
            ("A=one # comment", vec![("A", "one")]),
            ("A=one#two", vec![("A", "one#two"), ("A", "one")]),
            (
                "A=\"one # two\" # three\r\nB=2\r\n",
                vec![("A", "one # two"), ("B", "2")],
            ),
            ("A='one\\n'", vec![("A", "one\\n")]),
            ("A=\"one\\ntwo\"", vec![("A", "one\ntwo")]),
            ("A=`it's \"one\"`", vec![("A", "it's \"one\"")]),
            ("A=\"one\ntwo\"\nB=2", vec![("A", "one\ntwo"), ("B", "2")]),
            ("A=\"one\nB=2", vec![("A", "\"one"), ("B", "2")]),
            ("A=", vec![("A", "")]),
            ("# A=1\n\n=2\nA", vec![]),
            ("\u{feff}A=é", vec![("A", "é")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .collect();
            assert_eq!(read(text), expected, "{text:?}");
        }
    }
}
