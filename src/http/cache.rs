use super::bearer::BearerToken;
use crate::metrics::{CreateOutcome, Worker, WorkerCounts};
use crate::model::AccessKey;
use crate::store::Generation;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use foldhash::fast::RandomState;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// How many bytes of requests and responses a worker caches. (Tuning.)
const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// How many API keys a worker caches. (Tuning.)
const MAX_KEYS: usize = 256;

/// Per-worker cache of valid API keys and of default-room responses. Positive results only. Cleared
/// when the generation of the database changes, so a hit is what a query would find.
///
/// Read the generation before the query whose result is stored.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    contents: RefCell<Contents>,
    counts: Arc<WorkerCounts>,
}

#[derive(Debug, Default)]
struct Contents {
    generation: Option<Generation>,
    /// Valid keys by the digests that callers sent with them: a wrong digest is as unknown as that
    /// of a key that does not exist.
    keys: HashMap<[u8; 32], Rc<CachedKey>, RandomState>,
    /// Response bodies by the body of the request: a caller that asks again sends the same bytes.
    responses: HashMap<Box<[u8]>, CachedResponse, RandomState>,
    response_bytes: usize,
}

/// A response that shows an existing default room.
#[derive(Debug, Clone)]
pub(super) struct CachedResponse {
    pub(super) body: Bytes,
    /// The header that names the unknown options of the request, if there are any.
    pub(super) unknown_options: Option<HeaderValue>,
}

impl CachedResponse {
    fn bytes(&self) -> usize {
        self.body.len() + self.unknown_options.as_ref().map_or(0, HeaderValue::len)
    }
}

/// A valid API key.
#[derive(Debug)]
pub(super) struct CachedKey {
    pub(super) access_key: AccessKey,
    /// The name that the operator gave to the key, possibly empty.
    pub(super) name: String,
    /// Whether the key gets no host links.
    pub(super) guests_only: bool,
}

impl Cache {
    /// Returns an empty cache of a worker.
    pub(crate) fn new(worker: &Worker) -> Self {
        Self {
            contents: RefCell::default(),
            counts: Arc::clone(worker.counts()),
        }
    }

    /// Returns the cache of the worker that handles a request.
    pub(super) fn from_request(request: &HttpRequest) -> &Self {
        let cache = request.app_data();
        cache.expect("every app has its cache")
    }

    /// Returns the key of a token that was valid before and still is.
    pub(super) fn key(
        &self,
        generation: Option<Generation>,
        token: &BearerToken,
    ) -> Option<Rc<CachedKey>> {
        let mut contents = self.contents.borrow_mut();
        let contents = contents.at(generation);
        let found = contents.and_then(|contents| contents.keys.get(token.digest.as_bytes()));
        let found = found.filter(|found| found.access_key == token.access_key);
        self.counts.count_key(found.is_some());
        found.cloned()
    }

    /// Counts a get-or-create.
    pub(super) fn count_create(&self, outcome: CreateOutcome) {
        self.counts.count_create(outcome);
    }

    /// Stores the valid key of a token.
    pub(super) fn store_key(
        &self,
        generation: Option<Generation>,
        token: &BearerToken,
        key: Rc<CachedKey>,
    ) {
        let mut contents = self.contents.borrow_mut();
        if contents.is_at(generation) && contents.keys.len() < MAX_KEYS {
            contents.keys.insert(*token.digest.as_bytes(), key);
        }
    }

    /// Returns the response to a request with that body, if it is cached.
    pub(super) fn response(
        &self,
        generation: Option<Generation>,
        body: &[u8],
    ) -> Option<CachedResponse> {
        let mut contents = self.contents.borrow_mut();
        let contents = contents.at(generation);
        let found = contents.and_then(|contents| contents.responses.get(body));
        self.counts.count_answer(found.is_some());
        found.cloned()
    }

    /// Stores a response that shows an existing default room.
    pub(super) fn store_response(
        &self,
        generation: Option<Generation>,
        body: &[u8],
        response: CachedResponse,
    ) {
        let mut contents = self.contents.borrow_mut();
        if !contents.is_at(generation) {
            return;
        }
        let bytes = body.len() + response.bytes();
        if contents.response_bytes + bytes > MAX_RESPONSE_BYTES {
            contents.clear_responses();
        }
        contents.response_bytes += bytes;
        // A copy: the body is a slice of a larger buffer, which would stay in memory.
        contents.responses.insert(body.into(), response);
    }
}

impl Contents {
    /// Returns what is cached of that generation. A request that took longer than others may come
    /// with an older one: nothing is cached for it, and nothing is cleared.
    fn at(&mut self, generation: Option<Generation>) -> Option<&mut Self> {
        if generation.is_none() || generation < self.generation {
            return None;
        }
        if generation != self.generation {
            self.generation = generation;
            self.keys.clear();
            self.clear_responses();
        }
        Some(self)
    }

    fn is_at(&self, generation: Option<Generation>) -> bool {
        generation.is_some() && generation == self.generation
    }

    fn clear_responses(&mut self) {
        self.responses.clear();
        self.response_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached(cache: &Cache, generation: Option<Generation>) -> Option<Bytes> {
        let response = cache.response(generation, b"request");
        response.map(|response| response.body)
    }

    fn response(body: &'static str) -> CachedResponse {
        CachedResponse {
            body: Bytes::from_static(body.as_bytes()),
            unknown_options: None,
        }
    }

    #[test]
    fn an_older_generation_neither_hits_nor_clears() {
        let [older, newer] = [1, 2].map(|number| Some(Generation::from_number(number)));
        let cache = Cache::default();
        assert_eq!(cached(&cache, newer), None);
        cache.store_response(newer, b"request", response("response"));
        cache.store_response(older, b"request", response("stale"));
        assert_eq!(cached(&cache, older), None);
        assert_eq!(cached(&cache, newer).as_deref(), Some(&b"response"[..]));
        assert_eq!(cached(&cache, Some(Generation::from_number(3))), None);
        assert_eq!(cached(&cache, newer), None);
    }

    #[test]
    fn without_a_generation_nothing_is_cached() {
        let cache = Cache::default();
        cache.store_response(None, b"request", response("response"));
        assert_eq!(cached(&cache, None), None);
    }
}
