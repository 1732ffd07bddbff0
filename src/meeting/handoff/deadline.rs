use super::HandoffError;
use std::time::{Duration, Instant};

/// The moment until which a hand-off must be done, all calls together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    /// Returns a deadline so long from now.
    pub(crate) fn within(allowed: Duration) -> Self {
        Self {
            at: Instant::now() + allowed,
            allowed,
        }
    }

    /// Returns how much time is left.
    ///
    /// # Errors
    /// None is.
    pub(crate) fn left(self) -> Result<Duration, HandoffError> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.timed_out());
        }
        Ok(left)
    }

    /// Returns the error of a call that took too long.
    pub(crate) fn timed_out(self) -> HandoffError {
        HandoffError::TimedOut(self.allowed.as_secs())
    }
}
