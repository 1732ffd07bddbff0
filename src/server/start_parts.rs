//! What a start needs of the files that settings name: the validation that `serve`, `doctor` and
//! `config` share.

use super::certificate_check::CertificateReport;
use super::error::ServerError;
use super::tls::Certificate;
use super::{handoff, metrics};
use crate::config::Config;
use crate::http::MetricsAccess;
use crate::meeting::handoff::{HandoffServer, Handoffs};
use std::sync::Arc;

/// The parts of a server that are made from settings alone, which are valid then.
pub(crate) struct StartParts {
    /// The certificate; None without TLS.
    pub(super) certificate: Option<Arc<Certificate>>,
    /// The way to the meeting server; None if meetings take place here or nowhere.
    pub(super) handoffs: Option<Handoffs>,
    /// Who may read the metrics.
    pub(super) metrics_access: MetricsAccess,
}

impl StartParts {
    /// Loads the files that the settings name, and checks what only a start needs. Opens no database
    /// and no socket.
    ///
    /// # Errors
    /// The first setting with which a server does not start.
    pub(crate) fn load(config: &Config) -> Result<Self, ServerError> {
        Ok(Self {
            certificate: Certificate::load(&config.tls, config.server.public_url.as_ref())?,
            handoffs: handoff::handoffs(&config.meeting)?,
            metrics_access: metrics::access(config)?,
        })
    }

    /// Returns what is wrong with the certificate although a server starts with it; None without TLS.
    pub(crate) fn certificate_report(&self) -> Option<CertificateReport> {
        self.certificate
            .as_ref()
            .map(|certificate| certificate.report())
    }

    /// Returns the meeting server that people are sent to; None if meetings take place here or nowhere.
    pub(crate) fn meeting_server(&self) -> Option<&HandoffServer> {
        self.handoffs.as_ref().map(Handoffs::server)
    }
}
