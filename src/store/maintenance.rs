//! What operators do with a whole database: backups, restores, examinations. Each call is passed to
//! the engine that the location belongs to.

use super::{Location, OpenError, sqlite};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

pub use sqlite::examination::{Examination, SqliteBuild};

/// How much a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The number of its schema.
    pub schema: i64,
    /// The number of users.
    pub users: u32,
    /// The number of rooms.
    pub rooms: u32,
    /// The number of API keys, revoked ones too.
    pub keys: u32,
}

/// In words, for operators.
impl Display for Contents {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            users, rooms, keys, ..
        } = self;
        write!(formatter, "users: {users}, rooms: {rooms}, keys: {keys}")
    }
}

/// What stands beside a backup, in a file of its own: how to tell that the backup is whole, and
/// what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made the backup.
    pub roomd: String,
    /// When the backup was made, by RFC 3339.
    pub created_at: String,
    /// The size of the backup in bytes.
    pub bytes: u64,
    /// The SHA-256 of the backup, in lower-case hexadecimal.
    pub sha256: String,
    /// What is in the backup.
    #[serde(flatten)]
    pub contents: Contents,
}

/// A backup that was restored.
#[derive(Debug)]
pub struct Restored {
    /// What is in it.
    pub contents: Contents,
    /// Whether there was a manifest to compare it with.
    pub had_manifest: bool,
}

/// Why a backup or a restore failed: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// There is no database yet.
    #[error("there is no database {0}: name one with --database")]
    NoDatabase(Location),
    /// The destination exists and was not to be replaced.
    #[error("{} exists already: name another file, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// The destination is the database, or one of the files that belong to it.
    #[error("{} belongs to the database itself: name another file", .0.display())]
    OwnFile(PathBuf),
    /// The backup to restore cannot be used.
    #[error("the backup {} cannot be restored and nothing was changed: {reason}", path.display())]
    InvalidBackup {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process uses the database that is to be replaced.
    #[error("another process uses the database {0}: stop it first, nothing was changed")]
    InUse(Location),
    /// A file could not be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system or the database says.
        reason: String,
    },
}

/// Copies a database to `destination`, with a manifest beside it, while others may change it. The
/// copy holds what was committed at one moment. All of it is checked before it gets its name.
/// `progress` is told how many pages have been copied, and of how many.
///
/// The calling thread has a low priority from then on, so that a server on the same machine stays
/// fast: call it from a process, or a thread, that does nothing else.
///
/// # Errors
/// A database that cannot be read; a destination that exists (unless it may be replaced) or cannot
/// be written; a copy that fails its checks. The destination is then as it was.
pub fn back_up(
    database: &Location,
    destination: &Path,
    may_replace: bool,
    progress: impl FnMut(u64, u64),
) -> Result<Manifest, BackupError> {
    match database {
        Location::File(path) => sqlite::backup::back_up(path, destination, may_replace, progress),
    }
}

/// Puts a backup in the place of a database, which no process may use. The backup stays as it is.
/// Whatever happens meanwhile, the old database is there, or the new one.
///
/// # Errors
/// A backup that is not whole; a database that exists (unless it may be replaced) or is in use; a
/// place that cannot be written.
pub fn restore(
    backup: &Path,
    database: &Location,
    may_replace: bool,
) -> Result<Restored, BackupError> {
    match database {
        Location::File(path) => sqlite::backup::restore(backup, path, may_replace),
    }
}

/// Examines a whole database, which may be in use; changes nothing that is stored in it.
///
/// # Errors
/// A database that does not exist, belongs to another program, or cannot be read.
pub fn examine(database: &Location) -> Result<Examination, OpenError> {
    match database {
        Location::File(path) => sqlite::examination::examine(path),
    }
}
