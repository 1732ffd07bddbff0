//! Pipes and devices in the place of files that settings name.

use crate::support::{Folder, Process, ServerProcess};
use crate::tls::{folder, pair, put};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// Puts something without an end in the place of a file.
type Put = fn(&Path);

const ENDLESS: [Put; 2] = [
    |path| {
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.expect("mkfifo exists").success());
    },
    |path| symlink("/dev/zero", path).expect("a link"),
];

/// Starts a server with TLS; waits until it listens.
fn start(folder: &Folder) -> ServerProcess {
    let process = Process::spawn(&mut folder.command(&["serve"]));
    ServerProcess::wait_until_ready(process).expect("it starts")
}

#[test]
fn a_file_that_becomes_a_pipe_or_a_device_neither_stops_a_server_nor_its_signals() {
    for (name, line) in [
        ("fullchain.pem", "the certificate was not reloaded"),
        ("key.pem", "the certificate was not reloaded"),
        ("config.toml", "the settings were not reloaded"),
    ] {
        for put_endless in ENDLESS {
            let folder = folder();
            let pair = pair();
            put(&folder, &pair, &pair);
            let server = start(&folder);
            fs::remove_file(folder.path(name)).expect("the file");
            put_endless(&folder.path(name));
            server.process().signal("HUP");
            let line = server.process().next_log_line(line);
            assert!(line.contains("no regular file"), "{line}");
            server.stop();
        }
    }
}

#[test]
fn a_file_without_an_end_is_an_error() {
    for name in ["fullchain.pem", "key.pem", "config.toml"] {
        let folder = folder();
        let pair = pair();
        put(&folder, &pair, &pair);
        fs::remove_file(folder.path(name)).expect("the file");
        symlink("/dev/zero", folder.path(name)).expect("a link");
        let exit = folder.run(&["serve"]);
        let message = exit.error_message();
        assert!(
            message.contains(name) && message.contains("1 MiB"),
            "{message}"
        );
        let exit = folder.run(&["doctor"]);
        assert_eq!(exit.status.code(), Some(1), "{exit:?}");
        assert!(exit.stdout.contains("1 MiB"), "{exit:?}");
    }
}

#[test]
fn doctor_does_not_wait_for_a_pipe() {
    let folder = folder();
    let pair = pair();
    put(&folder, &pair, &pair);
    fs::remove_file(folder.path("key.pem")).expect("the file");
    ENDLESS[0](&folder.path("key.pem"));
    let exit = folder.run(&["doctor"]);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert!(
        exit.stdout.contains("tls.key") && exit.stdout.contains("pipe"),
        "{exit:?}"
    );
}

#[test]
fn settings_may_come_through_a_pipe_at_the_start() {
    let folder = Folder::new();
    folder.write("settings.toml", "[server]\nlisten = \"127.0.0.1:0\"\n");
    // The shell becomes the server, which so ends with the test.
    let script = "mkfifo pipe; cat settings.toml > pipe & exec \"$0\" serve --config pipe";
    let mut command = folder.command_under(&["sh", "-c", script], &[]);
    let server = folder.start(&mut command).expect("it starts");
    assert_eq!(server.get("/readyz").status, 200);
}
