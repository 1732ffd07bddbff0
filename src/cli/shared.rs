//! What the verbs share: the flags that all of them take, and the way to open the database.

use super::error::CliError;
use super::migration::MigrationDisplay;
use crate::config::{Config, Flags};
use crate::store::{Missing, Store};
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

impl GlobalArgs {
    pub(super) fn into_flags(self) -> Flags {
        Flags {
            config: self.config,
            database: self.database,
            ..Flags::default()
        }
    }

    /// Loads the configuration.
    pub(super) fn load(self) -> Result<Config, CliError> {
        Ok(Config::load(&self.into_flags())?)
    }

    /// Loads the configuration and opens the database, for a verb that may run next to a server.
    pub(super) fn open(self, missing: Missing) -> Result<Store, CliError> {
        open(&self.load()?, missing)
    }
}

/// Opens the database of the settings, for a verb that may run next to a server.
pub(super) fn open(config: &Config, missing: Missing) -> Result<Store, CliError> {
    let location = config.database.path.clone().into();
    let mut display = MigrationDisplay::for_verb();
    let opened = block_on(Store::open(&location, missing, &mut |event| {
        display.show(event);
    }));
    Ok(opened?)
}

/// Runs a future to completion on a new runtime of the calling thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}
