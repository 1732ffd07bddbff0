use super::error::CliError;
use super::output::print_line;
use super::shared::{GlobalArgs, HiddenDatabase};
use crate::config::PublicUrl;
use crate::server::{Health, Probe};
use serde_json::json;
use std::time::Duration;

/// How long the server may take.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd healthcheck
  roomd healthcheck --url https://rooms.example.com")]
pub(super) struct Args {
    /// Ask at this URL, and check its certificate [default: the address that the server listens on]
    #[arg(long, value_name = "URL")]
    url: Option<PublicUrl>,
    /// Ask at the public URL of the settings, as clients do, and check its certificate
    #[arg(long, conflicts_with = "url")]
    public: bool,
    /// Print a JSON object instead of text, also where the server answers that it is not ready
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    _database: HiddenDatabase,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let url = match (args.url, args.public) {
        (Some(url), _) => Some(url),
        (None, true) => {
            let url = config.server.public_url.clone();
            Some(url.ok_or(CliError::NoPublicUrl)?)
        }
        (None, false) => None,
    };
    let probe = match &url {
        Some(url) => Probe::of_url(url, &config),
        None if config.server.listen.port() == 0 => return Err(CliError::UnknownPort),
        None => Probe::of_own(config.tls.scheme(), config.server.listen),
    };
    let (health, url) = (probe.ask(TIMEOUT)?, probe.url());
    if args.json {
        let reason = match &health {
            Health::Ready => None,
            Health::NotReady(reason) => Some(reason),
        };
        print_line(json!({"url": url, "ready": reason.is_none(), "reason": reason}))?;
    }
    match health {
        Health::Ready if args.json => Ok(()),
        Health::Ready => Ok(print_line(format!("{url} answers: ready"))?),
        Health::NotReady(reason) => Err(CliError::NotReady {
            url: url.to_owned(),
            reason,
        }),
    }
}
