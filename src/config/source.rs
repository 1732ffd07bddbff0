//! Where settings come from, and how a bad one is named.

use super::Config;
use serde::Deserialize;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "config.toml";

/// The variable that names another file.
const FILE_VARIABLE: &str = "ROOMD_CONFIG";

/// Settings given on the command line, as they were typed.
#[derive(Debug, Default)]
pub struct Flags {
    /// The file to read in place of `config.toml`.
    pub config: Option<PathBuf>,
    /// `server.listen`.
    pub listen: Option<String>,
    /// `server.public_url`.
    pub public_url: Option<String>,
    /// `server.workers`.
    pub workers: Option<String>,
    /// `database.path`.
    pub database: Option<String>,
}

/// A setting that cannot be used: a sentence for the operator.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A flag on the command line.
    #[error("{0}")]
    Flag(String),
    /// The file, a variable, or settings that must not stand together.
    #[error("{0}")]
    Setting(String),
}

/// A key of the file, and the variable that overrides it.
struct Setting {
    section: &'static str,
    key: &'static str,
    variable: &'static str,
    form: Form,
}

/// How the text of a variable or flag becomes a value.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    Switch,
    List,
}

const LISTEN: Setting = setting("server", "listen", "ROOMD_LISTEN", Form::Text);
const PUBLIC_URL: Setting = setting("server", "public_url", "ROOMD_PUBLIC_URL", Form::Text);
const WORKERS: Setting = setting("server", "workers", "ROOMD_WORKERS", Form::Number);
const DATABASE: Setting = setting("database", "path", "ROOMD_DATABASE", Form::Text);

const SETTINGS: &[Setting] = &[
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
    setting("tls", "certificate", "ROOMD_TLS_CERTIFICATE", Form::Text),
    setting("tls", "key", "ROOMD_TLS_KEY", Form::Text),
    DATABASE,
    setting("api", "base_paths", "ROOMD_API_BASE_PATHS", Form::List),
    setting("auth", "required", "ROOMD_AUTH_REQUIRED", Form::Switch),
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
    setting("users", "lang", "ROOMD_USERS_LANG", Form::Text),
    setting("users", "timezone", "ROOMD_USERS_TIMEZONE", Form::Text),
    setting("log", "level", "ROOMD_LOG_LEVEL", Form::Text),
    setting("log", "format", "ROOMD_LOG_FORMAT", Form::Text),
    setting("log", "requests", "ROOMD_LOG_REQUESTS", Form::Switch),
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

/// Reads the file, then lays the variables over it, then the flags.
pub(super) fn load(
    flags: &Flags,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Config, ConfigError> {
    let named = flags
        .config
        .clone()
        .or_else(|| variable(FILE_VARIABLE).map(PathBuf::from));
    let mut layers = Layers::from_file(named.as_deref())?;
    for setting in SETTINGS {
        if let Some(value) = variable(setting.variable) {
            let text = value
                .into_string()
                .map_err(|_| ConfigError::Setting(format!("{} is not UTF-8", setting.variable)))?;
            layers
                .set(setting, setting.variable, &text)
                .map_err(ConfigError::Setting)?;
        }
    }
    for (setting, flag, text) in [
        (LISTEN, "--listen", &flags.listen),
        (PUBLIC_URL, "--public-url", &flags.public_url),
        (WORKERS, "--workers", &flags.workers),
        (DATABASE, "--database", &flags.database),
    ] {
        if let Some(text) = text {
            layers
                .set(&setting, flag, text)
                .map_err(ConfigError::Flag)?;
        }
    }
    Ok(layers.config)
}

/// The settings so far, as a table to lay more over and as what it means.
struct Layers {
    table: Table,
    config: Config,
}

impl Layers {
    fn from_file(named: Option<&Path>) -> Result<Self, ConfigError> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(ConfigError::Setting(format!(
                    "cannot read {}: {error}",
                    path.display()
                )));
            }
        };
        Self::from_text(&text)
            .map_err(|reason| ConfigError::Setting(format!("{}, {reason}", path.display())))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let whole_line = |error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1;
            format!("line {line}: {}", one_line(error.message()))
        };
        let document = toml::Deserializer::parse(text).map_err(whole_line)?;
        let config = serde_path_to_error::deserialize(document).map_err(|error| {
            let path = error.path().to_string();
            let reason = whole_line(error.into_inner());
            match reason.split_once(": ") {
                Some((line, message)) => format!("{line}: {path}: {message}"),
                None => reason,
            }
        })?;
        let table = text.parse().map_err(whole_line)?;
        Ok(Self { table, config })
    }

    fn set(&mut self, setting: &Setting, source: &str, text: &str) -> Result<(), String> {
        let refused = |reason: &str| format!("{source}: {}", one_line(reason));
        let value = setting.form.value(text).map_err(refused)?;
        let section = self
            .table
            .entry(setting.section)
            .or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(section) = section {
            section.insert(setting.key.to_owned(), value);
        }
        self.config =
            Config::deserialize(self.table.clone()).map_err(|error| refused(error.message()))?;
        Ok(())
    }
}

impl Form {
    fn value(self, text: &str) -> Result<Value, &'static str> {
        match self {
            Self::Text => Ok(Value::String(text.to_owned())),
            Self::Number => text
                .parse()
                .map(Value::Integer)
                .map_err(|_| "must be a whole number"),
            Self::Switch => text
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

fn one_line(message: &str) -> String {
    message.trim().replace('\n', ", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../config.toml");

    fn file(text: &str) -> Result<Config, String> {
        Layers::from_text(text).map(|layers| layers.config)
    }

    fn overridden(variable: &str, text: &str) -> Result<Config, String> {
        let mut layers = Layers::from_text(FILE).expect("the documented file");
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.variable == variable)
            .expect(variable);
        layers.set(setting, variable, text)?;
        Ok(layers.config)
    }

    #[test]
    fn the_documented_file_holds_exactly_the_defaults() {
        assert_eq!(file(FILE), Ok(Config::default()));
        assert_eq!(file(""), Ok(Config::default()));
    }

    /// The names that a refusal offers are those that the program knows.
    fn known_names(text: &str) -> Vec<String> {
        let refusal = file(text).expect_err("an unknown name");
        let (_, offered) = refusal.split_once("expected ").expect("names are offered");
        offered
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_setting_is_documented_and_has_a_variable() {
        let table: Table = FILE.parse().expect("the documented file");
        for section in known_names("unknown = 1") {
            for key in known_names(&format!("[{section}]\nunknown = 1")) {
                assert!(
                    table[&section].get(&key).is_some(),
                    "{section}.{key} is not in the file"
                );
                let setting = SETTINGS
                    .iter()
                    .find(|known| known.section == section && known.key == key);
                let variable = setting.expect("a variable for every key").variable;
                assert!(
                    FILE.contains(&format!("# {variable}")),
                    "{variable} is not in the file"
                );
            }
        }
    }

    #[test]
    fn a_bad_key_or_value_is_named_with_its_line() {
        for (text, refusal) in [
            (
                "[server]\nlisen = 1",
                "line 2: server.lisen: unknown field `lisen`, expected one of `listen`, `public_url`, `workers`, `trusted_proxies`, `connections_per_address`",
            ),
            (
                "\n[server]\nlisten = \"here\"",
                "line 3: server.listen: must be ADDRESS:PORT, such as 127.0.0.1:8080",
            ),
            (
                "[server]\nworkers = -1",
                "line 2: server.workers: invalid value: integer `-1`, expected u16",
            ),
            (
                "[server]\ntrusted_proxies = [\"10.0.0.1\", \"10.0.0.0/33\"]",
                "line 2: server.trusted_proxies: must be addresses or networks, such as 10.0.0.5 or 10.0.0.0/8",
            ),
            (
                "[auth]\nfailures_per_minute = -1",
                "line 2: auth.failures_per_minute: invalid value: integer `-1`, expected u32",
            ),
            (
                "[rooms]\nlanguages = [\"en-US\", \"en_US\"]",
                "line 2: rooms.languages: must be a language tag, such as en-US (BCP 47)",
            ),
            (
                "[log]\nformat = \"xml\"",
                "line 2: log.format: unknown variant `xml`, expected `text` or `json`",
            ),
        ] {
            assert_eq!(file(text), Err(refusal.to_owned()));
        }
        let broken = file("[server\n").expect_err("not TOML");
        assert!(broken.starts_with("line 1: "), "{broken}");
    }

    #[test]
    fn a_flag_beats_a_variable_and_a_variable_the_file() {
        let variable = |name: &str| match name {
            "ROOMD_LISTEN" => Some(OsString::from("127.0.0.1:1")),
            "ROOMD_DATABASE" => Some(OsString::from("variable.db")),
            _ => None,
        };
        let flags = Flags {
            listen: Some("127.0.0.1:2".into()),
            ..Flags::default()
        };
        let config = load(&flags, variable).expect("valid settings");
        assert_eq!(config.server.listen.port(), 2);
        assert_eq!(config.database.path, Path::new("variable.db"));
        assert_eq!(config.log, Config::default().log);
    }

    #[test]
    fn variables_are_read_by_the_form_of_their_key() {
        let languages = overridden("ROOMD_ROOMS_LANGUAGES", "en-us, tr")
            .expect("a list")
            .rooms
            .languages;
        assert_eq!(
            languages.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(),
            ["en-US", "tr"]
        );
        let proxies = overridden("ROOMD_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
            .expect("a list")
            .server
            .trusted_proxies;
        assert_eq!(
            proxies.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["10.0.0.0/8", "::1/128"]
        );
        assert!(
            !overridden("ROOMD_AUTH_REQUIRED", "false")
                .expect("a switch")
                .auth
                .required
        );
        assert_eq!(
            overridden("ROOMD_WORKERS", "3")
                .expect("a number")
                .server
                .workers,
            3
        );
        for (variable, text, refusal) in [
            (
                "ROOMD_WORKERS",
                "many",
                "ROOMD_WORKERS: must be a whole number",
            ),
            (
                "ROOMD_AUTH_REQUIRED",
                "no",
                "ROOMD_AUTH_REQUIRED: must be true or false",
            ),
            (
                "ROOMD_LISTEN",
                "x",
                "ROOMD_LISTEN: must be ADDRESS:PORT, such as 127.0.0.1:8080",
            ),
        ] {
            assert_eq!(overridden(variable, text), Err(refusal.to_owned()));
        }
    }

    #[test]
    fn without_keys_only_a_loopback_address_will_do() {
        let open = |listen: &str| {
            let mut config = overridden("ROOMD_LISTEN", listen).expect("an address");
            config.auth.required = false;
            config.check()
        };
        assert!(open("127.0.0.1:8080").is_ok());
        assert!(open("[::1]:8080").is_ok());
        assert!(open("0.0.0.0:8080").is_err());
        assert!(open("[::]:8080").is_err());
        assert!(open("192.168.0.1:8080").is_err());
    }
}
