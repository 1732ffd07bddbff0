use super::HandoffError;
use std::time::{Duration, Instant};

/// How long the meeting server may take for what one person wants, or an operator asks.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

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

    /// Returns an earlier deadline, after this part of the time that is left: the rest is for what is
    /// to be done if a call takes too long.
    ///
    /// # Errors
    /// No time is left.
    pub(super) fn after_percent(self, percent: u32) -> Result<Self, HandoffError> {
        let part = self.left()? * percent.min(100) / 100;
        Ok(Self {
            at: Instant::now() + part,
            ..self
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_time_ends_earlier_and_is_told_as_the_whole() {
        let whole = Deadline::within(Duration::from_secs(100));
        let part = whole.after_percent(70).expect("time is left");
        assert!(part.left().expect("time is left") <= Duration::from_secs(70));
        assert!(whole.left().expect("time is left") > Duration::from_secs(70));
        assert_eq!(part.timed_out(), HandoffError::TimedOut(100));
    }

    #[test]
    fn no_time_is_left_after_the_deadline() {
        let over = Deadline::within(Duration::ZERO);
        assert_eq!(over.left(), Err(HandoffError::TimedOut(0)));
        assert!(over.after_percent(50).is_err());
    }
}
