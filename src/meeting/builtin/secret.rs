use std::fmt::{self, Display, Formatter};
use subtle::ConstantTimeEq;

/// 128 random bits that open one thing to whoever has them: a ticket, a place in a meeting. In texts
/// they are 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Secret([u8; 16]);

impl Secret {
    /// Returns a new secret from the cryptographic source of the system.
    ///
    /// # Panics
    /// If the system cannot give random bytes: nothing secret can be generated then.
    pub(crate) fn generate() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system must give random bytes");
        Self(bytes)
    }

    /// Returns the secret with these bytes.
    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the secret in a text; `None` for a text of any other form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != 32 || !digits.iter().all(is_digit) {
            return None;
        }
        u128::from_str_radix(text, 16)
            .ok()
            .map(|number| Self(number.to_be_bytes()))
    }

    /// Returns whether two secrets are the same, in a time that does not tell where they differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Display for Secret {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// Shows nothing of the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_32_digits() {
        let secret = Secret::from_bytes([10; 16]);
        assert_eq!(secret.to_string(), "0a".repeat(16));
        assert_eq!(Secret::parse(&secret.to_string()), Some(secret));
        let other = Secret::generate();
        assert!(secret.is(&secret) && !secret.is(&other));
        for text in [
            "",
            "0a",
            &"0A".repeat(16),
            &"+a".repeat(16),
            &"é".repeat(16),
        ] {
            assert_eq!(Secret::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_printed_by_accident() {
        assert_eq!(format!("{:?}", Secret::generate()), "Secret");
    }
}
