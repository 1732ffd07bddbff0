//! Replaces a database by a backup.

use super::check::check_copy;
use super::file_system::{cannot_write, folder_of, remove_if_exists, sync_folder};
use super::manifest::copy_and_digest;
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

/// Restores a backup as the database file. See [`crate::store::restore`].
pub(in crate::store) fn restore(
    backup: &Path,
    database: &Path,
    may_replace: bool,
) -> Result<Restored, BackupError> {
    let database = &database.canonicalize().unwrap_or(database.to_owned());
    if !may_replace && database.exists() {
        return Err(BackupError::Exists(database.to_owned()));
    }
    let cannot_write = |error: io::Error| cannot_write(database, &error);
    let mut copy = NamedTempFile::new_in(folder_of(database)).map_err(cannot_write)?;
    let manifest = copy_backup(backup, &mut copy)?;
    let contents =
        check_copy(copy.path(), Check::Full).map_err(|reason| invalid(backup, reason))?;
    if manifest
        .as_ref()
        .is_some_and(|manifest| manifest.contents != contents)
    {
        return Err(invalid(backup, "it does not hold what its manifest says"));
    }
    copy.as_file().sync_all().map_err(cannot_write)?;
    let _lock = ServeLock::acquire(database)?;
    remove_old_files(database)?;
    copy.persist(database)
        .map_err(|failed| cannot_write(failed.error))?;
    sync_folder(database).map_err(cannot_write)?;
    Ok(Restored {
        contents,
        had_manifest: manifest.is_some(),
    })
}

/// Copies the bytes of a backup and compares them with its manifest. Returns the manifest, if there
/// is one.
fn copy_backup(backup: &Path, copy: &mut NamedTempFile) -> Result<Option<Manifest>, BackupError> {
    let cannot_read = |error: io::Error| invalid(backup, error.to_string());
    let wal = beside(backup, "-wal");
    if wal.metadata().is_ok_and(|wal| wal.len() > 0) {
        let reason = format!(
            "a part of it is still in {}, which `roomd backup` never leaves: make a backup with \
             that command",
            wal.display()
        );
        return Err(invalid(backup, reason));
    }
    let manifest = Manifest::find(backup)
        .map_err(|error| invalid(backup, format!("its manifest cannot be read ({error})")))?;
    let file = File::open(backup).map_err(cannot_read)?;
    let (bytes, sha256) = copy_and_digest(file, copy).map_err(cannot_read)?;
    match &manifest {
        Some(manifest) if (manifest.bytes, &manifest.sha256) != (bytes, &sha256) => Err(invalid(
            backup,
            "it was changed since its manifest was written",
        )),
        _ => Ok(manifest),
    }
}

/// Removes the files that belong to the old database, of which SQLite would take the WAL for that of
/// the new one. If the old database can be read, it gets the pages of its WAL first: so it is whole
/// until it is replaced.
fn remove_old_files(database: &Path) -> Result<(), BackupError> {
    if database.exists() {
        match leave_wal_mode(database) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                return Err(BackupError::InUse(Location::File(database.to_owned())));
            }
            // A database that cannot be read is a reason to restore a backup.
            _ => {}
        }
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        let file = beside(database, suffix);
        remove_if_exists(&file).map_err(|error| cannot_write(&file, &error))?;
    }
    Ok(())
}

/// Checkpoints a database and deletes its WAL. SQLite does that only for a process that is the only
/// one to use the database.
fn leave_wal_mode(database: &Path) -> rusqlite::Result<()> {
    let connection = match open_unchecked(database) {
        Ok(connection) => connection,
        Err(_) => return Ok(()),
    };
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
}

fn invalid(backup: &Path, reason: impl Into<String>) -> BackupError {
    BackupError::InvalidBackup {
        path: backup.to_owned(),
        reason: reason.into(),
    }
}
