//! Migrates a database of an older schema to the newest one.
//!
//! A migration is a function with a transaction at hand, so that it can use the rules of
//! [`crate::model`], as SQL cannot. All missing ones run in one transaction: whatever happens, the
//! file is of the old schema, whole, or of the newest. Within that transaction, before anything is
//! changed, a checked copy of the file is made beside it. The serve lock is held meanwhile, so that no
//! server, of whichever version, works on tables that change beneath it.

mod to_2;

use super::backup::{Pace, back_up_once};
use super::connection::{self, beside, open_error};
use super::error::OpenError;
use super::schema::{self, NEWEST};
use super::serve_lock::ServeLock;
use super::wal_pragmas;
use crate::store::MigrationEvent;
use rusqlite::{Connection, Transaction, TransactionBehavior, ffi};
use std::ops::ControlFlow;
use std::path::Path;

/// A step from one schema to the next. The connection is to the copy, which has the schema that the
/// database had before the first step.
type Migration = fn(&Transaction<'_>, &Connection, &mut Report<'_>) -> rusqlite::Result<()>;

/// The migration at index `n` starts from schema `n + 1`. What only adds to a schema is SQL alone, and
/// rewrites no row.
const MIGRATIONS: &[Migration] = &[
    to_2::migrate,
    // Host links, which can be revoked, ratings, and keys for guests only.
    |transaction, _, _| transaction.execute_batch(include_str!("migrations/schema_3.sql")),
    // An index of the e-mail addresses that differ from their keys.
    |transaction, _, _| transaction.execute_batch(include_str!("migrations/schema_4.sql")),
];

/// The memory for pages that a migration may use, in KiB, as a negative number: so SQLite reads it.
const CACHE_KIB: i64 = -256 * 1024;

/// Who is told how far a migration is, and what it did.
pub(super) struct Report<'a> {
    observer: &'a mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
    done: u64,
    total: u64,
}

impl Report<'_> {
    /// Says that there are so many more rows to go through.
    fn expect(&mut self, rows: u32) {
        self.total += u64::from(rows);
    }

    /// Says that another row was gone through. An error if the observer wants the migration to stop.
    fn advance(&mut self) -> rusqlite::Result<()> {
        /// How many rows make a step that is shown.
        const STEP: u64 = 1000;

        self.done += 1;
        if self.done.is_multiple_of(STEP) || self.done == self.total {
            let (done, total) = (self.done, self.total);
            if (self.observer)(MigrationEvent::Rows { done, total }).is_break() {
                let interrupted = ffi::Error::new(ffi::SQLITE_INTERRUPT);
                return Err(rusqlite::Error::SqliteFailure(interrupted, None));
            }
        }
        Ok(())
    }

    /// Says what the operator should know.
    fn note(&mut self, note: String) {
        // An observer that wants the migration to stop says so again at the next row.
        let _ = (self.observer)(MigrationEvent::Note(note));
    }
}

/// Migrates a database of schema `version`, which was inspected. The caller has no connection open,
/// and has the serve lock or gives none.
pub(super) fn run(
    path: &Path,
    version: i64,
    lock: Option<&ServeLock>,
    observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
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
    let sqlite_failed = |error: rusqlite::Error| match open_error(path, &error) {
        OpenError::CannotOpen { reason, .. } => failed(reason),
        damaged => damaged,
    };
    let mut connection = connection::open_unchecked(path)?;
    configure(&connection).map_err(sqlite_failed)?;
    let transaction = begin(&mut connection).map_err(sqlite_failed)?;
    // Another process may have been first.
    if schema::version(&transaction).map_err(sqlite_failed)? != version {
        return Ok(());
    }
    let started = MigrationEvent::Started {
        from: version,
        to: NEWEST,
    };
    if observer(started).is_break() {
        return Err(failed("it was stopped before it began".into()));
    }
    // The transaction has SQLite's write lock, so nothing changes between the copy and the commit.
    let copy = beside(path, &format!(".v{version}-backup"));
    let copy = back_up_once(path, &copy, Pace::Fast, |done, total| {
        observer(MigrationEvent::Copied { done, total })
    })
    .map_err(|error| failed(format!("no copy of it could be made: {error}")))?;
    let old = connection::open_reader(&copy)?;
    let fault = migrate(transaction, &old, version, MIGRATIONS, observer).map_err(sqlite_failed)?;
    if let Some(fault) = fault {
        return Err(failed(fault));
    }
    if let Err(error) = wal_pragmas::checkpoint_and_empty(&connection) {
        let note = format!("the WAL was not truncated, which loses nothing: {error}");
        let _ = observer(MigrationEvent::Note(note));
    }
    // It is over: there is nothing to stop.
    let _ = observer(MigrationEvent::Finished { to: NEWEST, copy });
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // Only outside a transaction: tables that refer to each other are replaced one by one.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)
}

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Runs the migrations from schema `version` on and commits, unless a reference would lead nowhere:
/// returns that fault.
fn migrate(
    transaction: Transaction<'_>,
    old: &Connection,
    version: i64,
    migrations: &[Migration],
    observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
) -> rusqlite::Result<Option<String>> {
    let mut report = Report {
        observer,
        done: 0,
        total: 0,
    };
    for (from, migration) in (1..).zip(migrations) {
        if from >= version {
            migration(&transaction, old, &mut report)?;
            transaction.pragma_update(None, "user_version", from + 1)?;
        }
    }
    overwrite_free_pages(&transaction)?;
    if let Some(fault) = schema::find_orphan(&transaction)? {
        return Ok(Some(fault));
    }
    transaction.commit()?;
    Ok(None)
}

/// Overwrites the pages that the old tables had and the new ones do not need, so that what is deleted
/// later is not left in them.
fn overwrite_free_pages(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    /// The size of a row, in pages: a row has at most a billion bytes.
    const ROW_PAGES: i64 = 16 * 1024;

    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (mut pages, page_bytes) = (number("freelist_count")?, number("page_size")?);
    transaction.execute_batch("CREATE TABLE zeros (bytes BLOB)")?;
    while pages > 0 {
        let bytes = pages.min(ROW_PAGES) * page_bytes;
        transaction.execute("INSERT INTO zeros VALUES (zeroblob(?1))", [bytes])?;
        pages -= ROW_PAGES;
    }
    transaction.execute_batch("DROP TABLE zeros")
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
        |transaction, _, _| transaction.execute_batch("INSERT INTO steps VALUES (1)"),
        |transaction, _, _| transaction.execute_batch("INSERT INTO steps VALUES (2)"),
        |transaction, _, _| transaction.execute_batch("INSERT INTO steps VALUES (3)"),
    ];

    /// Runs migrations from schema `version` on.
    fn run_all(
        connection: &mut Connection,
        version: i64,
        migrations: &[Migration],
    ) -> rusqlite::Result<Option<String>> {
        let old = database("");
        let transaction = begin(connection)?;
        migrate(transaction, &old, version, migrations, &mut |_| {
            ControlFlow::Continue(())
        })
    }

    #[test]
    fn only_the_missing_migrations_run() {
        let mut connection = database("CREATE TABLE steps (step); PRAGMA user_version = 2;");
        assert_eq!(run_all(&mut connection, 2, &STEPS), Ok(None));
        assert_eq!(taken(&connection), "2,3");
        assert_eq!(schema::version(&connection), Ok(4));
    }

    #[test]
    fn a_migration_that_fails_rolls_back_those_before_it() {
        let mut connection = database("CREATE TABLE steps (step UNIQUE); PRAGMA user_version = 1;");
        assert!(run_all(&mut connection, 1, &[STEPS[0], STEPS[0]]).is_err());
        assert_eq!(schema::version(&connection), Ok(1));
        assert_eq!(taken(&connection), "");
    }

    #[test]
    fn a_reference_that_leads_nowhere_rolls_back_all() {
        let sql = "CREATE TABLE steps (step, of REFERENCES steps (step));
                   PRAGMA user_version = 1; PRAGMA foreign_keys = off;";
        let mut connection = database(sql);
        let orphan: Migration = |transaction, _, _| {
            transaction.execute_batch(
                "CREATE UNIQUE INDEX steps_by_step ON steps (step);
                 INSERT INTO steps VALUES (1, 7)",
            )
        };
        let migrated = run_all(&mut connection, 1, &[orphan]);
        assert!(matches!(migrated, Ok(Some(_))), "{migrated:?}");
        assert_eq!(schema::version(&connection), Ok(1));
        assert_eq!(taken(&connection), "");
    }

    #[test]
    fn free_pages_are_overwritten() {
        let sql =
            "CREATE TABLE old (text); INSERT INTO old VALUES (hex(zeroblob(100000)) || 'secret')";
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("a.db");
        connection::create_if_missing(&path).expect("a file");
        let mut connection = connection::open_unchecked(&path).expect("a connection");
        connection.execute_batch(sql).expect("a database");
        let has_secret = || {
            let bytes = std::fs::read(&path).expect("a file");
            bytes.windows(6).any(|window| window == b"secret")
        };
        assert!(has_secret());
        let drop_old: Migration = |transaction, _, _| transaction.execute_batch("DROP TABLE old");
        assert_eq!(run_all(&mut connection, 1, &[drop_old]), Ok(None));
        assert!(!has_secret());
    }
}
