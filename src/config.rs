//! The settings of `roomd`. A flag overrides an environment variable, a variable overrides the
//! configuration file, the file overrides the default. `config.toml` explains every setting.

mod effective;
mod error;
mod file;
mod keys;
mod setting_source;
mod settings;
mod source;
mod unknown_variables;
mod values;

pub use effective::EffectiveSetting;
pub use error::ConfigError;
pub use file::{MAX_FILE_BYTES, Moment, not_a_file, read_at_most, read_file};
pub use setting_source::SettingSource;
pub use settings::{
    Api, Auth, BigBlueButton, Builtin, Config, Database, Jitsi, LiveKit, Log, Meeting, Metrics,
    Rooms, Server, Template, Tls,
};
pub use source::{Flags, LoadedConfig};
pub use values::{BasePath, LogFormat, Origin, PublicUrl};

impl Config {
    /// Loads the settings from the configuration file, the environment and the flags.
    ///
    /// # Errors
    /// A file that cannot be read; the first key that is unknown or has a bad value, by name and,
    /// in a file, by line; settings that contradict each other.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        Ok(LoadedConfig::load(flags, Moment::Start)?.config)
    }

    /// Returns a sentence for each environment variable that looks like a setting and is none.
    pub fn warnings() -> Vec<String> {
        let warning =
            |name| format!("the environment variable {name} is unknown and has no effect");
        let unknown = unknown_variables::find(std::env::vars_os());
        unknown.into_iter().map(warning).collect()
    }
}

impl LoadedConfig {
    /// Loads the settings as [`Config::load`] does, and keeps what is needed to compare them.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the environment"
    )]
    pub fn load(flags: &Flags, moment: Moment) -> Result<Self, ConfigError> {
        let loaded = source::load(flags, moment, |name| std::env::var_os(name))?;
        loaded.config.check()?;
        Ok(loaded)
    }
}
