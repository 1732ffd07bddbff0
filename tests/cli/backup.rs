use crate::support::{Answer, Folder, ServerProcess, email, open, skip, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub(crate) const COPY: &str = "copy.db";

/// The start of every `url`, which does not depend on the port.
const URL: [&str; 2] = ["--public-url", "http://rooms.example.com"];

/// Returns a folder with 20 rooms in the database, and a backup of them.
pub(crate) fn backed_up() -> Folder {
    let folder = Folder::new();
    folder.add_users(20);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    for n in 0..20 {
        assert_eq!(server.room_of(&email(n)).status, 201);
    }
    server.stop();
    folder.roomd(&["backup", COPY]);
    folder
}

fn manifest(folder: &Folder) -> Value {
    let text = fs::read_to_string(folder.path("copy.db.json")).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

fn names(folder: &Folder) -> BTreeSet<String> {
    folder.files().into_keys().collect()
}

/// Runs `while_loaded` while four callers create rooms; returns the answers that came before it
/// started.
fn under_load<'a>(
    server: &ServerProcess,
    folder: &'a Folder,
    while_loaded: impl FnOnce(&'a Folder),
) -> Vec<Answer> {
    let (created, over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    thread::scope(|scope| {
        for caller in 0..4 {
            let (created, over) = (&created, &over);
            scope.spawn(move || {
                for n in (caller..4000)
                    .step_by(4)
                    .take_while(|_| !over.load(Ordering::Relaxed))
                {
                    let answer = server.room_of(&email(n));
                    assert_eq!(answer.status, 201);
                    created.lock().expect("no panic").push(answer);
                }
            });
        }
        while created.lock().expect("no panic").len() < 100 {
            thread::yield_now();
        }
        let before = std::mem::take(&mut *created.lock().expect("no panic"));
        while_loaded(folder);
        over.store(true, Ordering::Relaxed);
        before
    })
}

#[test]
fn a_backup_under_load_has_all_that_was_acknowledged_before() {
    let folder = Folder::new();
    folder.add_users(4000);
    let key = folder.add_key();
    let server = folder.serve(&URL).with_key(&key);
    let before = under_load(&server, &folder, |folder| {
        folder.roomd(&["backup", COPY]);
    });
    server.stop();
    let rooms = manifest(&folder)["rooms"].as_u64().expect("a number");
    assert!(rooms >= before.len() as u64, "{rooms} of {}", before.len());

    let restored = folder.roomd(&["restore", COPY, "--force"]);
    assert!(restored.contains(&format!("rooms: {rooms},")), "{restored}");
    let count = "SELECT count(*) FROM rooms JOIN users ON email_key = creator_email";
    let whole: u64 = open(&folder.database())
        .query_row(count, [], |row| row.get::<_, u32>(0))
        .expect("a count")
        .into();
    assert_eq!(whole, rooms);
    let server = folder.serve(&URL).with_key(&key);
    for room in before {
        let room = room.json();
        let found = server.room_of(text(&room, "creator_email"));
        assert_eq!((found.status, found.json()), (200, room));
    }
    server.stop();
}

#[test]
fn a_backup_is_one_file_and_its_manifest() {
    let folder = backed_up();
    let expected = [
        "copy.db",
        "copy.db.json",
        "roomd.db",
        "roomd.db-host-secret",
        "roomd.db-last-backup",
        "roomd.db-lock",
    ];
    assert_eq!(names(&folder), expected.map(str::to_owned).into());
    let manifest = manifest(&folder);
    let bytes = fs::metadata(folder.path(COPY)).expect("a file").len();
    assert_eq!(manifest["bytes"], bytes);
    assert_eq!(
        (&manifest["users"], &manifest["rooms"], &manifest["keys"]),
        (&20.into(), &20.into(), &1.into())
    );
    #[cfg(unix)]
    for name in [COPY, "copy.db.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path(name))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[test]
fn a_backup_goes_to_a_new_machine() {
    let (old, new) = (backed_up(), Folder::new());
    for name in [COPY, "copy.db.json"] {
        fs::copy(old.path(name), new.path(name)).expect("a copy");
    }
    let message = new.roomd(&["restore", COPY]);
    assert!(
        message.ends_with("rooms: 20, keys: 1): verified against the manifest\n"),
        "{message}"
    );
    assert_eq!(new.files()[COPY], old.files()[COPY]);
    new.roomd(&["user", "list"]);
    new.serve(&[]).stop();
}

#[test]
fn no_file_is_replaced_without_force() {
    let folder = backed_up();
    let before = folder.files();
    for verb in ["backup", "restore"] {
        let exit = folder.run(&[verb, COPY]);
        assert!(exit.error_message().contains("exists already"), "{exit:?}");
    }
    assert_eq!(folder.files(), before);
    folder.add_user("new@example.com");
    folder.roomd(&["backup", COPY, "--force"]);
    assert_eq!(manifest(&folder)["users"], 21);
    folder.roomd(&["user", "remove", "new@example.com", "--yes"]);
    folder.roomd(&["restore", COPY, "--force"]);
    assert!(
        folder
            .roomd(&["user", "list", "--size", "100"])
            .contains("new@example.com")
    );
}

#[cfg(unix)]
#[test]
fn a_backup_keeps_owner_and_mode_of_what_it_replaces() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    const FILES: [&str; 2] = [COPY, "copy.db.json"];
    let folder = backed_up();
    let owners = || {
        FILES.map(|name| {
            let file = fs::metadata(folder.path(name)).expect(name);
            (file.uid(), file.gid(), file.mode() & 0o7777)
        })
    };
    let [(uid, gid, _), _] = owners();
    for (name, mode) in FILES.into_iter().zip([0o440, 0o644]) {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.path(name), mode).expect("a mode");
    }
    let force = || folder.roomd(&["backup", COPY, "--force"]);
    force();
    assert_eq!(owners(), [(uid, gid, 0o440), (uid, gid, 0o644)]);
    folder.add_user("new@example.com");
    force();
    assert_eq!(manifest(&folder)["users"], 21);
    folder.roomd(&["restore", COPY, "--force"]);

    // A link is replaced, not what it leads to.
    fs::rename(folder.path(COPY), folder.path("old.db")).expect("a file");
    symlink("old.db", folder.path(COPY)).expect("a link");
    force();
    assert_eq!(owners()[0], (uid, gid, 0o600));

    let (service, group) = (54_321, 54_322);
    if chown(folder.path(COPY), Some(service), Some(group)).is_err() {
        return skip("ROOMD_ROOT", "only root can give files away");
    }
    force();
    assert_eq!(owners(), [(service, group, 0o600), (uid, gid, 0o644)]);
}

#[test]
fn a_backup_never_replaces_the_database() {
    let folder = backed_up();
    for own in ["roomd.db", "./roomd.db", "roomd.db-wal", "roomd.db-lock"] {
        let exit = folder.run(&["backup", own, "--force"]);
        assert!(
            exit.error_message().contains("belongs to the database"),
            "{exit:?}"
        );
    }
}

#[test]
fn a_missing_database_cannot_be_backed_up() {
    let folder = Folder::new();
    let exit = folder.run(&["backup", COPY]);
    assert!(
        exit.error_message().starts_with("there is no database"),
        "{exit:?}"
    );
    assert_eq!(names(&folder), BTreeSet::new());
}

#[test]
fn a_backup_that_cannot_be_written_leaves_no_file() {
    let folder = backed_up();
    let before = folder.files();
    let exit = folder.run(&["backup", "missing/copy.db"]);
    assert!(
        exit.error_message()
            .starts_with("cannot write missing/copy.db: the folder missing does not exist"),
        "{exit:?}"
    );
    assert_eq!(folder.files(), before);
}

/// Damages a backup by `spoil` and asserts that it cannot be restored, and that no file changes.
/// Returns the error message.
fn restore_error(spoil: impl FnOnce(&Folder)) -> String {
    let folder = backed_up();
    spoil(&folder);
    let before = folder.files();
    let exit = folder.run(&["restore", COPY, "--force"]);
    assert_eq!(folder.files(), before);
    exit.error_message().to_owned()
}

fn flip_a_byte(folder: &Folder) {
    let mut bytes = folder.files().remove(COPY).expect("a backup");
    // In the middle of the pages, of which the header knows nothing.
    let middle = bytes.len() / 2 + 100;
    bytes[middle] ^= 1;
    folder.write(COPY, bytes);
}

#[test]
fn a_changed_backup_is_not_restored() {
    let message = restore_error(flip_a_byte);
    assert!(message.contains("changed since its manifest"), "{message}");
}

#[test]
fn a_damaged_backup_without_a_manifest_is_not_restored() {
    let message = restore_error(|folder| {
        fs::remove_file(folder.path("copy.db.json")).expect("a manifest");
        let mut bytes = folder.files().remove(COPY).expect("a backup");
        let (page, pages) = (4096, bytes.len() / 4096);
        bytes[(pages - 2) * page..(pages - 1) * page].fill(0xA5);
        folder.write(COPY, bytes);
    });
    assert!(message.contains("it is damaged"), "{message}");
}

#[test]
fn a_backup_that_differs_from_its_manifest_is_not_restored() {
    let message = restore_error(|folder| {
        let mut manifest = manifest(folder);
        manifest["rooms"] = 21.into();
        folder.write("copy.db.json", manifest.to_string());
    });
    assert!(
        message.contains("does not hold what its manifest says"),
        "{message}"
    );
    let message = restore_error(|folder| folder.write("copy.db.json", "{}"));
    assert!(message.contains("its manifest cannot be read"), "{message}");
}

#[test]
fn a_file_that_is_not_a_backup_is_not_restored() {
    let text = restore_error(|folder| {
        fs::remove_file(folder.path("copy.db.json")).expect("a manifest");
        folder.write(COPY, "not a database");
    });
    assert!(text.contains("no database of roomd"), "{text}");
    let newer = restore_error(|folder| {
        fs::remove_file(folder.path("copy.db.json")).expect("a manifest");
        open(&folder.path(COPY))
            .pragma_update(None, "user_version", 99)
            .expect("a change");
    });
    assert!(newer.contains("use a newer roomd"), "{newer}");
    let half = restore_error(|folder| folder.write("copy.db-wal", "the rest"));
    assert!(half.contains("copy.db-wal"), "{half}");
}

#[test]
fn a_database_in_use_is_not_replaced() {
    let folder = backed_up();
    let server = folder.serve(&[]);
    let exit = folder.run(&["restore", COPY, "--force"]);
    assert!(
        exit.error_message().starts_with("another roomd serves"),
        "{exit:?}"
    );
    assert_eq!(server.get("/readyz").status, 200);
    server.stop();
    let other = open(&folder.database());
    let users = "SELECT count(*) FROM users";
    other.query_row(users, [], |_| Ok(())).expect("a count");
    let exit = folder.run(&["restore", COPY, "--force"]);
    assert!(
        exit.error_message().starts_with("another process uses"),
        "{exit:?}"
    );
    other.query_row(users, [], |_| Ok(())).expect("a count");
}

#[test]
fn the_wal_of_the_old_database_does_not_get_into_the_restored_one() {
    let folder = backed_up();
    let server = folder.serve(&[]).with_key(&folder.add_key());
    server.stop_by("KILL");
    // SQLite would take the WAL for that of the restored file.
    folder.add_user("late@example.com");
    let server = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(server.room_of("late@example.com").status, 201);
    server.stop_by("KILL");
    assert!(folder.files()["roomd.db-wal"].len() > 4096);
    folder.roomd(&["restore", COPY, "--force"]);
    assert!(!folder.files().contains_key("roomd.db-wal"));
    let listed = folder.roomd(&["user", "list", "--size", "100"]);
    assert!(!listed.contains("late@example.com"), "{listed}");
}

#[test]
fn a_backup_replaces_a_damaged_database() {
    let folder = backed_up();
    let server = folder.serve(&[]);
    server.stop_by("KILL");
    folder.write("roomd.db", [0xA5; 8192]);
    folder.roomd(&["restore", COPY, "--force"]);
    folder.serve(&[]).stop();
    assert_eq!(
        folder
            .roomd(&["user", "list", "--size", "100"])
            .lines()
            .count(),
        21
    );
}
