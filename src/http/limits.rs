//! Rate limits: on requests without a valid key, by client address, and on requests with each key.

use super::client::Caller;
use super::error::ApiError;
use crate::metrics::{Counters, Exposition, Source, labels};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many callers, or keys, a limiter tells apart, so that its memory is bounded.
const MAX_TRACKED: usize = 64 * 1024;

/// After how many checks a limiter evicts the callers, or keys, whose quota is whole again.
/// (Tuning.)
const CHECKS_BETWEEN_SWEEPS: usize = 4 * 1024;

labels! {
    /// What there was too much of.
    "limit": enum Exceeded {
        /// Requests without a valid key from one client address.
        Failures = "failures",
        /// Wrong host links from one client address.
        HostLinks = "host_links",
        /// Requests with one key.
        Key = "key",
    }
}

/// The rate limits of the server.
#[derive(Debug)]
pub(crate) struct Limits {
    exceeded: Counters<Exceeded>,
    failures: Option<Limiter<Caller>>,
    requests: Option<Limiter<[u8; 32]>>,
}

impl Limits {
    /// Returns limits per minute: on the requests of a caller without a valid key, and on the
    /// requests with one key; 0: no limit.
    pub(crate) fn per_minute(failures: u32, requests: u32) -> Self {
        Self {
            exceeded: Counters::default(),
            failures: Limiter::per_minute(failures),
            requests: Limiter::per_minute(requests),
        }
    }

    /// Counts a request without a valid key, or with a wrong host link; returns its error, which is
    /// `error` unless there were too many. A request with a valid key is never counted here, so that no client locks out
    /// another one that shares its address.
    pub(super) fn unauthorized(
        &self,
        error: ApiError,
        caller: impl FnOnce() -> Caller,
    ) -> ApiError {
        let Some(failures) = &self.failures else {
            return error;
        };
        match failures.allow(caller()) {
            Ok(()) => error,
            Err(seconds) => match error {
                ApiError::HostLinkNotValid => {
                    self.exceeded.count(Exceeded::HostLinks);
                    ApiError::TooManyWrongLinks(seconds)
                }
                _ => {
                    self.exceeded.count(Exceeded::Failures);
                    ApiError::TooManyFailures(seconds)
                }
            },
        }
    }

    /// Counts a request with a valid key, by the digest of the key.
    ///
    /// # Errors
    /// More requests with the key than the limit allows.
    pub(super) fn allow_key(&self, digest: &[u8; 32]) -> Result<(), ApiError> {
        match &self.requests {
            None => Ok(()),
            Some(requests) => requests.allow(*digest).map_err(|seconds| {
                self.exceeded.count(Exceeded::Key);
                ApiError::TooManyRequests(seconds)
            }),
        }
    }
}

impl Source for Limits {
    fn add_to(&self, page: &mut Exposition) {
        let name = "roomd_rate_limited_requests_total";
        let help = "Requests that were rejected because of a rate limit.";
        self.exceeded.add_to(page.counter(name, help));
    }
}

/// Allows each key a quota, which refills evenly within a minute.
#[derive(Debug)]
struct Limiter<K: Hash + Eq + Clone> {
    /// The used quotas; None: that of all keys beyond `max_tracked`, which share one.
    quotas: RateLimiter<Option<K>, HashMapStateStore<Option<K>>, DefaultClock>,
    checks: AtomicUsize,
    max_tracked: usize,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn per_minute(count: u32) -> Option<Self> {
        let quota = Quota::per_minute(NonZeroU32::new(count)?);
        Some(Self {
            quotas: RateLimiter::hashmap(quota),
            checks: AtomicUsize::new(0),
            max_tracked: MAX_TRACKED,
        })
    }

    /// Uses the quota of a key. If it is used up, returns after how many seconds the key may try
    /// again.
    fn allow(&self, key: K) -> Result<(), u64> {
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks % CHECKS_BETWEEN_SWEEPS == CHECKS_BETWEEN_SWEEPS - 1 {
            self.quotas.retain_recent();
            self.quotas.shrink_to_fit();
        }
        let is_full = self.quotas.len() >= self.max_tracked;
        let checked = self.quotas.check_key(&(!is_full).then_some(key));
        checked.map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            whole_seconds(wait)
        })
    }
}

/// Returns a time in seconds, rounded up, at least 1.
fn whole_seconds(time: Duration) -> u64 {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    whole.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_quota_of_its_own() {
        let limiter = Limiter::per_minute(3).expect("a limit");
        for _ in 0..3 {
            assert_eq!(limiter.allow("a"), Ok(()));
        }
        // A third of a minute for each.
        assert!((19..=20).contains(&limiter.allow("a").expect_err("rate-limited")));
        assert_eq!(limiter.allow("b"), Ok(()));
        assert!(Limiter::<u8>::per_minute(0).is_none());
    }

    #[test]
    fn too_many_wrong_host_links_are_named_as_such() {
        let limits = Limits::per_minute(1, 0);
        let caller = || Caller::from_address([192, 0, 2, 1].into());
        let details = |error| limits.unauthorized(error, caller).to_string();
        let first = details(ApiError::HostLinkNotValid);
        assert!(first.starts_with("the host link is not valid"), "{first}");
        let limited = details(ApiError::HostLinkNotValid);
        assert!(
            limited.starts_with("too many wrong host links"),
            "{limited}"
        );
        assert!(!limited.contains("key"), "{limited}");
        let limited = details(ApiError::InvalidKey);
        assert!(limited.starts_with("too many requests without a valid key"));
    }

    #[test]
    fn the_number_of_tracked_keys_is_bounded() {
        let mut limiter = Limiter::per_minute(2).expect("a limit");
        limiter.max_tracked = 10;
        for n in 0..10 {
            assert_eq!(limiter.allow(n), Ok(()));
        }
        // All other keys share one quota.
        assert_eq!(limiter.allow(10), Ok(()));
        assert_eq!(limiter.allow(11), Ok(()));
        for n in 12..10_000 {
            assert!(limiter.allow(n).is_err());
        }
        assert_eq!(limiter.quotas.len(), 11);
    }

    #[test]
    fn keys_with_a_whole_quota_are_evicted() {
        // A quota that refills faster than keys can be checked.
        let limiter = Limiter::per_minute(u32::MAX).expect("a limit");
        for n in 0..CHECKS_BETWEEN_SWEEPS - 1 {
            assert_eq!(limiter.allow(n), Ok(()));
        }
        assert_eq!(limiter.quotas.len(), CHECKS_BETWEEN_SWEEPS - 1);
        assert_eq!(limiter.allow(0), Ok(()));
        assert!(limiter.quotas.len() < CHECKS_BETWEEN_SWEEPS / 2);
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2999, 3)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
    }
}
