//! The table of all settings: the key in the file, and the environment variable that overrides it.

use std::num::{IntErrorKind, ParseIntError};
use toml::Value;

/// A setting, by its place in the file.
pub(super) struct Setting {
    /// The table of the file that the key is in: a name, or several with dots between them.
    pub(super) section: &'static str,
    /// The key in that table.
    pub(super) key: &'static str,
    /// The environment variable that overrides the file.
    pub(super) variable: &'static str,
    /// The form of the value.
    pub(super) form: Form,
}

impl Setting {
    /// Returns the name in messages: `section.key`.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// How the text of a variable or flag becomes a value of TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// A text that is never shown.
    Secret,
    Number,
    Boolean,
    /// Texts, separated by commas.
    List,
}

pub(super) const LISTEN: Setting = setting("server", "listen", "ROOMD_LISTEN", Form::Text);
pub(super) const PUBLIC_URL: Setting =
    setting("server", "public_url", "ROOMD_PUBLIC_URL", Form::Text);
pub(super) const WORKERS: Setting = setting("server", "workers", "ROOMD_WORKERS", Form::Number);
pub(super) const DATABASE: Setting = setting("database", "path", "ROOMD_DATABASE", Form::Text);

/// Every setting.
pub(super) const SETTINGS: &[Setting] = &[
    LISTEN,
    PUBLIC_URL,
    WORKERS,
    setting(
        "server",
        "trusted_proxies",
        "ROOMD_TRUSTED_PROXIES",
        Form::List,
    ),
    setting(
        "server",
        "connections_per_address",
        "ROOMD_CONNECTIONS_PER_ADDRESS",
        Form::Number,
    ),
    setting(
        "server",
        "keep_alive_seconds",
        "ROOMD_KEEP_ALIVE_SECONDS",
        Form::Number,
    ),
    setting("server", "cors_origins", "ROOMD_CORS_ORIGINS", Form::List),
    setting("tls", "certificate", "ROOMD_TLS_CERTIFICATE", Form::Text),
    setting("tls", "key", "ROOMD_TLS_KEY", Form::Text),
    DATABASE,
    setting("api", "base_paths", "ROOMD_API_BASE_PATHS", Form::List),
    setting("auth", "required", "ROOMD_AUTH_REQUIRED", Form::Boolean),
    setting(
        "auth",
        "failures_per_minute",
        "ROOMD_AUTH_FAILURES_PER_MINUTE",
        Form::Number,
    ),
    setting(
        "auth",
        "requests_per_minute",
        "ROOMD_AUTH_REQUESTS_PER_MINUTE",
        Form::Number,
    ),
    setting("rooms", "languages", "ROOMD_ROOMS_LANGUAGES", Form::List),
    setting("meeting", "server", "ROOMD_MEETING_SERVER", Form::Text),
    setting(
        "meeting",
        "without_host",
        "ROOMD_MEETING_WITHOUT_HOST",
        Form::Text,
    ),
    setting(
        "meeting",
        "secret_file",
        "ROOMD_MEETING_SECRET_FILE",
        Form::Text,
    ),
    setting(
        "meeting.builtin",
        "max_people",
        "ROOMD_MEETING_BUILTIN_MAX_PEOPLE",
        Form::Number,
    ),
    setting(
        "meeting.builtin",
        "ice_servers",
        "ROOMD_MEETING_BUILTIN_ICE_SERVERS",
        Form::List,
    ),
    setting(
        "meeting.builtin",
        "turn_secret",
        "ROOMD_MEETING_BUILTIN_TURN_SECRET",
        Form::Secret,
    ),
    setting(
        "meeting",
        "host_stays_minutes",
        "ROOMD_MEETING_HOST_STAYS_MINUTES",
        Form::Number,
    ),
    setting(
        "meeting.template",
        "host_url",
        "ROOMD_MEETING_TEMPLATE_HOST_URL",
        Form::Text,
    ),
    setting(
        "meeting.template",
        "guest_url",
        "ROOMD_MEETING_TEMPLATE_GUEST_URL",
        Form::Text,
    ),
    setting(
        "meeting.template",
        "allow_http",
        "ROOMD_MEETING_TEMPLATE_ALLOW_HTTP",
        Form::Boolean,
    ),
    setting(
        "meeting.template",
        "token_claims",
        "ROOMD_MEETING_TEMPLATE_TOKEN_CLAIMS",
        Form::Text,
    ),
    setting(
        "meeting.template",
        "token_algorithm",
        "ROOMD_MEETING_TEMPLATE_TOKEN_ALGORITHM",
        Form::Text,
    ),
    setting(
        "meeting.template",
        "token_secret",
        "ROOMD_MEETING_TEMPLATE_TOKEN_SECRET",
        Form::Secret,
    ),
    setting(
        "meeting.template",
        "token_secret_file",
        "ROOMD_MEETING_TEMPLATE_TOKEN_SECRET_FILE",
        Form::Text,
    ),
    setting(
        "meeting.template",
        "token_key_file",
        "ROOMD_MEETING_TEMPLATE_TOKEN_KEY_FILE",
        Form::Text,
    ),
    setting(
        "meeting.template",
        "token_key_id",
        "ROOMD_MEETING_TEMPLATE_TOKEN_KEY_ID",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "url",
        "ROOMD_MEETING_JITSI_URL",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "app_id",
        "ROOMD_MEETING_JITSI_APP_ID",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "algorithm",
        "ROOMD_MEETING_JITSI_ALGORITHM",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "secret",
        "ROOMD_MEETING_JITSI_SECRET",
        Form::Secret,
    ),
    setting(
        "meeting.jitsi",
        "secret_file",
        "ROOMD_MEETING_JITSI_SECRET_FILE",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "key_file",
        "ROOMD_MEETING_JITSI_KEY_FILE",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "key_id",
        "ROOMD_MEETING_JITSI_KEY_ID",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "audience",
        "ROOMD_MEETING_JITSI_AUDIENCE",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "domain",
        "ROOMD_MEETING_JITSI_DOMAIN",
        Form::Text,
    ),
    setting(
        "meeting.jitsi",
        "guests",
        "ROOMD_MEETING_JITSI_GUESTS",
        Form::Text,
    ),
    setting(
        "meeting.bigbluebutton",
        "url",
        "ROOMD_MEETING_BIGBLUEBUTTON_URL",
        Form::Text,
    ),
    setting(
        "meeting.bigbluebutton",
        "secret",
        "ROOMD_MEETING_BIGBLUEBUTTON_SECRET",
        Form::Secret,
    ),
    setting(
        "meeting.bigbluebutton",
        "secret_file",
        "ROOMD_MEETING_BIGBLUEBUTTON_SECRET_FILE",
        Form::Text,
    ),
    setting(
        "meeting.bigbluebutton",
        "checksum",
        "ROOMD_MEETING_BIGBLUEBUTTON_CHECKSUM",
        Form::Text,
    ),
    setting(
        "meeting.livekit",
        "url",
        "ROOMD_MEETING_LIVEKIT_URL",
        Form::Text,
    ),
    setting(
        "meeting.livekit",
        "api_url",
        "ROOMD_MEETING_LIVEKIT_API_URL",
        Form::Text,
    ),
    setting(
        "meeting.livekit",
        "api_key",
        "ROOMD_MEETING_LIVEKIT_API_KEY",
        Form::Text,
    ),
    setting(
        "meeting.livekit",
        "secret",
        "ROOMD_MEETING_LIVEKIT_SECRET",
        Form::Secret,
    ),
    setting(
        "meeting.livekit",
        "secret_file",
        "ROOMD_MEETING_LIVEKIT_SECRET_FILE",
        Form::Text,
    ),
    setting("metrics", "listen", "ROOMD_METRICS_LISTEN", Form::Text),
    setting("metrics", "token", "ROOMD_METRICS_TOKEN", Form::Secret),
    setting(
        "metrics",
        "token_file",
        "ROOMD_METRICS_TOKEN_FILE",
        Form::Text,
    ),
    setting("users", "lang", "ROOMD_USERS_LANG", Form::Text),
    setting("users", "timezone", "ROOMD_USERS_TIMEZONE", Form::Text),
    setting(
        "users",
        "register_unknown",
        "ROOMD_USERS_REGISTER_UNKNOWN",
        Form::List,
    ),
    setting("log", "level", "ROOMD_LOG_LEVEL", Form::Text),
    setting("log", "format", "ROOMD_LOG_FORMAT", Form::Text),
    setting("log", "requests", "ROOMD_LOG_REQUESTS", Form::Boolean),
    setting("log", "slow_ms", "ROOMD_LOG_SLOW_MS", Form::Number),
];

const fn setting(
    section: &'static str,
    key: &'static str,
    variable: &'static str,
    form: Form,
) -> Setting {
    Setting {
        section,
        key,
        variable,
        form,
    }
}

impl Form {
    /// Returns the value that a text stands for, or what the text must be.
    pub(super) fn parse(self, text: &str) -> Result<Value, &'static str> {
        match self {
            Self::Text | Self::Secret => Ok(Value::String(text.to_owned())),
            Self::Number => text.parse().map(Value::Integer).or_else(|error| {
                /// Out of the range of every setting, as a number beyond 64 bits is.
                const OUT_OF_RANGE: i64 = -1;

                match ParseIntError::kind(&error) {
                    IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
                        Ok(Value::Integer(OUT_OF_RANGE))
                    }
                    _ => Err("must be a whole number"),
                }
            }),
            Self::Boolean => text
                .parse()
                .map(Value::Boolean)
                .map_err(|_| "must be true or false"),
            Self::List => {
                let parts = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                Ok(Value::Array(
                    parts.map(|part| Value::String(part.to_owned())).collect(),
                ))
            }
        }
    }
}
