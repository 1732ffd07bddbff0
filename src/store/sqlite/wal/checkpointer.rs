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
//! - The writer does not checkpoint while a run is under way. If its sync succeeded where the sync
//!   of the run failed, the WAL would be reset although the database file lacks pages.
//! - The thread syncs through a handle that must not be closed before SQLite's own handles are, so
//!   the thread owns a share of the [`OpenFiles`].

use super::erasure::Erasure;
use super::state::{Action, State};
use super::thread::{CheckpointerThread, RunOutcome};
use crate::store::ThreadError;
use crate::store::sqlite::connection::{HeldConnection, OpenFiles};
use crate::store::sqlite::error::{is_failed_sync, is_full_disk};
use crate::store::sqlite::metrics::CheckpointMetrics;
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
    erasure: Erasure,
    /// The size, in pages, to which the next commit that resets the WAL truncates its file, unless
    /// an erasure is due.
    file_limit: i64,
    /// The size that the writing connection was given last.
    applied_limit: i64,
    /// Whether the last attempt failed, so that a failure is logged once.
    is_failing: bool,
}

impl Checkpointer {
    /// Starts a thread that runs checkpoints on the given connection, which must be used for nothing
    /// else. The files must be those of the connection's database.
    ///
    /// # Errors
    /// A system that starts no more threads.
    pub(in crate::store::sqlite) fn new(
        connection: HeldConnection,
        files: Arc<OpenFiles>,
    ) -> Result<Self, ThreadError> {
        Ok(Self {
            thread: CheckpointerThread::start(connection, files)?,
            state: State::Idle,
            erasure: Erasure::new(),
            file_limit: LIMIT_PAGES,
            applied_limit: LIMIT_PAGES,
            is_failing: false,
        })
    }

    /// Returns what is measured of checkpoints.
    pub(in crate::store::sqlite) fn metrics(&self) -> &Arc<CheckpointMetrics> {
        &self.thread.metrics
    }

    /// Does what the WAL size asks for, after a commit on `writing` that so many changes shared. If
    /// one of them deleted or replaced a value, the next reset of the WAL erases that from its file.
    ///
    /// # Errors
    /// A failed sync, after which nothing may be written.
    pub(in crate::store::sqlite) fn after_commit(
        &mut self,
        writing: &Connection,
        changes: usize,
        has_replaced: bool,
    ) -> rusqlite::Result<()> {
        let run = self.thread.ended_run();
        let Some(wal) = self.update(writing, run)? else {
            return Ok(());
        };
        self.erasure.after_commit(writing, wal, has_replaced);
        let action = self.state.action(wal, changes);
        if let Action::StartRun | Action::CopyBacklog = action {
            self.erasure.look_for_others(writing);
        }
        self.apply_limit(writing)?;
        match action {
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
            Ok(WalSize::EMPTY) => {}
            Ok(left) => {
                warn!(
                    "the write-ahead log was not emptied, because a reader or another program uses \
                     it: it has {} MiB and loses nothing; the next start continues with it",
                    left.mib()
                );
            }
            Err(error) if is_failed_sync(&error) => {
                error!(
                    "the disk failed to store what was copied to the database ({error}): nothing is \
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
        self.file_limit = file_pages.max(LIMIT_PAGES);
        self.apply_limit(writing)?;
        let copies = &self.thread.metrics.copies;
        copies.time(|| wal_pragmas::checkpoint(writing))
    }

    /// Tells the writing connection to which size a commit that resets the WAL truncates its file.
    fn apply_limit(&mut self, writing: &Connection) -> rusqlite::Result<()> {
        let limit = if self.erasure.is_due() {
            0
        } else {
            self.file_limit
        };
        if limit != self.applied_limit {
            wal_pragmas::limit_file(writing, limit)?;
            self.applied_limit = limit;
        }
        Ok(())
    }

    /// Logs the first attempt that failed, and the first that succeeds again. Returns the error of
    /// a failed sync.
    fn log_failure(&mut self, attempt: rusqlite::Result<WalSize>) -> rusqlite::Result<()> {
        if attempt.is_err() {
            self.thread.metrics.failures.count();
        }
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
mod tests;
