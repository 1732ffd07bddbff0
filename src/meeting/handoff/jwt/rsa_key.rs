use ring::error::KeyRejected;
use ring::signature::RsaKeyPair;
use x509_parser::pem::Pem;

/// How an encrypted private key of the old form begins, behind its first line (RFC 1421, section 4.6.1.1).
const OLD_ENCRYPTION: &str = "Proc-Type: 4,ENCRYPTED";

/// Why a file has no key that signs: the end of a sentence about the file, for its operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SigningKeyError {
    #[error(
        "it has no private key in PEM form; `openssl genrsa -out key.pem 2048` makes one, and \
         `openssl rsa -in key.pem -pubout` prints the public key for the other server"
    )]
    NoKey,
    #[error("it is a certificate: name the file with the private key that belongs to it")]
    Certificate,
    #[error("it is a public key: name the file with the private key that belongs to it")]
    PublicKey,
    #[error("its private key is encrypted: `openssl rsa -in FILE -out key.pem` decrypts it")]
    Encrypted,
    #[error(
        "its private key is not of RSA but, as it seems, of an elliptic curve, with which RS256 cannot \
         sign; `openssl genrsa -out key.pem 2048` makes an RSA key"
    )]
    NotRsa,
    #[error(
        "its RSA key is too short: RS256 needs 2048 bits or more; `openssl genrsa -out key.pem 2048` \
         makes such a key"
    )]
    TooShort,
    #[error("its private key is damaged, or of a kind that cannot sign: {0}")]
    Unusable(String),
}

/// Returns the RSA key in a PEM file (PKCS #8 or PKCS #1).
///
/// # Errors
/// A file without such a key.
pub(super) fn read(file: &[u8]) -> Result<RsaKeyPair, SigningKeyError> {
    // A file that is no text has no line by which a key begins.
    let text = String::from_utf8_lossy(file);
    if text.contains(OLD_ENCRYPTION) {
        return Err(SigningKeyError::Encrypted);
    }
    let mut missing = SigningKeyError::NoKey;
    for block in Pem::iter_from_buffer(text.as_bytes()) {
        let Ok(Pem { label, contents }) = block else {
            return Err(SigningKeyError::NoKey);
        };
        let key = match label.as_str() {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&contents),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&contents),
            "ENCRYPTED PRIVATE KEY" => return Err(SigningKeyError::Encrypted),
            "EC PRIVATE KEY" => return Err(SigningKeyError::NotRsa),
            "CERTIFICATE" => {
                missing = SigningKeyError::Certificate;
                continue;
            }
            "PUBLIC KEY" | "RSA PUBLIC KEY" => {
                missing = SigningKeyError::PublicKey;
                continue;
            }
            _ => continue,
        };
        return key.map_err(rejected);
    }
    Err(missing)
}

fn rejected(reason: KeyRejected) -> SigningKeyError {
    // The reasons have no other form.
    let reason = reason.to_string();
    match reason.as_str() {
        "WrongAlgorithm" => SigningKeyError::NotRsa,
        "TooSmall" => SigningKeyError::TooShort,
        _ => SigningKeyError::Unusable(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{KeyPair, generate_simple_self_signed};

    const PKCS1: &str = include_str!("rfc7515-a2.pkcs1.pem");
    const PKCS8: &str = include_str!("rfc7515-a2.pkcs8.pem");

    /// A key of 1024 bits.
    const SHORT: &str = include_str!("short.pem");

    #[track_caller]
    fn error(file: &str) -> SigningKeyError {
        read(file.as_bytes()).expect_err("no key")
    }

    #[test]
    fn a_key_is_found_in_both_forms_and_among_other_things() {
        let certificate = generate_simple_self_signed([]).expect("a certificate");
        let bundle = format!("# The key\n{}{PKCS8}", certificate.cert.pem());
        for file in [PKCS1, PKCS8, &PKCS8.replace('\n', "\r\n"), &bundle] {
            assert!(read(file.as_bytes()).is_ok(), "{file}");
        }
    }

    #[test]
    fn a_file_without_a_key_that_signs_says_what_it_has_instead() {
        assert_eq!(error(""), SigningKeyError::NoKey);
        assert_eq!(error("north"), SigningKeyError::NoKey);
        assert_eq!(error(&PKCS8[..200]), SigningKeyError::NoKey);
        assert!(read(&[0x30, 0x82, 0xFF, b'\n', 0xFE]).is_err());
        let signed = generate_simple_self_signed([]).expect("a certificate");
        assert_eq!(error(&signed.cert.pem()), SigningKeyError::Certificate);
        let public = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
        assert_eq!(error(public), SigningKeyError::PublicKey);
        let curve = KeyPair::generate().expect("a key").serialize_pem();
        assert_eq!(error(&curve), SigningKeyError::NotRsa);
        let curve = "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n";
        assert_eq!(error(curve), SigningKeyError::NotRsa);
        let encrypted = PKCS8.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        assert_eq!(error(&encrypted), SigningKeyError::Encrypted);
        let first = "-----BEGIN RSA PRIVATE KEY-----\n";
        let encrypted = PKCS1.replace(first, &format!("{first}{OLD_ENCRYPTION}\nDEK-Info: A\n\n"));
        assert_eq!(error(&encrypted), SigningKeyError::Encrypted);
        assert_eq!(error(SHORT), SigningKeyError::TooShort);
        let damaged = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        assert!(matches!(error(damaged), SigningKeyError::Unusable(_)));
    }
}
