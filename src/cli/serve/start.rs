//! The start of a server, which a signal to stop ends at any moment.

use crate::cli::error::CliError;
use crate::cli::migration::MigrationDisplay;
use crate::cli::shared::{block_on, start_log};
use crate::cli::signals::Signals;
use crate::config::{Flags, LoadedConfig, Log, Moment};
use crate::logging;
use crate::server::{BoundServer, Server};
use crate::store::ThreadError;
use log::info;
use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a signal to stop waits for the end of what is done to the database: shorter than the 10
/// seconds within which the process has promised to end. Where that is not enough, the next process
/// that opens the database rolls back what was not committed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(8);

/// The settings with which a server started, and the server, which is ready.
pub(super) type Started = (LoadedConfig, Server);

/// How far a start is.
#[derive(Clone, Default)]
struct Progress(Arc<Mutex<Phase>>);

#[derive(Clone, Copy, Default, PartialEq)]
enum Phase {
    /// Files are read and the address is bound: the process may end at any moment.
    #[default]
    Binding,
    /// The database is created, migrated or opened.
    Opening,
    /// A signal has asked for the end.
    Stopping,
}

impl Progress {
    /// Begins the phase in which the database changes. Returns false if the start is to end.
    fn begin_opening(&self) -> bool {
        let mut phase = self.lock();
        if *phase == Phase::Binding {
            *phase = Phase::Opening;
        }
        *phase == Phase::Opening
    }

    /// Asks the start to end. Returns true if the database may be changing.
    fn stop(&self) -> bool {
        mem::replace(&mut *self.lock(), Phase::Stopping) == Phase::Opening
    }

    /// Returns what a migration is told to do.
    fn control(&self) -> ControlFlow<()> {
        match *self.lock() {
            Phase::Stopping => ControlFlow::Break(()),
            Phase::Binding | Phase::Opening => ControlFlow::Continue(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a server; returns None if a signal to stop came first.
///
/// The work is done by a thread of its own, because parts of it may wait for long: for a file that is
/// a pipe, for another program that has locked the database, for a migration.
///
/// # Errors
/// Whatever keeps the server from starting.
pub(super) async fn start(
    flags: &Flags,
    signals: &mut Signals,
) -> Result<Option<Started>, CliError> {
    let progress = Progress::default();
    let (send, mut outcome) = oneshot::channel();
    let (its_flags, its_progress) = (flags.clone(), progress.clone());
    let work = move || {
        // Fails if a signal came first.
        let _ = send.send(prepare(&its_flags, &its_progress));
    };
    let thread = thread::Builder::new()
        .name(logging::START.into())
        .spawn(work);
    let thread = thread.map_err(ThreadError::from)?;
    tokio::select! {
        outcome = &mut outcome => {
            // It has ended, or does at once.
            let panicked = thread.join().err();
            return outcome.unwrap_or_else(|_| {
                let reason = panicked.map(|panic| logging::panic_message(&*panic).to_owned());
                Err(CliError::StartPanicked(reason.unwrap_or_default()))
            });
        }
        () = signals.stop() => {}
    }
    if progress.stop() {
        let ended = actix_web::rt::time::timeout(CLOSE_TIMEOUT, outcome).await;
        if let Ok(Ok(Ok(Some((_, server))))) = ended {
            server.store().close().await;
        }
    }
    // For a signal that came before the settings of the log were known.
    // Without a thread for it there is no line.
    let _ = logging::start(&Log::default());
    info!("stopped before it was ready");
    Ok(None)
}

/// Does the work of a start; returns None if it was asked to end before it opened the database.
fn prepare(flags: &Flags, progress: &Progress) -> Result<Option<Started>, CliError> {
    let loaded = LoadedConfig::load(flags, Moment::Start)?;
    start_log(&loaded.config)?;
    let bound = BoundServer::new(loaded.config.clone())?;
    if !progress.begin_opening() {
        return Ok(None);
    }
    let mut display = MigrationDisplay::for_server();
    let mut observer = |event| {
        display.show(event);
        progress.control()
    };
    let server = block_on(bound.open(&mut observer))??;
    Ok(Some((loaded, server)))
}
