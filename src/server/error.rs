//! Why a server does not run.

use super::handoff::MeetingServerError;
use super::metrics::MetricsError;
use super::tls::TlsError;
use crate::store::{self, Failure, OpenError, ThreadError};
use std::io;
use std::net::SocketAddr;

/// The reason why a server did not start, or stopped by itself: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is in use, does not belong to this machine, or needs more rights.
    #[error("cannot listen on {address}: {reason}: choose another address for {setting}")]
    Listen {
        /// The setting with the address.
        setting: &'static str,
        /// The address of the settings.
        address: SocketAddr,
        /// The error of the system.
        reason: io::Error,
    },
    /// The process may open too few files.
    #[error(
        "cannot start: this process may open {limit} files, and with server.workers = {workers} it \
         needs {needed}, and 2 more for each connection beyond {workers}: raise the limit (`ulimit \
         -n`, or LimitNOFILE of systemd), or lower server.workers"
    )]
    TooFewFiles {
        /// The limit of the system.
        limit: u64,
        /// The number of worker threads.
        workers: usize,
        /// The fewest files with which the server works.
        needed: u64,
    },
    /// The system starts too few threads.
    #[error(transparent)]
    Thread(#[from] ThreadError),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The settings of the meeting server cannot be used.
    #[error(transparent)]
    MeetingServer(#[from] MeetingServerError),
    /// The settings of the metrics cannot be used.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The database cannot be read.
    #[error("cannot start: {0}")]
    Read(#[from] store::Error),
    /// The secret of the host links cannot be read or made.
    #[error("{0}")]
    HostSecret(String),
    /// The HTTP server failed.
    #[error("the HTTP server failed: {0}")]
    Http(io::Error),
    /// The database accepts no more writes.
    #[error("stopped, because {0}")]
    Failed(Failure),
}
