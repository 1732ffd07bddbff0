use crate::model::{Checksum, SharedSecret};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Returns the checksum that proves to the server that a call comes from somebody with its secret: a
/// digest of the name of the call, its query exactly as it is sent, and the secret.
pub(super) fn checksum(
    function: Checksum,
    call: &str,
    query: &str,
    secret: &SharedSecret,
) -> String {
    let parts = [call.as_bytes(), query.as_bytes(), secret.as_bytes()];
    match function {
        Checksum::Sha1 => hex::<Sha1>(parts),
        Checksum::Sha256 => hex::<Sha256>(parts),
        Checksum::Sha384 => hex::<Sha384>(parts),
        Checksum::Sha512 => hex::<Sha512>(parts),
    }
}

fn hex<D: Digest>(parts: [&[u8]; 3]) -> String {
    let mut digest = D::new();
    for part in parts {
        digest.update(part);
    }
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is the example in the documentation of BigBlueButton, the others are those of `sha256sum`
    /// and its like.
    #[test]
    fn is_the_digest_of_call_query_and_secret() {
        let secret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b".parse();
        let secret = secret.expect("a secret");
        let query = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444";
        for (function, sum) in [
            (Checksum::Sha1, "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"),
            (
                Checksum::Sha256,
                "da9185f7f333cfdfcd6eeac32dca3777510c4c436020d8b887ba5515bd1d189e",
            ),
            (
                Checksum::Sha384,
                "891ac633df39d0a1b4f8d597f3e190833216c4b29c4fb51ea3ca72757eeb958d6e7b49a845cf29f5c6019c7d29d029d1",
            ),
            (
                Checksum::Sha512,
                "de73ad61d11a5c801b68d4bd6ec5248546085cefb0b25c85f3c46249ea93a3a4b120f92c0a8a58d7512cb77821884951a3b01245f3435dbbef49fff3cc3988b4",
            ),
        ] {
            assert_eq!(checksum(function, "create", query, &secret), sum);
        }
    }
}
