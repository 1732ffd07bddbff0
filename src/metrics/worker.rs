//! What the workers of a server count.

use super::exposition::{Exposition, Source};
use super::labels::{Counters, labels};
use super::requests::{Requests, WorkerRequests};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

labels! {
    /// What became of a get-or-create.
    "outcome": pub(crate) enum CreateOutcome {
        /// The room was created under its first name.
        Created = "created",
        /// The room was created under its second name.
        Fallback = "fallback",
        /// There was a room already.
        Existed = "existed",
        /// All names belong to other rooms.
        Conflict = "conflict",
        /// The creator is not registered.
        Unregistered = "unregistered",
        /// The creator is inactive or expired.
        Inactive = "inactive",
    }
}

labels! {
    /// Whether a cache had what was looked for.
    "result": pub(crate) enum CacheResult {
        Hit = "hit",
        Miss = "miss",
    }
}

impl From<bool> for CacheResult {
    fn from(is_hit: bool) -> Self {
        if is_hit { Self::Hit } else { Self::Miss }
    }
}

/// What one worker counts besides requests. Others only read it.
#[derive(Debug, Default)]
pub(crate) struct WorkerCounts {
    creates: Counters<CreateOutcome>,
    keys: Counters<CacheResult>,
    answers: Counters<CacheResult>,
}

impl WorkerCounts {
    /// Counts a get-or-create.
    pub(crate) fn count_create(&self, outcome: CreateOutcome) {
        self.creates.count(outcome);
    }

    /// Counts a look for an API key in the cache.
    pub(crate) fn count_key(&self, is_hit: bool) {
        self.keys.count(is_hit.into());
    }

    /// Counts a look for the answer to a get-or-create in the cache.
    pub(crate) fn count_answer(&self, is_hit: bool) {
        self.answers.count(is_hit.into());
    }
}

/// What one worker counts; for its thread alone.
#[derive(Debug)]
pub(crate) struct Worker {
    requests: WorkerRequests,
    counts: Arc<WorkerCounts>,
}

impl Worker {
    /// Returns the counters for what the worker does.
    pub(crate) fn counts(&self) -> &Arc<WorkerCounts> {
        &self.counts
    }

    /// Adds a request that was answered. `route` is the pattern of its route, never its path.
    pub(crate) fn add_request(
        &self,
        route: Option<&str>,
        method: &str,
        status: u16,
        took: Duration,
    ) {
        self.requests.add(route, method, status, took);
    }
}

/// What all workers count.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Arc<Requests>,
    workers: Mutex<Vec<Arc<WorkerCounts>>>,
}

impl Metrics {
    /// Returns the counters of a new worker.
    pub(crate) fn new_worker(&self) -> Worker {
        let counts = Arc::default();
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.push(Arc::clone(&counts));
        Worker {
            requests: WorkerRequests::new(Arc::clone(&self.requests)),
            counts,
        }
    }
}

impl Source for Metrics {
    fn add_to(&self, page: &mut Exposition) {
        self.requests.add_to(page);
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let help = "Requests to get or create a room, by what became of them.";
        let family = page.counter("roomd_room_creates_total", help);
        workers.iter().for_each(|one| one.creates.add_to(family));
        let help = "Looks for an API key in the caches of the workers.";
        let family = page.counter("roomd_key_cache_lookups_total", help);
        workers.iter().for_each(|one| one.keys.add_to(family));
        let help = "Looks for the answer to a get-or-create in the caches of the workers.";
        let family = page.counter("roomd_response_cache_lookups_total", help);
        workers.iter().for_each(|one| one.answers.add_to(family));
    }
}
