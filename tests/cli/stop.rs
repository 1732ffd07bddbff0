use crate::support::{
    Folder, Process, ROOM, STOP_TIMEOUT, ServerProcess, TIMEOUT, assert_intact, email, open,
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

/// The GUID of every room in an answer, by the owner's e-mail address.
type Rooms = BTreeMap<String, String>;

#[test]
fn each_signal_to_stop_stops_a_server_with_exit_status_0() {
    let of_linux = if cfg!(target_os = "linux") {
        &["PWR"][..]
    } else {
        &[]
    };
    for signal in ["TERM", "INT", "QUIT", "XCPU"].iter().chain(of_linux) {
        let folder = Folder::new();
        let server = folder.serve(&[]);
        assert_eq!(server.get("/readyz").status, 200);
        let exit = server.stop_by(signal);
        assert_eq!(exit.status.code(), Some(0), "{signal}: {exit:?}");
    }
}

#[test]
fn the_first_stop_of_a_database_that_a_server_created_has_no_warning() {
    for beside in [&["key", "create"][..], &["key", "list"], &["user", "list"]] {
        let folder = Folder::new();
        let server = folder.serve(&[]);
        folder.roomd(beside);
        let log = server.stop().stderr;
        assert_eq!(log.lines().count(), 2, "{beside:?}: {log}");
        let wal = folder.files().remove("roomd.db-wal").unwrap_or_default();
        assert!(wal.is_empty(), "the WAL has {} bytes", wal.len());
    }
}

/// The shell reads the ready line itself and sends the signal at once.
#[test]
fn a_signal_right_after_the_ready_line_stops_a_server_with_exit_status_0() {
    let folder = Folder::new();
    for signal in ["TERM", "INT", "QUIT"].repeat(15) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdout(writer).stderr(Stdio::piped());
        let server = Process::spawn_as_is(&mut command);
        let script = format!("read -r line; kill -s {signal} {}", server.id());
        let mut shell = Command::new("bash");
        let sent = shell.args(["-c", &script]).stdin(reader).status();
        assert!(sent.expect("bash exists").success());
        let exit = server.wait(STOP_TIMEOUT);
        assert_eq!(exit.status.code(), Some(0), "{signal}: {exit:?}");
    }
}

/// Sends a text and reads the answer until it contains `end`.
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
fn a_request_in_flight_is_answered_before_the_server_exits() {
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
        assert!(asked.elapsed() < STOP_TIMEOUT, "it accepts connections");
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
fn an_open_connection_does_not_delay_the_exit() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    let head = "GET /healthz HTTP/1.1\r\nHost: test\r\n";
    exchange(&mut stream, &format!("{head}\r\n"), "alive");
    stream.write_all(head.as_bytes()).expect("half a request");
    server.stop();
}

/// Returns the size of the WAL in bytes, 0 if there is none.
fn wal_bytes(folder: &Folder) -> u64 {
    let file = std::fs::metadata(folder.path("roomd.db-wal"));
    file.map_or(0, |file| file.len())
}

#[test]
fn a_wal_that_a_reader_keeps_from_being_emptied_is_logged_and_emptied_by_the_next_stop() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    let reader = open(&folder.database());
    let sql = "BEGIN; SELECT count(*) FROM rooms";
    reader.execute_batch(sql).expect("a transaction");
    assert_eq!(server.room_of("ada@example.com").status, 201);
    let exit = server.stop();
    assert!(
        exit.stderr.contains("was not emptied, because a reader"),
        "{exit:?}"
    );
    assert!(wal_bytes(&folder) > 0);
    drop(reader);
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of("ada@example.com").status, 200);
    let exit = server.stop();
    assert!(!exit.stderr.contains("not emptied"), "{exit:?}");
    assert_eq!(wal_bytes(&folder), 0);
}

/// Asks for rooms in a loop until the server stops answering; sends a message for each answer.
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
        // Fails when the test has counted enough.
        let _ = answered.send(());
    }
    rooms
}

/// Sends a signal after so many answers, while all callers continue; returns the rooms that they
/// were answered, and when the signal was sent.
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
        let answered = callers.into_iter().map(|caller| caller.join());
        let rooms = answered.flat_map(|rooms| rooms.expect("a caller ends"));
        (rooms.collect(), sent)
    })
}

#[track_caller]
fn assert_stored(server: &ServerProcess, rooms: &Rooms) {
    for (email, guid) in rooms {
        let answer = server.room_of(email);
        assert_eq!((answer.status, &answer.guid()), (200, guid));
    }
}

#[test]
fn every_acknowledged_room_is_found_after_sigterm_under_load() {
    let folder = Folder::new();
    folder.add_users(USERS);
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    let (rooms, sent) = signal_under_load(&server, "TERM", 300);
    let exit = server.wait();
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    assert!(sent.elapsed() < STOP_TIMEOUT, "{:?}", sent.elapsed());
    let wal = folder.files().remove("roomd.db-wal").unwrap_or_default();
    assert!(wal.is_empty(), "the WAL has {} bytes", wal.len());
    let server = folder.serve(&[]).with_key(&key);
    assert_stored(&server, &rooms);
    assert_intact(&folder.database());
}

#[test]
fn every_acknowledged_room_is_found_after_sigkill_under_load() {
    let folder = Folder::new();
    folder.add_users(USERS);
    let key = folder.add_key();
    let mut rooms = Rooms::new();
    for answers in [1, 10, 50, 100, 150, 200, 250, 300] {
        let server = folder.serve(&[]).with_key(&key);
        assert_stored(&server, &rooms);
        rooms.extend(signal_under_load(&server, "KILL", answers).0);
        assert!(!server.wait().status.success());
    }
    let server = folder.serve(&[]).with_key(&key);
    assert_stored(&server, &rooms);
    assert_intact(&folder.database());
}
