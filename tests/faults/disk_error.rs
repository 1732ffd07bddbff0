use crate::support::{Folder, Process, ROOM, ServerProcess, TIMEOUT, email, room_path, skip};
use crate::{assert_kept, assert_log, assert_refused, serve, start};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::Command;

/// System calls of a running server that fail, until this value is stopped or dropped.
struct Injection(Process);

impl Injection {
    /// Lets a call on a file fail with an error of the system.
    fn start(server: &ServerProcess, file: &str, call: &str, error: &str) -> Self {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-P", file]);
        strace.args(["-e", &format!("trace={call}")]);
        strace.args(["-e", &format!("inject={call}:error={error}")]);
        let process = Process::spawn(strace.args(["-p", &server.process().id().to_string()]));
        process.next_log_line("attached");
        Self(process)
    }

    fn stop(self) {
        self.0.signal("INT");
        self.0.wait(TIMEOUT);
    }
}

/// Returns whether system calls of a running program can be made to fail. Skips the test where they
/// cannot.
fn can_inject() -> bool {
    let target = Process::spawn(Command::new("sleep").arg("1"));
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "-e", "inject=fsync:error=EIO", "-p"]);
    // It ends with what it looks at.
    let tried = strace.arg(target.id().to_string()).output();
    let can =
        tried.is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("attached"));
    if !can {
        skip("ROOMD_STRACE", "strace is missing or may not attach");
    }
    can
}

fn path(folder: &Folder, file: &str) -> String {
    folder.path(file).display().to_string()
}

#[test]
fn a_disk_that_takes_no_writes_is_waited_for() {
    if !can_inject() {
        return;
    }
    let (beginning, end) = ("the database cannot be written", "can be written again");
    let full = ("the disk is full", "the disk has room again");
    for (error, status, code, (beginning, end)) in [
        ("EROFS", 503, 95, (beginning, end)),
        ("EIO", 503, 95, (beginning, end)),
        ("EDQUOT", 503, 95, (beginning, end)),
        ("ENOSPC", 507, 96, full),
    ] {
        let folder = Folder::new();
        folder.add_users(3);
        let server = serve(&folder);
        let kept = server.room_of(&email(0));
        let log = path(&folder, "roomd.db-wal");
        let injection = Injection::start(&server, &log, "pwrite64", error);
        for _ in 0..5 {
            assert_refused(&server.room_of(&email(1)), status, code);
            assert_refused(&server.get("/readyz"), 503, 95);
            let found = server.room_of(&email(0));
            assert_eq!((found.status, &found.body), (200, &kept.body), "{error}");
            assert_eq!(
                server.get(&format!("{ROOM}/search")).json()["data"][0],
                kept.json()
            );
        }
        injection.stop();
        let made = server.room_of(&email(1));
        assert_eq!(made.status, 201, "{made:?}");
        let log = server.process().log_until(end);
        assert_log(&log, &["started", beginning, end]);
        assert_eq!(server.stop().stderr.lines().count(), 1);
        let rooms = [(email(0), kept.json()), (email(1), made.json())];
        assert_kept(&folder, &rooms.into());
    }
}

/// Whether the write-ahead log cannot be kept, or the database into which it is copied.
#[test]
fn a_disk_that_does_not_keep_what_it_took_stops_the_server() {
    if !can_inject() {
        return;
    }
    for file in ["roomd.db-wal", "roomd.db"] {
        let folder = Folder::new();
        folder.add_users(1000);
        let key = folder.add_key();
        let server = start(&folder, &key);
        let mut rooms = BTreeMap::from([(email(0), server.room_of(&email(0)).json())]);
        let injection = Injection::start(&server, &path(&folder, file), "fdatasync", "EIO");
        for user in 1..1000 {
            let Ok(answer) = server.try_room_of(&email(user)) else {
                break;
            };
            if answer.status == 201 {
                rooms.insert(email(user), answer.json());
            }
        }
        let exit = server.wait();
        assert_eq!(exit.status.code(), Some(1), "{exit:?}");
        let last = exit.stderr.lines().last().expect("a sentence");
        let sentence = "roomd: stopped, because the disk failed to keep what was written";
        assert!(last.starts_with(sentence), "{exit:?}");
        drop(injection);
        assert_eq!(
            rooms.len() == 1,
            file == "roomd.db-wal",
            "{} rooms",
            rooms.len()
        );
        let server = start(&folder, &key);
        assert_kept(&folder, &rooms);
        for (email, room) in &rooms {
            assert_eq!(server.room_of(email).json(), *room);
        }
        let tags = json!({"tags": "again"});
        let path = room_path(&rooms[&email(0)]);
        assert_eq!(server.put(&path, &tags).status, 200);
        server.stop();
    }
}
