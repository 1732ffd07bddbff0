//! Clients that are slow on purpose: each holds a connection and sends or reads a byte per second.
//! Their client address is not that of the prompt clients, as it would be in an attack.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{Client, Folder, ServerProcess, TIMEOUT, say};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::{MissedTickBehavior, interval, timeout};

const SLOW_ADDRESS: &str = "127.0.0.2:0";

/// The longest that a prompt call may take beside slow clients. A call that had to wait for one of
/// these to end would take at least five seconds.
const PROMPT: Duration = Duration::from_secs(2);

/// A way of being slow: a text that is sent at once, and one that is sent every second.
#[derive(Clone)]
struct Slow {
    first: String,
    drip: &'static str,
    /// Whether answers are read as they come, or a byte per second.
    reads: bool,
}

/// Returns all ways of being slow; some use a valid key.
fn ways(authorization: &str) -> Vec<Slow> {
    let whole = "GET /healthz HTTP/1.1\r\nHost: roomd\r\n\r\n";
    let head = "GET /healthz HTTP/1.1\r\nHost: roomd\r\nX-Slow: ";
    let post = "POST /xapi/v2/room HTTP/1.1\r\nHost: roomd\r\nContent-Type: application/json\r\n";
    let key = format!("Authorization: {authorization}\r\n");
    let large = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: roomd\r\n\r\n";
    let slow = |first: String, drip| Slow {
        first,
        drip,
        reads: true,
    };
    vec![
        slow(head.to_owned(), "x"),
        // Servers tend to time only the first request on a connection.
        slow(format!("{whole}{head}"), "x"),
        slow(format!("{post}{key}Content-Length: 9999\r\n\r\n"), " "),
        slow(
            format!("{post}{key}Transfer-Encoding: chunked\r\n\r\n"),
            "1\r\n \r\n",
        ),
        // A body that the server does not wait for, because it has its answer already.
        slow(format!("{post}Content-Length: 9999\r\n\r\n"), " "),
        slow(
            format!("{post}Transfer-Encoding: chunked\r\n\r\n"),
            "1\r\n \r\n",
        ),
        Slow {
            first: large.repeat(16),
            // Writing tells that the connection is closed, whatever is left to read.
            drip: "G",
            reads: false,
        },
    ]
}

impl Slow {
    /// Sends slowly until the server closes the connection.
    async fn run(&self, server: SocketAddr, connected: &AtomicUsize) {
        let socket = TcpSocket::new_v4().expect("a socket");
        // With a large buffer the system would accept the whole answer for a client that does not
        // read.
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        socket
            .bind(SLOW_ADDRESS.parse().expect("an address"))
            .expect("a port");
        let connecting = socket.connect(server).await;
        connected.fetch_add(1, Ordering::Relaxed);
        // A connection over the limit may be closed before it is established here.
        let Ok(mut stream) = connecting else {
            return;
        };
        let mut ended = stream.write_all(self.first.as_bytes()).await.is_err();
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut buffer = vec![0; if self.reads { 4096 } else { 1 }];
        while !ended {
            seconds.tick().await;
            let sent = stream.write_all(self.drip.as_bytes()).await;
            let read = match timeout(Duration::from_millis(1), stream.read(&mut buffer)).await {
                Ok(read) => read.is_ok_and(|bytes| bytes > 0),
                Err(_) => true,
            };
            ended = sent.is_err() || !read;
        }
    }
}

/// Opens slow connections and waits until the server has closed all of them. Meanwhile, from when
/// all are open, calls `meanwhile` again and again.
fn hold(server: &ServerProcess, slow: &[Slow], count: usize, meanwhile: impl Fn() + Sync) {
    let started = Instant::now();
    let (connected, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            // The time limit is for a panic in the other thread.
            while !over.load(Ordering::Relaxed) && started.elapsed() < 2 * TIMEOUT {
                if connected.load(Ordering::Relaxed) == count {
                    meanwhile();
                }
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let all = async {
            let all = (0..count).map(|n| slow[n % slow.len()].run(server.address, &connected));
            join_all(all).await
        };
        let ended = runtime
            .expect("a runtime")
            .block_on(async { timeout(TIMEOUT, all).await });
        over.store(true, Ordering::Relaxed);
        assert!(ended.is_ok(), "slow connections stay open");
    });
}

/// Waits for all futures.
async fn join_all(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut left: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        left.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if left.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

/// Sends a request on a new connection.
fn ask_anew(server: &Client) {
    let request = "GET /readyz HTTP/1.1\r\nHost: roomd\r\nConnection: close\r\n\r\n";
    let answer = server.send_raw(request);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// Asserts that a call is prompt.
fn assert_prompt(call: impl FnOnce()) {
    let started = Instant::now();
    call();
    let took = started.elapsed();
    assert!(took < PROMPT, "a call took {took:?}");
}

#[test]
fn a_thousand_slow_connections_delay_no_call_and_are_closed() {
    rlimit::increase_nofile_limit(4096).expect("files for the connections");
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let server = folder
        .serve(&["--workers", "2"])
        .with_key(&folder.add_key());
    let calls = AtomicUsize::new(0);
    let started = Instant::now();
    hold(&server, &ways(&server.authorization), 1000, || {
        assert_prompt(|| ask_anew(&server));
        assert_prompt(|| assert!(server.room_of("ada@example.com").status < 300));
        calls.fetch_add(2, Ordering::Relaxed);
    });
    say(&format!("{calls:?} calls in {:?}", started.elapsed()));
    assert!(calls.into_inner() > 100);
    server.stop();
}

#[test]
fn a_client_address_cannot_take_all_connections_of_a_server() {
    let folder = Folder::new();
    let few_files = ["sh", "-c", "ulimit -n 200; exec \"$0\" \"$@\""];
    let args = ["serve", "--listen", "127.0.0.1:0", "--workers", "2"];
    let mut command = folder.command_under(&few_files, &args);
    let server = folder.start(&mut command).expect("it starts");
    let calls = AtomicUsize::new(0);
    hold(&server, &ways("")[..1], 300, || {
        assert_prompt(|| ask_anew(&server));
        calls.fetch_add(1, Ordering::Relaxed);
    });
    assert!(calls.into_inner() > 10);
    let log = server.stop().stderr;
    let warnings = log.matches("a client address has reached its limit of connections");
    assert_eq!(warnings.count(), 1, "{log}");
    assert!(log.contains("address=127.0.0.2"), "{log}");
}

/// Returns the memory of a process that is resident, in KiB.
fn resident_kib(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.expect("a line").parse().expect("a number")
}

#[test]
fn answers_that_are_not_read_need_little_memory() {
    /// The most that a connection may need, in KiB.
    const PER_CONNECTION: usize = 256;
    const CONNECTIONS: usize = 200;

    let folder = Folder::new();
    let server = folder.serve(&["--workers", "2"]);
    let requests = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        request.repeat(3_300)
    };
    ask_anew(&server);
    let process = server.process().id();
    let before = resident_kib(process);
    let limit = before + CONNECTIONS * PER_CONNECTION;
    for path in ["/openapi.json", "/docs/swagger-ui-bundle.js", "/healthz"] {
        let requests = requests(path);
        let mut streams: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let mut stream = TcpStream::connect(server.address).expect("a connection");
                stream.set_nonblocking(true).expect("a socket");
                // What the system does not take is not sent.
                let sent = stream.write(requests.as_bytes()).expect("a part is sent");
                assert!(sent > 100 * 40, "{sent}");
                stream.set_nonblocking(false).expect("a socket");
                stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
                stream
            })
            .collect();
        for stream in &mut streams {
            stream.read_exact(&mut [0]).expect("an answer begins");
        }
        let during = resident_kib(process);
        drop(streams);
        ask_anew(&server);
        let after = resident_kib(process);
        say(&format!(
            "{path}: {before} KiB before, {during} during, {after} after"
        ));
        assert!(during < limit && after < limit, "{before} {during} {after}");
    }
    server.stop();
}
