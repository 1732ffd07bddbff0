use crate::support::{
    Folder, Process, ROOM, STOP_TIMEOUT, ServerProcess, TIMEOUT, assert_intact, email,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

const USERS: usize = 2000;
const CALLERS: usize = 8;

/// The GUID of every room that a caller was told of, by the owner's address.
type Rooms = BTreeMap<String, String>;

#[test]
fn either_signal_ends_it_with_0() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let server = folder.serve(&[]);
        assert_eq!(server.get("/readyz").status, 200);
        let exit = server.stop_by(signal);
        assert_eq!(exit.status.code(), Some(0), "{signal}: {exit:?}");
    }
}

/// The shell reads the ready line itself and sends the signal in the same breath.
#[test]
fn a_signal_that_follows_the_ready_line_at_once_ends_it_with_0() {
    let folder = Folder::new();
    for signal in ["TERM", "INT"].repeat(20) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdout(writer).stderr(Stdio::piped());
        let server = Process::spawn_as_is(&mut command);
        let script = format!("read -r line; kill -s {signal} {}", server.id());
        let mut shell = Command::new("bash");
        let sent = shell.args(["-c", &script]).stdin(reader).status();
        assert!(sent.expect("bash is there").success());
        let exit = server.wait(STOP_TIMEOUT);
        assert_eq!(exit.status.code(), Some(0), "{signal}: {exit:?}");
    }
}

/// Sends a text, then reads until an answer has come whose text contains `end`.
fn exchange(stream: &mut TcpStream, text: &str, end: &str) -> String {
    stream
        .write_all(text.as_bytes())
        .expect("the text goes out");
    let (mut answer, mut buffer) = (String::new(), [0; 4096]);
    while !answer.contains(end) {
        let count = stream.read(&mut buffer).expect("an answer");
        assert_ne!(count, 0, "closed after {answer:?}");
        answer.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    answer
}

#[test]
fn a_request_in_flight_is_answered_before_it_ends() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    let body = json!({"creator_email": "ada@example.com", "name": "Last"}).to_string();
    let head = format!(
        "POST {ROOM} HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.authorization,
        body.len()
    );
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream
        .set_read_timeout(Some(TIMEOUT))
        .expect("a time limit");
    exchange(&mut stream, &head, "100 Continue");
    server.process().signal("TERM");
    let asked = Instant::now();
    while TcpStream::connect(server.address).is_ok() {
        assert!(asked.elapsed() < STOP_TIMEOUT, "it takes new callers");
        thread::yield_now();
    }
    let answer = exchange(&mut stream, &body, "ui_options");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    drop(stream);
    assert_eq!(server.wait().status.code(), Some(0));
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of("ada@example.com").status, 200);
}

#[test]
fn a_caller_that_keeps_its_connection_does_not_hold_it_up() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    let head = "GET /healthz HTTP/1.1\r\nHost: test\r\n";
    exchange(&mut stream, &format!("{head}\r\n"), "alive");
    stream.write_all(head.as_bytes()).expect("half a request");
    server.stop();
}

/// Asks for rooms in a loop until the server is gone; says each time that it was answered.
fn call(server: &ServerProcess, first: usize, answered: &Sender<()>) -> Rooms {
    let mut rooms = Rooms::new();
    for n in (first..USERS).step_by(CALLERS).cycle() {
        let email = email(n);
        let Ok(answer) = server.try_room_of(&email) else {
            break;
        };
        match answer.status {
            200 | 201 => {
                let guid = answer.guid();
                let known = rooms.entry(email).or_insert_with(|| guid.clone());
                assert_eq!(*known, guid);
            }
            // Shutting down.
            503 => break,
            _ => panic!("{answer:?}"),
        }
        // The test counts only so far.
        let _ = answered.send(());
    }
    rooms
}

/// Sends a signal after so many answers, while all callers go on; what they were told, and when
/// it was sent.
fn signal_under_load(server: &ServerProcess, signal: &str, answers: usize) -> (Rooms, Instant) {
    let (answered, count) = channel();
    thread::scope(|scope| {
        let start = |first| {
            let answered = answered.clone();
            scope.spawn(move || call(server, first, &answered))
        };
        let callers: Vec<_> = (0..CALLERS).map(start).collect();
        for _ in 0..answers {
            count.recv_timeout(TIMEOUT).expect("an answer");
        }
        let sent = Instant::now();
        server.process().signal(signal);
        let told = callers.into_iter().map(|caller| caller.join());
        let rooms = told.flat_map(|rooms| rooms.expect("a caller ends"));
        (rooms.collect(), sent)
    })
}

#[track_caller]
fn assert_kept(server: &ServerProcess, rooms: &Rooms) {
    for (email, guid) in rooms {
        let answer = server.room_of(email);
        assert_eq!((answer.status, &answer.guid()), (200, guid));
    }
}

#[test]
fn every_room_that_was_answered_is_there_after_sigterm_under_load() {
    let folder = Folder::new();
    folder.add_users(USERS);
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    let (rooms, sent) = signal_under_load(&server, "TERM", 300);
    let exit = server.wait();
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    assert!(sent.elapsed() < STOP_TIMEOUT, "{:?}", sent.elapsed());
    let log = folder.files().remove("roomd.db-wal").unwrap_or_default();
    assert!(log.is_empty(), "{} bytes in the log", log.len());
    let server = folder.serve(&[]).with_key(&key);
    assert_kept(&server, &rooms);
    assert_intact(&folder.database());
}

#[test]
fn every_room_that_was_answered_is_there_after_sigkill_under_load() {
    let folder = Folder::new();
    folder.add_users(USERS);
    let key = folder.add_key();
    let mut rooms = Rooms::new();
    for answers in [1, 10, 50, 100, 150, 200, 250, 300] {
        let server = folder.serve(&[]).with_key(&key);
        assert_kept(&server, &rooms);
        rooms.extend(signal_under_load(&server, "KILL", answers).0);
        assert!(!server.wait().status.success());
    }
    let server = folder.serve(&[]).with_key(&key);
    assert_kept(&server, &rooms);
    assert_intact(&folder.database());
}
