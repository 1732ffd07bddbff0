use crate::model::{AccessKey, KeyDigest, NewApiKey};
use actix_web::http::header::HeaderValue;

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
    /// Reads the header; None if it has another form.
    pub(crate) fn from_header(header: &HeaderValue) -> Option<Self> {
        let (scheme, credentials) = header.to_str().ok()?.split_once(' ')?;
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

/// Returns the value of the header `Authorization` that a key makes.
pub(crate) fn authorization(key: &NewApiKey) -> String {
    format!("Bearer {}|{}", key.access_key.as_str(), key.hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> Option<BearerToken> {
        BearerToken::from_header(&header.parse().expect("a header"))
    }

    #[test]
    fn the_header_of_a_key_is_its_token() {
        let key = NewApiKey::generate("chat").expect("a valid name");
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
        ] {
            assert!(token(header).is_none(), "{header:?}");
        }
        assert!(token("bearer  a|b").is_some());
    }
}
