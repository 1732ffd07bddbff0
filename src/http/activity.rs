use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time since the last request of a connection began, or since the connection was opened if it
/// had none.
#[derive(Debug)]
pub(crate) struct ConnectionActivity {
    opened: Instant,
    /// When the last request began, in milliseconds after `opened`.
    last_request: AtomicU64,
}

impl ConnectionActivity {
    /// Returns the activity of a connection that is opened now.
    pub(crate) fn new() -> Self {
        Self {
            opened: Instant::now(),
            last_request: AtomicU64::new(0),
        }
    }

    /// Records that a request begins.
    pub(super) fn record_request(&self, at: Instant) {
        let after = at.saturating_duration_since(self.opened).as_millis();
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        self.last_request.store(after, Ordering::Relaxed);
    }

    /// Returns the time since the last request began.
    pub(crate) fn age(&self) -> Duration {
        let last_request = Duration::from_millis(self.last_request.load(Ordering::Relaxed));
        self.opened.elapsed().saturating_sub(last_request)
    }
}
