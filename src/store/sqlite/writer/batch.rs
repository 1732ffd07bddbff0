//! Jobs that share a transaction.

use super::changes::Changes;
use crate::metrics::Histogram;
use crate::store::Error;
use crate::store::sqlite::error::{Failure, is_failed_sync};
use crate::store::sqlite::generation::Generations;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// A piece of work inside a transaction that it shares with others.
pub(super) trait Job: Send {
    /// Does the work. An error means that nothing of it may stay. It may be called again, after all
    /// that it did was rolled back.
    fn run(&mut self, connection: &Connection) -> Result<(), Error>;

    /// Answers the caller once the outcome of the transaction is known; returns the error of that
    /// answer.
    fn complete(self: Box<Self>, committed: Result<(), Error>) -> Result<(), Error>;
}

/// Why a batch was rolled back, or committed where it cannot be found.
pub(super) struct RolledBack {
    pub(super) error: Error,
    /// What happened, if nothing may be written any more.
    pub(super) failure: Option<Failure>,
}

impl From<rusqlite::Error> for RolledBack {
    fn from(error: rusqlite::Error) -> Self {
        let failed = is_failed_sync(&error);
        Self {
            failure: failed.then(|| Failure::DiskFailed(error.to_string())),
            error: error.into(),
        }
    }
}

impl From<Failure> for RolledBack {
    fn from(failure: Failure) -> Self {
        Self {
            error: Error::Stopped,
            failure: Some(failure),
        }
    }
}

/// Runs jobs in one transaction and commits it, which `commits` measures. Returns whether they may have
/// updated or deleted rows.
///
/// First without savepoints, which cost a copy of every page that a job changes. A job that fails
/// has as a rule changed nothing, because SQLite undoes the statement that failed. If one did
/// change something before it failed, the transaction is rolled back and the jobs run again, each
/// behind a savepoint.
pub(super) fn commit_together(
    connection: &Connection,
    batch: &mut [Box<dyn Job>],
    changes: &Changes,
    generations: &Generations,
    commits: &Histogram,
) -> Result<bool, RolledBack> {
    let transaction = begin(connection)?;
    let start = changes.now(connection);
    for job in batch.iter_mut() {
        let before = changes.now(connection);
        if !run(&transaction, job.as_mut())? && changes.now(connection) != before {
            transaction.rollback()?;
            // One job alone has its answer.
            return match batch {
                [_] => Ok(false),
                _ => commit_behind_savepoints(connection, batch, commits).map(|()| true),
            };
        }
    }
    let commit = || commits.time(|| transaction.commit());
    let end = changes.now(connection);
    if end.has_only_inserted_since(start) {
        generations.commit_inserts(commit)?;
    } else {
        commit()?;
    }
    Ok(end.has_replaced_since(start))
}

fn commit_behind_savepoints(
    connection: &Connection,
    batch: &mut [Box<dyn Job>],
    commits: &Histogram,
) -> Result<(), RolledBack> {
    let transaction = begin(connection)?;
    for job in batch {
        run_behind_savepoint(&transaction, job.as_mut())?;
    }
    Ok(commits.time(|| transaction.commit())?)
}

fn begin(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
}

/// Runs a job such that an error of it rolls back this job alone.
fn run_behind_savepoint(connection: &Connection, job: &mut dyn Job) -> Result<(), RolledBack> {
    let execute = |sql| connection.prepare_cached(sql)?.execute([]);
    execute("SAVEPOINT job")?;
    if !run(connection, job)? {
        execute("ROLLBACK TO job")?;
    }
    execute("RELEASE job")?;
    Ok(())
}

/// Returns whether the job succeeded. An error is one for which SQLite rolled back the whole
/// transaction, as it may when the disk is full.
fn run(connection: &Connection, job: &mut dyn Job) -> Result<bool, RolledBack> {
    match job.run(connection) {
        Ok(()) => Ok(true),
        Err(error) if connection.is_autocommit() => Err(RolledBack {
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
        assert!(RolledBack::from(failure).failure.is_some());
    }
}
