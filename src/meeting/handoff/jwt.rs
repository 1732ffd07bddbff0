//! JSON Web Tokens (RFC 7519): they are signed here, and never read.

mod rsa_key;

pub(crate) use rsa_key::SigningKeyError;

use crate::model::{SharedSecret, Timestamp, TokenAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};
use std::fmt;

/// For how many seconds a token lets a person in: long enough for a slow page, too short to be of use to
/// somebody who finds it. Who is in stays in.
const VALID_SECONDS: i64 = 300;

/// By how many seconds the clock of the other server may be behind: some allow no difference.
const BACKDATED_SECONDS: i64 = 60;

/// A key that signs tokens.
pub(crate) struct SigningKey {
    algorithm: TokenAlgorithm,
    /// The name of the key, by which a server with several keys finds the right one.
    id: Option<String>,
    key: Key,
}

enum Key {
    Secret(SharedSecret),
    Rsa(Box<RsaKeyPair>),
}

impl SigningKey {
    /// Returns the RSA key in a PEM file, for RS256.
    ///
    /// # Errors
    /// A file without such a key: a sentence that says what is there instead.
    pub(crate) fn from_pem(pem: &[u8], id: Option<String>) -> Result<Self, SigningKeyError> {
        Ok(Self {
            algorithm: TokenAlgorithm::Rs256,
            id,
            key: Key::Rsa(Box::new(rsa_key::read(pem)?)),
        })
    }

    /// Returns a secret as a key, for an algorithm of HMAC.
    pub(crate) fn from_secret(
        algorithm: TokenAlgorithm,
        secret: &SharedSecret,
        id: Option<String>,
    ) -> Self {
        Self {
            algorithm,
            id,
            key: Key::Secret(secret.clone()),
        }
    }

    /// Returns a signed token with these claims.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> String {
        let mut header = Map::new();
        header.insert("typ".into(), "JWT".into());
        header.insert("alg".into(), self.algorithm.as_str().into());
        if let Some(id) = &self.id {
            header.insert("kid".into(), id.as_str().into());
        }
        let encode = |part: &Map<String, Value>| {
            // The serialised form of a map has no failure.
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap_or_default())
        };
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Secret(secret) => {
                let secret = secret.as_bytes();
                match self.algorithm {
                    TokenAlgorithm::Hs384 => mac::<Hmac<Sha384>>(secret, signed),
                    TokenAlgorithm::Hs512 => mac::<Hmac<Sha512>>(secret, signed),
                    _ => mac::<Hmac<Sha256>>(secret, signed),
                }
            }
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    signed,
                    &mut signature,
                )
                .expect("the signature is as long as the modulus");
                signature
            }
        }
    }
}

/// Without the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn mac<M: Mac + KeyInit>(secret: &[u8], signed: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).expect("HMAC takes keys of every length");
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

/// Adds the times of a token for somebody who enters now, whatever the claims say of them.
pub(super) fn add_times(claims: &mut Map<String, Value>, now: Timestamp) {
    let now = now.as_unix();
    claims.insert("iat".into(), now.into());
    claims.insert("nbf".into(), (now - BACKDATED_SECONDS).into());
    claims.insert("exp".into(), (now + VALID_SECONDS).into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What is signed in RFC 7515, appendix A.1.1, and, behind another header, in A.2.1.
    const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS\
                           9pc19yb290Ijp0cnVlfQ";

    fn secret(text: &str) -> SharedSecret {
        text.parse().expect("a secret")
    }

    fn rsa_key() -> SigningKey {
        let pem = include_bytes!("jwt/rfc7515-a2.pkcs8.pem");
        SigningKey::from_pem(pem, None).expect("a key")
    }

    fn decoded(part: &str) -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[test]
    fn hmac_signatures_are_those_of_the_rfcs() {
        // RFC 7515, appendix A.1: a key that is no text.
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1\
                   Z9CAow";
        let key = URL_SAFE_NO_PAD.decode(key).expect("base64url");
        let signed = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}");
        assert_eq!(
            URL_SAFE_NO_PAD.encode(mac::<Hmac<Sha256>>(&key, signed.as_bytes())),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
        // RFC 4231, section 4.3.
        for (algorithm, start) in [
            (TokenAlgorithm::Hs256, [0x5b, 0xdc, 0xc1, 0x46]),
            (TokenAlgorithm::Hs384, [0xaf, 0x45, 0xd2, 0xe3]),
            (TokenAlgorithm::Hs512, [0x16, 0x4b, 0x7a, 0x7b]),
        ] {
            let key = SigningKey::from_secret(algorithm, &secret("Jefe"), None);
            let signature = key.signature(b"what do ya want for nothing?");
            assert_eq!(signature[..4], start);
        }
    }

    #[test]
    fn an_rsa_signature_is_that_of_the_rfc() {
        let signed = format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}");
        let signature = rsa_key().signature(signed.as_bytes());
        assert_eq!(
            URL_SAFE_NO_PAD.encode(signature),
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F\
             p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB\
             MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY\
             I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        );
    }

    #[test]
    fn a_token_has_its_algorithm_and_key_in_the_header_and_the_claims_behind() {
        let named = SigningKey::from_secret(
            TokenAlgorithm::Hs512,
            &secret("north"),
            Some("a/b".to_owned()),
        );
        for (key, header) in [
            (named, json!({"typ": "JWT", "alg": "HS512", "kid": "a/b"})),
            (rsa_key(), json!({"typ": "JWT", "alg": "RS256"})),
        ] {
            let claims = json!({"room": "ü\" \u{1F600}", "n": 1});
            let token = key.sign(claims.as_object().expect("an object"));
            let parts: Vec<&str> = token.split('.').collect();
            assert_eq!(parts.len(), 3, "{token}");
            assert_eq!(decoded(parts[0]), header);
            assert_eq!(decoded(parts[1]), claims);
            let signed = format!("{}.{}", parts[0], parts[1]);
            let signature = key.signature(signed.as_bytes());
            assert_eq!(parts[2], URL_SAFE_NO_PAD.encode(signature));
        }
    }

    #[test]
    fn the_secret_is_not_in_debug_output() {
        let id = Some("kid-1".to_owned());
        let key = SigningKey::from_secret(TokenAlgorithm::Hs384, &secret("north"), id);
        let shown = format!("{key:?}");
        assert!(shown.contains("Hs384") && shown.contains("kid-1"));
        assert!(!shown.contains("north"), "{shown}");
        assert!(!format!("{:?}", rsa_key()).contains("[0x"));
    }

    #[test]
    fn the_times_are_those_of_the_click() {
        let mut claims = Map::new();
        claims.insert("exp".into(), "never".into());
        add_times(&mut claims, Timestamp::from_unix(1_800_000_000));
        let expected = json!({"iat": 1_800_000_000, "nbf": 1_799_999_940, "exp": 1_800_000_300});
        assert_eq!(Value::Object(claims), expected);
    }
}
