//! The open connections: their number is limited per client, and those that are idle, or about the
//! same request, for too long are closed.

use crate::http::{Caller, ConnectionActivity, is_trusted};
use crate::metrics::{Exposition, Source};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use ipnet::IpNet;
use log::warn;
use socket2::{SockRef, Socket};
use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The age of a request at which its connection is closed. It covers what actix has no time
/// limit for: a client that sends a second request, or a body that no handler reads, or reads its
/// answer, byte by byte. It must be longer than the 10 seconds that a body has to arrive, and
/// leaves as many again to read the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// The time between two sweeps over all connections. (Tuning: a sweep compares one number per
/// connection.)
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The least time between two warnings. (Tuning: one line per minute cannot fill a log.)
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// The most connections of a worker, however many files the process may open. (Tuning: the default
/// of actix.)
const MAX_PER_WORKER: usize = 25_000;

/// The file descriptors of a connection: its socket, and the handle that closes it.
const FILES_PER_CONNECTION: usize = 2;

/// The file descriptors that are left for the log, the runtime and the certificates.
const RESERVED_FILES: usize = 64;

/// The file descriptors of a worker: the database of its reader, and its runtime.
const FILES_PER_WORKER: usize = 12;

/// The fewest files with which a server works: those that it has open without a worker, those of
/// each worker, and one connection of each.
const MIN_FILES: usize = 40;
const MIN_FILES_PER_WORKER: usize = 8 + FILES_PER_CONNECTION;

/// The open connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    /// The most connections of one client; `None` is no limit.
    max_per_client: Option<usize>,
    trusted_proxies: Vec<IpNet>,
    /// How long a connection may be idle.
    idle_timeout: Duration,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next_id: u64,
    sockets: HashMap<u64, (Socket, Arc<ConnectionActivity>)>,
    /// The number of connections of each client.
    counts: HashMap<Caller, usize>,
    last_warning: Option<Instant>,
}

/// The guard of an open connection, which counts until the guard is dropped.
#[derive(Debug)]
struct ConnectionGuard {
    id: u64,
    client: Caller,
    connections: Arc<Connections>,
}

/// Returns the most connections that each worker may have, if the process may open `files` files.
pub(super) fn max_per_worker(files: u64, workers: usize) -> usize {
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let free = files.saturating_sub(RESERVED_FILES + FILES_PER_WORKER * workers);
    (free / FILES_PER_CONNECTION / workers).clamp(1, MAX_PER_WORKER)
}

/// Returns the number of files that a server must be able to open.
pub(super) fn min_files(workers: usize) -> u64 {
    (MIN_FILES + MIN_FILES_PER_WORKER * workers) as u64
}

impl Connections {
    /// Returns a set without connections. One client may have `max_per_client` connections (0 is no
    /// limit), and never more than half of `max_total`, so that other clients can connect. Trusted
    /// proxies have no limit: each stands for many clients.
    pub(super) fn new(
        max_per_client: usize,
        max_total: usize,
        trusted_proxies: Vec<IpNet>,
        idle_timeout: Duration,
    ) -> Arc<Self> {
        let half = max_total.div_ceil(2);
        Arc::new(Self {
            max_per_client: (max_per_client > 0).then(|| max_per_client.min(half)),
            trusted_proxies,
            idle_timeout,
            open: Mutex::default(),
        })
    }

    /// Registers a new connection in `data`, which lives as long as the connection, or closes the
    /// connection if its client has too many.
    pub(super) fn register(
        self: &Arc<Self>,
        stream: &TcpStream,
        activity: Arc<ConnectionActivity>,
        data: &mut Extensions,
    ) {
        // Both calls fail only if the connection is closed already.
        let socket = SockRef::from(stream);
        let (Ok(peer), Ok(handle)) = (stream.peer_addr(), socket.try_clone()) else {
            return;
        };
        if let Some(guard) = self.add(peer, handle, activity) {
            data.insert(guard);
        } else {
            close(&socket);
        }
    }

    /// Returns `None` if the client has as many connections as it may have.
    fn add(
        self: &Arc<Self>,
        peer: SocketAddr,
        handle: Socket,
        activity: Arc<ConnectionActivity>,
    ) -> Option<ConnectionGuard> {
        let client = Caller::from_address(peer.ip());
        let limit = self
            .max_per_client
            .filter(|_| !is_trusted(peer.ip(), &self.trusted_proxies));
        let mut open = self.open();
        let count = open.counts.get(&client).copied().unwrap_or_default();
        if limit.is_some_and(|limit| count >= limit) {
            open.warn(peer, count);
            return None;
        }
        open.counts.insert(client, count + 1);
        let id = open.next_id;
        open.next_id += 1;
        open.sockets.insert(id, (handle, activity));
        let connections = self.clone();
        Some(ConnectionGuard {
            id,
            client,
            connections,
        })
    }

    /// Closes every connection that has been idle, or about the same request, for too long; never
    /// ends.
    pub(super) async fn watch(&self) {
        loop {
            actix_web::rt::time::sleep(SWEEP_INTERVAL).await;
            self.close_stale(REQUEST_TIMEOUT, self.idle_timeout);
        }
    }

    fn close_stale(&self, request_timeout: Duration, idle_timeout: Duration) {
        let open = self.open();
        let stale = open.sockets.values().filter(|(_, activity)| {
            let timeout = if activity.is_idle() {
                idle_timeout
            } else {
                request_timeout
            };
            activity.age() > timeout
        });
        stale.for_each(|(socket, _)| close(socket));
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Connections {
    fn add_to(&self, page: &mut Exposition) {
        let open = self.open().sockets.len();
        let name = "roomd_connections";
        page.gauge(name, "Open connections of clients.").set(open);
    }
}

impl Open {
    /// Tells the operator, who may have forgotten to list a proxy.
    fn warn(&mut self, peer: SocketAddr, count: usize) {
        let is_due = |at: Instant| at.elapsed() > WARNING_INTERVAL;
        if self.last_warning.is_none_or(is_due) {
            self.last_warning = Some(Instant::now());
            warn!(
                address:% = peer.ip(), connections = count;
                "a client address has reached its limit of connections, further ones are closed: \
                 raise server.connections_per_address, or list the address in \
                 server.trusted_proxies if it is a proxy"
            );
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.sockets.remove(&self.id);
        if let Some(count) = open.counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.counts.remove(&self.client);
            }
        }
    }
}

/// Closes a connection at once, on both sides. The system drops what the client has not read. An
/// error means that the connection is closed already.
fn close(socket: &Socket) {
    let _ = socket.set_linger(Some(Duration::ZERO));
    let _ = socket.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream as Client};

    const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

    fn activity() -> Arc<ConnectionActivity> {
        Arc::new(ConnectionActivity::new())
    }

    /// Returns a new connection: the socket of the client, its address, and the socket of the
    /// server.
    fn connect() -> (Client, SocketAddr, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let client = Client::connect(listener.local_addr().expect("an address"));
        let (stream, peer) = listener.accept().expect("a connection");
        (client.expect("a connection"), peer, stream.into())
    }

    #[test]
    fn a_client_has_at_most_half_of_all_connections() {
        let connections = Connections::new(9, 4, Vec::new(), IDLE_TIMEOUT);
        let add = || {
            let (_, peer, socket) = connect();
            connections.add(peer, socket, activity())
        };
        let (first, second) = (add(), add());
        assert!(first.is_some() && second.is_some());
        assert!(add().is_none());
        drop(first);
        let third = add();
        assert!(third.is_some() && add().is_none());
        drop((second, third));
        assert!(connections.open().counts.is_empty());
        assert!(connections.open().sockets.is_empty());
    }

    #[test]
    fn a_trusted_proxy_has_no_limit_and_no_client_has_one_if_it_is_0() {
        let trusted = vec!["127.0.0.0/8".parse().expect("a network")];
        for connections in [
            Connections::new(1, 9, trusted, IDLE_TIMEOUT),
            Connections::new(0, 9, Vec::new(), IDLE_TIMEOUT),
        ] {
            let added: Vec<_> = (0..5)
                .map(|_| {
                    let (_, peer, socket) = connect();
                    let added = connections.add(peer, socket, activity());
                    added.expect("no limit")
                })
                .collect();
            assert_eq!(connections.open().sockets.len(), added.len());
        }
    }

    #[test]
    fn only_stale_connections_are_closed() {
        let connections = Connections::new(0, 9, Vec::new(), IDLE_TIMEOUT);
        let (mut client, peer, socket) = connect();
        let activity = activity();
        let guard = connections.add(peer, socket, activity.clone());
        let _guard = guard.expect("no limit");
        client.set_nonblocking(true).expect("a socket");
        connections.close_stale(REQUEST_TIMEOUT, IDLE_TIMEOUT);
        assert!(client.read(&mut [0]).is_err());
        let short = Duration::from_millis(2);
        while activity.age() < Duration::from_millis(3) {}
        connections.close_stale(REQUEST_TIMEOUT, short);
        assert!(client.read(&mut [0]).is_err());
        activity.record_idle();
        while activity.age() < Duration::from_millis(3) {}
        connections.close_stale(short, IDLE_TIMEOUT);
        assert!(client.read(&mut [0]).is_err());
        activity.record_head();
        while activity.age() < Duration::from_millis(3) {}
        connections.close_stale(short, IDLE_TIMEOUT);
        client.set_nonblocking(false).expect("a socket");
        assert_eq!(client.read(&mut [0]).expect("the end"), 0);
    }

    #[test]
    fn connections_leave_files_for_the_rest_of_the_process() {
        for (files, workers, connections) in [
            (1024, 2, 234),
            (1024, 64, 1),
            (20_000, 2, 4978),
            (524_288, 8, 25_000),
            (u64::MAX, 1, 25_000),
            (0, 4, 1),
        ] {
            assert_eq!(
                max_per_worker(files, workers),
                connections,
                "{files} {workers}"
            );
        }
    }
}
