use roomd::config::Config;
use roomd::model::{Email, NewApiKey, PersonName, Timestamp, UserDefaults, UserProfile};
use roomd::server::{Server, ServerError};
use roomd::store::Store;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Barrier, mpsc};
use std::thread::{self, JoinHandle};
use tempfile::TempDir;
use tokio::sync::oneshot;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// The documented path.
pub(crate) const ROOM: &str = "/xapi/v2/room";

/// Where users are.
pub(crate) const USER: &str = "/xapi/v2/user";

/// A server that runs, in a thread of its own, until it is stopped or dropped.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    /// The value of the `Authorization` header that opens the API.
    pub(crate) authorization: String,
    agent: Agent,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServerError>>>,
    folder: Option<TempDir>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl TestServer {
    /// Starts a server with a new database: ada, grace and edsger are registered, and
    /// inactive@example.com and expired@example.com are what they are called.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// The same with other settings.
    pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut users: Vec<UserProfile> = ["ada", "grace", "edsger"]
            .map(|name| user(&format!("{name}@example.com")))
            .into();
        users.push(UserProfile {
            active: false,
            ..user("inactive@example.com")
        });
        users.push(UserProfile {
            expires_at: Some(Timestamp::parse("2001-01-01T00:00:00Z").expect("a date-time")),
            ..user("expired@example.com")
        });
        Self::launch(new_folder(), change, users)
    }

    /// Starts a server with user0@example.com and so on, `count` of them.
    pub(crate) fn start_with_users(count: usize) -> Self {
        let users = (0..count)
            .map(|n| user(&format!("user{n}@example.com")))
            .collect();
        Self::launch(new_folder(), |_| {}, users)
    }

    /// Starts a server in the folder of a stopped one, with a new key.
    pub(crate) fn start_again(folder: TempDir) -> Self {
        Self::launch(folder, |_| {}, Vec::new())
    }

    fn launch(folder: TempDir, change: impl FnOnce(&mut Config), users: Vec<UserProfile>) -> Self {
        let mut config = Config::default();
        config.server.listen.set_port(0);
        config.server.workers = 2;
        // Every test comes from the same address.
        config.auth.failures_per_minute = 0;
        config.database.path = folder.path().join("test.db");
        change(&mut config);
        let (ready, started) = mpsc::channel();
        let (stop, stopping) = oneshot::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = Server::bind(config).await?;
                let key = prepare(server.store(), users).await;
                ready
                    .send((server.address(), authorization(&key)))
                    .expect("the test waits");
                server.run(async { drop(stopping.await) }).await
            })
        });
        let (address, authorization) = started.recv().expect("the server starts");
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        Self {
            address,
            authorization,
            agent,
            stop: Some(stop),
            thread: Some(thread),
            folder: Some(folder),
        }
    }

    /// Stops the server in good order; returns its folder.
    pub(crate) fn stop(mut self) -> TempDir {
        self.shut_down();
        self.folder.take().expect("a server has its folder")
    }

    fn shut_down(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let outcome = thread.join().expect("the server does not panic");
            assert!(outcome.is_ok(), "{outcome:?}");
        }
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder
            .as_ref()
            .expect("a server has its folder")
            .path()
            .join("test.db")
    }

    /// Runs the executable on the database, as an operator does while the server runs; returns
    /// what it prints. It is a process of its own because opening the file a second time in this
    /// one would drop SQLite's locks.
    pub(crate) fn roomd(&self, arguments: &[&str]) -> String {
        let database = self.database();
        let output = Command::new(env!("CARGO_BIN_EXE_roomd"))
            .args(arguments)
            .arg("--database")
            .arg(&database)
            .current_dir(database.parent().expect("the file is in a folder"))
            .env_remove("ROOMD_CONFIG")
            .output()
            .expect("the executable runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("a text")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path), "")
    }

    /// Posts a JSON body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string())
    }

    /// Posts a body that says it is JSON.
    pub(crate) fn post_text(&self, path: &str, body: &str) -> Answer {
        let request = self
            .request("POST", path)
            .header("Content-Type", "application/json");
        self.send(request, body)
    }

    /// Puts a JSON body.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        let request = self
            .request("PUT", path)
            .header("Content-Type", "application/json");
        self.send(request, body.to_string())
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path), "")
    }

    /// Registers a user through the API.
    pub(crate) fn register(&self, email: &str, name: &str, surname: &str) -> Answer {
        let user = json!({"email": email, "username": email, "name": name, "surname": surname});
        self.post(USER, &user)
    }

    /// Asks for the default room of a user under a name.
    pub(crate) fn get_or_create(&self, creator_email: &str, name: &str) -> Answer {
        self.post(ROOM, &json!({"creator_email": creator_email, "name": name}))
    }

    /// A request with the key.
    pub(crate) fn request(&self, method: &str, path: &str) -> ureq::http::request::Builder {
        self.request_without_key(method, path)
            .header("Authorization", &self.authorization)
    }

    pub(crate) fn request_without_key(
        &self,
        method: &str,
        path: &str,
    ) -> ureq::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
    }

    pub(crate) fn send(
        &self,
        request: ureq::http::request::Builder,
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let request = request.body(body.as_ref()).expect("a valid request");
        let mut response = self.agent.run(request).expect("an answer");
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string().expect("a text"),
        }
    }

    /// Sends bytes as they are and reads until the server closes the connection.
    pub(crate) fn send_raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.write_all(bytes).expect("the bytes go out");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Calls from `count` threads at the same moment; the answers in the order of the callers.
    pub(crate) fn all_at_once(
        &self,
        count: usize,
        call: impl Fn(usize) -> Answer + Sync,
    ) -> Vec<Answer> {
        let barrier = Arc::new(Barrier::new(count));
        thread::scope(|scope| {
            let callers: Vec<_> = (0..count)
                .map(|n| {
                    let (barrier, call) = (barrier.clone(), &call);
                    scope.spawn(move || {
                        barrier.wait();
                        call(n)
                    })
                })
                .collect();
            callers
                .into_iter()
                .map(|caller| caller.join().expect("a caller ends"))
                .collect()
        })
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // A test that fails already has said why.
        if !thread::panicking() {
            self.shut_down();
        }
    }
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a text"))
    }

    /// Asserts the status and the whole body.
    #[track_caller]
    pub(crate) fn assert(&self, status: u16, body: &Value) {
        assert_eq!((self.status, &self.json()), (status, body));
    }
}

async fn prepare(store: &Store, users: Vec<UserProfile>) -> NewApiKey {
    for user in users {
        store.insert_user(user).await.expect("a new user");
    }
    let key = NewApiKey::generate("test").expect("a valid name");
    store.insert_key(&key).await.expect("a new key");
    key
}

fn authorization(key: &NewApiKey) -> String {
    format!("Bearer {}|{}", key.access_key.as_str(), key.hash())
}

fn user(email: &str) -> UserProfile {
    let email = Email::parse(email).expect("an address");
    let [name, surname] = ["Test", "User"].map(|name| PersonName::parse(name).expect("a name"));
    UserProfile::new(email, name, surname, &UserDefaults::default())
}

fn new_folder() -> TempDir {
    TempDir::new().expect("a folder")
}
