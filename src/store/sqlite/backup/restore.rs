use super::check::check_copy;
use super::manifest::digest;
use super::{folder_of, remove_if_there, sync_folder, unwritable};
use crate::store::sqlite::connection::{beside, open_unchecked};
use crate::store::sqlite::schema::Check;
use crate::store::sqlite::serve_lock::ServeLock;
use crate::store::{BackupError, Location, Manifest, Restored};
use rusqlite::ErrorCode;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;
use tempfile::NamedTempFile;

pub(in crate::store) fn restore(
    backup: &Path,
    database: &Path,
    may_replace: bool,
) -> Result<Restored, BackupError> {
    let database = &database.canonicalize().unwrap_or(database.to_owned());
    if !may_replace && database.exists() {
        return Err(BackupError::Exists(database.to_owned()));
    }
    let unwritable = |error: io::Error| unwritable(database, &error);
    let mut copy = NamedTempFile::new_in(folder_of(database)).map_err(unwritable)?;
    let manifest = copy_backup(backup, &mut copy)?;
    let contents =
        check_copy(copy.path(), Check::Full).map_err(|reason| unsound(backup, reason))?;
    if manifest
        .as_ref()
        .is_some_and(|manifest| manifest.contents != contents)
    {
        return Err(unsound(backup, "it does not hold what its manifest says"));
    }
    copy.as_file().sync_all().map_err(unwritable)?;
    let _lock = ServeLock::acquire(database)?;
    clear_place(database)?;
    copy.persist(database)
        .map_err(|refused| unwritable(refused.error))?;
    sync_folder(database).map_err(unwritable)?;
    Ok(Restored {
        contents,
        had_manifest: manifest.is_some(),
    })
}

/// Copies the bytes, and holds them against the manifest if there is one.
fn copy_backup(backup: &Path, copy: &mut NamedTempFile) -> Result<Option<Manifest>, BackupError> {
    let unreadable = |error: io::Error| unsound(backup, error.to_string());
    let log = beside(backup, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let name = log.display();
        return Err(unsound(
            backup,
            format!(
                "a part of it is still in {name}, as in a copy by other means than `roomd backup`"
            ),
        ));
    }
    let manifest = Manifest::find(backup)
        .map_err(|error| unsound(backup, format!("its manifest cannot be read ({error})")))?;
    let file = File::open(backup).map_err(unreadable)?;
    let (bytes, sha256) = digest(file, copy).map_err(unreadable)?;
    match &manifest {
        Some(manifest) if (manifest.bytes, &manifest.sha256) != (bytes, &sha256) => Err(unsound(
            backup,
            "it was changed since its manifest was written",
        )),
        _ => Ok(manifest),
    }
}

/// Removes the log that belongs to the old database: beside the new one it would be taken for its
/// own. Where the old one can be read, it first gets what is in the log.
fn clear_place(database: &Path) -> Result<(), BackupError> {
    if database.exists() {
        match fold_log(database) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                return Err(BackupError::InUse(Location::File(database.to_owned())));
            }
            // What cannot be read is what a backup is put back for.
            _ => {}
        }
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        let file = beside(database, suffix);
        remove_if_there(&file).map_err(|error| unwritable(&file, &error))?;
    }
    Ok(())
}

/// Ends write-ahead mode, which only the last user of a database can.
fn fold_log(database: &Path) -> rusqlite::Result<()> {
    let connection = match open_unchecked(database) {
        Ok(connection) => connection,
        Err(_) => return Ok(()),
    };
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
}

fn unsound(backup: &Path, reason: impl Into<String>) -> BackupError {
    BackupError::Unsound {
        path: backup.to_owned(),
        reason: reason.into(),
    }
}
