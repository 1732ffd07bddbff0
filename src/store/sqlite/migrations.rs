//! Migrates a database of an older schema to the newest one.
//!
//! A migration is a function with a transaction at hand, so that it can use the rules of
//! [`crate::model`], as SQL cannot. All missing ones run in one transaction: whatever happens, the
//! file is of the old schema, whole, or of the newest. A verified copy of the old file is made
//! first, beside it. The serve lock is held meanwhile, so that no server, of whichever version,
//! works on tables that change beneath it.

mod to_2;

use super::backup::{Pace, back_up_once};
use super::connection::{self, beside, open_error};
use super::error::OpenError;
use super::schema::{self, NEWEST};
use super::serve_lock::ServeLock;
use crate::store::MigrationEvent;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// A step from one schema to the next.
type Migration = fn(&Transaction<'_>, &mut Report<'_>) -> rusqlite::Result<()>;

/// The migration at index `n` starts from schema `n + 1`.
const MIGRATIONS: &[Migration] = &[to_2::migrate];

/// The memory for pages that a migration may use, in KiB, as a negative number: so SQLite reads it.
const CACHE_KIB: i64 = -256 * 1024;

/// Who is told how far a migration is, and what it did.
pub(super) struct Report<'a> {
    observer: &'a mut dyn FnMut(MigrationEvent),
    done: u64,
    total: u64,
}

impl Report<'_> {
    /// Says that there are so many more rows to go through.
    fn expect(&mut self, rows: u32) {
        self.total += u64::from(rows);
    }

    /// Says that another row was gone through.
    fn advance(&mut self) {
        /// How many rows make a step that is shown.
        const STEP: u64 = 1000;

        self.done += 1;
        if self.done.is_multiple_of(STEP) || self.done == self.total {
            let (done, total) = (self.done, self.total);
            (self.observer)(MigrationEvent::Rows { done, total });
        }
    }

    /// Says what the operator should know.
    fn note(&mut self, note: String) {
        (self.observer)(MigrationEvent::Note(note));
    }
}

/// Migrates a database of schema `version`, which was inspected. The caller has no connection open,
/// and has the serve lock or gives none.
pub(super) fn run(
    path: &Path,
    version: i64,
    lock: Option<&ServeLock>,
    observer: &mut dyn FnMut(MigrationEvent),
) -> Result<(), OpenError> {
    let _own_lock = match lock {
        Some(_) => None,
        None => Some(ServeLock::acquire(path)?),
    };
    let failed = |reason: String| OpenError::Migration {
        path: path.to_owned(),
        from: version,
        to: NEWEST,
        reason,
    };
    let copy = beside(path, &format!(".v{version}-backup"));
    observer(MigrationEvent::Started {
        from: version,
        to: NEWEST,
    });
    let copy = back_up_once(path, &copy, Pace::Fast, |done, total| {
        observer(MigrationEvent::Copied { done, total });
    })
    .map_err(|error| failed(format!("no copy of it could be made: {error}")))?;
    let mut connection = connection::open_unchecked(path)?;
    let migrated = configure(&connection)
        .and_then(|()| migrate(&mut connection, MIGRATIONS, observer))
        .map_err(|error| match open_error(path, &error) {
            OpenError::CannotOpen { reason, .. } => failed(reason),
            damaged => damaged,
        })?;
    if let Some(fault) = migrated {
        return Err(failed(fault));
    }
    // The old tables are free pages now, with all that was in them.
    if let Err(error) = compact(&connection) {
        let note = format!("the file was not compacted, which loses nothing: {error}");
        observer(MigrationEvent::Note(note));
    }
    observer(MigrationEvent::Finished { to: NEWEST, copy });
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // Only outside a transaction: tables that refer to each other are replaced one by one.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)
}

/// Runs the missing migrations and commits, unless a reference would lead nowhere: returns that
/// fault. Another process may have been first, so the number is read inside the transaction.
fn migrate(
    connection: &mut Connection,
    migrations: &[Migration],
    observer: &mut dyn FnMut(MigrationEvent),
) -> rusqlite::Result<Option<String>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = schema::version(&transaction)?;
    let mut report = Report {
        observer,
        done: 0,
        total: 0,
    };
    for (from, migration) in (1..).zip(migrations) {
        if (1..=from).contains(&version) {
            migration(&transaction, &mut report)?;
            transaction.pragma_update(None, "user_version", from + 1)?;
        }
    }
    if let Some(fault) = schema::find_orphan(&transaction)? {
        return Ok(Some(fault));
    }
    transaction.commit()?;
    Ok(None)
}

/// Gives free pages back to the file system, and truncates the WAL to nothing.
fn compact(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(sql: &str) -> Connection {
        let connection = Connection::open_in_memory().expect("memory");
        connection.execute_batch(sql).expect("an old database");
        connection
    }

    fn taken(connection: &Connection) -> String {
        let sql = "SELECT coalesce(group_concat(step), '') FROM steps";
        connection
            .query_row(sql, [], |row| row.get(0))
            .expect("rows")
    }

    const STEPS: [Migration; 3] = [
        |transaction, _| transaction.execute_batch("INSERT INTO steps VALUES (1)"),
        |transaction, _| transaction.execute_batch("INSERT INTO steps VALUES (2)"),
        |transaction, _| transaction.execute_batch("INSERT INTO steps VALUES (3)"),
    ];

    #[test]
    fn only_the_missing_migrations_run() {
        let mut connection = database("CREATE TABLE steps (step); PRAGMA user_version = 2;");
        for _ in 0..2 {
            let migrated = migrate(&mut connection, &STEPS, &mut |_| {});
            assert_eq!(migrated, Ok(None));
            assert_eq!(taken(&connection), "2,3");
            assert_eq!(schema::version(&connection), Ok(4));
        }
    }

    #[test]
    fn a_migration_that_fails_rolls_back_those_before_it() {
        let mut connection = database("CREATE TABLE steps (step UNIQUE); PRAGMA user_version = 1;");
        assert!(migrate(&mut connection, &[STEPS[0], STEPS[0]], &mut |_| {}).is_err());
        assert_eq!(schema::version(&connection), Ok(1));
        assert_eq!(taken(&connection), "");
    }

    #[test]
    fn a_reference_that_leads_nowhere_rolls_back_all() {
        let sql = "CREATE TABLE steps (step, of REFERENCES steps (step));
                   PRAGMA user_version = 1; PRAGMA foreign_keys = off;";
        let mut connection = database(sql);
        let orphan: Migration = |transaction, _| {
            transaction.execute_batch(
                "CREATE UNIQUE INDEX steps_by_step ON steps (step);
                 INSERT INTO steps VALUES (1, 7)",
            )
        };
        let migrated = migrate(&mut connection, &[orphan], &mut |_| {});
        assert!(matches!(migrated, Ok(Some(_))), "{migrated:?}");
        assert_eq!(schema::version(&connection), Ok(1));
        assert_eq!(taken(&connection), "");
    }
}
