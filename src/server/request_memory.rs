//! How much memory the requests that are arriving may take, all connections together.
//!
//! A request is small up to [`SMALL_BYTES`], and each connection may have one of those. Beyond that
//! it is large, and only so many connections at a time read on with a large request; the others
//! wait until one of those is answered or closed. A client that is slow with a large request is
//! closed by the limits on time, so the wait ends.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

/// The largest request, with its head, that needs no place among the large ones, in bytes. (Tuning:
/// nearly all requests are shorter.)
const SMALL_BYTES: usize = 8 * 1024;

/// How many connections at a time may have a large request. (Tuning: each takes up to some 200 KiB,
/// for a head of 128 KiB or a body of 64 KiB, so all together take 50 MiB.)
const LARGE_REQUESTS: usize = 256;

/// The places for large requests of a server.
#[derive(Debug, Clone)]
pub(super) struct LargeRequests(Arc<Semaphore>);

impl LargeRequests {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_REQUESTS)))
    }
}

/// The memory that the request on one connection takes.
#[derive(Debug)]
pub(super) struct RequestMemory {
    places: PollSemaphore,
    place: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl RequestMemory {
    pub(super) fn new(large_requests: &LargeRequests) -> Self {
        Self {
            places: PollSemaphore::new(Arc::clone(&large_requests.0)),
            place: None,
            bytes: 0,
        }
    }

    /// Begins a request of which so many bytes have arrived, after the last one was answered.
    pub(super) fn begin(&mut self, bytes: usize) {
        self.place = None;
        self.bytes = bytes;
    }

    /// Records that more of the request has arrived.
    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Is ready once more of the request may be read.
    pub(super) fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.place.is_none() && self.bytes > SMALL_BYTES {
            // The semaphore is never closed.
            self.place = ready!(self.places.poll_acquire(context));
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn small_requests_never_wait_and_large_ones_wait_for_a_place() {
        let large_requests = LargeRequests::new();
        let context = &mut Context::from_waker(Waker::noop());
        let mut open: Vec<_> = (0..LARGE_REQUESTS)
            .map(|_| {
                let mut memory = RequestMemory::new(&large_requests);
                memory.begin(SMALL_BYTES);
                memory.add(1);
                assert!(memory.poll_more(context).is_ready());
                memory
            })
            .collect();
        let mut late = RequestMemory::new(&large_requests);
        late.begin(SMALL_BYTES);
        assert!(late.poll_more(context).is_ready());
        late.add(1);
        assert!(late.poll_more(context).is_pending());
        // Another request on the same connection, or a connection that is closed, frees a place.
        open[0].begin(0);
        assert!(late.poll_more(context).is_ready());
        open[0].add(SMALL_BYTES + 1);
        assert!(open[0].poll_more(context).is_pending());
        open.pop();
        assert!(open[0].poll_more(context).is_ready());
    }
}
