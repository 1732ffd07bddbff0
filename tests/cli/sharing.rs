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
