//! What a transaction did, as SQLite reports it.

use rusqlite::Connection;
use rusqlite::hooks::Action;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the rows that a connection changes.
///
/// SQLite reports each changed row to a hook, with exceptions ("sqlite3_update_hook", sqlite.org:
/// tables without row ids, a `DELETE` without conditions). Its own counter of changes has no such
/// exceptions, so a transaction only inserted if that counter grew by exactly the insertions that
/// were reported. Neither tells of a row that a `REPLACE` conflict clause deletes: no statement of
/// the store has one, which `tests/architecture.rs` holds.
#[derive(Debug)]
pub(super) struct Changes {
    inserted: Arc<AtomicU64>,
}

/// How many rows a connection has changed so far, rolled back ones too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    changed: u64,
    inserted: u64,
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
        Ok(Self { inserted })
    }

    /// Returns the counts of the observed connection.
    pub(super) fn now(&self, connection: &Connection) -> Counts {
        Counts {
            changed: connection.total_changes(),
            inserted: self.inserted.load(Ordering::Relaxed),
        }
    }
}

impl Counts {
    /// Returns whether rows were inserted since, and none was changed otherwise.
    pub(super) fn has_only_inserted_since(self, start: Self) -> bool {
        let inserted = self.inserted - start.inserted;
        inserted > 0 && self.changed - start.changed == inserted
    }

    /// Returns whether rows were updated or deleted since.
    pub(super) fn has_replaced_since(self, start: Self) -> bool {
        self.changed - start.changed > self.inserted - start.inserted
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
        let two = "INSERT INTO owners VALUES (2, 'b'); INSERT INTO things VALUES (3, 2)";
        let upsert = "INSERT INTO owners VALUES (1, 'd') ON CONFLICT DO UPDATE SET name = 'd'";
        let mixed = "INSERT INTO things VALUES (3, 1); UPDATE things SET owner = NULL";
        for (sql, has_only_inserted) in [
            ("INSERT INTO owners VALUES (2, 'b')", true),
            (two, true),
            ("SELECT * FROM owners", false),
            (
                "INSERT INTO owners VALUES (2, 'a') ON CONFLICT DO NOTHING",
                false,
            ),
            ("UPDATE owners SET name = 'c'", false),
            (mixed, false),
            (upsert, false),
            ("DELETE FROM things WHERE id = 1", false),
            ("DELETE FROM things", false),
            ("DELETE FROM owners WHERE id = 1", false),
            ("UPDATE words SET word = 'y'", false),
        ] {
            let connection = connection();
            let changes = Changes::observe(&connection).expect("a hook");
            connection.execute_batch("BEGIN").expect("a transaction");
            let start = changes.now(&connection);
            connection.execute_batch(sql).expect(sql);
            let counts = changes.now(&connection);
            assert_eq!(
                counts.has_only_inserted_since(start),
                has_only_inserted,
                "{sql}"
            );
        }
    }
}
