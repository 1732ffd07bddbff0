//! How many requests there were, and how long they took.

use super::distribution::{Distribution, Histogram, Unit};
use super::exposition::Exposition;
use super::labels::{Label, labels};
use std::cell::RefCell;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The bounds of the durations of requests, in nanoseconds. (Tuning: what is cached takes some 0.01 ms,
/// a durable write 0.5 ms or more, and a caller gives up after 5 s.)
const DURATIONS: &[u64] = &[
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The names of labels.
const ROUTE: &str = "route";
const STATUS: &str = "status";

/// The route of a request that no route took.
const NO_ROUTE: &str = "none";

labels! {
    /// The method of a request. A client can make up others.
    "method": enum Method {
        Get = "GET",
        Head = "HEAD",
        Post = "POST",
        Put = "PUT",
        Delete = "DELETE",
        Options = "OPTIONS",
        Patch = "PATCH",
        Other = "other",
    }
}

impl Method {
    fn of(method: &str) -> Self {
        let known = Self::ALL.iter().find(|known| known.as_str() == method);
        known.copied().unwrap_or(Self::Other)
    }
}

/// The requests with the same route, method and status that one worker answered.
#[derive(Debug)]
struct Series {
    route: String,
    method: Method,
    status: u16,
    durations: Histogram,
}

/// The requests that all workers answered.
#[derive(Debug, Default)]
pub(super) struct Requests(Mutex<Vec<Arc<Series>>>);

/// The requests that one worker answered. Only its thread uses it, and takes the lock of all requests
/// only for a route, method and status that it has not had before.
#[derive(Debug)]
pub(super) struct WorkerRequests {
    /// Those that come often are near the start.
    known: RefCell<Vec<Arc<Series>>>,
    all: Arc<Requests>,
}

impl Requests {
    /// Adds the metrics of all requests.
    pub(super) fn add_to(&self, page: &mut Exposition) {
        let series = self.lock().clone();
        // Of all workers together, in an order that stays.
        let mut sums: BTreeMap<_, Distribution> = BTreeMap::new();
        for series in &series {
            let key = (&*series.route, series.method.as_str(), series.status);
            let durations = series.durations.get();
            match sums.entry(key) {
                Entry::Occupied(mut sum) => sum.get_mut().merge(&durations),
                Entry::Vacant(none) => drop(none.insert(durations)),
            }
        }
        let name = "roomd_requests_total";
        let family = page.counter(name, "Requests that were answered.");
        for ((route, method, status), durations) in &sums {
            let status = status.to_string();
            let labels = [(ROUTE, *route), (Method::NAME, *method), (STATUS, &status)];
            family.push(&labels, durations.count());
        }
        let name = "roomd_request_duration_seconds";
        let help = "Time from the head of a request until its answer is ready.";
        let family = page.histogram(name, help);
        for ((route, method, status), durations) in sums {
            let status = status.to_string();
            let labels = [(ROUTE, route), (Method::NAME, method), (STATUS, &status)];
            family.push(&labels, durations);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Series>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkerRequests {
    /// Returns no requests yet of a worker, which are among all from now on.
    pub(super) fn new(all: Arc<Requests>) -> Self {
        Self {
            known: RefCell::default(),
            all,
        }
    }

    /// Adds a request that was answered. `route` is the pattern of its route, never its path.
    pub(super) fn add(&self, route: Option<&str>, method: &str, status: u16, took: Duration) {
        let (route, method) = (route.unwrap_or(NO_ROUTE), Method::of(method));
        let mut known = self.known.borrow_mut();
        let found = known.iter().position(|series| {
            series.status == status && series.method == method && series.route == route
        });
        if let Some(index) = found {
            known[index].durations.add_time(took);
            known.swap(index, index.saturating_sub(1));
            return;
        }
        let series = Arc::new(Series {
            route: route.to_owned(),
            method,
            status,
            durations: Histogram::new(Unit::Time, DURATIONS),
        });
        series.durations.add_time(took);
        self.all.lock().push(Arc::clone(&series));
        known.push(series);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_count_together_and_methods_that_are_made_up_are_one() {
        let all = Arc::new(Requests::default());
        let workers = [(); 2].map(|()| WorkerRequests::new(Arc::clone(&all)));
        for worker in &workers {
            worker.add(Some("/room"), "GET", 200, Duration::from_millis(3));
            worker.add(None, "BREW", 404, Duration::ZERO);
            worker.add(None, "STEEP", 404, Duration::ZERO);
        }
        let mut page = Exposition::default();
        all.add_to(&mut page);
        let text = page.into_text();
        for line in [
            "roomd_requests_total{route=\"/room\",method=\"GET\",status=\"200\"} 2",
            "roomd_requests_total{route=\"none\",method=\"other\",status=\"404\"} 4",
            "roomd_request_duration_seconds_sum{route=\"/room\",method=\"GET\",status=\"200\"} 0.006",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert_eq!(all.lock().len(), 4);
    }
}
