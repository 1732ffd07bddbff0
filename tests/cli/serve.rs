use crate::support::{Folder, Process, ServerProcess, TIMEOUT};
use std::net::TcpListener;

#[test]
fn the_ready_line_names_the_address_and_the_absolute_path_of_the_database() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let (port, database) = (server.address.port(), folder.database());
    assert_ne!(port, 0);
    assert_eq!(
        server.ready_line,
        format!(
            "roomd listening on http://127.0.0.1:{port} (database {})",
            database.display()
        )
    );
    assert_eq!(server.get("/healthz").status, 200);
    assert!(database.exists());
}

#[test]
fn nothing_but_the_ready_line_is_printed() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.stop().stdout, "");
}

#[test]
fn without_a_verb_the_program_serves() {
    let folder = Folder::new();
    let mut command = folder.command(&["--listen", "127.0.0.1:0", "--database", "plain.db"]);
    let server = folder.start(&mut command).expect("it starts");
    assert_eq!(server.get("/readyz").status, 200);
    let database = folder.path("plain.db").display().to_string();
    assert!(server.ready_line.contains(&database));
}

#[test]
fn a_room_is_created_with_a_key_and_a_user_of_the_command_line() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let key = folder.add_key();
    let server = folder.serve(&[]);
    assert_eq!(server.room_of("ada@example.com").status, 401);
    let server = server.with_key(&key);
    assert_eq!(server.room_of("ada@example.com").status, 201);
    assert_eq!(server.room_of("ada@example.com").status, 200);
}

#[test]
fn an_address_in_use_is_an_error() {
    let folder = Folder::new();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("an address").to_string();
    let exit = folder.run(&["serve", "--listen", &address]);
    let sentence = exit.error_message();
    assert!(
        sentence.starts_with(&format!("cannot listen on {address}: ")),
        "{sentence}"
    );
}

#[cfg(unix)]
#[test]
fn too_low_a_limit_on_open_files_is_an_error_before_the_ready_line() {
    let folder = Folder::new();
    let run = |files: usize, verb: &str| {
        let script = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
        let args = [verb, "--config", "config.toml"];
        folder.command_under(&["sh", "-c", &script], &args)
    };
    folder.write(
        "config.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\nworkers = 2\n",
    );
    for files in [16, 32, 59] {
        for verb in ["serve", "demo"] {
            let exit = Process::spawn(&mut run(files, verb)).wait(TIMEOUT);
            let start = format!(
                "cannot start: this process may open {files} files, and with server.workers = 2 it \
                 needs 60, and 2 more for each connection beyond 2: "
            );
            assert!(exit.error_message().starts_with(&start), "{exit:?}");
        }
        assert!(!folder.database().exists());
    }
    let server = folder.start(&mut run(60, "serve")).expect("it starts");
    for _ in 0..3 {
        assert_eq!(server.get("/readyz").status, 200);
    }
    let exit = server.stop();
    assert_eq!(exit.stderr.lines().count(), 2, "{exit:?}");
}

#[test]
fn without_keys_only_a_loopback_address_is_served() {
    let folder = Folder::new();
    folder.write("config.toml", "[auth]\nrequired = false\n");
    let exit = folder.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(exit.error_message().contains("auth.required"), "{exit:?}");
    assert!(!folder.database().exists());

    folder.add_user("ada@example.com");
    let server = folder.serve(&[]);
    assert_eq!(server.room_of("ada@example.com").status, 201);
}

#[test]
fn wrong_usage_exits_with_2_and_touches_nothing() {
    let folder = Folder::new();
    for args in [
        &["surve"][..],
        &["serve", "now"],
        &["serve", "--port", "8080"],
        &["serve", "--listen"],
        &["user"],
        &["user", "add", "--email", "ada@example.com"],
        &["key", "revoke"],
        &["demo", "--listen", "here"],
    ] {
        let exit = folder.run(args);
        assert_eq!(exit.status.code(), Some(2), "{args:?}: {exit:?}");
        assert!(
            exit.stdout.is_empty() && !exit.stderr.is_empty(),
            "{exit:?}"
        );
    }
    assert!(folder.files().is_empty());
}

#[test]
fn a_flag_with_a_malformed_value_is_wrong_usage() {
    let folder = Folder::new();
    for args in [
        ["serve", "--listen", "here"],
        ["serve", "--workers", "many"],
        ["serve", "--public-url", "rooms.example.com"],
    ] {
        let exit = folder.run(&args);
        assert_eq!(exit.status.code(), Some(2), "{args:?}: {exit:?}");
        assert!(exit.stderr.contains(args[1]), "{exit:?}");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn help_and_version_are_printed_with_exit_status_0() {
    let folder = Folder::new();
    let help = folder.roomd(&["--help"]);
    for verb in ["serve", "demo", "user", "key"] {
        assert!(help.contains(verb), "{verb}: {help}");
    }
    let version = folder.roomd(&["--version"]);
    assert_eq!(
        version.trim_end(),
        concat!("roomd ", env!("CARGO_PKG_VERSION"))
    );
    assert!(folder.files().is_empty());
}

#[test]
fn the_help_of_a_verb_lists_only_options_that_it_takes() {
    let folder = Folder::new();
    for (verb, has_database) in [
        ("serve", true),
        ("backup", true),
        ("demo", false),
        ("healthcheck", false),
        ("openapi", false),
    ] {
        let help = folder.roomd(&[verb, "--help"]);
        assert!(help.contains("--config"), "{verb}: {help}");
        assert_eq!(help.contains("--database"), has_database, "{verb}: {help}");
    }
    for args in [
        ["demo", "--database", "mine.db"],
        ["--database", "mine.db", "demo"],
    ] {
        let exit = folder.run(&args);
        assert_eq!(exit.status.code(), Some(2), "{exit:?}");
        assert!(exit.stderr.contains("leave out --database"), "{exit:?}");
    }
}

#[test]
fn a_server_continues_when_its_log_has_no_reader() {
    let folder = Folder::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let mut command = folder.command(&args);
    command.env("ROOMD_LOG_REQUESTS", "true");
    command.stdout(std::process::Stdio::piped()).stderr(writer);
    let server =
        ServerProcess::wait_until_ready(Process::spawn_as_is(&mut command)).expect("it starts");
    for _ in 0..3 {
        assert_eq!(server.get("/readyz").status, 200);
    }
    server.stop();
}

#[test]
fn the_flags_of_the_server_may_stand_before_its_verb() {
    let folder = Folder::new();
    for args in [
        &["--listen", "127.0.0.1:0", "serve"][..],
        &[
            "--listen",
            "127.0.0.1:1",
            "--workers",
            "1",
            "serve",
            "--listen",
            "127.0.0.1:0",
        ],
        &[
            "--public-url",
            "https://a.example",
            "--listen",
            "127.0.0.1:0",
            "serve",
        ],
    ] {
        let server = folder.start(&mut folder.command(args)).expect("it starts");
        assert_eq!(server.get("/healthz").status, 200);
        server.stop();
    }
    for verb in [&["user", "list"][..], &["doctor"], &["backup", "a.db"]] {
        let exit = folder.run(&[&["--listen", "127.0.0.1:0"], verb].concat());
        assert_eq!(exit.status.code(), Some(2), "{exit:?}");
        assert!(exit.stderr.contains("`serve`"), "{exit:?}");
    }
}
