//! The one thread that writes.
//!
//! Jobs wait in a bounded queue. The thread takes all that wait, runs them in one transaction,
//! commits once and only then answers each: a durable commit costs one wait for the disk, shared
//! by everybody in the group.

use super::checkpoint::Checkpointer;
use super::error::{Error, is_failed_sync};
use log::error;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};

/// How many jobs may wait; more are refused at once. At any speed a disk has today, the last one
/// is served long before its caller gives up.
const QUEUE: usize = 1024;

/// How many jobs share a commit at the most.
const GROUP: usize = 256;

/// A handle to the writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Message>,
    failure: watch::Receiver<Option<String>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Run(Box<dyn Job>),
    Close,
}

/// A piece of work inside a transaction that it shares with others.
trait Job: Send {
    /// Whether an error of the work leaves something to undo.
    fn needs_undo(&self) -> bool;

    /// Does the work. An error undoes it, and it alone.
    fn run(&mut self, connection: &Connection) -> Result<(), Error>;

    /// Answers whoever waits, once the fate of the transaction is known.
    fn settle(self: Box<Self>, committed: Result<(), Error>);
}

struct Task<T, F> {
    work: Option<F>,
    statements: Statements,
    result: Result<T, Error>,
    reply: oneshot::Sender<Result<T, Error>>,
}

/// How much a task does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Statements {
    /// One that changes something at the most, and it comes last: SQLite itself undoes a
    /// statement that fails.
    One,
    /// Any number.
    Many,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Error> + Send,
{
    fn needs_undo(&self) -> bool {
        self.statements == Statements::Many
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Error> {
        if let Some(work) = self.work.take() {
            self.result = work(connection);
        }
        self.result.as_ref().map(|_| ()).map_err(Error::clone)
    }

    fn settle(self: Box<Self>, committed: Result<(), Error>) {
        // Without the commit even a refusal proves nothing: it may rest on what was undone.
        let answer = committed.and(self.result);
        // A caller that went away is no reason to stop.
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    /// Gives the connection to a new thread, which keeps its write-ahead log short.
    pub(super) fn start(connection: Connection, checkpointer: Checkpointer) -> Self {
        let (queue, jobs) = sync_channel(QUEUE);
        let (failing, failure) = watch::channel(None);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || serve(connection, checkpointer, &jobs, &failing))
            .expect("the system starts a thread");
        Self {
            queue,
            failure,
            thread: Mutex::new(Some(thread)),
        }
    }

    /// Runs work and waits for its commit. The work is undone when it returns an error.
    pub(super) async fn submit<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        self.enqueue(work, Statements::Many).await
    }

    /// The same for work that ends with the only statement of it that changes anything, which is
    /// cheaper.
    pub(super) async fn submit_statement<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        self.enqueue(work, Statements::One).await
    }

    async fn enqueue<T, F>(&self, work: F, statements: Statements) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work: Some(work),
            statements,
            result: Err(Error::Stopped),
            reply,
        };
        self.queue
            .try_send(Message::Run(Box::new(task)))
            .map_err(|refused| match refused {
                TrySendError::Full(_) => Error::Busy,
                TrySendError::Disconnected(_) => Error::Stopped,
            })?;
        answer.await.unwrap_or(Err(Error::Stopped))
    }

    /// Waits for a failure from which the thread does not recover.
    pub(super) async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // Closed in good order: there will be no failure.
            Err(_) => std::future::pending().await,
        }
    }

    /// Lets the thread finish what waits and waits for it to end.
    pub(super) fn close(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // Refused only if the thread has ended already.
            let _ = self.queue.send(Message::Close);
            if thread.join().is_err() {
                error!("the writer ended in a panic");
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(
    connection: Connection,
    mut checkpointer: Checkpointer,
    jobs: &Receiver<Message>,
    failing: &watch::Sender<Option<String>>,
) {
    let mut open = true;
    while open {
        let mut group = Vec::new();
        open = collect(jobs, &mut group);
        let changes = group.len();
        let kept = run_group(&connection, group).and_then(|()| {
            let shortened = checkpointer.after_commit(&connection, changes);
            shortened.map_err(|error| error.to_string())
        });
        if let Err(reason) = kept {
            // Closing the connection would write to a disk that has just lost what it was given.
            std::mem::forget(connection);
            failing.send_replace(Some(reason));
            return;
        }
    }
    checkpointer.finish(&connection);
}

/// Waits for a job and takes what waits behind it; whether the thread is to go on after these.
fn collect(jobs: &Receiver<Message>, group: &mut Vec<Box<dyn Job>>) -> bool {
    let mut next = jobs.recv().unwrap_or(Message::Close);
    loop {
        match next {
            Message::Run(job) => group.push(job),
            Message::Close => return false,
        }
        if group.len() == GROUP {
            return true;
        }
        match jobs.try_recv() {
            Ok(message) => next = message,
            Err(_) => return true,
        }
    }
}

/// Runs the jobs, commits, answers. An error is one after which nothing may be written any more.
fn run_group(connection: &Connection, mut group: Vec<Box<dyn Job>>) -> Result<(), String> {
    if group.is_empty() {
        return Ok(());
    }
    let committed = commit_together(connection, &mut group);
    let (answer, lost) = match committed {
        Ok(()) => (Ok(()), None),
        Err(failure) => (Err(failure.error), failure.lost),
    };
    for job in group {
        job.settle(answer.clone());
    }
    lost.map_or(Ok(()), Err)
}

/// Why a group was not committed.
struct Failure {
    error: Error,
    /// What happened, if the disk lost what it had been given.
    lost: Option<String>,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let lost = is_failed_sync(&error).then(|| error.to_string());
        Self {
            error: error.into(),
            lost,
        }
    }
}

fn commit_together(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    for job in group {
        run_alone(&transaction, job.as_mut())?;
    }
    Ok(transaction.commit()?)
}

/// Runs a job such that its failure undoes it alone. An error is one that undid the whole group.
fn run_alone(connection: &Connection, job: &mut dyn Job) -> Result<(), Failure> {
    let execute = |sql| connection.prepare_cached(sql)?.execute([]);
    if !job.needs_undo() {
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
fn run(connection: &Connection, job: &mut dyn Job) -> Result<bool, Failure> {
    match job.run(connection) {
        Ok(()) => Ok(true),
        Err(error) if connection.is_autocommit() => Err(Failure { error, lost: None }),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ErrorCode;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    fn writer() -> Writer {
        let [connection, copying] =
            [(), ()].map(|()| Connection::open_in_memory().expect("memory"));
        connection
            .execute_batch("CREATE TABLE log (entry TEXT NOT NULL UNIQUE)")
            .expect("a table");
        Writer::start(
            connection,
            Checkpointer::new(copying, Arc::new(tempfile::tempfile().expect("a file"))),
        )
    }

    fn insert(entry: &'static str) -> impl FnOnce(&Connection) -> Result<(), Error> {
        move |connection| {
            connection.execute("INSERT INTO log VALUES (?1)", [entry])?;
            Ok(())
        }
    }

    fn entries(writer: &Writer) -> String {
        wait(writer.submit(|connection| {
            let sql = "SELECT coalesce(group_concat(entry), '') FROM log";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        }))
        .expect("a list")
    }

    fn wait<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
            .block_on(future)
    }

    /// Holds the thread in a job until the returned sender speaks, so that others pile up.
    fn hold(
        writer: &Writer,
    ) -> (
        impl Future<Output = Result<(), Error>>,
        std::sync::mpsc::Sender<()>,
    ) {
        let (release, held) = std::sync::mpsc::channel();
        let (started, starting) = std::sync::mpsc::channel();
        let mut job = Box::pin(writer.submit(move |_| {
            started.send(()).expect("the test waits");
            held.recv().expect("the test speaks");
            Ok(())
        }));
        assert!(
            job.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        starting.recv().expect("the job starts");
        (job, release)
    }

    #[test]
    fn a_job_that_fails_undoes_only_itself() {
        let writer = writer();
        let (held, release) = hold(&writer);
        let mut first = pin!(writer.submit(insert("a")));
        let mut twice = pin!(writer.submit(|connection| {
            insert("b")(connection)?;
            insert("a")(connection)
        }));
        let mut last = pin!(writer.submit(insert("c")));
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(twice.as_mut().poll(&mut context).is_pending());
        assert!(last.as_mut().poll(&mut context).is_pending());
        release.send(()).expect("the job waits");
        wait(async {
            assert_eq!(held.await, Ok(()));
            assert_eq!(first.await, Ok(()));
            assert!(matches!(twice.await, Err(Error::Internal(_))));
            assert_eq!(last.await, Ok(()));
        });
        assert_eq!(entries(&writer), "a,c");
    }

    #[test]
    fn a_full_queue_refuses_at_once() {
        let writer = writer();
        let (held, release) = hold(&writer);
        let mut context = Context::from_waker(Waker::noop());
        let mut waiting: Vec<_> = (0..QUEUE)
            .map(|_| Box::pin(writer.submit(|_| Ok(()))))
            .collect();
        for job in &mut waiting {
            assert!(job.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(
            pin!(writer.submit(|_| Ok(()))).poll(&mut context),
            Poll::Ready(Err(Error::Busy))
        );
        release.send(()).expect("the job waits");
        wait(async {
            assert_eq!(held.await, Ok(()));
            for job in waiting {
                assert_eq!(job.await, Ok(()));
            }
        });
    }

    #[test]
    fn closing_finishes_what_waits_and_takes_no_more() {
        let writer = writer();
        let (held, release) = hold(&writer);
        let mut waiting = pin!(writer.submit(insert("a")));
        assert!(
            waiting
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        release.send(()).expect("the job waits");
        writer.close();
        wait(async {
            assert_eq!(held.await, Ok(()));
            assert_eq!(waiting.await, Ok(()));
            assert_eq!(writer.submit(insert("b")).await, Err(Error::Stopped));
        });
    }

    #[test]
    fn a_failed_sync_stops_the_writer_for_good() {
        let writer = writer();
        let failure = rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error {
                code: ErrorCode::SystemIoFailure,
                extended_code: rusqlite::ffi::SQLITE_IOERR_FSYNC,
            },
            None,
        );
        assert!(Failure::from(failure).lost.is_some());
        drop(writer);
    }
}
