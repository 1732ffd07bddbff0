use super::{Client, Exit, Key, Process, STOP_TIMEOUT, TIMEOUT};
use std::ops::Deref;

/// A server in a process of its own, and a client that calls it. The process is killed when this
/// value is dropped.
pub(crate) struct ServerProcess {
    process: Process,
    /// The line that the server printed when it was ready.
    pub(crate) ready_line: String,
    client: Client,
}

impl Deref for ServerProcess {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl ServerProcess {
    /// Waits for the ready line of a server. An error if it exits before.
    pub(crate) fn wait_until_ready(process: Process) -> Result<Self, Exit> {
        let Some(line) = process.next_line() else {
            return Err(process.wait(TIMEOUT));
        };
        let address = line.split_once("://").expect("a URL").1;
        let address = address.split(' ').next().expect("an address");
        let address = address.trim_end().parse().expect("an address");
        Ok(Self {
            process,
            ready_line: line.trim_end().to_owned(),
            client: Client::new(address),
        })
    }

    /// Lets further requests carry this key.
    pub(crate) fn with_key(mut self, key: &Key) -> Self {
        self.client.authorization.clone_from(&key.authorization);
        self
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// Stops the server by SIGTERM and asserts that it exits with 0.
    #[track_caller]
    pub(crate) fn stop(self) -> Exit {
        let exit = self.stop_by("TERM");
        assert_eq!(exit.status.code(), Some(0), "{exit:?}");
        exit
    }

    /// Sends a signal and waits until the server exits.
    #[track_caller]
    pub(crate) fn stop_by(self, signal: &str) -> Exit {
        self.process.signal(signal);
        self.wait()
    }

    /// Waits until a server exits that has a reason to.
    #[track_caller]
    pub(crate) fn wait(self) -> Exit {
        self.process.wait(STOP_TIMEOUT)
    }
}
