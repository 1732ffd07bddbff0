//! How people fared on their way to the meeting server, as it is counted.

use super::HandoffError;
use crate::metrics::labels;

labels! {
    /// What became of a person who wanted to enter.
    "outcome": pub(super) enum Fared {
        Entered = "entered",
        Waiting = "waiting",
        TimedOut = "timed_out",
        Unreachable = "unreachable",
        Refused = "refused",
        Malformed = "malformed",
        Busy = "busy",
    }
}

impl From<&HandoffError> for Fared {
    fn from(error: &HandoffError) -> Self {
        match error {
            HandoffError::TimedOut(_) => Self::TimedOut,
            HandoffError::Unreachable(_) => Self::Unreachable,
            HandoffError::Refused(_) => Self::Refused,
            HandoffError::Malformed(_) => Self::Malformed,
            HandoffError::Busy => Self::Busy,
        }
    }
}
