use super::error::CliError;
use super::report::report_change;
use super::shared::GlobalArgs;
use crate::config::Config;
use crate::store::restore;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Backup to restore; it is not changed
    file: PathBuf,
    /// Replace and delete the existing database
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let database = Config::load(&global.into_flags())?.database.path.into();
    let restored = restore(&args.file, &database, args.force)?;
    let verified = if restored.had_manifest {
        "verified against the manifest"
    } else {
        "verified without a manifest"
    };
    report_change(
        format!("{database} ({}): {verified}", restored.contents),
        format!("the database {database} was restored"),
    )
}
