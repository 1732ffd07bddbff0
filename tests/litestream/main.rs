//! Runs the server beside a real Litestream as `docs/litestream.md` says, lets it die at the worst
//! moment, and compares what Litestream restores with the database.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

use rusqlite::types::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Folder, Key, Process, ServerProcess, TIMEOUT, assert_intact, email, open, skip};

/// The file with the settings of Litestream.
const SETTINGS: &str = "litestream.yml";

/// Litestream checkpoints the WAL every second, and when it ends.
const CHECKPOINTS_ALWAYS: &str = "min-checkpoint-page-count: 1";

/// Litestream checkpoints a WAL of 4 MiB, as it does by default.
const CHECKPOINTS_RARELY: &str = "min-checkpoint-page-count: 1000";

/// A line in the log of Litestream, after which it has the database open.
const UPLOADED: &str = "ltx file uploaded";

/// A line in its log when it begins a copy of the whole database.
const WHOLE_COPY: &str = "snap=true";

/// What an operator does before Litestream starts: the last program that closes the database removes
/// the WAL, and Litestream starts with a copy of the whole database.
const REMOVE_WAL: &[&str] = &["key", "list"];

/// Returns the program, that of `ROOMD_LITESTREAM` or else of the path. Skips the test where there is
/// none.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests have settings of their own"
)]
fn litestream() -> Option<String> {
    const VARIABLE: &str = "ROOMD_LITESTREAM";
    let named = std::env::var(VARIABLE).ok();
    let program = named.clone().unwrap_or_else(|| "litestream".into());
    let works = Command::new(&program).arg("version").output();
    if works.is_ok_and(|output| output.status.success()) {
        return Some(program);
    }
    assert_eq!(named, None, "{VARIABLE} names a program that does not work");
    skip(VARIABLE, "litestream is missing");
    None
}

/// Returns the program. Skips the test where it is missing, or where no program can be killed in a
/// system call.
fn tools() -> Option<String> {
    let tried = Command::new("strace").args(["-D", "true"]).output();
    if !tried.is_ok_and(|output| output.stderr.ends_with(b"+++ exited with 0 +++\n")) {
        skip("ROOMD_STRACE", "strace is missing or may not trace");
        return None;
    }
    litestream()
}

/// A database with users and without rooms, and the settings of Litestream for it.
struct Replicated {
    folder: Folder,
    key: Key,
    litestream: String,
    /// How many rooms were asked for.
    asked: usize,
}

impl Replicated {
    /// `setting` is one more line on the database.
    fn new(litestream: String, setting: &str) -> Self {
        let folder = Folder::new();
        folder.add_users(50);
        let (database, replica) = (folder.database(), folder.path("replica"));
        let (database, replica) = (database.display(), replica.display());
        let settings = format!(
            "logging:\n  level: debug\n  stderr: true\ndbs:\n  - path: {database}\n    {setting}\n    \
             replica:\n      type: file\n      path: {replica}\n"
        );
        folder.write(SETTINGS, settings);
        folder.write("config.toml", "[server]\nlisten = \"127.0.0.1:0\"\n");
        Self {
            key: folder.add_key(),
            folder,
            litestream,
            asked: 0,
        }
    }

    /// Returns a command of Litestream with these settings.
    fn litestream(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.litestream);
        command.args([args[0], "-config", SETTINGS]);
        command.args(&args[1..]).current_dir(self.folder.root());
        command
    }

    /// Starts Litestream, which starts the server. Returns once Litestream has copied the whole
    /// database.
    fn start_pair(&self) -> ServerProcess {
        self.folder.roomd(REMOVE_WAL);
        let replicate = [&self.litestream, "replicate", "-config", SETTINGS, "-exec"];
        // Without an argument roomd serves.
        let mut command = self.folder.command_under(&replicate, &[]);
        let pair = self.folder.start(&mut command).expect("it starts");
        let log = pair.process().log_until(UPLOADED);
        let is_whole = log.iter().any(|line| line.contains(WHOLE_COPY));
        assert!(is_whole, "{log:#?}");
        pair.with_key(&self.key)
    }

    /// Creates a room.
    fn create(&mut self, server: &ServerProcess) {
        let answer = server.room_of(&email(self.asked));
        assert_eq!(answer.status, 201, "{answer:?}");
        self.asked += 1;
    }

    /// Kills the process with this number, which is that of a server, when it syncs a new room: the
    /// WAL has the whole commit then, and its index does not.
    fn kill_in_sync(&mut self, server: &ServerProcess, process: u32) {
        let wal = self.folder.path("roomd.db-wal").display().to_string();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-P", &wal]);
        strace.args(["-e", "trace=fsync,fdatasync"]);
        strace.args(["-e", "inject=fsync,fdatasync:signal=KILL"]);
        let strace = Process::spawn(strace.args(["-p", &process.to_string()]));
        strace.next_log_line("attached");
        let answer = server.try_room_of(&email(self.asked));
        assert!(answer.is_err(), "{answer:?}");
        self.asked += 1;
        // It exits with the program that it traces.
        strace.wait(TIMEOUT);
    }

    /// Restores the replica and compares it with the database, which no program has open.
    #[track_caller]
    fn assert_restored(&self) {
        let restored = self.folder.path("restored.db");
        let mut command = self.litestream(&["restore", "-o", "restored.db"]);
        command.arg(self.folder.database());
        let exit = Process::spawn(&mut command).wait(TIMEOUT);
        assert!(exit.status.success(), "{exit:?}");
        assert_intact(&restored);
        assert_eq!(rooms(&restored), rooms(&self.folder.database()));
    }
}

/// Returns every value of every room.
fn rooms(path: &Path) -> Vec<Vec<Value>> {
    let database = open(path);
    let mut all = database
        .prepare("SELECT * FROM rooms ORDER BY 1")
        .expect("rooms");
    let columns = all.column_count();
    let room = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
    let found = all.query_map([], room).expect("rooms");
    found.map(|room| room.expect("a room")).collect()
}

/// Returns the only child of a process.
fn child(process: u32) -> u32 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("a process");
    let children = threads.map(|thread| {
        let path = thread.expect("a thread").path().join("children");
        // Empty for a thread that has ended.
        fs::read_to_string(path).unwrap_or_default()
    });
    let children: String = children.collect();
    children.trim().parse().expect("one child")
}

/// Starts Litestream and its server, lets one or both die, starts both again and asserts that what
/// Litestream restores is the database.
fn assert_whole_after_death(litestream: String, setting: &str, litestream_dies: bool) {
    let mut replicated = Replicated::new(litestream, setting);
    let pair = replicated.start_pair();
    replicated.create(&pair);
    let server = child(pair.process().id());
    if litestream_dies {
        pair.process().signal("KILL");
    }
    replicated.kill_in_sync(&pair, server);
    // Litestream ends with its child.
    let exit = pair.wait();
    assert!(!exit.status.success(), "{exit:?}");
    let pair = replicated.start_pair();
    replicated.create(&pair);
    pair.stop();
    replicated.assert_restored();
}

#[test]
fn a_replica_is_whole_after_a_server_died_that_litestream_started() {
    if let Some(litestream) = tools() {
        assert_whole_after_death(litestream, CHECKPOINTS_ALWAYS, false);
    }
}

#[test]
fn a_replica_is_whole_after_a_server_and_litestream_died() {
    if let Some(litestream) = tools() {
        assert_whole_after_death(litestream, CHECKPOINTS_RARELY, true);
    }
}

#[test]
fn a_server_that_died_beside_a_running_litestream_warns_at_its_start() {
    let Some(litestream) = tools() else {
        return;
    };
    let mut replicated = Replicated::new(litestream, CHECKPOINTS_RARELY);
    let separate = Process::spawn(&mut replicated.litestream(&["replicate"]));
    separate.next_log_line(UPLOADED);
    let server = replicated.folder.serve(&[]).with_key(&replicated.key);
    replicated.create(&server);
    replicated.kill_in_sync(&server, server.process().id());
    drop(server);
    let server = replicated.folder.serve(&[]).with_key(&replicated.key);
    server
        .process()
        .next_log_line("pages that an earlier server wrote while it died");
    replicated.create(&server);
    // As the warning says: the program that copies the WAL is stopped, and makes a new copy.
    separate.signal("TERM");
    assert!(separate.wait(TIMEOUT).status.success());
    server.stop();
    let pair = replicated.start_pair();
    pair.stop();
    replicated.assert_restored();
}
