//! Keys of callers: `Authorization: Bearer ACCESS_KEY|H`, `H` being the lower-case hex SHA-256 of
//! `ACCESS_KEY|SECRET_KEY`. That is the scheme of the public API.

use super::error::Invalid;
use super::random::random_text;
use super::text;
use super::time::Timestamp;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

const ACCESS_KEY_CHARS: usize = 20;
const SECRET_KEY_CHARS: usize = 40;
const MAX_NAME_CHARS: usize = 100;

/// The public half of a key, by which it is found: lower-case letters and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// Takes an access key as a caller or operator gives it; an unknown one is simply not found.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The access key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digest that the database keeps of a key: SHA-256 of the text `H`. Whoever steals it can
/// not sign a request with it.
#[derive(Clone, Copy)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Stands in for the digest of a key that does not exist.
    pub const UNMATCHED: Self = Self([0; 32]);

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// Takes a digest that the database kept.
    pub(crate) fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes to keep.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn from_hash(hash: &str) -> Self {
        Self(Sha256::digest(hash.as_bytes()).into())
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyDigest(..)")
    }
}

/// What the database holds of a valid API key.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The digest with which a caller's is compared.
    pub digest: KeyDigest,
    /// The name that the operator gave to the key, possibly empty.
    pub name: String,
}

/// What a caller shows: the access key, and the digest of the `H` that came with it.
#[derive(Debug, Clone)]
pub struct BearerToken {
    /// The access key, not yet known to exist.
    pub access_key: AccessKey,
    /// To be compared with what is kept of the key.
    pub digest: KeyDigest,
}

impl BearerToken {
    /// Reads the value of an `Authorization` header; none when it is of another form.
    pub fn from_header(value: &str) -> Option<Self> {
        let (scheme, credentials) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (access_key, hash) = credentials.trim_start().split_once('|')?;
        Some(Self {
            access_key: AccessKey::new(access_key),
            digest: KeyDigest::from_hash(hash),
        })
    }
}

/// A key as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public half.
    pub access_key: AccessKey,
    /// What the operator called it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// A key just made. The secret half is shown once and kept nowhere.
pub struct NewApiKey {
    /// The public half.
    pub access_key: AccessKey,
    /// What the operator calls it, possibly nothing.
    pub name: String,
    /// Now.
    pub created_at: Timestamp,
    secret_key: String,
}

impl NewApiKey {
    /// Draws a new key.
    ///
    /// # Errors
    /// A name of over 100 characters, or with characters that do not show.
    pub fn generate(name: &str) -> Result<Self, Invalid> {
        text::check_length(name, MAX_NAME_CHARS)?;
        text::check_visible(name)?;
        Ok(Self {
            access_key: AccessKey(random_text::<ACCESS_KEY_CHARS>()),
            name: name.to_owned(),
            created_at: Timestamp::now(),
            secret_key: random_text::<SECRET_KEY_CHARS>(),
        })
    }

    /// The secret half.
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// The value of the `Authorization` header that the key makes.
    pub fn authorization(&self) -> String {
        format!("Bearer {}|{}", self.access_key.0, self.hash())
    }

    /// What the database keeps.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::from_hash(&self.hash())
    }

    fn hash(&self) -> String {
        let signed = format!("{}|{}", self.access_key.0, self.secret_key);
        let digest: [u8; 32] = Sha256::digest(signed.as_bytes()).into();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewApiKey")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash was made with `printf 'abc|def' | sha256sum`.
    #[test]
    fn the_hash_is_that_of_the_public_api() {
        let key = NewApiKey {
            access_key: AccessKey("abc".into()),
            name: String::new(),
            created_at: Timestamp::now(),
            secret_key: "def".into(),
        };
        assert_eq!(
            key.authorization(),
            "Bearer abc|0def6826e591afbb7b4431daaa6f2a78c1e5af533cb94b6db1635efbf255cb16"
        );
    }

    #[test]
    fn a_header_matches_only_its_own_key() {
        let key = NewApiKey::generate("chat").expect("a valid name");
        let token = BearerToken::from_header(&key.authorization()).expect("a bearer token");
        assert_eq!(token.access_key, key.access_key);
        assert!(token.digest.matches(&key.digest()));
        let other = NewApiKey::generate("chat").expect("a valid name");
        assert!(!token.digest.matches(&other.digest()));
        let upper = BearerToken::from_header(&format!("Bearer a|{}", key.hash().to_uppercase()));
        assert!(!upper.expect("a bearer token").digest.matches(&key.digest()));
    }

    #[test]
    fn other_headers_are_no_tokens() {
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer abc",
            "Basic a|b",
            "a|b",
            "Bearerx a|b",
        ] {
            assert!(BearerToken::from_header(value).is_none(), "{value:?}");
        }
        assert!(BearerToken::from_header("bearer  a|b").is_some());
    }

    #[test]
    fn secrets_do_not_show_when_printed_for_debugging() {
        let key = NewApiKey::generate("chat").expect("a valid name");
        let shown = format!("{key:?} {:?}", key.digest());
        assert!(!shown.contains(key.secret_key()));
        assert!(!shown.contains(&key.hash()));
    }
}
