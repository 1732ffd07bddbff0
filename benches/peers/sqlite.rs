//! The database of the obvious design and the raw inserts, with the schema and the durability of
//! `roomd`.

use rusqlite::Connection;
use std::time::Duration;
use uuid::Uuid;

pub(crate) const INSERT: &str =
    "INSERT INTO rooms (room_guid, creator_email, name, name_key, slug_token, numbered,
         lang, tags, allow_recording, inaccessible_replay, options, created_at)
     VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, NULL, 1, 0, ?7, unixepoch())";

/// Sets what a database file does not store.
pub(crate) fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "full")
}

/// Returns the identity of a new room: a GUID and ten random characters.
pub(crate) fn identity() -> (Uuid, String) {
    let token = std::iter::repeat_with(fastrand::lowercase);
    (Uuid::now_v7(), token.take(10).collect())
}
