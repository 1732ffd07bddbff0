use super::*;
use crate::store::sqlite::connection::{self, open_unchecked};
use rusqlite::TransactionBehavior::Deferred;
use tempfile::TempDir;

/// More than one commit of [`Fixture::commit`] adds to the WAL.
const COMMIT_PAGES: i64 = 200;

struct Fixture {
    writing: HeldConnection,
    checkpointer: Checkpointer,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("a.db");
        connection::create_if_missing(&path).expect("a file");
        let open = || open_unchecked(&path).expect("a connection");
        let writing = open();
        connection::enter_wal_mode(&writing, &path).expect("WAL mode");
        writing
            .execute_batch("CREATE TABLE blobs (id INTEGER PRIMARY KEY, bytes BLOB)")
            .expect("a table");
        let files = Arc::new(OpenFiles::open(&path).expect("open files"));
        Self {
            checkpointer: Checkpointer::new(files.hold(open()), Arc::clone(&files))
                .expect("a thread"),
            writing: files.hold(writing),
            folder,
        }
    }

    fn reader(&self) -> Connection {
        open_unchecked(&self.folder.path().join("a.db")).expect("a connection")
    }

    /// Commits about a hundred pages; returns the WAL size after them, in pages.
    fn commit(&mut self) -> i64 {
        self.writing
            .execute("INSERT INTO blobs (bytes) VALUES (randomblob(400000))", [])
            .expect("a commit");
        let wal = wal_pragmas::measure(&self.writing).expect("a size");
        self.checkpointer
            .after_commit(&self.writing, 1, false)
            .expect("a disk");
        wal.pages
    }

    /// Commits until the WAL is smaller than before, which only a reset can make it.
    fn commit_until_reset(&mut self) {
        let mut before = self.commit();
        loop {
            let pages = self.commit();
            if pages < before {
                return;
            }
            assert!(pages < 10 * LIMIT_PAGES, "the WAL is not reset");
            before = pages;
        }
    }

    /// Returns the size of the WAL file, in pages.
    fn file_pages(&self) -> i64 {
        file_pages(&self.folder)
    }
}

fn file_pages(folder: &TempDir) -> i64 {
    const FRAME_BYTES: u64 = 4096 + 24; // a page and its header
    let file = folder.path().join("a.db-wal");
    let bytes = file.metadata().expect("a WAL file").len();
    i64::try_from(bytes / FRAME_BYTES).expect("a size")
}

fn count(connection: &Connection) -> i64 {
    connection
        .query_row("SELECT count(*) FROM blobs", [], |row| row.get(0))
        .expect("a count")
}

#[test]
fn the_wal_is_reset_again_and_again_and_its_file_does_not_grow() {
    let mut fixture = Fixture::new();
    for _ in 0..3 {
        fixture.commit_until_reset();
        let file_pages = fixture.file_pages();
        assert!(file_pages <= LIMIT_PAGES + COMMIT_PAGES, "{file_pages}");
    }
}

#[test]
fn a_reader_prevents_a_reset_until_it_has_ended() {
    let mut fixture = Fixture::new();
    let mut reader = fixture.reader();
    fixture.commit();
    let reading = reader
        .transaction_with_behavior(Deferred)
        .expect("a transaction");
    assert_eq!(count(&reading), 1);
    let mut before = 0;
    while before <= LIMIT_PAGES {
        let pages = fixture.commit();
        assert!(pages > before, "{pages} after {before}");
        before = pages;
    }
    assert_eq!(count(&reading), 1);
    drop(reading);
    fixture.commit_until_reset();
}

#[test]
fn a_file_that_grew_is_truncated_little_by_little() {
    let mut fixture = Fixture::new();
    fixture.commit_until_reset(); // until then the file may have anything in it
    let mut reader = fixture.reader();
    let reading = reader
        .transaction_with_behavior(Deferred)
        .expect("a transaction");
    assert!(count(&reading) > 0);
    while fixture.file_pages() < LIMIT_PAGES + 2 * TRUNCATE_PAGES {
        fixture.commit();
    }
    drop(reading);
    let (mut before, mut resets) = (fixture.file_pages(), 0);
    while before > LIMIT_PAGES {
        fixture.commit_until_reset();
        let after = fixture.file_pages();
        let truncated = before - after;
        assert!(truncated <= TRUNCATE_PAGES + COMMIT_PAGES, "{truncated}");
        (before, resets) = (after, resets + 1);
        assert!(resets < 100, "the file stays at {before} pages");
    }
}

/// Returns whether the WAL file has a text in it.
fn wal_has(folder: &TempDir, text: &str) -> bool {
    let bytes = std::fs::read(folder.path().join("a.db-wal")).expect("a WAL file");
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[test]
fn a_reset_erases_what_was_replaced_and_no_other_shortens_the_file() {
    const TEXT: &str = "a value to be replaced";

    let mut fixture = Fixture::new();
    fixture.commit_until_reset();
    fixture.commit_until_reset();
    let file_pages = fixture.file_pages();
    assert!(file_pages > 10 * COMMIT_PAGES, "{file_pages}");
    let replace = |fixture: &mut Fixture, sql: &str, value: &str| {
        fixture.writing.execute(sql, [value]).expect("a commit");
        let checkpointer = &mut fixture.checkpointer;
        let done = checkpointer.after_commit(&fixture.writing, 1, sql.starts_with("UPDATE"));
        done.expect("a disk");
    };
    replace(&mut fixture, "INSERT INTO blobs VALUES (-1, ?1)", TEXT);
    fixture.commit();
    replace(
        &mut fixture,
        "UPDATE blobs SET bytes = ?1 WHERE id = -1",
        "",
    );
    assert!(wal_has(&fixture.folder, TEXT));
    fixture.commit_until_reset();
    assert!(!wal_has(&fixture.folder, TEXT));
    let file_pages = fixture.file_pages();
    assert!(file_pages <= COMMIT_PAGES, "{file_pages}");
    fixture.commit_until_reset();
    let file_pages = fixture.file_pages();
    assert!(file_pages > 10 * COMMIT_PAGES, "{file_pages}");
}

/// As when a command changes the database beside a server, or another program checkpoints it.
#[test]
fn a_reset_erases_what_another_process_replaced_or_left_in_the_file() {
    const TEXT: &str = "a value to be replaced";

    let mut fixture = Fixture::new();
    fixture.commit_until_reset();
    for is_reset_by_other in [false, true] {
        let other = fixture.reader();
        let sql = "INSERT INTO blobs VALUES (-1, ?1)";
        other.execute(sql, [TEXT]).expect("a commit");
        fixture.commit();
        if is_reset_by_other {
            wal_pragmas::checkpoint(&other).expect("a checkpoint");
        }
        let deleted = other.execute("DELETE FROM blobs WHERE id = -1", []);
        assert_eq!(deleted, Ok(1));
        assert!(wal_has(&fixture.folder, TEXT));
        fixture.commit_until_reset();
        if wal_has(&fixture.folder, TEXT) {
            assert!(is_reset_by_other);
            fixture.commit_until_reset();
        }
        assert!(!wal_has(&fixture.folder, TEXT), "{is_reset_by_other}");
    }
}

#[test]
fn a_long_file_that_another_program_resets_is_truncated() {
    let mut fixture = Fixture::new();
    fixture.commit_until_reset();
    let mut reader = fixture.reader();
    let reading = reader
        .transaction_with_behavior(Deferred)
        .expect("a transaction");
    assert!(count(&reading) > 0);
    while fixture.file_pages() < LIMIT_PAGES + 2 * TRUNCATE_PAGES {
        fixture.commit();
    }
    drop(reading);
    let other = fixture.reader();
    wal_pragmas::limit_file(&other, 100 * LIMIT_PAGES).expect("a limit");
    while wal_pragmas::checkpoint(&other).expect("a size").backlog() > 0 {}
    let sql = "INSERT INTO blobs VALUES (-1, '')";
    other.execute(sql, []).expect("a commit");
    assert!(fixture.file_pages() > LIMIT_PAGES);
    fixture.commit_until_reset();
    fixture.commit_until_reset();
    let file_pages = fixture.file_pages();
    assert!(file_pages <= LIMIT_PAGES, "{file_pages}");
}

#[test]
fn the_wal_is_empty_in_the_end() {
    let mut fixture = Fixture::new();
    fixture.commit();
    let Fixture {
        writing,
        checkpointer,
        folder,
    } = fixture;
    checkpointer.finish(&writing, Duration::ZERO);
    assert_eq!(file_pages(&folder), 0);
}

/// Linux has a device that cannot be synced.
#[cfg(target_os = "linux")]
mod failed_syncs {
    use super::*;
    use std::fs::File;

    impl Fixture {
        /// Commits until a run is under way, whose sync fails.
        fn with_run_that_fails() -> Self {
            let fixture = Self::new();
            let wal_index = fixture.folder.path().join("a.db-shm");
            let files = Arc::new(OpenFiles {
                database: File::open("/dev/null").expect("a device"),
                wal_index: File::open(wal_index).expect("a WAL index"),
            });
            let connection = files.hold(fixture.reader());
            let mut fixture = Self {
                checkpointer: Checkpointer::new(connection, files).expect("a thread"),
                ..fixture
            };
            while fixture.checkpointer.state == State::Idle {
                fixture.commit();
            }
            assert!(matches!(fixture.checkpointer.state, State::Running { .. }));
            fixture
        }
    }

    #[test]
    fn a_later_commit_returns_the_error() {
        let mut fixture = Fixture::with_run_that_fails();
        let run = fixture.checkpointer.thread.wait_for_run(Duration::MAX);
        let updated = fixture.checkpointer.update(&fixture.writing, run);
        assert!(is_failed_sync(&updated.expect_err("a failed sync")));
    }

    #[test]
    fn the_wal_stays_when_all_connections_close() {
        let Fixture {
            writing,
            checkpointer,
            folder,
        } = Fixture::with_run_that_fails();
        let pages = file_pages(&folder);
        checkpointer.finish(&writing, Duration::ZERO);
        drop(writing);
        assert_eq!(file_pages(&folder), pages);
    }
}
