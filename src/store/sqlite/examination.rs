use super::connection::{self, check_file, open_unchecked};
use super::error::OpenError;
use super::schema::{self, Check};
use crate::model::Timestamp;
use crate::store;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// What was found in a database.
#[derive(Debug)]
pub struct Examination {
    /// The version of its tables.
    pub schema: i64,
    /// The version that this program makes.
    pub newest_schema: i64,
    /// How changes reach the file; `wal` once it has been served.
    pub journal_mode: String,
    /// What is wrong with its pages, indexes and references, if anything.
    pub fault: Option<String>,
    /// When the last user or room was made.
    pub latest: Option<Timestamp>,
    /// How many keys are in force.
    pub valid_keys: u32,
}

/// The SQLite that is linked.
#[derive(Debug, Clone, Copy)]
pub struct SqliteBuild {
    /// As it calls itself.
    pub text: &'static str,
    /// Whether it keeps what was committed. Versions from 3.7.0 to 3.51.2 can lose commits when a
    /// write-ahead log begins anew ("The WAL-Reset Bug", sqlite.org/wal.html).
    pub is_safe: bool,
}

impl SqliteBuild {
    /// Of this program.
    pub fn linked() -> Self {
        const FIRST_SAFE: i32 = 3_051_003;
        Self {
            text: rusqlite::version(),
            is_safe: rusqlite::version_number() >= FIRST_SAFE,
        }
    }
}

/// Looks at a whole database, which may be in use; changes nothing that is kept in it.
///
/// # Errors
/// A file that is not there, not ours, or cannot be read.
pub(in crate::store) fn examine(database: &Path) -> Result<Examination, store::OpenError> {
    Ok(read_file(database)?)
}

fn read_file(database: &Path) -> Result<Examination, OpenError> {
    check_file(database)?;
    let connection = open_unchecked(database)?;
    read(&connection).map_err(|error| connection::open_error(database, &error))
}

fn read(connection: &Connection) -> rusqlite::Result<Examination> {
    let latest = |sql: &str| connection.query_row(sql, [], |row| row.get(0)).optional();
    let made = [
        latest("SELECT created_at FROM users ORDER BY user_id DESC LIMIT 1")?,
        latest("SELECT created_at FROM rooms ORDER BY created_at DESC LIMIT 1")?,
    ];
    Ok(Examination {
        schema: schema::version(connection)?,
        newest_schema: schema::NEWEST,
        journal_mode: connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?,
        fault: schema::find_fault(connection, Check::Full)?,
        latest: made.into_iter().flatten().max().map(Timestamp::from_unix),
        valid_keys: connection.query_row(
            "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL",
            [],
            |row| row.get(0),
        )?,
    })
}
