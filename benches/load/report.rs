use crate::drive::Outcome;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The outcome as it is printed. Times are in milliseconds.
#[derive(Serialize)]
pub(crate) struct Report {
    sent: Vec<u64>,
    per_second: f64,
    p50: f64,
    p99: f64,
    max: f64,
    unexpected: BTreeMap<u16, u64>,
}

impl Report {
    pub(crate) fn new(outcome: Outcome) -> Self {
        let mut latencies = outcome.latencies;
        latencies.sort_unstable();
        Self {
            sent: outcome.sent,
            per_second: outcome.in_time as f64 / outcome.elapsed.as_secs_f64(),
            p50: quantile(&latencies, 0.5),
            p99: quantile(&latencies, 0.99),
            max: quantile(&latencies, 1.0),
            unexpected: outcome.unexpected,
        }
    }
}

/// Returns the quantile of sorted latencies, in milliseconds; 0 if there are none.
fn quantile(sorted: &[Duration], part: f64) -> f64 {
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    let latency = sorted.get(rank.saturating_sub(1));
    latency.map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
}
