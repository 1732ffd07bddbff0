//! LiveKit.

use super::{Deadline, Entry, HandoffError, Outbound, Visit};
use crate::model::{Guid, ServerUrl, SharedSecret};

/// A server of LiveKit.
#[derive(Debug)]
pub(crate) struct LiveKit {
    /// The URL by which browsers reach the server.
    pub(crate) url: ServerUrl,
    /// The URL by which this program reaches the server.
    pub(crate) api_url: ServerUrl,
    /// The API key.
    pub(crate) api_key: String,
    /// The secret of the API key.
    pub(crate) secret: SharedSecret,
    /// What calls the server.
    pub(crate) outbound: Outbound,
}

impl LiveKit {
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
