//! Makes sure that a database file has one server.

use super::connection::{beside, cannot_open};
use super::error::OpenError;
use super::file_kind::check_is_file;
use super::only_name::check_only_name;
use super::side_files::open_private;
use crate::store::{ServerNote, ServerState};
use log::warn;
use std::fs::{self, File, TryLockError};
use std::io::{BufReader, Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How often the lock is tried, because [`look`] holds it for a moment, and the pause between two tries.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(20);

/// The longest note that is read, in bytes: far more than one has.
const MAX_NOTE_BYTES: u64 = 4096;

/// The right to be the only server of a database file. The operating system releases it when the
/// process ends, in whichever way.
///
/// The lock is on a file of its own beside the database. It cannot be on the database, because
/// closing any handle of that file drops the locks that SQLite holds on it ("How To Corrupt An
/// SQLite Database File", section 2.2, sqlite.org). While a server runs the file holds its note; after
/// a server that was killed the note stays, which is why a note counts only while the lock is held.
#[derive(Debug)]
pub(super) struct ServeLock {
    file: File,
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
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(OpenError::InUse(database.to_owned()));
                }
                Err(TryLockError::Error(error)) => return Err(lock_error(database, path, error)),
            }
        }
        let lock = Self { file };
        lock.clear();
        Ok(lock)
    }

    /// Writes a note for those who look.
    pub(super) fn announce(&self, note: &ServerNote) {
        let written = serde_json::to_vec(note)
            .map_err(Error::from)
            .and_then(|bytes| (&self.file).write_all(&bytes));
        if let Err(error) = written {
            warn!("`roomd status` will not show the address of this server: {error}");
        }
    }

    /// Removes the note of an earlier server, or of this one.
    fn clear(&self) {
        // A note that stays does no harm: it counts only while a server has the lock.
        let _ = self.file.set_len(0);
    }
}

impl Drop for ServeLock {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Returns whether a server has the lock of a database, and its note.
///
/// # Errors
/// A lock file that cannot be read.
pub(super) fn look(database: &Path) -> Result<ServerState, OpenError> {
    let path = lock_path(database);
    // To open a pipe would wait.
    if !fs::symlink_metadata(&path).is_ok_and(|file| file.is_file()) {
        return Ok(ServerState::Stopped);
    }
    let opened = File::open(&path);
    let file = opened.map_err(|error| lock_error(database, path.clone(), error))?;
    match file.try_lock_shared() {
        // It is released when the file is closed.
        Ok(()) => Ok(ServerState::Stopped),
        Err(TryLockError::WouldBlock) => {
            // Whatever stands there: a note is short.
            let note = serde_json::from_reader(BufReader::new(file.take(MAX_NOTE_BYTES)));
            Ok(ServerState::Running(note.ok()))
        }
        Err(TryLockError::Error(error)) => Err(lock_error(database, path, error)),
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
