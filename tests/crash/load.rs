use crate::support::{Answer, ROOM, ServerProcess, TIMEOUT, email, room_path};
use fastrand::Rng;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// How many callers there are.
const CALLERS: usize = 8;

/// How many users there are: the first belong to one caller each, the rest to all.
pub(crate) const USERS: usize = 4000;

/// How many names the callers have for their own rooms: fewer than there are callers.
const NAMES: usize = 5;

/// Callers that ask for rooms, rename and delete them.
pub(crate) struct Load {
    rng: Rng,
    /// How often anybody asked for the room of a user who belongs to all.
    tickets: AtomicUsize,
}

/// What can be asked for.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// A room under the first of the names that is free, unless there is one.
    Make(Vec<String>),
    Rename(String),
    Delete,
}

/// What a caller was told until the server was gone.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The rooms of users who belong to all, by address, one entry an answer.
    pub(crate) shared: Vec<(String, Value)>,
    /// The last that was heard of the caller's own user: none is no room.
    pub(crate) own: Option<(String, Option<Value>)>,
    /// What was asked last and not answered, with the user's address.
    pub(crate) unanswered: Option<(String, Change)>,
    /// How many answers there were.
    pub(crate) answers: usize,
}

impl Load {
    pub(crate) fn new(rng: Rng) -> Self {
        Self {
            rng,
            tickets: AtomicUsize::new(0),
        }
    }

    /// Calls until the server is gone, which is killed after so many answers.
    pub(crate) fn until_killed(&mut self, server: &ServerProcess, answers: usize) -> Vec<Told> {
        let (answered, count) = channel();
        let rngs: Vec<Rng> = (0..CALLERS).map(|_| self.rng.fork()).collect();
        let tickets = &self.tickets;
        thread::scope(|scope| {
            let start = |(number, rng)| {
                let caller = Caller {
                    number,
                    rng,
                    server,
                    tickets,
                    told: Told::default(),
                };
                let answered = answered.clone();
                scope.spawn(move || caller.call_until_gone(&answered))
            };
            let callers: Vec<_> = rngs.into_iter().enumerate().map(start).collect();
            for _ in 0..answers {
                count.recv_timeout(TIMEOUT).expect("an answer");
            }
            server.process().signal("KILL");
            let told = callers.into_iter().map(|caller| caller.join());
            told.map(|told| told.expect("a caller ends")).collect()
        })
    }
}

struct Caller<'a> {
    number: usize,
    rng: Rng,
    server: &'a ServerProcess,
    tickets: &'a AtomicUsize,
    told: Told,
}

impl Caller<'_> {
    fn call_until_gone(mut self, answered: &Sender<()>) -> Told {
        let own = email(self.number);
        let room = self.server.try_call("GET", &search(&own), &Value::Null);
        let Ok(found) = room else {
            return self.told;
        };
        let room = found.json()["data"].get(0).cloned();
        self.told.own = Some((own, room));
        loop {
            let goes_on = match self.rng.u8(0..10) {
                0..=2 => self.change_own(),
                _ => self.ask_for_shared(),
            };
            if !goes_on {
                return self.told;
            }
            self.told.answers += 1;
            // The test counts only so far.
            let _ = answered.send(());
        }
    }

    /// Asks for the room of a user whom the others ask for at the same time, under a name that
    /// others want; whether there was an answer.
    fn ask_for_shared(&mut self) -> bool {
        let mut ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        if self.rng.u8(0..10) == 0 {
            ticket = self.rng.usize(0..=ticket);
        }
        let user = CALLERS + ticket / CALLERS % (USERS - CALLERS);
        let email = email(user);
        let wanted = self.spelled(&format!("wanted {}", user / 3));
        let names = vec![wanted, format!("Fallback {user} {}", self.number)];
        let asked = json!({"creator_email": email, "name": names[0], "fallback_name": names[1]});
        let Ok(answer) = self.server.try_call("POST", ROOM, &asked) else {
            self.told.unanswered = Some((email, Change::Make(names)));
            return false;
        };
        assert!([200, 201].contains(&answer.status), "{answer:?}");
        self.told.shared.push((email, answer.json()));
        true
    }

    /// Changes the room of the caller's own user; whether there was an answer.
    fn change_own(&mut self) -> bool {
        let (email, room) = self.told.own.take().expect("it is looked for first");
        let change = self.draw_change(room.is_some());
        let answer = self.send(&change, &email, room.as_ref());
        let known = match &answer {
            Ok(answer) => after(&change, room, answer),
            Err(_) => {
                self.told.unanswered = Some((email.clone(), change));
                room
            }
        };
        self.told.own = Some((email, known));
        answer.is_ok()
    }

    fn draw_change(&mut self, has_room: bool) -> Change {
        let name = format!("common name {}", self.rng.usize(..NAMES));
        let name = self.spelled(&name);
        match self.rng.u8(0..10) {
            0..=5 if has_room => Change::Rename(name),
            6..=8 if has_room => Change::Delete,
            _ => Change::Make(vec![name]),
        }
    }

    fn send(
        &self,
        change: &Change,
        email: &str,
        room: Option<&Value>,
    ) -> Result<Answer, ureq::Error> {
        let path = || room_path(room.expect("a room to change"));
        match change {
            Change::Make(names) => {
                let asked = json!({"creator_email": email, "name": names[0]});
                self.server.try_call("POST", ROOM, &asked)
            }
            Change::Rename(name) => self.server.try_call("PUT", &path(), &json!({"name": name})),
            Change::Delete => self.server.try_call("DELETE", &path(), &Value::Null),
        }
    }

    /// The name in one of its spellings.
    fn spelled(&mut self, name: &str) -> String {
        match self.rng.u8(0..3) {
            0 => name.to_uppercase(),
            1 => name.replace(' ', "  "),
            _ => name.to_owned(),
        }
    }
}

/// The caller's own room after an answer, which must fit what was there before.
fn after(change: &Change, before: Option<Value>, answer: &Answer) -> Option<Value> {
    let room = || Some(answer.json());
    match (change, answer.status) {
        (Change::Make(_), 200) => {
            assert_eq!(room(), before);
            before
        }
        (Change::Make(_), 201) => {
            assert_eq!(before, None, "{answer:?}");
            room()
        }
        (Change::Rename(_), 200) => room(),
        (Change::Make(_), 409) if before.is_none() => before,
        (Change::Rename(_), 409) => before,
        (Change::Delete, 204) => None,
        _ => panic!("{change:?} of {before:?}: {answer:?}"),
    }
}

/// The path of a search for the room of a user.
fn search(email: &str) -> String {
    format!("{ROOM}/search?creator_email={email}")
}
