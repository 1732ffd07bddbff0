use super::error::Invalid;
use super::text;
use oxilangtag::LanguageTag;
use std::str::FromStr;

/// A well-formed language tag in canonical case, such as `en-US` (BCP 47; RFC 5646, section 2.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LangTag(String);

impl LangTag {
    /// The greatest length of a tag in characters. RFC 5646 sets none; its section 4.4.1 demands
    /// room for 35.
    pub const MAX_CHARS: usize = 100;

    /// Parses a tag in any case, with `_` in place of `-` and with white space around: the locales
    /// of many platforms are written so.
    ///
    /// # Errors
    /// A tag that is not well-formed or has over 100 characters.
    pub fn parse(tag: &str) -> Result<Self, Invalid> {
        let tag = tag.trim().replace('_', "-");
        text::check_length(&tag, Self::MAX_CHARS)?;
        LanguageTag::parse_and_normalize(&tag)
            .map(|tag| Self(tag.into_inner()))
            .map_err(|_| Invalid::new("must be a language tag, such as en-US (BCP 47)"))
    }

    /// Returns a stored tag.
    pub(crate) fn from_stored(tag: String) -> Self {
        Self(tag)
    }

    /// Returns the tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LangTag {
    type Err = Invalid;

    fn from_str(tag: &str) -> Result<Self, Invalid> {
        Self::parse(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_gets_its_canonical_case() {
        for (typed, canonical) in [
            ("en-us", "en-US"),
            ("TR", "tr"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("sl-ROZAJ-biske", "sl-rozaj-biske"),
            ("X-Private", "x-private"),
            ("en_US", "en-US"),
            (" zh_hant-TW\t", "zh-Hant-TW"),
        ] {
            assert_eq!(
                LangTag::parse(typed).map(|tag| tag.0).as_deref(),
                Ok(canonical)
            );
        }
    }

    #[test]
    fn tags_that_are_not_well_formed_are_rejected() {
        let long = format!("x{}", "-a".repeat(50));
        for tag in [
            "",
            " ",
            "_",
            "e n",
            "en__US",
            "en_US.UTF-8",
            "en-",
            "1",
            "toolonglanguage",
            "en-US\0",
            "e",
            &long,
        ] {
            assert!(LangTag::parse(tag).is_err(), "{tag:?}");
        }
    }
}
