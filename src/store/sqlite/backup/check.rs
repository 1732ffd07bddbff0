//! Checks that a copy of a database is whole.

use crate::store::Contents;
use crate::store::sqlite::connection::{APPLICATION_ID, check_file, open_unchecked};
use crate::store::sqlite::schema::{self, Depth};
use rusqlite::Connection;
use std::path::Path;

impl Contents {
    /// Counts what a database contains.
    pub(in crate::store::sqlite) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            connection.query_row(&sql, [], |row| row.get(0))
        };
        Ok(Self {
            schema: schema::version(connection)?,
            users: count("users")?,
            rooms: count("rooms")?,
            keys: count("api_keys")?,
        })
    }
}

/// Checks a copy as closely as `depth` says, and brings it out of WAL mode, so that it is
/// one file. Returns what it contains.
///
/// # Errors
/// What is wrong with the copy, as the end of a sentence for the operator.
pub(super) fn check_copy(path: &Path, depth: Depth) -> Result<Contents, String> {
    check_file(path).map_err(|_| "it is no database of roomd, or damaged".to_owned())?;
    let connection = open_unchecked(path).map_err(|error| error.to_string())?;
    let damaged = |error: rusqlite::Error| format!("it is damaged ({error})");
    connection
        .pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
        .map_err(damaged)?;
    let application_id: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(damaged)?;
    if application_id != APPLICATION_ID {
        return Err("it is no database of roomd".into());
    }
    let version = schema::version(&connection).map_err(damaged)?;
    if version > schema::NEWEST {
        return Err(format!(
            "it has schema {version}, and this roomd knows schemas up to {}: use a newer roomd",
            schema::NEWEST
        ));
    }
    if let Some(fault) = schema::find_fault(&connection, depth).map_err(damaged)? {
        return Err(format!("it is damaged ({fault})"));
    }
    Contents::read(&connection).map_err(damaged)
}
