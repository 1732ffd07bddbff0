use crate::disk::Disk;
use crate::support::{Folder, ROOM, ServerProcess, TIMEOUT, USER, email, room_path};
use crate::{assert_error, assert_log, assert_stops_quietly, assert_stored, serve, start};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

const CALLERS: usize = 4;
const USERS: usize = 400;

/// How often the disk is filled under load.
const ROUNDS: usize = 3;

const BEGINNING: &str = "the disk is full";
const END: &str = "the disk has room again";

/// Fills the disk until the server has used up the free space in its own files.
fn fill_completely(disk: &Disk, server: &ServerProcess) {
    let started = Instant::now();
    while disk.fill() > 0 || server.get("/readyz").status == 200 {
        assert!(started.elapsed() < TIMEOUT, "it writes on a full disk");
    }
}

#[test]
fn on_a_full_disk_only_writes_fail_until_there_is_space() {
    let Some(disk) = Disk::new(1024) else { return };
    disk.folder().add_users(20);
    let server = serve(disk.folder());
    let mut rooms = BTreeMap::new();
    for user in 0..5 {
        let created = server.room_of(&email(user));
        assert_eq!(created.status, 201, "{created:?}");
        rooms.insert(email(user), created.json());
    }
    let path = |user| room_path(&rooms[&email(user)]);
    let user = json!({"email": "new@example.com", "username": "new", "name": "N", "surname": "U"});
    let writes = [
        (
            "POST",
            ROOM.to_owned(),
            json!({"creator_email": email(9), "name": "New"}),
        ),
        ("PUT", path(1), json!({"name": "Other"})),
        ("DELETE", path(2), Value::Null),
        ("POST", USER.to_owned(), user),
    ];
    fill_completely(&disk, &server);
    for _ in 0..10 {
        for (method, path, body) in &writes {
            assert_error(&server.call(method, path, body), 507, 96);
        }
        assert_error(&server.get("/readyz"), 503, 95);
        for (email, room) in &rooms {
            let found = server.room_of(email);
            assert_eq!((found.status, &found.json()), (200, room), "{found:?}");
        }
        for path in [path(2), format!("{ROOM}/search"), "/healthz".into()] {
            assert_eq!(server.get(&path).status, 200, "{path}");
        }
    }
    disk.free();
    for ((method, path, body), status) in writes.iter().zip([201, 200, 204, 201]) {
        let answer = server.call(method, path, body);
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(server.get("/readyz").status, 200);
    let log = server.process().log_until(END);
    assert_log(&log, &["started", BEGINNING, END]);
    assert_stops_quietly(server);
    rooms.remove(&email(2));
    assert_stored(disk.folder(), &rooms);
}

#[test]
fn a_large_wal_does_not_fill_a_disk_that_has_space_for_the_rooms() {
    let Some(disk) = Disk::new(1024) else { return };
    disk.folder().add_users(1);
    let server = serve(disk.folder());
    let room = room_path(&server.room_of(&email(0)).json());
    let mut failed = 0;
    for n in 0..600 {
        let tags = format!("tag {n}");
        let changed = server.put(&room, &json!({"tags": tags}));
        if changed.status == 507 {
            failed += 1;
            continue;
        }
        assert_eq!(
            (changed.status, &changed.json()["tags"]),
            (200, &json!(tags))
        );
    }
    assert!((1..60).contains(&failed), "{failed} of 600");
    server.stop();
}

/// Callers that create and update rooms, each for users of its own.
struct Callers<'a> {
    server: &'a ServerProcess,
    calls: AtomicUsize,
    failures: AtomicUsize,
    over: AtomicBool,
    started: Instant,
}

impl Callers<'_> {
    fn is_running(&self) -> bool {
        !self.over.load(Ordering::Relaxed) && self.started.elapsed() < TIMEOUT
    }

    /// Creates and updates rooms; returns each as in the last successful answer.
    fn call(&self, caller: usize) -> BTreeMap<String, Value> {
        let mut rooms = BTreeMap::<String, Value>::new();
        for n in (0..).take_while(|_| self.is_running()) {
            let email = email(n % (USERS / CALLERS) * CALLERS + caller);
            let answer = match rooms.get(&email) {
                Some(room) => {
                    let tags = json!({"tags": format!("tag {n}")});
                    self.server.put(&room_path(room), &tags)
                }
                None => self.server.room_of(&email),
            };
            self.calls.fetch_add(1, Ordering::Relaxed);
            if answer.status == 507 {
                self.failures.fetch_add(1, Ordering::Relaxed);
            } else {
                assert!([200, 201].contains(&answer.status), "{answer:?}");
                rooms.insert(email, answer.json());
            }
        }
        rooms
    }

    /// Waits until a counter has grown by so much; calls `meanwhile` again and again.
    fn until(&self, count: &AtomicUsize, more: usize, meanwhile: impl Fn()) {
        let wanted = count.load(Ordering::Relaxed) + more;
        while count.load(Ordering::Relaxed) < wanted && self.is_running() {
            meanwhile();
        }
    }
}

#[test]
fn nothing_is_lost_on_a_disk_that_is_filled_again_and_again() {
    let Some(disk) = Disk::new(3500) else { return };
    disk.folder().add_users(USERS);
    let key = disk.folder().add_key();
    let server = start(disk.folder(), &key);
    let callers = Callers {
        server: &server,
        calls: AtomicUsize::new(0),
        failures: AtomicUsize::new(0),
        over: AtomicBool::new(false),
        started: Instant::now(),
    };
    let rooms: BTreeMap<String, Value> = thread::scope(|scope| {
        let start = |caller| {
            scope.spawn({
                let callers = &callers;
                move || callers.call(caller)
            })
        };
        let called: Vec<_> = (0..CALLERS).map(start).collect();
        for _ in 0..ROUNDS {
            callers.until(&callers.calls, 200, thread::yield_now);
            callers.until(&callers.failures, 4, || {
                disk.fill();
                thread::yield_now();
            });
            disk.free();
        }
        callers.until(&callers.calls, 200, thread::yield_now);
        callers.over.store(true, Ordering::Relaxed);
        called
            .into_iter()
            .flat_map(|caller| caller.join().expect("it ends"))
            .collect()
    });
    assert!(callers.started.elapsed() < TIMEOUT, "it hangs");
    disk.fill();
    server.process().signal("KILL");
    server.wait();
    disk.free();
    assert_stored(disk.folder(), &rooms);
    let server = start(disk.folder(), &key);
    for (email, room) in &rooms {
        assert_eq!(server.room_of(email).json(), *room);
    }
}

#[test]
fn a_server_cannot_start_on_a_full_disk_and_starts_when_there_is_space() {
    for is_new in [true, false] {
        let Some(disk) = Disk::new(1024) else { return };
        if !is_new {
            disk.folder().add_users(1);
        }
        disk.fill();
        let exit = disk.folder().run(&["serve", "--listen", "127.0.0.1:0"]);
        let message = exit.error_message();
        assert!(
            message.contains("full") && message.contains("roomd.db"),
            "{message}"
        );
        disk.free();
        let key = disk.folder().add_key();
        let server = start(disk.folder(), &key);
        assert_eq!(server.get("/readyz").status, 200);
        server.stop();
    }
}

#[test]
fn a_backup_without_enough_space_fails_and_leaves_no_file() {
    let Some(disk) = Disk::new(64) else { return };
    let folder = Folder::new();
    folder.add_users(1000);
    let copy = disk.folder().path("copy.db");
    let copy = copy.to_str().expect("a name in Unicode");
    let exit = folder.run(&["backup", copy]);
    assert_eq!(
        exit.error_message(),
        format!("cannot write {copy}: {BEGINNING}"),
        "{exit:?}"
    );
    assert_eq!(disk.folder().files(), BTreeMap::new());
}
