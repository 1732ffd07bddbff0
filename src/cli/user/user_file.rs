//! The CSV file of the verbs that register or change many users at once.

use super::rows::Rows;
use crate::cli::error::{BadRow, CliError, ImportError};
use crate::cli::output::print_line;
use crate::config::{Config, not_a_file, read_at_most};
use crate::model::file_kind::{PIPE, other_kind};
use crate::model::{self, NameOwner, RowError, RowFault};
use crate::store::{self, DirectoryEntry};
use serde_json::{Value, json};
use std::fs::File;
use std::io;
use std::path::Path;

/// The most bytes of a file: half a million people, and an end to what a program writes into a pipe.
const MAX_BYTES: u64 = 64 << 20;

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// All people are new users, so that each needs a name.
    Import,
    /// People may be users already.
    Sync,
}

impl Purpose {
    /// Returns what is done, as the end of "nothing was".
    fn done(self) -> &'static str {
        match self {
            Self::Import => "imported",
            Self::Sync => "synchronized",
        }
    }
}

/// The users of a file, each row of which is right.
pub(super) struct UserFile<'a> {
    path: &'a Path,
    purpose: Purpose,
    /// The line on which each row starts, from 1.
    lines: Vec<u64>,
    /// The rows.
    pub(super) entries: Vec<DirectoryEntry>,
    /// Whether the database does not exist yet, so that all of the users are new.
    pub(super) is_first: bool,
}

impl<'a> UserFile<'a> {
    /// Reads a file for the database of the settings, which need not exist.
    ///
    /// # Errors
    /// A file that cannot be read; all rows that are wrong.
    pub(super) fn read(
        path: &'a Path,
        purpose: Purpose,
        config: &Config,
    ) -> Result<Self, CliError> {
        let content = read(path).map_err(|reason| ImportError::Unreadable {
            file: path.to_owned(),
            reason,
        })?;
        let needs_names = purpose == Purpose::Import;
        let rows = Rows::read(&content, needs_names, &config.users.defaults());
        let is_first = !config.database.path.exists();
        // Before the database is created, which finds the same.
        let errors = match is_first {
            true => rows.errors_of_new(),
            false => Vec::new(),
        };
        let file = Self {
            path,
            purpose,
            lines: rows.lines,
            entries: rows.entries,
            is_first,
        };
        if !rows.bad.is_empty() {
            Err(file.bad_rows(rows.bad))
        } else if !errors.is_empty() {
            Err(file.row_errors(errors))
        } else {
            Ok(file)
        }
    }

    /// Returns an error of the store as one that names rows by their lines, if it is about rows.
    pub(super) fn error(&self, error: store::Error) -> CliError {
        match error {
            store::Error::Rule(model::Error::InvalidRows(errors)) => self.row_errors(errors),
            error => error.into(),
        }
    }

    fn row_errors(&self, errors: Vec<RowError>) -> CliError {
        let rows = errors.into_iter().map(|error| BadRow {
            line: self.lines[error.row],
            message: self.in_words(&error.fault),
        });
        self.bad_rows(rows.collect())
    }

    fn in_words(&self, fault: &RowFault) -> String {
        match fault {
            RowFault::EmailTaken(email, owner) => {
                self.taken(&format!("the e-mail address {email}"), *owner)
            }
            RowFault::UsernameTaken(username, owner) => {
                self.taken(&format!("the username {username}"), *owner)
            }
            RowFault::NameMissing(email) => format!(
                "{email} is no user yet, and a new user needs a name: fill in the column \"name\""
            ),
        }
    }

    fn taken(&self, what: &str, owner: NameOwner) -> String {
        match owner {
            NameOwner::User => format!("another user has {what}"),
            // Also where the field is blank there, and the database has the value.
            NameOwner::Row(row) => format!("the person in line {} has {what} too", self.lines[row]),
        }
    }

    fn bad_rows(&self, rows: Vec<BadRow>) -> CliError {
        let (file, done) = (self.path.to_owned(), self.purpose.done());
        ImportError::BadRows { file, rows, done }.into()
    }
}

/// Reads a file, which may come through a pipe.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    match other_kind(path) {
        None | Some(PIPE) => read_at_most(File::open(path)?, MAX_BYTES),
        Some(kind) => Err(not_a_file(kind)),
    }
}

/// Prints a JSON object with the field `errors`: each bad row, or one object for any other error.
pub(super) fn print_errors(error: &CliError, mut report: Value) {
    report["errors"] = match error {
        CliError::Import(ImportError::BadRows { rows, .. }) => rows
            .iter()
            .map(|row| json!({"line": row.line, "message": row.message}))
            .collect(),
        _ => json!([{"message": error.to_string()}]),
    };
    // If stdout cannot be written, the error on stderr says what is wrong.
    let _ = print_line(report);
}
