//! The thread that copies the write-ahead log while commits go on, in passes.

use super::checkpointer::{COPY, Log, checkpoint};
use crate::store::sqlite::connection::{HeldConnection, OpenFiles};
use rusqlite::{Connection, ffi};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A handle to the thread.
#[derive(Debug)]
pub(super) struct Copier {
    /// None once the thread is to end.
    begin: Option<Sender<()>>,
    passes: Receiver<rusqlite::Result<Log>>,
    is_running: bool,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    /// Copies by the given connection, on which nothing else happens, to the given file.
    pub(super) fn start(connection: HeldConnection, files: Arc<OpenFiles>) -> Self {
        let (begin, begun) = channel();
        let (report, passes) = channel();
        let thread = std::thread::Builder::new()
            .name("checkpointer".into())
            .spawn(move || {
                for () in begun {
                    // Nobody listens any more when the writer has ended.
                    let _ = report.send(copy_and_sync(&connection, &files.database));
                }
            })
            .expect("the system starts a thread");
        Self {
            begin: Some(begin),
            passes,
            is_running: false,
            thread: Some(thread),
        }
    }

    /// Starts to copy.
    pub(super) fn begin(&mut self) {
        let begin = self.begin.as_ref();
        self.is_running = begin.is_some_and(|begin| begin.send(()).is_ok());
    }

    /// Whether it copies, or syncs what it copied.
    pub(super) fn is_running(&self) -> bool {
        self.is_running
    }

    /// The pass that has ended, if one has since this was asked.
    pub(super) fn finished(&mut self) -> Option<rusqlite::Result<Log>> {
        let pass = self.passes.try_recv().ok();
        self.is_running &= pass.is_none();
        pass
    }

    /// Waits for the pass that is under way, if one is; none if it takes longer.
    pub(super) fn wait(&mut self, limit: Duration) -> Option<rusqlite::Result<Log>> {
        if !self.is_running {
            return None;
        }
        let pass = self.passes.recv_timeout(limit).ok();
        self.is_running = pass.is_none();
        pass
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        self.begin = None;
        if let Some(thread) = self.thread.take() {
            // A panic has been reported already.
            let _ = thread.join();
        }
    }
}

/// SQLite syncs the database only with the last page of the log. Left to that, the writer would
/// wait for all that was copied before.
fn copy_and_sync(connection: &Connection, database: &std::fs::File) -> rusqlite::Result<Log> {
    let log = checkpoint(connection, COPY)?;
    database.sync_data().map_err(|error| {
        let code = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
        rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
    })?;
    Ok(log)
}
