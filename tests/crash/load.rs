use crate::support::{Answer, ROOM, ServerProcess, TIMEOUT, email, room_path};
use fastrand::Rng;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// How many callers there are.
const CALLERS: usize = 8;

/// How many users there are. The first belong to one caller each, the others to all callers.
pub(crate) const USERS: usize = 4000;

/// How many names the callers have for the rooms of their own users: fewer than callers.
const NAMES: usize = 5;

/// Callers that create, rename and delete rooms.
pub(crate) struct Load {
    rng: Rng,
    /// How many calls were about users who belong to all callers.
    tickets: AtomicUsize,
}

/// A change to a user's room.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Creates a room under the first name that is free, unless the user has a room.
    Create(Vec<String>),
    Rename(String),
    Delete,
}

/// What a caller was answered until the server was killed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// The rooms of users who belong to all callers, by e-mail address, one entry per answer.
    pub(crate) shared: Vec<(String, Value)>,
    /// The room of the caller's own user in the last answer. None: the user has no room.
    pub(crate) own: Option<(String, Option<Value>)>,
    /// The last change, if it was not answered, with the user's e-mail address.
    pub(crate) unanswered: Option<(String, Change)>,
    /// The number of answers.
    pub(crate) count: usize,
}

impl Load {
    pub(crate) fn new(rng: Rng) -> Self {
        Self {
            rng,
            tickets: AtomicUsize::new(0),
        }
    }

    /// Calls the server until it is killed, which is done after so many answers.
    pub(crate) fn until_killed(&mut self, server: &ServerProcess, answers: usize) -> Vec<Answers> {
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
                    answers: Answers::default(),
                };
                let answered = answered.clone();
                scope.spawn(move || caller.call_until_killed(&answered))
            };
            let callers: Vec<_> = rngs.into_iter().enumerate().map(start).collect();
            for _ in 0..answers {
                count.recv_timeout(TIMEOUT).expect("an answer");
            }
            server.process().signal("KILL");
            let answers = callers.into_iter().map(|caller| caller.join());
            answers
                .map(|answers| answers.expect("a caller ends"))
                .collect()
        })
    }
}

struct Caller<'a> {
    number: usize,
    rng: Rng,
    server: &'a ServerProcess,
    tickets: &'a AtomicUsize,
    answers: Answers,
}

impl Caller<'_> {
    fn call_until_killed(mut self, answered: &Sender<()>) -> Answers {
        let own = email(self.number);
        let room = self.server.try_call("GET", &search(&own), &Value::Null);
        let Ok(found) = room else {
            return self.answers;
        };
        let room = found.json()["data"].get(0).cloned();
        self.answers.own = Some((own, room));
        loop {
            let is_answered = match self.rng.u8(0..10) {
                0..=2 => self.change_own(),
                _ => self.get_or_create_shared(),
            };
            if !is_answered {
                return self.answers;
            }
            self.answers.count += 1;
            // Fails when the test has counted enough.
            let _ = answered.send(());
        }
    }

    /// Gets or creates the room of a user for whom other callers do the same at the same time,
    /// under a name that other users want. Returns whether an answer came.
    fn get_or_create_shared(&mut self) -> bool {
        let mut ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        if self.rng.u8(0..10) == 0 {
            ticket = self.rng.usize(0..=ticket);
        }
        let user = CALLERS + ticket / CALLERS % (USERS - CALLERS);
        let email = email(user);
        let name = self.spelled(&format!("wanted {}", user / 3));
        let names = vec![name, format!("Fallback {user} {}", self.number)];
        let body = json!({"creator_email": email, "name": names[0], "fallback_name": names[1]});
        let Ok(answer) = self.server.try_call("POST", ROOM, &body) else {
            self.answers.unanswered = Some((email, Change::Create(names)));
            return false;
        };
        assert!([200, 201].contains(&answer.status), "{answer:?}");
        self.answers.shared.push((email, answer.json()));
        true
    }

    /// Changes the room of the caller's own user; returns whether an answer came.
    fn change_own(&mut self) -> bool {
        let (email, room) = self.answers.own.take().expect("it is known from the start");
        let change = self.draw_change(room.is_some());
        let answer = self.send(&change, &email, room.as_ref());
        let known = match &answer {
            Ok(answer) => after(&change, room, answer),
            Err(_) => {
                self.answers.unanswered = Some((email.clone(), change));
                room
            }
        };
        self.answers.own = Some((email, known));
        answer.is_ok()
    }

    fn draw_change(&mut self, has_room: bool) -> Change {
        let name = format!("common name {}", self.rng.usize(..NAMES));
        let name = self.spelled(&name);
        match self.rng.u8(0..10) {
            0..=5 if has_room => Change::Rename(name),
            6..=8 if has_room => Change::Delete,
            _ => Change::Create(vec![name]),
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
            Change::Create(names) => {
                let body = json!({"creator_email": email, "name": names[0]});
                self.server.try_call("POST", ROOM, &body)
            }
            Change::Rename(name) => self.server.try_call("PUT", &path(), &json!({"name": name})),
            Change::Delete => self.server.try_call("DELETE", &path(), &Value::Null),
        }
    }

    /// Returns the name in one of its spellings.
    fn spelled(&mut self, name: &str) -> String {
        match self.rng.u8(0..3) {
            0 => name.to_uppercase(),
            1 => name.replace(' ', "  "),
            _ => name.to_owned(),
        }
    }
}

/// Returns the room after an answer to a change, which must fit the room before.
fn after(change: &Change, before: Option<Value>, answer: &Answer) -> Option<Value> {
    let room = || Some(answer.json());
    match (change, answer.status) {
        (Change::Create(_), 200) => {
            assert_eq!(room(), before);
            before
        }
        (Change::Create(_), 201) => {
            assert_eq!(before, None, "{answer:?}");
            room()
        }
        (Change::Rename(_), 200) => room(),
        (Change::Create(_), 409) if before.is_none() => before,
        (Change::Rename(_), 409) => before,
        (Change::Delete, 204) => None,
        _ => panic!("{change:?} of {before:?}: {answer:?}"),
    }
}

/// Returns the path of a search for the room of a user.
fn search(email: &str) -> String {
    format!("{ROOM}/search?creator_email={email}")
}
