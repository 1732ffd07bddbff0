//! Signals to stop that come before a server is ready.

use crate::support::{Exit, Folder, Process, STOP_TIMEOUT, TIMEOUT, assert_intact, open};
use std::fs::{File, OpenOptions};
use std::process::Command;
use std::thread;
use std::time::Instant;

const LOG_LINE: &str = "stopped before it was ready";

/// Makes a file from which a reader gets nothing until a writer closes it.
fn make_pipe(folder: &Folder, name: &str) {
    let made = Command::new("mkfifo").arg(folder.path(name)).status();
    assert!(made.expect("mkfifo exists").success());
}

/// Waits until a process reads a pipe. The process waits then, until the value is dropped.
fn hold_reader(folder: &Folder, name: &str) -> File {
    let pipe = OpenOptions::new().write(true).open(folder.path(name));
    pipe.expect("a pipe with a reader")
}

fn serve(folder: &Folder) -> Process {
    Process::spawn(&mut folder.command(&["serve", "--listen", "127.0.0.1:0"]))
}

/// Asserts that a server ended as if it had been ready, with one line about it.
#[track_caller]
fn assert_stopped(exit: &Exit) {
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    assert_eq!(exit.stdout, "", "{exit:?}");
    let lines = exit.stderr.lines();
    let about_it = lines.filter(|line| line.contains(LOG_LINE)).count();
    assert_eq!(about_it, 1, "{exit:?}");
}

#[test]
fn a_signal_stops_a_server_that_waits_for_its_settings() {
    for signal in ["TERM", "INT", "QUIT"] {
        let folder = Folder::new();
        make_pipe(&folder, "config.toml");
        let server = serve(&folder);
        let _held = hold_reader(&folder, "config.toml");
        server.signal(signal);
        assert_stopped(&server.wait(STOP_TIMEOUT));
    }
}

#[test]
fn a_signal_stops_a_server_whose_database_is_locked() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let other = open(&folder.database());
    let lock = "PRAGMA journal_mode = delete; BEGIN EXCLUSIVE";
    other.execute_batch(lock).expect("a lock");
    let server = serve(&folder);
    let started = Instant::now();
    // It has the lock of a server right before it opens the database.
    while !folder.path("roomd.db-lock").exists() {
        assert!(started.elapsed() < TIMEOUT, "it does not start");
        thread::yield_now();
    }
    server.signal("TERM");
    assert_stopped(&server.wait(STOP_TIMEOUT));
    drop(other);
    assert_intact(&folder.database());
    folder.serve(&[]).stop();
}

#[test]
fn other_signals_do_not_stop_a_server_that_is_not_ready() {
    let folder = Folder::new();
    make_pipe(&folder, "config.toml");
    let server = serve(&folder);
    let held = hold_reader(&folder, "config.toml");
    for signal in ["HUP", "USR1", "USR2"] {
        server.signal(signal);
    }
    drop(held);
    let line = server.next_line().expect("a ready line");
    assert!(line.starts_with("roomd listening on "), "{line}");
    server.signal("TERM");
}
