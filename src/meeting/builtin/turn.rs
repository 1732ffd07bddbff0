//! Credentials for TURN servers, as `use-auth-secret` of coturn takes them (the REST API for access
//! to TURN services, draft-uberti-behave-turn-rest-00).

use crate::model::{SharedSecret, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// How long a credential is valid, in seconds.
const VALID_FOR: i64 = 3600;

/// What a browser shows to a TURN server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TurnCredential {
    /// The end of the validity, and something that tells people apart.
    pub(super) username: String,
    /// The code that authenticates the name.
    pub(super) credential: String,
}

/// Returns a credential that is valid for an hour, for a person with a random id.
pub(super) fn credential(secret: &SharedSecret, id: u64, now: Timestamp) -> TurnCredential {
    let username = format!("{}:{id:016x}", now.as_unix() + VALID_FOR);
    let code = Hmac::<Sha1>::new_from_slice(secret.as_bytes());
    let mut code = code.expect("a key may have any length");
    code.update(username.as_bytes());
    let credential = STANDARD.encode(code.finalize().into_bytes());
    TurnCredential {
        username,
        credential,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected code is that of
    /// `printf '1800003600:0123456789abcdef' | openssl dgst -sha1 -hmac north -binary | base64`.
    #[test]
    fn a_credential_is_what_coturn_computes() {
        let secret = "north".parse().expect("a secret");
        let now = Timestamp::from_unix(1_800_000_000);
        let made = credential(&secret, 0x0123_4567_89ab_cdef, now);
        assert_eq!(made.username, "1800003600:0123456789abcdef");
        assert_eq!(made.credential, "TdfJJmICchWfh86eQk5TLBkwag8=");
    }
}
