//! The checkpointer thread: it copies the WAL to the database file while commits continue.

use crate::store::ThreadError;
use crate::store::sqlite::connection::{HeldConnection, OpenFiles};
use crate::store::sqlite::metrics::CheckpointMetrics;
use crate::store::sqlite::wal_pragmas::{self, WalSize};
use rusqlite::{Connection, ffi};
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a checkpoint run copied, or why it failed.
pub(super) type RunOutcome = rusqlite::Result<WalSize>;

/// A handle to the thread, which makes one checkpoint run at a time.
#[derive(Debug)]
pub(super) struct CheckpointerThread {
    /// None once the thread is to end.
    starts: Option<Sender<()>>,
    outcomes: Receiver<RunOutcome>,
    thread: Option<JoinHandle<HeldConnection>>,
    /// What is measured of checkpoints, also of those by other threads.
    pub(super) metrics: Arc<CheckpointMetrics>,
}

impl CheckpointerThread {
    /// Starts the thread, which makes no run yet. It runs checkpoints on the given connection, which
    /// must be used for nothing else, and syncs the given files, which must be the connection's.
    ///
    /// # Errors
    /// A system that starts no more threads.
    pub(super) fn start(
        connection: HeldConnection,
        files: Arc<OpenFiles>,
    ) -> Result<Self, ThreadError> {
        let (starts, started) = channel();
        let (report, outcomes) = channel();
        let metrics = Arc::new(CheckpointMetrics::default());
        let measured = Arc::clone(&metrics);
        let thread = std::thread::Builder::new()
            .name("checkpointer".into())
            .spawn(move || {
                for () in started {
                    // Fails once the writer has ended.
                    let copied = copy_and_sync(&connection, &files.database, &measured);
                    let _ = report.send(copied);
                }
                connection
            })?;
        Ok(Self {
            starts: Some(starts),
            outcomes,
            thread: Some(thread),
            metrics,
        })
    }

    /// Starts a run. Returns false if the thread has ended.
    pub(super) fn start_run(&self) -> bool {
        let starts = self.starts.as_ref();
        starts.is_some_and(|starts| starts.send(()).is_ok())
    }

    /// Returns the outcome of a run that has ended and was not asked for since.
    pub(super) fn ended_run(&self) -> Option<RunOutcome> {
        self.outcomes.try_recv().ok()
    }

    /// Waits for the end of the run that is under way. Returns None if that takes longer.
    pub(super) fn wait_for_run(&self, timeout: Duration) -> Option<RunOutcome> {
        self.outcomes.recv_timeout(timeout).ok()
    }

    /// Ends the thread once the run that is under way has ended. Returns the thread's connection;
    /// None if the thread has ended before.
    pub(super) fn end(&mut self) -> Option<HeldConnection> {
        self.starts = None;
        // A panic has been reported already.
        self.thread.take()?.join().ok()
    }
}

impl Drop for CheckpointerThread {
    fn drop(&mut self) {
        self.end();
    }
}

/// Copies the backlog and syncs the database file. SQLite syncs it only with the last page of the
/// WAL: without the sync here, the writer's own checkpoint would wait for the disk to write all that
/// was copied before.
fn copy_and_sync(
    connection: &Connection,
    database: &File,
    metrics: &CheckpointMetrics,
) -> RunOutcome {
    let copied = metrics
        .copies
        .time(|| wal_pragmas::checkpoint(connection))?;
    let synced = metrics.syncs.time(|| database.sync_data());
    synced.map_err(|error| {
        let code = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
        rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
    })?;
    Ok(copied)
}
