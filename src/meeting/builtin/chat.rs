//! What a message of the chat may be, how long, and how often guests may write to everybody.

use super::effect::{MINUTE, Millis};
use super::messages::Refusal;
use crate::model::text;
use std::borrow::Cow;
use std::collections::VecDeque;

/// The longest message, in characters.
const MAX_CHARS: usize = 2000;

/// How many messages to everybody a guest may write in a minute.
const MAX_PER_MINUTE: usize = 10;

/// Returns a message as others get it: without control characters other than line feeds, and without
/// the bidirectional overrides and isolates, which could act beyond its end.
pub(super) fn shown_text(message: &str) -> Result<Cow<'_, str>, Refusal> {
    let message = text::visible_lines(message);
    if text::trim_invisible(&message).is_empty() || message.chars().count() > MAX_CHARS {
        return Err(Refusal::TooLong);
    }
    Ok(message)
}

/// Counts a message to everybody; returns whether it may be written. `written` has the moments of
/// those before it.
pub(super) fn may_write_again(written: &mut VecDeque<Millis>, now: Millis) -> bool {
    while written.front().is_some_and(|at| at + MINUTE <= now) {
        written.pop_front();
    }
    let may = written.len() < MAX_PER_MINUTE;
    if may {
        written.push_back(now);
    }
    may
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_1_to_2000_characters_of_which_one_shows() {
        for text in ["a", "<b>", &"é".repeat(2000), "\n a"] {
            assert_eq!(shown_text(text), Ok(text.into()));
        }
        for text in ["", " \n", "\u{200B}", "\0\u{202E}", &"é".repeat(2001)] {
            assert_eq!(shown_text(text), Err(Refusal::TooLong));
        }
    }

    #[test]
    fn ten_messages_may_be_written_in_any_minute() {
        let mut written = VecDeque::new();
        for n in 0..10 {
            assert!(may_write_again(&mut written, n * 1000));
        }
        assert!(!may_write_again(&mut written, 59_999));
        assert!(may_write_again(&mut written, 60_000));
        assert!(!may_write_again(&mut written, 60_999));
        assert!(may_write_again(&mut written, 61_000));
    }
}
