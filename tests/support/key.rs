use serde::Deserialize;
use sha2::{Digest, Sha256};

/// A key, exactly as `roomd key create --json` prints it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    /// The value of the `Authorization` header.
    pub(crate) authorization: String,
}

impl Key {
    /// Returns the hash that goes into the header, computed as the documents tell clients to.
    pub(crate) fn hash(&self) -> String {
        sha256_hex(&format!("{}|{}", self.access_key, self.secret_key))
    }
}

/// Returns the SHA-256 digest of a text in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
