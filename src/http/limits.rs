//! How often callers may try keys, and how often a key may be used.

use super::client::Caller;
use super::error::ApiError;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many callers, or keys, are told apart.
const MAX_TRACKED: usize = 64 * 1024;

/// After how many checks those are forgotten who have their whole allowance again.
const CHECKS_BETWEEN_SWEEPS: usize = 4 * 1024;

/// The limits that are set.
#[derive(Debug)]
pub(crate) struct Limits {
    failures: Option<Limiter<Caller>>,
    requests: Option<Limiter<[u8; 32]>>,
}

impl Limits {
    /// Limits on the requests of a caller that show no valid key, and on the requests with one key,
    /// each a minute; 0: no limit.
    pub(crate) fn per_minute(failures: u32, requests: u32) -> Self {
        Self {
            failures: Limiter::per_minute(failures),
            requests: Limiter::per_minute(requests),
        }
    }

    /// The refusal of a request that shows no valid key. Good keys are not looked at here: they
    /// work, so that nobody locks out those with whom an address is shared.
    pub(super) fn unauthorized(&self, caller: impl FnOnce() -> Caller) -> ApiError {
        let Some(failures) = &self.failures else {
            return ApiError::Unauthorized;
        };
        match failures.check(caller()) {
            Ok(()) => ApiError::Unauthorized,
            Err(seconds) => ApiError::TooManyFailures(seconds),
        }
    }

    /// Counts a request with a valid key, by its digest.
    pub(super) fn allow_key(&self, digest: &[u8; 32]) -> Result<(), ApiError> {
        match &self.requests {
            None => Ok(()),
            Some(requests) => requests.check(*digest).map_err(ApiError::TooManyRequests),
        }
    }
}

/// Gives everybody an allowance, which comes back evenly within a minute.
#[derive(Debug)]
struct Limiter<K: Hash + Eq + Clone> {
    /// By whom the allowance is used; none: all those whom there was no room to tell apart.
    allowances: RateLimiter<Option<K>, HashMapStateStore<Option<K>>, DefaultClock>,
    checks: AtomicUsize,
    max_tracked: usize,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn per_minute(count: u32) -> Option<Self> {
        let quota = Quota::per_minute(NonZeroU32::new(count)?);
        Some(Self {
            allowances: RateLimiter::hashmap(quota),
            checks: AtomicUsize::new(0),
            max_tracked: MAX_TRACKED,
        })
    }

    /// Uses the allowance of `key`; if there is none left, tells in how many seconds.
    fn check(&self, key: K) -> Result<(), u64> {
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks % CHECKS_BETWEEN_SWEEPS == CHECKS_BETWEEN_SWEEPS - 1 {
            self.allowances.retain_recent();
            self.allowances.shrink_to_fit();
        }
        let is_full = self.allowances.len() >= self.max_tracked;
        let checked = self.allowances.check_key(&(!is_full).then_some(key));
        checked.map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            whole_seconds(wait)
        })
    }
}

/// A time in seconds, rounded up, at least 1.
fn whole_seconds(time: std::time::Duration) -> u64 {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    whole.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_allowance_is_used_up_and_belongs_to_one() {
        let limiter = Limiter::per_minute(3).expect("a limit");
        for _ in 0..3 {
            assert_eq!(limiter.check("a"), Ok(()));
        }
        // A third of a minute for each.
        assert!((19..=20).contains(&limiter.check("a").expect_err("a refusal")));
        assert_eq!(limiter.check("b"), Ok(()));
        assert!(Limiter::<u8>::per_minute(0).is_none());
    }

    #[test]
    fn however_many_come_so_many_are_tracked() {
        let mut limiter = Limiter::per_minute(2).expect("a limit");
        limiter.max_tracked = 10;
        for n in 0..10 {
            assert_eq!(limiter.check(n), Ok(()));
        }
        // All others share one allowance.
        assert_eq!(limiter.check(10), Ok(()));
        assert_eq!(limiter.check(11), Ok(()));
        for n in 12..10_000 {
            assert!(limiter.check(n).is_err());
        }
        assert_eq!(limiter.allowances.len(), 11);
    }

    #[test]
    fn those_with_their_whole_allowance_are_forgotten() {
        // An allowance that comes back faster than anything can be asked.
        let limiter = Limiter::per_minute(u32::MAX).expect("a limit");
        for n in 0..CHECKS_BETWEEN_SWEEPS - 1 {
            assert_eq!(limiter.check(n), Ok(()));
        }
        assert_eq!(limiter.allowances.len(), CHECKS_BETWEEN_SWEEPS - 1);
        assert_eq!(limiter.check(0), Ok(()));
        assert!(limiter.allowances.len() < CHECKS_BETWEEN_SWEEPS / 2);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2999, 3)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
    }
}
