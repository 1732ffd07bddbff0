use super::error::CliError;
use super::output::print_bytes;
use super::shared::HiddenDatabase;
use clap::Command;
use clap_complete::{Shell, generate};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd completions bash > /etc/bash_completion.d/roomd
  roomd completions zsh > ~/.zfunc/_roomd
  roomd completions fish > ~/.config/fish/completions/roomd.fish")]
pub(super) struct Args {
    /// Shell that is to complete commands
    shell: Shell,
    #[command(flatten)]
    _database: HiddenDatabase,
}

pub(super) fn run(args: &Args, mut command: Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    generate(args.shell, &mut command, name, &mut script);
    Ok(print_bytes(&script)?)
}
