use crate::support::{Folder, ServerProcess};
use std::fs;
use std::net::TcpListener;
use std::process::Command;

/// A running `roomd demo` with a folder for its settings and its temporary files.
struct Demo {
    folder: Folder,
    server: ServerProcess,
    /// What it printed.
    instructions: String,
}

impl Demo {
    fn start(listen: &str) -> Self {
        let folder = Folder::new();
        folder.write("config.toml", format!("[server]\nlisten = \"{listen}\"\n"));
        fs::create_dir(folder.path("temporary")).expect("a folder");
        let mut command = folder.command(&["demo"]);
        command.env("TMPDIR", folder.path("temporary"));
        let server = folder.start(&mut command).expect("it starts");
        let mut instructions = String::new();
        while !instructions.contains("Ctrl-C") {
            instructions += &server.process().next_line().expect("more to read");
        }
        Self {
            folder,
            server,
            instructions,
        }
    }

    /// Returns the commands to paste, in the order in which they are printed.
    fn commands(&self) -> Vec<&str> {
        let starts = self.instructions.match_indices("\ncurl ");
        let from_here = starts.map(|(at, _)| self.instructions[at..].trim_start());
        from_here
            .map(|text| text.split_once("\n\n").expect("an empty line behind it").0)
            .collect()
    }

    fn temporary_files(&self) -> usize {
        let entries = fs::read_dir(self.folder.path("temporary"));
        entries.expect("a folder").count()
    }
}

/// Runs a command as if pasted into a shell; returns the status line and the body of the answer.
fn paste(command: &str) -> (String, String) {
    let mut shell = Command::new("bash");
    let pasted = shell.args(["-c", command]).env("NO_PROXY", "*").output();
    let output = pasted.expect("bash exists");
    assert!(output.status.success(), "{output:?}");
    let answer = String::from_utf8(output.stdout).expect("a text");
    let status = answer.lines().next().expect("a status line").to_owned();
    let body = answer.rsplit("\r\n\r\n").next().expect("a body");
    (status, body.to_owned())
}

#[track_caller]
fn assert_status(command: &str, status: &str) {
    let (line, body) = paste(command);
    assert_eq!(line.split(' ').nth(1), Some(status), "{line}\n{body}");
}

#[test]
fn the_printed_command_creates_a_room_and_then_returns_it() {
    let demo = Demo::start("127.0.0.1:0");
    let commands = demo.commands();
    assert_eq!(commands.len(), 2, "{}", demo.instructions);
    assert!(!commands[0].contains("Authorization"));
    let (first, room) = paste(commands[0]);
    assert!(first.starts_with("HTTP/1.1 201"), "{first}\n{room}");
    assert!(
        room.contains("\"creator_email\":\"ada@example.com\""),
        "{room}"
    );
    let (second, same) = paste(commands[0]);
    assert!(second.starts_with("HTTP/1.1 200"), "{second}\n{same}");
    assert_eq!(room, same);
}

#[test]
fn the_printed_key_works_and_a_wrong_one_is_rejected() {
    let demo = Demo::start("127.0.0.1:0");
    let with_key = demo.commands()[1];
    let (_, key) = with_key
        .split_once("Authorization: Bearer ")
        .expect("a key");
    let (key, _) = key.split_once('\'').expect("the end of the key");
    assert_status(with_key, "201");
    assert_status(with_key, "200");
    let last = if key.ends_with('0') { "1" } else { "0" };
    let broken = format!("{}{last}", &key[..key.len() - 1]);
    assert_status(&with_key.replace(key, &broken), "401");
    assert_status(&with_key.replace(key, "nonsense"), "401");
}

#[test]
fn the_url_of_the_room_opens() {
    let demo = Demo::start("127.0.0.1:0");
    let (_, room) = paste(demo.commands()[0]);
    let room: serde_json::Value = serde_json::from_str(&room).expect("JSON");
    let url = room["url"].as_str().expect("a URL");
    assert_status(&format!("curl -i '{url}'"), "200");
}

#[test]
fn every_user_that_a_demo_lists_can_have_a_room() {
    let demo = Demo::start("127.0.0.1:0");
    let (_, users) = demo
        .instructions
        .split_once("Registered users: ")
        .expect("users");
    let users: Vec<&str> = users.lines().next().expect("a line").split(", ").collect();
    assert_eq!(users.first(), Some(&"ada@example.com"));
    assert!(users.len() > 1);
    for email in users {
        assert_eq!(demo.server.room_of(email).status, 201, "{email}");
    }
}

#[test]
fn no_file_of_a_demo_is_left_after_it_stops() {
    for signal in ["TERM", "INT"] {
        let demo = Demo::start("127.0.0.1:0");
        assert_status(demo.commands()[0], "201");
        assert_eq!(demo.temporary_files(), 1);
        let Demo { folder, server, .. } = demo;
        let exit = server.stop_by(signal);
        assert_eq!(exit.status.code(), Some(0), "{signal}: {exit:?}");
        let left = fs::read_dir(folder.path("temporary")).expect("a folder");
        assert_eq!(left.count(), 0);
        fs::remove_dir(folder.path("temporary")).expect("an empty folder");
        assert_eq!(folder.files().len(), 1, "only the settings");
    }
}

#[test]
fn a_demo_takes_another_port_if_its_own_is_in_use() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = other.local_addr().expect("an address");
    let demo = Demo::start(&taken.to_string());
    assert_ne!(demo.server.address.port(), taken.port());
    assert_status(demo.commands()[0], "201");
}

#[test]
fn a_demo_listens_on_loopback_whatever_the_settings_say() {
    let demo = Demo::start("0.0.0.0:0");
    assert!(demo.server.address.ip().is_loopback());
    assert_status(demo.commands()[0], "201");
}

#[test]
fn a_demo_does_not_touch_the_database_of_the_settings() {
    let folder = Folder::new();
    folder.write("config.toml", "[server]\nlisten = \"127.0.0.1:0\"\n");
    folder.add_user("ada@example.com");
    let before = folder.files();
    let mut command = folder.command(&["demo"]);
    let server = folder.start(&mut command).expect("it starts");
    assert_eq!(server.room_of("ada@example.com").status, 201);
    server.stop();
    assert_eq!(folder.files(), before);
}
