use super::csv_file::{bad_rows, errors_json, read, store_error};
use crate::cli::error::CliError;
use crate::cli::output::{counted, print_line, progress_bar};
use crate::cli::report::report_change;
use crate::cli::shared::{GlobalArgs, block_on, open};
use crate::store::Missing;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What an import does, as the end of "nothing was".
const DONE: &str = "imported";

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd user import users.csv
  roomd user import users.csv --json

`roomd user sync` takes the same files, again and again.")]
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
    let content = read(file)?;
    let config = global.load()?;
    let rows = content.rows(&config.users.defaults(), DONE)?;
    if !config.database.path.exists() {
        // Before the database is created, which finds the same.
        let repeated = rows.repeated();
        if !repeated.is_empty() {
            return Err(bad_rows(file, repeated, DONE));
        }
    }
    let store = open(&config, Missing::Create)?;
    let count = rows.entries.len();
    let profiles = rows.entries.into_iter().map(|entry| entry.profile);
    let bar = progress_bar(count as u64, "users");
    let progress = bar.clone();
    let stored = block_on(store.insert_users(profiles.collect(), move || progress.inc(1)));
    bar.finish_and_clear();
    match stored? {
        Ok(()) => Ok(count),
        Err(error) => Err(store_error(file, &rows.lines, error, DONE)),
    }
}
