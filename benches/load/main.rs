//! The load: sends prepared requests over kept-alive connections from one thread, and says how
//! fast they were answered. `load run` reads a [`plan::Plan`] from stdin and prints a
//! [`report::Report`], both JSON; without its argument it does nothing.

mod connection;
mod drive;
#[path = "../shared/numbering.rs"]
mod numbering;
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
    // `cargo bench` starts every benchmark; this one is a tool of others.
    if std::env::args().nth(1).as_deref() != Some("run") {
        return Ok(());
    }
    let plan: Plan = serde_json::from_reader(io::stdin())?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(LocalSet::new().run_until(drive::drive(&plan)))?;
    serde_json::to_writer(io::stdout(), &Report::new(outcome))?;
    Ok(())
}
