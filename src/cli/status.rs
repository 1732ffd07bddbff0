use super::error::CliError;
use super::output::print_line;
use super::shared::GlobalArgs;
use super::table::fields;
use crate::model::Timestamp;
use crate::store::{
    BackupOrigin, Contents, FoundBackup, Location, ServerNote, ServerState, Status, backups_in,
    status,
};
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 if a server uses the database, 3 if none does, 1 if the database
cannot be read. A migration or a restore counts as a server.

Examples:
  roomd status
  roomd status --backups backups --json")]
pub(super) struct Args {
    /// Folder of `roomd backup --dir`, to show the last backup of this database in it
    #[arg(long, value_name = "DIR")]
    backups: Option<PathBuf>,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, global: GlobalArgs) -> Result<(), CliError> {
    let database: Location = global.load()?.database.path.into();
    let found = status(&database)?;
    let database_id = found.database_id.as_ref();
    let last = match &args.backups {
        Some(folder) => {
            let backups = backups_in(folder, &database);
            let backups = backups.map_err(|reason| CliError::Folder {
                folder: folder.clone(),
                reason,
            })?;
            let is_of_another =
                |backup: &FoundBackup| backup.origin(database_id) == BackupOrigin::Other;
            Some(backups.into_iter().rfind(|backup| !is_of_another(backup)))
        }
        None => None,
    };
    print_line(if args.json {
        in_json(&database, &found, last.as_ref())
    } else {
        in_words(&database, &found, last.as_ref())
    })?;
    match found.server {
        ServerState::Running(_) => Ok(()),
        ServerState::Stopped => Err(CliError::NoServer(database)),
    }
}

fn in_json(database: &Location, status: &Status, last: Option<&Option<FoundBackup>>) -> String {
    let (running, note) = match &status.server {
        ServerState::Stopped => (false, None),
        ServerState::Running(note) => (true, note.as_ref()),
    };
    let mut json = json!({
        "running": running,
        "server": note,
        "version": env!("CARGO_PKG_VERSION"),
        "database": database.to_string(),
        "bytes": status.bytes,
        "wal_bytes": status.wal_bytes,
        "contents": status.contents,
        "last_backup_at": status.last_backup_at.map(Timestamp::to_rfc3339),
        "migration_copy": status.migration_copy,
    });
    if let Some(last) = last {
        let last = last.as_ref();
        json["last_backup"] =
            json!(last.map(|last| json!({"file": last.path, "created_at": last.created_at})));
    }
    json.to_string()
}

fn in_words(database: &Location, status: &Status, last: Option<&Option<FoundBackup>>) -> String {
    let server = match &status.server {
        ServerState::Stopped => "not running".into(),
        ServerState::Running(None) => "starting, or the database is migrated or restored".into(),
        ServerState::Running(Some(ServerNote {
            version,
            url,
            process,
            started_at,
        })) => format!("{url}, version {version}, process {process}, since {started_at}"),
    };
    let Contents {
        schema,
        users,
        rooms,
        keys,
    } = status.contents;
    let mut shown = vec![
        ("server", server),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("database", database.to_string()),
        ("size", in_bytes(status.bytes)),
        ("write-ahead log", in_bytes(status.wal_bytes)),
        ("schema", schema.to_string()),
        ("users", users.to_string()),
        ("rooms", rooms.to_string()),
        ("keys", format!("{keys}, revoked ones too")),
    ];
    let last_backup_at = status.last_backup_at.map(Timestamp::to_rfc3339);
    shown.push((
        "last backup",
        last_backup_at.unwrap_or_else(|| "not known".into()),
    ));
    if let Some(copy) = &status.migration_copy {
        shown.push(("copy before migration", copy.display().to_string()));
    }
    if let Some(last) = last {
        let last = last.as_ref().map_or_else(
            || "none".into(),
            |last| format!("{}, {}", last.created_at, last.path.display()),
        );
        shown.push(("last in the folder", last));
    }
    fields(&shown)
}

/// Returns a size as people read it.
fn in_bytes(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
