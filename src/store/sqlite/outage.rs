//! Logs the times in which writes are rejected: one line when an outage starts and one when it has
//! ended, however many requests are rejected meanwhile.

use crate::metrics::{Counters, Exposition, Label, Source, labels};
use crate::store::Error;
use log::{error, info};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long no write may have been rejected before an outage counts as ended. (Tuning: an outage
/// that comes and goes is one outage.)
const QUIET: Duration = Duration::from_secs(1);

labels! {
    /// Why writes are rejected for a time.
    "cause": pub(super) enum Cause {
        QueueFull = "queue_full",
        Locked = "locked",
        DiskFull = "disk_full",
        Unwritable = "unwritable",
    }
}

impl Cause {
    /// Returns the cause behind an error of a write; None if the error is not one that passes.
    pub(super) fn from_error(error: &Error) -> Option<Self> {
        match error {
            Error::Busy => Some(Self::Locked),
            Error::DiskFull => Some(Self::DiskFull),
            Error::Unwritable(_) => Some(Self::Unwritable),
            _ => None,
        }
    }

    fn log_start(self, reason: &Error) {
        match self {
            Self::QueueFull => error!("too many writes wait for the disk: more are rejected"),
            Self::Locked => error!(
                "another program holds the database: writes are rejected and reads continue until \
                 it ends its transaction"
            ),
            Self::DiskFull => error!(
                "{reason}: writes are rejected and reads continue until space is freed on the disk \
                 of the database; a limit on the size of files (`ulimit -f`) counts as a full disk"
            ),
            Self::Unwritable => error!(
                "{reason}: writes are rejected and reads continue; check the disk of the database \
                 and how it is mounted"
            ),
        }
    }

    fn end_message(self) -> &'static str {
        match self {
            Self::QueueFull => "fewer writes wait: none is rejected any more",
            Self::Locked => "the other program has let go of the database: writes succeed again",
            Self::DiskFull => "the disk has room again: writes succeed again",
            Self::Unwritable => "the database can be written again",
        }
    }
}

/// The outages that have started and not ended.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// Whether there are any. It spares the writer the lock after each commit.
    has_any: AtomicBool,
    rejections: Counters<Cause>,
    ongoing: Mutex<Vec<Outage>>,
}

#[derive(Debug)]
struct Outage {
    cause: Cause,
    start: Instant,
    rejections: u64,
    last_rejection: Instant,
    /// Whether a write has succeeded since the last rejection.
    has_recovered: bool,
}

impl Outages {
    /// Counts a write that was rejected. Logs `reason` if an outage starts with it.
    pub(super) fn rejected(&self, cause: Cause, reason: &Error) {
        self.rejections.count(cause);
        let now = Instant::now();
        let mut ongoing = self.lock();
        if let Some(outage) = ongoing.iter_mut().find(|outage| outage.cause == cause) {
            outage.rejections += 1;
            outage.last_rejection = now;
            outage.has_recovered = false;
            return;
        }
        cause.log_start(reason);
        ongoing.push(Outage {
            cause,
            start: now,
            rejections: 1,
            last_rejection: now,
            has_recovered: false,
        });
        self.has_any.store(true, Ordering::Relaxed);
    }

    /// Takes note that a write has succeeded.
    pub(super) fn succeeded(&self) {
        if self.has_any.load(Ordering::Relaxed) {
            for outage in self.lock().iter_mut() {
                outage.has_recovered = true;
            }
        }
    }

    /// Ends and logs the outages that are over. Returns the time after which the next one is over
    /// if no write is rejected meanwhile; None if none is about to end.
    pub(super) fn end(&self) -> Option<Duration> {
        if !self.has_any.load(Ordering::Relaxed) {
            return None;
        }
        let mut ongoing = self.lock();
        ongoing.retain(|outage| {
            let is_over = outage.time_left().is_some_and(|left| left.is_zero());
            if is_over {
                let seconds = outage.start.elapsed().as_secs();
                info!(rejected = outage.rejections, seconds; "{}", outage.cause.end_message());
            }
            !is_over
        });
        self.has_any.store(!ongoing.is_empty(), Ordering::Relaxed);
        ongoing.iter().filter_map(Outage::time_left).min()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Outage>> {
        self.ongoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Outages {
    fn add_to(&self, page: &mut Exposition) {
        let name = "roomd_rejected_writes_total";
        let help = "Changes that were rejected because the database took no writes.";
        self.rejections.add_to(page.counter(name, help));
        let name = "roomd_outage";
        let help = "Whether changes are rejected at this time: 1 or 0.";
        let family = page.gauge(name, help);
        let ongoing = self.lock();
        for cause in Cause::ALL {
            let is_ongoing = ongoing.iter().any(|outage| outage.cause == *cause);
            family.add(&[(Cause::NAME, cause.as_str())], u64::from(is_ongoing));
        }
    }
}

impl Outage {
    /// Returns how much longer no write may be rejected until the outage is over; None as long as no
    /// write has succeeded.
    fn time_left(&self) -> Option<Duration> {
        self.has_recovered
            .then(|| QUIET.saturating_sub(self.last_rejection.elapsed()))
    }
}
