//! Speaks to operators: one module a verb.

mod backup;
mod demo;
mod doctor;
mod key;
mod migration;
mod openapi;
mod output;
mod restore;
mod serve;
mod user;

use crate::config::{Config, ConfigError, Flags};
use crate::model::Invalid;
use crate::server::ServerError;
use crate::store::{self, BackupError, OpenError, Store};
use clap::{Args, CommandFactory, Parser, Subcommand};
use migration::MigrationDisplay;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// The exit code for a command line that is wrong, which is clap's as well.
const WRONG_USAGE: u8 = 2;

/// A room API over an embedded SQLite file, in one executable.
///
/// Without a command it serves, as `roomd serve` does.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    shared: SharedArgs,
    #[command(flatten)]
    serve: serve::Args,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What every verb understands.
#[derive(Args)]
struct SharedArgs {
    /// The file of settings [default: what ROOMD_CONFIG names, else config.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The SQLite file [default: roomd.db]
    #[arg(long, value_name = "FILE", global = true)]
    database: Option<String>,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the server
    Serve(serve::Args),
    /// Run a server to try at once: a temporary database, a few users, commands ready to paste
    Demo(demo::Args),
    /// Register, list and remove users
    #[command(subcommand)]
    User(user::Verb),
    /// Make, list and revoke the keys of callers
    #[command(subcommand)]
    Key(key::Verb),
    /// Copy the database while it is in use, and check the copy
    Backup(backup::Args),
    /// Put a backup back
    Restore(restore::Args),
    /// Check the configuration, the database and the disk
    Doctor(doctor::Args),
    /// Print the OpenAPI document
    Openapi(openapi::Args),
}

/// Why a verb did not do what it should: one line for the operator.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Doctor(#[from] doctor::NotWell),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Import(#[from] user::ImportError),
    #[error("the name {0}")]
    KeyName(#[from] Invalid),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs the verb on the command line; exits with 0 when it is done, 1 when it failed, 2 when the
/// command line is wrong.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has seen enough.
        Err(CliError::Io(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to say where nobody listens.
            let _ = writeln!(io::stderr(), "roomd: {error}");
            match error {
                CliError::Config(ConfigError::Flag(_)) => ExitCode::from(WRONG_USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let shared = cli.shared;
    if cli.verb.is_some() && cli.serve != serve::Args::default() {
        let misplaced = "--listen, --public-url and --workers belong after the command `serve`";
        Cli::command()
            .error(clap::error::ErrorKind::ArgumentConflict, misplaced)
            .exit();
    }
    match cli.verb {
        None => serve::run(cli.serve, shared),
        Some(Verb::Serve(args)) => serve::run(args, shared),
        Some(Verb::Demo(args)) => demo::run(args, shared),
        Some(Verb::User(verb)) => user::run(verb, shared),
        Some(Verb::Key(verb)) => key::run(verb, shared),
        Some(Verb::Backup(args)) => backup::run(args, shared),
        Some(Verb::Restore(args)) => restore::run(args, shared),
        Some(Verb::Doctor(args)) => doctor::run(args, shared),
        Some(Verb::Openapi(args)) => openapi::run(args, shared),
    }
}

impl SharedArgs {
    fn into_flags(self) -> Flags {
        Flags {
            config: self.config,
            database: self.database,
            ..Flags::default()
        }
    }

    /// The settings and the database, for a verb that is no server.
    fn open(self) -> Result<(Config, Store), CliError> {
        let config = Config::load(&self.into_flags())?;
        let location = config.database.path.clone().into();
        let mut display = MigrationDisplay::for_verb();
        let store = block_on(Store::open(&location, &mut |event| display.show(event)))?;
        Ok((config, store))
    }
}

/// Waits for something to be done.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}
