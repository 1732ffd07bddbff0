//! The database that the last program of schema 2 left.

use crate::answers::Recorded;
use crate::support::{DATABASE, ROOM};
use crate::{NEW, check_unchanged, closed_by, keys, rows, schema, serve};
use rusqlite::types::Value;

/// What a migration leaves beside the database.
const COPY: &str = "roomd.db.v2-backup";

/// How many rooms the database has.
const ROOMS: usize = 101;

#[test]
fn every_row_is_what_it_was_and_what_is_new_says_nothing_yet() {
    let folder = closed_by("schema-2");
    let exit = folder.run(&["user", "list"]);
    assert!(exit.status.success(), "{exit:?}");
    assert_eq!(schema(&folder.path(DATABASE)), NEW);
    assert_eq!(schema(&folder.path(COPY)), 2);
    for table in ["users", "rooms", "link_key", "api_keys"] {
        check_unchanged(table, &folder.path(DATABASE), &folder.path(COPY));
    }
    let new = "SELECT DISTINCT host_epoch, host_link_given, guests_only FROM rooms, api_keys";
    let zeros = vec![Value::Integer(0); 3];
    assert_eq!(rows(&folder.path(DATABASE), new), [zeros]);
    let ratings = rows(&folder.path(DATABASE), "SELECT * FROM ratings");
    assert!(ratings.is_empty());
}

#[test]
fn every_room_is_found_as_before() {
    let folder = closed_by("schema-2");
    let server = serve(&folder);
    // What version 0.1.0 answered about its part of the rows.
    Recorded::read().check_late(&server);
    let mut found = Vec::new();
    for page in 1..=2 {
        let listed = server.get(&format!("{ROOM}/search?size=100&page={page}"));
        found.extend(listed.json()["data"].as_array().expect("rooms").clone());
    }
    assert_eq!(found.len(), ROOMS);
    for room in found {
        let guid = room["room_guid"].as_str().expect("a GUID");
        assert_eq!(server.get(&format!("{ROOM}/{guid}")).json(), room);
        let url = room["url"].as_str().expect("a URL");
        let path = url
            .strip_prefix("https://rooms.example.com")
            .expect("a path");
        assert_eq!(server.get(path).status, 200, "{url}");
    }
    server.stop();
    let keys = keys(&folder);
    assert_eq!(keys.as_array().expect("keys").len(), 5);
    assert!(!keys[4]["revoked_at"].is_null() && keys[3]["revoked_at"].is_null());
}
