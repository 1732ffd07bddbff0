use crate::support::{Exit, Folder, Process, ServerProcess, TIMEOUT, open};

/// An address that no machine has (RFC 5737): a server that is to listen there does not start.
const NOWHERE: &str = "192.0.2.1:0";

/// Starts a server with only these flags and variables.
fn start(
    folder: &Folder,
    args: &[&str],
    variables: &[(&str, &str)],
) -> Result<ServerProcess, Exit> {
    let mut command = folder.command(args);
    folder.start(command.envs(variables.iter().copied()))
}

fn database_of(server: &ServerProcess) -> &str {
    let path = server
        .ready_line
        .split_once("(database ")
        .expect("a path")
        .1;
    path.trim_end_matches(')')
        .rsplit('/')
        .next()
        .expect("a name")
}

#[test]
fn the_address_comes_from_the_flag_then_the_variable_then_the_file() {
    let folder = Folder::new();
    let file =
        |listen: &str| folder.write("config.toml", format!("[server]\nlisten = \"{listen}\"\n"));
    let free = "127.0.0.1:0";
    file(free);
    assert!(start(&folder, &[], &[]).is_ok());
    assert!(start(&folder, &[], &[("ROOMD_LISTEN", NOWHERE)]).is_err());
    file(NOWHERE);
    let exit = start(&folder, &[], &[]).err().expect("it fails");
    assert!(exit.error_message().contains(NOWHERE), "{exit:?}");
    assert!(start(&folder, &[], &[("ROOMD_LISTEN", free)]).is_ok());
    let flag = ["serve", "--listen", free];
    assert!(start(&folder, &flag, &[("ROOMD_LISTEN", NOWHERE)]).is_ok());
}

#[test]
fn the_database_comes_from_the_flag_then_the_variable_then_the_file() {
    let folder = Folder::new();
    folder.write(
        "config.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\n[database]\npath = \"file.db\"\n",
    );
    let variable = [("ROOMD_DATABASE", "variable.db")];
    for (args, variables, name) in [
        (&["serve"][..], &[][..], "file.db"),
        (&["serve"], &variable, "variable.db"),
        (&["serve", "--database", "flag.db"], &variable, "flag.db"),
    ] {
        let server = start(&folder, args, variables).expect("it starts");
        assert_eq!(database_of(&server), name);
        assert!(folder.path(name).exists());
    }
    folder.roomd(&["key", "create", "--database", "verb.db"]);
    assert!(folder.path("verb.db").exists());
    assert!(!folder.database().exists());
}

#[test]
fn the_public_url_comes_from_the_flag_then_the_variable_then_the_file() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let file = "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://file.example.com\"\n\
                [auth]\nrequired = false\n";
    folder.write("config.toml", file);
    let variable = [("ROOMD_PUBLIC_URL", "https://variable.example.com")];
    let flag = ["serve", "--public-url", "https://flag.example.com/rooms/"];
    for (args, variables, start_of_url) in [
        (
            &["serve"][..],
            &[][..],
            "https://file.example.com/groups/room/",
        ),
        (
            &["serve"],
            &variable,
            "https://variable.example.com/groups/room/",
        ),
        (
            &flag,
            &variable,
            "https://flag.example.com/rooms/groups/room/",
        ),
    ] {
        let server = start(&folder, args, variables).expect("it starts");
        let room = server.room_of("ada@example.com").json();
        let url = room["url"].as_str().expect("a URL");
        assert!(url.starts_with(start_of_url), "{url}");
    }
}

#[test]
fn without_a_public_url_rooms_have_the_address_listened_on() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let room = server.room_of("ada@example.com").json();
    let url = room["url"].as_str().expect("a URL");
    let path = url.strip_prefix(&format!("http://{}", server.address));
    assert_eq!(server.get(path.expect("our own URL")).status, 200);
}

/// Returns how many threads of a server answer requests: those with actix's name for a worker.
#[cfg(target_os = "linux")]
fn worker_threads(server: &ServerProcess) -> usize {
    let threads = crate::threads::threads(server);
    let workers = threads
        .iter()
        .filter(|thread| thread.name.starts_with("actix-rt"));
    workers.count()
}

#[cfg(target_os = "linux")]
#[test]
fn the_workers_come_from_the_flag_then_the_variable_then_the_file() {
    let folder = Folder::new();
    folder.write(
        "config.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\nworkers = 5\n",
    );
    let variable = [("ROOMD_WORKERS", "4")];
    for (args, variables, workers) in [
        (&["serve"][..], &[][..], 5),
        (&["serve"], &variable, 4),
        (&["serve", "--workers", "3"], &variable, 3),
    ] {
        let server = start(&folder, args, variables).expect("it starts");
        assert_eq!(server.get("/healthz").status, 200);
        assert_eq!(worker_threads(&server), workers);
    }
}

#[test]
fn every_other_setting_has_a_variable_too() {
    let folder = Folder::new();
    let email = "ada@example.com";
    let mut add = folder.command(&[
        "user",
        "add",
        "--email",
        email,
        "--name",
        "A",
        "--surname",
        "L",
    ]);
    add.env("ROOMD_USERS_TIMEZONE", "Europe/Paris");
    assert!(add.status().expect("it runs").success());
    let variables = [
        ("ROOMD_LISTEN", "127.0.0.1:0"),
        ("ROOMD_API_BASE_PATHS", "/one, /two"),
        ("ROOMD_AUTH_REQUIRED", "false"),
        ("ROOMD_ROOMS_LANGUAGES", "tr"),
        ("ROOMD_USERS_REGISTER_UNKNOWN", "example.net, example.org"),
    ];
    let server = start(&folder, &[], &variables).expect("it starts");
    let timezone: String = open(&folder.database())
        .query_row("SELECT timezone FROM users", [], |row| row.get(0))
        .expect("a user");
    assert_eq!(timezone, "Europe/Paris");
    assert_eq!(server.room_of(email).status, 404);
    let request = serde_json::json!({"creator_email": email, "name": "Room"});
    let created = server.post("/one/room", &request);
    assert_eq!(
        (created.status, &created.json()["lang"]),
        (201, &"tr".into())
    );
    assert_eq!(server.post("/two/room", &request).status, 200);
    let unknown = serde_json::json!({"creator_email": "x@example.org", "name": "Unknown"});
    assert_eq!(server.post("/two/room", &unknown).status, 201);
}

#[test]
fn a_configuration_file_is_read_in_place_of_config_toml() {
    let folder = Folder::new();
    folder.write("config.toml", "[database]\npath = \"default.db\"\n");
    folder.write(
        "other.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\n[database]\npath = \"other.db\"\n",
    );
    let server = start(&folder, &["serve", "--config", "other.toml"], &[]).expect("it starts");
    assert_eq!(database_of(&server), "other.db");
    server.stop();
    let server = start(&folder, &["serve"], &[("ROOMD_CONFIG", "other.toml")]).expect("it starts");
    assert_eq!(database_of(&server), "other.db");
    folder.roomd(&["user", "list", "--config", "other.toml"]);
    folder.roomd(&["key", "list", "--config", "other.toml"]);
    assert!(!folder.path("default.db").exists());
}

#[test]
fn the_configuration_file_may_stand_before_or_after_the_verb() {
    let folder = Folder::new();
    folder.write("other.toml", "[database]\npath = \"other.db\"\n");
    for args in [
        ["key", "create", "--config", "other.toml"],
        ["--config", "other.toml", "key", "list"],
    ] {
        let exit = folder.run(&args);
        assert!(exit.status.success(), "{args:?}: {exit:?}");
    }
}

#[test]
fn a_missing_configuration_file_is_an_error() {
    let folder = Folder::new();
    for verb in [
        &["serve"][..],
        &["demo"],
        &["user", "list"],
        &["key", "list"],
    ] {
        let exit = folder.run(&[verb, &["--config", "missing.toml"]].concat());
        assert!(exit.error_message().contains("missing.toml"), "{exit:?}");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn an_invalid_key_or_value_is_named_with_its_line_and_no_file_is_created() {
    let folder = Folder::new();
    for (file, named, line) in [
        ("[server]\nlisen = \"127.0.0.1:0\"\n", "server.lisen", 2),
        ("\n\n[sever]\n", "sever", 3),
        ("[server]\nlisten = \"here\"\n", "server.listen", 2),
        ("[server]\n\nworkers = \"two\"\n", "server.workers", 3),
        ("[auth]\nrequired = \"yes\"\n", "auth.required", 2),
        ("[log]\nlevel = \"loud\"\n", "log.level", 2),
        ("[log]\nlevel = \"info\"\nslow_ms = -1\n", "log.slow_ms", 3),
        (
            "[users]\ntimezone = \"Mars/Olympus\"\n",
            "users.timezone",
            2,
        ),
    ] {
        folder.write("config.toml", file);
        for verb in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"]] {
            let exit = folder.run(verb);
            let start = format!("config.toml, line {line}: {named}: ");
            assert!(exit.error_message().starts_with(&start), "{exit:?}");
        }
    }
    assert_eq!(folder.files().len(), 1);
}

#[test]
fn an_invalid_value_of_a_variable_is_named() {
    let folder = Folder::new();
    for (name, value) in [
        ("ROOMD_LISTEN", "8080"),
        ("ROOMD_WORKERS", "many"),
        ("ROOMD_PUBLIC_URL", "ftp://example.com"),
        ("ROOMD_AUTH_REQUIRED", "no"),
        ("ROOMD_API_BASE_PATHS", ","),
        ("ROOMD_LOG_LEVEL", "loud"),
        ("ROOMD_LOG_FORMAT", "xml"),
        ("ROOMD_USERS_REGISTER_UNKNOWN", "a@example.com"),
        ("ROOMD_TRUSTED_PROXIES", "proxy.example.com"),
        ("ROOMD_AUTH_FAILURES_PER_MINUTE", "-1"),
        ("ROOMD_AUTH_REQUESTS_PER_MINUTE", "many"),
        ("ROOMD_MEETING_SERVER", "zoom"),
        ("ROOMD_MEETING_WITHOUT_HOST", "never"),
        ("ROOMD_MEETING_BUILTIN_MAX_PEOPLE", "1"),
        ("ROOMD_MEETING_BUILTIN_MAX_PEOPLE", "65"),
        ("ROOMD_MEETING_BUILTIN_ICE_SERVERS", "example.com"),
        ("ROOMD_MEETING_BUILTIN_ICE_SERVERS", "turn:example.com"),
    ] {
        let exit = start(&folder, &["serve"], &[(name, value)])
            .err()
            .expect(name);
        let key = name
            .trim_start_matches("ROOMD_")
            .replacen('_', ".", 1)
            .to_lowercase()
            .replace("builtin_", "builtin.");
        let line = exit.error_message();
        assert!(line.contains(name) || line.contains(&key), "{line}");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let folder = Folder::new();
    folder.write("config.toml", "[server]\nlisten = \"127.0.0.1:0\"\n");
    let variables = [
        "CONFIG",
        "LISTEN",
        "PUBLIC_URL",
        "WORKERS",
        "DATABASE",
        "API_BASE_PATHS",
        "AUTH_REQUIRED",
        "LOG_LEVEL",
        "LOG_FORMAT",
        "TLS_KEY",
        "UNKNOWN",
    ]
    .map(|name| (format!("ROOMD_{name}"), ""));
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let server = start(&folder, &["serve"], &variables).expect("it starts");
    assert_eq!(database_of(&server), "roomd.db");
    let exit = server.stop();
    assert!(!exit.stderr.contains("ROOMD_"), "{exit:?}");
}

#[test]
fn an_unknown_variable_is_named_in_a_warning() {
    let folder = Folder::new();
    let variables = [("ROOMD_LISTN", "127.0.0.1:1"), ("ROOMD_AUTH", "x")];
    let expected = ["ROOMD_AUTH", "ROOMD_LISTN"]
        .map(|name| format!("the environment variable {name} is unknown and has no effect"));
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let server = start(&folder, &args, &variables).expect("it starts");
    let lines = server.process().log_until("started");
    for (line, warning) in lines.iter().zip(&expected) {
        assert!(line.contains("WARN") && line.contains(warning), "{lines:?}");
    }
    for args in [&["key", "create"][..], &["user", "list"], &["openapi"]] {
        let mut command = folder.command(args);
        let exit = Process::spawn(command.envs(variables)).wait(TIMEOUT);
        assert!(exit.status.success() && !exit.stdout.is_empty(), "{exit:?}");
        let lines: Vec<&str> = exit.stderr.lines().collect();
        assert_eq!(
            lines,
            expected.each_ref().map(|line| format!("roomd: {line}"))
        );
    }
}

#[test]
fn a_wrong_flag_is_named_also_if_it_looks_like_another_flag_or_like_nothing() {
    let folder = Folder::new();
    for (args, message) in [
        (["--workers", "-1"], "--workers: must be"),
        (["--database", ""], "--database: must be the name of a file"),
    ] {
        let exit = folder.run(&[&["serve"][..], &args].concat());
        assert_eq!(exit.status.code(), Some(2), "{exit:?}");
        assert!(exit.stderr.contains(message), "{exit:?}");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn the_secret_of_the_host_links_is_beside_the_database_or_where_the_settings_say() {
    let folder = Folder::new();
    let args = ["serve", "--listen", "127.0.0.1:0", "--database", "a.db"];
    start(&folder, &args, &[]).expect("it starts").stop();
    let made = folder.files()["a.db-host-secret"].clone();
    assert_eq!(made.len(), 65);
    start(&folder, &args, &[]).expect("it starts").stop();
    assert_eq!(folder.files()["a.db-host-secret"], made);
    let variable = [("ROOMD_MEETING_SECRET_FILE", "variable-secret")];
    start(&folder, &args, &variable).expect("it starts").stop();
    assert_ne!(folder.files()["variable-secret"], made);
    folder.write("config.toml", "[meeting]\nsecret_file = \"file-secret\"\n");
    start(&folder, &args, &[]).expect("it starts").stop();
    assert!(folder.path("file-secret").exists());
    folder.write("file-secret", "not hexadecimal");
    let exit = start(&folder, &args, &[]).err().expect("it fails");
    assert!(exit.error_message().contains("file-secret"), "{exit:?}");
    assert_eq!(folder.files()["file-secret"], b"not hexadecimal");
}

#[test]
fn the_secret_of_a_turn_server_is_shown_nowhere() {
    let folder = Folder::new();
    let variables = [
        ("ROOMD_MEETING_BUILTIN_TURN_SECRET", "very-secret"),
        ("ROOMD_MEETING_BUILTIN_ICE_SERVERS", "turn:turn.example.com"),
        ("ROOMD_LOG_LEVEL", "trace"),
    ];
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let exit = start(&folder, &args, &variables).expect("it starts").stop();
    let mut command = folder.command(&["doctor"]);
    let checked = Process::spawn(command.envs(variables)).wait(TIMEOUT);
    for exit in [exit, checked] {
        let shown = format!("{}{}", exit.stdout, exit.stderr);
        assert!(!shown.contains("very-secret"), "{shown}");
    }
}
