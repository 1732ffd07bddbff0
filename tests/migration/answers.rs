//! The recorded answers of an old version, and how those of today are compared with them.

use crate::fixture;
use crate::support::{Answer, ServerProcess};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;

/// What a server of roomd 0.1.0 answered about its database.
pub(crate) struct Recorded {
    answers: Vec<Value>,
    late: Value,
    /// The list of keys.
    pub(crate) keys: Value,
    /// Rooms and users by GUID, as the calls for each answered.
    entities: HashMap<String, Value>,
}

impl Recorded {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(fixture("answers.json")).expect("a fixture");
        let mut recorded: Value = serde_json::from_str(&text).expect("JSON");
        let answers: Vec<Value> = recorded["answers"].as_array().expect("a list").clone();
        let entity = |call: &Value| {
            let answer = &call["answer"];
            let guid = answer["room_guid"]
                .as_str()
                .or(answer["user_guid"].as_str());
            guid.map(|guid| (guid.to_owned(), answer.clone()))
        };
        Self {
            entities: answers.iter().filter_map(entity).collect(),
            answers,
            late: recorded["late"].take(),
            keys: recorded["keys"].take(),
        }
    }

    /// Makes each call again and compares the answers.
    #[track_caller]
    pub(crate) fn check(&self, server: &ServerProcess) {
        assert!(self.answers.len() > 300);
        self.answers
            .iter()
            .for_each(|call| self.check_call(server, call));
    }

    #[track_caller]
    fn check_call(&self, server: &ServerProcess, call: &Value) {
        let answer = make(server, call);
        assert_eq!(call["status"], answer.status, "{call}: {answer:?}");
        if answer.status < 400 {
            self.compare(call, &answer);
        }
    }

    /// Makes again each call but the searches, which would find what was added last, and the call
    /// for that.
    #[track_caller]
    pub(crate) fn check_late(&self, server: &ServerProcess) {
        let is_search = |call: &Value| {
            call["path"]
                .as_str()
                .is_some_and(|path| path.contains("search"))
        };
        let calls = self.answers.iter().filter(|call| !is_search(call));
        calls.for_each(|call| self.check_call(server, call));
        assert_eq!(make(server, &self.late).json(), self.late["answer"]);
    }

    #[track_caller]
    fn compare(&self, call: &Value, answer: &Answer) {
        let recorded = &call["answer"];
        if let Some(page) = recorded.as_str() {
            // The page of a room may look otherwise; it is that of the same room.
            let title = page.split("<title>").nth(1).expect("a title");
            let title = title.split("</title>").next().expect("a title");
            return assert!(answer.body.contains(title), "{call}: {answer:?}");
        }
        let found = answer.json();
        if let Some(rooms) = recorded["rooms"].as_array() {
            assert_eq!(found["pagination"], recorded["pagination"], "{call}");
            let (found, expected) = (found["data"].clone(), self.listed(rooms));
            if call["path"]
                .as_str()
                .is_some_and(|path| path.contains("sort=name"))
            {
                self.compare_by_name(&found, &expected, &recorded["pagination"]);
            } else {
                assert_same(&found, &expected, call);
            }
        } else if let Some(users) = recorded["users"].as_array() {
            assert_same(&found, &self.listed(users), call);
            assert_eq!(
                answer.header("X-Total-Count"),
                call["total"].to_string(),
                "{call}"
            );
        } else if let Some(guid) = recorded["room"].as_str() {
            assert_eq!(found, self.entities[guid], "{call}");
        } else {
            assert_eq!(&found, recorded, "{call}");
        }
    }

    /// Compares rooms in the order of their names. What schema 2 folds otherwise has another place
    /// now, so only names in ASCII must keep their order, and pages do not begin where they did.
    #[track_caller]
    fn compare_by_name(&self, found: &Value, expected: &Value, pagination: &Value) {
        if pagination["totalPages"] != 1 {
            return;
        }
        let in_ascii = |rooms: &Value| -> Vec<Value> {
            let rooms = rooms.as_array().expect("a list").iter();
            let is_ascii = |room: &&Value| room["name"].as_str().is_some_and(str::is_ascii);
            rooms.filter(is_ascii).cloned().collect()
        };
        assert_eq!(
            found.as_array().map(Vec::len),
            expected.as_array().map(Vec::len)
        );
        assert!(in_ascii(found) == in_ascii(expected), "the order of names");
    }

    fn listed(&self, guids: &[Value]) -> Value {
        let guids = guids.iter().map(|guid| guid.as_str().expect("a GUID"));
        guids.map(|guid| self.entities[guid].clone()).collect()
    }
}

/// Compares lists of rooms or users, without printing all of them.
#[track_caller]
fn assert_same(found: &Value, expected: &Value, call: &Value) {
    let guids = |list: &Value| -> Vec<Value> {
        let list = list.as_array().expect("a list").iter();
        list.map(|entity| {
            entity
                .get("room_guid")
                .unwrap_or(&entity["user_guid"])
                .clone()
        })
        .collect()
    };
    assert_eq!(guids(found), guids(expected), "{}", call["path"]);
    assert!(found == expected, "{}: an entity differs", call["path"]);
}

fn make(server: &ServerProcess, call: &Value) -> Answer {
    let [method, path] = ["method", "path"].map(|part| call[part].as_str().expect("a text"));
    server.call(method, path, &call["body"])
}
