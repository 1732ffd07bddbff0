#[cfg(not(target_os = "linux"))]
mod no_systemd;
mod start;
#[cfg(target_os = "linux")]
mod systemd;

use super::error::CliError;
use super::ready::announce;
use super::shared::{GlobalArgs, block_on};
use super::signals::{Request, Signals};
use crate::config::Flags;
use crate::server::{Probe, Server};
#[cfg(not(target_os = "linux"))]
use no_systemd::ServiceManager;
#[cfg(target_os = "linux")]
use systemd::ServiceManager;

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
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    workers: Option<String>,
}

impl Args {
    /// Returns these flags and, where one is not set, that of the flags before the verb: the later one
    /// counts, as it does for the flags that all verbs take.
    pub(super) fn or(self, before: Self) -> Self {
        Self {
            listen: self.listen.or(before.listen),
            public_url: self.public_url.or(before.public_url),
            workers: self.workers.or(before.workers),
        }
    }

    /// Returns all settings on the command line.
    pub(super) fn into_flags(self, global: GlobalArgs) -> Flags {
        Flags {
            listen: self.listen,
            public_url: self.public_url,
            workers: self.workers,
            ..global.into_flags()
        }
    }
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let flags = args.into_flags(global);
    block_on(async {
        let mut signals = Signals::catch()?;
        let Some((started, server)) = start::start(&flags, &mut signals).await? else {
            return Ok(());
        };
        let manager = ServiceManager::new();
        let line = ready_line(&server);
        let probe = Probe::of_own(started.config.tls.scheme(), server.address());
        let ready = async {
            announce(line).await?;
            manager.ready(probe)
        };
        let reloader = server.reloader();
        let stop = async {
            let mut current = started.clone();
            while signals.next().await == Request::Reload {
                manager.reloading();
                reloader.reload(&flags, &started, &mut current);
                manager.reloaded();
            }
            manager.stopping();
        };
        server.run_announced(ready, stop).await
    })?
}

/// Returns the line that tells the operator that clients can connect.
pub(super) fn ready_line(server: &Server) -> String {
    let database = server.database();
    format!("roomd listening on {} (database {database})", server.url())
}
