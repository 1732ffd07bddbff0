//! What a server counts and measures while it runs, and the page on which Prometheus reads it.
//!
//! A part that has something to tell keeps [`Counter`]s, [`Gauge`]s and [`Histogram`]s of its own, or
//! reads its state when it is asked, and adds them to a [`Exposition`] as a [`Source`]. Names, texts and labels
//! of a metric stand at the one place that adds it. Labels have a bounded number of values, none of
//! which a client chooses: nothing on the page tells who a person or what a room is.
//!
//! What every request counts is counted by each worker for itself ([`Worker`]), so that no request waits
//! for a lock or for the memory of another core.

mod distribution;
mod exposition;
mod labels;
mod process;
mod requests;
mod value;
mod worker;

pub(crate) use distribution::{Histogram, Unit};
pub(crate) use exposition::{CONTENT_TYPE, Exposition, Family, Source};
pub(crate) use labels::{Counters, Label, labels};
pub(crate) use process::Process;
pub(crate) use value::{Counter, Gauge};
pub(crate) use worker::{CreateOutcome, Metrics, Worker, WorkerCounts};
