//! Which requests without valid authentication, or beyond a rate limit, get a log line: so few that
//! no client can fill the disk with them.

use super::client::Caller;
use log::warn;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time for which further rejections of a client with the same status are counted only.
const INTERVAL: Duration = Duration::from_secs(60);

/// The most clients, each with one status, that get lines of their own within the interval. All
/// others share one line.
const MAX_TRACKED: usize = 64;

/// The time between two looks for intervals that have ended. (Tuning: a look takes microseconds.)
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// The rejections within the last interval.
#[derive(Debug, Default)]
pub(crate) struct Rejections(Mutex<HashMap<Option<Source>, Counted>>);

/// A client and the status with which its requests were rejected. `None` stands for all clients
/// beyond the limit.
type Source = (Caller, u16);

#[derive(Debug)]
struct Counted {
    /// The client address of the first request.
    address: IpAddr,
    start: Instant,
    /// The number of rejections since then that have no line.
    more: u64,
}

impl Rejections {
    /// Counts a rejected request of a client address. Returns true if it gets a line.
    pub(super) fn count(&self, address: IpAddr, status: u16) -> bool {
        let source = (Caller::from_address(address), status);
        let mut counts = self.lock();
        let is_tracked = counts.contains_key(&Some(source)) || counts.len() < MAX_TRACKED;
        let mut is_first = false;
        let counted = counts
            .entry(is_tracked.then_some(source))
            .or_insert_with(|| {
                is_first = true;
                Counted {
                    address,
                    start: Instant::now(),
                    more: 0,
                }
            });
        counted.more += u64::from(!is_first);
        is_first
    }

    /// Logs, at the end of each interval, how many requests had no line, and never ends.
    pub(crate) async fn watch(&self) {
        loop {
            actix_web::rt::time::sleep(POLL_INTERVAL).await;
            self.end_intervals(INTERVAL);
        }
    }

    fn end_intervals(&self, interval: Duration) {
        self.lock().retain(|source, counted| {
            if counted.start.elapsed() < interval {
                return true;
            }
            counted.log(source.as_ref());
            let continues = counted.more > 0;
            counted.start = Instant::now();
            counted.more = 0;
            continues
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<Source>, Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn log(&self, source: Option<&Source>) {
        match source {
            _ if self.more == 0 => {}
            Some((_, status)) => warn!(
                status = *status, address:% = self.address, count = self.more;
                "more requests of a client were rejected"
            ),
            None => warn!(
                count = self.more;
                "more requests of many clients were rejected"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u16) -> IpAddr {
        let [high, low] = n.to_be_bytes();
        [192, 0, high, low].into()
    }

    #[test]
    fn the_first_rejection_of_a_client_with_a_status_gets_a_line() {
        let rejections = Rejections::default();
        assert!(rejections.count(address(1), 401));
        assert!(!rejections.count(address(1), 401));
        assert!(rejections.count(address(1), 429));
        assert!(rejections.count(address(2), 401));
        assert!(!rejections.count(address(2), 401));
    }

    #[test]
    fn an_interval_in_which_nothing_was_counted_is_the_last_one() {
        let rejections = Rejections::default();
        for _ in 0..2 {
            rejections.count(address(1), 401);
        }
        rejections.count(address(2), 401);
        rejections.end_intervals(INTERVAL);
        assert_eq!(rejections.lock().len(), 2);
        rejections.end_intervals(Duration::ZERO);
        assert_eq!(rejections.lock().len(), 1);
        assert!(!rejections.count(address(1), 401));
        assert!(rejections.count(address(2), 401));
        rejections.end_intervals(Duration::ZERO);
        rejections.end_intervals(Duration::ZERO);
        assert!(rejections.lock().is_empty());
    }

    #[test]
    fn any_number_of_clients_gets_few_lines() {
        let rejections = Rejections::default();
        let lines = (0..10_000).filter(|&n| rejections.count(address(n), 401));
        assert_eq!(lines.count(), MAX_TRACKED + 1);
        assert_eq!(rejections.lock().len(), MAX_TRACKED + 1);
    }
}
