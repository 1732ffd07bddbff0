use super::host::Hosts;
use super::limits::Limits;
use super::meeting::MeetingSettings;
use super::metrics::MetricsPage;
use super::rejections::Rejections;
use super::request_log_settings::RequestLog;
use crate::meeting::HostLinks;
use crate::model::{Email, EmailDomain, LangTag, UserDefaults, UserProfile};
use crate::store::Store;
use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use ipnet::IpNet;

/// What all handlers share: the database, and the settings that they follow.
#[derive(Debug)]
pub(crate) struct AppState {
    /// The database.
    pub(crate) store: Store,
    /// What makes and checks the host links of rooms.
    pub(crate) host_links: HostLinks,
    /// The meetings, here or elsewhere.
    pub(crate) meeting: MeetingSettings,
    /// The paths under which the API is served, each without a slash at the end.
    pub(crate) base_paths: Vec<String>,
    /// The OpenAPI document, as JSON text.
    pub(crate) openapi: Bytes,
    /// The start of every room's `url`, without a slash at the end.
    pub(crate) public_url: String,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// True if every request to the API needs a key. A key that is sent must be valid either way.
    pub(crate) auth_required: bool,
    /// The header `Keep-Alive` of every answer; `None` if connections are closed after each answer.
    pub(crate) keep_alive: Option<HeaderValue>,
    /// The hosts that requests may name.
    pub(crate) hosts: Hosts,
    /// The rate limits for requests without a valid key, and for each valid key.
    pub(crate) limits: Limits,
    /// The languages that rooms may have; if empty, any.
    pub(crate) languages: Vec<LangTag>,
    /// The language and time zone of a new user for whom the request names none.
    pub(crate) user_defaults: UserDefaults,
    /// The domains of the e-mail addresses whose unknown owners are registered when they get a room.
    pub(crate) register_unknown: Vec<EmailDomain>,
    /// The page of metrics.
    pub(crate) metrics: MetricsPage,
    /// Which rejected requests get a log line.
    pub(crate) rejections: Rejections,
    /// Which requests get a log line.
    pub(crate) request_log: RequestLog,
}

impl AppState {
    /// Returns the profile with which an unknown creator of a room is registered; None if the
    /// settings do not allow that for the e-mail address.
    pub(crate) fn registration(&self, email: &Email) -> Option<UserProfile> {
        let mut domains = self.register_unknown.iter();
        domains
            .any(|domain| domain.contains(email))
            .then(|| UserProfile::from_email(email.clone(), &self.user_defaults))
    }
}
