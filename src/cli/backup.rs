use super::output::{print_line, progress_bar};
use super::{CliError, SharedArgs};
use crate::config::Config;
use crate::store::{Manifest, back_up};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to put the copy; its manifest goes beside it, as FILE.json
    file: PathBuf,
    /// Replace a backup of that name
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args, shared: SharedArgs) -> Result<(), CliError> {
    let config = Config::load(&shared.into_flags())?;
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
        "{} ({contents}): {bytes} bytes, checked",
        args.file.display()
    ))?;
    Ok(())
}
