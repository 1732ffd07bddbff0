//! JSON Web Tokens (RFC 7519), signed only.

use crate::model::{SharedSecret, TokenAlgorithm};

/// A key that signs tokens.
#[derive(Debug)]
pub(crate) struct SigningKey;

/// Why a key cannot sign.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SigningKeyError(pub(super) String);

impl SigningKey {
    pub(crate) fn from_pem(_: &[u8], _: Option<String>) -> Result<Self, SigningKeyError> {
        Ok(Self)
    }

    pub(crate) fn from_secret(_: TokenAlgorithm, _: &SharedSecret, _: Option<String>) -> Self {
        Self
    }
}
