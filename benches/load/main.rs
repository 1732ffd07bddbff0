//! The load generator: sends prepared requests over kept-alive connections from one thread, and
//! reports how fast they were answered. It reads a [`plan::Plan`] from stdin and prints a
//! [`report::Report`], both in JSON.

mod connection;
mod drive;
mod plan;
mod report;
mod requests;

use plan::Plan;
use report::Report;
use std::error::Error;
use std::io;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

fn main() -> Result<(), Box<dyn Error>> {
    let plan: Plan = serde_json::from_reader(io::stdin())?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(LocalSet::new().run_until(drive::drive(&plan)))?;
    serde_json::to_writer(io::stdout(), &Report::new(outcome))?;
    Ok(())
}
