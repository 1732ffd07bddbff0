use super::error::CliError;
use super::output::{counted, print_bytes};
use super::report::report_change;
use super::shared::HiddenDatabase;
use clap::Command;
use clap_mangen::Man;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd man | man -l -
  roomd man --dir /usr/local/share/man/man1")]
pub(super) struct Args {
    /// Existing folder for one page for each command, instead of the first page on stdout
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    _database: HiddenDatabase,
}

pub(super) fn run(args: &Args, mut command: Command) -> Result<(), CliError> {
    command.build();
    let Some(folder) = &args.dir else {
        let page = page(&command).map_err(|reason| cannot_write(Path::new("stdout"), reason))?;
        return Ok(print_bytes(&page)?);
    };
    let count = write_all(&command, folder)?;
    let done = format!("{} written to {}", counted(count, "page"), folder.display());
    report_change(&done, &done)
}

/// Writes the page of a command and those of all commands below it. Returns how many there are.
fn write_all(command: &Command, folder: &Path) -> Result<usize, CliError> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let file = folder.join(format!("{name}.1"));
    let written = page(command).and_then(|page| fs::write(&file, page));
    written.map_err(|reason| cannot_write(&file, reason))?;
    let mut count = 1;
    for below in command.get_subcommands() {
        if !below.is_hide_set() && below.get_name() != "help" {
            count += write_all(below, folder)?;
        }
    }
    Ok(count)
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

fn cannot_write(file: &Path, reason: io::Error) -> CliError {
    CliError::Write {
        file: file.to_owned(),
        reason,
    }
}
