mod retention;
mod verify;

use super::error::CliError;
use super::output::progress_bar;
use super::report::report_change;
use super::shared::GlobalArgs;
use crate::config::Config;
use crate::meeting;
use crate::store::{BackupError, Location, Manifest, back_up, backup_name, record_backup};
use retention::Retention;
use serde_json::json;
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The pause until a name is looked for again.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
With --dir, the name of the backup has the moment: roomd-20261126T030000Z.db.
With --keep, older backups go once the new one is whole: only files with such a
name, whose manifest says that they are of this database.

Examples:
  roomd backup monday.db
  roomd backup --dir backups --keep 14
  roomd backup verify backups/roomd-20261126T030000Z.db"
)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Destination of the backup; its manifest is written beside it, to FILE.json
    #[arg(required_unless_present = "dir", conflicts_with = "dir")]
    file: Option<PathBuf>,
    /// Existing folder for the backup, which gets a name with the moment
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// With --dir: keep so many backups of this database, the new one too, and remove older ones
    #[arg(long, value_name = "N", requires = "dir", conflicts_with = "file", value_parser = count)]
    keep: Option<NonZero<usize>>,
    /// Replace an existing backup
    #[arg(long, conflicts_with = "dir")]
    force: bool,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Check a backup as a restore does, and change nothing
    Verify(verify::Args),
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    if let Some(Verb::Verify(args)) = args.verb {
        return verify::run(&args);
    }
    let config = global.load()?;
    let database = config.database.path.clone().into();
    let (file, manifest) = match (&args.dir, args.file) {
        (Some(folder), _) => copy_into(folder, &database)?,
        (None, Some(file)) => {
            let manifest = copy(&database, &file, args.force)?;
            (file, manifest)
        }
        (None, None) => return Ok(()), // clap requires one
    };
    let retention = match (&args.dir, args.keep) {
        (Some(folder), Some(keep)) => {
            Retention::apply(&database, folder, &file, &manifest, keep.get())?
        }
        _ => Retention::default(),
    };
    let done = format!("the backup {} was created and verified", file.display());
    let shown = if args.json {
        in_json(&file, &manifest, &retention)
    } else {
        in_words(&file, &manifest, &retention) + &secret_elsewhere(&config)
    };
    report_change(shown, done)
}

/// Copies the database into a folder, under a new name; returns that.
fn copy_into(folder: &Path, database: &Location) -> Result<(PathBuf, Manifest), CliError> {
    loop {
        let file = new_file(folder, database);
        match copy(database, &file, false) {
            // Another process was faster.
            Err(CliError::Backup(BackupError::Exists(_))) => {}
            copied => return Ok((file, copied?)),
        }
    }
}

/// Returns a free name in a folder. Names tell the second, so another one is free soon.
fn new_file(folder: &Path, database: &Location) -> PathBuf {
    loop {
        let file = folder.join(backup_name(database));
        if !file.exists() {
            return file;
        }
        thread::sleep(PAUSE);
    }
}

fn copy(database: &Location, file: &Path, may_replace: bool) -> Result<Manifest, CliError> {
    let bar = progress_bar(0, "pages");
    let copied = back_up(database, file, may_replace, |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let manifest = copied?;
    // The backup is as good without the record.
    if let Err(error) = record_backup(database, &manifest) {
        // Where stderr is closed there is no reader to tell.
        let _ = writeln!(
            io::stderr(),
            "roomd: the server will not tell of this backup, because its time could not be written beside the \
             database: {error}"
        );
    }
    Ok(manifest)
}

fn in_json(file: &Path, manifest: &Manifest, retention: &Retention) -> String {
    json!({
        "file": file,
        "manifest": manifest,
        "removed": retention.removed(),
        "left": retention.left(),
    })
    .to_string()
}

fn in_words(file: &Path, manifest: &Manifest, retention: &Retention) -> String {
    let Manifest {
        contents, bytes, ..
    } = manifest;
    let (file, retained) = (file.display(), retention.in_words());
    format!("{file} ({contents}): {bytes} bytes, verified{retained}")
}

/// Returns a line about the secret of the host links, after a line break; nothing if there is none.
/// Whoever has both can enter every room as host, so a backup does not have it.
fn secret_elsewhere(config: &Config) -> String {
    let configured = config.meeting.secret_file.as_deref();
    let secret = meeting::secret_file(configured, &config.database.path);
    if !secret.exists() {
        return String::new();
    }
    format!(
        "\nthe secret of the host links is not in it: keep a copy of {} too, in another place",
        secret.display()
    )
}

/// Reads how many backups are kept.
fn count(text: &str) -> Result<NonZero<usize>, &'static str> {
    text.parse()
        .map_err(|_| "must be a whole number of backups, at least 1")
}
