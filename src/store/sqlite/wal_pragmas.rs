//! SQLite's statements about the write-ahead log (WAL). When to run them is decided elsewhere.

use rusqlite::{Connection, Row};

/// The size to which a WAL file that grew is truncated, in pages, and the size at which commits may
/// have to wait for a checkpoint. (Tuning: a longer WAL gathers more changes of the same page before
/// they are copied, but takes more space and more time after a crash.)
pub(super) const LIMIT_PAGES: i64 = 12_000;

/// The size of a page of the database in bytes: SQLite's own default.
const PAGE_BYTES: i64 = 4096;

/// The size of the WAL, in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WalSize {
    /// All pages in the WAL.
    pub(super) pages: i64,
    /// Those of them that were copied to the database file.
    pub(super) copied: i64,
}

impl WalSize {
    pub(super) const EMPTY: Self = Self {
        pages: 0,
        copied: 0,
    };

    /// Returns the size in MiB, rounded up.
    pub(super) fn mib(self) -> i64 {
        (self.pages * PAGE_BYTES + (1 << 20) - 1) >> 20
    }

    /// Returns how many pages have yet to be copied to the database file.
    pub(super) fn backlog(self) -> i64 {
        self.pages - self.copied
    }
}

/// Returns the size of the WAL. Copies nothing.
pub(super) fn measure(connection: &Connection) -> rusqlite::Result<WalSize> {
    run(connection, "PRAGMA wal_checkpoint(NOOP)")
}

/// Copies pages to the database file, except those that a reader does not see yet, and waits for no
/// reader. SQLite syncs the file only if that was the whole backlog. Returns the size that the WAL
/// had at the start, with what is copied now.
pub(super) fn checkpoint(connection: &Connection) -> rusqlite::Result<WalSize> {
    run(connection, "PRAGMA wal_checkpoint(PASSIVE)")
}

/// Copies the whole backlog, syncs the database file and empties the WAL file. Waits for readers for
/// the busy timeout of the connection. Returns the size of the WAL that is left: if a reader, or a
/// writer of another process, takes longer, the WAL file is not emptied, which is no error.
pub(super) fn checkpoint_and_empty(connection: &Connection) -> rusqlite::Result<WalSize> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        let is_blocked: bool = row.get(0)?;
        let wal = wal_size(row)?;
        Ok(if is_blocked { wal } else { WalSize::EMPTY })
    })
}

/// Returns a number that SQLite changes with each commit of another connection.
pub(super) fn foreign_commits(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

/// Sets the size, in pages, to which this connection truncates the WAL file when a commit of it
/// resets the WAL.
pub(super) fn limit_file(connection: &Connection, pages: i64) -> rusqlite::Result<()> {
    let bytes = pages * PAGE_BYTES;
    connection.pragma_update_and_check(None, "journal_size_limit", bytes, |_| Ok(()))
}

fn run(connection: &Connection, checkpoint: &str) -> rusqlite::Result<WalSize> {
    let mut statement = connection.prepare_cached(checkpoint)?;
    statement.query_row([], wal_size)
}

/// Reads the result of a checkpoint. Its columns are: whether it was blocked, the pages in the WAL,
/// those that are copied.
fn wal_size(row: &Row<'_>) -> rusqlite::Result<WalSize> {
    Ok(WalSize {
        pages: row.get(1)?,
        copied: row.get(2)?,
    })
}
