use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;

/// What to send, where, and for how long.
#[derive(Deserialize)]
pub(crate) struct Plan {
    /// The server.
    pub(crate) address: SocketAddr,
    /// How many connections send, each one request at a time.
    pub(crate) connections: usize,
    /// For how long answers are counted.
    seconds: f64,
    /// For how long answers are not counted yet.
    warm_up: f64,
    /// Requests a second, sent on schedule however slow the answers are; none: each connection
    /// sends its next request when it has the answer to the last.
    pub(crate) rate: Option<f64>,
    /// The kinds of requests.
    pub(crate) requests: Vec<RequestPlan>,
}

/// A kind of request.
#[derive(Deserialize)]
pub(crate) struct RequestPlan {
    /// All of its bytes, with `########` wherever the number stands.
    pub(crate) text: String,
    /// The first index that is numbered.
    pub(crate) first: u64,
    /// How many indices follow each other.
    pub(crate) count: u64,
    /// Whether each is sent once, in order; else any of them, any number of times.
    pub(crate) once: bool,
    /// How often it is sent, measured against the other kinds.
    pub(crate) share: u32,
    /// The status that the answers must have.
    pub(crate) status: u16,
}

impl Plan {
    /// For how long answers are counted.
    pub(crate) fn measured(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// For how long answers are not counted yet.
    pub(crate) fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }
}
