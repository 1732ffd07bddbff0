//! Makes and upgrades the tables.

use super::connection::open_error;
use super::error::OpenError;
use crate::store::Error;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;

/// The newest complete schema.
const SCHEMA: &str = include_str!("../../../schema.sql");

/// Step `n` (from 1) takes version `n` to version `n + 1`; `SCHEMA` is where the last one ends.
const UPGRADES: &[&str] = &[];

/// The version that `SCHEMA` has.
pub(super) const NEWEST: i64 = 1 + UPGRADES.len() as i64;

/// Up to this size a file is checked whole when it is opened, which takes milliseconds.
const SMALL_PAGES: i64 = 1024;

/// Brings the database to the newest version, or refuses it and leaves it as it is.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let version = inspect(connection, path)?;
    if version < NEWEST {
        upgrade(connection, UPGRADES).map_err(|error| open_error(path, &error))?;
    }
    Ok(())
}

/// Reads something that every database has.
pub(super) fn check_readable(connection: &Connection) -> Result<(), Error> {
    Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?)
}

/// Writes the version that is there again: the smallest change that reaches the disk.
pub(super) fn rewrite_version(connection: &Connection) -> Result<(), Error> {
    Ok(connection.pragma_update(None, "user_version", NEWEST)?)
}

/// The version of a database: 0 for an empty one.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    number(connection, "user_version")
}

/// Looks at every page, index and reference; says what is wrong first, if anything.
pub(super) fn find_fault(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let report: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if report != "ok" {
        return Ok(Some(report.replace('\n', ", ")));
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let orphan: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(orphan.map(|table| format!("{table} refers to something that is not there")))
}

/// Returns the version of a database that can be used: 0 for an empty one.
fn inspect(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    // Closing the last connection folds the write-ahead log into the file: not into a refused one.
    let keep_log =
        |keep| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
    let refuse = |error: rusqlite::Error| open_error(path, &error);
    keep_log(true).map_err(refuse)?;
    let version = version(connection).map_err(refuse)?;
    if version > NEWEST {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: version,
            known: NEWEST,
        });
    }
    if number(connection, "page_count").map_err(refuse)? <= SMALL_PAGES {
        let report: String = connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(refuse)?;
        if report != "ok" {
            return Err(OpenError::Damaged {
                path: path.to_owned(),
                reason: report.replace('\n', ", "),
            });
        }
    }
    keep_log(false).map_err(refuse)?;
    Ok(version)
}

/// Makes the tables, or takes the missing steps, all or nothing. Another process may have been
/// first, so the version is read again inside the transaction.
fn upgrade(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    if version == 0 {
        transaction.execute_batch(SCHEMA)?;
    }
    for (from, step) in (1..).zip(steps) {
        if (1..=from).contains(&version) {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", from + 1)?;
        }
    }
    transaction.commit()
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
        upgrade(&mut connection, UPGRADES).expect("the schema is valid");
        assert_eq!(
            number(&connection, "application_id"),
            Ok(i64::from(APPLICATION_ID))
        );
        assert_eq!(number(&connection, "user_version"), Ok(NEWEST));
    }

    #[test]
    fn only_the_missing_steps_are_taken() {
        let mut connection = memory();
        connection
            .execute_batch("CREATE TABLE log (step); PRAGMA user_version = 2;")
            .expect("an old database");
        let steps = [
            "INSERT INTO log VALUES (1)",
            "INSERT INTO log VALUES (2)",
            "INSERT INTO log VALUES (3)",
        ];
        for _ in 0..2 {
            upgrade(&mut connection, &steps).expect("valid steps");
            let taken: String = connection
                .query_row("SELECT group_concat(step) FROM log", [], |row| row.get(0))
                .expect("rows");
            assert_eq!(taken, "2,3");
            assert_eq!(number(&connection, "user_version"), Ok(4));
        }
    }

    #[test]
    fn a_failing_step_undoes_those_before_it() {
        let mut connection = memory();
        connection
            .execute_batch("CREATE TABLE log (step UNIQUE); PRAGMA user_version = 1;")
            .expect("an old database");
        let steps = ["INSERT INTO log VALUES (1)", "INSERT INTO log VALUES (1)"];
        assert!(upgrade(&mut connection, &steps).is_err());
        assert_eq!(number(&connection, "user_version"), Ok(1));
        let rows: i64 = connection
            .query_row("SELECT count(*) FROM log", [], |row| row.get(0))
            .expect("a count");
        assert_eq!(rows, 0);
    }
}
