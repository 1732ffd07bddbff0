use super::error::CliError;
use super::migration::MigrationDisplay;
use super::output::print_line;
use super::shared::{GlobalArgs, block_on, start_log};
use crate::config::{Config, Flags};
use crate::server::Server;

/// The flags of the server.
#[derive(Default, PartialEq, clap::Args)]
pub(super) struct Args {
    /// Address to listen on; port 0 takes any free port [env: ROOMD_LISTEN] [default:
    /// 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// URL by which clients reach the server, the start of every room's url [env:
    /// ROOMD_PUBLIC_URL] [default: the address listened on]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Threads that answer requests; 0 is one per core [env: ROOMD_WORKERS] [default: 0]
    #[arg(long, value_name = "N")]
    workers: Option<String>,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let flags = Flags {
        listen: args.listen,
        public_url: args.public_url,
        workers: args.workers,
        ..global.into_flags()
    };
    let config = Config::load(&flags)?;
    start_log(&config);
    block_on(async {
        let mut display = MigrationDisplay::for_server();
        let server = Server::bind(config, &mut |event| display.show(event)).await?;
        let stop = stop_signal()?;
        print_line(ready_line(&server))?;
        Ok(server.run(stop).await?)
    })
}

/// Returns the line that tells the operator that clients can connect.
pub(super) fn ready_line(server: &Server) -> String {
    let database = server.database();
    format!("roomd listening on {} (database {database})", server.url())
}

/// Returns a future that is ready when the process is asked to stop. SIGTERM and SIGINT are caught
/// from this call on, so the call must precede the ready line: a supervisor may answer that line
/// with a signal.
#[cfg(unix)]
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Returns a future that is ready when the process is asked to stop by Ctrl-C.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
