use super::error::CliError;
use super::report::report_change;
use super::shared::GlobalArgs;
use crate::meeting;
use crate::store::{OldDatabase, restore};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Backup to restore; it is not changed
    file: PathBuf,
    /// Replace and delete the existing database
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let database = config.database.path;
    let secret = meeting::secret_file(config.meeting.secret_file.as_deref(), &database);
    let database = database.into();
    let restored = restore(&args.file, &database, args.force)?;
    let verified = if restored.had_manifest {
        "verified against the manifest"
    } else {
        "verified without a manifest"
    };
    let contents = restored.contents;
    let mut consequence = consequence(&restored.old);
    if restored.has_host_links && !secret.exists() {
        consequence += &format!(
            "\nhost links that were given out are valid only if the secret that made them is put back \
             into {} before the next start",
            secret.display()
        );
    }
    report_change(
        format!("{database} ({contents}): {verified}{consequence}"),
        format!("the database {database} was restored"),
    )
}

/// Returns what the operator should know about the database that was replaced: empty, or lines that
/// each begin with a line break.
fn consequence(old: &OldDatabase) -> String {
    match old {
        OldDatabase::Readable(returning) if !returning.is_empty() => {
            format!("\nthese were no more in the database, and are in it again:{returning}")
        }
        OldDatabase::Absent | OldDatabase::Readable(_) => String::new(),
        OldDatabase::Unreadable => "\nthe old database could not be read: keys and host links \
                                    that were revoked in it are valid again, `roomd key list` shows \
                                    all keys"
            .into(),
    }
}
