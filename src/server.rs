//! The server, which puts the parts together: settings, TLS, database, connections, HTTP.

mod connections;
mod tls;

pub use tls::TlsError;

use crate::config::{Config, PublicUrl, Tls};
use crate::http::{self, AppState, DocumentSettings, Limits};
use crate::store::{Failure, Location, MigrationEvent, OpenError, Store};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer, web};
use connections::Connections;
use log::{error, info};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tls::Certificate;

/// The number of connections that the system queues until they are accepted. (Tuning: not
/// measured.)
const BACKLOG: i32 = 1024;

/// The time limit for the request line and the headers of the first request on a connection.
/// (Tuning: the default of actix.)
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// The time limit for a connection that is idle between two requests. (Tuning: the default of
/// actix.)
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// The time limit for a client to close a connection that the server closes. (Tuning: the
/// default of actix.)
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The usual limit on the open files of a process, for a system that does not tell its own.
const DEFAULT_FILE_LIMIT: u64 = 1024;

/// The time limit for requests in flight after a signal to stop, in seconds. It must leave time for
/// the queued writes and the last checkpoint: the process has promised to end within 10 seconds.
const SHUTDOWN_SECONDS: u64 = 6;

/// A server that listens. Clients can connect to it, and get answers once [`Server::run`] runs.
pub struct Server {
    address: SocketAddr,
    url: PublicUrl,
    workers: usize,
    listener: TcpListener,
    state: web::Data<AppState>,
    connections: Arc<Connections>,
    connections_per_worker: usize,
    certificate: Option<Arc<Certificate>>,
}

/// The reason why a server did not start, or stopped by itself: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is in use, does not belong to this machine, or needs more rights.
    #[error("cannot listen on {address}: {reason}: choose another address for server.listen")]
    Listen {
        /// The address of the settings.
        address: SocketAddr,
        /// The error of the system.
        reason: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The HTTP server failed.
    #[error("the HTTP server failed: {0}")]
    Http(io::Error),
    /// The database accepts no more writes.
    #[error("stopped, because {0}")]
    Failed(Failure),
}

impl Server {
    /// Loads the certificate, binds the address and opens the database, in this order: a server
    /// that cannot start leaves no database behind. `observer` is told of a migration.
    ///
    /// # Errors
    /// A certificate that cannot be used; an address that cannot be bound; a database that cannot
    /// be opened.
    pub async fn bind(
        config: Config,
        observer: &mut dyn FnMut(MigrationEvent),
    ) -> Result<Self, ServerError> {
        let certificate = Certificate::load(&config.tls)?;
        let cannot_listen = |reason| ServerError::Listen {
            address: config.server.listen,
            reason,
        };
        let listener = listen(config.server.listen).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let workers = config.server.worker_threads();
        // Every connection needs file descriptors, and the soft limit of the process is often far
        // below the hard limit.
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(DEFAULT_FILE_LIMIT);
        let connections_per_worker = connections::max_per_worker(files, workers);
        let connections = Connections::new(
            config.server.connections_per_address,
            connections_per_worker * workers,
            config.server.trusted_proxies.clone(),
        );
        // One reader per worker, so that no worker waits for a read of another.
        let readers = u32::try_from(workers).unwrap_or(u32::MAX);
        let database = Location::File(config.database.path.clone());
        let store = Store::open_for_serving(&database, readers, observer).await?;
        let url = PublicUrl::from_address(config.tls.scheme(), address);
        Ok(Self {
            state: web::Data::new(state(config, store, &url)),
            address,
            url,
            workers,
            listener,
            connections,
            connections_per_worker,
            certificate,
        })
    }

    /// Returns the address that the server listens on, with its real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the address that the server listens on.
    pub fn url(&self) -> &PublicUrl {
        &self.url
    }

    /// Returns the location of the database.
    pub fn database(&self) -> Location {
        self.state.store.location()
    }

    /// Returns the open database, to prepare it before the server runs.
    pub fn store(&self) -> &Store {
        &self.state.store
    }

    /// Answers requests until `stop` is ready or the database fails. Then it answers the requests
    /// in flight, commits the queued writes and truncates the WAL, within 10 seconds. Needs the
    /// runtime of actix.
    ///
    /// # Errors
    /// An HTTP server that failed; a database that accepts no more writes.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let state = self.state.clone();
        let app_state = self.state;
        let (connections, certificate) = (self.connections.clone(), self.certificate);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(app_state.clone())
                .app_data(http::Cache::default())
                .configure(|config| http::routes(config, &app_state.base_paths))
                .wrap(from_fn(http::normalize))
                .wrap(from_fn(http::observe))
        })
        .workers(self.workers)
        .max_connections(self.connections_per_worker)
        // As many handshakes as connections: with fewer, new clients would wait for slow ones.
        .max_connection_rate(self.connections_per_worker)
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(IDLE_TIMEOUT)
        .client_disconnect_timeout(CLOSE_TIMEOUT)
        .on_connect(move |stream, data| {
            let encrypted = stream.downcast_ref::<TlsStream<TcpStream>>();
            let inner = encrypted.map(|stream| stream.get_ref().0);
            if let Some(stream) = inner.or_else(|| stream.downcast_ref()) {
                connections.register(stream, data);
            }
        })
        // An answer is one write to the socket, so a delay would not merge it with anything.
        .tcp_nodelay(true)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
        // HTTP/1.1 only: HTTP/2 would need limits of its own on headers, bodies and streams, and
        // would bring nothing to clients that are programs.
        let server = match &certificate {
            Some(certificate) => {
                server.listen_rustls_0_23(self.listener, certificate.server_config())
            }
            None => server.listen(self.listener),
        };
        let server = server.map_err(ServerError::Http)?.run();
        info!(address:% = self.address, database:% = state.store.location(); "started");
        let handle = server.handle();
        let mut running = actix_web::rt::spawn(server);
        let outcome = tokio::select! {
            ended = &mut running => ended
                .unwrap_or_else(|panic| Err(io::Error::other(panic)))
                .map_err(ServerError::Http),
            failure = state.store.failed() => {
                // Logged before the requests in flight end, which may take seconds.
                error!("{failure}");
                Err(ServerError::Failed(failure))
            }
            () = stop => Ok(()),
            () = self.connections.watch() => Ok(()),
            () = watch(certificate.as_deref()) => Ok(()),
        };
        // In this order: a request in flight may still write.
        handle.stop(true).await;
        state.store.close().await;
        info!("stopped");
        outcome
    }
}

/// Returns what the handlers share. `url` is the start of every room's `url`, unless the settings
/// have another.
fn state(config: Config, store: Store, url: &PublicUrl) -> AppState {
    let public_url = config.server.public_url.as_ref().unwrap_or(url).to_string();
    let openapi = http::openapi_document(DocumentSettings {
        base_paths: &config.api.base_paths,
        languages: &config.rooms.languages,
        // First the server that serves the document: its page may call no other.
        servers: vec!["/".to_owned(), public_url.clone()],
    });
    AppState {
        store,
        openapi: openapi.into(),
        base_paths: config
            .api
            .base_paths
            .iter()
            .map(ToString::to_string)
            .collect(),
        public_url,
        trusted_proxies: config.server.trusted_proxies,
        auth_required: config.auth.required,
        limits: Limits::per_minute(
            config.auth.failures_per_minute,
            config.auth.requests_per_minute,
        ),
        languages: config.rooms.languages,
        user_defaults: config.users,
        log_requests: config.log.requests,
        slow: Duration::from_millis(config.log.slow_ms),
    }
}

/// Checks that a server could use the certificate and the key that the settings name, if any.
///
/// # Errors
/// A file that cannot be read or holds something else; a key that does not match the certificate.
pub fn check_certificate(settings: &Tls) -> Result<(), TlsError> {
    Certificate::load(settings).map(|_| ())
}

/// Reloads the certificate whenever its files are renewed, and never ends; only waits without TLS.
async fn watch(certificate: Option<&Certificate>) {
    match certificate {
        Some(certificate) => certificate.watch().await,
        None => std::future::pending().await,
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
