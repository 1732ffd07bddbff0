//! What SQLite's errors mean here.

use crate::store::{self, Error};
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ if is_full_disk(&error) => Self::DiskFull,
            _ if is_rejected_write(&error) => Self::Unwritable(error.to_string()),
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl From<r2d2::Error> for Error {
    fn from(error: r2d2::Error) -> Self {
        Self::Internal(format!("no connection to read with: {error}"))
    }
}

/// Returns whether a statement failed because of a value that must be unique.
pub(super) fn is_unique_violation(error: &rusqlite::Error) -> bool {
    extended_code(error) == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Returns whether the disk was full. Of the WAL index SQLite says only that it could not grow. A
/// file that has reached the limit on the size of files counts as a full disk.
pub(super) fn is_full_disk(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || extended_code(error) == Some(ffi::SQLITE_IOERR_SHMSIZE)
        || (is_rejected_write(error) && has_file_size_limit())
}

/// Returns what to tell of a disk that was full, or a file that could not grow.
pub(super) fn full_disk_reason() -> String {
    if has_file_size_limit() {
        "the disk is full, or the limit on the size of files (`ulimit -f`) is reached".into()
    } else {
        "the disk is full".into()
    }
}

/// Returns whether an error of the system says that a file could not grow.
pub(super) fn is_no_space(error: &io::Error) -> bool {
    use ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};

    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// Returns whether the process has a limit on the size of files (`ulimit -f`). SQLite does not tell
/// its error (EFBIG) from others, so that under such a limit every write that fails is taken for one
/// beyond it.
#[cfg(unix)]
fn has_file_size_limit() -> bool {
    rlimit::Resource::FSIZE
        .get_soft()
        .is_ok_and(|bytes| bytes != rlimit::INFINITY)
}

/// This system has no such limit.
#[cfg(not(unix))]
fn has_file_size_limit() -> bool {
    false
}

/// Returns whether the disk rejected a write and is as it was before.
fn is_rejected_write(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ReadOnly)
        || matches!(
            extended_code(error),
            Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_TRUNCATE)
        )
}

/// Returns whether the disk failed to sync what it had been given: its content is unknown from then on,
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

/// Why nothing may be written any more: a sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// A sync failed.
    #[error("the disk failed to store what was written ({0}): check the disk, then start again")]
    DiskFailed(String),
    /// The thread that writes has ended in a panic.
    #[error("the writer failed, for a reason that stands above in the log: start again")]
    WriterPanicked,
    /// The files have other names, or none: what is written to them would not be found again.
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
    /// The file could not be created, read or locked.
    #[error("cannot open the database {}: {reason}", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// Something else than a regular file has the name.
    #[error(
        "cannot open the database {}: it is {kind}, and a database is a regular file: name another \
         path with --database",
        path.display()
    )]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there, with its article.
        kind: &'static str,
    },
    /// Something else than a regular file has the name of a file that belongs to the database.
    #[error(
        "cannot open the database, because {}, which belongs to it, is {kind} and must be a regular \
         file: remove it while no roomd uses the database",
        path.display()
    )]
    SideFile {
        /// The path.
        path: PathBuf,
        /// What is there, with its article.
        kind: &'static str,
    },
    /// There is no file, or an empty one, and none was to be created.
    #[error(
        "there is no database {}: name an existing one with --database, or create one with \
         `roomd serve`, `roomd user add` or `roomd key create`",
        .0.display()
    )]
    Missing(PathBuf),
    /// The lock file could not be created or opened.
    #[error("cannot open the lock file {}: {reason}", path.display())]
    CannotOpenLock {
        /// The lock file.
        path: PathBuf,
        /// What the system says, and what to do.
        reason: String,
    },
    /// The file has a second name, under which it would have a second WAL.
    #[error(
        "the database {} has another name, and acknowledged changes would be lost if it were used \
         under both: {reason}",
        path.display()
    )]
    OtherNames {
        /// The file.
        path: PathBuf,
        /// Which kind of name, and what to do.
        reason: String,
    },
    /// The file is not a database, or one of another program.
    #[error(
        "{} is not a database of roomd: it belongs to another program, or its first bytes are \
         damaged. It was left as it is: name another file with --database, or restore a backup",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The database has a schema of a newer version of this program.
    #[error(
        "the database {} has schema {found}, and this roomd knows schemas up to {known}: \
         use a newer roomd",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The number of its schema.
        found: i64,
        /// The number of the newest schema that this program knows.
        known: i64,
    },
    /// The file is a database of roomd, and not whole.
    #[error(
        "the database {} is damaged and was left as it is: restore a backup ({reason})",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first fault.
        reason: String,
    },
    /// The file system lacks what the WAL needs.
    #[error(
        "the database {} is on a file system without the locks and shared memory that SQLite's \
         write-ahead log needs, as network folders are: move it to a local disk",
        .0.display()
    )]
    NoWriteAheadLog(PathBuf),
    /// The database could not be migrated, and is as it was.
    #[error(
        "the database {} could not be migrated from schema {from} to {to} and was left as it was \
         ({reason}): a migration needs free space of twice its size beside it; \
         remove the reason, then start again",
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
    /// The system starts no more threads.
    #[error(transparent)]
    Thread(#[from] store::ThreadError),
    /// Another server has the file.
    #[error(
        "another roomd serves the database {}: stop it, or name another file with --database",
        .0.display()
    )]
    InUse(PathBuf),
}

/// Returns the error for a database that the system does not open.
pub(super) fn cannot_open(path: &Path, error: io::Error) -> OpenError {
    let reason = if is_no_space(&error) {
        full_disk_reason()
    } else {
        error.to_string()
    };
    OpenError::CannotOpen {
        path: path.to_owned(),
        reason,
    }
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
