//! A sign-in by a login window, as the page that opened it sees it: which response is the one that it waits for, and how it ends
//! without ([RFC 9700 §4.17](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.17)).
//!
//! For Rust apps. The npm package does the same: `pkg/src/page/popup.ts`.

use super::authorization_request::POPUP;
use super::scrubbing;
use super::secret::Wiped;
use super::url::Url;
use alloc::borrow::ToOwned;
use alloc::string::String;

/// How often one that is gone is asked again, for what it may still have to say: a page that was cut off needs a while.
const GRACE_POLLS: u32 = 4;
/// How often the login page is to be seen until it counts as there: while a browser cuts one off, it may look so.
const ARRIVAL_POLLS: u32 = 3;

/// Whether a response with this state came back in a login window, and is for the page that opened it.
pub(crate) fn is_popup(state: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let random = state.strip_prefix(POPUP);
    random.is_some_and(|random| random.len() == 43 && random.bytes().all(is_known))
}

/// What a look at the window has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It is closed, or cut off, which browsers call closed.
    Gone,
    /// It is still the empty page that it began with.
    Empty,
    /// It has left that.
    Elsewhere,
}

/// How a sign-in ends without a response to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The user has closed the window.
    Closed,
    /// It was cut off from this page.
    Severed,
    /// The user's time is over.
    Late,
    /// It has brought the response to another sign-in.
    OtherState,
    /// It has brought a response from another site: its origin.
    OtherSite(String),
}

/// A login window that is open.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Of this page.
    origin: String,
    state: Wiped,
    /// How often it was seen at the login page, and how often it was gone.
    seen: u32,
    gone: u32,
    /// Why what it has brought was not used.
    refused: Option<End>,
}

impl Watch {
    pub(crate) const fn new(origin: String, state: Wiped) -> Self {
        Self {
            origin,
            state,
            seen: 0,
            gone: 0,
            refused: None,
        }
    }

    /// Whether that is the response of this sign-in. Any other is for the end to tell of: the right one may still come.
    pub(crate) fn hear(&mut self, response: &Url) -> bool {
        if response.origin() != self.origin {
            self.refused = Some(End::OtherSite(response.origin().to_owned()));
            return false;
        }
        let is_ours = scrubbing::states(response).contains(&self.state);
        if !is_ours {
            self.refused = Some(End::OtherState);
        }
        is_ours
    }

    /// Takes in a look at the window. Answers with how the sign-in has ended, if it has. `is_late`: the user's time is over.
    pub(crate) fn look(&mut self, sight: Sight, is_late: bool) -> Option<End> {
        if self.gone > GRACE_POLLS {
            // One that was never seen at the login page, and is gone, was cut off when that page came.
            let is_severed = self.seen < ARRIVAL_POLLS;
            return Some(self.end(if is_severed { End::Severed } else { End::Closed }));
        }
        match sight {
            Sight::Gone => self.gone += 1,
            _ if is_late => return Some(self.end(End::Late)),
            Sight::Elsewhere => self.seen += 1,
            Sight::Empty => {}
        }
        None
    }

    /// How it ends where that is what has happened.
    pub(crate) fn end(&mut self, end: End) -> End {
        self.refused.take().unwrap_or(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use alloc::format;

    const STATE: &str = "popup-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn watch() -> Watch {
        Watch::new("https://app.example".into(), Wiped::from(STATE))
    }

    fn hear(watch: &mut Watch, url: &str) -> bool {
        watch.hear(&parse_url(url, None).unwrap())
    }

    /// How it ends when it is seen so.
    fn end(mut watch: Watch, sights: &[(Sight, u32)]) -> (End, u32) {
        let mut looks = 0;
        let all = sights
            .iter()
            .flat_map(|(sight, count)| (0..*count).map(move |_| *sight));
        for sight in all {
            looks += 1;
            if let Some(end) = watch.look(sight, false) {
                return (end, looks);
            }
        }
        panic!("it does not end");
    }

    #[test]
    fn a_popups_state_is_known() {
        assert!(is_popup(STATE));
        for other in [
            "popup-short",
            &format!("x-{STATE}"),
            &format!("{STATE}x"),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "popup-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+",
        ] {
            assert!(!is_popup(other), "{other}");
        }
    }

    #[test]
    fn the_response_is_the_one_with_the_state_at_this_origin() {
        let good = format!("https://app.example/cb?code=C&state={STATE}");
        assert!(hear(&mut watch(), &good));
        assert!(hear(
            &mut watch(),
            &format!("https://app.example/cb#code=C&state={STATE}")
        ));
        for (url, refused) in [
            (
                format!("https://evil.example/cb?code=C&state={STATE}"),
                End::OtherSite("https://evil.example".into()),
            ),
            ("https://app.example/cb?code=C&state=other".into(), End::OtherState),
            ("https://app.example/cb?code=C".into(), End::OtherState),
        ] {
            let (mut closed, mut patient) = (watch(), watch());
            assert!(!hear(&mut patient, &url) && hear(&mut patient, &good), "{url}");
            // Where the right one does not come, the wrong one is what the end tells of.
            assert!(!hear(&mut closed, &url), "{url}");
            let (end, _) = end(closed, &[(Sight::Elsewhere, 3), (Sight::Gone, 9)]);
            assert_eq!(end, refused, "{url}");
        }
    }

    #[test]
    fn a_window_that_is_gone_was_closed_or_else_cut_off() {
        for (sights, expected, looks) in [
            (&[(Sight::Elsewhere, 3), (Sight::Gone, 6)][..], End::Closed, 9),
            (
                &[(Sight::Empty, 9), (Sight::Elsewhere, 2), (Sight::Gone, 6)],
                End::Severed,
                17,
            ),
            (&[(Sight::Gone, 6)], End::Severed, 6),
        ] {
            assert_eq!(end(watch(), sights), (expected, looks));
        }
    }

    #[test]
    fn a_user_has_so_much_time_and_no_more() {
        let mut watch = watch();
        assert_eq!(watch.look(Sight::Elsewhere, false), None);
        // What is gone may still have something to say.
        assert_eq!(watch.look(Sight::Gone, true), None);
        assert_eq!(watch.look(Sight::Elsewhere, true), Some(End::Late));
    }
}
