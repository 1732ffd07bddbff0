//! Checkpoints the WAL, so that it neither grows nor holds up commits.
//!
//! By itself SQLite checkpoints inside a commit, which then takes as long as thousands of page
//! writes. Here a thread does it while commits continue. Because they continue, it never copies
//! everything: once the backlog is small the writer copies it itself, between two commits. Then no
//! page of the WAL is needed any more, and the next commit resets the WAL. What happens after which
//! commit is the table in [`super::state`]; this file carries it out.
//!
//! Invariants, all of them for safety:
//! - A failed sync is final: what the disk holds is unknown from then on, and a later sync that
//!   succeeds proves nothing. Such an error is returned, and the caller writes nothing after it.
//!   The WAL, which has all that the database file may lack, is then neither reset nor deleted.
//! - The writer does not checkpoint while a run is under way. Its own sync would wait for the disk
//!   to write all that the run copied; and if it succeeded where the sync of the run failed, the
//!   WAL would be reset although the database file lacks pages.
//! - The thread syncs through a handle that must not be closed before SQLite's own handles are, so
//!   the thread owns a share of the [`OpenFiles`].

use super::state::{Action, State};
use super::thread::{CheckpointerThread, RunOutcome};
use crate::store::sqlite::connection::{HeldConnection, OpenFiles};
use crate::store::sqlite::error::{is_failed_sync, is_full_disk};
use crate::store::sqlite::wal_pragmas::{self, LIMIT_PAGES, WalSize};
use log::{error, info, warn};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Duration;

/// How long a commit waits for a run where the WAL must block commits. (Tuning: enough to slow
/// commits down until the thread catches up. A run with a large backlog takes seconds.)
const COMMIT_WAIT: Duration = Duration::from_millis(2);

/// By how many pages a WAL file that is too large is truncated at a time. (Tuning: the commit that
/// resets the WAL truncates the file, and a file system that discards what it frees takes some
/// 0.4 ms a MiB.)
const TRUNCATE_PAGES: i64 = 2_000;

/// Keeps the WAL of a database short: see the module.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Checkpointer {
    thread: CheckpointerThread,
    state: State,
    /// The size, in pages, to which the next commit that resets the WAL truncates its file.
    file_limit: i64,
    /// Whether the last attempt failed, so that a failure is logged once.
    is_failing: bool,
}

impl Checkpointer {
    /// Starts a thread that runs checkpoints on the given connection, which must be used for nothing
    /// else. The files must be those of the connection's database.
    pub(in crate::store::sqlite) fn new(connection: HeldConnection, files: Arc<OpenFiles>) -> Self {
        Self {
            thread: CheckpointerThread::start(connection, files),
            state: State::Idle,
            file_limit: LIMIT_PAGES,
            is_failing: false,
        }
    }

    /// Does what the WAL size asks for, after a commit on `writing` that so many changes shared.
    ///
    /// # Errors
    /// A failed sync, after which nothing may be written.
    pub(in crate::store::sqlite) fn after_commit(
        &mut self,
        writing: &Connection,
        changes: usize,
    ) -> rusqlite::Result<()> {
        let run = self.thread.ended_run();
        let Some(wal) = self.update(writing, run)? else {
            return Ok(());
        };
        match self.state.action(wal, changes) {
            Action::Nothing => Ok(()),
            Action::StartRun => {
                if self.thread.start_run() {
                    self.state = State::Running { start: wal };
                }
                Ok(())
            }
            Action::WaitForRun => match self.thread.wait_for_run(COMMIT_WAIT) {
                Some(run) => self.end_run(run, wal),
                None => Ok(()),
            },
            Action::CopyBacklog => {
                let file_pages = self.file_limit.max(wal.pages);
                let copied = self.copy_backlog(writing, wal, file_pages - TRUNCATE_PAGES);
                self.log_failure(copied)
            }
        }
    }

    /// Copies what the database file has room for, after a commit on `writing` that found no room
    /// for a larger WAL. If that is the whole backlog, the next commit resets the WAL and needs no
    /// more room.
    ///
    /// # Errors
    /// A failed sync, after which nothing may be written.
    pub(in crate::store::sqlite) fn make_room(
        &mut self,
        writing: &Connection,
    ) -> rusqlite::Result<()> {
        let run = match self.state {
            State::Running { .. } => self.thread.wait_for_run(Duration::MAX),
            State::Idle | State::Backoff { .. } => None,
        };
        let Some(wal) = self.update(writing, run)? else {
            return Ok(());
        };
        if let State::Backoff { .. } = self.state {
            return Ok(());
        }
        // Truncated at once to the limit: now room is worth more than time.
        match self.copy_backlog(writing, wal, LIMIT_PAGES) {
            // The rejected commit has been logged with the same reason.
            Err(error) if is_full_disk(&error) => Ok(()),
            copied => self.log_failure(copied),
        }
    }

    /// Empties the WAL, and waits for readers for no longer than the timeout. Where that does not
    /// suffice, the WAL is left to the process that uses the database next. So it is after a failed
    /// sync.
    pub(in crate::store::sqlite) fn finish(
        mut self,
        writing: &Connection,
        reader_timeout: Duration,
    ) {
        let connection = self.thread.end();
        let emptied = match self.thread.ended_run() {
            Some(Err(error)) if is_failed_sync(&error) => Err(error),
            _ => writing
                .busy_timeout(reader_timeout)
                .and_then(|()| wal_pragmas::checkpoint_and_empty(writing)),
        };
        match emptied {
            Ok(_) => {}
            Err(error) if is_failed_sync(&error) => {
                error!(
                    "the disk failed to keep what was copied to the database ({error}): nothing is \
                     lost, because the write-ahead log has it; check the disk, then start again"
                );
                // While one connection of the process is open, no other that closes checkpoints
                // again and then deletes the WAL.
                if let Some(connection) = connection {
                    connection.abandon();
                }
            }
            Err(error) => {
                warn!("the write-ahead log was not emptied, which loses nothing: {error}");
            }
        }
    }

    /// Brings the state up to date with a run that has ended, if one has, and with the WAL size.
    /// Returns that size. None if it cannot be read: then the next commit meets the same error, and
    /// has a caller to report it to.
    fn update(
        &mut self,
        writing: &Connection,
        run: Option<RunOutcome>,
    ) -> rusqlite::Result<Option<WalSize>> {
        let wal = wal_pragmas::measure(writing).ok();
        if let Some(run) = run {
            self.end_run(run, wal.unwrap_or(WalSize::EMPTY))?;
        }
        if let Some(wal) = wal {
            self.state = self.state.at(wal);
        }
        Ok(wal)
    }

    fn end_run(&mut self, run: RunOutcome, wal: WalSize) -> rusqlite::Result<()> {
        self.state = State::after_run(&run, wal);
        self.log_failure(run)
    }

    /// Copies the backlog on the writer's thread. If that is all of it, the next commit resets the
    /// WAL and truncates its file to so many pages, though never below the limit.
    fn copy_backlog(
        &mut self,
        writing: &Connection,
        wal: WalSize,
        file_pages: i64,
    ) -> rusqlite::Result<WalSize> {
        self.state = State::Backoff { pages: wal.pages };
        let file_limit = file_pages.max(LIMIT_PAGES);
        if file_limit != self.file_limit {
            wal_pragmas::limit_file(writing, file_limit)?;
            self.file_limit = file_limit;
        }
        wal_pragmas::checkpoint(writing)
    }

    /// Logs the first attempt that failed, and the first that succeeds again. Returns the error of
    /// a failed sync.
    fn log_failure(&mut self, attempt: rusqlite::Result<WalSize>) -> rusqlite::Result<()> {
        match attempt {
            Err(error) if is_failed_sync(&error) => return Err(error),
            Err(error) => {
                if !self.is_failing {
                    warn!(
                        "the write-ahead log grows, because it cannot be checkpointed ({error}): \
                         check the disk of the database; attempts continue"
                    );
                }
                self.is_failing = true;
            }
            Ok(_) => {
                if self.is_failing {
                    info!("the write-ahead log is checkpointed again");
                }
                self.is_failing = false;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
                checkpointer: Checkpointer::new(files.hold(open()), Arc::clone(&files)),
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
                .after_commit(&self.writing, 1)
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
        let mut reader = fixture.reader();
        let reading = reader
            .transaction_with_behavior(Deferred)
            .expect("a transaction");
        assert_eq!(count(&reading), 0);
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
                    checkpointer: Checkpointer::new(connection, files),
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
}
