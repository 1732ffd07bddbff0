use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The bit that tells an idle connection.
const IDLE: u64 = 1 << 63;

/// The latest moment at which something can begin, in milliseconds.
const LATEST: u64 = IDLE - 2;

/// The value that tells a web socket, which may be open for as long as its two sides want. It reads as
/// idle since a moment after all others: so its age is nothing, and [`ConnectionActivity::record_idle`]
/// leaves it as it is. No head of a request arrives on it any more.
const WEB_SOCKET: u64 = u64::MAX;

const _: () = assert!(WEB_SOCKET & IDLE != 0 && WEB_SOCKET & !IDLE > LATEST);

/// What a connection does, and since when: it is idle, or it is about a request, since the first
/// byte of its head, then since its head has arrived.
#[derive(Debug)]
pub(crate) struct ConnectionActivity {
    opened: Instant,
    /// The beginning, in milliseconds after `opened`, with the bit `IDLE` or without it.
    since: AtomicU64,
}

impl ConnectionActivity {
    /// Returns the activity of a connection that is opened now and waits for its first request.
    pub(crate) fn new() -> Self {
        Self {
            opened: Instant::now(),
            since: AtomicU64::new(0),
        }
    }

    /// Records that the head of a request has arrived.
    pub(super) fn record_request(&self, at: Instant) {
        let after = at.saturating_duration_since(self.opened);
        self.since.store(milliseconds(after), Ordering::Relaxed);
    }

    /// Records that the head of a request arrives, if the connection was idle.
    pub(crate) fn record_head(&self) {
        if self.is_idle() {
            let after = milliseconds(self.opened.elapsed());
            self.since.store(after, Ordering::Relaxed);
        }
    }

    /// Records that the connection waits for the next request.
    pub(crate) fn record_idle(&self) {
        if !self.is_idle() {
            let after = milliseconds(self.opened.elapsed());
            self.since.store(after | IDLE, Ordering::Relaxed);
        }
    }

    /// Records that the connection has become a web socket.
    pub(super) fn record_web_socket(&self) {
        self.since.store(WEB_SOCKET, Ordering::Relaxed);
    }

    /// Records that a web socket has ended, as if its request had begun when the connection was opened.
    pub(super) fn record_end(&self) {
        self.since.store(0, Ordering::Relaxed);
    }

    /// Returns true while the connection waits for the next request.
    pub(crate) fn is_idle(&self) -> bool {
        self.since.load(Ordering::Relaxed) & IDLE != 0
    }

    /// Returns how long the connection has been idle, or about the same request; nothing for a web
    /// socket.
    pub(crate) fn age(&self) -> Duration {
        let since = self.since.load(Ordering::Relaxed) & !IDLE;
        let since = Duration::from_millis(since);
        self.opened.elapsed().saturating_sub(since)
    }
}

/// Returns a time in whole milliseconds.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).map_or(LATEST, |time| time.min(LATEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_socket_is_of_no_age_until_it_ends() {
        let activity = ConnectionActivity::new();
        while activity.age() < Duration::from_millis(2) {}
        activity.record_web_socket();
        activity.record_idle();
        assert_eq!(activity.age(), Duration::ZERO);
        activity.record_end();
        assert!(!activity.is_idle() && activity.age() >= Duration::from_millis(2));
    }
}
