//! The schema of a database: its number, its creation, its checks.

use super::connection::open_error;
use super::error::OpenError;
use super::link_key::LinkKey;
use crate::store::Error;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;

/// The newest complete schema.
const SCHEMA: &str = include_str!("../../../schema.sql");

/// The number of the newest schema.
pub(super) const NEWEST: i64 = 4;

/// Up to this size, in pages, a file is checked whole when it is opened. (Tuning: it takes
/// milliseconds.)
const SMALL_PAGES: i64 = 1024;

/// Creates the tables in an empty database, all or nothing. Another process may do so at the same
/// time: then nothing is left to do.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&transaction)? == 0 {
        transaction.execute_batch(SCHEMA)?;
        LinkKey::create(&transaction)?;
    }
    transaction.commit()
}

/// Reads what every database has.
pub(super) fn check_readable(connection: &Connection) -> Result<(), Error> {
    Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?)
}

/// Writes the number of the schema, which is there already: the smallest change that reaches the
/// disk.
pub(super) fn rewrite_version(connection: &Connection) -> Result<(), Error> {
    Ok(connection.pragma_update(None, "user_version", NEWEST)?)
}

/// Returns the number of the schema: 0 for an empty database.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    number(connection, "user_version")
}

/// How closely a database is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every page, index and reference.
    Full,
    /// Every page and reference: without the comparison of each index with its table, which takes
    /// several times as long as the rest.
    WithoutIndexes,
}

/// Checks a database; returns the first fault, if there is one.
pub(super) fn find_fault(
    connection: &Connection,
    depth: Depth,
) -> rusqlite::Result<Option<String>> {
    let pragma = match depth {
        Depth::Full => "PRAGMA integrity_check(1)",
        Depth::WithoutIndexes => "PRAGMA quick_check(1)",
    };
    match reported_fault(connection, pragma)? {
        None => find_orphan(connection),
        fault => Ok(fault),
    }
}

/// Runs one of SQLite's own checks; returns the first fault, if there is one.
fn reported_fault(connection: &Connection, pragma: &str) -> rusqlite::Result<Option<String>> {
    let report: String = connection.query_row(pragma, [], |row| row.get(0))?;
    Ok((report != "ok").then(|| report.replace('\n', ", ")))
}

/// Checks every reference; returns the first that leads nowhere, if there is one.
pub(super) fn find_orphan(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let orphan: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(orphan.map(|table| format!("a row of {table} refers to a row that does not exist")))
}

/// Returns the number of the schema of a database that can be used or migrated: 0 for an empty one.
/// Changes nothing in it.
pub(super) fn inspect(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    // To close the last connection checkpoints the WAL: not into a file that cannot be used.
    let keep_wal =
        |keep| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
    let cannot_open = |error: rusqlite::Error| open_error(path, &error);
    keep_wal(true).map_err(cannot_open)?;
    let version = version(connection).map_err(cannot_open)?;
    if version > NEWEST {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: version,
            known: NEWEST,
        });
    }
    if number(connection, "page_count").map_err(cannot_open)? <= SMALL_PAGES {
        let fault = reported_fault(connection, "PRAGMA quick_check(1)").map_err(cannot_open)?;
        if let Some(reason) = fault {
            return Err(OpenError::Damaged {
                path: path.to_owned(),
                reason,
            });
        }
    }
    keep_wal(false).map_err(cannot_open)?;
    Ok(version)
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::connection::APPLICATION_ID;

    fn memory() -> Connection {
        Connection::open_in_memory().expect("memory")
    }

    #[test]
    fn the_schema_carries_its_mark_and_number() {
        let mut connection = memory();
        create(&mut connection).expect("the schema is valid");
        assert_eq!(
            number(&connection, "application_id"),
            Ok(i64::from(APPLICATION_ID))
        );
        assert_eq!(number(&connection, "user_version"), Ok(NEWEST));
    }
}
