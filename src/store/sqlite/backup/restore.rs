//! Replaces a database by a backup.

use super::check::check_copy;
use super::file_system::{cannot_write, folder_of, remove_if_exists, set_owner, sync_folder};
use super::manifest::copy_and_digest;
use super::old::Old;
use crate::model::file_kind::{PIPE, other_kind};
use crate::store::sqlite::connection::{beside, open_error, open_unchecked};
use crate::store::sqlite::file_kind::check_is_file;
use crate::store::sqlite::host_links::gave_host_links;
use crate::store::sqlite::schema::Depth;
use crate::store::sqlite::serve_lock::ServeLock;
use crate::store::{BackupError, Contents, Location, Manifest, OldDatabase, Restored};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use tempfile::NamedTempFile;

/// Restores a backup as the database file. See [`crate::store::restore`].
pub(in crate::store) fn restore(
    backup: &Path,
    database: &Path,
    may_replace: bool,
) -> Result<Restored, BackupError> {
    // Before any file is created or opened: a device would be replaced for every program.
    check_is_file(database)?;
    let source = open_backup(backup)?;
    let database = &database.canonicalize().unwrap_or(database.to_owned());
    let cannot_write = |error: io::Error| cannot_write(database, &error);
    let mut copy = NamedTempFile::new_in(folder_of(database)).map_err(cannot_write)?;
    let manifest = copy_backup(backup, source, &mut copy)?;
    let contents =
        check_copy(copy.path(), Depth::Full).map_err(|reason| invalid(backup, reason))?;
    if manifest
        .as_ref()
        .is_some_and(|manifest| manifest.contents != contents)
    {
        return Err(invalid(backup, "it does not hold what its manifest says"));
    }
    if !may_replace && database.exists() {
        let copied = open_unchecked(copy.path())?;
        return Err(BackupError::DatabaseExists {
            database: Location::File(database.to_owned()),
            old: Old::open(database).compare(&copied),
        });
    }
    let has_host_links = gave_host_links(&open_unchecked(copy.path())?)
        .map_err(|error| open_error(copy.path(), &error))?;
    set_owner(copy.as_file(), database).map_err(cannot_write)?;
    let _lock = ServeLock::acquire(database)?;
    let mut restored = Restored {
        contents,
        old: OldDatabase::Absent,
        had_manifest: manifest.is_some(),
        has_host_links,
    };
    // Locked until the copy has its name.
    let mut locked = None;
    if database.exists() {
        let old = Old::lock(database)?;
        (restored.old, restored.contents) = carry_over(&old, copy.path())?;
        locked = Some(old);
    }
    copy.as_file().sync_all().map_err(cannot_write)?;
    remove_side_files(database)?;
    copy.persist(database)
        .map_err(|failed| cannot_write(failed.error))?;
    drop(locked);
    sync_folder(database).map_err(cannot_write)?;
    Ok(restored)
}

/// Carries into the copy what must stay of the old database. Returns how they differ, and what the
/// copy contains now.
fn carry_over(old: &Old, copy: &Path) -> Result<(OldDatabase, Contents), BackupError> {
    let mut connection = open_unchecked(copy)?;
    let compared = old.compare(&connection);
    let cannot_write = |error: rusqlite::Error| open_error(copy, &error);
    old.carry_revocations(&mut connection)
        .map_err(cannot_write)?;
    let contents = Contents::read(&connection).map_err(cannot_write)?;
    Ok((compared, contents))
}

/// Opens a backup, which may come through a pipe.
pub(super) fn open_backup(backup: &Path) -> Result<File, BackupError> {
    let manifest = Manifest::path(backup);
    for (path, kind) in [
        (backup, other_kind(backup).filter(|kind| *kind != PIPE)),
        (&manifest, other_kind(&manifest)),
    ] {
        if let Some(kind) = kind {
            let reason = format!("{} is {kind}, not a file", path.display());
            return Err(invalid(backup, reason));
        }
    }
    File::open(backup).map_err(|error| match error.kind() {
        ErrorKind::NotFound => BackupError::NoBackup(backup.to_owned()),
        _ => invalid(backup, format!("it cannot be read ({error})")),
    })
}

/// Copies the bytes of a backup and compares them with its manifest. Returns the manifest, if there
/// is one.
pub(super) fn copy_backup(
    backup: &Path,
    source: File,
    copy: &mut NamedTempFile,
) -> Result<Option<Manifest>, BackupError> {
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
    let (bytes, sha256) = copy_and_digest(source, copy).map_err(cannot_read)?;
    match &manifest {
        Some(manifest) if (manifest.bytes, &manifest.sha256) != (bytes, &sha256) => Err(invalid(
            backup,
            "it was changed since its manifest was written",
        )),
        _ => Ok(manifest),
    }
}

/// Removes the files that belong to the old database, of which SQLite would take the WAL or the journal for
/// that of the new one. An old database that can be read is whole without them. They are gone before the new
/// database has its name, also on a file system that makes names durable in another order.
fn remove_side_files(database: &Path) -> Result<(), BackupError> {
    for suffix in ["-wal", "-shm", "-journal"] {
        let file = beside(database, suffix);
        remove_if_exists(&file).map_err(|error| cannot_write(&file, &error))?;
    }
    sync_folder(database).map_err(|error| cannot_write(database, &error))
}

pub(super) fn invalid(backup: &Path, reason: impl Into<String>) -> BackupError {
    BackupError::InvalidBackup {
        path: backup.to_owned(),
        reason: reason.into(),
    }
}
