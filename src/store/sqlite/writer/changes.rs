//! What a transaction did, as SQLite reports it.

use rusqlite::Connection;
use rusqlite::hooks::Action;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the rows that the transactions of one connection change.
///
/// SQLite reports each changed row to a hook, with exceptions ("sqlite3_update_hook", sqlite.org:
/// tables without row ids, rows that a conflict clause replaces, a `DELETE` without conditions). Its
/// own counter of changes has no such exceptions, so a transaction only inserted if that counter
/// grew by exactly the insertions that were reported.
#[derive(Debug)]
pub(super) struct Changes {
    inserted: Arc<AtomicU64>,
    inserted_before: AtomicU64,
    count_before: AtomicU64,
}

impl Changes {
    /// Observes a connection.
    pub(super) fn observe(connection: &Connection) -> rusqlite::Result<Self> {
        let inserted = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&inserted);
        connection.update_hook(Some(move |action, _: &str, _: &str, _| {
            if action == Action::SQLITE_INSERT {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }))?;
        Ok(Self {
            inserted,
            inserted_before: AtomicU64::new(0),
            count_before: AtomicU64::new(0),
        })
    }

    /// Starts to observe a transaction.
    pub(super) fn begin(&self, connection: &Connection) {
        let inserted = self.inserted.load(Ordering::Relaxed);
        self.inserted_before.store(inserted, Ordering::Relaxed);
        self.count_before
            .store(self.count(connection), Ordering::Relaxed);
    }

    /// Returns how many rows the connection has changed so far, rolled back ones too.
    pub(super) fn count(&self, connection: &Connection) -> u64 {
        connection.total_changes()
    }

    /// Returns whether the transaction that is observed has changed no existing row.
    pub(super) fn are_only_inserts(&self, connection: &Connection) -> bool {
        let inserted =
            self.inserted.load(Ordering::Relaxed) - self.inserted_before.load(Ordering::Relaxed);
        self.count(connection) - self.count_before.load(Ordering::Relaxed) == inserted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().expect("memory");
        let sql = "PRAGMA foreign_keys = on;
                   CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
                   CREATE TABLE things (id INTEGER PRIMARY KEY,
                                        owner REFERENCES owners ON DELETE CASCADE);
                   CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
                   INSERT INTO owners VALUES (1, 'a');
                   INSERT INTO things VALUES (1, 1), (2, 1);
                   INSERT INTO words VALUES ('x');";
        connection.execute_batch(sql).expect("tables");
        connection
    }

    #[test]
    fn only_insertions_count_as_such() {
        for (sql, are_only_inserts) in [
            ("SELECT * FROM owners", true),
            (
                "INSERT INTO owners VALUES (2, 'b'); INSERT INTO things VALUES (3, 2)",
                true,
            ),
            (
                "INSERT INTO owners VALUES (2, 'a') ON CONFLICT DO NOTHING",
                true,
            ),
            ("UPDATE owners SET name = 'c'", false),
            (
                "INSERT INTO things VALUES (3, 1); UPDATE things SET owner = NULL WHERE id = 3",
                false,
            ),
            (
                "INSERT INTO owners VALUES (1, 'd') ON CONFLICT DO UPDATE SET name = 'd'",
                false,
            ),
            ("DELETE FROM things WHERE id = 1", false),
            ("DELETE FROM things", false),
            ("DELETE FROM owners WHERE id = 1", false),
            ("REPLACE INTO owners VALUES (1, 'e')", false),
            ("UPDATE words SET word = 'y'", false),
        ] {
            let connection = connection();
            let changes = Changes::observe(&connection).expect("a hook");
            connection.execute_batch("BEGIN").expect("a transaction");
            changes.begin(&connection);
            connection.execute_batch(sql).expect(sql);
            assert_eq!(
                changes.are_only_inserts(&connection),
                are_only_inserts,
                "{sql}"
            );
        }
    }
}
