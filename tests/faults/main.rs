//! Takes away from a running server what it needs, one thing at a time, and gives it back: disk
//! space, the permission to write, its files, the write lock, the time of day.

#![cfg(target_os = "linux")]

mod clock;
mod disk;
mod disk_error;
mod disk_full;
mod file_size;
mod queue;
mod read_only;
mod replaced;
mod second_name;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use support::{Answer, Folder, Key, ServerProcess, assert_intact, open};

/// The start of every `url` must be the same for every run of the server.
const SERVE: &[&str] = &[
    "serve",
    "--listen",
    "127.0.0.1:0",
    "--public-url",
    "https://rooms.example.com",
];

/// The setting `log.slow_ms`: no request takes so long, so none is logged as slow.
const SLOW_MS: &str = "20000";

/// Starts a server with a new key.
fn serve(folder: &Folder) -> ServerProcess {
    let key = folder.add_key();
    start(folder, &key)
}

/// Starts a server with an existing key.
fn start(folder: &Folder, key: &Key) -> ServerProcess {
    let mut command = folder.command(SERVE);
    let server = folder.start(command.env("ROOMD_LOG_SLOW_MS", SLOW_MS));
    server.expect("it starts").with_key(key)
}

/// Asserts an error answer as documented.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, code: u16) {
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["code"]),
        (status, &code.into()),
        "{answer:?}"
    );
    assert!(
        body["details"]
            .as_str()
            .is_some_and(|text| !text.is_empty()),
        "{body}"
    );
    assert_eq!(
        body.as_object().map(serde_json::Map::len),
        Some(2),
        "{body}"
    );
    assert_eq!(
        answer.headers.contains_key("Retry-After"),
        code == 95,
        "{answer:?}"
    );
}

/// Asserts that a log has as many lines as expected, each with the expected text, besides those about each
/// change.
#[track_caller]
fn assert_log(log: &[String], expected: &[&str]) {
    let log: Vec<_> = log.iter().filter(|line| !is_change(line)).collect();
    let as_expected = |(line, text): (&&String, &&str)| line.contains(text);
    assert!(
        log.len() == expected.len() && log.iter().zip(expected).all(as_expected),
        "{expected:?}: {log:#?}"
    );
}

/// Asserts that a server stops, and says nothing more but that, besides lines about each change.
#[track_caller]
fn assert_stops_quietly(server: ServerProcess) {
    let log = server.stop().stderr;
    let more: Vec<&str> = log.lines().filter(|line| !is_change(line)).collect();
    assert_eq!(more.len(), 1, "{more:?}");
}

fn is_change(line: &str) -> bool {
    line.contains("roomd::change]")
}

/// Asserts that a database is intact and has these rooms, given by the e-mail addresses of their
/// users.
#[track_caller]
fn assert_stored(folder: &Folder, rooms: &BTreeMap<String, Value>) {
    assert_intact(&folder.database());
    let database = open(&folder.database());
    let mut statement = database
        .prepare("SELECT creator_email, hex(room_guid) FROM rooms")
        .expect("a table");
    let stored: BTreeMap<String, String> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("rooms");
    for (email, room) in rooms {
        let guid = room["room_guid"].as_str().expect("a GUID").replace('-', "");
        assert_eq!(stored.get(email), Some(&guid), "{email}");
    }
}
