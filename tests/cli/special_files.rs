//! Devices, pipes, sockets and folders where a database, or a copy of one, is wanted.

use crate::backup::{COPY, backed_up};
use crate::support::{Folder, skip};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

/// Makes something at a path that is no regular file; false where this user has no right to.
type Make = fn(&Path) -> bool;

/// What may stand at a path, with the word for it.
const KINDS: [(&str, Make); 4] = [
    ("a folder", |path| fs::create_dir(path).is_ok()),
    ("a named pipe", |path| run("mkfifo", path, &[])),
    ("a socket", |path| UnixListener::bind(path).is_ok()),
    // The numbers of the null device: what is written is lost, and there is nothing to read.
    ("a device", |path| run("mknod", path, &["c", "1", "3"])),
];

/// Every kind of verb that opens a database.
const OPENERS: [&[&str]; 9] = [
    &["user", "list"],
    &["user", "add", "--email", "ada@example.com", "--name", "Ada"],
    &["key", "list"],
    &["key", "create"],
    &["key", "revoke", "abc"],
    &["backup", "other.db"],
    &["restore", COPY],
    &["restore", COPY, "--force"],
    &["serve", "--listen", "127.0.0.1:0"],
];

fn run(program: &str, path: &Path, args: &[&str]) -> bool {
    let status = Command::new(program).arg(path).args(args).status();
    status.is_ok_and(|status| status.success())
}

fn names(folder: &Folder) -> BTreeSet<String> {
    let entries = fs::read_dir(folder.root()).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("a text")
    };
    entries.map(name).collect()
}

/// Calls `check` with a backup, and with something of each kind that is called `name`.
fn with_each_kind(name: &str, check: impl Fn(&Folder, &str)) {
    for (kind, make) in KINDS {
        let folder = backed_up();
        let path = folder.path(name);
        if !make(&path) {
            skip("ROOMD_MOUNT", "this user cannot make a device");
            continue;
        }
        let (before, files) = (fs::metadata(&path).expect("a file"), names(&folder));
        check(&folder, kind);
        let after = fs::metadata(&path).expect("a file");
        assert_eq!(before.file_type(), after.file_type(), "{kind}");
        assert_eq!(names(&folder), files, "{kind}");
    }
}

#[test]
fn only_a_regular_file_is_a_database() {
    with_each_kind("special", |folder, kind| {
        for args in OPENERS {
            let exit = folder.run(&[args, &["--database", "special"]].concat());
            let message = exit.error_message();
            let is_named = message.contains("special") && message.contains(kind);
            assert!(is_named, "{args:?}: {message}");
        }
        let exit = folder.run(&["doctor", "--database", "special"]);
        assert_eq!(exit.status.code(), Some(1), "{exit:?}");
        assert!(exit.stdout.contains(kind), "{exit:?}");
    });
}

#[test]
fn what_belongs_to_a_database_is_a_regular_file() {
    for suffix in ["-wal", "-shm", "-journal"] {
        let name = format!("roomd.db{suffix}");
        for (kind, make) in KINDS {
            let folder = backed_up();
            // The last verb has left nothing in them.
            let _ = fs::remove_file(folder.path(&name));
            if !make(&folder.path(&name)) {
                skip("ROOMD_MOUNT", "this user cannot make a device");
                continue;
            }
            let before = names(&folder);
            for args in OPENERS {
                let exit = folder.run(args);
                let message = exit.error_message();
                let is_named = message.contains(&name) && message.contains(kind);
                assert!(is_named, "{args:?}: {message}");
            }
            assert_eq!(names(&folder), before, "{kind}");
        }
    }
}

#[test]
fn a_backup_replaces_only_regular_files() {
    for name in ["special", "other.db.json"] {
        with_each_kind(name, |folder, kind| {
            let destination = name.trim_end_matches(".json");
            for args in [
                &["backup", destination][..],
                &["backup", destination, "--force"],
            ] {
                let exit = folder.run(args);
                let message = exit.error_message();
                assert!(
                    message.contains(name) && message.contains(kind),
                    "{message}"
                );
            }
        });
    }
}

#[test]
fn a_device_is_no_backup_and_a_pipe_may_be_one() {
    with_each_kind("special", |folder, kind| {
        if kind == "a named pipe" {
            return;
        }
        let exit = folder.run(&["restore", "special", "--force"]);
        assert!(exit.error_message().contains(kind), "{exit:?}");
    });
    let folder = backed_up();
    let restore = ["restore", "/dev/stdin", "--force"];
    let mut command = folder.command(&restore);
    let copy = fs::File::open(folder.path(COPY)).expect("a backup");
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let fill = std::thread::spawn(move || std::io::copy(&mut { copy }, &mut writer));
    let output = command.stdin(reader).output().expect("the program exists");
    assert!(output.status.success(), "{output:?}");
    fill.join()
        .expect("no panic")
        .expect("the program reads all");
}

#[test]
fn users_come_from_a_file_or_a_pipe() {
    for verb in ["import", "sync"] {
        with_each_kind("special", |folder, kind| {
            if kind == "a named pipe" {
                return;
            }
            let exit = folder.run(&["user", verb, "special"]);
            let expected = format!("cannot read special: it is {kind}, not a regular file");
            assert_eq!(exit.error_message(), expected);
        });
        let folder = backed_up();
        let mut command = folder.command(&["user", verb, "/dev/stdin"]);
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let rows = b"email,name\nada@example.org,Ada\n";
        writer.write_all(rows).expect("it fits the pipe");
        drop(writer);
        let output = command.stdin(reader).output().expect("the program exists");
        assert!(output.status.success(), "{output:?}");
        folder.roomd(&["user", "show", "ada@example.org"]);
    }
}

#[test]
fn a_file_of_users_has_a_limit() {
    let folder = backed_up();
    let file = fs::File::create(folder.path("users.csv")).expect("a file");
    // It takes no space on the disk.
    file.set_len((64 << 20) + 1).expect("a size");
    let exit = folder.run(&["user", "import", "users.csv"]);
    let expected = "cannot read users.csv: it has more than 64 MiB";
    assert_eq!(exit.error_message(), expected);
}

/// The numbers of a device are part of what must stay.
#[test]
fn a_refused_restore_leaves_the_device() {
    with_each_kind("special", |folder, kind| {
        let exit = folder.run(&["restore", COPY, "--force", "--database", "special"]);
        assert!(exit.error_message().contains(kind), "{exit:?}");
        let found = fs::metadata(folder.path("special")).expect("a file");
        assert_eq!(found.file_type().is_char_device(), kind == "a device");
    });
}
