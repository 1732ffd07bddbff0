//! Single numbers that any thread may change.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A number of events.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts one event.
    pub(crate) fn count(&self) {
        self.add(1);
    }

    /// Counts several events, or as many units.
    pub(crate) fn add(&self, events: u64) {
        self.0.fetch_add(events, Ordering::Relaxed);
    }

    /// Returns the number.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many of something there are now.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    /// Adds one.
    pub(crate) fn increase(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes some away.
    pub(crate) fn decrease(&self, by: usize) {
        let by = i64::try_from(by).unwrap_or(i64::MAX);
        self.0.fetch_sub(by, Ordering::Relaxed);
    }

    /// Returns the number. The two sides of a change may be seen in either order, so that it may seem
    /// to be below zero for a moment: then it is zero.
    pub(crate) fn get(&self) -> u64 {
        u64::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_never_below_zero() {
        let gauge = Gauge::default();
        gauge.decrease(2);
        assert_eq!(gauge.get(), 0);
        for _ in 0..3 {
            gauge.increase();
        }
        assert_eq!(gauge.get(), 1);
    }
}
