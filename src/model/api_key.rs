//! API keys: a caller sends the access key and the hash `H`, the lower-case hex SHA-256 of
//! `ACCESS_KEY|SECRET_KEY`. This is the scheme of the public API.

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
const MAX_HALF_CHARS: usize = 100;

/// The public half of a key, by which it is found: lower-case letters and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// Takes an access key from a caller or operator, who may send any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text of the access key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digest of a key that the database holds: SHA-256 of the text `H`. No request can be made
/// with a stolen digest.
#[derive(Clone, Copy)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The digest that stands for a key that does not exist; no hash is known to have it.
    pub const UNMATCHED: Self = Self([0; 32]);

    /// Returns the digest of the hash `H` that a caller sends, in lower case or in capitals.
    pub fn from_hash(hash: &str) -> Self {
        Self(Sha256::digest(hash.to_ascii_lowercase()).into())
    }

    /// Returns true if the digests are equal. The comparison takes constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// Takes a stored digest.
    pub(crate) fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to store.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
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
    /// The digest that a caller's must match.
    pub digest: KeyDigest,
    /// The name that the operator gave to the key, possibly empty.
    pub name: String,
    /// Whether the key gets no host links.
    pub guests_only: bool,
}

/// An API key as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public half.
    pub access_key: AccessKey,
    /// The name that the operator gave to the key, possibly empty.
    pub name: String,
    /// When the key was created.
    pub created_at: Timestamp,
    /// When the key was revoked; None if it is valid.
    pub revoked_at: Option<Timestamp>,
    /// Whether the key gets no host links.
    pub guests_only: bool,
}

/// The name that an operator gives to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

impl KeyName {
    /// Returns the name in a text.
    ///
    /// # Errors
    /// A text in which nothing shows, of over 100 characters, or with forbidden characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text::line(text, MAX_NAME_CHARS).map(|name| Self(name.to_owned()))
    }
}

/// A new key. The secret half is printed once and stored nowhere.
pub struct NewApiKey {
    /// The public half.
    pub access_key: AccessKey,
    /// The name that the operator gives to the key, possibly empty.
    pub name: String,
    /// When the key was created.
    pub created_at: Timestamp,
    /// Whether the key gets no host links; false unless it is set.
    pub guests_only: bool,
    secret_key: String,
}

impl NewApiKey {
    /// Generates a new key, with a name or without.
    pub fn generate(name: Option<KeyName>) -> Self {
        Self {
            access_key: AccessKey(random_text::<ACCESS_KEY_CHARS>()),
            name: name.map_or_else(String::new, |name| name.0),
            created_at: Timestamp::now(),
            guests_only: false,
            secret_key: random_text::<SECRET_KEY_CHARS>(),
        }
    }

    /// Returns a key with halves that were chosen elsewhere; its name is empty. A half is 1 to 100
    /// letters, digits, hyphens and underscores of ASCII.
    ///
    /// # Errors
    /// A half of another form.
    pub fn from_halves(access_key: &str, secret_key: &str) -> Result<Self, Invalid> {
        let is_plain = |half: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            (1..=MAX_HALF_CHARS).contains(&half.len()) && half.bytes().all(plain)
        };
        if !is_plain(access_key) || !is_plain(secret_key) {
            return Err(Invalid::new(
                "must be ACCESS:SECRET, each of letters, digits, - and _",
            ));
        }
        Ok(Self {
            access_key: AccessKey::new(access_key),
            name: String::new(),
            created_at: Timestamp::now(),
            guests_only: false,
            secret_key: secret_key.to_owned(),
        })
    }

    /// Returns the secret half.
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// Returns the digest to store.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::from_hash(&self.hash())
    }

    /// Returns the hash `H`, which a caller sends beside the access key.
    pub fn hash(&self) -> String {
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

    /// The expected hash is the output of `printf 'abc|def' | sha256sum`.
    #[test]
    fn the_hash_is_that_of_the_public_api() {
        let key = NewApiKey {
            access_key: AccessKey("abc".into()),
            name: String::new(),
            created_at: Timestamp::now(),
            guests_only: false,
            secret_key: "def".into(),
        };
        assert_eq!(
            key.hash(),
            "0def6826e591afbb7b4431daaa6f2a78c1e5af533cb94b6db1635efbf255cb16"
        );
    }

    #[test]
    fn a_digest_matches_only_the_hash_of_its_own_key_in_either_case() {
        let key = NewApiKey::generate(None);
        assert!(KeyDigest::from_hash(&key.hash()).matches(&key.digest()));
        let other = NewApiKey::generate(None);
        assert!(!other.digest().matches(&key.digest()));
        let upper = KeyDigest::from_hash(&key.hash().to_uppercase());
        assert!(upper.matches(&key.digest()));
    }

    #[test]
    fn secrets_are_not_in_debug_output() {
        let key = NewApiKey::generate(None);
        let shown = format!("{key:?} {:?}", key.digest());
        assert!(!shown.contains(key.secret_key()));
        assert!(!shown.contains(&key.hash()));
    }
}
