//! What waits to be sent over a web socket: bounded by number and by bytes.

use super::effect::{CloseCode, SocketId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The most messages that wait for one client; one that reads more slowly is disconnected.
const MAX_MESSAGES: usize = 256;

/// The most bytes that wait for one client. (Tuning: a page that meets five others gets some 100 KiB
/// at once.)
const MAX_BYTES: usize = 1024 * 1024;

/// Something that goes out over a web socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// A message, as JSON text.
    Text(Arc<str>),
    /// The question whether the client is there.
    Ping,
    /// The answer to a question of the client.
    Pong(Vec<u8>),
    /// The end.
    Close(CloseCode),
}

/// What both ends of a wire know.
#[derive(Debug, Default)]
struct Shared {
    waiting_bytes: AtomicUsize,
    closed: Notify,
}

/// The end of a wire from which things go out.
#[derive(Debug)]
pub(super) struct Wire {
    sender: Sender<Outgoing>,
    shared: Arc<Shared>,
}

/// The end of a wire that a web socket writes.
#[derive(Debug)]
pub(crate) struct WireEnd {
    receiver: Receiver<Outgoing>,
    shared: Arc<Shared>,
}

/// What tells that the server has closed a wire.
#[derive(Debug)]
pub(crate) struct WireClosed {
    /// The socket.
    pub(crate) id: SocketId,
    shared: Arc<Shared>,
}

/// Returns a new wire.
pub(super) fn wire(id: SocketId) -> (Wire, WireEnd, WireClosed) {
    let (sender, receiver) = channel(MAX_MESSAGES);
    let shared = Arc::new(Shared::default());
    let wire = Wire {
        sender,
        shared: shared.clone(),
    };
    let end = WireEnd {
        receiver,
        shared: shared.clone(),
    };
    (wire, end, WireClosed { id, shared })
}

impl Outgoing {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Pong(bytes) => bytes.len(),
            Self::Ping | Self::Close(_) => 0,
        }
    }
}

impl Wire {
    /// Puts something in the queue; false if too much waits already.
    pub(super) fn send(&self, outgoing: Outgoing) -> bool {
        let bytes = outgoing.bytes();
        let waiting = &self.shared.waiting_bytes;
        if waiting.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_BYTES {
            waiting.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        let sent = self.sender.try_send(outgoing).is_ok();
        if !sent {
            waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
        sent
    }

    /// Closes the wire: what waits is still sent, and then the code if there is space for it.
    pub(super) fn close(self, code: CloseCode) {
        let _ = self.sender.try_send(Outgoing::Close(code));
        self.shared.closed.notify_one();
    }
}

impl WireEnd {
    /// Returns the next thing to send, `None` at the end.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Outgoing>> {
        self.receiver.poll_recv(context).map(|outgoing| {
            let outgoing = outgoing?;
            let waiting = &self.shared.waiting_bytes;
            waiting.fetch_sub(outgoing.bytes(), Ordering::Relaxed);
            Some(outgoing)
        })
    }

    /// Returns what waits, for a test.
    #[cfg(any(fuzzing, test))]
    pub(crate) fn waiting(&mut self) -> Vec<Outgoing> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let next = || match self.poll_next(&mut context) {
            Poll::Ready(outgoing) => outgoing,
            Poll::Pending => None,
        };
        std::iter::from_fn(next).collect()
    }
}

impl WireClosed {
    /// Waits until the server closes the wire.
    pub(crate) async fn wait(&self) {
        self.shared.closed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_by_number_and_bytes() {
        let small = || Outgoing::Text("x".into());
        let (wire, mut end, _) = super::wire(SocketId(1));
        for _ in 0..MAX_MESSAGES {
            assert!(wire.send(small()));
        }
        assert!(!wire.send(small()));
        assert_eq!(end.waiting().len(), MAX_MESSAGES);
        assert!(wire.send(small()));
        end.waiting();

        let large = || Outgoing::Text("x".repeat(MAX_BYTES / 4).into());
        for _ in 0..4 {
            assert!(wire.send(large()));
        }
        assert!(!wire.send(small()));
        assert!(wire.send(Outgoing::Ping));
        end.waiting();
        assert!(wire.send(large()));
        wire.close(CloseCode::Left);
        let rest = end.waiting();
        assert_eq!(rest[1..], [Outgoing::Close(CloseCode::Left)]);
    }
}
