use super::error::CliError;
use super::output::print_line;
use super::shared::{GlobalArgs, HiddenDatabase};
use crate::config::PublicUrl;
use crate::http::{DocumentSettings, openapi_document};

/// No flags: the document depends on the configuration alone.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd openapi > openapi.json")]
pub(super) struct Args {
    #[command(flatten)]
    _database: HiddenDatabase,
}

pub(super) fn run(_: Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let address = || PublicUrl::from_address(config.tls.scheme(), config.server.listen);
    let url = config.server.public_url.clone().unwrap_or_else(address);
    print_line(openapi_document(DocumentSettings {
        base_paths: &config.api.base_paths,
        languages: &config.rooms.languages,
        servers: vec![url.to_string()],
    }))?;
    Ok(())
}
