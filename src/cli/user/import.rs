mod rows;

use crate::cli::error::{BadRow, CliError, ImportError};
use crate::cli::output::{counted, print_line, progress_bar};
use crate::cli::report::report_change;
use crate::cli::shared::{GlobalArgs, block_on, open};
use crate::model;
use crate::store::{self, Missing};
use rows::Rows;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// CSV file in UTF-8, or Unicode text of a spreadsheet; its first row names the columns: email,
    /// name and, optionally, surname, username, role, mobile, lang, timezone, login_allowed, active
    /// and expires_at
    file: PathBuf,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, global: GlobalArgs) -> Result<(), CliError> {
    match import(&args.file, global) {
        Ok(count) => {
            let done = format!("{} imported", counted(count, "user"));
            if args.json {
                report_change(json!({"imported": count}), done)
            } else {
                report_change(&done, &done)
            }
        }
        Err(error) => {
            if args.json {
                // If stdout cannot be written, the error on stderr says what is wrong.
                let _ = print_line(json!({"imported": 0, "errors": errors_json(&error)}));
            }
            Err(error)
        }
    }
}

/// Registers the users of a file; returns how many there are.
fn import(file: &Path, global: GlobalArgs) -> Result<usize, CliError> {
    let content = fs::read(file).map_err(|reason| ImportError::Unreadable {
        file: file.to_owned(),
        reason,
    })?;
    let bad_rows = |rows| {
        let file = file.to_owned();
        CliError::from(ImportError::BadRows { file, rows })
    };
    let config = global.load()?;
    let rows = Rows::read(&content, &config.users.defaults());
    if !rows.bad.is_empty() {
        return Err(bad_rows(rows.bad));
    }
    if !config.database.path.exists() {
        // Before the database is created, which finds the same.
        let repeated = rows.repeated();
        if !repeated.is_empty() {
            return Err(bad_rows(repeated));
        }
    }
    let store = open(&config, Missing::Create)?;
    let count = rows.profiles.len();
    let bar = progress_bar(count as u64, "users");
    let progress = bar.clone();
    let stored = block_on(store.insert_users(rows.profiles, move || progress.inc(1)));
    bar.finish_and_clear();
    match stored? {
        Ok(()) => Ok(count),
        Err(store::Error::Rule(model::Error::InvalidRows(errors))) => {
            let bad = errors.into_iter().map(|error| BadRow {
                line: rows.lines[error.row],
                message: error.error.to_string(),
            });
            Err(bad_rows(bad.collect()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns every bad row as an object of JSON, or one object for any other error.
fn errors_json(error: &CliError) -> Vec<Value> {
    match error {
        CliError::Import(ImportError::BadRows { rows, .. }) => rows
            .iter()
            .map(|row| json!({"line": row.line, "message": row.message}))
            .collect(),
        _ => vec![json!({"message": error.to_string()})],
    }
}
