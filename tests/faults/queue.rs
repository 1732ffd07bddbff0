use crate::support::{Folder, ROOM, email, open};
use crate::{SERVE, assert_error, assert_log, assert_stops_quietly};
use serde_json::json;
use std::net::SocketAddr;
use std::thread;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

/// How many calls are sent at once: more than the write queue has places.
const CALLS: usize = 1800;

/// How many calls are rejected before the lock is released: more than a batch has that fails
/// together because the lock was held too long.
const REJECTED: usize = 300;

/// The parts of an answer that the test looks at.
#[derive(Debug)]
struct Answer {
    status: u16,
    retries: bool,
    is_busy: bool,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
            retries: text.contains("\r\nretry-after: 1\r\n"),
            is_busy: text.contains("\"code\":95,"),
        }
    }
}

/// Sends all calls at once, each on a connection of its own, and calls `look` with each answer as
/// it comes.
fn send_at_once(server: SocketAddr, request: &str, mut look: impl FnMut(Answer)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (send, mut answers) = unbounded_channel();
        let tasks = tokio::task::LocalSet::new();
        for _ in 0..CALLS {
            let (send, request) = (send.clone(), request.to_owned());
            tasks.spawn_local(async move {
                let mut stream = TcpStream::connect(server).await.expect("a connection");
                stream
                    .write_all(request.as_bytes())
                    .await
                    .expect("it is sent");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.expect("an answer");
                send.send(Answer::parse(&answer))
                    .expect("the test receives");
            });
        }
        drop(send);
        tasks
            .run_until(async {
                while let Some(answer) = answers.recv().await {
                    look(answer);
                }
            })
            .await;
    });
}

#[test]
fn a_full_queue_rejects_at_once_and_serves_the_waiting_calls() {
    rlimit::increase_nofile_limit(8192).expect("files for the connections");
    let folder = Folder::new();
    folder.add_users(1);
    let key = folder.add_key();
    let mut command = folder.command(SERVE);
    command.env("ROOMD_CONNECTIONS_PER_ADDRESS", "5000");
    command.env("ROOMD_LOG_SLOW_MS", "100");
    let server = folder
        .start(&mut command)
        .expect("it starts")
        .with_key(&key);
    let body = json!({"creator_email": email(0), "name": "Room"}).to_string();
    let request = format!(
        "POST {ROOM} HTTP/1.1\r\nHost: roomd\r\nContent-Type: application/json\r\n\
         Authorization: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        server.authorization,
        body.len()
    );
    let other = open(&folder.database());
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let (mut rejected, mut created, mut found) = (0, 0, 0);
    send_at_once(server.address, &request, |answer| {
        match answer.status {
            503 => rejected += 1,
            201 => created += 1,
            _ => found += 1,
        }
        let is_rejection = answer.status == 503;
        assert!([200, 201, 503].contains(&answer.status), "{answer:?}");
        assert_eq!(
            (answer.retries, answer.is_busy),
            (is_rejection, is_rejection),
            "{answer:?}"
        );
        if rejected == REJECTED && is_rejection {
            other.execute_batch("ROLLBACK").expect("it was held");
        }
    });
    assert!(
        rejected > 0 && created == 1 && rejected + created + found == CALLS,
        "{rejected} {created} {found}"
    );
    let end = "fewer writes wait";
    let mut log = server.process().log_until(end);
    // The waiting calls were slow, and on a slow machine the lock was held too long for some.
    let others = [
        "request was slow",
        "the database: writes are rejected",
        "has let go",
    ];
    log.retain(|line| !others.iter().any(|words| line.contains(words)));
    assert_log(&log, &["started", "too many writes wait", end]);
    assert_eq!(server.room_of(&email(0)).status, 200);
    assert_stops_quietly(server);
}

#[test]
fn a_lock_of_another_program_is_waited_for_and_logged_once() {
    let folder = Folder::new();
    folder.add_users(2);
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    let room = server.room_of(&email(0));
    let other = open(&folder.database());
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_error(&server.room_of(&email(1)), 503, 95));
        }
        let found = server.room_of(&email(0));
        assert_eq!((found.status, found.body), (200, room.body));
    });
    other.execute_batch("ROLLBACK").expect("it was held");
    assert_eq!(server.room_of(&email(1)).status, 201);
    let (beginning, end) = ("another program holds the database", "has let go");
    let mut log = server.process().log_until(end);
    log.retain(|line| !line.contains("status=20"));
    assert_log(&log, &["started", beginning, end]);
}
