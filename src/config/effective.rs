//! The settings in effect, with where each is from.

use super::keys::{Form, SETTINGS, Setting};
use super::setting_source::SettingSource;
use super::source::{LoadedConfig, get};
use serde_json::Value;
use toml::Table;

/// The file with every default, which a test compares with the settings.
const DEFAULTS: &str = include_str!("../../config.toml");

/// A setting in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// The name, as `section.key`.
    pub name: String,
    /// The environment variable that overrides the file.
    pub variable: &'static str,
    /// The value as it was stated; None for a secret that is set.
    pub value: Option<Value>,
    /// Where the value is from.
    pub source: SettingSource,
}

impl LoadedConfig {
    /// Returns every setting, in the order of the sections, without any secret.
    pub fn effective(&self) -> Vec<EffectiveSetting> {
        let defaults: Table = DEFAULTS.parse().unwrap_or_default();
        let setting = |setting: &Setting| {
            let stated = get(&self.table, setting).or_else(|| get(&defaults, setting));
            let value = stated.map_or(Value::Null, |value| {
                serde_json::to_value(value).unwrap_or_default()
            });
            let is_hidden = setting.form == Form::Secret && value != "";
            let name = setting.name();
            let source = self.sources.get(&name).cloned();
            EffectiveSetting {
                variable: setting.variable,
                value: (!is_hidden).then_some(value),
                source: source.unwrap_or(SettingSource::Default),
                name,
            }
        };
        SETTINGS.iter().map(setting).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::Moment;
    use crate::config::source::{Flags, load};

    /// A text that no default has.
    const MARK: &str = "qzxvqzxv";

    /// Returns the settings with one variable.
    fn with(variable: &'static str, text: &str) -> Option<LoadedConfig> {
        let flags = Flags {
            config: Some("config.toml".into()),
            ..Flags::default()
        };
        let variables = |name: &str| (name == variable).then(|| text.into());
        load(&flags, Moment::Start, variables).ok()
    }

    /// A secret hides itself in debug output, so that is how a new one is found here.
    #[test]
    fn exactly_the_settings_whose_values_hide_themselves_are_hidden() {
        let mut hidden = Vec::new();
        for setting in SETTINGS {
            let Some(loaded) = with(setting.variable, MARK) else {
                // It takes no text of this form, as a number does.
                assert!(setting.form != Form::Secret, "{}", setting.name());
                continue;
            };
            let shows_itself = format!("{:?}", loaded.config).contains(MARK);
            let is_shown = format!("{:?}", loaded.effective()).contains(MARK);
            assert_eq!(is_shown, shows_itself, "{}", setting.name());
            if !is_shown {
                hidden.push(setting.name());
            }
        }
        assert_eq!(hidden.len(), 6, "{hidden:?}");
    }

    #[test]
    fn every_setting_has_a_value_and_its_source() {
        let loaded = with("ROOMD_WORKERS", "3").expect("valid settings");
        for setting in loaded.effective() {
            let value = setting.value.expect("no secret is set");
            assert_ne!(value, Value::Null, "{}", setting.name);
            let source = match setting.name.as_str() {
                "server.workers" => SettingSource::Variable("ROOMD_WORKERS"),
                // The documented file states every default.
                _ => SettingSource::File("config.toml".into()),
            };
            assert_eq!(setting.source, source, "{}", setting.name);
        }
    }
}
