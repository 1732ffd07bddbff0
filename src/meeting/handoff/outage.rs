//! Logs the times in which the meeting server does not answer: one line when such an outage starts and one when
//! it has ended, however many people wanted to enter meanwhile.

use super::HandoffError;
use log::{error, info};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after the last failure an answer ends an outage. It is longer than an answer of the server is
/// believed, which may be from before the outage. (Tuning: an outage that comes and goes is one outage.)
const QUIET: Duration = Duration::from_secs(10);

/// The current outage, if there is one.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Option<Ongoing>>);

#[derive(Debug)]
struct Ongoing {
    start: Instant,
    last_failure: Instant,
    failures: u64,
}

/// What an outcome says of an outage, for the log.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Starts,
    Ends { failures: u64, lasted: Duration },
}

impl Outage {
    /// Records the outcome of a call of the server. Logs the start of an outage and its end.
    pub(super) fn record<T>(&self, outcome: &Result<T, HandoffError>) {
        let error = outcome.as_ref().err();
        match (
            self.turn(error.is_some_and(HandoffError::is_outage), Instant::now()),
            error,
        ) {
            (Some(Turn::Starts), Some(reason)) => error!(
                "people cannot enter meetings: {reason}; further failures are not logged until it answers; \
                 `roomd doctor` asks the meeting server too"
            ),
            (Some(Turn::Ends { failures, lasted }), _) => {
                let seconds = lasted.as_secs();
                info!(failures, seconds; "the meeting server answers again");
            }
            (Some(Turn::Starts) | None, _) => {}
        }
    }

    fn turn(&self, has_failed: bool, now: Instant) -> Option<Turn> {
        let mut ongoing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *ongoing {
            Some(outage) if has_failed => {
                outage.failures += 1;
                outage.last_failure = now;
                None
            }
            None if has_failed => {
                *ongoing = Some(Ongoing {
                    start: now,
                    last_failure: now,
                    failures: 1,
                });
                Some(Turn::Starts)
            }
            Some(outage) if now.saturating_duration_since(outage.last_failure) >= QUIET => {
                let ended = Turn::Ends {
                    failures: outage.failures,
                    lasted: now.saturating_duration_since(outage.start),
                };
                *ongoing = None;
                Some(ended)
            }
            Some(_) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_starts_once_and_ends_with_an_answer_after_some_quiet() {
        let (outage, start) = (Outage::default(), Instant::now());
        let turn = |has_failed, seconds| {
            let now = start + Duration::from_secs(seconds);
            outage.turn(has_failed, now)
        };
        assert_eq!(turn(false, 0), None);
        assert_eq!(turn(true, 1), Some(Turn::Starts));
        assert_eq!(turn(true, 2), None);
        // From before the outage.
        assert_eq!(turn(false, 3), None);
        assert_eq!(turn(true, 9), None);
        assert_eq!(turn(false, 18), None);
        let ended = Turn::Ends {
            failures: 3,
            lasted: Duration::from_secs(18),
        };
        assert_eq!(turn(false, 19), Some(ended));
        assert_eq!(turn(false, 20), None);
        assert_eq!(turn(true, 21), Some(Turn::Starts));
    }
}
