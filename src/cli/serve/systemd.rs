//! What the service manager of Linux is told: by its protocol, without its library.

use crate::cli::error::CliError;
use crate::server::{Health, Probe};
use crate::store::ThreadError;
use log::warn;
use sd_notify::NotifyState;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The questions in the time within which the watchdog wants to hear from the server. Each begins at its time,
/// and may take until that of the next: two that fail leave time for another, before the server is killed.
const QUESTIONS: u32 = 4;

/// Tells systemd about the life of the server. Without systemd it does nothing.
pub(super) struct ServiceManager {
    is_stopping: Arc<AtomicBool>,
}

impl ServiceManager {
    pub(super) fn new() -> Self {
        Self {
            is_stopping: Arc::default(),
        }
    }

    /// Tells that the server is ready and, if the watchdog is on, begins to ask the server by `probe`.
    ///
    /// # Errors
    /// A system that starts no thread.
    pub(super) fn ready(&self, probe: Probe) -> Result<(), CliError> {
        notify(&[
            NotifyState::Ready,
            NotifyState::Status(status(&Health::Ready)),
        ]);
        let Some(limit) = sd_notify::watchdog_enabled() else {
            return Ok(());
        };
        let is_stopping = self.is_stopping.clone();
        let thread = thread::Builder::new().name("watchdog".into());
        thread
            .spawn(move || watch(&probe, limit, &is_stopping))
            .map_err(ThreadError::from)?;
        Ok(())
    }

    /// Tells that the settings are being read again, until [`ServiceManager::reloaded`].
    pub(super) fn reloading(&self) {
        let mut states = vec![NotifyState::Reloading];
        // Asked for by newer versions, to tell one reload from another.
        states.extend(NotifyState::monotonic_usec_now());
        notify(&states);
    }

    pub(super) fn reloaded(&self) {
        notify(&[NotifyState::Ready]);
    }

    /// Tells that the server finishes its requests and ends.
    pub(super) fn stopping(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        notify(&[
            NotifyState::Stopping,
            NotifyState::Status("finishing the requests in flight"),
        ]);
    }
}

/// Asks the server, and tells the watchdog of each answer, until the server stops.
///
/// Also an answer that says that the database cannot be written counts: the server works, rooms can be
/// found, and a new start would not free the disk. What has no answer is a server that hangs.
fn watch(probe: &Probe, limit: Duration, is_stopping: &AtomicBool) {
    let pause = limit / QUESTIONS;
    let mut last = Health::Ready;
    loop {
        let asked = Instant::now();
        let health = probe.ask(pause);
        if is_stopping.load(Ordering::Relaxed) {
            return;
        }
        match health {
            Ok(health) => {
                notify(&[NotifyState::Watchdog]);
                if health != last {
                    notify(&[NotifyState::Status(status(&health))]);
                    last = health;
                }
            }
            Err(error) => warn!(
                "the server does not answer itself ({error}): systemd kills and starts it if it does \
                 not within WatchdogSec, {} seconds",
                limit.as_secs()
            ),
        }
        thread::sleep(pause.saturating_sub(asked.elapsed()));
    }
}

fn status(health: &Health) -> &str {
    match health {
        Health::Ready => "ready",
        Health::NotReady(reason) => reason,
    }
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!("systemd could not be told about the server: {error}");
    }
}
