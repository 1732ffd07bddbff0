use super::random::ALPHABET;

/// Each character of a token is a digit of this base.
const BASE: u64 = ALPHABET.len() as u64;

/// The greatest length of the readable part of a slug in characters.
const MAX_READABLE_CHARS: usize = 60;

/// The end of a room's link, by which the room is found: 10 lower-case letters and digits (51 bits)
/// that cannot be guessed from the room's name or from the tokens of other rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlugToken(String);

impl SlugToken {
    /// How many characters a token has.
    pub(crate) const CHARS: usize = 10;

    /// Returns the token that is a number in base 36, with leading zeros.
    ///
    /// # Panics
    /// If the number is 36^10 or more.
    pub(crate) fn from_number(mut number: u64) -> Self {
        let mut digits = [0; Self::CHARS];
        for digit in digits.iter_mut().rev() {
            *digit = ALPHABET[(number % BASE) as usize];
            number /= BASE;
        }
        assert_eq!(number, 0, "a token has ten digits");
        Self(digits.iter().map(|digit| char::from(*digit)).collect())
    }

    /// Returns the number that the token is in base 36.
    pub(crate) fn to_number(&self) -> u64 {
        let value = |byte: u8| match byte {
            b'a'..=b'z' => u64::from(byte - b'a'),
            _ => u64::from(byte - b'0') + 26,
        };
        self.0
            .bytes()
            .fold(0, |number, byte| number * BASE + value(byte))
    }

    /// Returns the token at the end of a slug, if there is one. The readable part before it is
    /// ignored: it changes when the room is renamed, and old links must still work.
    pub fn from_slug(slug: &str) -> Option<Self> {
        let (_, token) = slug.rsplit_once('_')?;
        let valid = token.len() == SlugToken::CHARS
            && token
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        valid.then(|| Self(token.to_owned()))
    }

    /// Returns a stored token.
    pub(crate) fn from_stored(token: String) -> Self {
        Self(token)
    }

    /// Returns the token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns a slug: the readable form of the name, `_`, the token.
pub(super) fn slug(name: &str, token: &SlugToken) -> String {
    let mut slug = readable(name);
    slug.push('_');
    slug.push_str(&token.0);
    slug
}

/// Returns the name transliterated to lower-case ASCII letters and digits, with one `-` for each
/// run of other characters, cut to 60 characters. It is `room` if no letter or digit is left.
fn readable(name: &str) -> String {
    let mut safe = String::with_capacity(name.len().min(MAX_READABLE_CHARS) + 1 + SlugToken::CHARS);
    for character in deunicode::deunicode(name).chars() {
        if safe.len() == MAX_READABLE_CHARS {
            break;
        }
        if character.is_ascii_alphanumeric() {
            safe.push(character.to_ascii_lowercase());
        } else if !safe.is_empty() && !safe.ends_with('-') {
            safe.push('-');
        }
    }
    if safe.ends_with('-') {
        safe.pop();
    }
    if safe.is_empty() {
        safe.push_str("room");
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_readable_part_has_letters_digits_and_hyphens_only() {
        let long = "word ".repeat(20);
        for (name, expected) in [
            ("Test Room", "test-room"),
            ("  --Ünïcode & Co.-- ", "unicode-co"),
            ("İstanbul Çalışma Odası", "istanbul-calisma-odasi"),
            ("../../etc/passwd", "etc-passwd"),
            ("!!!", "room"),
            (
                &long,
                "word-word-word-word-word-word-word-word-word-word-word-word",
            ),
        ] {
            assert_eq!(readable(name), expected, "{name}");
        }
    }

    #[test]
    fn a_token_is_found_whatever_stands_before_it() {
        let token = SlugToken("k3v9q2d7xm".into());
        assert_eq!(
            SlugToken::from_slug(&slug("Test Room", &token)),
            Some(token.clone())
        );
        assert_eq!(SlugToken::from_slug("old_name_k3v9q2d7xm"), Some(token));
        for slug in [
            "",
            "k3v9q2d7xm",
            "a_K3V9Q2D7XM",
            "a_k3v9q2d7x",
            "a_k3v9q2d7xm1",
            "a_k3v9q2d7x'",
        ] {
            assert_eq!(SlugToken::from_slug(slug), None, "{slug}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_is_safe_in_a_url_and_leads_back_to_its_token(
            name in "\\PC{1,255}",
            number in 0..BASE.pow(10),
        ) {
            let token = SlugToken::from_number(number);
            prop_assert_eq!(token.to_number(), number);
            let slug = slug(&name, &token);
            prop_assert!(slug.len() <= MAX_READABLE_CHARS + 1 + SlugToken::CHARS);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b)));
            prop_assert_eq!(SlugToken::from_slug(&slug), Some(token));
        }
    }
}
