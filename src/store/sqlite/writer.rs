//! The one thread that writes.
//!
//! Jobs wait in a bounded queue. The thread takes all that wait, runs them in one transaction,
//! commits once and only then answers each: the callers of a batch share one wait for the disk. On a
//! processor that has no time for all, the thread lets those who bring jobs go first, so that more
//! of them share that wait.

mod batch;
mod changes;
mod sweep;
mod thread;

use super::connection::HeldConnection;
use super::error::{Failure, OpenError};
use super::file_identity::FileIdentities;
use super::generation::Generations;
use super::metrics::{CheckpointMetrics, WriterMetrics};
use super::outage::{Cause, Outages};
use super::priority::{Share, lower_priority};
use super::wal::Checkpointer;
use crate::metrics::{Exposition, Source};
use crate::store::{Error, ThreadError};
use batch::Job;
use changes::Changes;
use log::error;
use rusqlite::Connection;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use sweep::Sweep;
use thread::{Message, WriterThread};
use tokio::sync::{oneshot, watch};

/// How many jobs may wait; more are rejected at once. (Tuning: at any speed that a disk has today,
/// the last one is served long before its caller's timeout.)
const QUEUE: usize = 1024;

/// A handle to the writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Message>,
    outages: Arc<Outages>,
    metrics: Arc<WriterMetrics>,
    checkpoints: Arc<CheckpointMetrics>,
    failure: watch::Receiver<Option<Failure>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct WriteJob<T, F> {
    work: F,
    result: Result<T, Error>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Job for WriteJob<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T, Error> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), Error> {
        self.result = (self.work)(connection);
        self.result.as_ref().map(|_| ()).map_err(Error::clone)
    }

    fn complete(self: Box<Self>, committed: Result<(), Error>) -> Result<(), Error> {
        // Without the commit even an error of the job proves nothing: it may rest on what was
        // rolled back.
        let answer = committed.and(self.result);
        let error = answer.as_ref().map(|_| ()).map_err(Error::clone);
        // The caller may have gone away.
        let _ = self.reply.send(answer);
        error
    }
}

impl Writer {
    /// Gives the connection to a new thread, which runs checkpoints, checks that the files are still
    /// the same, and erases what was deleted. `has_old_content` says whether an earlier process may
    /// have left something to erase.
    pub(super) fn start(
        connection: HeldConnection,
        checkpointer: Checkpointer,
        files: FileIdentities,
        generations: Arc<Generations>,
        has_old_content: bool,
    ) -> Result<Self, OpenError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let (failing, failure) = watch::channel(None);
        let outages = Arc::new(Outages::default());
        let metrics = Arc::new(WriterMetrics::default());
        let checkpoints = Arc::clone(checkpointer.metrics());
        let writer_thread = WriterThread {
            changes: Changes::observe(&connection)?,
            sweep: Sweep::new(&connection, has_old_content),
            connection,
            checkpointer,
            files,
            generations,
            outages: Arc::clone(&outages),
            metrics: Arc::clone(&metrics),
        };
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                let _guard = PanicGuard(&failing);
                lower_priority(Share::Quarter);
                writer_thread.run(&jobs, &failing);
            })
            .map_err(ThreadError::from)?;
        Ok(Self {
            queue,
            outages,
            metrics,
            checkpoints,
            failure,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs work in a transaction and waits for its commit. If the work returns an error, nothing
    /// that it did stays. The work may be called twice: see [`commit_together`].
    pub(super) async fn submit<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = WriteJob {
            work,
            result: Err(Error::Stopped),
            reply,
        };
        self.queue
            .try_send(Message::Run(Box::new(job)))
            .map_err(|rejected| match rejected {
                TrySendError::Full(_) => {
                    self.outages.rejected(Cause::QueueFull, &Error::Busy);
                    Error::Busy
                }
                TrySendError::Disconnected(_) => Error::Stopped,
            })?;
        self.metrics.queued.increase();
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
            // Fails only if the thread has ended already.
            let _ = self.queue.send(Message::Close);
            if thread.join().is_err() {
                error!("the writer ended in a panic");
            }
        }
    }
}

impl Source for Writer {
    fn add_to(&self, page: &mut Exposition) {
        self.metrics.add_to(page);
        self.checkpoints.add_to(page);
        self.outages.add_to(page);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reports a panic of the thread as a failure: nothing is written any more.
struct PanicGuard<'a>(&'a watch::Sender<Option<Failure>>);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.send_replace(Some(Failure::WriterPanicked));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::connection::{self, OpenFiles};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    struct Fixture {
        writer: Writer,
        generations: Arc<Generations>,
        _folder: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::TempDir::new().expect("a folder");
            let path = folder.path().join("a.db");
            connection::create_if_missing(&path).expect("a file");
            let open = || connection::open_unchecked(&path).expect("a connection");
            let writing = open();
            connection::enter_wal_mode(&writing, &path).expect("WAL mode");
            writing
                .execute_batch("CREATE TABLE log (entry TEXT NOT NULL UNIQUE)")
                .expect("a table");
            let files = Arc::new(OpenFiles::open(&path).expect("open files"));
            let generations = Arc::new(Generations::new(Arc::clone(&files)));
            let writer = Writer::start(
                files.hold(writing),
                Checkpointer::new(files.hold(open()), Arc::clone(&files)).expect("a thread"),
                FileIdentities::read(&path).expect("the files"),
                Arc::clone(&generations),
                false,
            );
            Self {
                writer: writer.expect("a writer"),
                generations,
                _folder: folder,
            }
        }
    }

    #[test]
    fn a_batch_of_several_statements_keeps_the_generation_if_it_only_inserts() {
        let Fixture {
            writer,
            generations,
            ..
        } = &Fixture::new();
        let before = generations.now();
        let both = |connection: &Connection| {
            insert("a")(connection)?;
            insert("b")(connection)
        };
        assert_eq!(wait(writer.submit(both)), Ok(()));
        assert_eq!(generations.now(), before);
        let update = |connection: &Connection| {
            insert("c")(connection)?;
            connection.execute("UPDATE log SET entry = 'd' WHERE entry = 'c'", [])?;
            Ok(())
        };
        assert_eq!(wait(writer.submit(update)), Ok(()));
        assert_ne!(generations.now(), before);
    }

    fn insert(entry: &'static str) -> impl Fn(&Connection) -> Result<(), Error> {
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
    fn a_job_that_fails_is_rolled_back_alone() {
        let Fixture { writer, .. } = &Fixture::new();
        let (held, release) = hold(writer);
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
        assert_eq!(entries(writer), "a,c");
    }

    #[test]
    fn a_full_queue_rejects_at_once() {
        let Fixture { writer, .. } = &Fixture::new();
        let (held, release) = hold(writer);
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
    fn closing_completes_what_waits_and_accepts_no_more() {
        let Fixture { writer, .. } = &Fixture::new();
        let (held, release) = hold(writer);
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
