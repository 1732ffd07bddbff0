//! The settings, section by section, with their defaults.

mod meeting;

pub use meeting::{BigBlueButton, Builtin, Jitsi, LiveKit, Meeting, Template};

use super::error::ConfigError;
use super::values::{self, BasePath, LogFormat, Origin, PublicUrl};
use crate::model::{EmailDomain, LangTag, SharedSecret, TimeZoneName, UserDefaults};
use ipnet::IpNet;
use log::LevelFilter;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

/// All settings of `roomd`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// TLS.
    pub tls: Tls,
    /// The database.
    pub database: Database,
    /// The paths of the API.
    pub api: Api,
    /// Authentication and rate limits.
    pub auth: Auth,
    /// Rules for rooms.
    pub rooms: Rooms,
    /// Meetings in rooms.
    pub meeting: Meeting,
    /// The metrics.
    pub metrics: Metrics,
    /// Rules for users.
    pub users: Users,
    /// The log.
    pub log: Log,
}

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Server {
    /// The address to listen on; port 0 takes any free port.
    #[serde(deserialize_with = "values::socket_address")]
    pub listen: SocketAddr,
    /// The URL by which clients reach the server; `None` is the address listened on.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub public_url: Option<PublicUrl>,
    /// The number of threads that answer requests; 0 is one per core.
    #[serde(deserialize_with = "values::whole_number")]
    pub workers: u16,
    /// The networks of the proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "values::networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// The number of connections that one client address may have open; 0 is no limit.
    #[serde(deserialize_with = "values::whole_number")]
    pub connections_per_address: usize,
    /// How long a connection may be idle between two requests, in seconds; 0 closes it after each
    /// answer.
    #[serde(deserialize_with = "values::whole_number")]
    pub keep_alive_seconds: u16,
    /// The origins whose pages may call the API from a browser.
    #[serde(deserialize_with = "values::list_from_str")]
    pub cors_origins: Vec<Origin>,
}

/// TLS. Without the two files the server speaks plain HTTP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Tls {
    /// The PEM file with the certificate chain, the certificate of the server first.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub certificate: Option<PathBuf>,
    /// The PEM file with the private key of the certificate.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub key: Option<PathBuf>,
}

impl Tls {
    /// Returns the URL scheme of the server: `https` with a certificate, `http` without.
    pub fn scheme(&self) -> &'static str {
        self.certificate.as_ref().map_or("http", |_| "https")
    }
}

/// The database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Database {
    /// The path of the SQLite file.
    #[serde(deserialize_with = "values::path")]
    pub path: PathBuf,
}

/// The paths of the API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Api {
    /// The paths under which every API route is served.
    #[serde(deserialize_with = "values::list_from_str")]
    pub base_paths: Vec<BasePath>,
}

/// Authentication and rate limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Auth {
    /// Whether clients must send a key.
    #[serde(deserialize_with = "values::boolean")]
    pub required: bool,
    /// The number of requests per minute without a valid key from one client address; 0 is no
    /// limit.
    #[serde(deserialize_with = "values::whole_number")]
    pub failures_per_minute: u32,
    /// The number of requests per minute with one key; 0 is no limit.
    #[serde(deserialize_with = "values::whole_number")]
    pub requests_per_minute: u32,
}

/// Rules for rooms.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Rooms {
    /// The languages that rooms may have; an empty list is every language.
    #[serde(deserialize_with = "values::list_from_str")]
    pub languages: Vec<LangTag>,
}

/// The metrics.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Metrics {
    /// The address to serve the metrics on; `None` is that of the server.
    #[serde(deserialize_with = "values::optional_socket_address")]
    pub listen: Option<SocketAddr>,
    /// What callers show who are not on this machine.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub token: Option<SharedSecret>,
    /// The file with the token.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub token_file: Option<PathBuf>,
}

/// Rules for users.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Users {
    /// The language of a user who is registered without one.
    #[serde(deserialize_with = "values::from_str")]
    pub lang: LangTag,
    /// The time zone of a user who is registered without one.
    #[serde(deserialize_with = "values::from_str")]
    pub timezone: TimeZoneName,
    /// The domains of the e-mail addresses whose unknown owners are registered when they get a
    /// room.
    #[serde(deserialize_with = "values::list_from_str")]
    pub register_unknown: Vec<EmailDomain>,
}

impl Users {
    /// Returns the language and time zone of a user who is registered without them.
    pub fn defaults(&self) -> UserDefaults {
        UserDefaults {
            lang: self.lang.clone(),
            timezone: self.timezone.clone(),
        }
    }
}

/// The log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Log {
    /// The least severe level that is logged.
    #[serde(deserialize_with = "values::log_level")]
    pub level: LevelFilter,
    /// The format of a line.
    #[serde(deserialize_with = "values::from_str")]
    pub format: LogFormat,
    /// Whether every request is logged, not only failed and slow ones.
    #[serde(deserialize_with = "values::boolean")]
    pub requests: bool,
    /// The duration in milliseconds after which a request is slow.
    #[serde(deserialize_with = "values::whole_number")]
    pub slow_ms: u64,
}

impl Config {
    /// Returns whether a proxy must be in front of the server: clients reach it under a name that is not of
    /// this machine, although it listens for this machine alone, or by TLS, although it has none.
    pub(crate) fn needs_proxy(&self) -> bool {
        let is_local = |host: String| {
            let address: Option<IpAddr> = host.parse().ok();
            host == "localhost" || address.is_some_and(|address| address.is_loopback())
        };
        self.server.public_url.as_ref().is_some_and(|url| {
            let has_other_name = self.server.listen.ip().is_loopback() && !is_local(url.host());
            let has_other_scheme = url.scheme() == "https" && self.tls.scheme() == "http";
            has_other_name || has_other_scheme
        })
    }

    /// Checks the rules that tie settings to each other.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let listen = self.server.listen;
        if !self.auth.required && !listen.ip().is_loopback() {
            return Err(ConfigError::Setting(format!(
                "auth.required = false would open the API to every client that reaches {listen}: \
                 listen on a loopback address, such as 127.0.0.1:{}, or require keys",
                listen.port()
            )));
        }
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            return Err(ConfigError::Setting(
                "tls.certificate and tls.key go together: set both, or neither for plain HTTP"
                    .into(),
            ));
        }
        if self.api.base_paths.is_empty() {
            return Err(ConfigError::Setting(
                "api.base_paths must name at least one path".into(),
            ));
        }
        self.meeting.check()
    }
}

impl Server {
    /// Returns the number of threads that answer requests, at least 1.
    pub fn worker_threads(&self) -> usize {
        match self.workers {
            0 => available_parallelism().map_or(1, NonZero::get),
            workers => usize::from(workers),
        }
    }

    /// Returns how long a connection may be idle between two requests; `None` closes it after each
    /// answer.
    pub fn keep_alive(&self) -> Option<Duration> {
        let seconds = self.keep_alive_seconds;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            workers: 0,
            trusted_proxies: Vec::new(),
            connections_per_address: 1000,
            keep_alive_seconds: 75,
            cors_origins: Vec::new(),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            path: "roomd.db".into(),
        }
    }
}

impl Default for Api {
    fn default() -> Self {
        Self {
            base_paths: ["/xapi/v2", "/api/groups/xapi"]
                .map(BasePath::from_static)
                .into(),
        }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            required: true,
            failures_per_minute: 20,
            requests_per_minute: 0,
        }
    }
}

impl Default for Users {
    fn default() -> Self {
        let UserDefaults { lang, timezone } = UserDefaults::default();
        Self {
            lang,
            timezone,
            register_unknown: Vec::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: LevelFilter::Info,
            format: LogFormat::Text,
            requests: false,
            slow_ms: 250,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_a_loopback_address_will_do() {
        let check = |listen: &str| {
            let mut config = Config::default();
            config.server.listen = listen.parse().expect("an address");
            config.auth.required = false;
            config.check()
        };
        assert!(check("127.0.0.1:8080").is_ok());
        assert!(check("[::1]:8080").is_ok());
        assert!(check("0.0.0.0:8080").is_err());
        assert!(check("[::]:8080").is_err());
        assert!(check("192.168.0.1:8080").is_err());
    }
}
