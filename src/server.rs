//! Puts the parts together: settings, database, listener, HTTP server.

mod connections;
mod tls;

pub use tls::TlsError;

use crate::config::{Config, PublicUrl, Tls};
use crate::http::{self, AppState, Limits};
use crate::store::{Failure, Location, OpenError, Store};
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

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// How long the request line and headers of a connection's first request may take.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection may be idle between two requests.
const IDLE_PATIENCE: Duration = Duration::from_secs(5);

/// How long the other side may take to end its side of a connection that ends.
const END_PATIENCE: Duration = Duration::from_secs(1);

/// The files that a process may open by the common default.
const USUAL_FILES: u64 = 1024;

/// How long requests in flight may take after a signal to stop, in seconds. What follows (the
/// writes that wait, a checkpoint) has the rest of the ten that an operator waits.
const SHUTDOWN_SECONDS: u64 = 6;

/// A server that listens: callers can connect, and are answered once it runs.
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

/// Why a server did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken, or not ours to take.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The HTTP server broke off.
    #[error("the server broke off: {0}")]
    Run(#[from] io::Error),
    /// Nothing may be written any more.
    #[error("stopped, because {0}")]
    Failed(Failure),
}

impl Server {
    /// Takes the address, opens the database and makes everything ready to run.
    ///
    /// # Errors
    /// A certificate that cannot be used; an address or a database that cannot be had.
    pub async fn bind(config: Config) -> Result<Self, ServerError> {
        let certificate = Certificate::read(&config.tls)?;
        let wanted = config.server.listen;
        let unavailable = |reason| ServerError::Listen {
            address: wanted,
            reason,
        };
        let listener = listen(wanted).map_err(unavailable)?;
        let address = listener.local_addr().map_err(unavailable)?;
        let workers = config.server.worker_threads();
        // Every connection takes files, and the usual limit is not the one that may be had.
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(USUAL_FILES);
        let connections_per_worker = connections::per_worker(files, workers);
        let connections = Connections::new(
            config.server.connections_per_address,
            connections_per_worker * workers,
            config.server.trusted_proxies.clone(),
        );
        // Every worker can read while every other does.
        let readers = u32::try_from(workers).unwrap_or(u32::MAX);
        let database = Location::File(config.database.path.clone());
        let store = Store::open_for_serving(&database, readers).await?;
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

    /// The address that is listened on, with its real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as the start of a URL.
    pub fn url(&self) -> &PublicUrl {
        &self.url
    }

    /// Returns where the database is.
    pub fn database(&self) -> Location {
        self.state.store.location()
    }

    /// The database, to prepare it before the server runs.
    pub fn store(&self) -> &Store {
        &self.state.store
    }

    /// Answers callers until `stop` is ready, then finishes the requests in flight, drains the
    /// writes and empties the write-ahead log. Needs actix's runtime.
    ///
    /// # Errors
    /// A disk or an HTTP server that failed on the way.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let state = self.state.clone();
        let app_state = self.state;
        let (connections, certificate) = (self.connections.clone(), self.certificate);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(app_state.clone())
                .app_data(http::Cache::default())
                .configure(|config| http::routes(config, &app_state.base_paths))
                .wrap(from_fn(http::observe))
        })
        .workers(self.workers)
        .max_connections(self.connections_per_worker)
        // Handshakes are limited in time; a limit in number would make others wait for slow ones.
        .max_connection_rate(self.connections_per_worker)
        .client_request_timeout(HEAD_PATIENCE)
        .keep_alive(IDLE_PATIENCE)
        .client_disconnect_timeout(END_PATIENCE)
        .on_connect(move |stream, data| {
            let encrypted = stream.downcast_ref::<TlsStream<TcpStream>>();
            let inner = encrypted.map(|stream| stream.get_ref().0);
            if let Some(stream) = inner.or_else(|| stream.downcast_ref()) {
                connections.register(stream, data);
            }
        })
        // An answer is one write, so there is nothing to wait for.
        .tcp_nodelay(true)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
        // Without HTTP/2, which is not built in: for callers that are programs it would do nothing,
        // and the limits on headers, bodies and connections are those of HTTP/1.1.
        let server = match &certificate {
            Some(certificate) => {
                server.listen_rustls_0_23(self.listener, certificate.server_config())?
            }
            None => server.listen(self.listener)?,
        };
        let server = server.run();
        info!(address:% = self.address, database:% = state.store.location(); "started");
        let handle = server.handle();
        let mut running = actix_web::rt::spawn(server);
        let outcome = tokio::select! {
            ended = &mut running => ended.map_err(io::Error::other)?.map_err(ServerError::Run),
            failure = state.store.failed() => {
                // At once: what is in flight may take a while to end.
                error!("{failure}");
                Err(ServerError::Failed(failure))
            }
            () = stop => Ok(()),
            () = self.connections.watch() => Ok(()),
            () = watch(certificate.as_deref()) => Ok(()),
        };
        handle.stop(true).await;
        state.store.close().await;
        info!("stopped");
        outcome
    }
}

/// What the handlers share; `url` is where rooms are, unless the settings know better.
fn state(config: Config, store: Store, url: &PublicUrl) -> AppState {
    AppState {
        store,
        openapi: http::openapi_document(&config.api.base_paths).into(),
        base_paths: config
            .api
            .base_paths
            .iter()
            .map(ToString::to_string)
            .collect(),
        public_url: config.server.public_url.as_ref().unwrap_or(url).to_string(),
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

/// Whether a server could use the certificate that the settings name, if they do.
///
/// # Errors
/// A file that is missing, or holds something else, or two that do not go together.
pub fn check_certificate(settings: &Tls) -> Result<(), TlsError> {
    Certificate::read(settings).map(|_| ())
}

/// Takes up a renewed certificate, if there is one at all, now and ever after.
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
