//! What the verbs that take a CSV file of users share.

use super::rows::Rows;
use crate::cli::error::{BadRow, CliError, ImportError};
use crate::model::{self, UserDefaults};
use crate::store;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A file that was read.
pub(super) struct CsvFile<'a> {
    path: &'a Path,
    content: Vec<u8>,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<CsvFile<'_>, CliError> {
    let content = fs::read(path).map_err(|reason| ImportError::Unreadable {
        file: path.to_owned(),
        reason,
    })?;
    Ok(CsvFile { path, content })
}

impl CsvFile<'_> {
    /// Returns the rows. `done` says what is to be done with the file.
    ///
    /// # Errors
    /// All rows that are wrong.
    pub(super) fn rows(
        &self,
        defaults: &UserDefaults,
        done: &'static str,
    ) -> Result<Rows, CliError> {
        let mut rows = Rows::read(&self.content, defaults);
        match std::mem::take(&mut rows.bad) {
            bad if bad.is_empty() => Ok(rows),
            bad => Err(bad_rows(self.path, bad, done)),
        }
    }
}

/// Returns the error for wrong rows.
pub(super) fn bad_rows(file: &Path, rows: Vec<BadRow>, done: &'static str) -> CliError {
    let file = file.to_owned();
    ImportError::BadRows { file, rows, done }.into()
}

/// Returns an error of the store as one that names rows by their lines, if it is about rows.
pub(super) fn store_error(
    file: &Path,
    lines: &[u64],
    error: store::Error,
    done: &'static str,
) -> CliError {
    let store::Error::Rule(model::Error::InvalidRows(errors)) = error else {
        return error.into();
    };
    let rows = errors.into_iter().map(|error| BadRow {
        line: lines[error.row],
        message: error.error.to_string(),
    });
    bad_rows(file, rows.collect(), done)
}

/// Returns every bad row as an object of JSON, or one object for any other error.
pub(super) fn errors_json(error: &CliError) -> Vec<Value> {
    match error {
        CliError::Import(ImportError::BadRows { rows, .. }) => rows
            .iter()
            .map(|row| json!({"line": row.line, "message": row.message}))
            .collect(),
        _ => vec![json!({"message": error.to_string()})],
    }
}
