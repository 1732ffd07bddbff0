//! Keeps the connections that are open, so that nobody has too many and none stays for nothing.

use crate::http::{Caller, ConnectionActivity, is_trusted};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use ipnet::IpNet;
use log::warn;
use socket2::{SockRef, Socket};
use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a connection may go on without another request. A body has ten seconds to arrive, so
/// this leaves as many to take the answer; one that is idle ends earlier. It ends what the library
/// has no limit for: whoever sends a second request, or a body that nobody wants, or takes an
/// answer, byte by byte.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often they are looked at.
const SWEEP: Duration = Duration::from_secs(1);

/// The time between two warnings.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(60);

/// How many connections a worker holds at the most, however many files it may open.
const MAX_PER_WORKER: usize = 25_000;

/// The files that a connection takes: its socket, and the handle by which it can be ended.
const FILES_EACH: usize = 2;

/// How many files are kept for other things: the log, the runtime, certificates.
const OTHER_FILES: usize = 64;

/// How many files a worker has open: its reader's database, and its runtime's.
const WORKER_FILES: usize = 12;

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Connections {
    /// How many a caller may have at once; none: any number.
    per_caller: Option<usize>,
    trusted_proxies: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next_id: u64,
    sockets: HashMap<u64, (Socket, Arc<ConnectionActivity>)>,
    callers: HashMap<Caller, usize>,
    warned: Option<Instant>,
}

/// A connection that counts, for as long as this value is there.
#[derive(Debug)]
struct Registered {
    id: u64,
    caller: Caller,
    connections: Arc<Connections>,
}

/// How many connections each worker may hold, when the process may open so many files.
pub(super) fn per_worker(files: u64, workers: usize) -> usize {
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let free = files.saturating_sub(OTHER_FILES + WORKER_FILES * workers);
    (free / FILES_EACH / workers).clamp(1, MAX_PER_WORKER)
}

impl Connections {
    /// Of all that are possible a caller never gets more than half; there is no limit where
    /// `per_caller` is 0. Proxies that are trusted speak for many, so they have none either.
    pub(super) fn new(
        per_caller: usize,
        possible: usize,
        trusted_proxies: Vec<IpNet>,
    ) -> Arc<Self> {
        let half = possible.div_ceil(2);
        Arc::new(Self {
            per_caller: (per_caller > 0).then(|| per_caller.min(half)),
            trusted_proxies,
            open: Mutex::default(),
        })
    }

    /// Takes up a connection that was made, or ends it.
    pub(super) fn register(self: &Arc<Self>, stream: &TcpStream, data: &mut Extensions) {
        // Neither fails but for a connection that is gone already.
        let socket = SockRef::from(stream);
        let (Ok(peer), Ok(handle)) = (stream.peer_addr(), socket.try_clone()) else {
            return;
        };
        if let Some((registered, activity)) = self.admit(peer, handle) {
            data.insert(registered);
            data.insert(activity);
        } else {
            end(&socket);
        }
    }

    fn admit(
        self: &Arc<Self>,
        peer: SocketAddr,
        handle: Socket,
    ) -> Option<(Registered, Arc<ConnectionActivity>)> {
        let caller = Caller::from_address(peer.ip());
        let limit = self
            .per_caller
            .filter(|_| !is_trusted(peer.ip(), &self.trusted_proxies));
        let mut open = self.open();
        let count = open.callers.get(&caller).copied().unwrap_or_default();
        if limit.is_some_and(|limit| count >= limit) {
            open.warn(peer, count);
            return None;
        }
        open.callers.insert(caller, count + 1);
        let id = open.next_id;
        open.next_id += 1;
        let activity = Arc::new(ConnectionActivity::new());
        open.sockets.insert(id, (handle, activity.clone()));
        let connections = self.clone();
        let registered = Registered {
            id,
            caller,
            connections,
        };
        Some((registered, activity))
    }

    /// Ends those that go on for too long without a request, now and ever after.
    pub(super) async fn watch(&self) {
        loop {
            actix_web::rt::time::sleep(SWEEP).await;
            self.end_stale(PATIENCE);
        }
    }

    fn end_stale(&self, patience: Duration) {
        let open = self.open();
        let stale = open
            .sockets
            .values()
            .filter(|(_, activity)| activity.age() > patience);
        stale.for_each(|(socket, _)| end(socket));
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Tells the operator, who may have forgotten to name a proxy.
    fn warn(&mut self, peer: SocketAddr, count: usize) {
        if self.warned.is_none_or(|at| at.elapsed() > BETWEEN_WARNINGS) {
            self.warned = Some(Instant::now());
            warn!(
                address:% = peer.ip(), connections = count;
                "an address has as many connections as it may, more are closed: see \
                 server.connections_per_address, and server.trusted_proxies if it is a proxy"
            );
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.sockets.remove(&self.id);
        if let Some(count) = open.callers.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.callers.remove(&self.caller);
            }
        }
    }
}

/// Makes both sides see the end, and the system forget what the other side has not taken. A
/// connection that has ended already does not mind.
fn end(socket: &Socket) {
    let _ = socket.set_linger(Some(Duration::ZERO));
    let _ = socket.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream as Client};

    /// A connection to nobody but this test: the caller's side, the address and the server's side.
    fn connect() -> (Client, SocketAddr, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let client = Client::connect(listener.local_addr().expect("an address"));
        let (stream, peer) = listener.accept().expect("a connection");
        (client.expect("a connection"), peer, stream.into())
    }

    #[test]
    fn a_caller_has_so_many_connections_at_once() {
        let connections = Connections::new(9, 4, Vec::new());
        let admit = || {
            let (_, peer, socket) = connect();
            connections.admit(peer, socket)
        };
        let (first, second) = (admit(), admit());
        assert!(first.is_some() && second.is_some());
        assert!(admit().is_none());
        drop(first);
        let third = admit();
        assert!(third.is_some() && admit().is_none());
        drop((second, third));
        assert!(connections.open().callers.is_empty());
        assert!(connections.open().sockets.is_empty());
    }

    #[test]
    fn a_trusted_proxy_has_any_number_and_so_has_everybody_without_a_limit() {
        let trusted = vec!["127.0.0.0/8".parse().expect("a network")];
        for connections in [
            Connections::new(1, 9, trusted),
            Connections::new(0, 9, Vec::new()),
        ] {
            let admitted: Vec<_> = (0..5)
                .map(|_| {
                    let (_, peer, socket) = connect();
                    connections.admit(peer, socket).expect("no limit")
                })
                .collect();
            assert_eq!(connections.open().sockets.len(), admitted.len());
        }
    }

    #[test]
    fn only_what_is_stale_ends() {
        let connections = Connections::new(0, 9, Vec::new());
        let (mut client, peer, socket) = connect();
        let (_registered, activity) = connections.admit(peer, socket).expect("no limit");
        client.set_nonblocking(true).expect("a socket");
        connections.end_stale(PATIENCE);
        assert!(client.read(&mut [0]).is_err());
        while activity.age() < Duration::from_millis(3) {}
        connections.end_stale(Duration::from_millis(2));
        client.set_nonblocking(false).expect("a socket");
        assert_eq!(client.read(&mut [0]).expect("the end"), 0);
    }

    #[test]
    fn connections_leave_files_for_everything_else() {
        for (files, workers, connections) in [
            (1024, 2, 234),
            (1024, 64, 1),
            (20_000, 2, 4978),
            (524_288, 8, 25_000),
            (u64::MAX, 1, 25_000),
            (0, 4, 1),
        ] {
            assert_eq!(per_worker(files, workers), connections, "{files} {workers}");
        }
    }
}
