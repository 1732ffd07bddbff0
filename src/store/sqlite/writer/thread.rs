//! What the writing thread does: it takes jobs from the queue, commits them together, runs
//! checkpoints, and erases what was deleted.

use super::batch::{Job, RolledBack, commit_together};
use super::changes::Changes;
use super::sweep::{Step, Sweep};
use crate::store::Error;
use crate::store::sqlite::connection::HeldConnection;
use crate::store::sqlite::error::Failure;
use crate::store::sqlite::file_identity::FileIdentities;
use crate::store::sqlite::generation::Generations;
use crate::store::sqlite::metrics::WriterMetrics;
use crate::store::sqlite::outage::{Cause, Outages};
use crate::store::sqlite::wal::Checkpointer;
use log::warn;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How many jobs share a commit at most. (Tuning.)
const BATCH: usize = 256;

/// How long readers may block the last checkpoint of a database that was replaced.
const READER_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the thread erases what was deleted before it ends. (Tuning: a server has 10 seconds to
/// stop, and 5 s suffice for a file of several GiB.)
const LAST_SWEEP: Duration = Duration::from_secs(5);

/// What the thread gets from its queue.
pub(super) enum Message {
    Run(Box<dyn Job>),
    Close,
}

/// What the thread works with.
pub(super) struct WriterThread {
    pub(super) connection: HeldConnection,
    pub(super) changes: Changes,
    pub(super) sweep: Sweep,
    pub(super) checkpointer: Checkpointer,
    pub(super) files: FileIdentities,
    pub(super) generations: Arc<Generations>,
    pub(super) outages: Arc<Outages>,
    pub(super) metrics: Arc<WriterMetrics>,
}

impl WriterThread {
    pub(super) fn run(
        mut self,
        jobs: &Receiver<Message>,
        failing: &watch::Sender<Option<Failure>>,
    ) {
        let worked = self.work(jobs).and_then(|()| self.end_sweep());
        match worked {
            Ok(()) => self.checkpointer.finish(&self.connection, Duration::ZERO),
            Err(failure) => {
                self.give_up(&failure);
                failing.send_replace(Some(failure));
            }
        }
    }

    /// Runs jobs until the queue is closed, and erases between them.
    fn work(&mut self, jobs: &Receiver<Message>) -> Result<(), Failure> {
        let (mut is_open, mut is_shared) = (true, false);
        while is_open {
            let mut batch = Vec::new();
            let idle_pause = self.sweep.idle_pause();
            is_open = collect(jobs, &self.outages, idle_pause, is_shared, &mut batch);
            let is_idle = batch.is_empty();
            is_shared = batch.len() > 1;
            self.run_batch(batch)?;
            if is_open && (is_idle || self.sweep.is_overdue()) {
                self.erase_some()?;
            }
        }
        Ok(())
    }

    /// Erases what is left to be erased, for a limited time.
    fn end_sweep(&mut self) -> Result<(), Failure> {
        let end = Instant::now() + LAST_SWEEP;
        while self.sweep.is_due() {
            if Instant::now() >= end || !self.erase_some()? {
                warn!(
                    "copies of deleted values may be left in the database file: they are erased after \
                     the next deletion, and a backup has none"
                );
                break;
            }
        }
        Ok(())
    }

    /// Makes a step of the sweep. Returns false if that failed and may be tried again later. An error
    /// is one after which nothing may be written any more.
    fn erase_some(&mut self) -> Result<bool, Failure> {
        match self.sweep.step(&self.connection, &self.generations) {
            Ok(Step::Read) => Ok(true),
            Ok(Step::Erased) => {
                self.files.check()?;
                let checkpointed = self.checkpointer.after_commit(&self.connection, 1, true);
                checkpointed.map_err(|error| Failure::DiskFailed(error.to_string()))?;
                Ok(true)
            }
            Err(RolledBack {
                failure: Some(failure),
                ..
            }) => Err(failure),
            Err(_) => Ok(false),
        }
    }

    /// Runs the jobs, commits, answers, and does what the WAL size asks for. An error is one after
    /// which nothing may be written any more.
    fn run_batch(&mut self, mut batch: Vec<Box<dyn Job>>) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        let jobs = batch.len();
        self.metrics.queued.decrease(jobs);
        self.metrics.batches.add(jobs as u64);
        let committed = commit_together(
            &self.connection,
            &mut batch,
            &self.changes,
            &self.generations,
            &self.metrics.commits,
        )
        // After the commit, which may have gone into a file that was replaced meanwhile.
        .and_then(|has_replaced| {
            self.files.check()?;
            Ok(has_replaced)
        });
        let (answer, has_replaced, failure) = match committed {
            Ok(has_replaced) => (Ok(()), has_replaced, None),
            Err(rolled_back) => (Err(rolled_back.error), false, rolled_back.failure),
        };
        let rejected = self.answer(batch, &answer);
        // On one core the workers send these answers first: what follows has time.
        thread::yield_now();
        self.sweep.after_commit(&self.connection, has_replaced);
        if let Some(failure) = failure {
            return Err(failure);
        }
        let checkpointed = match rejected {
            Some(Cause::DiskFull) => self.checkpointer.make_room(&self.connection),
            _ => self
                .checkpointer
                .after_commit(&self.connection, jobs, has_replaced),
        };
        checkpointed.map_err(|error| Failure::DiskFailed(error.to_string()))
    }

    /// Answers the jobs of a batch; returns why some were rejected, if they were.
    fn answer(&self, batch: Vec<Box<dyn Job>>, committed: &Result<(), Error>) -> Option<Cause> {
        let (mut has_written, mut rejected) = (false, None);
        for job in batch {
            match job.complete(committed.clone()) {
                Ok(()) => has_written = true,
                Err(error) => {
                    if let Some(cause) = Cause::from_error(&error) {
                        self.outages.rejected(cause, &error);
                        rejected = Some(cause);
                    }
                }
            }
        }
        if has_written {
            self.outages.succeeded();
        }
        rejected
    }

    /// Ends without closing the connection.
    fn give_up(self, failure: &Failure) {
        if matches!(failure, Failure::Replaced(_)) && self.files.is_wal_index_in_place() {
            // Into the files that are open: a database that was moved away gets all that was
            // acknowledged, and the one in its place meets no WAL that is not its own.
            self.checkpointer.finish(&self.connection, READER_TIMEOUT);
        }
        self.connection.abandon();
    }
}

/// Waits for a job and takes those that wait behind it. Takes none if none comes within the idle
/// pause. `was_shared` says whether the last batch had several jobs. Returns false once the queue is
/// closed.
fn collect(
    jobs: &Receiver<Message>,
    outages: &Outages,
    idle_pause: Option<Duration>,
    was_shared: bool,
    batch: &mut Vec<Box<dyn Job>>,
) -> bool {
    let Some(mut next) = wait(jobs, outages, idle_pause) else {
        return true;
    };
    if was_shared {
        // A worker that wants the same processor brings first what it has in hand, and more callers
        // share the sync. One caller alone never waits for another.
        thread::yield_now();
    }
    loop {
        match next {
            Message::Run(job) => batch.push(job),
            Message::Close => return false,
        }
        if batch.len() == BATCH {
            return true;
        }
        match jobs.try_recv() {
            Ok(message) => next = message,
            Err(_) => return true,
        }
    }
}

/// Waits for a message, for no longer than the idle pause; meanwhile outages end.
fn wait(
    jobs: &Receiver<Message>,
    outages: &Outages,
    idle_pause: Option<Duration>,
) -> Option<Message> {
    while let Some(time) = [outages.end(), idle_pause].into_iter().flatten().min() {
        match jobs.recv_timeout(time) {
            Ok(message) => return Some(message),
            Err(RecvTimeoutError::Timeout) if Some(time) == idle_pause => return None,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Some(Message::Close),
        }
    }
    Some(jobs.recv().unwrap_or(Message::Close))
}
