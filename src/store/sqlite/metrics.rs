//! What the engine counts and measures while it serves.

use super::connection::beside;
use super::examination::free_bytes;
use super::{Engine, backup};
use crate::metrics::{Counter, Exposition, Gauge, Histogram, Source, Unit};
use std::fs;
use std::path::Path;

/// The bounds of the times that the disk takes, in nanoseconds. (Tuning: a sync takes some 0.1 ms on a
/// fast disk, and 10 ms on one that turns.)
const DISK_TIMES: &[u64] = &[
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// The bounds of the numbers of changes that share a commit.
const BATCH_SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];

/// What the writing thread measures.
#[derive(Debug)]
pub(super) struct WriterMetrics {
    /// The jobs that wait for the thread.
    pub(super) queued: Gauge,
    /// The jobs of each transaction.
    pub(super) batches: Histogram,
    /// The times of commits, in which SQLite writes and syncs the WAL.
    pub(super) commits: Histogram,
}

impl Default for WriterMetrics {
    fn default() -> Self {
        Self {
            queued: Gauge::default(),
            batches: Histogram::new(Unit::Number, BATCH_SIZES),
            commits: Histogram::new(Unit::Time, DISK_TIMES),
        }
    }
}

impl Source for WriterMetrics {
    fn add_to(&self, page: &mut Exposition) {
        let name = "roomd_write_queue_jobs";
        let help = "Changes that wait for the writer.";
        page.gauge(name, help).set(self.queued.get());
        let name = "roomd_batch_jobs";
        let help = "Changes that share one commit.";
        page.histogram(name, help).set(self.batches.get());
        let name = "roomd_commit_duration_seconds";
        let help = "Time to write a commit to the write-ahead log and to sync that.";
        page.histogram(name, help).set(self.commits.get());
    }
}

/// What is measured of checkpoints.
#[derive(Debug)]
pub(super) struct CheckpointMetrics {
    /// The times of copies to the database file.
    pub(super) copies: Histogram,
    /// The times of syncs of the database file after a copy by the checkpointer thread.
    pub(super) syncs: Histogram,
    /// The attempts that failed.
    pub(super) failures: Counter,
}

impl Default for CheckpointMetrics {
    fn default() -> Self {
        Self {
            copies: Histogram::new(Unit::Time, DISK_TIMES),
            syncs: Histogram::new(Unit::Time, DISK_TIMES),
            failures: Counter::default(),
        }
    }
}

impl Source for CheckpointMetrics {
    fn add_to(&self, page: &mut Exposition) {
        let name = "roomd_checkpoint_duration_seconds";
        let help = "Time to copy pages from the write-ahead log to the database file.";
        page.histogram(name, help).set(self.copies.get());
        let name = "roomd_checkpoint_sync_duration_seconds";
        let help = "Time to sync the database file after such a copy, beside commits.";
        page.histogram(name, help).set(self.syncs.get());
        let name = "roomd_checkpoint_failures_total";
        let help = "Copies from the write-ahead log to the database file that failed.";
        page.counter(name, help).set(self.failures.get());
    }
}

impl Source for Engine {
    fn add_to(&self, page: &mut Exposition) {
        self.writer.add_to(page);
        let readers = self.readers.count();
        let name = "roomd_readers";
        let help = "Connections that read the database.";
        page.gauge(name, help).set(readers.all);
        let name = "roomd_readers_busy";
        let help = "Connections that read the database at this moment.";
        page.gauge(name, help).set(readers.busy);
        let name = "roomd_database_bytes";
        let help = "Size of the database file.";
        page.gauge(name, help).set_if_known(bytes_of(&self.path));
        let name = "roomd_wal_bytes";
        let help = "Size of the file of the write-ahead log.";
        let wal = beside(&self.path, "-wal");
        page.gauge(name, help).set_if_known(bytes_of(&wal));
        let name = "roomd_disk_free_bytes";
        let help = "Space that is free for the database on its disk.";
        let free = free_bytes(&self.path);
        page.gauge(name, help).set_if_known(free);
        let name = "roomd_last_backup_timestamp_seconds";
        let help = "When roomd backup made and verified the last backup, in seconds since 1970.";
        let backup = backup::last(&self.path).and_then(|at| u64::try_from(at.as_unix()).ok());
        page.gauge(name, help).set_if_known(backup);
    }
}

/// The file is not opened: closing it would drop the locks of a connection of this process.
fn bytes_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| file.len())
}
