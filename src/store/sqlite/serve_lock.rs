//! Makes sure that a database file has one server.

use super::connection::{beside, cannot_open};
use super::error::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
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
    /// [`OpenError::InUse`] if another process has the lock; a lock file that cannot be opened.
    pub(super) fn acquire(database: &Path) -> Result<Self, OpenError> {
        let cannot_open = |error| cannot_open(database, error);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(lock_path(database))
            .map_err(cannot_open)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(database.to_owned())),
            Err(TryLockError::Error(error)) => Err(cannot_open(error)),
        }
    }
}

/// Returns the lock file of a database. Links are followed, so that two names of a database share
/// one lock file.
fn lock_path(database: &Path) -> PathBuf {
    let real = database
        .canonicalize()
        .unwrap_or_else(|_| database.to_owned());
    beside(&real, "-lock")
}
