//! Tells the log of the times in which writes are refused: once when one begins and once when it
//! has ended, however many requests come meanwhile.

use crate::store::Error;
use log::{error, info};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// For how long no write may have been refused when an outage is over: one that comes and goes is
/// one outage.
const QUIET: Duration = Duration::from_secs(1);

/// Why writes are refused for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    QueueFull,
    Locked,
    DiskFull,
    Unwritable,
}

impl Cause {
    /// The cause behind what the database answered to a write, if it passes.
    pub(super) fn from_error(error: &Error) -> Option<Self> {
        match error {
            Error::Busy => Some(Self::Locked),
            Error::DiskFull => Some(Self::DiskFull),
            Error::Unwritable(_) => Some(Self::Unwritable),
            _ => None,
        }
    }

    fn log_beginning(self, reason: &Error) {
        match self {
            Self::QueueFull => error!("too many writes wait: more are refused"),
            Self::Locked => {
                error!("another program holds the database: writes are refused, reads go on");
            }
            Self::DiskFull | Self::Unwritable => {
                error!("{reason}: writes are refused, reads go on");
            }
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::QueueFull => "fewer writes wait: none is refused any more",
            Self::Locked => "the other program has let go of the database: it is written again",
            Self::DiskFull => "the disk has room again: the database is written again",
            Self::Unwritable => "the database can be written again",
        }
    }
}

/// The outages that go on.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// Whether there are any, for those who look after each commit.
    are_any: AtomicBool,
    ongoing: Mutex<Vec<Outage>>,
}

#[derive(Debug)]
struct Outage {
    cause: Cause,
    began: Instant,
    rejected: u64,
    last_rejection: Instant,
    /// Whether a write has succeeded since.
    has_passed: bool,
}

impl Outages {
    /// Notes that a write was refused.
    pub(super) fn rejected(&self, cause: Cause, reason: &Error) {
        let now = Instant::now();
        let mut ongoing = self.lock();
        if let Some(outage) = ongoing.iter_mut().find(|outage| outage.cause == cause) {
            outage.rejected += 1;
            outage.last_rejection = now;
            outage.has_passed = false;
            return;
        }
        cause.log_beginning(reason);
        ongoing.push(Outage {
            cause,
            began: now,
            rejected: 1,
            last_rejection: now,
            has_passed: false,
        });
        self.are_any.store(true, Ordering::Relaxed);
    }

    /// Notes that something was written.
    pub(super) fn succeeded(&self) {
        if self.are_any.load(Ordering::Relaxed) {
            let mut ongoing = self.lock();
            ongoing
                .iter_mut()
                .for_each(|outage| outage.has_passed = true);
        }
    }

    /// Ends the outages that are over; returns how long it takes until the next one is, if nothing
    /// happens.
    pub(super) fn end(&self) -> Option<Duration> {
        if !self.are_any.load(Ordering::Relaxed) {
            return None;
        }
        let mut ongoing = self.lock();
        ongoing.retain(|outage| {
            let over = outage.time_left().is_some_and(|left| left.is_zero());
            if over {
                let seconds = outage.began.elapsed().as_secs();
                info!(rejected = outage.rejected, seconds; "{}", outage.cause.end());
            }
            !over
        });
        self.are_any.store(!ongoing.is_empty(), Ordering::Relaxed);
        ongoing.iter().filter_map(Outage::time_left).min()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Outage>> {
        self.ongoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outage {
    /// How long it must stay quiet yet; none while there is no sign of an end.
    fn time_left(&self) -> Option<Duration> {
        self.has_passed
            .then(|| QUIET.saturating_sub(self.last_rejection.elapsed()))
    }
}
