//! Puts together what the handlers share.

use crate::config::{Config, PublicUrl};
use crate::http::{
    self, AppState, DocumentSettings, Hosts, Limits, MeetingSettings, MetricsPage, Rejections,
    RequestLog,
};
use crate::meeting::HostLinks;
use crate::meeting::builtin::{Hub, IceServers};
use crate::meeting::handoff::Handoffs;
use crate::store::Store;
use std::sync::Arc;

/// Returns what the handlers share. `url` is the start of every room's `url`, unless the settings
/// have another.
pub(super) fn state(
    config: Config,
    store: Store,
    host_links: HostLinks,
    handoffs: Option<Handoffs>,
    url: &PublicUrl,
    metrics: MetricsPage,
) -> AppState {
    let hosts = hosts(&config);
    let public_url = config.server.public_url.as_ref().unwrap_or(url).to_string();
    let openapi = http::openapi_document(DocumentSettings {
        base_paths: &config.api.base_paths,
        languages: &config.rooms.languages,
        // First the server that serves the document: its page may call no other.
        servers: vec!["/".to_owned(), public_url.clone()],
    });
    let builtin = config.meeting.builtin;
    let ice_servers = IceServers::new(builtin.ice_servers, builtin.turn_secret);
    AppState {
        store,
        host_links,
        meeting: MeetingSettings {
            server: config.meeting.server,
            hub: Hub::new(ice_servers),
            handoffs: handoffs.map(Arc::new),
            max_people: builtin.max_people.into(),
            without_host: config.meeting.without_host,
        },
        openapi: openapi.into(),
        base_paths: config
            .api
            .base_paths
            .iter()
            .map(ToString::to_string)
            .collect(),
        public_url,
        trusted_proxies: config.server.trusted_proxies,
        auth_required: config.auth.required,
        hosts,
        keep_alive: http::keep_alive_header(config.server.keep_alive_seconds.into()),
        limits: Limits::per_minute(
            config.auth.failures_per_minute,
            config.auth.requests_per_minute,
        ),
        languages: config.rooms.languages,
        user_defaults: config.users.defaults(),
        register_unknown: config.users.register_unknown,
        metrics,
        rejections: Rejections::default(),
        request_log: RequestLog::new(config.log.requests, config.log.slow_ms),
    }
}

/// Returns the hosts that requests may name.
fn hosts(config: &Config) -> Hosts {
    if config.auth.required {
        return Hosts::Any;
    }
    Hosts::Local {
        listen: config.server.listen.ip(),
        public: config.server.public_url.as_ref().map(PublicUrl::host),
    }
}
