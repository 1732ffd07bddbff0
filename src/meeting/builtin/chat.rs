//! How long a message of the chat may be, and how often guests may write to everybody.

use super::effect::{MINUTE, Millis};
use super::messages::Refusal;
use crate::model::text;
use std::collections::VecDeque;

/// The longest message, in characters.
const MAX_CHARS: usize = 2000;

/// How many messages to everybody a guest may write in a minute.
const MAX_PER_MINUTE: usize = 10;

/// Checks the length of a message.
pub(super) fn check_text(message: &str) -> Result<(), Refusal> {
    if text::trim_invisible(message).is_empty() || message.chars().count() > MAX_CHARS {
        return Err(Refusal::TooLong);
    }
    Ok(())
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
            assert_eq!(check_text(text), Ok(()));
        }
        for text in ["", " \n", "\u{200B}", &"é".repeat(2001)] {
            assert_eq!(check_text(text), Err(Refusal::TooLong));
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
