use super::output::print_line;
use super::{CliError, SharedArgs};
use crate::config::Config;
use crate::store::restore;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The backup, which stays as it is
    file: PathBuf,
    /// Replace the database that is there, which is then gone
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args, shared: SharedArgs) -> Result<(), CliError> {
    let database = Config::load(&shared.into_flags())?.database.path.into();
    let restored = restore(&args.file, &database, args.force)?;
    let held_against = if restored.had_manifest {
        "as its manifest says"
    } else {
        "there is no manifest to hold it against"
    };
    print_line(format!(
        "{database} ({}): {held_against}",
        restored.contents
    ))?;
    Ok(())
}
