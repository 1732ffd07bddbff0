//! Output that cannot be written after a change.

use crate::support::{Client, Exit, Folder, Process, STOP_TIMEOUT, TIMEOUT};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
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
fn help_that_cannot_be_written_is_a_failure() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "user"],
        &["user", "add", "--help"],
    ] {
        let exit = run_on_full_disk(&Folder::new(), args);
        let message = exit.error_message();
        assert!(message.contains("cannot write to stdout"), "{message}");
        let exit = run_without_reader(&Folder::new(), args);
        assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    }
}

#[test]
fn no_key_is_created_where_nobody_gets_its_secret() {
    for nowhere in [">&-", "> /dev/null"] {
        for args in [&["key", "create"][..], &["key", "create", "--json"]] {
            let folder = Folder::new();
            let script = format!("exec \"$0\" \"$@\" {nowhere}");
            let mut command = folder.command_under(&["sh", "-c", &script], args);
            let exit = Process::spawn(&mut command).wait(TIMEOUT);
            let message = exit.error_message();
            assert!(message.contains("no key was created"), "{message}");
            assert!(!folder.database().exists());
        }
    }
    let folder = Folder::new();
    folder.add_key();
    let mut command = folder.command_under(&["sh", "-c", "exec \"$0\" key list > /dev/null"], &[]);
    let exit = Process::spawn(&mut command).wait(TIMEOUT);
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
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

/// A pipe of the usual size that is full, and that nothing reads while the value lives.
#[test]
fn a_full_stdout_keeps_a_server_neither_from_serving_nor_from_stopping() {
    for verb in ["serve", "demo"] {
        let folder = Folder::new();
        let (_reader, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(&[b' '; 1 << 16]).expect("it fills");
        let mut command = folder.command(&[verb, "--listen", "127.0.0.1:0"]);
        command.stdout(writer).stderr(Stdio::piped());
        let server = Process::spawn_as_is(&mut command);
        let line = server.next_log_line("started");
        let address = line.split_once("address=").expect("an address").1;
        let address = address.split(' ').next().expect("an address");
        let client = Client::new(address.parse().expect("an address"));
        assert_eq!(client.get("/readyz").status, 200);
        server.signal("TERM");
        let exit = server.wait(STOP_TIMEOUT);
        assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    }
}

#[test]
fn a_server_whose_ready_line_cannot_be_written_does_not_run() {
    let folder = Folder::new();
    let exit = run_on_full_disk(&folder, &["serve", "--listen", "127.0.0.1:0"]);
    let message = exit.error_message();
    assert!(message.contains("cannot write to stdout"), "{message}");
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
