use super::error::CliError;
use super::output::{print_line, progress_bar};
use super::shared::GlobalArgs;
use crate::config::Config;
use crate::store::{Manifest, back_up};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Destination of the backup; its manifest is written beside it, to FILE.json
    file: PathBuf,
    /// Replace an existing backup
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = Config::load(&global.into_flags())?;
    let bar = progress_bar(0, "pages");
    let copied = back_up(
        &config.database.path.into(),
        &args.file,
        args.force,
        |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        },
    );
    bar.finish_and_clear();
    let Manifest {
        contents, bytes, ..
    } = copied?;
    print_line(format!(
        "{} ({contents}): {bytes} bytes, verified",
        args.file.display()
    ))?;
    Ok(())
}
