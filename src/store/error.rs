use crate::model;
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::path::PathBuf;

/// Why a read or write did not happen. Only the text of a rule is for callers; the rest is for
/// the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A rule of the rooms, users and keys stood in the way.
    #[error(transparent)]
    Rule(#[from] model::Error),
    /// Too many writes wait, or another program holds the database.
    #[error("the database is busy")]
    Busy,
    /// The store is closed, or its writer has failed.
    #[error("the database takes no more writes")]
    Stopped,
    /// There is no space left for the database.
    #[error("the disk is full")]
    DiskFull,
    /// Anything else.
    #[error("{0}")]
    Internal(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
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
    let code = error.sqlite_error().map(|error| error.extended_code);
    code == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Whether the disk refused to keep what it had been given: what is on it is unknown from then on,
/// and a second try that succeeds would prove nothing (the kernel may have dropped the pages).
pub(super) fn is_failed_sync(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(
        code,
        Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
    )
}

/// Why a database could not be opened: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file could not be made or read.
    #[error("cannot open the database {}: {reason}", path.display())]
    Unreachable {
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
    /// Another server has the file.
    #[error(
        "another roomd serves the database {}: stop it, or name another file with --database",
        .0.display()
    )]
    InUse(PathBuf),
}
