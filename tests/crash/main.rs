//! Kills the server again and again, under load and while it starts, and compares its rooms after
//! each restart with a ledger of the answers to callers.

mod ledger;
mod load;
#[path = "../support/mod.rs"]
mod support;

use fastrand::Rng;
use ledger::Ledger;
use load::Load;
use serde_json::Value;
use std::fmt;
use std::thread;
use std::time::Instant;
use support::{
    Folder, Key, Process, ROOM, ServerProcess, TIMEOUT, assert_intact, number, open, say, seed,
};

/// How many kills there are unless `ROOMD_KILLS` is set.
const KILLS: u64 = 20;

/// How many kills a database gets, so that the cost of a kill does not grow with their number.
const KILLS_PER_DATABASE: u64 = 20;

/// The largest number of answers before a kill.
const ANSWERS: usize = 300;

/// The largest number of times that the test yields to a starting server before it kills it.
const TURNS: u64 = 50_000;

/// The start of every `url` must be the same for every run of the server.
const SERVE: &[&str] = &[
    "--listen",
    "127.0.0.1:0",
    "--public-url",
    "https://rooms.example.com",
];

/// A database whose server is killed, and what callers know of it.
struct Trial {
    folder: Folder,
    key: Key,
    rng: Rng,
    load: Load,
    ledger: Ledger,
    figures: Figures,
}

/// The figures of a test run.
#[derive(Default)]
struct Figures {
    kills: u64,
    /// The kills of a server that was not ready yet.
    early_kills: u64,
    answers: usize,
}

impl Figures {
    fn add(&mut self, more: &Self) {
        self.kills += more.kills;
        self.early_kills += more.early_kills;
        self.answers += more.answers;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kills, early, answers) = (self.kills, self.early_kills, self.answers);
        write!(
            formatter,
            "{kills} kills, {early} of them before the server was ready, {answers} answers"
        )
    }
}

impl Trial {
    /// Creates a database after a server was killed that was creating it.
    fn new(mut rng: Rng) -> Self {
        let folder = Folder::new();
        let ready = kill_while_starting(&folder, &mut rng);
        folder.add_users(load::USERS);
        Self {
            key: folder.add_key(),
            load: Load::new(rng.fork()),
            folder,
            rng,
            ledger: Ledger::default(),
            figures: Figures {
                kills: 1,
                early_kills: u64::from(!ready),
                answers: 0,
            },
        }
    }

    fn kill(&mut self) {
        self.figures.kills += 1;
        if self.rng.u8(0..4) == 0 {
            let ready = kill_while_starting(&self.folder, &mut self.rng);
            self.figures.early_kills += u64::from(!ready);
        } else {
            self.kill_under_load();
        }
    }

    fn kill_under_load(&mut self) {
        let server = self.start_and_compare();
        let answers = self.rng.usize(1..=ANSWERS);
        let received = self.load.until_killed(&server, answers);
        let exit = server.wait();
        assert_eq!(exit.status.code(), None, "{exit:?}");
        self.figures.answers += received
            .iter()
            .map(|received| received.count)
            .sum::<usize>();
        for received in received {
            self.ledger.add(received);
        }
    }

    /// Starts the server after a kill and compares all rooms.
    fn start_and_compare(&mut self) -> ServerProcess {
        let mut command = self.folder.command(SERVE);
        let server = self.folder.start(&mut command).expect("it starts");
        let server = server.with_key(&self.key);
        let found = all_rooms(&server);
        self.assert_consistent(found.len());
        let differences = self.ledger.compare(found);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        server
    }

    /// Asserts in the file itself what must be true whatever callers were answered.
    fn assert_consistent(&self, rooms: usize) {
        assert_intact(&self.folder.database());
        let database = open(&self.folder.database());
        let text = |sql| database.query_row(sql, [], |row| row.get::<_, String>(0));

        // Counts rows of the table, because an index might lack one.
        let counts = text(
            "SELECT format('%d %d %d', count(*), count(DISTINCT creator_email), count(DISTINCT name_key))
               FROM rooms NOT INDEXED",
        );
        assert_eq!(counts, Ok(format!("{rooms} {rooms} {rooms}")));
        let orphans = text("SELECT count(*) || '' FROM pragma_foreign_key_check");
        assert_eq!(orphans.as_deref(), Ok("0"));
    }
}

/// Starts a server and kills it a random time later; returns whether it was ready.
fn kill_while_starting(folder: &Folder, rng: &mut Rng) -> bool {
    let server = Process::spawn(&mut folder.command(SERVE));
    // Short times are as likely as long ones: the distribution is logarithmic.
    let turns = rng.u64(1..=TURNS) >> rng.u32(0..16);
    (0..turns).for_each(|_| thread::yield_now());
    server.signal("KILL");
    let exit = server.wait(TIMEOUT);
    assert_eq!(exit.status.code(), None, "{exit:?}");
    !exit.stdout.is_empty()
}

/// Returns all rooms, as the API returns them.
fn all_rooms(server: &ServerProcess) -> Vec<Value> {
    let page = |number: u32| {
        let query = format!("size=100&sort=created_date+asc&page={number}");
        let answer = server.get(&format!("{ROOM}/search?{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let rooms = answer.json()["data"].take();
        rooms.as_array().expect("rooms").clone()
    };
    let pages = (1..).map(page).take_while(|rooms| !rooms.is_empty());
    pages.flatten().collect()
}

#[test]
fn no_kill_loses_or_changes_an_acknowledged_room() {
    let mut rng = Rng::with_seed(seed());
    let (started, wanted) = (Instant::now(), number("ROOMD_KILLS").unwrap_or(KILLS));
    let mut sum = Figures::default();
    while sum.kills < wanted {
        let mut trial = Trial::new(rng.fork());
        let kills = (wanted - sum.kills).min(KILLS_PER_DATABASE);
        (1..kills).for_each(|_| trial.kill());
        trial.start_and_compare().stop();
        sum.add(&trial.figures);
        say(&format!("{sum}, {} s", started.elapsed().as_secs()));
    }
}
