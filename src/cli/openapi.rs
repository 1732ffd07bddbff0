use super::output::print_line;
use super::{CliError, SharedArgs};
use crate::config::Config;
use crate::http::openapi_document;

/// The document follows the settings alone.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Args, shared: SharedArgs) -> Result<(), CliError> {
    let config = Config::load(&shared.into_flags())?;
    print_line(openapi_document(&config.api.base_paths))?;
    Ok(())
}
