use crate::support::{Folder, ServerProcess, sha256_hex};
use serde_json::Value;
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
        Self::start_in(folder, &[])
    }

    fn start_in(folder: Folder, args: &[&str]) -> Self {
        fs::create_dir_all(folder.path("temporary")).expect("a folder");
        let mut command = folder.command(&[&["demo"], args].concat());
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

    /// Returns what stands behind a label.
    #[track_caller]
    fn after(&self, label: &str) -> &str {
        let line = self
            .instructions
            .lines()
            .find(|line| line.starts_with(label));
        line.expect(label)[label.len()..].trim()
    }

    /// Stops the demo; returns its folder, to start another in it.
    fn stop(self) -> Folder {
        self.server.stop();
        self.folder
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
fn what_a_demo_prints_fits_eighty_columns() {
    for args in [&[][..], &["--listen", "0.0.0.0:0"]] {
        let folder = Folder::new();
        folder.write("config.toml", "[server]\nlisten = \"127.0.0.1:0\"\n");
        let demo = Demo::start_in(folder, args);
        for line in demo.instructions.lines() {
            // A link or a key is in one piece, for a browser or to be copied.
            let is_whole = line.contains("/groups/") || line.contains("Authorization: ");
            assert!(is_whole || line.chars().count() <= 80, "{line}");
        }
    }
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

#[test]
fn the_body_to_paste_has_two_fields() {
    let demo = Demo::start("127.0.0.1:0");
    for command in demo.commands() {
        let (_, body) = command.split_once("-d '").expect("a body");
        let body: Value = serde_json::from_str(body.trim_end_matches('\'')).expect("JSON");
        let fields: Vec<&String> = body.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["creator_email", "name"]);
    }
}

#[test]
fn the_printed_links_open() {
    let demo = Demo::start("127.0.0.1:0");
    let (docs, room) = (demo.after("documentation"), demo.after("a room, as guest"));
    assert!(docs.ends_with("/docs") && room.contains("/groups/room/demo-room_"));
    assert_status(&format!("curl -i '{docs}'"), "200");
    assert_status(&format!("curl -i '{room}'"), "200");
}

#[test]
fn both_parts_of_the_key_are_printed() {
    let demo = Demo::start("127.0.0.1:0");
    let (access_key, secret_key) = (demo.after("access key:"), demo.after("secret key:"));
    let hash = sha256_hex(&format!("{access_key}|{secret_key}"));
    let header = format!("Authorization: Bearer {access_key}|{hash}'");
    assert!(
        demo.commands()[1].contains(&header),
        "{}",
        demo.instructions
    );
}

#[test]
fn every_request_gets_a_line() {
    let folder = Folder::new();
    let settings = "[server]\nlisten = \"127.0.0.1:0\"\n[log]\nlevel = \"error\"\n";
    folder.write("config.toml", settings);
    let demo = Demo::start_in(folder, &[]);
    assert_status(demo.commands()[0], "201");
    let line = demo.server.process().next_log_line("method=POST");
    assert!(line.contains("status=201"), "{line}");
    assert_eq!(demo.server.get("/nowhere").status, 404);
    let line = demo.server.process().next_log_line("method=GET");
    assert!(line.contains("status=404"), "{line}");
}

#[test]
fn a_demo_that_other_devices_can_reach_requires_the_key() {
    let demo = Demo::start_in(Folder::new(), &["--listen", "0.0.0.0:0"]);
    let [command] = demo.commands()[..] else {
        panic!("{}", demo.instructions);
    };
    assert!(!command.contains("0.0.0.0"), "{command}");
    let (start, rest) = command.split_once(" -H 'Authorization: ").expect("a key");
    let (_, body) = rest.split_once('\'').expect("the end of the key");
    assert_status(&format!("{start}{body}"), "401");
    let (line, room) = paste(command);
    assert!(line.starts_with("HTTP/1.1 201"), "{line}\n{room}");
    let room: Value = serde_json::from_str(&room).expect("JSON");
    let url = room["url"].as_str().expect("a URL");
    assert_status(&format!("curl -i '{url}'"), "200");
    assert_status(
        &format!("curl -i '{}'", demo.after("a room, as guest")),
        "200",
    );
    let public = demo.after("documentation").trim_end_matches("/docs");
    assert!(url.starts_with(public), "{url} {public}");
}

#[test]
fn a_demo_on_a_loopback_address_of_its_flag_requires_no_key() {
    let demo = Demo::start_in(Folder::new(), &["--listen", "127.0.0.1:0"]);
    assert_status(demo.commands()[0], "201");
}

#[test]
fn an_address_that_is_demanded_is_not_replaced_by_another() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = other.local_addr().expect("an address").to_string();
    let folder = Folder::new();
    let exit = folder.run(&["demo", "--listen", &taken]);
    assert!(
        exit.stderr.contains(&format!("cannot listen on {taken}")),
        "{exit:?}"
    );
    let exit = folder.run(&["demo", "--listen", "here"]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
}

#[test]
fn a_key_of_the_command_line_is_that_of_the_demo() {
    let key = [
        "--listen",
        "127.0.0.1:0",
        "--key",
        "chat-server:S3cret_of-two",
    ];
    let demo = Demo::start_in(Folder::new(), &key);
    assert_eq!(demo.after("access key:"), "chat-server");
    assert_eq!(demo.after("secret key:"), "S3cret_of-two");
    assert_status(demo.commands()[1], "201");
    for bad in ["a:", ":b", "a:b:c", "a b:c", "a|b:c"] {
        let folder = Folder::new();
        let exit = folder.run(&["demo", "--key", bad]);
        assert!(
            exit.error_message().contains("must be ACCESS:SECRET"),
            "{exit:?}"
        );
        assert!(folder.files().is_empty());
    }
}

#[test]
fn a_key_of_a_file_stays_over_restarts() {
    let args = ["--listen", "127.0.0.1:0", "--key", "demo.key"];
    let demo = Demo::start_in(Folder::new(), &args);
    let command = |demo: &Demo| {
        let [access, secret] = ["access key:", "secret key:"].map(|label| demo.after(label));
        format!("{access}:{secret}")
    };
    let first = command(&demo);
    let folder = demo.stop();
    assert_eq!(
        fs::read_to_string(folder.path("demo.key"))
            .expect("a file")
            .trim(),
        first
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = fs::metadata(folder.path("demo.key")).expect("a file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    let demo = Demo::start_in(folder, &args);
    assert_eq!(command(&demo), first);
    assert_status(demo.commands()[1], "201");
    let folder = demo.stop();
    // The output of `key create --json` will do too.
    let printed = folder.roomd(&["key", "create", "--json"]);
    folder.write("demo.key", &printed);
    let demo = Demo::start_in(folder, &args);
    assert!(printed.contains(demo.after("secret key:")), "{printed}");
    let folder = demo.stop();
    folder.write("demo.key", "no key");
    let exit = folder.run(&["demo", "--key", "demo.key"]);
    assert!(
        exit.error_message().starts_with("demo.key holds no key"),
        "{exit:?}"
    );
}

#[test]
fn a_demo_accepts_no_database() {
    let folder = Folder::new();
    let exit = folder.run(&["demo", "--database", "mine.db"]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
    assert!(exit.stderr.contains("leave out --database"), "{exit:?}");
    assert!(folder.files().is_empty());
}

#[test]
fn the_links_of_a_room_are_those_of_its_host_and_of_its_guests() {
    let demo = Demo::start("127.0.0.1:0");
    let (host, guest) = (
        demo.after("a room, as host"),
        demo.after("a room, as guest"),
    );
    let secret = host.strip_prefix(guest).expect("the same address");
    assert!(secret.starts_with("#host=") && secret.len() > 50, "{host}");
    assert!(!demo.instructions.contains("--tls-self-signed"));
}

#[test]
fn other_devices_get_a_camera_with_a_certificate_of_its_own() {
    let args = ["--listen", "0.0.0.0:0"];
    let without = Demo::start_in(Folder::new(), &args);
    assert!(without.instructions.contains("--tls-self-signed"));
    let with = [&args[..], &["--tls-self-signed"]].concat();
    let demo = Demo::start_in(Folder::new(), &with);
    assert!(!demo.instructions.contains("--tls-self-signed"));
    assert!(demo.after("a room, as guest").starts_with("https://"));
    assert_status(demo.commands()[0], "201");
    let certificate = demo.temporary_files();
    assert!(certificate > 0);
    let folder = demo.stop();
    assert_eq!(
        fs::read_dir(folder.path("temporary"))
            .expect("a folder")
            .count(),
        0
    );
}
