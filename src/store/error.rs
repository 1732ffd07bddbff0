use crate::model;

/// Why a read or write did not happen. Only the text of [`Error::Rule`] is for callers; the other
/// texts are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A rule for rooms, users or keys was violated.
    #[error(transparent)]
    Rule(#[from] model::Error),
    /// Too many writes are queued, or another program has locked the database.
    #[error("the database is busy")]
    Busy,
    /// Too many searches run at the same time.
    #[error("too many searches run at the same time")]
    TooManySearches,
    /// The store is closed, or its writer has failed.
    #[error("the database accepts no more writes")]
    Stopped,
    /// The database has no space left to grow.
    #[error("the disk is full")]
    DiskFull,
    /// The database can be read and not written, as on a disk that was mounted read-only.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// Any other error.
    #[error("{0}")]
    Internal(String),
}

/// Why nothing may be written any more until the process is started again: a sentence for the
/// operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub(super) String);

/// Why a database could not be opened: a sentence for the operator, with what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub(super) String);
