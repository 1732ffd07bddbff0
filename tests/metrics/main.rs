//! Tests of the page of metrics, and of what reads it: the documentation, the alert rules, the dashboard.

mod access;
mod documents;
mod privacy;
mod scrape;
#[path = "../support/mod.rs"]
mod support;
mod values;
