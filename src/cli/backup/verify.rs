use crate::cli::error::CliError;
use crate::cli::output::{print_line, spinner};
use crate::cli::shared::HiddenDatabase;
use crate::store::{BackupError, verify_backup};
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
The check needs as much free space for temporary files as the backup is large
(TMPDIR).

Examples:
  roomd backup verify monday.db
  roomd backup verify monday.db --json")]
pub(super) struct Args {
    /// Backup to check
    file: PathBuf,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    _database: HiddenDatabase,
}

/// Returns the error of a check, which restores nothing.
fn in_words(error: BackupError) -> CliError {
    match error {
        BackupError::InvalidBackup { path, reason } => CliError::BadBackup { path, reason },
        error => error.into(),
    }
}

pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let spinner = spinner("checking the backup");
    let verified = verify_backup(&args.file);
    spinner.finish_and_clear();
    let verified = verified.map_err(in_words)?;
    print_line(if args.json {
        json!({
            "file": args.file,
            "bytes": verified.bytes,
            "created_at": verified.created_at,
            "contents": verified.contents,
        })
        .to_string()
    } else {
        let made = match verified.created_at {
            Some(moment) => format!("created {moment}, verified against the manifest"),
            None => "verified without a manifest".into(),
        };
        let (file, contents) = (args.file.display(), verified.contents);
        format!("{file} ({contents}): {} bytes, {made}", verified.bytes)
    })?;
    Ok(())
}
