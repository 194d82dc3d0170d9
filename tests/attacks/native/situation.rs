//! What a row describes, set up from its own words.

use super::Row;
use super::page::{MARK, options};
use super::run::Run;
use serde_json::json;

/// Why a row has no outcome here.
pub(crate) enum Elsewhere {
    Skip(&'static str),
    Unknown(String),
}

pub(crate) const BROWSER: Elsewhere = Elsewhere::Skip("browser");

/// A row, and whether its secrets are marked.
pub(crate) struct Situation<'a> {
    pub(crate) row: &'a Row,
    pub(crate) is_marked: bool,
}

impl Situation<'_> {
    pub(crate) fn run(&self) -> Result<Run, Elsewhere> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the core has no clock; the time it takes is measured here"
        )]
        let begun = std::time::Instant::now();
        let mut run = match self.row.cat.as_str() {
            "ctl" | "state" | "dup" | "chan" | "enc" | "xss" => self.redirect(),
            "iss" if self.row.setup == "discovery" => self.discovery(),
            "iss" => self.redirect(),
            "impl" => self.implicit(),
            "returnTo" => self.return_to(),
            "clientId" => Ok(self.construct(&options(json!({ "clientId": self.text()? })))),
            "redirectUri" => Ok(self.construct(&options(json!({ "redirectUri": self.text()? })))),
            "config" => self.config(),
            "authparams" => self.authorization_params(),
            "token" => self.token(),
            "api" => self.api(),
            "env" | "net" | "refresh" | "storage" | "message" | "browser" => Err(BROWSER),
            other => Err(Elsewhere::Unknown(format!("the category {other}"))),
        }?;
        run.took = begun.elapsed();
        Ok(run)
    }

    pub(crate) fn unknown<T>(&self, what: &str) -> Result<T, Elsewhere> {
        Err(Elsewhere::Unknown(format!(
            "{what}: {:?}, {}",
            self.row.setup, self.row.input
        )))
    }

    pub(crate) fn text(&self) -> Result<&str, Elsewhere> {
        self.row
            .input
            .as_str()
            .map_or_else(|| self.unknown("a text is wanted"), Ok)
    }

    /// Marks a value of the fixture: `S1` becomes `S1Canary7`.
    pub(crate) fn marked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.is_marked {
            for name in ["S1", "S2", "C1", "C2", "T1", "T2", "V1", "V2"] {
                text = text.replace(name, &format!("{name}{MARK}"));
            }
            for name in ["=T&", "=R&", "=J&"] {
                text = text.replace(name, &format!("{}{MARK}&", &name[..2]));
            }
        }
        text
    }
}

/// Sizes that a row only names: `A...(1 MiB)`, `&a=1&...(100k pairs)`, `<10 MiB>`, `[... 100k deep`. `None`: not understood.
pub(crate) fn expanded(text: &str) -> Option<String> {
    let number = |text: &str| text.replace('k', "000").parse::<usize>().ok();
    if let Some((before, after)) = text.split_once("...(") {
        let (size, after) = after.split_once(')')?;
        let many = match size.split_once(' ')? {
            (count, "MiB") => before.chars().last()?.to_string().repeat(number(count)? << 20),
            (count, "pairs") => {
                format!("{}&", before.trim_end_matches('&').rsplit(['&', '?']).next()?).repeat(number(count)?)
            }
            _ => return None,
        };
        return Some([before, &many, after].concat());
    }
    if let Some((before, rest)) = text.split_once("... ")
        && let Some(count) = rest.strip_suffix(" deep")
    {
        return Some(before.chars().next()?.to_string().repeat(number(count)?));
    }
    if let Some((before, after)) = text.split_once('<')
        && let Some((size, after)) = after.split_once(" MiB>")
    {
        return Some([before, &"A".repeat(number(size)? << 20), after].concat());
    }
    Some(text.to_owned())
}
