//! The signals that the verbs heed.

use super::error::CliError;

/// What a signal asks of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Finish the requests in flight and end: SIGTERM, SIGINT, SIGQUIT, SIGXCPU or SIGPWR.
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
    use std::future::poll_fn;
    use std::mem;
    use std::task::{Context, Poll};
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

    /// What a signal asks of a server; none for one that changes nothing.
    type Meaning = Option<Request>;

    /// The signals that would end the process, with their names, and what they ask for. Not among them
    /// are those that report a fault of the program itself, as SIGSEGV, and those that no program can
    /// catch.
    const SIGNALS: &[(&str, Number, Meaning)] = &[
        ("SIGTERM", Number::TERM, Some(Request::Stop)),
        ("SIGINT", Number::INT, Some(Request::Stop)),
        ("SIGQUIT", Number::QUIT, Some(Request::Stop)),
        // The limit on processor time: the system ends the process soon after.
        ("SIGXCPU", Number::XCPU, Some(Request::Stop)),
        ("SIGHUP", Number::HUP, Some(Request::Reload)),
        ("SIGUSR1", Number::USR1, None),
        ("SIGUSR2", Number::USR2, None),
        ("SIGALRM", Number::ALARM, None),
        ("SIGVTALRM", Number::VTALARM, None),
        ("SIGPROF", Number::PROF, None),
        #[cfg(target_os = "linux")]
        ("SIGPWR", Number::POWER, Some(Request::Stop)),
        #[cfg(target_os = "linux")]
        ("SIGIO", Number::IO, None),
        #[cfg(target_os = "linux")]
        ("SIGSTKFLT", Number::STKFLT, None),
    ];

    /// The numbers of the real-time signals of Linux. The C library keeps the first ones for itself.
    #[cfg(target_os = "linux")]
    const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

    /// All signals that a server heeds. They are caught from the creation of this value on, so it must
    /// precede all else: each of them would end the process, without a word and in the middle of its
    /// work, also SIGHUP and SIGUSR1, which operators send to servers that are to continue.
    pub(in crate::cli) struct Signals(Vec<Caught>);

    struct Caught {
        name: String,
        meaning: Meaning,
        signal: Signal,
        /// True once the log has said that the signal was ignored. (SIGPROF comes a hundred times a
        /// second.)
        is_logged: bool,
    }

    impl Signals {
        pub(in crate::cli) fn catch() -> Result<Self, CliError> {
            let mut caught = Vec::new();
            for &(name, number, meaning) in SIGNALS {
                let signal = signal(SignalKind::from_raw(number.as_raw()));
                caught.push(Caught {
                    name: name.into(),
                    meaning,
                    signal: signal.map_err(CliError::Signals)?,
                    is_logged: false,
                });
            }
            #[cfg(target_os = "linux")]
            caught.extend(REAL_TIME.filter_map(|number| {
                Some(Caught {
                    name: format!("the real-time signal {number}"),
                    meaning: None,
                    // Fails for those that the C library uses.
                    signal: signal(SignalKind::from_raw(number)).ok()?,
                    is_logged: false,
                })
            }));
            Ok(Self(caught))
        }

        /// Waits for a signal to stop; others stay for [`Signals::next`].
        pub(in crate::cli) async fn stop(&mut self) {
            let is_stop = |caught: &Caught| caught.meaning == Some(Request::Stop);
            poll_fn(|context| self.poll_any(context, is_stop)).await;
        }

        /// Waits for the next signal that asks for something.
        pub(in crate::cli) async fn next(&mut self) -> Request {
            loop {
                let at = poll_fn(|context| self.poll_any(context, |_| true)).await;
                let caught = &mut self.0[at];
                if let Some(request) = caught.meaning {
                    return request;
                }
                if !mem::replace(&mut caught.is_logged, true) {
                    info!(
                        "{} was ignored: SIGHUP reloads settings and certificates, SIGTERM stops",
                        caught.name
                    );
                }
            }
        }

        /// Returns the place of a signal that has come, of those that are wanted.
        fn poll_any(
            &mut self,
            context: &mut Context<'_>,
            is_wanted: impl Fn(&Caught) -> bool,
        ) -> Poll<usize> {
            for (at, caught) in self.0.iter_mut().enumerate() {
                if is_wanted(caught) && caught.signal.poll_recv(context).is_ready() {
                    return Poll::Ready(at);
                }
            }
            Poll::Pending
        }
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
