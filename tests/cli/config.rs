use crate::support::Folder;
use serde_json::{Value, json};

const FILE: &str = include_str!("../../config.toml");

/// What no default and no name of a setting has, and is long enough for a token.
const MARK: &str = "qzxvqzxvqzxvqzxv";

fn settings(folder: &Folder, args: &[&str]) -> Value {
    let printed = folder.roomd(&[&["config", "--json"], args].concat());
    serde_json::from_str(&printed).expect("JSON")
}

#[test]
fn every_setting_is_shown_with_its_default() {
    let folder = Folder::new();
    let shown = settings(&folder, &[]);
    let shown = shown.as_object().expect("an object");
    for setting in shown.values() {
        assert_eq!(setting["source"], json!("default"));
        let variable = setting["variable"].as_str().expect("a text");
        assert!(FILE.contains(variable), "{variable}");
    }
    let documented = FILE
        .lines()
        .filter(|line| line.contains("# ROOMD_"))
        .count();
    assert_eq!(shown.len(), documented);
    assert_eq!(shown["server.listen"]["value"], json!("127.0.0.1:8080"));
    assert_eq!(
        shown["api.base_paths"]["value"],
        json!(["/xapi/v2", "/api/groups/xapi"])
    );
    let table = folder.roomd(&["config"]);
    assert_eq!(table.lines().count(), 1 + documented);
    assert!(folder.files().is_empty());
}

#[test]
fn each_setting_says_where_it_is_from() {
    let folder = Folder::new();
    folder.write(
        "other.toml",
        "[server]\nlisten = \"127.0.0.1:1\"\nworkers = 1\n[log]\nlevel = \"warn\"\n",
    );
    let mut command = folder.command(&[
        "config",
        "--json",
        "--config",
        "other.toml",
        "--listen",
        "127.0.0.1:3",
        "--database",
        "d.db",
    ]);
    command
        .env("ROOMD_WORKERS", "2")
        .env("ROOMD_LISTEN", "127.0.0.1:2");
    let output = command.output().expect("it runs");
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for (name, value, source, at) in [
        ("log.level", json!("warn"), "file", json!("other.toml")),
        (
            "server.workers",
            json!(2),
            "variable",
            json!("ROOMD_WORKERS"),
        ),
        (
            "server.listen",
            json!("127.0.0.1:3"),
            "flag",
            json!("--listen"),
        ),
        ("database.path", json!("d.db"), "flag", json!("--database")),
        ("log.format", json!("text"), "default", Value::Null),
    ] {
        let setting = &shown[name];
        let found = (&setting["value"], &setting["source"], &setting["at"]);
        assert_eq!(found, (&value, &json!(source), &at), "{name}");
    }
}

/// Puts a mark into every setting that can be one, by file and by variable: what is shown of it may
/// not be a secret.
#[test]
fn no_secret_is_ever_shown() {
    let folder = Folder::new();
    let defaults = settings(&folder, &[]);
    let mut hidden = Vec::new();
    for (name, setting) in defaults.as_object().expect("an object") {
        let variable = setting["variable"].as_str().expect("a text");
        folder.write("config.toml", "");
        let mut command = folder.command(&["config", "--json"]);
        let by_variable = command.env(variable, MARK).output().expect("it runs");
        let (section, key) = name.rsplit_once('.').expect("a section");
        folder.write("config.toml", format!("[{section}]\n{key} = \"{MARK}\"\n"));
        let by_file = folder
            .command(&["config", "--json"])
            .output()
            .expect("it runs");
        let table = folder.command(&["config"]).output().expect("it runs");
        for output in [by_variable, by_file, table] {
            // A number, a list or a URL is not this text: its error may repeat it, a secret's never.
            let all = [output.stdout, output.stderr].concat();
            let all = String::from_utf8(all).expect("a text");
            let is_secret = name.contains("secret") || name == "metrics.token";
            if is_secret && !name.ends_with("_file") {
                assert!(!all.contains(MARK), "{name}: {all}");
                assert!(output.status.success(), "{name}: {all}");
                hidden.push(name.clone());
            } else if output.status.success() {
                assert!(all.contains(MARK), "{name}: {all}");
            }
        }
    }
    hidden.dedup();
    assert_eq!(
        hidden,
        [
            "meeting.bigbluebutton.secret",
            "meeting.builtin.turn_secret",
            "meeting.jitsi.secret",
            "meeting.livekit.secret",
            "meeting.template.token_secret",
            "metrics.token",
        ]
    );
}

#[test]
fn a_mistyped_variable_is_named() {
    let folder = Folder::new();
    let mut command = folder.command(&["config"]);
    let output = command.env("ROOMD_LISTN", "x").output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let warning = String::from_utf8_lossy(&output.stderr);
    assert!(warning.contains("ROOMD_LISTN is unknown"), "{warning}");
}

#[test]
fn a_wrong_setting_is_an_error() {
    let folder = Folder::new();
    folder.write("config.toml", "[server]\nlisten = 1\n");
    let exit = folder.run(&["config"]);
    assert!(exit.error_message().contains("server.listen"), "{exit:?}");
}

/// Settings that are valid one by one, with which a server does not start.
const UNUSABLE: [(&str, &str); 4] = [
    ("metrics.token", "[metrics]\ntoken = \"short\"\n"),
    (
        "metrics.token_file",
        "[metrics]\ntoken_file = \"nowhere\"\n",
    ),
    ("meeting.jitsi.url", "[meeting]\nserver = \"jitsi\"\n"),
    (
        "tls.certificate",
        "[tls]\ncertificate = \"nowhere\"\nkey = \"nowhere\"\n",
    ),
];

#[test]
fn what_no_server_starts_with_is_an_error_of_every_check() {
    for (setting, settings) in UNUSABLE {
        let folder = Folder::new();
        folder.write("config.toml", settings);
        let serve = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
        let message = serve.error_message();
        assert!(message.contains(setting), "{message}");
        let config = folder.run(&["config"]);
        assert_eq!(config.status.code(), Some(1), "{config:?}");
        assert_eq!(config.stderr, serve.stderr);
        // Which of them it is is shown too.
        assert!(config.stdout.contains(setting), "{config:?}");
        let doctor = folder.run(&["doctor", "--json"]);
        let report: Value = serde_json::from_str(&doctor.stdout).expect("JSON");
        let expected = json!({"name": "configuration", "status": "failed", "found": message});
        assert_eq!(report["checks"][0], expected);
    }
}
