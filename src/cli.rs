//! The command line of `roomd`, one module per verb.

mod backup;
mod completions;
mod config;
mod confirm;
mod demo;
mod doctor;
mod error;
mod find;
mod healthcheck;
mod key;
mod man;
mod meeting;
mod migration;
mod openapi;
mod output;
mod paging;
mod ready;
mod report;
mod restore;
mod room;
mod room_view;
mod serve;
mod shared;
mod signals;
mod status;
mod table;
mod user;

use crate::logging;
use crate::model::text;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use error::CliError;
use output::print_text;
use shared::GlobalArgs;
use std::io;
use std::process::ExitCode;

/// The most characters that an error repeats of an argument.
const MAX_SHOWN_CHARS: usize = 200;

/// A room API over an embedded SQLite file, in one executable
#[derive(Parser)]
#[command(
    version,
    max_term_width = 80,
    after_help = "\
Without a command, roomd runs the server, as `roomd serve` does.

Exit codes:
  0  done
  1  failed
  2  wrong command line, or a question that only --yes answers
  3  `status`: no server uses the database

Environment: a variable for each setting, such as ROOMD_LISTEN, ROOMD_DATABASE
and ROOMD_CONFIG. `roomd config` shows all settings and their values, and with
--json their variables.

Examples:
  roomd user add --email ada@example.com --name Ada
  roomd key create --name chat
  roomd serve --listen 0.0.0.0:8080 --public-url https://rooms.example.com"
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(flatten)]
    serve: serve::Args,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the server
    #[command(after_help = "\
Examples:
  roomd serve
  roomd serve --listen 0.0.0.0:8080 --public-url https://rooms.example.com")]
    Serve(serve::Args),
    /// Run a demo server with a temporary database and commands to paste
    Demo(demo::Args),
    /// Register, change, list and remove users
    #[command(subcommand)]
    User(user::Verb),
    /// List, show and remove rooms, and print host links
    #[command(subcommand)]
    Room(room::Verb),
    /// Test how people get to the meeting server
    #[command(subcommand)]
    Meeting(meeting::Verb),
    /// Create, list and revoke API keys
    #[command(subcommand)]
    Key(key::Verb),
    /// Back up the database, also while a server uses it, or check a backup
    Backup(backup::Args),
    /// Restore the database from a backup
    Restore(restore::Args),
    /// Say whether a server runs, and what the database has
    Status(status::Args),
    /// Check the configuration, the database and the disk
    Doctor(doctor::Args),
    /// Show the settings in effect, and where each is from
    Config(config::Args),
    /// Ask the running server whether it is ready; exit status 0 if it is
    Healthcheck(healthcheck::Args),
    /// Print the OpenAPI document
    Openapi(openapi::Args),
    /// Print the script that lets a shell complete commands
    Completions(completions::Args),
    /// Print the manual
    Man(man::Args),
}

/// Runs the verb on the command line. Returns the exit code: 0 if the verb is done, 1 if it failed,
/// 2 if the command line is wrong.
pub fn main() -> ExitCode {
    logging::report_panics();
    if let Err(error) = check_few_files().map_err(CliError::TooFewFiles) {
        logging::write_last(&format!("roomd: {error}"));
        return ExitCode::FAILURE;
    }
    signals::survive_file_size_limit();
    let cli = match Cli::try_parse() {
        Ok(cli) => Ok(cli),
        // Help, or the version.
        Err(text) if !text.use_stderr() => Err(print_text(&text)),
        Err(error) => printable(error).exit(),
    };
    let failure = match cli {
        Ok(cli) => run(cli).err(),
        Err(printed) => printed.err().map(CliError::from),
    };
    let failure = failure.and_then(|error| Some((error.exit_code()?, error)));
    let Some((code, error)) = failure else {
        logging::finish();
        return ExitCode::SUCCESS;
    };
    logging::write_last(&format!("roomd: {error}"));
    ExitCode::from(code)
}

/// Checks that the process may open the few files that handling signals needs, where a library
/// panics without them.
fn check_few_files() -> io::Result<()> {
    let pipes: io::Result<Vec<_>> = (0..4).map(|_| io::pipe()).collect();
    pipes.map(drop)
}

/// Ends the process as it ends for every wrong command line.
fn misused(reason: &str) -> ! {
    Cli::command()
        .error(ErrorKind::ArgumentConflict, reason)
        .exit()
}

/// Shortens what an error repeats of the command line, and replaces what a terminal would obey or
/// show as another text.
fn printable(mut error: clap::Error) -> clap::Error {
    for kind in [
        ContextKind::InvalidArg,
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidValue,
    ] {
        if let Some(ContextValue::String(typed)) = error.get(kind) {
            let shown = text::shown(typed, MAX_SHOWN_CHARS);
            error.insert(kind, ContextValue::String(shown));
        }
    }
    error
}

fn run(cli: Cli) -> Result<(), CliError> {
    let global = cli.global;
    let is_for_server = matches!(cli.verb, None | Some(Verb::Serve(_)));
    if !is_for_server && cli.serve != serve::Args::default() {
        misused("--listen, --public-url and --workers are flags of the command `serve`");
    }
    if matches!(cli.verb, Some(Verb::Demo(_))) && global.names_database() {
        misused("`demo` has a temporary database of its own: leave out --database");
    }
    match cli.verb {
        None => serve::run(cli.serve, global),
        Some(Verb::Serve(args)) => serve::run(args.or(cli.serve), global),
        Some(Verb::Demo(args)) => demo::run(args, global),
        Some(Verb::User(verb)) => user::run(verb, global),
        Some(Verb::Room(verb)) => room::run(verb, global),
        Some(Verb::Meeting(verb)) => meeting::run(verb, global),
        Some(Verb::Key(verb)) => key::run(verb, global),
        Some(Verb::Backup(args)) => backup::run(args, global),
        Some(Verb::Restore(args)) => restore::run(args, global),
        Some(Verb::Doctor(args)) => doctor::run(args, global),
        Some(Verb::Healthcheck(args)) => healthcheck::run(args, global),
        Some(Verb::Openapi(args)) => openapi::run(args, global),
        Some(Verb::Status(args)) => status::run(&args, global),
        Some(Verb::Config(args)) => config::run(args, global),
        Some(Verb::Completions(args)) => completions::run(&args, Cli::command()),
        Some(Verb::Man(args)) => man::run(&args, Cli::command()),
    }
}
