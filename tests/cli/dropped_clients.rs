//! Clients that go away while their changes wait to be committed.

use crate::support::{
    Exit, Folder, ROOM, STOP_TIMEOUT, ServerProcess, TIMEOUT, USER, email, open, room_path,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use socket2::SockRef;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// How many users there are. The last one is deleted in front of all other changes.
const USERS: usize = 7;

/// Counts requests whose key is looked up.
const AUTHORIZED: &str = "roomd_key_cache_lookups_total";

/// The number of changes that wait for the writer, behind those that it has begun.
const WAITING_JOBS: &str = "roomd_write_queue_jobs";

/// How a client goes away.
#[derive(Debug, Clone, Copy)]
enum Leaving {
    /// It closes the connection.
    Closes,
    /// Its system resets the connection.
    Resets,
    /// Its system resets the connection while a body that nobody reads is still on its way: of the changes that
    /// have no body otherwise.
    ResetsInBody,
}

const LEAVING: [Leaving; 3] = [Leaving::Closes, Leaving::Resets, Leaving::ResetsInBody];

/// A change that a client asks for.
struct Change {
    /// The message of its line in the log.
    message: &'static str,
    method: &'static str,
    path: String,
    body: Value,
    /// What is true in the database once it is made.
    is_made: &'static str,
}

/// One change of each kind, and another program that keeps the server from writing.
struct Scene {
    lock: Connection,
    changes: Vec<Change>,
    _folder: Folder,
}

impl Scene {
    fn start(leaving: Leaving) -> (ServerProcess, Self) {
        let folder = Folder::new();
        folder.add_users(USERS);
        folder.write("config.toml", "[log]\nformat = \"json\"\n");
        // One worker, so that it reads of a reset before it reads a later request.
        let server = folder.serve(&["--workers", "1"]);
        let server = server.with_key(&folder.add_key());
        let mut changes = changes(&server);
        if matches!(leaving, Leaving::ResetsInBody) {
            changes.retain(|change| change.body.is_null());
        }
        let lock = open(&folder.database());
        lock.execute_batch("BEGIN IMMEDIATE").expect("a lock");
        let scene = Self {
            lock,
            changes,
            _folder: folder,
        };
        (server, scene)
    }

    /// Asks for all changes, and goes away once they wait behind one that the writer has begun.
    fn ask_and_leave(&self, server: &ServerProcess, leaving: Leaving) {
        let first = Change {
            message: "first",
            method: "DELETE",
            path: format!("{USER}/{}", email(USERS - 1)),
            body: Value::Null,
            is_made: "1",
        };
        let before = sum(&server.get("/metrics").body, AUTHORIZED);
        let first = first.send(server, leaving);
        // The one worker answers this only once the request waits, and then it waits for the writer alone.
        wait_until(server, |metrics| {
            sum(metrics, AUTHORIZED) > before && sum(metrics, WAITING_JOBS) == 0
        });
        let asked = self.changes.iter();
        let asked = asked.map(|change| change.send(server, leaving));
        let sockets: Vec<TcpStream> = asked.chain([first]).collect();
        wait_until(server, |metrics| {
            sum(metrics, WAITING_JOBS) == self.changes.len()
        });
        if !matches!(leaving, Leaving::Closes) {
            for socket in &sockets {
                let socket = SockRef::from(socket);
                socket.set_linger(Some(Duration::ZERO)).expect("a socket");
            }
        }
        drop(sockets);
        // The server has read of it by the time of this answer.
        assert_eq!(server.get("/healthz").status, 200);
    }

    /// Lets the server write.
    fn release(&self) {
        self.lock.execute_batch("COMMIT").expect("an end");
    }

    /// Asserts that all changes were made, and that each has its one line.
    #[track_caller]
    fn assert_logged(&self, exit: &Exit, leaving: Leaving) {
        let is_made = |change: &&Change| {
            let sql = format!("SELECT {}", change.is_made);
            let made = self.lock.query_row(&sql, [], |row| row.get(0));
            made.expect("a truth value")
        };
        let made = self.changes.iter().filter(is_made);
        let made: Vec<&str> = made.map(|change| change.message).collect();
        assert_eq!(made.len(), self.changes.len(), "{leaving:?}: {exit:?}");
        let lines = exit
            .stderr
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let logged: Vec<String> = lines
            .filter_map(|line| {
                let message = line["message"].as_str()?.to_owned();
                let is_asked = line["request_id"] == *message.replace(' ', "-");
                is_asked.then_some(message)
            })
            .collect();
        let expected: BTreeSet<&str> = made.into_iter().collect();
        let found: BTreeSet<&str> = logged.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{leaving:?}: {exit:?}");
        assert_eq!(logged.len(), expected.len(), "{leaving:?}: {exit:?}");
    }
}

impl Change {
    /// Sends the request on a connection of its own. Its id is the message.
    fn send(&self, server: &ServerProcess, leaving: Leaving) -> TcpStream {
        let Self {
            message,
            method,
            path,
            ..
        } = self;
        let body = match &self.body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let missing = match leaving {
            Leaving::ResetsInBody if body.is_empty() => 10,
            _ => 0,
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\nX-Request-Id: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            server.authorization,
            message.replace(' ', "-"),
            body.len() + missing
        );
        let mut stream = TcpStream::connect(server.address).expect("a connection");
        stream
            .write_all(request.as_bytes())
            .expect("the request goes out");
        stream
    }
}

/// Waits until the metrics are so.
#[track_caller]
fn wait_until(server: &ServerProcess, is_reached: impl Fn(&str) -> bool) {
    let started = Instant::now();
    while !is_reached(&server.get("/metrics").body) {
        assert!(started.elapsed() < TIMEOUT, "it is never reached");
        thread::yield_now();
    }
}

/// Returns the sum of all series of a metric.
fn sum(metrics: &str, name: &str) -> usize {
    let value = |line: &str| {
        let (labels, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
        let is_series = labels.is_empty() || labels.starts_with('{');
        is_series.then(|| value.parse::<usize>().expect("a number"))
    };
    metrics.lines().filter_map(value).sum()
}

/// Returns one change of each kind. The first three users have a room.
fn changes(server: &ServerProcess) -> Vec<Change> {
    let [updated, revoked, deleted] =
        [0, 1, 2].map(|user| room_path(&server.room_of(&email(user)).json()));
    let user = |number| format!("{USER}/{}", email(number));
    let new = json!({"email": "new@example.com", "username": "new", "name": "New", "surname": ""});
    let change = |message, method, path, body, is_made| Change {
        message,
        method,
        path,
        body,
        is_made,
    };
    vec![
        change(
            "room created",
            "POST",
            ROOM.to_owned(),
            json!({"creator_email": email(3), "name": "Created"}),
            "EXISTS (SELECT 1 FROM rooms WHERE name = 'Created')",
        ),
        change(
            "room updated",
            "PUT",
            updated,
            json!({"name": "Updated"}),
            "EXISTS (SELECT 1 FROM rooms WHERE name = 'Updated')",
        ),
        change(
            "host links revoked",
            "DELETE",
            format!("{revoked}/host-link"),
            Value::Null,
            "EXISTS (SELECT 1 FROM rooms WHERE host_epoch > 0)",
        ),
        change(
            "room deleted",
            "DELETE",
            deleted,
            Value::Null,
            "NOT EXISTS (SELECT 1 FROM rooms WHERE creator_email = 'user2@example.com')",
        ),
        change(
            "user created",
            "POST",
            USER.to_owned(),
            new,
            "EXISTS (SELECT 1 FROM users WHERE name = 'New')",
        ),
        change(
            "user updated",
            "PUT",
            user(4),
            json!({"name": "Updated"}),
            "EXISTS (SELECT 1 FROM users WHERE name = 'Updated')",
        ),
        change(
            "user deleted",
            "DELETE",
            user(5),
            Value::Null,
            "NOT EXISTS (SELECT 1 FROM users WHERE email = 'user5@example.com')",
        ),
    ]
}

#[test]
fn a_change_whose_client_goes_away_has_its_line() {
    for leaving in LEAVING {
        let (server, scene) = Scene::start(leaving);
        scene.ask_and_leave(&server, leaving);
        scene.release();
        scene.assert_logged(&server.stop(), leaving);
    }
}

#[test]
fn a_stop_waits_for_changes_whose_clients_have_gone_away() {
    for leaving in LEAVING {
        let (server, scene) = Scene::start(leaving);
        scene.ask_and_leave(&server, leaving);
        server.process().signal("TERM");
        let asked = Instant::now();
        while TcpStream::connect(server.address).is_ok() {
            assert!(asked.elapsed() < STOP_TIMEOUT, "it accepts connections");
            thread::yield_now();
        }
        scene.release();
        let exit = server.wait();
        assert_eq!(exit.status.code(), Some(0), "{exit:?}");
        scene.assert_logged(&exit, leaving);
    }
}
