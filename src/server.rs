//! The server, which puts the parts together: settings, TLS, database, connections, HTTP.

mod assembly;
mod certificate_check;
mod connections;
mod error;
mod handoff;
mod head_filter;
mod listener;
mod metrics;
mod probe;
mod probe_failure;
mod reload;
mod request_memory;
mod start_parts;
mod tls;
mod transport;

pub use certificate_check::{CertificateFault, CertificateReport};
pub use error::ServerError;
pub use handoff::MeetingServerError;
pub(crate) use handoff::handoff_server;
pub use metrics::MetricsError;
pub(crate) use probe::{Health, Probe, ProbeError};
pub use reload::Reloader;
pub(crate) use start_parts::StartParts;
pub use tls::TlsError;

use crate::config::{Config, Origin, PublicUrl};
use crate::http::{self, AppState, MetricsPage};
use crate::meeting::handoff::CALL_THREADS;
use crate::meeting::{self, HostLinks, SecretError};
use crate::metrics::{Metrics, Process};
use crate::model::Timestamp;
use crate::store::{self, Location, MigrationEvent, STORE_THREADS, ServerNote, Store};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, web};
use connections::Connections;
use listener::Listener;
use log::{error, info, warn};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tls::Certificate;
use tokio::task::{JoinError, JoinHandle};

/// The number of connections that the system queues until they are accepted. (Tuning: not
/// measured.)
const BACKLOG: i32 = 1024;

/// The usual limit on the open files of a process, for a system that does not tell its own.
const DEFAULT_FILE_LIMIT: u64 = 1024;

/// The threads of a server besides its workers and those of the database: the one that accepts
/// connections, the one that tells that the server is ready, the one that asks the server for the
/// watchdog of systemd, and one to spare.
const OTHER_THREADS: usize = 4;

/// How much later than announced an idle connection is closed by the sweep, which would cut off a
/// request that arrives just then.
const SWEEP_GRACE: Duration = Duration::from_secs(10);

/// A server that has its certificate and its address, and no database yet.
pub struct BoundServer {
    config: Config,
    address: SocketAddr,
    workers: usize,
    listener: TcpListener,
    connections: Arc<Connections>,
    connections_per_worker: usize,
    parts: StartParts,
    process: Process,
    /// The listener that serves the metrics alone, if there is one.
    metrics_listener: Option<TcpListener>,
}

/// A server that listens. Clients can connect to it, and get answers once [`Server::run`] runs.
pub struct Server {
    address: SocketAddr,
    url: PublicUrl,
    workers: usize,
    listener: TcpListener,
    state: web::Data<AppState>,
    connections: Arc<Connections>,
    connections_per_worker: usize,
    /// How long a connection may be idle, as it is announced; `None` closes it after each answer.
    idle_timeout: Option<Duration>,
    certificate: Option<Arc<Certificate>>,
    cors_origins: Vec<Origin>,
    /// The listener that serves the metrics alone, if there is one.
    metrics_listener: Option<TcpListener>,
}

impl BoundServer {
    /// Checks the limits on open files and threads, loads the certificate and binds the address. Nothing is left
    /// behind where the process ends meanwhile.
    ///
    /// # Errors
    /// Too few files or threads; a certificate that cannot be used; an address that cannot be bound.
    pub fn new(config: Config) -> Result<Self, ServerError> {
        let process = Process::starting();
        let workers = config.server.worker_threads();
        // A listener of its own for the metrics has one worker, and a thread that accepts connections.
        let (metrics_workers, metrics_threads) = match config.metrics.listen {
            Some(_) => (1, 2),
            None => (0, 0),
        };
        // Every connection needs file descriptors, and the soft limit of the process is often far
        // below the hard limit.
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(DEFAULT_FILE_LIMIT);
        check_file_limit(files, workers + metrics_workers)?;
        let parts = StartParts::load(&config)?;
        let calls = match parts.meeting_server() {
            Some(server) if server.calls_out() => CALL_THREADS,
            _ => 0,
        };
        let threads = workers + metrics_threads + STORE_THREADS + OTHER_THREADS + calls;
        store::check_threads(threads)?;
        let (listener, address) = listen_for("server.listen", config.server.listen)?;
        let metrics_listener = match config.metrics.listen {
            Some(address) => Some(listen_for("metrics.listen", address)?.0),
            None => None,
        };
        let connections_per_worker = connections::max_per_worker(files, workers + metrics_workers);
        let connections = Connections::new(
            config.server.connections_per_address,
            connections_per_worker * workers,
            config.server.trusted_proxies.clone(),
            config.server.keep_alive().unwrap_or_default() + SWEEP_GRACE,
        );
        Ok(Self {
            config,
            address,
            workers,
            listener,
            connections,
            connections_per_worker,
            parts,
            process,
            metrics_listener,
        })
    }

    /// Opens the database, and makes the secret of the host links if there is none. `observer` is told
    /// of a migration, and can stop it with `Break`, which is an error then.
    ///
    /// # Errors
    /// A database that cannot be opened; a secret that cannot be read or made.
    pub async fn open(
        self,
        observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
    ) -> Result<Server, ServerError> {
        let Self {
            config, workers, ..
        } = self;
        // One reader per worker, so that no worker waits for a read of another.
        let readers = u32::try_from(workers).unwrap_or(u32::MAX);
        let database = Location::File(config.database.path.clone());
        let store = Store::open_for_serving(&database, readers, observer).await?;
        let host_links = host_links(&config, &store).await?;
        let url = PublicUrl::from_address(config.tls.scheme(), self.address);
        store.announce(&ServerNote {
            version: env!("CARGO_PKG_VERSION").into(),
            url: url.to_string(),
            process: std::process::id(),
            started_at: Timestamp::now().to_rfc3339(),
        });
        Ok(Server {
            cors_origins: config.server.cors_origins.clone(),
            idle_timeout: config.server.keep_alive(),
            state: web::Data::new(assembly::state(
                config,
                store,
                host_links,
                self.parts.handoffs,
                &url,
                MetricsPage {
                    workers: Metrics::default(),
                    process: self.process,
                    sources: metrics::sources(&self.connections, self.parts.certificate.as_ref()),
                    access: self.parts.metrics_access,
                },
            )),
            metrics_listener: self.metrics_listener,
            address: self.address,
            url,
            workers,
            listener: self.listener,
            connections: self.connections,
            connections_per_worker: self.connections_per_worker,
            certificate: self.parts.certificate,
        })
    }
}

impl Server {
    /// Binds the address and opens the database, in this order: a server that cannot start leaves no
    /// database behind. `observer` is told of a migration.
    ///
    /// # Errors
    /// Those of [`BoundServer::new`] and [`BoundServer::open`].
    pub async fn bind(
        config: Config,
        observer: &mut dyn FnMut(MigrationEvent),
    ) -> Result<Self, ServerError> {
        let mut observer = |event| {
            observer(event);
            ControlFlow::Continue(())
        };
        BoundServer::new(config)?.open(&mut observer).await
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

    /// Returns what makes the links of hosts.
    pub(crate) fn host_links(&self) -> &HostLinks {
        &self.state.host_links
    }

    /// Returns what reloads settings and the certificate while the server runs.
    pub fn reloader(&self) -> Reloader {
        Reloader {
            state: self.state.clone(),
            certificate: self.certificate.clone(),
        }
    }

    /// Answers requests until `stop` is ready or the database fails. Then it answers the requests
    /// in flight, commits the queued writes and truncates the WAL, within 10 seconds. Needs the
    /// runtime of actix.
    ///
    /// # Errors
    /// An HTTP server that failed; a database that accepts no more writes.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        self.run_announced(async { Ok(()) }, stop).await
    }

    /// Runs the server as [`Server::run`] does. `ready` is carried out once all threads have started and
    /// clients get answers; if it fails, the server stops.
    ///
    /// # Errors
    /// Those of [`Server::run`], and that of `ready`.
    pub async fn run_announced<E: From<ServerError>>(
        self,
        ready: impl Future<Output = Result<(), E>>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), E> {
        let state = self.state.clone();
        let app_state = self.state;
        let certificate = self.certificate;
        let idle_timeout = self.idle_timeout;
        let listener = |listener, workers| Listener {
            listener,
            workers,
            connections: self.connections.clone(),
            connections_per_worker: self.connections_per_worker,
            certificate: certificate.clone(),
            idle_timeout,
        };
        let metrics_server = match self.metrics_listener {
            Some(socket) => {
                Some(metrics::serve(listener(socket, 1), &state).map_err(ServerError::Http)?)
            }
            None => None,
        };
        let serves_metrics = metrics_server.is_none();
        let origins = self.cors_origins;
        let cors = |origins: &[Origin]| http::cors(origins.iter().map(Origin::as_str));
        let server = listener(self.listener, self.workers)
            .serve(move || {
                let worker = app_state.metrics.workers.new_worker();
                App::new()
                    .app_data(app_state.clone())
                    .app_data(http::Cache::new(&worker))
                    .app_data(worker)
                    .configure(|config| {
                        if serves_metrics {
                            http::metrics_route(config);
                        }
                    })
                    .configure(|config| http::routes(config, &app_state.base_paths))
                    .wrap(from_fn(http::normalize))
                    .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
                    .wrap(from_fn(http::observe))
                    .wrap(from_fn(http::answer))
            })
            .map_err(ServerError::Http)?;
        let handle = server.handle();
        let mut running = actix_web::rt::spawn(server);
        let metrics_handle = metrics_server.as_ref().map(actix_server::Server::handle);
        let mut metrics_running = metrics_server.map(actix_web::rt::spawn);
        // The server starts its threads before it gives way again. Where that failed, it has ended.
        tokio::task::yield_now().await;
        if running.is_finished() {
            ended((&mut running).await)?;
        }
        let announced = ready.await;
        let stopped = async {
            let metrics_stopped = async {
                if let Some(handle) = metrics_handle {
                    handle.stop(true).await;
                }
            };
            tokio::join!(handle.stop(true), metrics_stopped);
        };
        if announced.is_err() {
            stopped.await;
            state.store.close().await;
            return announced;
        }
        info!(address:% = self.address, database:% = state.store.location(); "started");
        if let Some(certificate) = &certificate {
            certificate.log_faults();
        }
        let outcome = tokio::select! {
            outcome = &mut running => ended(outcome),
            outcome = ended_if_any(metrics_running.as_mut()) => ended(outcome),
            failure = state.store.failed() => {
                // Logged before the requests in flight end, which may take seconds.
                error!("{failure}");
                Err(ServerError::Failed(failure))
            }
            () = stop => Ok(()),
            () = self.connections.watch() => Ok(()),
            () = state.rejections.watch() => Ok(()),
            () = state.meeting.hub.watch() => Ok(()),
            () = state.meeting.hub.watch_rooms(&state.store) => Ok(()),
            () = state.meeting.watch_server() => Ok(()),
            () = watch(certificate.as_deref()) => Ok(()),
        };
        // In this order: the stop waits for the connections, and a request in flight may still write.
        state.meeting.hub.stop();
        stopped.await;
        state.store.close().await;
        info!("stopped");
        Ok(outcome?)
    }
}

/// Waits for the end of a task; if there is none, for ever.
async fn ended_if_any<T>(task: Option<&mut JoinHandle<T>>) -> Result<T, JoinError> {
    match task {
        Some(task) => task.await,
        None => std::future::pending().await,
    }
}

/// Returns how the task of the HTTP server ended.
fn ended(outcome: Result<io::Result<()>, JoinError>) -> Result<(), ServerError> {
    outcome
        .unwrap_or_else(|panic| Err(io::Error::other(panic)))
        .map_err(ServerError::Http)
}

/// Checks that the process may open enough files. Without this check the server would fail after it
/// said that it is ready.
fn check_file_limit(limit: u64, workers: usize) -> Result<(), ServerError> {
    let needed = connections::min_files(workers);
    if limit < needed {
        return Err(ServerError::TooFewFiles {
            limit,
            workers,
            needed,
        });
    }
    Ok(())
}

/// Returns what makes host links. Where their secret is missing, makes another, and warns if links by
/// the lost one were given out.
async fn host_links(config: &Config, store: &Store) -> Result<HostLinks, ServerError> {
    let Location::File(database) = store.location();
    let file = meeting::secret_file(config.meeting.secret_file.as_deref(), &database);
    let failed = |error: SecretError| ServerError::HostSecret(error.to_string());
    if let Some(host_links) = HostLinks::load(&file).map_err(failed)? {
        return Ok(host_links);
    }
    let were_given_out = store.gave_host_links().await?;
    let host_links = HostLinks::load_or_create(&file, &database).map_err(failed)?;
    if were_given_out {
        warn!(
            "all host links that were given out have ended, because the file with their secret, {}, was \
             missing and now has a new secret: to make them valid again, stop the server, put a copy of \
             the old file in the place of the new one, and start it, which ends the links that were \
             given out in between",
            file.display()
        );
    }
    Ok(host_links)
}

/// Reloads the certificate whenever its files are renewed, and never ends; only waits without TLS.
async fn watch(certificate: Option<&Certificate>) {
    match certificate {
        Some(certificate) => certificate.watch().await,
        None => std::future::pending().await,
    }
}

/// Binds the address that a setting names; returns it with its real port.
fn listen_for(
    setting: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), ServerError> {
    let bound = listen(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|reason| ServerError::Listen {
        setting,
        address,
        reason,
    })
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
