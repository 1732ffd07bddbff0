//! Asks before something goes.

use super::error::CliError;
use std::io::{self, IsTerminal, Write};

/// The flags of the verbs that take something away.
#[derive(clap::Args)]
pub(super) struct Caution {
    /// Say what would be done, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// Asks whether something is to happen, unless that was said already. `action` says what, as the end of
/// "roomd is about to".
///
/// # Errors
/// An answer other than yes; no terminal to ask on.
pub(super) fn confirm(action: &str, is_said: bool) -> Result<(), CliError> {
    if is_said {
        Ok(())
    } else if has_terminal() {
        ask(action)
    } else {
        Err(CliError::Unconfirmed(action.to_owned()))
    }
}

/// Asks as [`confirm`] does, but only where there is a terminal: for what ends access and loses no data,
/// which a script must be able to end at once.
///
/// # Errors
/// An answer other than yes.
pub(super) fn confirm_at_terminal(action: &str, is_said: bool) -> Result<(), CliError> {
    if is_said || !has_terminal() {
        Ok(())
    } else {
        ask(action)
    }
}

fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn ask(action: &str) -> Result<(), CliError> {
    let mut answer = String::new();
    let question = format!("roomd is about to {action}. Continue? [y/N] ");
    let mut out = io::stderr();
    let asked = out
        .write_all(question.as_bytes())
        .and_then(|()| out.flush());
    let answered = asked.and_then(|()| io::stdin().read_line(&mut answer));
    let is_yes = ["y", "yes"].contains(&answer.trim().to_lowercase().as_str());
    match answered {
        Ok(_) if is_yes => Ok(()),
        _ => Err(CliError::Declined),
    }
}
