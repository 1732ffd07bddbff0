use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the claims of a JSON Web Token as a server reads them which shares a secret with roomd: None for
/// one with another signature, or that is not valid now.
pub(crate) fn claims(token: &str, secret: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let json = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    if json(header)?["alg"] != "HS256" {
        return None;
    }
    let mut code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    code.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    code.verify_slice(&signature).ok()?;
    let claims = json(claims)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let is_valid = claims["nbf"].as_u64()? <= now && now < claims["exp"].as_u64()?;
    is_valid.then_some(claims)
}
