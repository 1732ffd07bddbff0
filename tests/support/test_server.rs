use super::{Client, Folder};
use roomd::config::Config;
use roomd::server::{Server, ServerError};
use std::ops::Deref;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// A server in a thread of the test process, with any settings, and a client with a key that calls
/// it. The server is stopped when this value is dropped.
pub(crate) struct TestServer {
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServerError>>>,
    /// None after the server was stopped.
    folder: Option<Folder>,
}

impl Deref for TestServer {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestServer {
    /// Starts a server with the users ada@example.com, grace@example.com and edsger@example.com.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// Starts a server with the users of [`TestServer::start`] and changed settings.
    pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = Folder::new();
        folder.import(&["ada@example.com", "grace@example.com", "edsger@example.com"]);
        Self::start_in(folder, change)
    }

    /// Starts a server with user0@example.com, user1@example.com and so on, `count` users in all.
    pub(crate) fn start_with_users(count: usize) -> Self {
        let folder = Folder::new();
        folder.add_users(count);
        Self::start_in(folder, |_| {})
    }

    /// Starts a server on the database in a folder, with a new key and changed settings.
    pub(crate) fn start_in(folder: Folder, change: impl FnOnce(&mut Config)) -> Self {
        let key = folder.add_key();
        let mut config = Config::default();
        config.server.listen.set_port(0);
        config.server.workers = 2;
        // All requests come from one client address, and many fail on purpose.
        config.auth.failures_per_minute = 0;
        config.database.path = folder.database();
        change(&mut config);
        let (ready, started) = mpsc::channel();
        let (stop, stopping) = oneshot::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = Server::bind(config, &mut |_| {}).await?;
                ready.send(server.address()).expect("the test waits");
                server.run(async { drop(stopping.await) }).await
            })
        });
        let mut client = Client::new(started.recv().expect("the server starts"));
        client.authorization = key.authorization;
        Self {
            client,
            stop: Some(stop),
            thread: Some(thread),
            folder: Some(folder),
        }
    }

    /// Returns the folder with the database. The program may be run in it, as operators do while a
    /// server runs.
    pub(crate) fn folder(&self) -> &Folder {
        self.folder.as_ref().expect("the server was not stopped")
    }

    /// Lets further requests carry this value of the `Authorization` header.
    pub(crate) fn set_authorization(&mut self, authorization: String) {
        self.client.authorization = authorization;
    }

    /// Stops the server; returns its folder.
    pub(crate) fn stop(mut self) -> Folder {
        self.shut_down();
        self.folder.take().expect("the server was not stopped")
    }

    fn shut_down(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let outcome = thread.join().expect("the server does not panic");
            assert!(outcome.is_ok(), "{outcome:?}");
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // A failed test has its reason already.
        if !thread::panicking() {
            self.shut_down();
        }
    }
}
