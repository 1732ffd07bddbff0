use crate::load::{Answers, Change};
use crate::support::text;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What callers know: the room of each user, and the changes that may or may not have happened to
/// it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rooms: BTreeMap<String, Value>,
    unanswered: Vec<(String, Change)>,
}

impl Ledger {
    /// Adds the answers to a caller.
    pub(crate) fn add(&mut self, answers: Answers) {
        for (email, room) in answers.shared {
            let known = self.rooms.entry(email).or_insert_with(|| room.clone());
            assert_eq!(*known, room, "a user has two rooms in answers");
        }
        if let Some((email, room)) = answers.own {
            self.rooms.remove(&email);
            self.rooms.extend(room.map(|room| (email, room)));
        }
        self.unanswered.extend(answers.unanswered);
    }

    /// Compares all rooms of the server with the known ones; returns the differences. From then on
    /// the rooms of the server are the known ones.
    pub(crate) fn compare(&mut self, found: Vec<Value>) -> Vec<String> {
        let mut differences = Vec::new();
        let (mut rooms, mut names) = (BTreeMap::new(), BTreeSet::new());
        for room in found {
            if !names.insert(key(text(&room, "name"))) {
                differences.push(format!("the name of {room} exists twice"));
            }
            let email = text(&room, "creator_email").to_owned();
            if let Some(other) = rooms.insert(email, room) {
                differences.push(format!("the user of {other} has two rooms"));
            }
        }
        let users: BTreeSet<&String> = self.rooms.keys().chain(rooms.keys()).collect();
        for email in users {
            let (known, found) = (self.rooms.get(email), rooms.get(email));
            if known != found && !self.is_explained(email, known, found) {
                differences.push(format!("{email}: known {known:?}, found {found:?}"));
            }
        }
        self.rooms = rooms;
        self.unanswered.clear();
        differences
    }

    /// Returns whether a change that was not answered explains a difference.
    fn is_explained(&self, email: &str, known: Option<&Value>, found: Option<&Value>) -> bool {
        let mut changes = self.unanswered.iter().filter(|(user, _)| user == email);
        changes.any(|(_, change)| match (change, known, found) {
            (Change::Create(names), None, Some(found)) => {
                names.iter().any(|name| name == text(found, "name"))
            }
            (Change::Rename(name), Some(known), Some(found)) => is_renamed(known, found, name),
            (Change::Delete, Some(_), None) => true,
            _ => false,
        })
    }
}

/// Returns whether a room differs only by its name, and by the readable part of its `url`.
fn is_renamed(known: &Value, found: &Value, name: &str) -> bool {
    let mut renamed = known.clone();
    renamed["name"] = json!(name);
    renamed["url"] = found["url"].clone();
    let token = |room| text(room, "url").rsplit('_').next().map(str::to_owned);
    renamed == *found && token(known) == token(found)
}

/// Returns the form that all spellings of a name share.
fn key(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn room(user: &str, guid: &str, name: &str) -> Value {
    let url = format!("https://rooms.example.com/groups/room/{name}_{guid}");
    json!({"creator_email": user, "room_guid": guid, "name": name, "url": url})
}

/// Returns a ledger that knows the rooms of two users.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.add(Answers {
        shared: vec![("ada".into(), room("ada", "1", "Chess"))],
        own: Some(("grace".into(), Some(room("grace", "2", "Go")))),
        ..Answers::default()
    });
    ledger
}

fn unanswered(user: &str, change: Change) -> Answers {
    Answers {
        unanswered: Some((user.into(), change)),
        ..Answers::default()
    }
}

#[test]
fn only_acknowledged_rooms_are_no_difference() {
    let (chess, go) = (room("ada", "1", "Chess"), room("grace", "2", "Go"));
    let count = |found: &[&Value]| {
        ledger()
            .compare(found.iter().copied().cloned().collect())
            .len()
    };
    assert_eq!(count(&[&chess, &go]), 0);
    assert_eq!(count(&[&chess]), 1);
    assert_eq!(count(&[&go]), 1);
    assert_eq!(count(&[&chess, &room("grace", "3", "Go")]), 1);
    assert_eq!(count(&[&chess, &room("grace", "2", "Goo")]), 1);
    assert_eq!(count(&[&chess, &go, &room("edsger", "3", "Draughts")]), 1);
    assert_eq!(count(&[&chess, &go, &go]), 2);
    assert_eq!(count(&[&chess, &room("grace", "2", " CHESS")]), 2);
}

#[test]
fn a_change_without_an_answer_may_have_happened_or_not() {
    let (chess, go) = (room("ada", "1", "Chess"), room("grace", "2", "Go"));
    let rename = Change::Rename("Goo".into());
    let create = Change::Create(vec!["Draughts".into(), "Checkers".into()]);
    let count = |user: &str, change: &Change, found: &[&Value]| {
        let mut ledger = ledger();
        ledger.add(unanswered(user, change.clone()));
        ledger
            .compare(found.iter().copied().cloned().collect())
            .len()
    };
    assert_eq!(count("grace", &rename, &[&chess, &go]), 0);
    let mut renamed = room("grace", "2", "Goo");
    assert_eq!(count("grace", &rename, &[&chess, &renamed]), 0);
    assert_eq!(count("ada", &rename, &[&chess, &renamed]), 1);
    assert_eq!(count("grace", &rename, &[&chess]), 1);
    renamed["tags"] = json!("a");
    assert_eq!(count("grace", &rename, &[&chess, &renamed]), 1);
    assert_eq!(count("grace", &Change::Delete, &[&chess]), 0);
    assert_eq!(count("grace", &Change::Delete, &[&chess, &go]), 0);
    assert_eq!(count("grace", &Change::Delete, &[&go]), 1);
    for (name, differences) in [("Draughts", 0), ("Checkers", 0), ("Other", 1)] {
        let created = room("edsger", "3", name);
        assert_eq!(
            count("edsger", &create, &[&chess, &go, &created]),
            differences
        );
    }
    assert_eq!(count("edsger", &create, &[&chess, &go]), 0);
}

#[test]
fn rooms_that_were_found_are_known() {
    let mut ledger = ledger();
    ledger.add(unanswered("grace", Change::Delete));
    let chess = room("ada", "1", "Chess");
    assert!(ledger.compare(vec![chess.clone()]).is_empty());
    assert!(ledger.compare(vec![chess.clone()]).is_empty());
    let back = vec![chess, room("grace", "2", "Go")];
    assert_eq!(ledger.compare(back).len(), 1);
}
