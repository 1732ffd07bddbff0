use crate::support::{Folder, ServerProcess};
use std::fs;

/// A thread of a server.
pub(crate) struct Thread {
    pub(crate) name: String,
    /// How much its priority is lowered.
    nice: i32,
}

impl Thread {
    /// Reads the state of a thread: see "proc_pid_stat(5)", man7.org.
    fn parse(stat: &str) -> Self {
        const NICE_AFTER_NAME: usize = 16;

        let (start, values) = stat.rsplit_once(") ").expect("a name");
        let (_, name) = start.split_once('(').expect("a name");
        let nice = values.split(' ').nth(NICE_AFTER_NAME);
        Self {
            name: name.to_owned(),
            nice: nice.and_then(|nice| nice.parse().ok()).expect("a number"),
        }
    }
}

/// Returns the threads of a server; the main thread is first.
pub(crate) fn threads(server: &ServerProcess) -> Vec<Thread> {
    let tasks = format!("/proc/{}/task", server.process().id());
    let mut ids: Vec<u32> = fs::read_dir(&tasks)
        .expect("threads")
        .map(|task| task.expect("a thread").file_name())
        .map(|id| id.to_str().expect("digits").parse().expect("a number"))
        .collect();
    ids.sort_unstable();
    ids.iter()
        .map(|id| fs::read_to_string(format!("{tasks}/{id}/stat")).expect("a thread"))
        .map(|stat| Thread::parse(&stat))
        .collect()
}

#[test]
fn only_the_writer_and_searches_have_a_lower_priority() {
    let folder = Folder::new();
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let own = threads(&server)[0].nice;
    assert_eq!(server.get("/xapi/v2/room/search").status, 200);
    assert_eq!(server.room_of("unknown@example.com").status, 404);
    let threads = threads(&server);
    for name in ["search", "writer"] {
        assert!(threads.iter().any(|thread| thread.name == name), "{name}");
    }
    for thread in threads {
        let nice = match &*thread.name {
            "search" => own.max(10),
            "writer" => own.max(5),
            _ => own,
        };
        assert_eq!(thread.nice, nice, "{}", thread.name);
    }
}
