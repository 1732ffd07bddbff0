//! Which requests get a log line.

use crate::config::Log;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The settings of the lines of requests, which may change while the server runs.
#[derive(Debug)]
pub(crate) struct RequestLog {
    logs_all: AtomicBool,
    slow_ms: AtomicU64,
}

impl RequestLog {
    pub(crate) fn new(settings: &Log) -> Self {
        Self {
            logs_all: AtomicBool::new(settings.requests),
            slow_ms: AtomicU64::new(settings.slow_ms),
        }
    }

    /// Changes the settings.
    pub(crate) fn set(&self, settings: &Log) {
        self.logs_all.store(settings.requests, Ordering::Relaxed);
        self.slow_ms.store(settings.slow_ms, Ordering::Relaxed);
    }

    /// Returns true if every request gets a line.
    pub(super) fn logs_all(&self) -> bool {
        self.logs_all.load(Ordering::Relaxed)
    }

    /// Returns true if a request that took so long is slow.
    pub(super) fn is_slow(&self, took: Duration) -> bool {
        took > Duration::from_millis(self.slow_ms.load(Ordering::Relaxed))
    }
}
