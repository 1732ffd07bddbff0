use super::user_file::{Purpose, UserFile, print_errors};
use crate::cli::confirm::{Caution, confirm};
use crate::cli::error::CliError;
use crate::cli::output::{counted, progress_bar};
use crate::cli::report::report_change;
use crate::cli::shared::{GlobalArgs, block_on, open};
use crate::store::{Directory, Missing, SyncOutcome, SyncReport};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
A person is the user with the e-mail address or, where there is none, the one
with the username. A column that the file lacks stays as it is, and so does a
value whose field is blank, except surname, mobile and expires_at, which a blank
field empties. All of the file is done, or nothing.

Users who are not in the file stay as they are without --deactivate-missing.
It asks before it deactivates more than half of all active users. An inactive
user who is in the file stays inactive, unless the file has a column `active`
that says otherwise.

Examples:
  roomd user sync people.csv --dry-run
  roomd user sync people.csv --deactivate-missing --json")]
pub(in crate::cli) struct Args {
    /// CSV file as `roomd user import` takes it; people who are users already need no name in it
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

pub(super) fn run(args: &Args, global: GlobalArgs) -> Result<(), CliError> {
    match sync(args, global) {
        Ok(report) => {
            let done = in_words(&report, args.caution.dry_run);
            if args.json {
                report_change(report_json(&report, args.caution.dry_run), done)
            } else {
                report_change(format!("{done}{}", hints(&report)), &done)
            }
        }
        Err(error) => {
            if args.json {
                print_errors(&error, json!({}));
            }
            Err(error)
        }
    }
}

fn sync(args: &Args, global: GlobalArgs) -> Result<SyncReport, CliError> {
    let config = global.load()?;
    let file = UserFile::read(&args.file, Purpose::Sync, &config)?;
    if file.is_first && args.caution.dry_run {
        let inactive = file
            .entries
            .iter()
            .filter(|entry| entry.patch.active == Some(false));
        return Ok(SyncReport {
            added: file.entries.len(),
            inactive: inactive.count(),
            ..SyncReport::default()
        });
    }
    let store = open(&config, Missing::Create)?;
    let mut directory = Directory {
        entries: file.entries.clone(),
        deactivate_missing: args.deactivate_missing,
        may_deactivate_most: args.caution.yes || args.caution.dry_run,
    };
    loop {
        let people = directory.entries.len() as u64;
        let outcome = if args.caution.dry_run {
            let bar = progress_bar(people, "people");
            let outcome = block_on(store.rehearse_sync(&directory, || bar.inc(1)));
            bar.finish_and_clear();
            outcome
        } else {
            // Each is looked at, then written.
            let bar = progress_bar(2 * people, "steps");
            let progress = bar.clone();
            let outcome = block_on(store.sync_users(directory.clone(), move || progress.inc(1)));
            bar.finish_and_clear();
            outcome
        };
        match outcome?.map_err(|error| file.error(error))? {
            SyncOutcome::Done(report) => return Ok(report),
            SyncOutcome::TooManyMissing { missing, active } => {
                let action = format!(
                    "deactivate {missing} of {}, because they are not in the file",
                    counted(active, "active user")
                );
                confirm(&action, false)?;
                directory.may_deactivate_most = true;
            }
        }
    }
}

fn in_words(report: &SyncReport, is_rehearsal: bool) -> String {
    let SyncReport {
        added,
        updated,
        unchanged,
        deactivated,
        ..
    } = report;
    let prefix = if is_rehearsal { "would be: " } else { "" };
    format!(
        "{prefix}{added} added, {updated} updated, {unchanged} unchanged, {deactivated} deactivated"
    )
}

/// Returns what the operator may want to do, as lines that each begin with a line break.
fn hints(report: &SyncReport) -> String {
    let mut hints = String::new();
    let left = report.missing - report.deactivated;
    if left > 0 {
        hints += &format!(
            "\nnot in the file: {}, whom --deactivate-missing would deactivate",
            counted(left, "active user")
        );
    }
    if report.inactive > 0 {
        hints += &format!(
            "\nin the file: {}, whom `roomd user enable` or a column `active` can activate",
            counted(report.inactive, "inactive user")
        );
    }
    hints
}

fn report_json(report: &SyncReport, is_rehearsal: bool) -> Value {
    json!({
        "dry_run": is_rehearsal,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "deactivated": report.deactivated,
        "missing": report.missing,
        "inactive": report.inactive,
    })
}
