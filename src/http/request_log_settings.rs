//! Which requests get a log line.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The settings of the lines of requests, which may change while the server runs.
#[derive(Debug)]
pub(crate) struct RequestLog {
    logs_all: AtomicBool,
    slow_ms: AtomicU64,
}

impl RequestLog {
    /// Returns settings: whether every request gets a line, and after how many milliseconds a request
    /// is slow.
    pub(crate) fn new(logs_all: bool, slow_ms: u64) -> Self {
        Self {
            logs_all: AtomicBool::new(logs_all),
            slow_ms: AtomicU64::new(slow_ms),
        }
    }

    /// Changes the settings.
    pub(crate) fn set(&self, logs_all: bool, slow_ms: u64) {
        self.logs_all.store(logs_all, Ordering::Relaxed);
        self.slow_ms.store(slow_ms, Ordering::Relaxed);
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
