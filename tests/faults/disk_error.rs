use crate::support::{Folder, Process, ROOM, ServerProcess, TIMEOUT, email, room_path, skip};
use crate::{assert_error, assert_log, assert_stops_quietly, assert_stored, serve, start};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::Command;

/// Makes system calls of a running server fail, until this value is stopped or dropped.
struct Injection(Process);

impl Injection {
    /// Makes a call on a file fail with an error number.
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
    // strace exits with the program that it traces.
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
fn a_server_continues_when_a_disk_accepts_writes_again() {
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
        let before = server.room_of(&email(0));
        let wal = path(&folder, "roomd.db-wal");
        let injection = Injection::start(&server, &wal, "pwrite64", error);
        for _ in 0..5 {
            assert_error(&server.room_of(&email(1)), status, code);
            assert_error(&server.get("/readyz"), 503, 95);
            let found = server.room_of(&email(0));
            assert_eq!((found.status, &found.body), (200, &before.body), "{error}");
            assert_eq!(
                server.get(&format!("{ROOM}/search")).json()["data"][0],
                before.json()
            );
        }
        injection.stop();
        let created = server.room_of(&email(1));
        assert_eq!(created.status, 201, "{created:?}");
        let log = server.process().log_until(end);
        assert_log(&log, &["started", beginning, end]);
        assert_stops_quietly(server);
        let rooms = [(email(0), before.json()), (email(1), created.json())];
        assert_stored(&folder, &rooms.into());
    }
}

/// The sync that fails is that of the WAL, or of the database file in a checkpoint.
#[test]
fn a_failed_sync_stops_the_server() {
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
        let last = exit.stderr.lines().last().expect("a line");
        let sentence = "roomd: stopped, because the disk failed to store what was written";
        assert!(last.starts_with(sentence), "{exit:?}");
        drop(injection);
        assert_eq!(
            rooms.len() == 1,
            file == "roomd.db-wal",
            "{} rooms",
            rooms.len()
        );
        let server = start(&folder, &key);
        assert_stored(&folder, &rooms);
        for (email, room) in &rooms {
            assert_eq!(server.room_of(email).json(), *room);
        }
        let tags = json!({"tags": "again"});
        let path = room_path(&rooms[&email(0)]);
        assert_eq!(server.put(&path, &tags).status, 200);
        server.stop();
    }
}
