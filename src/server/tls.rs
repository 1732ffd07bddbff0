//! The certificate that callers see, from files that may be renewed while the server runs.

use crate::config::Tls;
use log::{info, warn};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

/// How often the files are looked at. They are read when they have changed, and stayed as they are
/// for as long: whoever renews them writes one after the other.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// A certificate or key that cannot be used: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// A certificate with its key, as the files have them now, or had them when they were right.
#[derive(Debug)]
pub(super) struct Certificate {
    files: Files,
    read_at: Stamp,
    current: RwLock<Arc<CertifiedKey>>,
}

/// The PEM files that the settings name.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// When each file was written, and how long it is.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Certificate {
    /// Reads the files that the settings name, if they do.
    ///
    /// # Errors
    /// A file that is missing, or holds something else, or two that do not go together.
    pub(super) fn read(settings: &Tls) -> Result<Option<Arc<Self>>, TlsError> {
        let (Some(certificate), Some(key)) = (&settings.certificate, &settings.key) else {
            return Ok(None);
        };
        let files = Files {
            certificate: certificate.clone(),
            key: key.clone(),
        };
        let read_at = files.stamp();
        let current = RwLock::new(Arc::new(files.read()?));
        Ok(Some(Arc::new(Self {
            files,
            read_at,
            current,
        })))
    }

    /// TLS 1.2 and 1.3 with this certificate.
    pub(super) fn server_config(self: &Arc<Self>) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has ciphers for both")
            .with_no_client_auth()
            .with_cert_resolver(self.clone())
    }

    /// Takes up renewed files, now and ever after. Where they are wrong, what was right stays.
    pub(super) async fn watch(&self) {
        let (mut taken, mut last) = (self.read_at, self.read_at);
        loop {
            actix_web::rt::time::sleep(BETWEEN_LOOKS).await;
            let now = self.files.stamp();
            if now != taken && now == last {
                taken = now;
                self.take_up();
            }
            last = now;
        }
    }

    fn take_up(&self) {
        match self.files.read() {
            Ok(renewed) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(renewed);
                info!("the certificate was renewed");
            }
            Err(error) => {
                warn!("the certificate was not renewed, the one before goes on: {error}");
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read();
        Some(current.unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Files {
    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let file = fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        })
    }

    fn read(&self) -> Result<CertifiedKey, TlsError> {
        let certificate = self.certificate.display();
        let text = read("tls.certificate", &self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| {
            TlsError(format!(
                "tls.certificate: {certificate} has no certificate in PEM form (-----BEGIN \
                 CERTIFICATE-----): name the file with the certificate and those above it, often \
                 called fullchain.pem"
            ))
        })?;
        let key = self.key.display();
        let text = read("tls.key", &self.key)?;
        let private = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            TlsError(format!(
                "tls.key: {key} has no private key in PEM form (-----BEGIN PRIVATE KEY-----): name \
                 the file with the key of the certificate, not encrypted"
            ))
        })?;
        let signing = ring::sign::any_supported_type(&private).map_err(|_| {
            TlsError(format!(
                "tls.key: the key in {key} is damaged or of an unknown kind: make one for RSA, \
                 ECDSA (P-256, P-384) or Ed25519"
            ))
        })?;
        let pair = CertifiedKey::new(chain, signing);
        match pair.keys_match() {
            Ok(()) => Ok(pair),
            Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError(format!(
                "tls.key: {key} does not have the key of the certificate in {certificate}, which \
                 must come first in that file: name two files that were made together"
            ))),
            Err(_) => Err(TlsError(format!(
                "tls.certificate: the first certificate in {certificate} is damaged: get it anew"
            ))),
        }
    }
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|reason| {
        let path = path.display();
        TlsError(format!(
            "{setting}: cannot read {path}: {reason}: name a file that this user may read"
        ))
    })
}
