//! Environment variables that look like settings and are none.

use super::keys::SETTINGS;
use super::source::FILE_VARIABLE;
use std::ffi::OsString;

/// The start of the names of all environment variables.
const PREFIX: &str = "ROOMD_";

/// Returns the names, in order, of the variables that have the prefix of this program and stand for
/// no setting, as a mistyped one does. Empty variables count as not set.
pub(super) fn find(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<String> {
    let is_known = |name: &str| {
        name == FILE_VARIABLE || SETTINGS.iter().any(|setting| setting.variable == name)
    };
    let mut unknown: Vec<String> = variables
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .filter(|name| name.starts_with(PREFIX) && !is_known(name))
        .collect();
    unknown.sort_unstable();
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_without_a_setting_are_unknown() {
        let variables = [
            ("ROOMD_LISTN", "x"),
            ("ROOMD_DATABASE_PATH", "x"),
            ("ROOMD_EMPTY", ""),
            ("ROOMD_LISTEN", "x"),
            ("ROOMD_CONFIG", "x"),
            ("ROOMDX", "x"),
            ("PATH", "x"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        assert_eq!(
            find(variables.into_iter()),
            ["ROOMD_DATABASE_PATH", "ROOMD_LISTN"]
        );
    }
}
