//! Copies the write-ahead log into the database, so that it neither grows nor holds up commits.
//!
//! SQLite would do it inside a commit, which then takes as long as thousands of page writes. Here a
//! thread copies while commits go on. Because they go on it never has everything: once little is
//! left the writer copies that itself, between two commits. Then nothing in the log is needed any
//! more, and the next commit begins it anew.

use super::thread::Copier;
use crate::store::sqlite::connection::{self, HeldConnection, OpenFiles};
use crate::store::sqlite::error::{is_failed_sync, is_full_disk};
use log::{info, warn};
use rusqlite::Connection;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// At which length the log is begun anew, in pages of 4 KiB. New rooms touch pages all over their
/// indexes: the longer the log, the more of them it gathers.
const DUE_PAGES: i64 = 4000;

/// At which length the writer waits for the thread, in pages. A file that got longer is cut to it.
pub(in crate::store::sqlite) const LIMIT_PAGES: i64 = 12_000;

/// By how much the file is cut at a time, in pages. That happens inside the commit that begins the
/// log anew, and takes a file system that discards what it frees some 0.4 ms a MiB.
const CUT_PAGES: i64 = 2_000;

/// How long a commit waits for the thread at the most. Where a reader held up the log for long
/// there is so much to copy that it takes seconds.
const PATIENCE: Duration = Duration::from_millis(2);

/// How much longer the log gets before another attempt, where one left something: somebody reads an
/// older state, the disk is full, or the log could not be begun anew.
const RETRY_PAGES: i64 = 250;

/// How much waits for the thread before it copies, in pages, until the log is due: then it copies
/// at once, each time less, until the writer can copy what is left. Every commit meanwhile waits for
/// a disk with a long queue: the less, the shorter. The more, the fewer pages are copied twice,
/// which counts when many share a commit.
const PASS_PAGES: RangeInclusive<i64> = 500..=DUE_PAGES;

/// How much of it there is for each change that shares a commit.
const PASS_PAGES_A_CHANGE: i64 = 64;

// The modes that are used here ("PRAGMA wal_checkpoint", sqlite.org).
const MEASURE: &str = "PRAGMA wal_checkpoint(NOOP)";
pub(super) const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";
const EMPTY: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Keeps the log of a writing connection short.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Checkpointer {
    copier: Copier,
    /// What the log was when the thread began its last pass.
    copying: Log,
    /// How long the log was at the last attempt that left something, until it is begun anew.
    tried: Option<i64>,
    /// To which length the next commit that begins the log anew cuts its file.
    file_limit: i64,
    /// Whether the last attempt failed, so that a failure is logged once.
    is_failing: bool,
}

/// The write-ahead log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    pages: i64,
    /// How many of them the database has.
    copied: i64,
}

impl Log {
    const EMPTY: Self = Self {
        pages: 0,
        copied: 0,
    };

    fn rest(self) -> i64 {
        self.pages - self.copied
    }
}

impl Checkpointer {
    /// Copies by the given connection, on which nothing else happens, to the given file, which is
    /// the connection's database.
    pub(in crate::store::sqlite) fn new(
        connection: HeldConnection,
        database: Arc<OpenFiles>,
    ) -> Self {
        Self {
            copier: Copier::start(connection, database),
            copying: Log::EMPTY,
            tried: None,
            file_limit: LIMIT_PAGES,
            is_failing: false,
        }
    }

    /// Does what the length of the log asks for, after a commit of that many changes. An error is
    /// one after which nothing may be written any more.
    pub(in crate::store::sqlite) fn after_commit(
        &mut self,
        writing: &Connection,
        changes: usize,
    ) -> rusqlite::Result<()> {
        let pass = self.copier.finished();
        let Some(log) = self.measure(writing, pass)? else {
            return Ok(());
        };
        let pass = pass_pages(changes);
        let is_due = log.pages >= DUE_PAGES;
        if self.copier.is_running() {
            // The writer copies nothing meanwhile: its own sync would wait for all of the thread's.
            if self.is_pressing(log) {
                let ended = self.copier.wait(PATIENCE);
                return ended.map_or(Ok(()), |pass| self.judge(pass, log));
            }
        } else if is_due && log.rest() <= pass / 2 {
            self.tried = Some(log.pages);
            let file_pages = self.file_limit.max(log.pages);
            let copied = self.copy_rest(writing, file_pages - CUT_PAGES);
            return self.judge(copied, log);
        } else if is_due || log.rest() >= pass {
            self.copying = log;
            self.copier.begin();
        }
        Ok(())
    }

    /// Whether the log is so long that commits have to wait for it. What a reader held up takes the
    /// thread one long pass, which they need not wait for unless they write half as much meanwhile.
    fn is_pressing(&self, log: Log) -> bool {
        let written = log.pages - self.copying.pages;
        log.pages >= LIMIT_PAGES && written >= (self.copying.rest() - LIMIT_PAGES) / 2
    }

    /// Copies what the database has room for, after a commit that found none for a longer log. If
    /// that is everything, the next one begins the log anew, in the space that it has. An error is
    /// one after which nothing may be written any more.
    pub(in crate::store::sqlite) fn make_room(
        &mut self,
        writing: &Connection,
    ) -> rusqlite::Result<()> {
        let pass = self.copier.wait(Duration::MAX);
        let Some(log) = self.measure(writing, pass)? else {
            return Ok(());
        };
        self.tried = Some(log.pages);
        // Space is wanted more than time.
        match self.copy_rest(writing, LIMIT_PAGES) {
            // That the disk is full has been said.
            Err(error) if is_full_disk(&error) => Ok(()),
            outcome => self.judge(outcome, log),
        }
    }

    /// How long the log is, unless there is no point in another attempt; before that, judges a pass
    /// that has ended.
    fn measure(
        &mut self,
        writing: &Connection,
        pass: Option<rusqlite::Result<Log>>,
    ) -> rusqlite::Result<Option<Log>> {
        let log = checkpoint(writing, MEASURE);
        if let Some(pass) = pass {
            self.judge(pass, *log.as_ref().unwrap_or(&Log::EMPTY))?;
        }
        // Whatever is wrong, the next commit meets it too and has somebody to tell.
        Ok(log.ok().filter(|log| !self.has_just_tried(*log)))
    }

    /// Copies what is left. If that is everything the next commit begins the log anew, and cuts its
    /// file to so many pages, though never below the limit.
    fn copy_rest(&mut self, writing: &Connection, file_pages: i64) -> rusqlite::Result<Log> {
        let limit = file_pages.max(LIMIT_PAGES);
        if limit != self.file_limit {
            connection::limit_log_file(writing, limit)?;
            self.file_limit = limit;
        }
        checkpoint(writing, COPY)
    }

    fn has_just_tried(&mut self, log: Log) -> bool {
        // One that is shorter has been begun anew.
        self.tried = self.tried.filter(|tried| *tried <= log.pages);
        self.tried
            .is_some_and(|tried| log.pages < tried + RETRY_PAGES)
    }

    /// Copies everything and empties the log, unless somebody needs it for longer than is waited:
    /// another process is then left to it.
    pub(in crate::store::sqlite) fn finish(self, writing: &Connection, patience: Duration) {
        drop(self.copier);
        let emptied = writing
            .busy_timeout(patience)
            .and_then(|()| checkpoint(writing, EMPTY));
        if let Err(reason) = emptied {
            warn!("the write-ahead log was not emptied, which loses nothing: {reason}");
        }
    }

    /// Takes note of an attempt that ended when the log was so long.
    fn judge(&mut self, outcome: rusqlite::Result<Log>, log: Log) -> rusqlite::Result<()> {
        match outcome {
            Ok(log) => {
                if log.rest() > 0 {
                    self.tried = Some(log.pages);
                }
                if self.is_failing {
                    info!("the write-ahead log is copied again");
                }
                self.is_failing = false;
            }
            Err(error) if is_failed_sync(&error) => return Err(error),
            Err(error) => {
                if !self.is_failing {
                    warn!("the write-ahead log grows, because it cannot be copied: {error}");
                }
                self.is_failing = true;
                self.tried = Some(log.pages);
            }
        }
        Ok(())
    }
}

/// How much waits for the thread before it copies, where so many changes share a commit.
fn pass_pages(changes: usize) -> i64 {
    let pages = i64::try_from(changes)
        .unwrap_or(i64::MAX)
        .saturating_mul(PASS_PAGES_A_CHANGE);
    pages.clamp(*PASS_PAGES.start(), *PASS_PAGES.end())
}

pub(super) fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Log> {
    connection.prepare_cached(mode)?.query_row([], |row| {
        Ok(Log {
            pages: row.get(1)?,
            copied: row.get(2)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::connection::open_unchecked;
    use rusqlite::TransactionBehavior::Deferred;
    use tempfile::TempDir;

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
            connection::enter_wal_mode(&writing, &path).expect("a log");
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

        /// Commits about a hundred pages; returns the length of the log after them.
        fn commit(&mut self) -> i64 {
            self.writing
                .execute("INSERT INTO blobs (bytes) VALUES (randomblob(400000))", [])
                .expect("a commit");
            let log = checkpoint(&self.writing, MEASURE).expect("a length");
            self.checkpointer
                .after_commit(&self.writing, 1)
                .expect("a disk");
            log.pages
        }
    }

    #[test]
    fn the_log_is_begun_anew_again_and_again() {
        let mut fixture = Fixture::new();
        let (mut before, mut beginnings) = (0, 0);
        for _ in 0..400 {
            let pages = fixture.commit();
            assert!(pages <= LIMIT_PAGES + 200, "{pages} pages");
            beginnings += u32::from(pages < before);
            before = pages;
        }
        assert!(beginnings >= 3, "{beginnings}");
    }

    #[test]
    fn what_a_reader_needs_is_copied_once_it_has_ended() {
        let mut fixture = Fixture::new();
        let mut reader = fixture.reader();
        let count = |connection: &Connection| -> i64 {
            let sql = "SELECT count(*) FROM blobs";
            connection
                .query_row(sql, [], |row| row.get(0))
                .expect("a count")
        };
        fixture.commit();
        let reading = reader
            .transaction_with_behavior(Deferred)
            .expect("a reader");
        assert_eq!(count(&reading), 1);
        let longest = (0..60).map(|_| fixture.commit()).last();
        assert!(longest > Some(DUE_PAGES), "{longest:?}");
        assert_eq!(count(&reading), 1);
        drop(reading);
        assert!((0..200).any(|_| fixture.commit() < DUE_PAGES));
    }

    #[test]
    fn a_file_that_got_long_is_cut_little_by_little() {
        const PAGE_BYTES: u64 = 4096 + 24; // with the header of its frame
        let mut fixture = Fixture::new();
        let file_pages = |fixture: &Fixture| {
            let file = fixture.folder.path().join("a.db-wal");
            let bytes = file.metadata().expect("a log").len();
            i64::try_from(bytes / PAGE_BYTES).expect("a length")
        };
        let mut reader = fixture.reader();
        let reading = reader
            .transaction_with_behavior(Deferred)
            .expect("a transaction");
        reading
            .query_row("SELECT count(*) FROM blobs", [], |_| Ok(()))
            .expect("a snapshot");
        while file_pages(&fixture) < LIMIT_PAGES + 2 * CUT_PAGES {
            fixture.commit();
        }
        drop(reading);
        let (mut before, mut cuts) = (file_pages(&fixture), Vec::new());
        for _ in 0..1000 {
            fixture.commit();
            let after = file_pages(&fixture);
            if after < before {
                cuts.push(before - after);
            }
            before = after;
            if after <= LIMIT_PAGES {
                break;
            }
        }
        assert!(before <= LIMIT_PAGES, "{before} pages");
        assert!(cuts.len() >= 2, "{cuts:?}");
        assert!(cuts.iter().all(|cut| *cut <= CUT_PAGES + 200), "{cuts:?}");
    }

    #[test]
    fn the_log_is_empty_in_the_end() {
        let mut fixture = Fixture::new();
        fixture.commit();
        let Fixture {
            writing,
            checkpointer,
            folder,
            ..
        } = fixture;
        checkpointer.finish(&writing, Duration::ZERO);
        let log = folder.path().join("a.db-wal");
        assert_eq!(log.metadata().expect("a log").len(), 0);
    }
}
