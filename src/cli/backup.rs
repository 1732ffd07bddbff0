use super::error::CliError;
use super::output::progress_bar;
use super::report::report_change;
use super::shared::GlobalArgs;
use crate::meeting;
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
    let config = global.load()?;
    let database = config.database.path;
    let secret = meeting::secret_file(config.meeting.secret_file.as_deref(), &database);
    let bar = progress_bar(0, "pages");
    let copied = back_up(&database.into(), &args.file, args.force, |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let Manifest {
        contents, bytes, ..
    } = copied?;
    let file = args.file.display();
    // Whoever has both can enter every room as host, so a backup does not have it.
    let secret = if secret.exists() {
        format!(
            "\nthe secret of the host links is not in it: keep a copy of {} too, in another place",
            secret.display()
        )
    } else {
        String::new()
    };
    report_change(
        format!("{file} ({contents}): {bytes} bytes, verified{secret}"),
        format!("the backup {file} was created and verified"),
    )
}
