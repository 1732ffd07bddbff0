//! Kills the server again and again, under load and while it starts, and holds what is there
//! afterwards against a ledger of what callers were told.

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

/// How many kills `cargo test` is worth.
const KILLS: u64 = 20;

/// A database is left alone after so many, so that a kill costs the same however many there are.
const KILLS_PER_DATABASE: u64 = 20;

/// At the most so many answers come before a kill.
const ANSWERS: usize = 300;

/// At the most so often does the test give way to the server that starts before it kills it.
const TURNS: u64 = 50_000;

/// The start of every `url` must be the same for every run of the server.
const SERVE: &[&str] = &[
    "--listen",
    "127.0.0.1:0",
    "--public-url",
    "https://rooms.example.com",
];

/// A database whose server is killed, and what is known of it.
struct Trial {
    folder: Folder,
    key: Key,
    rng: Rng,
    load: Load,
    ledger: Ledger,
    figures: Figures,
}

/// What was done so far.
#[derive(Default)]
struct Figures {
    kills: u64,
    /// Those of a server that had not said that it is ready.
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
    /// Makes a database where a server was killed that was making it.
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
        let told = self.load.until_killed(&server, answers);
        let exit = server.wait();
        assert_eq!(exit.status.code(), None, "{exit:?}");
        self.figures.answers += told.iter().map(|told| told.answers).sum::<usize>();
        for told in told {
            self.ledger.note(told);
        }
    }

    /// Starts the server on what the last kill left, and looks at all of it.
    fn start_and_compare(&mut self) -> ServerProcess {
        let mut command = self.folder.command(SERVE);
        let server = self.folder.start(&mut command).expect("it starts");
        let server = server.with_key(&self.key);
        let found = all_rooms(&server);
        self.assert_sound(found.len());
        let differences = self.ledger.compare(found);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        server
    }

    /// Asserts what must be so whatever callers were told, in the file itself.
    fn assert_sound(&self, rooms: usize) {
        assert_intact(&self.folder.database());
        let database = open(&self.folder.database());
        let text = |sql| database.query_row(sql, [], |row| row.get::<_, String>(0));

        // The table, not an index, which may lack a row.
        let counts = text(
            "SELECT format('%d %d %d', count(*), count(DISTINCT creator_email), count(DISTINCT name_key))
               FROM rooms NOT INDEXED",
        );
        assert_eq!(counts, Ok(format!("{rooms} {rooms} {rooms}")));
        let orphans = text("SELECT count(*) || '' FROM pragma_foreign_key_check");
        assert_eq!(orphans.as_deref(), Ok("0"));
    }
}

/// Starts a server and kills it a random moment later; whether it was ready.
fn kill_while_starting(folder: &Folder, rng: &mut Rng) -> bool {
    let server = Process::spawn(&mut folder.command(SERVE));
    // Short times are as likely as long ones.
    let turns = rng.u64(1..=TURNS) >> rng.u32(0..16);
    (0..turns).for_each(|_| thread::yield_now());
    server.signal("KILL");
    let exit = server.wait(TIMEOUT);
    assert_eq!(exit.status.code(), None, "{exit:?}");
    !exit.stdout.is_empty()
}

/// All rooms, as the API shows them.
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
fn no_kill_takes_away_or_changes_what_was_acknowledged() {
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
