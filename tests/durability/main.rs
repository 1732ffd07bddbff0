//! Records the system calls of a server and asserts that it answers a change only after the WAL
//! that has the change was synced to the disk.

mod rules;
#[path = "../support/mod.rs"]
mod support;
mod trace;

use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use support::{Folder, ROOM, ServerProcess, USER, all_at_once, email, room_path, skip, user_path};
use trace::Trace;

/// How many callers there are, and how many rooms they create together.
const CALLERS: usize = 8;
const ROOMS: usize = 96;

/// The recorder: all calls that write to a file or a socket, and all that sync a file. Texts are
/// shown whole, files and sockets by name.
const RECORDER: &[&str] = &[
    "strace",
    "-D",
    "-f",
    "-tt",
    "-yy",
    "-s",
    "65536",
    "-e",
    "signal=none",
    "-e",
    "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,fsync,fdatasync",
    "-o",
    "trace.txt",
];

/// Returns whether system calls can be recorded. Skips the test where they cannot.
fn can_record() -> bool {
    let tried = Command::new("strace").args(["-D", "true"]).output();
    let can = tried.is_ok_and(|output| output.stderr.ends_with(b"+++ exited with 0 +++\n"));
    if !can {
        skip("ROOMD_STRACE", "strace is missing or may not trace");
    }
    can
}

/// Starts a server, calls it and stops it; returns its system calls.
fn record(folder: &Folder, call: impl FnOnce(&ServerProcess)) -> Trace {
    let key = folder.add_key();
    let mut command = folder.command_under(RECORDER, &["serve", "--listen", "127.0.0.1:0"]);
    let server = folder.start(&mut command).expect("it starts");
    let server = server.with_key(&key);
    call(&server);
    server.stop();
    let text = fs::read_to_string(folder.path("trace.txt")).expect("a record");
    assert!(
        text.ends_with("+++ exited with 0 +++\n"),
        "the record is complete"
    );
    Trace::parse(&text)
}

#[test]
fn a_room_is_synced_before_it_is_in_an_answer() {
    if !can_record() {
        return;
    }
    let folder = Folder::new();
    folder.add_users(ROOMS);
    let create_rooms = |server: &ServerProcess| {
        let created = |user| server.room_of(&email(user)).status == 201;
        (0..ROOMS).filter(|user| created(*user)).count()
    };
    let mut created = 0;
    let trace = record(&folder, |server| {
        created = all_at_once(CALLERS, |_| create_rooms(server)).iter().sum();
    });
    assert_eq!(created, ROOMS);
    let checked = rules::each_creation_is_synced(&trace);
    assert_eq!(checked, Ok(ROOMS));
}

#[test]
fn every_kind_of_change_is_synced_before_it_is_answered() {
    if !can_record() {
        return;
    }
    let mut changes = 0;
    let trace = record(&Folder::new(), |server| {
        let mut change = |method, path: &str, body: &Value, status| {
            let answer = server.call(method, path, body);
            assert_eq!(answer.status, status, "{answer:?}");
            changes += 1;
            answer
        };
        let ada =
            json!({"email": "ada@example.com", "username": "ada", "name": "A", "surname": "L"});
        let user = user_path(&change("POST", USER, &ada, 201).json());
        for _ in 0..3 {
            let request = json!({"creator_email": "ada@example.com", "name": "Test Room"});
            let room = room_path(&change("POST", ROOM, &request, 201).json());
            change("PUT", &room, &json!({"name": "Other"}), 200);
            change(
                "PUT",
                &room,
                &json!({"options": {"session_duration": 5}}),
                200,
            );
            change("DELETE", &room, &Value::Null, 204);
        }
        change("PUT", &user, &json!({"email": "countess@example.com"}), 200);
        change("DELETE", &user, &Value::Null, 204);
    });
    assert_eq!(rules::each_answer_is_synced(&trace), Ok(changes));
}
