//! Makes sure that a database file has one server.

use super::connection::{beside, cannot_open};
use super::error::OpenError;
use super::file_kind::check_is_file;
use super::only_name::check_only_name;
use super::side_files::open_private;
use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// The right to be the only server of a database file. The operating system releases it when the
/// process ends, in whichever way.
///
/// The lock is on a file of its own beside the database. It cannot be on the database, because
/// closing any handle of that file drops the locks that SQLite holds on it ("How To Corrupt An
/// SQLite Database File", section 2.2, sqlite.org).
#[derive(Debug)]
pub(super) struct ServeLock {
    _file: File,
}

impl ServeLock {
    /// Acquires the lock without waiting.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has the lock; a lock file that cannot be opened; a
    /// database that is no regular file, or has another name, which would have another lock. Then
    /// no lock file is created.
    pub(super) fn acquire(database: &Path) -> Result<Self, OpenError> {
        check_is_file(database)?;
        check_only_name(database)?;
        let path = lock_path(database);
        let file = open_private(&path, database)
            .map_err(|error| lock_error(database, path.clone(), error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(database.to_owned())),
            Err(TryLockError::Error(error)) => Err(lock_error(database, path, error)),
        }
    }
}

/// Returns the lock file of a database. Links are followed, so that two names of a database share
/// one lock file.
fn lock_path(database: &Path) -> PathBuf {
    let real = database
        .canonicalize()
        .or_else(|_| std::path::absolute(database))
        .unwrap_or_else(|_| database.to_owned());
    beside(&real, "-lock")
}

/// Returns the error for a lock file that could not be opened. It names the database where any file
/// in its folder would meet the same error.
fn lock_error(database: &Path, path: PathBuf, error: Error) -> OpenError {
    use ErrorKind::{NotADirectory, NotFound, ReadOnlyFilesystem, StorageFull};

    if let NotADirectory | NotFound | ReadOnlyFilesystem | StorageFull = error.kind() {
        return cannot_open(database, error);
    }
    let what_to_do = if path.symlink_metadata().is_ok() {
        "give it to the user who runs roomd, or delete it while no roomd uses the database"
    } else {
        "let the user who runs roomd create files in that folder"
    };
    OpenError::CannotOpenLock {
        reason: format!("{error}: {what_to_do}"),
        path,
    }
}
