//! The harness of all tests that need more than the library: a folder to run the program in, a
//! running server, a client that calls it, and the settings of the test run.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses a part of the harness"
)]

mod client;
mod folder;
mod key;
mod process;
mod server_process;
mod settings;
mod test_server;
mod token;

pub(crate) use client::{Answer, Client};
pub(crate) use folder::Folder;
pub(crate) use key::{Key, sha256_hex};
pub(crate) use process::{Exit, Process};
pub(crate) use server_process::ServerProcess;
pub(crate) use settings::{number, say, seed, skip};
pub(crate) use test_server::TestServer;
pub(crate) use token::claims;

use serde_json::Value;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// The documented path of rooms.
pub(crate) const ROOM: &str = "/xapi/v2/room";

/// The documented path of users.
pub(crate) const USER: &str = "/xapi/v2/user";

/// The name of the database file in a [`Folder`].
pub(crate) const DATABASE: &str = "roomd.db";

/// How long a server may take to stop.
pub(crate) const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long any other step may take. Far more than it takes, so that only a hang fails a test.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns the e-mail address of a numbered user: see [`Folder::add_users`].
pub(crate) fn email(user: usize) -> String {
    format!("user{user}@example.com")
}

/// Returns the text in a field of a JSON object.
#[track_caller]
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    let text = object[field].as_str();
    text.unwrap_or_else(|| panic!("{field} is no text in {object}"))
}

/// Returns the path of a room in the API.
#[track_caller]
pub(crate) fn room_path(room: &Value) -> String {
    format!("{ROOM}/{}", text(room, "room_guid"))
}

/// Returns the path of a user in the API.
#[track_caller]
pub(crate) fn user_path(user: &Value) -> String {
    format!("{USER}/{}", text(user, "user_guid"))
}

/// Returns the path of the page of a room, from its URL.
#[track_caller]
pub(crate) fn page_path(url: &str) -> &str {
    &url[url.find("/groups/").expect("a path")..]
}

/// Asks to come into a room, as its page does.
pub(crate) fn join(client: &Client, page: &str, body: &Value) -> Answer {
    let request = client.request_without_key("POST", &format!("{page}/join"));
    let request = request.header("Content-Type", "application/json");
    client.send(request, body.to_string())
}

/// Runs `call` in `count` threads at the same moment; returns the results in the order of the
/// threads.
pub(crate) fn all_at_once<T: Send>(count: usize, call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let start = |n| {
            let (barrier, call) = (&barrier, &call);
            scope.spawn(move || {
                barrier.wait();
                call(n)
            })
        };
        let threads: Vec<_> = (0..count).map(start).collect();
        let results = threads.into_iter().map(|thread| thread.join());
        results
            .map(|result| result.expect("a thread ends"))
            .collect()
    })
}

/// Opens a database as another program does. SQLite's locks on a database are dropped where one
/// process opens it twice, so this is not for the database of a [`TestServer`] that runs.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests look at databases from outside"
)]
pub(crate) fn open(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).expect("a database")
}

/// Asserts that SQLite finds no damage in a database.
#[track_caller]
pub(crate) fn assert_intact(path: &Path) {
    let report = open(path).query_row("PRAGMA integrity_check", [], |row| row.get(0));
    assert_eq!(report, Ok("ok".to_owned()));
}
