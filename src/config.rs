//! The settings: a flag beats an environment variable, a variable beats the file, the file beats
//! the default. What each means stands in `config.toml`.

mod source;
mod values;

pub use source::{ConfigError, Flags};
pub use values::{BasePath, LogFormat, PublicUrl};

use crate::model::{LangTag, TimeZoneName, UserDefaults};
use ipnet::IpNet;
use log::LevelFilter;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::thread::available_parallelism;

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// Encryption.
    pub tls: Tls,
    /// The database.
    pub database: Database,
    /// The API.
    pub api: Api,
    /// Who may call.
    pub auth: Auth,
    /// Rules for rooms.
    pub rooms: Rooms,
    /// Defaults for users.
    #[serde(with = "Users")]
    pub users: UserDefaults,
    /// The log.
    pub log: Log,
}

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Where to listen; port 0 takes any free port.
    #[serde(deserialize_with = "values::parsed_address")]
    pub listen: SocketAddr,
    /// How callers reach the server; none: by the address listened on.
    #[serde(deserialize_with = "values::parsed_unless_empty")]
    pub public_url: Option<PublicUrl>,
    /// Threads that answer requests; 0: one a core.
    pub workers: u16,
    /// The proxies whose `X-Forwarded-For` counts.
    #[serde(deserialize_with = "values::parsed_networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Connections that one address may have at once; 0: any number.
    pub connections_per_address: usize,
}

/// Encryption; with neither file the server speaks plain HTTP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The PEM file with the certificate and those above it.
    #[serde(deserialize_with = "values::parsed_unless_empty")]
    pub certificate: Option<PathBuf>,
    /// The PEM file with its private key.
    #[serde(deserialize_with = "values::parsed_unless_empty")]
    pub key: Option<PathBuf>,
}

impl Tls {
    /// How callers speak to the server: `https` with a certificate, else `http`.
    pub fn scheme(&self) -> &'static str {
        self.certificate.as_ref().map_or("http", |_| "https")
    }
}

/// The database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// The SQLite file.
    pub path: PathBuf,
}

/// The API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    /// The paths under which the API is served.
    #[serde(deserialize_with = "values::parsed_list")]
    pub base_paths: Vec<BasePath>,
}

/// Who may call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Whether callers must show a key.
    pub required: bool,
    /// Requests without a valid key that one address may make in a minute; 0: any number.
    pub failures_per_minute: u32,
    /// Requests that may be made with one key in a minute; 0: any number.
    pub requests_per_minute: u32,
}

/// Rules for rooms.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rooms {
    /// The languages that rooms may have; empty: any.
    #[serde(deserialize_with = "values::parsed_list")]
    pub languages: Vec<LangTag>,
}

/// How the section `users` is read.
#[derive(Deserialize)]
#[serde(
    remote = "UserDefaults",
    deny_unknown_fields,
    default = "UserDefaults::default"
)]
struct Users {
    #[serde(deserialize_with = "values::parsed")]
    lang: LangTag,
    #[serde(deserialize_with = "values::parsed")]
    timezone: TimeZoneName,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// The least serious lines that are written.
    #[serde(deserialize_with = "values::parsed")]
    pub level: LevelFilter,
    /// The form of the lines.
    pub format: LogFormat,
    /// Whether every request gets a line.
    pub requests: bool,
    /// A request that takes longer is slow, in milliseconds.
    pub slow_ms: u64,
}

impl Config {
    /// Reads the settings from the file, the environment and the flags.
    ///
    /// # Errors
    /// The first key that is unknown or has a bad value, by name and, in a file, by line; and
    /// settings that must not stand together.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the environment"
    )]
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        let config = source::load(flags, |name| std::env::var_os(name))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let listen = self.server.listen;
        if !self.auth.required && !listen.ip().is_loopback() {
            return Err(ConfigError::Setting(format!(
                "auth.required = false leaves the server open to everybody who reaches {listen}: \
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
        Ok(())
    }
}

impl Server {
    /// How many threads answer requests.
    pub fn worker_threads(&self) -> usize {
        match self.workers {
            0 => available_parallelism().map_or(1, NonZero::get),
            workers => usize::from(workers),
        }
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
            base_paths: ["/xapi/v2", "/api/groups/xapi"].map(BasePath::fixed).into(),
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
