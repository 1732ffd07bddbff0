use crate::model::{AccessKey, KeyDigest, NewApiKey};
use actix_web::http::header::HeaderValue;

/// The number of digits of a hash.
const HASH_DIGITS: usize = 64;

/// What a caller sends in the header `Authorization`: `Bearer ACCESS_KEY|H`. Neither part is known
/// to be right.
#[derive(Debug, Clone)]
pub(crate) struct BearerToken {
    /// The access key.
    pub(crate) access_key: AccessKey,
    /// The digest of the hash `H`.
    pub(crate) digest: KeyDigest,
}

impl BearerToken {
    /// Reads the header.
    ///
    /// # Errors
    /// What is wrong with the form of the header.
    pub(crate) fn from_header(header: &HeaderValue) -> Result<Self, &'static str> {
        let header = header.to_str();
        let header = header.map_err(|_| "it has characters that are not ASCII")?;
        if header.is_empty() {
            return Err("it is empty");
        }
        let (scheme, credentials) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err("it does not start with Bearer and a space");
        }
        let credentials = credentials.trim_start();
        if credentials.is_empty() {
            return Err("nothing follows Bearer");
        }
        let Some((access_key, hash)) = credentials.split_once('|') else {
            return Err("there is no | between the access key and the hash");
        };
        if access_key.is_empty() || !access_key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the access key before the | is empty or has spaces");
        }
        if hash.len() != HASH_DIGITS || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("the hash after the | does not have 64 hexadecimal digits");
        }
        Ok(Self {
            access_key: AccessKey::new(access_key),
            digest: KeyDigest::from_hash(hash),
        })
    }
}

/// Returns the value of the header `Authorization` that a key makes.
pub(crate) fn authorization(key: &NewApiKey) -> String {
    format!("Bearer {}|{}", key.access_key.as_str(), key.hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> Option<BearerToken> {
        BearerToken::from_header(&header.parse().expect("a header")).ok()
    }

    #[test]
    fn the_header_of_a_key_is_its_token() {
        let key = NewApiKey::generate(None);
        let token = token(&authorization(&key)).expect("a token");
        assert_eq!(token.access_key, key.access_key);
        assert!(token.digest.matches(&key.digest()));
    }

    #[test]
    fn other_headers_are_no_tokens() {
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer abc",
            "Basic a|b",
            "a|b",
            "Bearerx a|b",
            "Bearer a|b",
            "Bearer |0000000000000000000000000000000000000000000000000000000000000000",
            "Bearer a |0000000000000000000000000000000000000000000000000000000000000000",
            "Bearer a| 0000000000000000000000000000000000000000000000000000000000000000",
        ] {
            assert!(token(header).is_none(), "{header:?}");
        }
        assert!(token(&format!("bearer  a|{}", "0f".repeat(32))).is_some());
    }
}
