//! This system has another service manager, which is told nothing.

use crate::cli::error::CliError;
use crate::server::Probe;

pub(super) struct ServiceManager;

impl ServiceManager {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn ready(&self, _: Probe) -> Result<(), CliError> {
        Ok(())
    }

    pub(super) fn reloading(&self) {}

    pub(super) fn reloaded(&self) {}

    pub(super) fn stopping(&self) {}
}
