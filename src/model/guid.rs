use super::error::Invalid;
use super::time::Timestamp;
use std::fmt;
use uuid::Uuid;

/// The identifier of a room or user: a version 7 UUID, printed in upper case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guid(Uuid);

impl Guid {
    /// Returns a new GUID. It sorts after every GUID that this process has generated before, so it
    /// tells a later moment than the clock after the clock was set back.
    pub(crate) fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// Returns the moment, to the second, that the first 48 bits tell: for a version 7 UUID the one
    /// at which it was generated (RFC 9562, section 5.7).
    pub(crate) fn created_at(&self) -> Timestamp {
        let bytes = self.0.as_bytes();
        let millis = bytes[..6]
            .iter()
            .fold(0, |millis, byte| (millis << 8) | i64::from(*byte));
        Timestamp::from_unix(millis / 1000)
    }

    /// Parses the form with hyphens, in upper or lower case.
    ///
    /// # Errors
    /// A text of any other form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const HYPHENATED_CHARS: usize = 36;
        match Uuid::try_parse(text) {
            Ok(guid) if text.len() == HYPHENATED_CHARS => Ok(Self(guid)),
            _ => Err(Invalid::new(
                "must be a GUID, such as 0197A3C2-6414-7046-87A6-67730D5F9F08",
            )),
        }
    }

    /// Returns the GUID with the stored bytes.
    pub(crate) fn from_stored(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Returns the bytes to store.
    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Uuid::encode_buffer();
        formatter.write_str(self.0.as_hyphenated().encode_upper(&mut text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_parsed_in_either_case_and_printed_in_upper_case() {
        const GUID: &str = "0197A3C2-6414-7046-87A6-67730D5F9F08";
        for text in [GUID, &GUID.to_lowercase()] {
            assert_eq!(
                Guid::parse(text).map(|guid| guid.to_string()).as_deref(),
                Ok(GUID)
            );
        }
        let braced = format!("{{{GUID}}}");
        for text in [
            "",
            "x",
            &GUID.replace('-', ""),
            &braced,
            &GUID[1..],
            &GUID.replace('0', "G"),
        ] {
            assert!(Guid::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tells_when_it_was_made() {
        let before = Timestamp::now();
        let made = Guid::generate().created_at();
        assert!(before <= made && made <= Timestamp::now());
        let guid = Guid::parse("0197A3C2-6414-7046-87A6-67730D5F9F08").expect("a GUID");
        assert_eq!(guid.created_at().to_rfc3339(), "2025-06-24T21:05:15+00:00");
    }
}
