use crate::support::{Folder, ServerProcess, email};
use crate::{assert_kept, assert_log, assert_refused, serve, start};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// A server whose rooms are in its files in part only.
fn with_rooms(folder: &Folder) -> (ServerProcess, BTreeMap<String, Value>) {
    folder.add_users(30);
    let server = serve(folder);
    let make = |user| {
        let made = server.room_of(&email(user));
        assert_eq!(made.status, 201, "{made:?}");
        (email(user), made.json())
    };
    let rooms = (0..20).map(make).collect();
    (server, rooms)
}

/// Asserts that a write is not acknowledged, and that the server ends over it with a sentence about
/// a file.
#[track_caller]
fn assert_given_up(server: ServerProcess, file: &str) {
    assert_refused(&server.room_of(&email(25)), 503, 95);
    let exit = server.wait();
    assert_eq!(
        (exit.status.code(), exit.stdout.as_str()),
        (Some(1), ""),
        "{exit:?}"
    );
    let log: Vec<_> = exit.stderr.lines().map(str::to_owned).collect();
    // With the slash, because the names of the others begin with that of the database.
    let what = format!("/{file} was moved, removed or replaced");
    assert_log(&log, &["started", &what, "stopped", &what]);
    assert!(log[3].starts_with("roomd: stopped, because "), "{log:#?}");
}

#[test]
fn a_database_that_was_moved_away_has_all_that_was_acknowledged() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (server, rooms) = with_rooms(&folder);
    let moved = elsewhere.database();
    fs::rename(folder.database(), &moved).expect("it moves");
    assert_given_up(server, "roomd.db");
    assert_kept(&elsewhere, &rooms);
}

#[test]
fn a_database_that_was_replaced_stops_the_server_and_the_new_one_stays_as_it_is() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (server, _) = with_rooms(&folder);
    // As an operator would who knows no better.
    other.add_users(40);
    let key = other.add_key();
    let new = fs::read(other.database()).expect("a database");
    folder.write("new.db", &new);
    fs::rename(folder.path("new.db"), folder.database()).expect("it moves");
    assert_given_up(server, "roomd.db");
    assert!(fs::read(folder.database()).expect("it is there") == new);
    let server = start(&folder, &key);
    let rooms: BTreeMap<_, _> = (0..40)
        .map(|user| (email(user), server.room_of(&email(user))))
        .map(|(email, made)| {
            assert_eq!(made.status, 201, "{made:?}");
            (email, made.json())
        })
        .collect();
    server.stop();
    assert_kept(&folder, &rooms);
}

#[test]
fn a_database_that_was_deleted_stops_the_server() {
    for files in [
        &["roomd.db"][..],
        &["roomd.db", "roomd.db-wal", "roomd.db-shm"],
    ] {
        let folder = Folder::new();
        let (server, rooms) = with_rooms(&folder);
        for file in files {
            fs::remove_file(folder.path(file)).expect("it is there");
        }
        // What nobody wrote to can be read.
        let (email, room) = rooms.first_key_value().expect("a room");
        assert_eq!(server.room_of(email).json(), *room);
        assert_given_up(server, "roomd.db");
        assert!(!folder.database().exists());
    }
}

#[test]
fn what_was_acknowledged_outlives_its_write_ahead_log() {
    for file in ["roomd.db-wal", "roomd.db-shm"] {
        let folder = Folder::new();
        let (server, rooms) = with_rooms(&folder);
        fs::remove_file(folder.path(file)).expect("it is there");
        assert_given_up(server, file);
        assert_kept(&folder, &rooms);
        let server = serve(&folder);
        for (email, room) in &rooms {
            assert_eq!(server.room_of(email).json(), *room);
        }
        server.stop();
    }
}

#[test]
fn an_idle_server_is_not_ready_once_its_database_is_gone() {
    let folder = Folder::new();
    let (server, _) = with_rooms(&folder);
    fs::remove_file(folder.database()).expect("it is there");
    assert_refused(&server.get("/readyz"), 503, 95);
    assert_eq!(server.wait().status.code(), Some(1));
}
