//! How fast a client may send.

use super::effect::{Millis, SECOND};

/// How many short messages a client may send in a second, on average.
const PER_SECOND: u64 = 20;

/// How many short messages a client may send at once.
const BURST: u64 = 200;

/// How many bytes of a message count as much as another short message. All that a client sends at
/// once, half a MiB, must find room in what may wait for another client, which would lose its socket
/// otherwise.
const BYTES: u64 = 2560;

/// After how many messages beyond that its socket is closed.
const MAX_EXCESS: u32 = 1000;

/// After how many malformed messages a socket is closed.
const MAX_MALFORMED: u32 = 5;

/// What one client has sent.
#[derive(Debug)]
pub(super) struct Pace {
    /// How much of the burst is left, in thousandths of a message.
    left: u64,
    counted_at: Millis,
    excess: u32,
    malformed: u32,
    last_refusal: Option<Millis>,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Do what it wants.
    Take,
    /// Drop it and tell the client.
    Refuse,
    /// Drop it; the client was told just now.
    Drop,
    /// Close the socket.
    Close,
}

impl Pace {
    pub(super) fn new(now: Millis) -> Self {
        Self {
            left: BURST * SECOND,
            counted_at: now,
            excess: 0,
            malformed: 0,
            last_refusal: None,
        }
    }

    /// Counts a message of so many bytes.
    pub(super) fn count(&mut self, bytes: usize, now: Millis) -> Verdict {
        let cost = SECOND * (1 + u64::try_from(bytes).unwrap_or(u64::MAX / SECOND) / BYTES);
        let passed = now.saturating_sub(self.counted_at);
        self.counted_at = now;
        self.left = BURST
            .saturating_mul(SECOND)
            .min(self.left.saturating_add(passed.saturating_mul(PER_SECOND)));
        if self.left >= cost {
            self.left -= cost;
            return Verdict::Take;
        }
        self.excess += 1;
        if self.excess >= MAX_EXCESS {
            return Verdict::Close;
        }
        // One answer a second, so that a flood does not cause another one.
        if self.last_refusal.is_some_and(|at| at + SECOND > now) {
            return Verdict::Drop;
        }
        self.last_refusal = Some(now);
        Verdict::Refuse
    }

    /// Counts a malformed message.
    pub(super) fn count_malformed(&mut self) -> Verdict {
        self.malformed += 1;
        if self.malformed >= MAX_MALFORMED {
            Verdict::Close
        } else {
            Verdict::Refuse
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_send_200_messages_at_once_and_20_a_second() {
        let mut pace = Pace::new(0);
        for _ in 0..BURST {
            assert_eq!(pace.count(0, 0), Verdict::Take);
        }
        assert_eq!(pace.count(0, 0), Verdict::Refuse);
        assert_eq!(pace.count(0, 999), Verdict::Take);
        for _ in 0..18 {
            assert_eq!(pace.count(0, 999), Verdict::Take);
        }
        assert_eq!(pace.count(0, 999), Verdict::Drop);
        assert_eq!(pace.count(0, 1000), Verdict::Take);
        for _ in 0..BURST {
            assert_eq!(pace.count(0, 1_000_000), Verdict::Take);
        }
        assert_eq!(pace.count(0, 1_000_000), Verdict::Refuse);
    }

    #[test]
    fn long_messages_count_as_several() {
        let mut pace = Pace::new(0);
        let long = 60 * 1024;
        let sent = (0..).take_while(|_| pace.count(long, 0) == Verdict::Take);
        assert_eq!(sent.count(), 8);
        assert_eq!(pace.count(0, 10_000), Verdict::Take);
    }

    #[test]
    fn a_flood_and_garbage_close_the_socket() {
        let mut pace = Pace::new(0);
        let verdicts = (0..).map(|_| pace.count(0, 0));
        let sent = verdicts.take_while(|verdict| *verdict != Verdict::Close);
        assert_eq!(sent.count() as u64, BURST + u64::from(MAX_EXCESS) - 1);
        for _ in 1..MAX_MALFORMED {
            assert_eq!(pace.count_malformed(), Verdict::Refuse);
        }
        assert_eq!(pace.count_malformed(), Verdict::Close);
    }
}
