use super::host::Hosts;
use super::limits::Limits;
use crate::model::{LangTag, UserDefaults};
use crate::store::Store;
use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use ipnet::IpNet;
use std::time::Duration;

/// What all handlers share: the database, and the settings that they follow.
#[derive(Debug)]
pub(crate) struct AppState {
    /// The database.
    pub(crate) store: Store,
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
    /// True if every request gets a log line.
    pub(crate) log_requests: bool,
    /// A request that takes longer than this gets a log line.
    pub(crate) slow: Duration,
}
