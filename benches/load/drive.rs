use crate::connection::Connection;
use crate::plan::Plan;
use crate::requests::Requests;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The resolution of the system's timer. The rest of a wait is spent spinning.
const TIMER: Duration = Duration::from_millis(2);

/// The outcome of a plan.
#[derive(Default)]
pub(crate) struct Outcome {
    /// How long each answer took: since its request was sent, or, with a schedule, since it was
    /// due.
    pub(crate) latencies: Vec<Duration>,
    /// How many answers came in the measured time.
    pub(crate) in_time: u64,
    /// The measured time.
    pub(crate) elapsed: Duration,
    /// How many answers had an unexpected status, by status.
    pub(crate) unexpected: BTreeMap<u16, u64>,
    /// How many requests of each kind were sent, including the warm-up.
    pub(crate) sent: Vec<u64>,
}

/// The state that all connections share.
struct Drive {
    requests: Requests,
    schedule: Option<Schedule>,
    counted_from: Instant,
    end: Instant,
    outcome: Outcome,
}

/// When requests are due.
struct Schedule {
    next: Instant,
    interval: Duration,
}

impl Drive {
    fn new(plan: &Plan) -> Self {
        let now = Instant::now();
        let counted_from = now + plan.warm_up();
        Self {
            requests: Requests::new(&plan.requests),
            schedule: plan.rate.map(|rate| Schedule {
                next: now,
                interval: Duration::from_secs_f64(1.0 / rate),
            }),
            counted_from,
            end: counted_from + plan.measured(),
            outcome: Outcome::default(),
        }
    }

    /// Writes the next request; returns when it is due, and the expected status. None if the time
    /// is over or all requests are sent.
    fn prepare(&mut self, request: &mut Vec<u8>) -> Option<(Instant, u16)> {
        let due = match &mut self.schedule {
            Some(schedule) => schedule.next(),
            None => Instant::now(),
        };
        if due >= self.end {
            return None;
        }
        let expected = self.requests.next(request);
        if expected.is_none() {
            self.end = due;
        }
        expected.map(|status| (due, status))
    }

    fn answered(&mut self, due: Instant, status: u16, expected: u16) {
        let now = Instant::now();
        if (self.counted_from..self.end).contains(&now) {
            self.outcome.in_time += 1;
        }
        if due >= self.counted_from {
            self.outcome.latencies.push(now - due);
        }
        if status != expected {
            *self.outcome.unexpected.entry(status).or_default() += 1;
        }
    }

    fn finish(&mut self) -> Outcome {
        self.outcome.elapsed = self.end.saturating_duration_since(self.counted_from);
        self.outcome.sent = self.requests.sent();
        std::mem::take(&mut self.outcome)
    }
}

impl Schedule {
    fn next(&mut self) -> Instant {
        let due = self.next;
        self.next += self.interval;
        due
    }
}

/// Executes a plan.
pub(crate) async fn drive(plan: &Plan) -> io::Result<Outcome> {
    let mut connections = Vec::new();
    for _ in 0..plan.connections {
        connections.push(Connection::open(plan.address).await?);
    }
    let drive = Rc::new(RefCell::new(Drive::new(plan)));
    let mut running = JoinSet::new();
    for connection in connections {
        running.spawn_local(send_until_the_end(connection, drive.clone()));
    }
    while let Some(ended) = running.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    let outcome = drive.borrow_mut().finish();
    Ok(outcome)
}

async fn send_until_the_end(
    mut connection: Connection,
    drive: Rc<RefCell<Drive>>,
) -> io::Result<()> {
    let mut request = Vec::new();
    loop {
        let Some((due, expected)) = drive.borrow_mut().prepare(&mut request) else {
            return Ok(());
        };
        wait_until(due).await;
        let status = connection.exchange(&request).await?;
        drive.borrow_mut().answered(due, status, expected);
    }
}

async fn wait_until(due: Instant) {
    let now = Instant::now();
    if due > now + TIMER {
        tokio::time::sleep_until((due - TIMER).into()).await;
    }
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}
