use super::connection::{beside, cannot_open};
use super::error::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The right to be the one server of a database file. The system takes it back when the process
/// ends, however it ends.
///
/// The lock is on a file beside the database, because opening and closing the database itself by
/// other means than SQLite drops SQLite's own locks ("How To Corrupt An SQLite Database File",
/// section 2.2, sqlite.org).
#[derive(Debug)]
pub(super) struct ServeLock {
    _file: File,
}

impl ServeLock {
    pub(in crate::store::sqlite) fn acquire(database: &Path) -> Result<Self, OpenError> {
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

/// The lock file of a database, found through links so that two names of a file share it.
fn lock_path(database: &Path) -> PathBuf {
    let real = database
        .canonicalize()
        .unwrap_or_else(|_| database.to_owned());
    beside(&real, "-lock")
}
