//! BigBlueButton.

use super::{Deadline, Entry, HandoffError, Outbound, Visit};
use crate::model::{Checksum, Guid, ServerUrl, SharedSecret};

/// A server of BigBlueButton.
#[derive(Debug)]
pub(crate) struct BigBlueButton {
    /// The URL of the API, up to `/api`.
    pub(crate) url: ServerUrl,
    /// The secret of the API.
    pub(crate) secret: SharedSecret,
    /// The hash function of checksums.
    pub(crate) checksum: Checksum,
    /// What calls the server.
    pub(crate) outbound: Outbound,
}

impl BigBlueButton {
    pub(super) fn enter(&self, _: &Visit, _: Deadline) -> Result<Entry, HandoffError> {
        Ok(Entry::Url(String::new()))
    }

    pub(super) fn has_host(&self, _: Guid, _: Deadline) -> Result<bool, HandoffError> {
        Ok(false)
    }

    pub(super) fn end(&self, _: Guid, _: Deadline) -> Result<(), HandoffError> {
        Ok(())
    }
}
