//! Callers who are slow on purpose: each holds a connection, and gives or takes a byte a second.
//! They come from another address than those who are not, as strangers do.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{Client, Folder, ServerProcess, TIMEOUT, say};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::{MissedTickBehavior, interval, timeout};

const STRANGER: &str = "127.0.0.2:0";

/// The longest that a call may take while slow ones go on. Whoever has to wait for one of those to
/// end waits for five seconds at least.
const PROMPT: Duration = Duration::from_secs(2);

/// A way to be slow: what is sent at once, and what is sent every second.
#[derive(Clone)]
struct Slow {
    first: String,
    drip: &'static str,
    /// Whether what the server says is taken as it comes, or a byte a second.
    takes: bool,
}

/// The ways, given the key of a caller who has one.
fn ways(authorization: &str) -> Vec<Slow> {
    let whole = "GET /healthz HTTP/1.1\r\nHost: roomd\r\n\r\n";
    let head = "GET /healthz HTTP/1.1\r\nHost: roomd\r\nX-Slow: ";
    let post = "POST /xapi/v2/room HTTP/1.1\r\nHost: roomd\r\nContent-Type: application/json\r\n";
    let key = format!("Authorization: {authorization}\r\n");
    let large = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: roomd\r\n\r\n";
    let slow = |first: String, drip| Slow {
        first,
        drip,
        takes: true,
    };
    vec![
        slow(head.to_owned(), "x"),
        // A second request on a connection has been thought of less often than the first.
        slow(format!("{whole}{head}"), "x"),
        slow(format!("{post}{key}Content-Length: 9999\r\n\r\n"), " "),
        slow(
            format!("{post}{key}Transfer-Encoding: chunked\r\n\r\n"),
            "1\r\n \r\n",
        ),
        // A body that nobody waits for, because the answer is there.
        slow(format!("{post}Content-Length: 9999\r\n\r\n"), " "),
        slow(
            format!("{post}Transfer-Encoding: chunked\r\n\r\n"),
            "1\r\n \r\n",
        ),
        Slow {
            first: large.repeat(16),
            // To learn that the connection is gone, whatever is left to be taken.
            drip: "G",
            takes: false,
        },
    ]
}

impl Slow {
    /// Goes on until the server ends the connection.
    async fn go_on(&self, server: SocketAddr, connected: &AtomicUsize) {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Else the system takes the whole answer for a caller that takes nothing.
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        socket
            .bind(STRANGER.parse().expect("an address"))
            .expect("a port");
        let made = socket.connect(server).await;
        connected.fetch_add(1, Ordering::Relaxed);
        // One too many is ended before it is seen here.
        let Ok(mut stream) = made else {
            return;
        };
        let mut ended = stream.write_all(self.first.as_bytes()).await.is_err();
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut taken = vec![0; if self.takes { 4096 } else { 1 }];
        while !ended {
            seconds.tick().await;
            let sent = stream.write_all(self.drip.as_bytes()).await;
            let read = match timeout(Duration::from_millis(1), stream.read(&mut taken)).await {
                Ok(read) => read.is_ok_and(|bytes| bytes > 0),
                Err(_) => true,
            };
            ended = sent.is_err() || !read;
        }
    }
}

/// Holds so many slow connections until the server has ended all of them; `meanwhile` is called
/// over and over from when all are there, and has ended when the last of them has.
fn hold(server: &ServerProcess, slow: &[Slow], count: usize, meanwhile: impl Fn() + Sync) {
    let started = Instant::now();
    let (connected, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            // Also when the other thread has panicked.
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
            let all = (0..count).map(|n| slow[n % slow.len()].go_on(server.address, &connected));
            join_all(all).await
        };
        let ended = runtime
            .expect("a runtime")
            .block_on(async { timeout(TIMEOUT, all).await });
        over.store(true, Ordering::Relaxed);
        assert!(ended.is_ok(), "slow connections are not ended");
    });
}

/// Waits for all of many, each in its turn.
async fn join_all(many: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut left: Vec<_> = many.map(Box::pin).collect();
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
fn promptly(call: impl FnOnce()) {
    let started = Instant::now();
    call();
    let took = started.elapsed();
    assert!(took < PROMPT, "a call took {took:?}");
}

#[test]
fn a_thousand_slow_connections_slow_nobody_and_are_ended() {
    rlimit::increase_nofile_limit(4096).expect("files for the connections");
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let server = folder
        .serve(&["--workers", "2"])
        .with_key(&folder.add_key());
    let calls = AtomicUsize::new(0);
    let started = Instant::now();
    hold(&server, &ways(&server.authorization), 1000, || {
        promptly(|| ask_anew(&server));
        promptly(|| assert!(server.room_of("ada@example.com").status < 300));
        calls.fetch_add(2, Ordering::Relaxed);
    });
    say(&format!("{calls:?} calls in {:?}", started.elapsed()));
    assert!(calls.into_inner() > 100);
    server.stop();
}

#[test]
fn a_caller_cannot_take_all_connections_of_a_server_that_has_few() {
    let folder = Folder::new();
    let few_files = ["sh", "-c", "ulimit -n 200; exec \"$0\" \"$@\""];
    let args = ["serve", "--listen", "127.0.0.1:0", "--workers", "2"];
    let mut command = folder.command_under(&few_files, &args);
    let server = folder.start(&mut command).expect("it starts");
    let calls = AtomicUsize::new(0);
    hold(&server, &ways("")[..1], 300, || {
        promptly(|| ask_anew(&server));
        calls.fetch_add(1, Ordering::Relaxed);
    });
    assert!(calls.into_inner() > 10);
    let log = server.stop().stderr;
    let warnings = log.matches("an address has as many connections as it may");
    assert_eq!(warnings.count(), 1, "{log}");
    assert!(log.contains("address=127.0.0.2"), "{log}");
}
