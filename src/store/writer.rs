//! The one thread that writes.
//!
//! Jobs wait in a bounded queue. The thread takes all that wait, runs them in one transaction,
//! commits once and only then answers each: a durable commit costs one wait for the disk, shared
//! by everybody in the group.

mod group;

use super::checkpoint::Checkpointer;
use super::error::{Error, Failure};
use super::files::Files;
use super::outage::{Cause, Outages};
use super::version::Versions;
use group::{Job, commit_together};
use log::error;
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// How many jobs may wait; more are refused at once. At any speed a disk has today, the last one
/// is served long before its caller gives up.
const QUEUE: usize = 1024;

/// How many jobs share a commit at the most.
const GROUP: usize = 256;

/// How long readers may hold up the last copy of the write-ahead log of a database that was
/// replaced.
const READER_PATIENCE: Duration = Duration::from_secs(3);

/// A handle to the writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Message>,
    outages: Arc<Outages>,
    failure: watch::Receiver<Option<Failure>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Run(Box<dyn Job>),
    Close,
}

struct Task<T, F> {
    work: Option<F>,
    change: Change,
    result: Result<T, Error>,
    reply: oneshot::Sender<Result<T, Error>>,
}

/// What a task may change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// At the most it inserts a row, and that comes last: SQLite itself undoes a statement that
    /// fails.
    Insert,
    /// Anything.
    Any,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Error> + Send,
{
    fn only_inserts(&self) -> bool {
        self.change == Change::Insert
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Error> {
        if let Some(work) = self.work.take() {
            self.result = work(connection);
        }
        self.result.as_ref().map(|_| ()).map_err(Error::clone)
    }

    fn settle(self: Box<Self>, committed: Result<(), Error>) -> Result<(), Error> {
        // Without the commit even a refusal proves nothing: it may rest on what was undone.
        let answer = committed.and(self.result);
        let error = answer.as_ref().map(|_| ()).map_err(Error::clone);
        // A caller that went away is no reason to stop.
        let _ = self.reply.send(answer);
        error
    }
}

impl Writer {
    /// Gives the connection to a new thread, which keeps its write-ahead log short and looks after
    /// its files.
    pub(super) fn start(
        connection: Connection,
        checkpointer: Checkpointer,
        files: Files,
        versions: Arc<Versions>,
    ) -> Self {
        let (queue, jobs) = sync_channel(QUEUE);
        let (failing, failure) = watch::channel(None);
        let outages = Arc::new(Outages::default());
        let writing = Writing {
            connection,
            checkpointer,
            files,
            versions,
            outages: Arc::clone(&outages),
        };
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || writing.serve(&jobs, &failing))
            .expect("the system starts a thread");
        Self {
            queue,
            outages,
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
        self.enqueue(work, Change::Any).await
    }

    /// The same for work that ends with its only statement that changes anything, an insertion of a
    /// row. It is cheaper, and nobody has to look again at what was there.
    pub(super) async fn submit_insert<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        self.enqueue(work, Change::Insert).await
    }

    async fn enqueue<T, F>(&self, work: F, change: Change) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work: Some(work),
            change,
            result: Err(Error::Stopped),
            reply,
        };
        self.queue
            .try_send(Message::Run(Box::new(task)))
            .map_err(|refused| match refused {
                TrySendError::Full(_) => {
                    self.outages.refused(Cause::QueueFull, &Error::Busy);
                    Error::Busy
                }
                TrySendError::Disconnected(_) => Error::Stopped,
            })?;
        answer.await.unwrap_or(Err(Error::Stopped))
    }

    /// Waits for a failure from which the thread does not recover.
    pub(super) async fn failed(&self) -> Failure {
        let mut failure = self.failure.clone();
        // Closed in good order there will be no failure.
        let known = failure.wait_for(Option::is_some).await.ok();
        match known.and_then(|failure| failure.clone()) {
            Some(failure) => failure,
            None => std::future::pending().await,
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

/// What the thread works with.
struct Writing {
    connection: Connection,
    checkpointer: Checkpointer,
    files: Files,
    versions: Arc<Versions>,
    outages: Arc<Outages>,
}

impl Writing {
    fn serve(mut self, jobs: &Receiver<Message>, failing: &watch::Sender<Option<Failure>>) {
        let mut open = true;
        while open {
            let mut group = Vec::new();
            open = collect(jobs, &self.outages, &mut group);
            if let Err(failure) = self.run_group(group) {
                self.give_up(&failure);
                failing.send_replace(Some(failure));
                return;
            }
        }
        self.checkpointer.finish(&self.connection, Duration::ZERO);
    }

    /// Runs the jobs, commits, answers, and sees to the length of the write-ahead log. An error is
    /// one after which nothing may be written any more.
    fn run_group(&mut self, mut group: Vec<Box<dyn Job>>) -> Result<(), Failure> {
        if group.is_empty() {
            return Ok(());
        }
        let changes = group.len();
        let committed = commit_together(&self.connection, &mut group, &self.versions)
            // Not before the commit, which may have gone into a file replaced meanwhile.
            .and_then(|()| Ok(self.files.check()?));
        let (answer, failure) = match committed {
            Ok(()) => (Ok(()), None),
            Err(undone) => (Err(undone.error), undone.failure),
        };
        let refusal = self.answer(group, &answer);
        if let Some(failure) = failure {
            return Err(failure);
        }
        let shortened = match refusal {
            Some(Cause::DiskFull) => self.checkpointer.make_room(&self.connection),
            _ => self.checkpointer.after_commit(&self.connection, changes),
        };
        shortened.map_err(|error| Failure::DiskFailed(error.to_string()))
    }

    /// Answers the jobs of a group; returns why some were refused, if they were.
    fn answer(&self, group: Vec<Box<dyn Job>>, committed: &Result<(), Error>) -> Option<Cause> {
        let (mut has_written, mut refusal) = (false, None);
        for job in group {
            match job.settle(committed.clone()) {
                Ok(()) => has_written = true,
                Err(error) => {
                    if let Some(cause) = Cause::of(&error) {
                        self.outages.refused(cause, &error);
                        refusal = Some(cause);
                    }
                }
            }
        }
        if has_written {
            self.outages.succeeded();
        }
        refusal
    }

    /// Ends without closing the connection, which would write to a disk that has just lost what it
    /// was given, or to a file of the same name.
    fn give_up(self, failure: &Failure) {
        if matches!(failure, Failure::Replaced(_)) && self.files.are_locked() {
            // Into the files that are open. A database that was moved away gets all that was
            // acknowledged, and the one in its place meets no log that is not its own.
            self.checkpointer.finish(&self.connection, READER_PATIENCE);
        }
        std::mem::forget(self.connection);
    }
}

/// Waits for a job and takes what waits behind it; whether the thread is to go on after these.
fn collect(jobs: &Receiver<Message>, outages: &Outages, group: &mut Vec<Box<dyn Job>>) -> bool {
    let mut next = wait(jobs, outages);
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

/// Waits for a message; meanwhile outages end.
fn wait(jobs: &Receiver<Message>, outages: &Outages) -> Message {
    while let Some(time) = outages.end() {
        match jobs.recv_timeout(time) {
            Ok(message) => return message,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Message::Close,
        }
    }
    jobs.recv().unwrap_or(Message::Close)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
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
            Files::default(),
            Arc::new(Versions::of_index(tempfile::tempfile().expect("a file"))),
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
}
