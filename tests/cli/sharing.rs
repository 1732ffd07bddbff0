use crate::support::{DATABASE, Exit, Folder, Process, TIMEOUT, all_at_once, email, open};
use std::time::Duration;

fn serve_again(folder: &Folder, database: &str) -> Exit {
    folder.run(&["serve", "--listen", "127.0.0.1:0", "--database", database])
}

#[test]
fn a_database_cannot_have_a_second_server() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let first = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(first.room_of("ada@example.com").status, 201);
    let absolute = folder.database().display().to_string();
    for database in [DATABASE, "./roomd.db", &absolute] {
        let exit = serve_again(&folder, database);
        assert!(
            exit.error_message().starts_with("another roomd serves"),
            "{exit:?}"
        );
    }
    assert_eq!(first.room_of("ada@example.com").status, 200);
    first.stop();
    assert_eq!(folder.serve(&[]).get("/readyz").status, 200);
}

#[cfg(unix)]
#[test]
fn a_database_cannot_have_a_second_server_through_a_link() {
    use std::os::unix::fs::symlink;

    let (folder, links) = (Folder::new(), Folder::new());
    let first = folder.serve(&[]);
    symlink(folder.database(), links.path("file.db")).expect("a link");
    symlink(folder.path(""), links.path("folder")).expect("a link");
    for database in ["file.db", "folder/roomd.db"] {
        let exit = serve_again(&links, database);
        assert!(
            exit.error_message().starts_with("another roomd serves"),
            "{exit:?}"
        );
    }
    drop(first);
    let second = links.serve(&["--database", "file.db"]);
    let real = folder.database().display().to_string();
    assert!(second.ready_line.contains(&real), "{}", second.ready_line);
    let exit = serve_again(&folder, DATABASE);
    assert!(
        exit.error_message().starts_with("another roomd serves"),
        "{exit:?}"
    );
}

/// Under each of its names SQLite would give the file a WAL of its own.
#[test]
fn a_database_with_a_second_hard_link_is_rejected_by_name() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.add_user("ada@example.com");
    let key = folder.add_key();
    folder.roomd(&["backup", "copy.db"]);
    std::fs::hard_link(folder.database(), other.database()).expect("a link");
    let before = folder.files();
    for folder in [&folder, &other] {
        let files = folder.files().into_keys().collect::<Vec<_>>();
        for args in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["user", "list"],
            &["key", "create"],
            &["backup", "more.db"],
        ] {
            let exit = folder.run(args);
            let line = exit.error_message();
            let path = folder.database().display().to_string();
            assert!(line.contains(&path) && line.contains("2 names"), "{line}");
        }
        let exit = folder.run(&["doctor"]);
        assert_eq!(exit.status.code(), Some(1));
        assert!(exit.stdout.contains("2 names"), "{exit:?}");
        assert!(folder.files().into_keys().eq(files), "a file was created");
    }
    let exit = folder.run(&["restore", "--force", "copy.db"]);
    assert!(exit.error_message().contains("2 names"), "{exit:?}");
    assert_eq!(folder.files(), before);
    std::fs::remove_file(other.database()).expect("the link");
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of("ada@example.com").status, 201);
}

#[cfg(unix)]
mod side_files {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    fn mode(folder: &Folder, name: &str) -> u32 {
        let file = fs::metadata(folder.path(name)).expect(name);
        file.permissions().mode() & 0o777
    }

    #[test]
    fn no_file_beside_the_database_is_open_to_more_users() {
        let folder = Folder::new();
        folder.add_user("ada@example.com");
        for name in ["roomd.db-lock", "roomd.db-wal", "roomd.db-shm"] {
            folder.write(name, "");
            let open = Permissions::from_mode(0o666);
            fs::set_permissions(folder.path(name), open).expect("a mode");
        }
        let server = folder.serve(&[]);
        assert_eq!(server.get("/readyz").status, 200);
        for name in ["roomd.db-lock", "roomd.db-wal", "roomd.db-shm"] {
            assert_eq!(mode(&folder, name), 0o600, "{name}");
        }
    }

    /// Root may make them before the service of another user starts.
    #[test]
    fn files_that_root_makes_belong_to_the_owner_of_the_database_or_its_folder() {
        const SERVICE: u32 = 65_534;

        let folder = Folder::new();
        if chown(folder.path(""), Some(SERVICE), Some(SERVICE)).is_err() {
            return; // only root may do that
        }
        let server = folder.serve(&[]);
        let owner = |name: &str| fs::metadata(folder.path(name)).expect(name).uid();
        let names = ["roomd.db", "roomd.db-lock", "roomd.db-wal", "roomd.db-shm"];
        assert_eq!(names.map(owner), [SERVICE; 4]);
        server.stop();
        // As an older version left it.
        chown(folder.path("roomd.db-lock"), Some(0), Some(0)).expect("an owner");
        folder.serve(&[]).stop();
        assert_eq!(owner("roomd.db-lock"), SERVICE);
    }

    #[test]
    fn a_lock_file_that_cannot_be_opened_is_named() {
        let folder = Folder::new();
        fs::create_dir(folder.path("roomd.db-lock")).expect("a folder");
        let linked = Folder::new();
        linked.write("other", "");
        symlink(linked.path("other"), linked.path("roomd.db-lock")).expect("a link");
        for folder in [folder, linked] {
            let exit = serve_again(&folder, DATABASE);
            let path = folder.path("roomd.db-lock").display().to_string();
            let line = exit.error_message();
            assert!(line.contains("lock file") && line.contains(&path), "{line}");
        }
    }
}

#[test]
fn a_server_starts_after_another_was_killed() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let key = folder.add_key();
    let first = folder.serve(&[]).with_key(&key);
    let guid = first.room_of("ada@example.com").guid();
    assert_eq!(first.stop_by("KILL").status.code(), None);
    let second = folder.serve(&[]).with_key(&key);
    let answer = second.room_of("ada@example.com");
    assert_eq!((answer.status, answer.guid()), (200, guid));
}

#[test]
fn of_many_servers_that_start_at_once_on_a_new_database_one_serves() {
    let folder = Folder::new();
    let start = || {
        let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
        folder.start(&mut command)
    };
    let outcomes = all_at_once(6, |_| start());
    let (running, failed): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(running.len(), 1);
    for outcome in failed {
        let exit = outcome.err().expect("it failed");
        assert!(
            exit.error_message().starts_with("another roomd serves"),
            "{exit:?}"
        );
    }
}

#[test]
fn many_verbs_at_once_create_one_database() {
    let folder = Folder::new();
    all_at_once(8, |n| folder.add_user(&email(n)));
    assert_eq!(folder.roomd(&["user", "list"]).lines().count(), 9);
}

/// Another process may be creating the same new database, or an operator may be repairing it.
#[test]
fn a_verb_waits_for_another_writer_in_any_journal_mode() {
    for mode in ["wal", "delete"] {
        let folder = Folder::new();
        folder.add_users(1);
        let other = open(&folder.database());
        let script = format!("PRAGMA journal_mode = {mode}; BEGIN IMMEDIATE");
        other.execute_batch(&script).expect("a transaction");
        let args = [
            "user",
            "add",
            "--email",
            "a@example.com",
            "--name",
            "A",
            "--surname",
            "B",
        ];
        let verb = Process::spawn(&mut folder.command(&args));
        let waits = verb.is_silent_for(Duration::from_millis(200));
        other.execute_batch("COMMIT").expect("a commit");
        let exit = verb.wait(TIMEOUT);
        assert!(waits && exit.status.success(), "{mode}: {exit:?}");
    }
}
