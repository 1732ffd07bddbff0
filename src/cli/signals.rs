//! The signals that the verbs heed.

use super::error::CliError;

/// What a signal asks of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Finish the requests in flight and end: SIGTERM, SIGINT or SIGQUIT.
    Stop,
    /// Read the settings and certificates again: SIGHUP.
    Reload,
}

#[cfg(unix)]
pub(super) use unix::{HarmlessSignals, Signals, survive_file_size_limit};

#[cfg(not(unix))]
pub(super) use other::{HarmlessSignals, Signals, survive_file_size_limit};

#[cfg(unix)]
mod unix {
    use super::{CliError, Request};
    use log::info;
    use rustix::process::Signal as Number;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// Lets a write beyond the limit on the size of files (`ulimit -f`) fail with an error. By default
    /// the system ends the process with SIGXFSZ.
    pub(in crate::cli) fn survive_file_size_limit() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if let Ok(runtime) = runtime {
            let _guard = runtime.enter();
            // The handler stays for the life of the process. On an error the default stays.
            let _ = signal(SignalKind::from_raw(Number::XFSZ.as_raw()));
        }
    }

    /// The signals that end a process by default, and that operators send to servers which are to
    /// continue: SIGHUP, SIGUSR1 and SIGUSR2. They are caught from the creation of this value on.
    pub(in crate::cli) struct HarmlessSignals {
        hang_up: Signal,
        user_1: Signal,
        user_2: Signal,
    }

    impl HarmlessSignals {
        pub(in crate::cli) fn catch() -> Result<Self, CliError> {
            Ok(Self {
                hang_up: catch(SignalKind::hangup())?,
                user_1: catch(SignalKind::user_defined1())?,
                user_2: catch(SignalKind::user_defined2())?,
            })
        }
    }

    /// All signals that a server heeds. They are caught from the creation of this value on, so it must
    /// precede the ready line: a supervisor may answer that line with a signal.
    pub(in crate::cli) struct Signals {
        terminate: Signal,
        interrupt: Signal,
        quit: Signal,
        harmless: HarmlessSignals,
    }

    impl Signals {
        pub(in crate::cli) fn catch(harmless: HarmlessSignals) -> Result<Self, CliError> {
            Ok(Self {
                terminate: catch(SignalKind::terminate())?,
                interrupt: catch(SignalKind::interrupt())?,
                quit: catch(SignalKind::quit())?,
                harmless,
            })
        }

        /// Waits for the next signal that asks for something.
        pub(in crate::cli) async fn next(&mut self) -> Request {
            loop {
                let ignored = tokio::select! {
                    _ = self.terminate.recv() => return Request::Stop,
                    _ = self.interrupt.recv() => return Request::Stop,
                    _ = self.quit.recv() => return Request::Stop,
                    _ = self.harmless.hang_up.recv() => return Request::Reload,
                    _ = self.harmless.user_1.recv() => "SIGUSR1",
                    _ = self.harmless.user_2.recv() => "SIGUSR2",
                };
                info!(
                    "{ignored} was ignored: SIGHUP reloads settings and certificates, SIGTERM stops"
                );
            }
        }
    }

    fn catch(kind: SignalKind) -> Result<Signal, CliError> {
        signal(kind).map_err(CliError::Signals)
    }
}

#[cfg(not(unix))]
mod other {
    use super::{CliError, Request};

    /// This system has no such signal.
    pub(in crate::cli) fn survive_file_size_limit() {}

    /// This system has no such signals.
    pub(in crate::cli) struct HarmlessSignals;

    impl HarmlessSignals {
        pub(in crate::cli) fn catch() -> Result<Self, CliError> {
            Ok(Self)
        }
    }

    /// Ctrl-C, the only signal of this system that a server heeds.
    pub(in crate::cli) struct Signals;

    impl Signals {
        pub(in crate::cli) fn catch(_: HarmlessSignals) -> Result<Self, CliError> {
            Ok(Self)
        }

        /// Waits for Ctrl-C.
        pub(in crate::cli) async fn next(&mut self) -> Request {
            let _ = tokio::signal::ctrl_c().await;
            Request::Stop
        }
    }
}
