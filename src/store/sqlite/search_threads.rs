//! The threads that run searches, which read much, beside the threads that answer point reads.

use super::connection::{self, HeldConnection, OpenFiles};
use super::error::OpenError;
use super::priority::{Share, lower_priority};
use crate::store::{Error, ThreadError};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many searches run at the same time. (Tuning: a search is bound by the processor, and point
/// reads need it too.)
const THREADS: usize = 2;

/// How many searches may wait for a thread. More are rejected at once.
const QUEUE: usize = 64;

/// How long a search may wait for a thread: well under the five seconds that callers wait.
const TIMEOUT: Duration = Duration::from_secs(3);

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A handle to the threads. They end when it is dropped.
#[derive(Debug)]
pub(super) struct SearchThreads {
    /// None while the handle is dropped.
    queue: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl SearchThreads {
    /// Starts the threads, each with a connection of its own that cannot write.
    pub(super) fn start(path: &Path, files: &Arc<OpenFiles>) -> Result<Self, OpenError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let start = |_| {
            let connection = files.hold(connection::open_reader(path)?);
            let jobs = Arc::clone(&jobs);
            let thread = thread::Builder::new().name("search".into());
            let thread = thread.spawn(move || run(&connection, &jobs));
            Ok(thread.map_err(ThreadError::from)?)
        };
        Ok(Self {
            threads: (0..THREADS).map(start).collect::<Result<_, OpenError>>()?,
            queue: Some(queue),
        })
    }

    /// Runs a search on one of the threads.
    ///
    /// # Errors
    /// [`Error::TooManySearches`] when the queue is full or no thread was free in time.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        search: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let queued = Instant::now();
        let job = Box::new(move |connection: &Connection| {
            // The caller may have gone away meanwhile; then the search is pointless.
            if reply.is_closed() {
                return;
            }
            let found = if queued.elapsed() > TIMEOUT {
                Err(Error::TooManySearches)
            } else {
                search(connection)
            };
            let _ = reply.send(found);
        });
        let queue = self.queue.as_ref().ok_or(Error::Stopped)?;
        queue.try_send(job).map_err(|_| Error::TooManySearches)?;
        answer.await.unwrap_or(Err(Error::Stopped))
    }
}

impl Drop for SearchThreads {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A panic has been reported already.
            let _ = thread.join();
        }
    }
}

fn run(connection: &HeldConnection, jobs: &Mutex<Receiver<Job>>) {
    lower_priority(Share::Tenth);
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            // A panic has been reported; the caller gets an error because its answer is dropped.
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(|| job(connection)))),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_search_that_finds_no_place_in_the_queue_is_rejected() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("a.db");
        connection::create_if_missing(&path).expect("a file");
        let writing = connection::open_unchecked(&path).expect("a connection");
        connection::enter_wal_mode(&writing, &path).expect("WAL mode");
        writing
            .execute_batch("CREATE TABLE t (c)")
            .expect("a table");
        let files = Arc::new(OpenFiles::open(&path).expect("open files"));
        let searches = SearchThreads::start(&path, &files).expect("threads");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(async {
            let (release, held) = mpsc::channel::<()>();
            let held = Arc::new(Mutex::new(held));
            let mut waiting: Vec<_> = (0..THREADS + QUEUE)
                .map(|_| {
                    let held = Arc::clone(&held);
                    Box::pin(searches.run(move |_| {
                        let _ = held.lock().map(|held| held.recv());
                        Ok(())
                    }))
                })
                .collect();
            // Each is queued when it is polled for the first time; the threads take some of them.
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let mut rejected = 0;
            for search in &mut waiting {
                rejected += usize::from(search.as_mut().poll(&mut context).is_ready());
            }
            assert!(rejected <= THREADS);
            loop {
                let next = searches.run(|_| Ok(()));
                let mut next = Box::pin(next);
                match next.as_mut().poll(&mut context) {
                    std::task::Poll::Ready(outcome) => {
                        assert_eq!(outcome, Err(Error::TooManySearches));
                        break;
                    }
                    std::task::Poll::Pending => {}
                }
            }
            drop(release);
        });
    }
}
