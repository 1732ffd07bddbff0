use crate::support::{Folder, Process, all_at_once, email, open};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

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

/// Backs up another database of the same file name into the folder of the first one.
fn back_up_other(other: &Folder, into: &Folder, args: &[&str]) -> Value {
    let backups = into.path("backups");
    let backups = backups.to_str().expect("a text");
    let args = [&["backup", "--dir", backups, "--json"], args].concat();
    serde_json::from_str(&other.roomd(&args)).expect("JSON")
}

#[test]
fn backups_of_another_database_with_the_same_file_name_are_neither_counted_nor_removed() {
    let (folder, other) = (with_backups(), Folder::new());
    other.add_users(1);
    let own = back_up(&folder, &[]);
    for _ in 0..2 {
        back_up_other(&other, &folder, &[]);
    }
    let before = names(&folder);
    let printed = folder.roomd(&["backup", "--dir", "backups", "--keep", "2"]);
    assert!(!printed.contains("removed"), "{printed}");
    let left = "\nleft 2 backups of another database with the same file name";
    assert!(printed.contains(left), "{printed}");
    assert!(names(&folder).is_superset(&before));

    let report = back_up_other(&other, &folder, &["--keep", "1"]);
    assert_eq!(report["removed"].as_array().map(Vec::len), Some(2));
    let left = report["left"].as_array().expect("a list");
    let file = folder.path("backups").join(own);
    assert_eq!(
        left[0],
        json!({"file": file, "reason": "other_database"}),
        "{report}"
    );
    assert_eq!(left.len(), 2, "{report}");
}

#[test]
fn a_backup_that_does_not_tell_its_database_is_left() {
    let folder = with_backups();
    let old = back_up(&folder, &[]);
    let manifest = format!("backups/{old}.json");
    let text = fs::read_to_string(folder.path(&manifest)).expect("a manifest");
    let mut json: Value = serde_json::from_str(&text).expect("JSON");
    let id = json
        .as_object_mut()
        .expect("an object")
        .remove("database_id");
    assert!(id.is_some_and(|id| id.is_string()), "{text}");
    folder.write(&manifest, json.to_string());
    let printed = folder.roomd(&["backup", "--dir", "backups", "--keep", "1"]);
    assert!(
        printed.contains("\nleft 1 backup without the id of the database in the manifest"),
        "{printed}"
    );
    assert!(names(&folder).contains(&old));
    folder.roomd(&["backup", "verify", &format!("backups/{old}")]);
}

#[test]
fn a_restored_database_still_counts_its_backups() {
    let folder = with_backups();
    let first = back_up(&folder, &[]);
    folder.roomd(&["restore", &format!("backups/{first}"), "--force"]);
    let second = back_up(&folder, &["--keep", "1"]);
    assert_eq!(
        names(&folder),
        BTreeSet::from([second.clone(), format!("{second}.json")])
    );
}

#[test]
fn a_manifest_does_not_tell_the_key_of_links() {
    let folder = with_backups();
    let name = back_up(&folder, &[]);
    let key: String = open(&folder.database())
        .query_row("SELECT hex(key) FROM link_key", [], |row| row.get(0))
        .expect("a key");
    let manifest = fs::read_to_string(folder.path("backups").join(format!("{name}.json")));
    let manifest = manifest.expect("a manifest").to_uppercase();
    let parts = key.as_bytes().windows(8);
    for part in parts.map(|part| std::str::from_utf8(part).expect("digits")) {
        assert!(!manifest.contains(part), "{manifest}");
    }
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

/// How far a backup is, as the names in the folder show it.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The copy is written, and has no name yet.
    Copying,
    /// The copy has its name.
    Named,
    /// The manifest has its name.
    Described,
    /// An older backup is removed.
    Removing,
}

impl Moment {
    fn is_reached(self, before: &BTreeSet<String>, now: &BTreeSet<String>) -> bool {
        let is_new = |is: fn(&str) -> bool| now.difference(before).any(|name| is(name));
        match self {
            Self::Copying => is_new(|name| name.starts_with(".tmp")),
            Self::Named => is_new(|name| name.ends_with("Z.db")),
            Self::Described => is_new(|name| name.ends_with("Z.db.json")),
            Self::Removing => before.difference(now).any(|name| name.ends_with("Z.db")),
        }
    }
}

/// Kills a backup at a moment; returns whether it was killed before its end.
fn kill_backup(folder: &Folder, moment: Moment) -> bool {
    let before = names(folder);
    let args = ["backup", "--dir", "backups", "--keep", "2"];
    let mut process = Process::spawn(&mut folder.command(&args));
    while !moment.is_reached(&before, &names(folder)) && !process.has_exited() {
        std::thread::yield_now();
    }
    process.kill().status.code().is_none()
}

/// Returns the number of backups in the folder that have a manifest, each of which must be whole.
fn whole_backups(folder: &Folder) -> usize {
    let names = names(folder);
    let manifests = names.iter().filter(|name| name.ends_with("Z.db.json"));
    let backups = manifests.map(|name| name.trim_end_matches(".json"));
    let backups = backups.filter(|name| names.contains(*name));
    backups
        .inspect(|name| {
            folder.roomd(&["backup", "verify", &format!("backups/{name}")]);
        })
        .count()
}

/// Whenever the process dies, so many whole backups as were to be kept are there.
#[test]
fn a_killed_backup_leaves_the_older_ones() {
    let folder = with_backups();
    for _ in 0..2 {
        back_up(&folder, &[]);
    }
    for moment in [
        Moment::Copying,
        Moment::Named,
        Moment::Described,
        Moment::Removing,
    ] {
        let was_killed = (0..50).any(|_| {
            let was_killed = kill_backup(&folder, moment);
            let whole = whole_backups(&folder);
            assert!(whole >= 2, "{moment:?}: {:?}", names(&folder));
            was_killed
        });
        assert!(was_killed, "no kill was in time: {moment:?}");
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
