use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When the last request of a connection began; before the first, when the connection was made.
#[derive(Debug)]
pub(crate) struct LastRequest {
    made: Instant,
    /// Milliseconds after that.
    began: AtomicU64,
}

impl LastRequest {
    /// Of a connection that is made now.
    pub(crate) fn none_yet() -> Self {
        Self {
            made: Instant::now(),
            began: AtomicU64::new(0),
        }
    }

    /// A request begins.
    pub(super) fn begins(&self, at: Instant) {
        let after = at.saturating_duration_since(self.made).as_millis();
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        self.began.store(after, Ordering::Relaxed);
    }

    /// How long ago that was.
    pub(crate) fn age(&self) -> Duration {
        let began = Duration::from_millis(self.began.load(Ordering::Relaxed));
        self.made.elapsed().saturating_sub(began)
    }
}
