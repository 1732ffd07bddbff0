//! What the tests of the executable share: a folder to run it in, a run of it, a running server,
//! and the settings of whoever runs the tests.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses what it needs"
)]

mod process;
mod running;
mod settings;

pub(crate) use process::{Ended, Process};
pub(crate) use running::{Answer, Running};
pub(crate) use settings::{number, say, say_skipped, seed};

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const ROOM: &str = "/xapi/v2/room";

/// How long a server may take to stop.
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How long anything else may take: far more than it does, so that only a hang fails a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A working directory for the program, with nothing in it.
pub(crate) struct Folder {
    _guard: TempDir,
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let guard = TempDir::new().expect("a folder");
        let path = guard.path().canonicalize().expect("a real path");
        Self {
            _guard: guard,
            path,
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
    }

    /// The bytes of every file, by name.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(&self.path).expect("a folder");
        let file = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().expect("a text");
            (name, fs::read(entry.path()).expect("a file"))
        };
        entries
            .map(|entry| file(entry.expect("an entry")))
            .collect()
    }

    /// The program with arguments, in this folder, without the settings of whoever runs the tests.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_under(&[], args)
    }

    /// The same as the child of another program: that program's name and arguments come first.
    pub(crate) fn command_under(&self, parent: &[&str], args: &[&str]) -> Command {
        let line = [parent, &[env!("CARGO_BIN_EXE_roomd")], args].concat();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).current_dir(&self.path);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ROOMD_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Process::spawn(&mut self.command(args)).wait(PATIENCE)
    }

    /// Runs the program to a good end; returns what it printed.
    #[track_caller]
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert!(
            ended.status.success() && ended.stderr.is_empty(),
            "{ended:?}"
        );
        ended.stdout
    }

    /// Starts a server on a free port, with more arguments.
    pub(crate) fn serve(&self, args: &[&str]) -> Running {
        let args = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
        self.start(&mut self.command(&args)).expect("it starts")
    }

    /// Starts a server by any command; an error is how it ended instead.
    pub(crate) fn start(&self, command: &mut Command) -> Result<Running, Ended> {
        Running::of(Process::spawn(command))
    }

    /// Registers a user in roomd.db; returns the GUID.
    pub(crate) fn add_user(&self, email: &str) -> String {
        let args = ["user", "add", "--name", "Test", "--surname", "User"];
        let guid = self.done(&[&args[..], &["--email", email]].concat());
        guid.trim_end().to_owned()
    }

    /// Registers user0@example.com and so on in roomd.db, faster than one by one.
    pub(crate) fn add_users(&self, count: usize) {
        self.done(&["user", "list"]);
        let mut connection = open(&self.path("roomd.db"));
        let transaction = connection.transaction().expect("a transaction");
        for n in 0..count {
            let (guid, email) = (uuid::Uuid::now_v7(), format!("user{n}@example.com"));
            let sql =
                "INSERT INTO users VALUES (NULL, ?1, ?2, ?2, ?2, ?2, ?2, 'Test', 'test', 'User',
                                                 'user', 'u', '', '', 1, 1, 'tr-TR',
                                                 'Europe/Istanbul', NULL, 0, NULL)";
            transaction
                .execute(sql, (guid.as_bytes(), email))
                .expect("a new user");
        }
        transaction.commit().expect("a commit");
    }

    /// Makes a key in roomd.db; the parts by the names that `--json` gives them.
    pub(crate) fn add_key(&self) -> Value {
        let printed = self.done(&["key", "create", "--json"]);
        serde_json::from_str(&printed).expect("JSON")
    }
}

/// Opens a database as another program.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests look at databases from outside"
)]
pub(crate) fn open(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).expect("a database")
}
