//! What verbs print for the operator: lines, tables, counts and progress bars.

use crate::model::text;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
#[cfg(unix)]
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::iter;

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

/// Returns a progress bar over `total` things, which shows only on a terminal.
pub(super) fn progress_bar(total: u64, things: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total).with_style(style);
    bar.with_message(things.to_owned())
}

/// Returns rows laid out in columns below their headings, two spaces between columns.
pub(super) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let rows: Vec<_> = iter::once(headings.map(str::to_owned))
        .chain(rows.map(|row| row.map(|cell| text::on_one_line(&cell).into_owned())))
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let lines = rows.iter().map(|row| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["çok", ""], ["x", "y"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(["a", "b"], rows.into_iter()), "a    b\nçok\nx    y");
    }
}
