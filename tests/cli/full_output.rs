//! Output that cannot be written after a change.

use crate::support::{Exit, Folder, Process, TIMEOUT};
use serde_json::Value;
use std::fs::File;
use std::process::Stdio;

/// Runs a verb whose stdout is on a full disk.
fn run_on_full_disk(folder: &Folder, args: &[&str]) -> Exit {
    let full = File::options().write(true).open("/dev/full");
    let mut command = folder.command(args);
    command
        .stdout(full.expect("a full device"))
        .stderr(Stdio::piped());
    Process::spawn_as_is(&mut command).wait(TIMEOUT)
}

/// Runs a verb whose stdout the reader has closed.
fn run_without_reader(folder: &Folder, args: &[&str]) -> Exit {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = folder.command(args);
    command.stdout(writer).stderr(Stdio::piped());
    Process::spawn_as_is(&mut command).wait(TIMEOUT)
}

fn keys(folder: &Folder) -> Value {
    serde_json::from_str(&folder.roomd(&["key", "list", "--json"])).expect("JSON")
}

#[test]
fn a_key_whose_secret_cannot_be_shown_is_revoked() {
    let run: [fn(&Folder, &[&str]) -> Exit; 2] = [run_on_full_disk, run_without_reader];
    for run in run {
        for args in [&["key", "create"][..], &["key", "create", "--json"]] {
            let folder = Folder::new();
            let exit = run(&folder, args);
            let message = exit.error_message();
            let keys = keys(&folder);
            assert_eq!(keys.as_array().map(Vec::len), Some(1), "{keys}");
            assert!(keys[0]["revoked_at"].is_string(), "{keys}");
            let access_key = keys[0]["access_key"].as_str().expect("a text");
            assert!(message.contains(access_key), "{message}");
            assert!(message.contains("was revoked again"), "{message}");
        }
    }
}

#[test]
fn a_change_that_cannot_be_reported_is_not_told_as_a_failure() {
    let folder = Folder::new();
    folder.write(
        "users.csv",
        "email,name,surname\ngrace@example.com,Grace,Hopper\n",
    );
    let add = "user add --email ada@example.com --name Ada --surname Lovelace";
    for (line, done) in [
        (add, "ada@example.com was registered with the GUID "),
        ("user import users.csv", "1 user imported, but"),
        ("backup copy.db", "the backup copy.db was created"),
        ("restore copy.db --force", "roomd.db was restored"),
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        let exit = run_on_full_disk(&folder, &args);
        let message = exit.error_message();
        assert!(message.contains(done), "{line}: {message}");
        assert!(
            message.contains("cannot write to stdout"),
            "{line}: {message}"
        );
    }
    let listed = folder.roomd(&["user", "list"]);
    assert!(listed.contains("ada@example.com") && listed.contains("grace@example.com"));
    folder.roomd(&["restore", "copy.db", "--database", "other.db"]);
}

#[test]
fn a_failed_import_names_its_rows_although_stdout_is_full() {
    let folder = Folder::new();
    folder.write("users.csv", "email,name,surname\nada,Ada,Lovelace\n");
    let exit = run_on_full_disk(&folder, &["user", "import", "users.csv", "--json"]);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert!(exit.stderr.contains("users.csv, line 2: "), "{exit:?}");
    assert!(!folder.database().exists());
}
