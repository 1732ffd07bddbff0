//! How large values are, in buckets.

use super::value::Counter;
use std::time::{Duration, Instant};

/// What the values of a histogram are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Times in nanoseconds, which are shown in seconds.
    Time,
    /// Numbers of something.
    Number,
}

impl Unit {
    fn shown(self, value: u64) -> f64 {
        match self {
            Self::Time => value as f64 / 1e9,
            Self::Number => value as f64,
        }
    }
}

/// Counts values in buckets. Any thread may add one, without a lock.
#[derive(Debug)]
pub(crate) struct Histogram {
    unit: Unit,
    /// The largest value of each bucket but the last, which has none.
    bounds: &'static [u64],
    counts: Box<[Counter]>,
    sum: Counter,
}

impl Histogram {
    /// Returns an empty histogram with a bucket up to each of the ascending bounds, and one beyond them.
    pub(crate) fn new(unit: Unit, bounds: &'static [u64]) -> Self {
        Self {
            unit,
            bounds,
            counts: (0..=bounds.len()).map(|_| Counter::default()).collect(),
            sum: Counter::default(),
        }
    }

    /// Adds a value.
    pub(crate) fn add(&self, value: u64) {
        let bucket = self.bounds.iter().position(|bound| value <= *bound);
        // Most values are in the first buckets, which a search from the start finds soonest.
        self.counts[bucket.unwrap_or(self.bounds.len())].count();
        self.sum.add(value);
    }

    /// Adds a time.
    pub(crate) fn add_time(&self, time: Duration) {
        self.add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Does something and adds the time that it took.
    pub(crate) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.add_time(start.elapsed());
        done
    }

    /// Returns what was added so far.
    pub(crate) fn get(&self) -> Distribution {
        let bounds = self.bounds.iter().map(|bound| self.unit.shown(*bound));
        let counts = self.counts.iter().map(Counter::get);
        Distribution {
            buckets: bounds.chain([f64::INFINITY]).zip(counts).collect(),
            sum: self.unit.shown(self.sum.get()),
        }
    }
}

/// What a histogram had at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Distribution {
    /// The largest value of each bucket, and how many values are in this bucket alone.
    pub(super) buckets: Vec<(f64, u64)>,
    /// The sum of all values.
    pub(super) sum: f64,
}

impl Distribution {
    /// Adds what another histogram with the same buckets had.
    pub(super) fn merge(&mut self, other: &Self) {
        for ((_, count), (_, more)) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.sum += other.sum;
    }

    /// Returns how many values there are.
    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_at_its_bound() {
        let histogram = Histogram::new(Unit::Number, &[1, 10]);
        for value in [0, 1, 2, 10, 11, u64::from(u32::MAX)] {
            histogram.add(value);
        }
        let mut all = histogram.get();
        assert_eq!(all.buckets, [(1.0, 2), (10.0, 2), (f64::INFINITY, 2)]);
        assert_eq!(all.sum, 24.0 + f64::from(u32::MAX));
        all.merge(&histogram.get());
        assert_eq!(all.count(), 12);
    }

    #[test]
    fn times_are_shown_in_seconds() {
        let histogram = Histogram::new(Unit::Time, &[500_000, 2_500_000_000]);
        histogram.add_time(Duration::from_millis(1500));
        let all = histogram.get();
        assert_eq!(all.buckets, [(0.0005, 0), (2.5, 1), (f64::INFINITY, 0)]);
        assert_eq!(all.sum, 1.5);
    }
}
