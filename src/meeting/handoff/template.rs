//! Any meeting server whose URL says all.

use super::jwt::SigningKey;
use super::{Entry, Visit};
use crate::model::{ClaimsTemplate, Placeholder, UrlTemplate};

/// Where people are sent, by templates.
#[derive(Debug)]
pub(crate) struct Template {
    /// Where hosts are sent.
    pub(crate) host_url: UrlTemplate,
    /// Where guests are sent.
    pub(crate) guest_url: UrlTemplate,
    /// The token that `{jwt}` stands for.
    pub(crate) token: Option<(ClaimsTemplate, SigningKey)>,
}

impl Template {
    /// Returns whether hosts and guests are led back in the end.
    pub(super) fn leads_back(&self) -> bool {
        let urls = [&self.host_url, &self.guest_url];
        urls.iter().all(|url| url.contains(Placeholder::ReturnUrl))
    }

    /// Returns where a person is sent.
    pub(super) fn enter(&self, _visit: &Visit) -> Entry {
        Entry::Url(String::new())
    }
}
