use crate::support::{Folder, Process, TIMEOUT, all_at_once, email};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// Returns the names in the folder of the backups.
fn names(folder: &Folder) -> BTreeSet<String> {
    let entries = fs::read_dir(folder.path("backups")).expect("a folder");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a text");
    entries
        .map(|entry| name(entry.expect("an entry")))
        .collect()
}

fn with_backups() -> Folder {
    let folder = Folder::new();
    folder.add_users(3);
    fs::create_dir(folder.path("backups")).expect("a folder");
    folder
}

/// Backs up into the folder; returns the name of the backup.
#[track_caller]
fn back_up(folder: &Folder, args: &[&str]) -> String {
    let args = [&["backup", "--dir", "backups", "--json"], args].concat();
    let json: Value = serde_json::from_str(&folder.roomd(&args)).expect("JSON");
    let file = json["file"].as_str().expect("a text");
    file.strip_prefix("backups/")
        .expect("the folder")
        .to_owned()
}

#[test]
fn a_backup_in_a_folder_has_the_moment_in_its_name_and_can_be_restored() {
    let folder = with_backups();
    let name = back_up(&folder, &[]);
    let digits = name
        .strip_prefix("roomd-")
        .and_then(|rest| rest.strip_suffix("Z.db"));
    assert_eq!(
        digits.map(str::len),
        Some("20261126T030000".len()),
        "{name}"
    );
    let expected = [name.clone(), format!("{name}.json")];
    assert_eq!(names(&folder), BTreeSet::from(expected));
    folder.roomd(&["user", "remove", &email(0), "--yes"]);
    folder.roomd(&["restore", &format!("backups/{name}"), "--force"]);
    assert!(folder.roomd(&["user", "list"]).contains(&email(0)));
}

#[test]
fn only_the_newest_backups_are_kept_and_no_other_file_is_touched() {
    let folder = with_backups();
    let foreign = [
        "notes.txt",
        "monday.db",
        "monday.db.json",
        "roomd-20200101T000000Z.db",
        "roomd-20200102T000000Z.db.json",
        "roomd-20200103T000000Z.db-wal",
        "other-20200101T000000Z.db",
        "other-20200101T000000Z.db.json",
    ];
    for name in foreign {
        folder.write(&format!("backups/{name}"), "{}");
    }
    let mut backups: Vec<String> = (0..3).map(|_| back_up(&folder, &["--keep", "5"])).collect();
    assert_eq!(backups.iter().collect::<BTreeSet<_>>().len(), 3);
    for _ in 0..2 {
        backups.push(back_up(&folder, &["--keep", "2"]));
        let kept = &backups[backups.len() - 2..];
        let manifests = kept.iter().map(|name| format!("{name}.json"));
        let expected: BTreeSet<String> = foreign
            .iter()
            .map(|name| (*name).to_owned())
            .chain(kept.iter().cloned())
            .chain(manifests)
            .collect();
        assert_eq!(names(&folder), expected);
    }
    let printed = folder.roomd(&["backup", "--dir", "backups", "--keep", "1"]);
    assert_eq!(
        printed.matches("\nremoved backups/roomd-").count(),
        2,
        "{printed}"
    );
    for name in foreign {
        let content = fs::read(folder.path("backups").join(name));
        assert_eq!(content.expect(name), b"{}");
    }
}

#[test]
fn a_backup_with_a_later_name_does_not_push_the_new_one_out() {
    let folder = with_backups();
    let first = back_up(&folder, &[]);
    for suffix in ["", ".json"] {
        let from = folder.path("backups").join(format!("{first}{suffix}"));
        let to = format!("roomd-20990101T000000Z.db{suffix}");
        fs::rename(from, folder.path("backups").join(to)).expect("a file");
    }
    let new = back_up(&folder, &["--keep", "1"]);
    assert_eq!(
        names(&folder),
        BTreeSet::from([new.clone(), format!("{new}.json")])
    );
}

#[test]
fn a_backup_that_fails_removes_nothing() {
    let folder = with_backups();
    let kept = back_up(&folder, &[]);
    let database = fs::read(folder.database()).expect("a database");
    folder.write("roomd.db", &database[..5000]);
    let exit = folder.run(&["backup", "--dir", "backups", "--keep", "1"]);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert_eq!(
        names(&folder),
        BTreeSet::from([kept.clone(), format!("{kept}.json")])
    );
}

/// Whenever the process dies, so many whole backups as were to be kept are there.
#[test]
fn a_killed_backup_leaves_the_older_ones() {
    let folder = with_backups();
    for _ in 0..2 {
        back_up(&folder, &[]);
    }
    for step in 0..12 {
        let args = ["backup", "--dir", "backups", "--keep", "2"];
        let process = Process::spawn(&mut folder.command(&args));
        std::thread::sleep(Duration::from_millis(15 * step));
        process.signal("KILL");
        process.wait(TIMEOUT);
        let names = names(&folder);
        let manifests = names.iter().filter(|name| name.ends_with(".db.json"));
        let whole = manifests.filter(|name| {
            let backup = format!("backups/{}", name.trim_end_matches(".json"));
            folder.path(&backup).exists() && {
                folder.roomd(&["backup", "verify", &backup]);
                true
            }
        });
        assert!(whole.count() >= 2, "{names:?}");
    }
}

#[test]
fn the_flags_of_a_backup_go_together() {
    let folder = with_backups();
    for args in [
        &["backup"][..],
        &["backup", "a.db", "--keep", "2"],
        &["backup", "a.db", "--dir", "backups"],
        &["backup", "--dir", "backups", "--keep", "0"],
        &["backup", "--dir", "backups", "--force"],
    ] {
        let exit = folder.run(args);
        assert_eq!(exit.status.code(), Some(2), "{args:?}: {exit:?}");
    }
    let exit = folder.run(&["backup", "--dir", "nowhere"]);
    assert!(
        exit.error_message().contains("nowhere does not exist"),
        "{exit:?}"
    );
    assert!(names(&folder).is_empty());
}

#[test]
fn a_whole_backup_is_verified_and_stays_as_it_is() {
    let folder = Folder::new();
    folder.add_users(3);
    folder.roomd(&["backup", "a.db"]);
    let before = folder.files();
    let printed = folder.roomd(&["backup", "verify", "a.db"]);
    assert!(
        printed.starts_with("a.db (users: 3, rooms: 0, keys: 0): "),
        "{printed}"
    );
    assert!(
        printed.contains("verified against the manifest"),
        "{printed}"
    );
    let json: Value =
        serde_json::from_str(&folder.roomd(&["backup", "verify", "a.db", "--json"])).expect("JSON");
    assert_eq!(json["contents"]["users"], 3);
    assert_eq!(folder.files(), before);
    fs::remove_file(folder.path("a.db.json")).expect("a manifest");
    let printed = folder.roomd(&["backup", "verify", "a.db"]);
    assert!(printed.contains("without a manifest"), "{printed}");
}

#[test]
fn a_damaged_backup_is_not_verified() {
    let folder = with_backups();
    folder.roomd(&["backup", "a.db"]);
    let whole = fs::read(folder.path("a.db")).expect("a backup");
    let mut damaged = whole.clone();
    damaged[20_000..20_100].fill(0xAA);
    let truncated = &whole[..whole.len() - 4096];
    for bytes in [&damaged[..], truncated, b"something else"] {
        folder.write("a.db", bytes);
        let exit = folder.run(&["backup", "verify", "a.db"]);
        let message = exit.error_message();
        let start = "the backup a.db did not pass the check: it ";
        assert!(message.starts_with(start), "{message}");
    }
    for args in [&["backup", "verify", "b.db"][..], &["restore", "b.db"]] {
        let expected = "there is no backup b.db: name an existing one";
        assert_eq!(folder.run(args).error_message(), expected);
    }
}

/// To open a pipe waits for a program that writes it.
#[cfg(unix)]
#[test]
fn a_pipe_among_the_backups_holds_nothing_up() {
    let folder = with_backups();
    let pipe = "roomd-20260101T000000Z.db.json";
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path("backups").join(pipe))
        .status();
    assert!(made.expect("mkfifo").success());
    back_up(&folder, &["--keep", "1"]);
    let last = back_up(&folder, &["--keep", "1"]);
    let expected = [last.clone(), format!("{last}.json"), pipe.to_owned()];
    assert_eq!(names(&folder), BTreeSet::from(expected));
}

#[test]
fn backups_that_begin_at_once_are_all_whole() {
    let folder = with_backups();
    let made: BTreeSet<String> = all_at_once(4, |_| back_up(&folder, &[]))
        .into_iter()
        .collect();
    assert_eq!(made.len(), 4);
    for name in made {
        let verified = folder.roomd(&["backup", "verify", &format!("backups/{name}")]);
        assert!(verified.contains("against the manifest"), "{verified}");
    }
}
