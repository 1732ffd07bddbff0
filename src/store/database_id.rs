//! Which database something belongs to.

use serde::{Deserialize, Serialize};

/// What tells a database from all others, whatever the name of its file is. It stays the same over
/// migrations, and a database that is restored has that of its backup. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseId(String);

impl DatabaseId {
    /// Takes bytes that are different in every database.
    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
