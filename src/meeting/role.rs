//! The roles of people in a meeting.

use serde::Serialize;

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// A person with a host link.
    Host,
    /// Everybody else.
    Guest,
}
