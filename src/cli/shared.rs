//! What the verbs share: the flags that all of them take, and the way to open the database.

use super::error::CliError;
use super::migration::MigrationDisplay;
use crate::config::{Config, Flags, PublicUrl};
use crate::http;
use crate::logging;
use crate::model::Room;
use crate::store::{Missing, Store, ThreadError};
use actix_web::rt::System;
use log::warn;
use std::io::{self, Write};
use std::path::PathBuf;

/// The flags that every verb takes.
#[derive(clap::Args)]
pub(super) struct GlobalArgs {
    /// Configuration file [env: ROOMD_CONFIG] [default: config.toml, if it exists]
    #[arg(long, value_name = "FILE", global = true, display_order = 100)]
    config: Option<PathBuf>,
    /// SQLite database file [env: ROOMD_DATABASE] [default: roomd.db]
    #[arg(long, value_name = "FILE", global = true, display_order = 100)]
    database: Option<String>,
}

/// The flag `--database` in a verb that has no use for it: it is parsed as in the others, and is not
/// part of the help.
#[derive(clap::Args)]
pub(super) struct HiddenDatabase {
    #[arg(long, value_name = "FILE", hide = true)]
    database: Option<String>,
}

impl GlobalArgs {
    pub(super) fn into_flags(self) -> Flags {
        Flags {
            config: self.config,
            database: self.database,
            ..Flags::default()
        }
    }

    /// Returns true if the command line names a database.
    pub(super) fn names_database(&self) -> bool {
        self.database.is_some()
    }

    /// Loads the configuration, for a verb without a log: its warnings go to stderr.
    pub(super) fn load(self) -> Result<Config, CliError> {
        let config = Config::load(&self.into_flags())?;
        print_warnings();
        Ok(config)
    }

    /// Loads the configuration and opens the database, for a verb that may run next to a server.
    pub(super) fn open(self, missing: Missing) -> Result<Store, CliError> {
        open(&self.load()?, missing)
    }
}

/// Prints the warnings about the configuration, for a verb, which has no log.
pub(super) fn print_warnings() {
    for warning in Config::warnings() {
        // Where stderr is closed there is no reader to tell.
        let _ = writeln!(io::stderr(), "roomd: {warning}");
    }
}

/// Opens the database of the settings, for a verb that may run next to a server.
pub(super) fn open(config: &Config, missing: Missing) -> Result<Store, CliError> {
    let location = config.database.path.clone().into();
    let mut display = MigrationDisplay::for_verb();
    let opened = block_on(Store::open(&location, missing, &mut |event| {
        display.show(event);
    }))?;
    Ok(opened?)
}

/// Starts the log of a server, which begins with the warnings about the configuration.
pub(super) fn start_log(config: &Config) -> Result<(), CliError> {
    logging::start(&config.log).map_err(ThreadError::from)?;
    for warning in Config::warnings() {
        warn!("{warning}");
    }
    Ok(())
}

/// Runs a future to completion on a new runtime of the calling thread.
///
/// # Errors
/// A process that may open too few files for a runtime.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::TooFewFiles)?;
    Ok(System::with_tokio_rt(|| runtime).block_on(future))
}

/// Returns the link of a room for everybody, as the server with these settings gives it out.
pub(super) fn room_url(config: &Config, room: &Room) -> String {
    let server = &config.server;
    let listened_on = || PublicUrl::from_address(config.tls.scheme(), server.listen);
    let public_url = server.public_url.clone().unwrap_or_else(listened_on);
    http::room_url(&public_url.to_string(), &room.slug())
}
