use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;

/// The requests to send, to which server, and for how long.
#[derive(Deserialize)]
pub(crate) struct Plan {
    /// The address of the server.
    pub(crate) address: SocketAddr,
    /// The number of connections; each has one request at a time.
    pub(crate) connections: usize,
    /// The measured time, in seconds.
    seconds: f64,
    /// The time before it in which answers do not count, in seconds.
    warm_up: f64,
    /// Requests per second, sent on schedule however slow the answers are. None: each connection
    /// sends its next request when it has the answer to the previous one.
    pub(crate) rate: Option<f64>,
    /// The kinds of requests.
    pub(crate) requests: Vec<RequestPlan>,
}

/// A kind of request.
#[derive(Deserialize)]
pub(crate) struct RequestPlan {
    /// The whole request, with `########` in place of the number.
    pub(crate) text: String,
    /// The first index.
    pub(crate) first: u64,
    /// The number of indices.
    pub(crate) count: u64,
    /// Whether each index is sent once, in order. Else they are drawn at random.
    pub(crate) once: bool,
    /// The weight of this kind among all kinds.
    pub(crate) share: u32,
    /// The expected status of the answers.
    pub(crate) status: u16,
}

impl Plan {
    /// The measured time, in seconds.
    pub(crate) fn measured(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// The time before it in which answers do not count, in seconds.
    pub(crate) fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }
}
