use super::rejection::check_shown;
use crate::model::text::{fold, nfc};
use crate::model::{Part, PersonName, RoomName, Tags, Username};
use unicode_normalization::UnicodeNormalization;

/// A name: an accepted one is one line without forbidden characters, and its key does not depend on
/// how it is typed.
pub fn name(input: &[u8]) {
    let Ok(typed) = str::from_utf8(input) else {
        return;
    };
    let folded = fold(typed);
    assert_eq!(fold(&folded), folded);
    assert_eq!(nfc(&folded), folded);
    let name = match RoomName::parse(typed) {
        Ok(name) => name,
        Err(message) => return check_shown(&message.0),
    };
    check_shown(name.as_str());
    assert!(name.as_str().chars().count() <= RoomName::MAX_CHARS);
    assert_eq!(RoomName::parse(name.as_str()).as_ref(), Ok(&name));

    let key = name.key();
    assert_eq!(key, folded);
    check_shown(&key);
    let decomposed: String = typed.nfd().collect();
    for same in [decomposed, typed.to_ascii_uppercase(), spaced(typed)] {
        assert_eq!(fold(&same), key);
    }

    // A room is found by its whole name.
    let part = Part::parse(name.as_str()).expect("a part as long as a name may be");
    assert_eq!(part.to_condition(), Some(key.clone()));

    // Other texts of one line have the same rules with other limits.
    let fits = |max| name.as_str().chars().count() <= max;
    match PersonName::parse(typed) {
        Ok(person) => assert_eq!(person.as_str(), name.as_str()),
        Err(_) => assert!(!fits(PersonName::MAX_CHARS)),
    }
    match Username::parse(typed) {
        Ok(username) => assert_eq!(username.key(), key),
        Err(_) => assert!(!fits(Username::MAX_CHARS)),
    }
    let tags = Tags::parse(name.as_str());
    assert_eq!(tags.as_ref().map(Tags::as_str), Ok(name.as_str()));
}

/// Returns the words of a text with more white space around them.
fn spaced(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    format!("\u{3000}{}\t", words.join(" \u{2003}"))
}
