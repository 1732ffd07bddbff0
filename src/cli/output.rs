//! What verbs print for the operator: lines, counts and progress bars.

use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
#[cfg(unix)]
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;

/// The time between two pictures of a spinner.
const SPINNER_PAUSE: Duration = Duration::from_millis(100);

/// The reason why a line could not be written to stdout.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout: {0}")]
pub(super) struct OutputError(io::Error);

impl OutputError {
    /// Returns whether the reader of stdout has closed it, as `head` does when it has enough.
    pub(super) fn is_closed(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

/// Prints a line to stdout and flushes it. Unlike `println!`, it returns an error of stdout instead
/// of a panic.
pub(super) fn print_line(line: impl Display) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(OutputError)
}

/// Prints a file to stdout.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(OutputError)
}

/// Prints help or the version to stdout.
pub(super) fn print_text(text: &clap::Error) -> Result<(), OutputError> {
    text.print()
        .and_then(|()| io::stdout().flush())
        .map_err(OutputError)
}

/// Returns whether what is written to stdout is lost: it is the null device, which Rust also opens in the
/// place of a closed one.
#[cfg(unix)]
pub(super) fn is_stdout_lost() -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    let null = fs::metadata("/dev/null");
    let stdout = rustix::fs::fstat(io::stdout());
    match (null, stdout) {
        (Ok(null), Ok(stdout)) => {
            null.file_type().is_char_device()
                && rustix::fs::FileType::from_raw_mode(stdout.st_mode)
                    == rustix::fs::FileType::CharacterDevice
                && null.rdev() == stdout.st_rdev
        }
        // A closed one.
        (_, Err(_)) => true,
        (Err(_), Ok(_)) => false,
    }
}

/// This system does not tell.
#[cfg(not(unix))]
pub(super) fn is_stdout_lost() -> bool {
    false
}

/// Returns a count with its noun, in singular or plural: "1 user", "2 users".
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Returns the word for a fact.
pub(super) fn yes_or_no(fact: bool) -> &'static str {
    if fact { "yes" } else { "no" }
}

/// Returns what shows on a terminal that something goes on of which nobody knows how far it is.
pub(super) fn spinner(activity: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(activity.to_owned());
    // A hidden one needs no thread.
    if !spinner.is_hidden() {
        spinner.enable_steady_tick(SPINNER_PAUSE);
    }
    spinner
}

/// Returns a progress bar over `total` things, which shows only on a terminal.
pub(super) fn progress_bar(total: u64, things: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total).with_style(style);
    bar.with_message(things.to_owned())
}
