//! Jobs that share a transaction.

use crate::store::error::{Error, Failure, is_failed_sync};
use crate::store::version::Versions;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// A piece of work inside a transaction that it shares with others.
pub(super) trait Job: Send {
    /// Whether the work changes nothing that is there: it inserts a row at the most, and an error
    /// of it leaves nothing to undo.
    fn only_inserts(&self) -> bool;

    /// Does the work. An error undoes it, and it alone.
    fn run(&mut self, connection: &Connection) -> Result<(), Error>;

    /// Answers whoever waits, once the fate of the transaction is known; returns the error in the
    /// answer.
    fn settle(self: Box<Self>, committed: Result<(), Error>) -> Result<(), Error>;
}

/// Why a group was not committed, or not where it can be found.
pub(super) struct Undone {
    pub(super) error: Error,
    /// What happened, if nothing may be written any more.
    pub(super) failure: Option<Failure>,
}

impl From<rusqlite::Error> for Undone {
    fn from(error: rusqlite::Error) -> Self {
        let failed = is_failed_sync(&error);
        Self {
            failure: failed.then(|| Failure::DiskFailed(error.to_string())),
            error: error.into(),
        }
    }
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        Self {
            error: Error::Stopped,
            failure: Some(failure),
        }
    }
}

/// Runs jobs in one transaction and commits it.
pub(super) fn commit_together(
    connection: &Connection,
    group: &mut [Box<dyn Job>],
    versions: &Versions,
) -> Result<(), Undone> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    for job in group.iter_mut() {
        run_alone(&transaction, job.as_mut())?;
    }
    let commit = || transaction.commit();
    if group.iter().all(|job| job.only_inserts()) {
        Ok(versions.commit_inserts(commit)?)
    } else {
        Ok(commit()?)
    }
}

/// Runs a job such that its failure undoes it alone. An error is one that undid the whole group.
fn run_alone(connection: &Connection, job: &mut dyn Job) -> Result<(), Undone> {
    let execute = |sql| connection.prepare_cached(sql)?.execute([]);
    if job.only_inserts() {
        return run(connection, job).map(|_| ());
    }
    execute("SAVEPOINT job")?;
    if !run(connection, job)? {
        execute("ROLLBACK TO job")?;
    }
    execute("RELEASE job")?;
    Ok(())
}

/// Whether the job succeeded. An error is one that undid the whole group, as a full disk does
/// among other things.
fn run(connection: &Connection, job: &mut dyn Job) -> Result<bool, Undone> {
    match job.run(connection) {
        Ok(()) => Ok(true),
        Err(error) if connection.is_autocommit() => Err(Undone {
            error,
            failure: None,
        }),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ErrorCode;

    #[test]
    fn a_failed_sync_is_one_after_which_nothing_may_be_written() {
        let failure = rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error {
                code: ErrorCode::SystemIoFailure,
                extended_code: rusqlite::ffi::SQLITE_IOERR_FSYNC,
            },
            None,
        );
        assert!(Undone::from(failure).failure.is_some());
    }
}
