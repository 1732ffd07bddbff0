mod checks;

use super::error::CliError;
use super::output::{print_line, spinner};
use super::shared::GlobalArgs;
use super::table::{Column, table};
use crate::store::{Check, CheckStatus};
use serde_json::json;

#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 if all checks are ok, 1 if one is not.

Examples:
  roomd doctor
  roomd doctor --json")]
pub(super) struct Args {
    /// Print a JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let checks = match global.load() {
        Ok(config) => {
            let spinner = spinner("checking the database");
            let checks = checks::run(&config);
            spinner.finish_and_clear();
            checks
        }
        Err(error) => vec![Check::failed("configuration", error)],
    };
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let (failed, warnings) = (count(CheckStatus::Failed), count(CheckStatus::Warning));
    let is_well = failed + warnings == 0;
    print_line(if args.json {
        json!({"ok": is_well, "checks": checks}).to_string()
    } else {
        in_words(&checks)
    })?;
    if is_well {
        Ok(())
    } else {
        Err(CliError::ChecksFailed { failed, warnings })
    }
}

fn in_words(checks: &[Check]) -> String {
    let rows = checks.iter().map(|check| {
        [
            status(check.status).to_owned(),
            check.name.to_owned(),
            check.found.clone(),
        ]
    });
    let columns = [
        Column::whole("STATUS"),
        Column::whole("CHECK"),
        Column::wrapped("FOUND"),
    ];
    table(columns, rows)
}

fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Ok => "ok",
        CheckStatus::Warning => "warning",
        CheckStatus::Failed => "failed",
    }
}
