//! The names that the server takes for a meeting.

use deunicode::deunicode;

/// The longest name that the server takes. It counts UTF-16 units.
const MAX_UNITS: usize = 256;

/// The longest name that every version of the server takes.
const MAX_PLAIN_CHARS: usize = 64;

/// The name of a meeting whose room has one without anything that can be said in ASCII.
const NAMELESS: &str = "Room";

/// Returns the name of a room as that of a meeting. One character is too short for the server.
pub(super) fn shown(name: &str) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= MAX_UNITS
    };
    let name: String = name.chars().take_while(fits).collect();
    if name.chars().nth(1).is_none() {
        return format!("({name})");
    }
    name
}

/// Returns a name that also those versions of the server take that refuse some characters: in ASCII
/// letters, digits and spaces.
pub(super) fn plain(name: &str) -> String {
    let spelled = deunicode(name);
    let words = spelled.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    let plain: String = joined.chars().take(MAX_PLAIN_CHARS).collect();
    match plain.trim_end() {
        "" => NAMELESS.to_owned(),
        short if short.len() == 1 => format!("{NAMELESS} {short}"),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_stays_if_the_server_takes_it() {
        for (name, sent) in [
            ("Physics", "Physics"),
            ("Ö, ß & 北京", "Ö, ß & 北京"),
            ("A", "(A)"),
            ("語", "(語)"),
            ("😀", "(😀)"),
        ] {
            assert_eq!(shown(name), sent);
        }
        assert_eq!(shown(&"é".repeat(255)), "é".repeat(255));
        assert_eq!(shown(&"😀".repeat(255)), "😀".repeat(128));
    }

    #[test]
    fn a_plain_name_is_in_ascii() {
        for (name, sent) in [
            ("Physics", "Physics"),
            ("Ada's room, no. 1", "Ada s room no 1"),
            ("Fizik dersi: ışık", "Fizik dersi isik"),
            ("北京", "Bei Jing"),
            ("A", "Room A"),
            ("ä", "Room a"),
            ("\u{2800}!", "Room"),
            ("Co-op", "Co-op"),
        ] {
            assert_eq!(plain(name), sent);
        }
        assert_eq!(plain(&"é".repeat(255)), "e".repeat(64));
    }

    proptest! {
        #[test]
        fn every_name_has_a_length_that_the_server_takes(name in "\\PC{1,255}") {
            let sent = shown(&name);
            prop_assert!((2..=MAX_UNITS).contains(&sent.encode_utf16().count()));
            prop_assert!(sent.chars().nth(1).is_some());
            let sent = plain(&name);
            prop_assert!((2..=MAX_PLAIN_CHARS).contains(&sent.len()));
            prop_assert!(sent.chars().all(|c| c.is_ascii_alphanumeric() || " -".contains(c)));
            prop_assert_eq!(sent.trim(), &sent);
        }
    }
}
