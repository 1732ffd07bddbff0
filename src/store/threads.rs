//! Whether the system lets the process start the threads that it needs.

use std::io;
use std::sync::mpsc::channel;
use std::thread::Builder;

/// How many threads an open database has: writer, checkpointer, two for searches, and three of the pool
/// of readers.
pub const STORE_THREADS: usize = 7;

/// The system starts no more threads: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error(
    "this process cannot start as many threads as it needs ({0}): raise its limits on processes and \
     memory (`ulimit -u` and `ulimit -v`, or TasksMax and MemoryMax of systemd)"
)]
pub struct ThreadError(#[from] pub io::Error);

/// Starts so many threads at the same time and ends them again. Libraries panic, some of them after the
/// server is ready, where they cannot start one; so this is asked first.
///
/// # Errors
/// Fewer threads than that.
pub fn check_threads(count: usize) -> Result<(), ThreadError> {
    let mut threads = Vec::with_capacity(count);
    let mut ends = Vec::with_capacity(count);
    for _ in 0..count {
        let (end, ended) = channel::<()>();
        // Fails once the other end is dropped.
        let thread = Builder::new().spawn(move || ended.recv().is_err())?;
        threads.push(thread);
        ends.push(end);
    }
    drop(ends);
    for thread in threads {
        // These threads do not panic.
        let _ = thread.join();
    }
    Ok(())
}
