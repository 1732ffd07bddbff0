//! What SQLite's errors mean here.

use crate::store::{self, Error};
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::path::PathBuf;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ if is_full_disk(&error) => Self::DiskFull,
            _ if is_refused_write(&error) => Self::Unwritable(error.to_string()),
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl From<r2d2::Error> for Error {
    fn from(error: r2d2::Error) -> Self {
        Self::Internal(format!("no connection to read with: {error}"))
    }
}

/// Whether a change ran into a value that must be unique.
pub(super) fn is_unique_violation(error: &rusqlite::Error) -> bool {
    extended_code(error) == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Whether there was no space left. Of the index of the write-ahead log SQLite says only that it
/// could not grow.
pub(super) fn is_full_disk(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || extended_code(error) == Some(ffi::SQLITE_IOERR_SHMSIZE)
}

/// Whether the disk refused a write and has kept what it had.
fn is_refused_write(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ReadOnly)
        || matches!(
            extended_code(error),
            Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_TRUNCATE)
        )
}

/// Whether the disk refused to keep what it had been given: what is on it is unknown from then on,
/// and a second try that succeeds would prove nothing (the kernel may have dropped the pages).
pub(super) fn is_failed_sync(error: &rusqlite::Error) -> bool {
    matches!(
        extended_code(error),
        Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
    )
}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

/// After what nothing may be written any more: a sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// The disk lost what it had been given to keep.
    #[error("the disk failed to keep what was written ({0}): check the disk, then start again")]
    DiskFailed(String),
    /// The thread that writes has ended in a panic.
    #[error("the writer failed, for a reason that stands above in the log: start again")]
    WriterPanicked,
    /// What is written would never be seen again.
    #[error(
        "{} was moved, removed or replaced while the database was open: \
         see that the right database is in its place, then start again",
        .0.display()
    )]
    Replaced(PathBuf),
}

/// Why a database could not be opened: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// The file could not be made or read.
    #[error("cannot open the database {}: {reason}", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file is not a database, or not one of ours.
    #[error(
        "{} belongs to another program and was left as it is: name another file with --database",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The file was made by a newer version of this program.
    #[error(
        "the database {} has version {found}, this program knows versions up to {known}: \
         use a newer roomd",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file is ours, and not whole.
    #[error(
        "the database {} is damaged and was left as it is: put a backup in its place ({reason})",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The write-ahead log does not work there.
    #[error(
        "the database {} is on a file system without the locks and shared memory that SQLite's \
         write-ahead log needs, as network folders are: move it to a local disk",
        .0.display()
    )]
    NoWriteAheadLog(PathBuf),
    /// The database could not be migrated, and is as it was.
    #[error(
        "the database {} could not be migrated from schema {from} to {to} and was left as it was \
         ({reason}): it needs free space of three times its size beside it while it is migrated; \
         when the reason is gone, start again",
        path.display()
    )]
    Migration {
        /// The file.
        path: PathBuf,
        /// The number of its schema.
        from: i64,
        /// The number of the schema that this program uses.
        to: i64,
        /// What failed.
        reason: String,
    },
    /// SQLite rejected something that has nothing to do with the file.
    #[error("cannot use SQLite: {0}")]
    Internal(String),
    /// Another server has the file.
    #[error(
        "another roomd serves the database {}: stop it, or name another file with --database",
        .0.display()
    )]
    InUse(PathBuf),
}

impl From<Failure> for store::Failure {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

impl From<OpenError> for store::OpenError {
    fn from(error: OpenError) -> Self {
        Self(error.to_string())
    }
}

impl From<OpenError> for store::BackupError {
    fn from(error: OpenError) -> Self {
        store::OpenError::from(error).into()
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.to_string())
    }
}
