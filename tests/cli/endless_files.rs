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
            assert!(line.contains("not a regular file"), "{line}");
            server.stop();
        }
    }
}

#[test]
fn a_configuration_file_without_an_end_is_an_error() {
    let folder = Folder::new();
    ENDLESS[1](&folder.path("config.toml"));
    let exit = folder.run(&["serve"]);
    let message = exit.error_message();
    assert!(
        message.contains("config.toml") && message.contains("1 MiB"),
        "{message}"
    );
    let exit = folder.run(&["doctor"]);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert!(exit.stdout.contains("1 MiB"), "{exit:?}");
}

/// Every setting that names a file which a server reads, with those that make it read the file.
const FILE_SETTINGS: [(&str, &str); 8] = [
    (
        "tls.certificate",
        "[tls]\ncertificate = \"special\"\nkey = \"key.pem\"\n",
    ),
    (
        "tls.key",
        "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"special\"\n",
    ),
    (
        "metrics.token_file",
        "[metrics]\ntoken_file = \"special\"\n",
    ),
    (
        "meeting.secret_file",
        "[meeting]\nsecret_file = \"special\"\n",
    ),
    (
        "meeting.jitsi.secret_file",
        "[meeting]\nserver = \"jitsi\"\n[meeting.jitsi]\nurl = \"http://127.0.0.1:9/\"\n\
         app_id = \"a\"\nsecret_file = \"special\"\n",
    ),
    (
        "meeting.jitsi.key_file",
        "[meeting]\nserver = \"jitsi\"\n[meeting.jitsi]\nurl = \"http://127.0.0.1:9/\"\n\
         app_id = \"a\"\nalgorithm = \"RS256\"\nkey_file = \"special\"\n",
    ),
    (
        "meeting.bigbluebutton.secret_file",
        "[meeting]\nserver = \"bigbluebutton\"\n[meeting.bigbluebutton]\n\
         url = \"http://127.0.0.1:9/\"\nsecret_file = \"special\"\n",
    ),
    (
        "meeting.livekit.secret_file",
        "[meeting]\nserver = \"livekit\"\n[meeting.livekit]\nurl = \"ws://127.0.0.1:9/\"\n\
         api_key = \"a\"\nsecret_file = \"special\"\n",
    ),
];

#[test]
fn a_setting_names_a_regular_file() {
    for (setting, settings) in FILE_SETTINGS {
        for (put_endless, kind) in ENDLESS.into_iter().zip(["a named pipe", "a device"]) {
            let folder = folder();
            folder.add_key();
            let pair = pair();
            put(&folder, &pair, &pair);
            folder.write(
                "config.toml",
                format!("[server]\nlisten = \"127.0.0.1:0\"\n{settings}"),
            );
            put_endless(&folder.path("special"));
            let exit = folder.run(&["serve"]);
            let message = exit.error_message();
            let is_named = message.contains(setting) && message.contains("special");
            assert!(is_named && message.contains(kind), "{setting}: {message}");
            let exit = folder.run(&["doctor", "--json"]);
            assert_eq!(exit.status.code(), Some(1), "{exit:?}");
            assert!(exit.stdout.contains(kind), "{setting}: {exit:?}");
        }
    }
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
