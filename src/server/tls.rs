//! The TLS certificate of the server, from files that may be renewed while it runs.

use super::certificate_check::{self, CertificateFault, CertificateReport};
use crate::config::{PublicUrl, Tls, read_file};
use crate::model::Timestamp;
use log::{error, info, warn};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The time between two checks whether the files have changed. (Tuning: renewals happen every few
/// weeks, and the check reads two small files.)
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The time between two reports of what is wrong with the certificate. (Tuning: a line a day is
/// noticed, and fills no log.)
const REPORT_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// The reason why a certificate or its key cannot be used: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// The certificate and key in use: the last pair in the files that matched.
#[derive(Debug)]
pub(super) struct Certificate {
    /// The URL by which clients reach the server, if the settings have one.
    url: Option<PublicUrl>,
    source: Mutex<Source>,
    current: RwLock<Arc<CertifiedKey>>,
}

/// Where the pair in use is from.
#[derive(Debug)]
struct Source {
    files: Files,
    /// The state of the files before they were read for the last time.
    stamps: [Stamp; 2],
}

/// The PEM files that the settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stamp {
    /// The SHA-256 of the content: the time and the size of a renewed file may be those of the file
    /// before.
    Content([u8; 32]),
    /// The file cannot be read, or is not regular.
    Unreadable,
}

impl Certificate {
    /// Loads the files that the settings name; `None` if they name none.
    ///
    /// # Errors
    /// A file that cannot be read or holds something else; a key that does not match the
    /// certificate.
    pub(super) fn load(
        settings: &Tls,
        url: Option<&PublicUrl>,
    ) -> Result<Option<Arc<Self>>, TlsError> {
        let Some(files) = Files::of(settings) else {
            return Ok(None);
        };
        let stamps = files.stamps();
        let current = RwLock::new(Arc::new(files.load()?));
        Ok(Some(Arc::new(Self {
            url: url.cloned(),
            source: Mutex::new(Source { files, stamps }),
            current,
        })))
    }

    /// Returns what is wrong with the certificate in use.
    pub(super) fn report(&self) -> CertificateReport {
        let current = self.current();
        let file = self.source().files.certificate.display().to_string();
        certificate_check::check(&file, &current.cert, self.url.as_ref(), Timestamp::now())
    }

    /// Logs what is wrong with the certificate in use.
    pub(super) fn log_faults(&self) {
        for fault in self.report().faults {
            match fault {
                CertificateFault::Rejected(_) => error!("{fault}"),
                CertificateFault::Warning(_) => warn!("{fault}"),
            }
        }
    }

    /// Returns a configuration for TLS 1.2 and 1.3 that shows the certificate in use.
    pub(super) fn server_config(self: &Arc<Self>) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has ciphers for both versions")
            .with_no_client_auth()
            .with_cert_resolver(self.clone())
    }

    /// Reloads the files whenever they have changed, and never ends. They are loaded only after two
    /// checks that found them in the same state: a program that renews them writes one after the
    /// other. If certificate and key do not match, this is logged and the previous pair stays in
    /// use.
    pub(super) async fn watch(&self) {
        let mut last = self.source().stamps.clone();
        let mut reported = Instant::now();
        loop {
            actix_web::rt::time::sleep(POLL_INTERVAL).await;
            let (now, loaded) = {
                let source = self.source();
                (source.files.stamps(), source.stamps.clone())
            };
            if now == last && now != loaded {
                self.reload();
                reported = Instant::now();
            }
            if reported.elapsed() >= REPORT_INTERVAL {
                self.log_faults();
                reported = Instant::now();
            }
            last = now;
        }
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads the files again. If certificate and key do not match, this is logged and the previous
    /// pair stays in use.
    pub(super) fn reload(&self) {
        let files = self.source().files.clone();
        self.load_from(files);
    }

    /// Loads the files that the settings name now, as [`Certificate::reload`] does. Returns whether
    /// they are in use then; if not, those that were in use are watched further.
    pub(super) fn follow(&self, settings: &Tls) -> bool {
        Files::of(settings).is_some_and(|files| self.load_from(files))
    }

    fn load_from(&self, files: Files) -> bool {
        let stamps = files.stamps();
        let loaded = files.load();
        let mut source = self.source();
        if loaded.is_ok() || source.files == files {
            *source = Source { files, stamps };
        }
        drop(source);
        match loaded {
            Ok(renewed) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
                info!("the certificate was reloaded");
                self.log_faults();
                true
            }
            Err(error) => {
                warn!("the certificate was not reloaded, the previous one stays in use: {error}");
                false
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl Files {
    /// Returns the files that settings name; `None` if they name none.
    fn of(settings: &Tls) -> Option<Self> {
        Some(Self {
            certificate: settings.certificate.clone()?,
            key: settings.key.clone()?,
        })
    }

    fn stamps(&self) -> [Stamp; 2] {
        [&self.certificate, &self.key].map(|path| Stamp::of(path))
    }

    fn load(&self) -> Result<CertifiedKey, TlsError> {
        let certificate = self.certificate.display();
        let text = read("tls.certificate", &self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| {
            TlsError(format!(
                "tls.certificate: {certificate} has no certificate in PEM form (-----BEGIN \
                 CERTIFICATE-----): name the file with the certificate chain, often called \
                 fullchain.pem"
            ))
        })?;
        let key = self.key.display();
        let text = read("tls.key", &self.key)?;
        let private = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            TlsError(format!(
                "tls.key: {key} has no private key in PEM form (-----BEGIN PRIVATE KEY-----): name \
                 the file with the unencrypted key of the certificate"
            ))
        })?;
        let signing = ring::sign::any_supported_type(&private).map_err(|_| {
            TlsError(format!(
                "tls.key: the key in {key} is damaged or of a kind that is not supported: use a key \
                 for RSA with 2048 to 4096 bits, for ECDSA over the curve P-256 or P-384, or for \
                 Ed25519"
            ))
        })?;
        let pair = CertifiedKey::new(chain, signing);
        match pair.keys_match() {
            Ok(()) => Ok(pair),
            Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError(format!(
                "tls.key: {key} does not match the first certificate in {certificate}: name the key \
                 of that certificate, and put the certificate of the server first in the chain"
            ))),
            Err(_) => {
                let reason = pair.cert.first().map(certificate_check::unusable_reason);
                Err(TlsError(format!(
                    "tls.certificate: the first certificate in {certificate} {}",
                    reason.unwrap_or_default()
                )))
            }
        }
    }
}

impl Stamp {
    fn of(path: &Path) -> Self {
        read_file(path).map_or(Self::Unreadable, |bytes| {
            Self::Content(Sha256::digest(bytes).into())
        })
    }
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>, TlsError> {
    read_file(path).map_err(|reason| {
        let path = path.display();
        TlsError(format!(
            "{setting}: cannot read {path}: {reason}: name a file that the user of this process can \
             read"
        ))
    })
}
