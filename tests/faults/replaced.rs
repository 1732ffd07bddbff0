use crate::support::{Folder, ServerProcess, email};
use crate::{assert_error, assert_log, assert_stored, serve, start};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// Starts a server with rooms, of which a part is only in the WAL.
fn with_rooms(folder: &Folder) -> (ServerProcess, BTreeMap<String, Value>) {
    folder.add_users(30);
    let server = serve(folder);
    let make = |user| {
        let created = server.room_of(&email(user));
        assert_eq!(created.status, 201, "{created:?}");
        (email(user), created.json())
    };
    let rooms = (0..20).map(make).collect();
    (server, rooms)
}

/// Asserts that a write fails, and that the server then exits with a message that a file was moved,
/// removed or replaced.
#[track_caller]
fn assert_stops(server: ServerProcess, file: &str) {
    assert_error(&server.room_of(&email(25)), 503, 95);
    let exit = server.wait();
    assert_eq!(
        (exit.status.code(), exit.stdout.as_str()),
        (Some(1), ""),
        "{exit:?}"
    );
    let log: Vec<_> = exit.stderr.lines().map(str::to_owned).collect();
    // With the slash, because the names of the other files start with that of the database.
    let what = format!("/{file} was moved, removed or replaced");
    assert_log(&log, &["started", &what, "stopped", &what]);
    let last = log.last().expect("a line");
    assert!(last.starts_with("roomd: stopped, because "), "{log:#?}");
}

#[test]
fn a_moved_database_has_all_acknowledged_rooms() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (server, rooms) = with_rooms(&folder);
    let moved = elsewhere.database();
    fs::rename(folder.database(), &moved).expect("it moves");
    assert_stops(server, "roomd.db");
    assert_stored(&elsewhere, &rooms);
}

#[test]
fn a_replaced_database_stops_the_server_and_the_new_one_stays_unchanged() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (server, _) = with_rooms(&folder);
    // As an operator might do who does not know better.
    other.add_users(40);
    let key = other.add_key();
    let new = fs::read(other.database()).expect("a database");
    folder.write("new.db", &new);
    fs::rename(folder.path("new.db"), folder.database()).expect("it moves");
    assert_stops(server, "roomd.db");
    assert!(fs::read(folder.database()).expect("it exists") == new);
    let server = start(&folder, &key);
    let rooms: BTreeMap<_, _> = (0..40)
        .map(|user| (email(user), server.room_of(&email(user))))
        .map(|(email, created)| {
            assert_eq!(created.status, 201, "{created:?}");
            (email, created.json())
        })
        .collect();
    server.stop();
    assert_stored(&folder, &rooms);
}

#[test]
fn a_deleted_database_stops_the_server() {
    for files in [
        &["roomd.db"][..],
        &["roomd.db", "roomd.db-wal", "roomd.db-shm"],
    ] {
        let folder = Folder::new();
        let (server, rooms) = with_rooms(&folder);
        for file in files {
            fs::remove_file(folder.path(file)).expect("it exists");
        }
        // Rooms can be read as long as no call writes.
        let (email, room) = rooms.first_key_value().expect("a room");
        assert_eq!(server.room_of(email).json(), *room);
        assert_stops(server, "roomd.db");
        assert!(!folder.database().exists());
    }
}

#[test]
fn acknowledged_rooms_survive_the_deletion_of_the_wal() {
    for file in ["roomd.db-wal", "roomd.db-shm"] {
        let folder = Folder::new();
        let (server, rooms) = with_rooms(&folder);
        fs::remove_file(folder.path(file)).expect("it exists");
        assert_stops(server, file);
        assert_stored(&folder, &rooms);
        let server = serve(&folder);
        for (email, room) in &rooms {
            assert_eq!(server.room_of(email).json(), *room);
        }
        server.stop();
    }
}

#[test]
fn an_idle_server_is_not_ready_after_its_database_was_deleted() {
    let folder = Folder::new();
    let (server, _) = with_rooms(&folder);
    fs::remove_file(folder.database()).expect("it exists");
    assert_error(&server.get("/readyz"), 503, 95);
    assert_eq!(server.wait().status.code(), Some(1));
}
