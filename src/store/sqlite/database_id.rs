//! The id of a database, derived from the key of its links, which is the one row that every database has and no
//! other has.

use super::link_key::LinkKey;
use super::schema;
use crate::store::DatabaseId;
use rusqlite::{Connection, OptionalExtension};

impl DatabaseId {
    /// Reads the id of a database. None for one of schema 1, which has no such key.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        if schema::version(connection)? < 2 {
            return Ok(None);
        }
        let key = LinkKey::read(connection).optional()?;
        Ok(key.map(|key| key.database_id()))
    }
}
