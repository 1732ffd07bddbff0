mod report;

use super::user_file::{Purpose, UserFile, print_errors};
use crate::cli::confirm::{Caution, confirm};
use crate::cli::error::CliError;
use crate::cli::output::{counted, progress_bar};
use crate::cli::report::report_change;
use crate::cli::shared::{GlobalArgs, block_on, open};
use crate::config::Config;
use crate::store::{Directory, Missing, Store, SyncChange, SyncOutcome, SyncRehearsal, SyncReport};
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
A person is the user with the e-mail address or, where there is none, the one
with the username. A column that the file lacks stays as it is, and so does a
value whose field is blank, except surname, mobile and expires_at, which a blank
field empties. All of the file is done, or nothing.

Users who are not in the file stay as they are without --deactivate-missing.
It asks before it deactivates more than half of all active users: --dry-run
names them. An inactive user who is in the file stays inactive, unless the file
has a column `active` that says otherwise.

Examples:
  roomd user sync people.csv --dry-run
  roomd user sync people.csv --deactivate-missing --json")]
pub(in crate::cli) struct Args {
    /// CSV file as `roomd user import` takes it; only new people need a name in it
    file: PathBuf,
    /// Deactivate active users who are not in the file
    #[arg(long)]
    deactivate_missing: bool,
    #[command(flatten)]
    caution: Caution,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// What was done, or would be.
struct Done {
    /// What is printed.
    shown: String,
    /// The same in one line.
    in_words: String,
}

pub(super) fn run(args: &Args, global: GlobalArgs) -> Result<(), CliError> {
    let outcome = match args.caution.dry_run {
        true => rehearse(args, global),
        false => sync(args, global),
    };
    match outcome {
        Ok(done) => report_change(done.shown, done.in_words),
        Err(error) => {
            if args.json {
                print_errors(&error, json!({}));
            }
            Err(error)
        }
    }
}

fn rehearse(args: &Args, global: GlobalArgs) -> Result<Done, CliError> {
    let config = global.load()?;
    let file = UserFile::read(&args.file, Purpose::Sync, &config)?;
    let rehearsal = match file.is_first {
        true => of_new_users(&file),
        false => of_database(args, &file, &config)?,
    };
    Ok(Done {
        shown: match args.json {
            true => report::rehearsal_to_json(&rehearsal).to_string(),
            false => report::rehearsal_in_words(&rehearsal),
        },
        in_words: format!("would be: {}", report::in_words(&rehearsal.report)),
    })
}

/// Returns what would be done with an empty database, which is not created for that.
fn of_new_users(file: &UserFile<'_>) -> SyncRehearsal {
    let profiles = file
        .entries
        .iter()
        .filter_map(|entry| entry.profile.clone());
    let profiles: Vec<_> = profiles.collect();
    let inactive = profiles.iter().filter(|profile| !profile.active).count();
    SyncRehearsal {
        report: SyncReport {
            added: profiles.len(),
            inactive,
            ..SyncReport::default()
        },
        changes: profiles
            .into_iter()
            .map(Box::new)
            .map(SyncChange::Added)
            .collect(),
    }
}

fn of_database(
    args: &Args,
    file: &UserFile<'_>,
    config: &Config,
) -> Result<SyncRehearsal, CliError> {
    let store = open(config, Missing::Fail)?;
    let directory = directory(args, file);
    let bar = progress_bar(directory.entries.len() as u64, "people");
    let rehearsed = block_on(store.rehearse_sync(&directory, || bar.inc(1)));
    bar.finish_and_clear();
    rehearsed?.map_err(|error| file.error(error))
}

fn sync(args: &Args, global: GlobalArgs) -> Result<Done, CliError> {
    let config = global.load()?;
    let file = UserFile::read(&args.file, Purpose::Sync, &config)?;
    let store = open(&config, Missing::Create)?;
    let mut directory = directory(args, &file);
    let report = loop {
        match write(&store, &file, &directory)? {
            SyncOutcome::Done(report) => break report,
            SyncOutcome::TooManyMissing { missing, active } => {
                let action = format!(
                    "deactivate {missing} of {}, because they are not in the file",
                    counted(active, "active user")
                );
                confirm(&action, false)?;
                directory.may_deactivate_most = true;
            }
        }
    };
    let in_words = report::in_words(&report);
    Ok(Done {
        shown: match args.json {
            true => report::to_json(&report).to_string(),
            false => format!("{in_words}{}", report::hints(&report)),
        },
        in_words,
    })
}

fn directory(args: &Args, file: &UserFile<'_>) -> Directory {
    Directory {
        entries: file.entries.clone(),
        deactivate_missing: args.deactivate_missing,
        may_deactivate_most: args.caution.yes,
    }
}

fn write(
    store: &Store,
    file: &UserFile<'_>,
    directory: &Directory,
) -> Result<SyncOutcome, CliError> {
    // Each person is looked at, then written.
    let bar = progress_bar(2 * directory.entries.len() as u64, "steps");
    let progress = bar.clone();
    let outcome = block_on(store.sync_users(directory.clone(), move || progress.inc(1)));
    bar.finish_and_clear();
    outcome?.map_err(|error| file.error(error))
}
