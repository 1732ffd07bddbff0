//! Rules for one-line texts that people type, and the folding that decides when two are the same.

use super::error::Invalid;
use icu_casemap::CaseMapper;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use std::borrow::Cow;
use std::ops::RangeInclusive;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Returns the form in which two texts are compared. Texts are the same when they differ only in
/// case, in composition, in runs of white space, or in characters that do not show:
///
/// 1. canonical decomposition (NFD), so that every mark can be folded with its letter;
/// 2. without default-ignorable code points (UAX #44), such as U+200B and U+00AD, and with a space
///    for each blank one;
/// 3. full case folding (Unicode Standard, section 3.13), which unlike lower-casing knows no
///    positions: a final sigma is a sigma, and `ß` is `ss`;
/// 4. canonical composition (NFC);
/// 5. each run of white space as one space, none at the ends.
///
/// SQLite folds ASCII only, so the folded form is made here and stored.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return collapse_white_space(text.to_ascii_lowercase());
    }
    let visible: String = text
        .nfd()
        .filter(|c| !is_ignorable(*c))
        .map(space_if_blank)
        .collect();
    let folded = CaseMapper::new().fold_string(&visible);
    collapse_white_space(nfc(&folded).into_owned())
}

/// Returns whether a character has no glyph and no width by itself.
fn is_ignorable(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Returns whether a character shows as an empty space: white space, and two symbols that Unicode
/// does not count as such.
pub(crate) fn is_blank(c: char) -> bool {
    const BRAILLE_PATTERN_BLANK: char = '\u{2800}';
    const MUSICAL_SYMBOL_NULL_NOTEHEAD: char = '\u{1D159}';
    c.is_whitespace() || c == BRAILLE_PATTERN_BLANK || c == MUSICAL_SYMBOL_NULL_NOTEHEAD
}

/// Returns whether a character of a domain does not show. The two joiners may be part of a word, and IDNA
/// has checked that they are.
pub(crate) fn hides_in_domain(c: char) -> bool {
    is_blank(c) || (is_ignorable(c) && !matches!(c, '\u{200C}' | '\u{200D}'))
}

fn space_if_blank(c: char) -> char {
    if is_blank(c) { ' ' } else { c }
}

/// Returns a text without the characters at its ends that do not show.
pub(crate) fn trim_invisible(text: &str) -> &str {
    text.trim_matches(|c| is_blank(c) || is_ignorable(c))
}

/// Returns the text in Unicode normalization form C.
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

fn collapse_white_space(text: String) -> String {
    if is_collapsed(&text) {
        return text;
    }
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

/// Whether words of ASCII stand one space apart, as they mostly do.
fn is_collapsed(text: &str) -> bool {
    let mut after_space = true;
    for byte in text.bytes() {
        let is_space = byte == b' ';
        if (is_space && after_space) || byte < b' ' || !byte.is_ascii() {
            return false;
        }
        after_space = is_space;
    }
    !after_space || text.is_empty()
}

/// Trims a text and checks that it is one line of 1 to `max` characters, of which at least one
/// shows.
pub(crate) fn line(text: &str, max: usize) -> Result<&str, Invalid> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Invalid::new("must not be empty"));
    }
    if trim_invisible(trimmed).is_empty() {
        return Err(Invalid::new("must have a character that shows"));
    }
    check_length(trimmed, max)?;
    check_visible(trimmed)?;
    Ok(trimmed)
}

/// Does as [`line`], and rejects U+2028 and U+2029 within the text as well: for what is stored nowhere,
/// so that no earlier rule let it in.
pub(crate) fn unbroken_line(text: &str, max: usize) -> Result<&str, Invalid> {
    let line = line(text, max)?;
    if line.contains(SEPARATORS) {
        return Err(Invalid::new("must be one line"));
    }
    Ok(line)
}

/// Rejects a text of more than `max` characters (Unicode scalar values).
pub(crate) fn check_length(text: &str, max: usize) -> Result<(), Invalid> {
    // A text has at most as many characters as bytes, so most texts need no count.
    if text.len() > max && text.chars().count() > max {
        return Err(Invalid(
            format!("must have at most {max} characters").into(),
        ));
    }
    Ok(())
}

/// The characters that no text may hold: control characters (C0, DEL, C1), and the bidirectional
/// overrides and isolates, with which one text can look like another.
pub(crate) const FORBIDDEN: [RangeInclusive<char>; 4] = [
    '\0'..='\u{1F}',
    '\u{7F}'..='\u{9F}',
    '\u{202A}'..='\u{202E}',
    '\u{2066}'..='\u{2069}',
];

/// Checks that a text holds none of the [`FORBIDDEN`] characters.
pub(crate) fn check_visible(text: &str) -> Result<(), Invalid> {
    if text.chars().any(is_forbidden) {
        return Err(Invalid::new(
            "must not contain control characters or bidirectional overrides",
        ));
    }
    Ok(())
}

/// Returns a text of one or more lines without [`FORBIDDEN`] characters other than line feeds. A space
/// is in the place of those that stand between words, such as tabs.
pub(crate) fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && is_forbidden(c)) {
        return Cow::Borrowed(text);
    }
    let visible = |c: char| match c {
        '\n' => Some(c),
        // Where it ends lines, a line feed comes with it.
        '\r' => None,
        _ if !is_forbidden(c) => Some(c),
        _ => c.is_whitespace().then_some(' '),
    };
    Cow::Owned(text.chars().filter_map(visible).collect())
}

/// Returns the first `max` characters of a text that was rejected, to be shown to its sender, with
/// U+FFFD in place of [`FORBIDDEN`] characters.
pub(crate) fn shown(text: &str, max: usize) -> String {
    let visible = |c: char| if is_forbidden(c) { '\u{FFFD}' } else { c };
    text.chars().take(max).map(visible).collect()
}

/// The line and the paragraph separator, at which some programs break lines. Stored names may hold both,
/// which are white space.
const SEPARATORS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// Returns a text as a part of a line of a log or a list, with a space for U+2028 and U+2029.
pub(crate) fn on_one_line(text: &str) -> Cow<'_, str> {
    if text.contains(SEPARATORS) {
        Cow::Owned(text.replace(SEPARATORS, " "))
    } else {
        Cow::Borrowed(text)
    }
}

fn is_forbidden(c: char) -> bool {
    FORBIDDEN.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fold_ignores_case_composition_and_runs_of_white_space() {
        for (left, right) in [
            ("Test Room", "test  room"),
            ("  Test\u{3000}Room ", "TEST ROOM"),
            ("Caf\u{e9}", "CAFE\u{301}"),
            ("\u{130}stanbul", "i\u{307}stanbul"),
            ("ΣΑΣ", "σας"),
            ("σας", "σασ"),
            ("Straße", "STRASSE"),
            ("STRA\u{1E9E}E", "strasse"),
            ("\u{17F}ure", "Sure"),
            ("\u{B5}", "\u{3BC}"),
            ("\u{1F80}", "\u{1F88}"),
            ("\u{13A0}", "\u{AB70}"),
            ("\u{200B}Te\u{AD}st\u{FEFF}", "test"),
            ("a\u{3164}b\u{E0041}", "AB"),
            ("a\u{2800}\u{1D159} b", "A B"),
            ("A\u{2028}B", "a b"),
            ("\u{FEFF}A \u{2029}\u{2028}B\u{2029}", "a b"),
        ] {
            assert_eq!(fold(left), fold(right), "{left} and {right}");
        }
        assert_ne!(fold("Test Room"), fold("TestRoom"));
        assert_ne!(fold("resume"), fold("résumé"));
    }

    #[test]
    fn line_counts_characters_not_bytes() {
        assert!(line(&"ğ".repeat(255), 255).is_ok());
        assert!(line(&"ğ".repeat(256), 255).is_err());
        assert_eq!(
            line(&format!(" {} ", "a".repeat(255)), 255).map(str::len),
            Ok(255)
        );
    }

    #[test]
    fn line_refuses_what_does_not_show() {
        for text in [
            "",
            " \u{2003} ",
            "a\0b",
            "a\nb",
            "a\u{85}b",
            "a\u{7f}",
            "a\u{202E}b",
            "\u{2066}a",
            "\u{200B}",
            "\u{3164} \u{2800}",
            "\u{FE0F}\u{200D}",
            "\u{2028}\u{2029}",
            "\u{FEFF}\u{2028} \u{AD}",
        ] {
            assert!(line(text, 255).is_err(), "{text:?}");
        }
        assert_eq!(line("👩‍👩‍👧 ok", 255), Ok("👩‍👩‍👧 ok"));
    }

    #[test]
    fn an_unbroken_line_has_no_separators() {
        for text in ["a\u{2028}b", "a \u{2029} b", "a\nb", ""] {
            assert!(unbroken_line(text, 255).is_err(), "{text:?}");
        }
        assert_eq!(unbroken_line(" a b\u{2028}", 255), Ok("a b"));
        assert!(line("a\u{2028}b", 255).is_ok());
    }

    /// All planes in which Unicode has assigned characters with properties of their own.
    fn characters() -> impl Iterator<Item = char> {
        ('\0'..='\u{1FFFF}').chain('\u{E0000}'..='\u{E0FFF}')
    }

    #[test]
    fn fold_is_idempotent_for_every_character() {
        for c in characters() {
            let once = fold(&format!("a{c}b"));
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    #[test]
    fn what_lower_case_equates_fold_equates() {
        for c in characters() {
            let lower: String = c.to_lowercase().collect();
            assert_eq!(
                fold(&format!("a{lower}b")),
                fold(&format!("a{c}b")),
                "{c:?}"
            );
        }
    }

    #[test]
    fn visible_lines_keep_line_feeds_and_what_shows() {
        for (text, expected) in [
            ("one\ntwo", "one\ntwo"),
            ("one\r\ntwo\ta", "one\ntwo a"),
            ("a\0b\u{7f}c\u{9b}d", "abcd"),
            ("a\u{85}b", "a b"),
            ("\u{202E}abc\u{2067}d", "abcd"),
            ("\u{200F}שלום\u{200E} 👩‍👩‍👧 é", "\u{200F}שלום\u{200E} 👩‍👩‍👧 é"),
            ("\0", ""),
        ] {
            assert_eq!(visible_lines(text), expected, "{text:?}");
        }
    }

    #[test]
    fn all_control_characters_are_forbidden() {
        for c in '\0'..=char::MAX {
            let is_override = "\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}".contains(c);
            let is_isolate = "\u{2066}\u{2067}\u{2068}\u{2069}".contains(c);
            let expected = c.is_control() || is_override || is_isolate;
            assert_eq!(is_forbidden(c), expected, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn fold_is_idempotent(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn fold_ignores_normalization_and_ascii_case(text in "\\PC{0,40}") {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(fold(&decomposed), fold(&text));
            prop_assert_eq!(fold(&text.to_ascii_uppercase()), fold(&text));
        }
    }
}
