use crate::support::{Folder, ROOM, email, open};
use crate::{SERVE, assert_log, assert_refused};
use serde_json::json;
use std::net::SocketAddr;
use std::thread;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

/// More than wait in the server, and more than that run at once.
const CALLS: usize = 1800;

/// So many are refused while the queue is full, and more than are refused together because the lock
/// was held too long.
const REFUSALS: usize = 300;

/// What an answer says.
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

/// Asks all at once, each on a connection of its own. The answers come as they are given, and
/// `look` sees each; returns when there is none left.
fn ask_at_once(server: SocketAddr, request: &str, mut look: impl FnMut(Answer)) {
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
                    .expect("it goes out");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.expect("an answer");
                send.send(Answer::parse(&answer)).expect("the test listens");
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
fn a_full_queue_refuses_at_once_and_serves_what_waits() {
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
    let (mut refused, mut made, mut found) = (0, 0, 0);
    ask_at_once(server.address, &request, |answer| {
        match answer.status {
            503 => refused += 1,
            201 => made += 1,
            _ => found += 1,
        }
        let is_refusal = answer.status == 503;
        assert!([200, 201, 503].contains(&answer.status), "{answer:?}");
        assert_eq!(
            (answer.retries, answer.is_busy),
            (is_refusal, is_refusal),
            "{answer:?}"
        );
        if refused == REFUSALS && is_refusal {
            other.execute_batch("ROLLBACK").expect("it was held");
        }
    });
    assert!(
        refused > 0 && made == 1 && refused + made + found == CALLS,
        "{refused} {made} {found}"
    );
    let end = "fewer writes wait";
    let mut log = server.process().log_until(end);
    // Those that waited took their time, and on a slow machine the lock is held too long for some.
    let others = [
        "request was slow",
        "the database: writes are refused",
        "has let go",
    ];
    log.retain(|line| !others.iter().any(|words| line.contains(words)));
    assert_log(&log, &["started", "too many writes wait", end]);
    assert_eq!(server.room_of(&email(0)).status, 200);
    assert_eq!(server.stop().stderr.lines().count(), 1);
}

#[test]
fn another_program_that_holds_the_database_is_waited_for_and_then_logged_once() {
    let folder = Folder::new();
    folder.add_users(2);
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    let room = server.room_of(&email(0));
    let other = open(&folder.database());
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_refused(&server.room_of(&email(1)), 503, 95));
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
