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
pub(super) use unix::{Signals, survive_file_size_limit};

#[cfg(not(unix))]
pub(super) use other::{Signals, survive_file_size_limit};

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

    /// All signals that a server heeds. They are caught from the creation of this value on, so it must
    /// precede all else: each of them would end the process, without a word and in the middle of its
    /// work, also SIGHUP, SIGUSR1 and SIGUSR2, which operators send to servers that are to continue.
    pub(in crate::cli) struct Signals {
        terminate: Signal,
        interrupt: Signal,
        quit: Signal,
        hang_up: Signal,
        user_1: Signal,
        user_2: Signal,
    }

    impl Signals {
        pub(in crate::cli) fn catch() -> Result<Self, CliError> {
            Ok(Self {
                terminate: catch(SignalKind::terminate())?,
                interrupt: catch(SignalKind::interrupt())?,
                quit: catch(SignalKind::quit())?,
                hang_up: catch(SignalKind::hangup())?,
                user_1: catch(SignalKind::user_defined1())?,
                user_2: catch(SignalKind::user_defined2())?,
            })
        }

        /// Waits for a signal to stop; others stay for [`Signals::next`].
        pub(in crate::cli) async fn stop(&mut self) {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
                _ = self.quit.recv() => {}
            }
        }

        /// Waits for the next signal that asks for something.
        pub(in crate::cli) async fn next(&mut self) -> Request {
            loop {
                let ignored = tokio::select! {
                    _ = self.terminate.recv() => return Request::Stop,
                    _ = self.interrupt.recv() => return Request::Stop,
                    _ = self.quit.recv() => return Request::Stop,
                    _ = self.hang_up.recv() => return Request::Reload,
                    _ = self.user_1.recv() => "SIGUSR1",
                    _ = self.user_2.recv() => "SIGUSR2",
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

    /// Ctrl-C, the only signal of this system that a server heeds.
    pub(in crate::cli) struct Signals;

    impl Signals {
        pub(in crate::cli) fn catch() -> Result<Self, CliError> {
            Ok(Self)
        }

        /// Waits for Ctrl-C.
        pub(in crate::cli) async fn stop(&mut self) {
            let _ = tokio::signal::ctrl_c().await;
        }

        /// Waits for Ctrl-C.
        pub(in crate::cli) async fn next(&mut self) -> Request {
            self.stop().await;
            Request::Stop
        }
    }
}
