use crate::support::{Folder, Process, TIMEOUT, assert_intact, email};
use crate::{SERVE, SLOW_MS, assert_error, start};
use std::time::Instant;

/// The number of users, whose rooms do not fit into the limit.
const USERS: usize = 6000;

#[test]
fn a_limit_on_the_size_of_files_is_answered_like_a_full_disk() {
    let folder = Folder::new();
    folder.add_users(USERS);
    let key = folder.add_key();
    let bytes = folder.files()["roomd.db"].len();
    // In units of 512 bytes, a little above the size of the database.
    let script = format!("ulimit -f {}; exec \"$0\" \"$@\"", bytes / 512 + 500);
    let mut command = folder.command_under(&["sh", "-c", &script], SERVE);
    let server = folder.start(command.env("ROOMD_LOG_SLOW_MS", SLOW_MS));
    let server = server.expect("it starts").with_key(&key);
    let started = Instant::now();
    let first = server.room_of(&email(0));
    assert_eq!(first.status, 201, "{first:?}");
    let mut rooms = 1;
    let rejected = loop {
        let answer = server.room_of(&email(rooms));
        if answer.status != 201 {
            break answer;
        }
        rooms += 1;
        assert!(started.elapsed() < TIMEOUT, "{rooms} rooms fit");
    };
    assert_error(&rejected, 507, 96);
    assert_eq!(server.room_of(&email(0)).status, 200);
    assert_eq!(server.get("/healthz").status, 200);
    server.process().next_log_line("the disk is full");
    server.stop();

    assert_intact(&folder.database());
    let server = start(&folder, &key);
    for user in 0..rooms {
        assert_eq!(server.room_of(&email(user)).status, 200);
    }
    assert_eq!(server.room_of(&email(rooms)).status, 201);
    server.stop();
}

#[test]
fn a_backup_beyond_a_limit_on_the_size_of_files_names_the_limit() {
    let folder = Folder::new();
    folder.add_users(USERS);
    let script = "ulimit -f 300; exec \"$0\" \"$@\"";
    let mut command = folder.command_under(&["sh", "-c", script], &["backup", "copy.db"]);
    let exit = Process::spawn(&mut command).wait(TIMEOUT);
    let message = exit.error_message();
    assert!(message.contains("the disk is full"), "{message}");
    assert!(message.contains("`ulimit -f`"), "{message}");
    assert!(!folder.path("copy.db").exists());
}
