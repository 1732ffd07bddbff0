use super::error::CliError;
use super::output::print_line;
use super::shared::GlobalArgs;
use crate::http::openapi_document;

/// No flags: the document depends on the configuration alone.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    print_line(openapi_document(&config.api.base_paths))?;
    Ok(())
}
