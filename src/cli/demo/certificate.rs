//! A certificate that a demo makes for itself, so that browsers on other devices give it a camera.

use crate::config::Tls;
use std::io;
use std::net::IpAddr;
use std::path::Path;

/// Makes a certificate for these addresses and for localhost, signed by its own key, in files in a
/// folder. Browsers warn of it once, because nobody vouches for it.
pub(super) fn create(folder: &Path, addresses: &[IpAddr]) -> io::Result<Tls> {
    let names = addresses.iter().map(IpAddr::to_string);
    let names: Vec<_> = names.chain(["localhost".to_owned()]).collect();
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    Ok(Tls {
        certificate: Some(certificate),
        key: Some(key),
    })
}
