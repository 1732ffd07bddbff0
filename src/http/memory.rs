use crate::model::{AccessKey, BearerToken};
use crate::store::Version;
use actix_web::HttpRequest;
use actix_web::web::Bytes;
use std::cell::RefCell;
use std::collections::HashMap;

/// How many bytes of requests and answers a worker remembers.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// How many keys a worker remembers.
const MAX_KEYS: usize = 256;

/// What one worker remembers of the database: what is there, never what is not. It forgets
/// everything with the first commit of anybody that may have changed what is there, so what it
/// says is what a query would find.
///
/// Whoever remembers something took the version before the query that found it.
#[derive(Debug, Default)]
pub(crate) struct Memory(RefCell<Contents>);

#[derive(Debug, Default)]
struct Contents {
    version: Option<Version>,
    /// The keys in force that callers showed, by their digests: a wrong one is as unknown as one
    /// that does not exist.
    keys: HashMap<[u8; 32], AccessKey>,
    /// What showed a default room that was there, by the body of the request: those who ask again
    /// ask in the same words.
    answers: HashMap<Box<[u8]>, Bytes>,
    answer_bytes: usize,
}

impl Memory {
    /// What the worker that handles a request remembers.
    pub(super) fn of(request: &HttpRequest) -> &Self {
        let memory = request.app_data();
        memory.expect("every app has its memory")
    }

    /// Whether a caller showed this key before, and it is in force still.
    pub(super) fn has_key(&self, version: Option<Version>, token: &BearerToken) -> bool {
        let mut contents = self.0.borrow_mut();
        let known = contents.at(version).keys.get(token.digest.as_bytes());
        known == Some(&token.access_key)
    }

    /// Remembers a key that is in force.
    pub(super) fn remember_key(&self, version: Option<Version>, token: BearerToken) {
        let mut contents = self.0.borrow_mut();
        if contents.version == version && contents.keys.len() < MAX_KEYS {
            let BearerToken { access_key, digest } = token;
            contents.keys.insert(*digest.as_bytes(), access_key);
        }
    }

    /// The answer to a request with that body, if it shows a default room that was there.
    pub(super) fn answer(&self, version: Option<Version>, body: &[u8]) -> Option<Bytes> {
        self.0.borrow_mut().at(version).answers.get(body).cloned()
    }

    /// Remembers an answer that shows a default room that was there.
    pub(super) fn remember_answer(&self, version: Option<Version>, body: &[u8], answer: Bytes) {
        let mut contents = self.0.borrow_mut();
        if contents.version != version {
            return;
        }
        let bytes = body.len() + answer.len();
        if contents.answer_bytes + bytes > MAX_ANSWER_BYTES {
            contents.forget_answers();
        }
        contents.answer_bytes += bytes;
        // The body that came is part of a larger buffer, which is not to be kept.
        contents.answers.insert(body.into(), answer);
    }
}

impl Contents {
    /// What is remembered of this version of the database.
    fn at(&mut self, version: Option<Version>) -> &mut Self {
        if version.is_none() || version != self.version {
            self.version = version;
            self.keys.clear();
            self.forget_answers();
        }
        self
    }

    fn forget_answers(&mut self) {
        self.answers.clear();
        self.answer_bytes = 0;
    }
}
