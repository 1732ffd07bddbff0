//! Jitsi Meet.

use super::jwt::SigningKey;
use super::{Entry, Visit};
use crate::model::{JitsiGuests, ServerUrl};

/// A server of Jitsi Meet.
#[derive(Debug)]
pub(crate) struct Jitsi {
    /// The URL that the names of rooms are put behind.
    pub(crate) url: ServerUrl,
    /// How tokens are made; None: there are none.
    pub(crate) tokens: Option<JitsiTokens>,
}

/// How tokens for Jitsi Meet are made.
#[derive(Debug)]
pub(crate) struct JitsiTokens {
    pub(crate) key: SigningKey,
    pub(crate) app_id: String,
    pub(crate) audience: String,
    pub(crate) domain: String,
    pub(crate) guests: JitsiGuests,
}

impl Jitsi {
    /// Returns where a person is sent.
    pub(super) fn enter(&self, _visit: &Visit) -> Entry {
        Entry::Url(String::new())
    }
}
