use super::migration::MigrationDisplay;
use super::output::print_line;
use super::{CliError, SharedArgs, block_on};
use crate::config::{Config, Flags};
use crate::logging;
use crate::server::Server;
use std::io;

/// Flags of the server.
#[derive(Default, PartialEq, clap::Args)]
pub(super) struct Args {
    /// Where to listen; port 0 takes any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// How callers reach the server [default: the address listened on]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Threads that answer requests [default: one a core]
    #[arg(long, value_name = "N")]
    workers: Option<String>,
}

pub(super) fn run(args: Args, shared: SharedArgs) -> Result<(), CliError> {
    let flags = Flags {
        listen: args.listen,
        public_url: args.public_url,
        workers: args.workers,
        ..shared.into_flags()
    };
    let config = Config::load(&flags)?;
    logging::start(&config.log);
    block_on(async {
        let mut display = MigrationDisplay::for_server();
        let server = Server::bind(config, &mut |event| display.show(event)).await?;
        let stop = stop_signal()?;
        print_line(listening(&server))?;
        Ok(server.run(stop).await?)
    })
}

/// The line that says that callers may come.
pub(super) fn listening(server: &Server) -> String {
    let database = server.database();
    format!("roomd listening on {} (database {database})", server.url())
}

/// Ready when the process is asked to stop. The signals are caught from this call on.
#[cfg(unix)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ready when the process is asked to stop.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
