//! The database that the last program of schema 3 left.

use crate::support::{DATABASE, ROOM};
use crate::{NEW, check_unchanged, closed_by, fixtures, rows, schema, serve};
use rusqlite::types::Value;
use uuid::Uuid;

/// What a migration leaves beside the database.
const COPY: &str = "roomd.db.v3-backup";

#[test]
fn every_row_is_what_it_was() {
    let folder = closed_by("schema-3");
    let exit = folder.run(&["user", "list"]);
    assert!(exit.status.success(), "{exit:?}");
    assert_eq!(schema(&folder.path(DATABASE)), NEW);
    assert_eq!(schema(&folder.path(COPY)), 3);
    for table in ["users", "rooms", "ratings", "link_key", "api_keys"] {
        check_unchanged(table, &folder.path(DATABASE), &folder.path(COPY));
    }
}

/// The index tells exactly the addresses that are not their keys: every room shows its creator's
/// address as it was typed.
#[test]
fn every_room_shows_the_address_as_it_was_typed() {
    let folder = closed_by("schema-3");
    let server = serve(&folder);
    let sql = "SELECT r.room_guid, u.email
                 FROM rooms r JOIN users u ON u.email_key = r.creator_email";
    let owners = rows(&fixtures().join("schema-3/closed.db"), sql);
    let is_typed_otherwise = |email: &str| email.chars().any(char::is_uppercase);
    let mut typed_otherwise = 0;
    for owner in &owners {
        let [Value::Blob(guid), Value::Text(email)] = &owner[..] else {
            panic!("{owner:?}");
        };
        let guid = Uuid::from_slice(guid).expect("16 bytes");
        let room = server.get(&format!("{ROOM}/{guid}")).json();
        assert_eq!(room["creator_email"], **email);
        typed_otherwise += usize::from(is_typed_otherwise(email));
    }
    assert!(typed_otherwise > 0 && typed_otherwise < owners.len());
}
