//! How fast a client may send.

use super::effect::{Millis, SECOND};

/// How many messages a client may send in a second, on average.
const PER_SECOND: u64 = 20;

/// How many messages a client may send at once.
const BURST: u64 = 200;

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

    /// Counts a message.
    pub(super) fn count(&mut self, now: Millis) -> Verdict {
        let passed = now.saturating_sub(self.counted_at);
        self.counted_at = now;
        self.left = BURST
            .saturating_mul(SECOND)
            .min(self.left.saturating_add(passed.saturating_mul(PER_SECOND)));
        if self.left >= SECOND {
            self.left -= SECOND;
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
            assert_eq!(pace.count(0), Verdict::Take);
        }
        assert_eq!(pace.count(0), Verdict::Refuse);
        assert_eq!(pace.count(999), Verdict::Take);
        for _ in 0..18 {
            assert_eq!(pace.count(999), Verdict::Take);
        }
        assert_eq!(pace.count(999), Verdict::Drop);
        assert_eq!(pace.count(1000), Verdict::Take);
        for _ in 0..BURST {
            assert_eq!(pace.count(1_000_000), Verdict::Take);
        }
        assert_eq!(pace.count(1_000_000), Verdict::Refuse);
    }

    #[test]
    fn a_flood_and_garbage_close_the_socket() {
        let mut pace = Pace::new(0);
        let verdicts = (0..).map(|_| pace.count(0));
        let sent = verdicts.take_while(|verdict| *verdict != Verdict::Close);
        assert_eq!(sent.count() as u64, BURST + u64::from(MAX_EXCESS) - 1);
        for _ in 1..MAX_MALFORMED {
            assert_eq!(pace.count_malformed(), Verdict::Refuse);
        }
        assert_eq!(pace.count_malformed(), Verdict::Close);
    }
}
