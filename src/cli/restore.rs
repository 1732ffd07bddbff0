use super::error::CliError;
use super::output::spinner;
use super::report::report_change;
use super::shared::GlobalArgs;
use crate::meeting;
use crate::store::{Location, OldDatabase, Restored, restore};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "\
Stop the server first. Keys and host links that are revoked stay revoked.

Examples:
  roomd restore backups/monday.db
  roomd restore backups/monday.db --force")]
pub(super) struct Args {
    /// Backup to restore; it is not changed
    file: PathBuf,
    /// Replace and delete the existing database
    #[arg(long)]
    force: bool,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let database = config.database.path;
    let secret = meeting::secret_file(config.meeting.secret_file.as_deref(), &database);
    let database = database.into();
    let spinner = spinner("copying and checking the backup");
    let restored = restore(&args.file, &database, args.force);
    spinner.finish_and_clear();
    let restored = restored?;
    let missing_secret = Some(secret).filter(|file| restored.has_host_links && !file.exists());
    let shown = if args.json {
        in_json(&database, &restored, missing_secret.as_deref())
    } else {
        in_words(&database, &restored, missing_secret.as_deref())
    };
    report_change(shown, format!("the database {database} was restored"))
}

fn in_json(database: &Location, restored: &Restored, missing_secret: Option<&Path>) -> String {
    let (old_database, returned) = match &restored.old {
        OldDatabase::Absent => ("absent", None),
        OldDatabase::Readable(returned) => ("readable", Some(returned)),
        OldDatabase::Unreadable => ("unreadable", None),
    };
    json!({
        "database": database.to_string(),
        "contents": restored.contents,
        "had_manifest": restored.had_manifest,
        "old_database": old_database,
        "returned": returned,
        "missing_secret": missing_secret,
    })
    .to_string()
}

fn in_words(database: &Location, restored: &Restored, missing_secret: Option<&Path>) -> String {
    let verified = if restored.had_manifest {
        "verified against the manifest"
    } else {
        "verified without a manifest"
    };
    let (contents, consequence) = (restored.contents, consequence(&restored.old));
    let mut text = format!("{database} ({contents}): {verified}{consequence}");
    if let Some(secret) = missing_secret {
        text += &format!(
            "\nhost links that were given out are valid only if the secret that made them is put back \
             into {} before the next start",
            secret.display()
        );
    }
    text
}

/// Returns what the operator should know about the database that was replaced: empty, or lines that
/// each begin with a line break.
fn consequence(old: &OldDatabase) -> String {
    match old {
        OldDatabase::Readable(returning) if !returning.is_empty() => {
            format!("\nthese were no longer in the database, and are in it again:{returning}")
        }
        OldDatabase::Absent | OldDatabase::Readable(_) => String::new(),
        OldDatabase::Unreadable => "\nthe old database could not be read: keys and host links \
                                    that were revoked in it are valid again, `roomd key list` shows \
                                    all keys"
            .into(),
    }
}
