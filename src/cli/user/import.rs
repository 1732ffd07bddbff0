mod rows;

use crate::cli::output::{print_line, progress_bar};
use crate::cli::{CliError, SharedArgs, block_on};
use crate::model;
use crate::store;
use rows::{BadRow, Rows};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// A CSV file in UTF-8. Its first row names the columns: email, name, surname and, if you
    /// like, username and role
    file: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Why a file was not imported.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ImportError {
    #[error("cannot read {}: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: io::Error },
    #[error(transparent)]
    BadRows(BadRows),
}

/// All rows of a file that are wrong.
#[derive(Debug)]
pub(in crate::cli) struct BadRows {
    file: PathBuf,
    rows: Vec<BadRow>,
}

pub(super) fn run(args: &Args, shared: SharedArgs) -> Result<(), CliError> {
    let outcome = import(&args.file, shared);
    if args.json {
        print_line(match &outcome {
            Ok(imported) => json!({"imported": imported}),
            Err(error) => json!({"imported": 0, "errors": errors(error)}),
        })?;
    } else if let Ok(imported) = &outcome {
        print_line(format!("users imported: {imported}"))?;
    }
    outcome.map(|_| ())
}

fn import(file: &Path, shared: SharedArgs) -> Result<usize, CliError> {
    let content = fs::read(file).map_err(|reason| ImportError::Unreadable {
        file: file.to_owned(),
        reason,
    })?;
    let refused = |rows| {
        let file = file.to_owned();
        ImportError::BadRows(BadRows { file, rows })
    };
    let (config, store) = shared.open()?;
    let rows = Rows::read(&content, &config.users);
    if !rows.bad.is_empty() {
        return Err(refused(rows.bad).into());
    }
    let count = rows.profiles.len();
    let bar = progress_bar(count as u64, "users");
    let moving = bar.clone();
    let stored = block_on(store.insert_users(rows.profiles, move || moving.inc(1)));
    bar.finish_and_clear();
    match stored {
        Ok(()) => Ok(count),
        Err(store::Error::Rule(model::Error::InvalidRows(errors))) => {
            let bad = errors.into_iter().map(|error| BadRow {
                line: rows.lines[error.row],
                message: error.error.to_string(),
            });
            Err(refused(bad.collect()).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What is wrong, for programs: every bad row, or the one reason.
fn errors(error: &CliError) -> Vec<Value> {
    match error {
        CliError::Import(ImportError::BadRows(bad)) => {
            let shown = |row: &BadRow| json!({"line": row.line, "message": row.message});
            bad.rows.iter().map(shown).collect()
        }
        _ => vec![json!({"message": error.to_string()})],
    }
}

impl fmt::Display for BadRows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing was imported: mend the file and try again")?;
        for BadRow { line, message } in &self.rows {
            write!(
                formatter,
                "\n{}, line {line}: {message}",
                self.file.display()
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for BadRows {}
