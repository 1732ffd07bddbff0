use std::fmt;
use std::str::FromStr;

/// A secret that this program shares with another server, and makes signatures or credentials with. It
/// is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret(String);

impl SharedSecret {
    /// Returns the bytes of the secret.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for SharedSecret {
    type Err = &'static str;

    /// White space around a secret is not part of it: it comes along when one is copied.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err("must not be empty");
        }
        Ok(Self(text.to_owned()))
    }
}

/// Without the secret.
impl fmt::Debug for SharedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SharedSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_not_in_debug_output() {
        let secret: SharedSecret = "north".parse().expect("a secret");
        assert!(!format!("{secret:?}").contains("north"));
    }

    #[test]
    fn white_space_around_a_secret_is_not_part_of_it() {
        let parse = |text: &str| text.parse::<SharedSecret>();
        assert_eq!(parse(" a b\n"), parse("a b"));
        assert!(parse(" ").is_err());
    }
}
