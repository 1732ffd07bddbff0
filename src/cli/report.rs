//! Reports what a verb has changed.

use super::error::CliError;
use super::output::print_line;
use std::fmt::Display;

/// Prints a line about a change. `done` says in a sentence what was changed, for the
/// operator who does not get the line.
pub(super) fn report_change(line: impl Display, done: impl Display) -> Result<(), CliError> {
    print_line(line).map_err(|reason| CliError::Unreported {
        done: done.to_string(),
        reason,
    })
}
