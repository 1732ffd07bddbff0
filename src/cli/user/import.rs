use super::user_file::{Purpose, UserFile, print_errors};
use crate::cli::error::CliError;
use crate::cli::output::{counted, progress_bar};
use crate::cli::report::report_change;
use crate::cli::shared::{GlobalArgs, block_on, open};
use crate::store::Missing;
use serde_json::json;
use std::path::{Path, PathBuf};

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
                print_errors(&error, json!({"imported": 0}));
            }
            Err(error)
        }
    }
}

/// Registers the users of a file; returns how many there are.
fn import(path: &Path, global: GlobalArgs) -> Result<usize, CliError> {
    let config = global.load()?;
    let file = UserFile::read(path, Purpose::Import, &config)?;
    let store = open(&config, Missing::Create)?;
    // Each has a name, as the purpose demands.
    let profiles = file
        .entries
        .iter()
        .filter_map(|entry| entry.profile.clone());
    let profiles: Vec<_> = profiles.collect();
    let count = profiles.len();
    let bar = progress_bar(count as u64, "users");
    let progress = bar.clone();
    let stored = block_on(store.insert_users(profiles, move || progress.inc(1)));
    bar.finish_and_clear();
    stored?.map_err(|error| file.error(error))?;
    Ok(count)
}
