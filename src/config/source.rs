//! The sources of settings: the file, the environment variables and the flags.

use super::error::ConfigError;
use super::file::{Moment, read_configuration};
use super::keys::{DATABASE, LISTEN, PUBLIC_URL, SETTINGS, Setting, WORKERS};
use super::setting_source::SettingSource;
use super::settings::Config;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The configuration file that is read if none is named. It need not exist.
const DEFAULT_FILE: &str = "config.toml";

/// The environment variable that names the configuration file.
pub(super) const FILE_VARIABLE: &str = "ROOMD_CONFIG";

/// The settings on the command line, as they were typed.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// The configuration file to read in place of `config.toml`.
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

/// Settings as they were loaded, to be compared with those of another time.
#[derive(Debug, Clone)]
pub struct LoadedConfig {
    /// The settings.
    pub config: Config,
    /// Those settings that differ from the defaults or are stated nevertheless.
    pub(super) table: Table,
    /// Where each of these is from, by its name.
    pub(super) sources: BTreeMap<String, SettingSource>,
}

impl LoadedConfig {
    /// Returns the settings, as `section.key`, that have another value in `newer`.
    pub fn changed_keys(&self, newer: &Self) -> Vec<String> {
        let changed = SETTINGS.iter().filter(|setting| {
            let mut table = self.table.clone();
            put(&mut table, setting, get(&newer.table, setting).cloned());
            // A value that was valid among others is valid here.
            Config::deserialize(table).is_ok_and(|config| config != self.config)
        });
        changed.map(Setting::name).collect()
    }

    /// Gives settings, named as `section.key`, the values that they have in `other`. They must be
    /// valid together with the rest.
    pub fn keep(&mut self, keys: &[&str], other: &Self) {
        let mut table = self.table.clone();
        for setting in SETTINGS {
            if keys.contains(&setting.name().as_str()) {
                put(&mut table, setting, get(&other.table, setting).cloned());
            }
        }
        // A value that was valid among others is valid here.
        if let Ok(config) = Config::deserialize(table.clone()) {
            (self.config, self.table) = (config, table);
        }
    }
}

/// Returns the settings of the file, overridden by the variables, and these by the flags. An empty
/// variable counts as not set.
pub(super) fn load(
    flags: &Flags,
    moment: Moment,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<LoadedConfig, ConfigError> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let named = flags
        .config
        .clone()
        .or_else(|| variable(FILE_VARIABLE).map(PathBuf::from));
    let mut layers = Layers::from_file(named.as_deref(), moment)?;
    let mut sources = BTreeMap::new();
    let file = named.unwrap_or(DEFAULT_FILE.into());
    for setting in SETTINGS {
        if get(&layers.table, setting).is_some() {
            sources.insert(setting.name(), SettingSource::File(file.clone()));
        }
    }
    for setting in SETTINGS {
        if let Some(value) = variable(setting.variable) {
            let text = value
                .into_string()
                .map_err(|_| ConfigError::Setting(format!("{} is not UTF-8", setting.variable)))?;
            layers
                .set(setting, setting.variable, &text)
                .map_err(ConfigError::Setting)?;
            sources.insert(setting.name(), SettingSource::Variable(setting.variable));
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
            sources.insert(setting.name(), SettingSource::Flag(flag));
        }
    }
    Ok(LoadedConfig {
        config: layers.config,
        table: layers.table,
        sources,
    })
}

/// Returns the value of a setting, if the table states it.
pub(super) fn get<'a>(table: &'a Table, setting: &Setting) -> Option<&'a Value> {
    let mut section = table;
    for name in setting.section.split('.') {
        section = section.get(name)?.as_table()?;
    }
    section.get(setting.key)
}

/// Replaces the value of a setting, or removes it.
fn put(table: &mut Table, setting: &Setting, value: Option<Value>) {
    let mut section = table;
    for name in setting.section.split('.') {
        let below = section
            .entry(name)
            .or_insert_with(|| Value::Table(Table::new()));
        // A value in the place of a section was rejected when the file was read.
        let Value::Table(below) = below else { return };
        section = below;
    }
    match value {
        Some(value) => section.insert(setting.key.to_owned(), value),
        None => section.remove(setting.key),
    };
}

/// The settings so far.
struct Layers {
    /// The settings as TOML, in which the next layer overrides values.
    table: Table,
    /// The settings that the table stands for.
    config: Config,
}

impl Layers {
    fn from_file(named: Option<&Path>, moment: Moment) -> Result<Self, ConfigError> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let text = read_configuration(path, moment).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| Error::other("it is not UTF-8"))
        });
        let text = match text {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(ConfigError::Setting(format!(
                    "cannot read the configuration file {}: {error}",
                    path.display()
                )));
            }
        };
        Self::from_text(&text)
            .map_err(|reason| ConfigError::Setting(format!("{}, {reason}", path.display())))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let with_line = |error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1;
            format!("line {line}: {}", one_line(error.message()))
        };
        let document = toml::Deserializer::parse(text).map_err(with_line)?;
        let config = serde_path_to_error::deserialize(document).map_err(|error| {
            let path = error.path().to_string();
            let reason = with_line(error.into_inner());
            match reason.split_once(": ") {
                Some((line, message)) => format!("{line}: {path}: {message}"),
                None => reason,
            }
        })?;
        let table = text.parse().map_err(with_line)?;
        Ok(Self { table, config })
    }

    /// Overrides one setting by the text of a variable or flag, which `source` names.
    fn set(&mut self, setting: &Setting, source: &str, text: &str) -> Result<(), String> {
        let with_source = |reason: &str| format!("{source}: {}", one_line(reason));
        let value = setting.form.parse(text).map_err(with_source)?;
        put(&mut self.table, setting, Some(value));
        self.config = Config::deserialize(self.table.clone())
            .map_err(|error| with_source(error.message()))?;
        Ok(())
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

    /// Returns the names that the error of an unknown name lists, which are all known ones.
    fn known_names(text: &str) -> Vec<String> {
        let error = file(text).expect_err("an unknown name");
        let (_, known) = error.split_once("expected ").expect("a list of names");
        known
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_setting_is_documented_and_has_a_variable() {
        let file = Value::Table(FILE.parse().expect("the documented file"));
        let mut sections = known_names("unknown = 1");
        while let Some(section) = sections.pop() {
            for key in known_names(&format!("[{section}]\nunknown = 1")) {
                let documented = section.split('.').fold(&file, |table, name| &table[name]);
                let documented = documented.get(&key);
                if documented.is_some_and(Value::is_table) {
                    sections.push(format!("{section}.{key}"));
                    continue;
                }
                assert!(documented.is_some(), "{section}.{key} is not in the file");
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
        for (text, message) in [
            (
                "[server]\nlisen = 1",
                "line 2: server.lisen: unknown field `lisen`, expected one of `listen`, `public_url`, `workers`, `trusted_proxies`, `connections_per_address`, `keep_alive_seconds`, `cors_origins`",
            ),
            (
                "\n[server]\nlisten = \"here\"",
                "line 3: server.listen: must be ADDRESS:PORT, such as 127.0.0.1:8080",
            ),
            (
                "[server]\nworkers = -1",
                "line 2: server.workers: must be a whole number from 0 to 65535",
            ),
            (
                "[server]\ntrusted_proxies = [\"10.0.0.1\", \"10.0.0.0/33\"]",
                "line 2: server.trusted_proxies: must be addresses or networks, such as 10.0.0.5 or 10.0.0.0/8",
            ),
            (
                "[log]\nslow_ms = 99999999999999999999",
                "line 2: log.slow_ms: must be a whole number from 0 to 9223372036854775807",
            ),
            (
                "[auth]\nfailures_per_minute = -1",
                "line 2: auth.failures_per_minute: must be a whole number from 0 to 4294967295",
            ),
            (
                "[log]\nslow_ms = \"250\"",
                "line 2: log.slow_ms: must be a whole number from 0 to 9223372036854775807",
            ),
            (
                "[rooms]\nlanguages = [\"en-US\", \"e\"]",
                "line 2: rooms.languages: must be a language tag, such as en-US (BCP 47)",
            ),
            (
                "[log]\nformat = \"xml\"",
                "line 2: log.format: must be text or json",
            ),
            (
                "[log]\nlevel = \"loud\"",
                "line 2: log.level: must be error, warn, info, debug, trace or off",
            ),
            (
                "[log]\nlevel = 3",
                "line 2: log.level: must be error, warn, info, debug, trace or off",
            ),
            (
                "[log]\nrequests = \"yes\"",
                "line 2: log.requests: must be true or false",
            ),
            (
                "[users]\nlang = true",
                "line 2: users.lang: must be a text in quotes",
            ),
            (
                "[api]\nbase_paths = \"/x\"",
                "line 2: api.base_paths: must be a list of texts in quotes",
            ),
            (
                "[database]\npath = 1",
                "line 2: database.path: must be a text in quotes",
            ),
            (
                "[database]\npath = \"\"",
                "line 2: database.path: must be the name of a file",
            ),
            (
                "[meeting]\nserver = \"zoom\"",
                "line 2: meeting.server: must be builtin, template, jitsi, bigbluebutton, livekit or none",
            ),
            (
                "[meeting]\nwithout_host = true",
                "line 2: meeting.without_host: must be a text in quotes",
            ),
            (
                "[meeting.builtin]\nmax_people = 1",
                "line 2: meeting.builtin.max_people: must be a whole number from 2 to 64",
            ),
            (
                "[meeting.builtin]\nice_servers = [\"stun.example.com\"]",
                "line 2: meeting.builtin.ice_servers: must be URLs of STUN and TURN servers, such as stun:stun.example.com:3478 or turn:turn.example.com?transport=udp",
            ),
            (
                "server = 1",
                "line 1: server: invalid type: integer `1`, expected a section, which begins with its name in brackets",
            ),
        ] {
            assert_eq!(file(text), Err(message.to_owned()));
        }
        let broken = file("[server\n").expect_err("not TOML");
        assert!(broken.starts_with("line 1: "), "{broken}");
    }

    #[test]
    fn a_flag_overrides_a_variable_and_a_variable_overrides_the_file() {
        let variable = |name: &str| match name {
            "ROOMD_LISTEN" => Some(OsString::from("127.0.0.1:1")),
            "ROOMD_DATABASE" => Some(OsString::from("variable.db")),
            _ => None,
        };
        let flags = Flags {
            listen: Some("127.0.0.1:2".into()),
            ..Flags::default()
        };
        let config = load(&flags, Moment::Start, variable)
            .expect("valid settings")
            .config;
        assert_eq!(config.server.listen.port(), 2);
        assert_eq!(config.database.path, Path::new("variable.db"));
        assert_eq!(config.log, Config::default().log);
    }

    #[test]
    fn only_values_that_differ_are_changed() {
        let loaded = |text: &str| {
            let Layers { table, config } = Layers::from_text(text).expect("valid settings");
            LoadedConfig {
                config,
                table,
                sources: BTreeMap::new(),
            }
        };
        let (none, all) = (loaded(""), loaded(FILE));
        assert_eq!(none.changed_keys(&all), [""; 0]);
        assert_eq!(all.changed_keys(&none), [""; 0]);
        let other = loaded("[server]\nworkers = 3\n[log]\nlevel = \"warn\"\nslow_ms = 250\n");
        let keys = ["server.workers", "log.level"];
        assert_eq!(none.changed_keys(&other), keys);
        assert_eq!(other.changed_keys(&all), keys);
        assert_eq!(other.changed_keys(&other), [""; 0]);
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let loaded = |variable: fn(&str) -> Option<OsString>| {
            let loaded = load(&Flags::default(), Moment::Start, variable);
            loaded.expect("valid settings").config
        };
        let empty = |name: &str| (name != FILE_VARIABLE).then(OsString::new);
        assert_eq!(loaded(empty), Config::default());
        assert_eq!(loaded(|_| Some(OsString::new())), Config::default());
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
                .expect("a boolean")
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
        for (variable, text, message) in [
            (
                "ROOMD_WORKERS",
                "many",
                "ROOMD_WORKERS: must be a whole number",
            ),
            (
                "ROOMD_WORKERS",
                "65536",
                "ROOMD_WORKERS: must be a whole number from 0 to 65535",
            ),
            (
                "ROOMD_LOG_SLOW_MS",
                "99999999999999999999",
                "ROOMD_LOG_SLOW_MS: must be a whole number from 0 to 9223372036854775807",
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
            assert_eq!(overridden(variable, text), Err(message.to_owned()));
        }
    }
}
