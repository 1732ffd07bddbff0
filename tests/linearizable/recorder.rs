use crate::checker::{Event, History};
use crate::model::{self, Operation, Room, SPELLINGS};
use crate::support::{Answer, ROOM, ServerProcess, email};
use serde_json::json;
use std::sync::Mutex;
use uuid::Uuid;

/// Calls a server and records the start of each call, its end and its answer.
pub(crate) struct Recorder<'a> {
    server: &'a ServerProcess,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    calls: Vec<(Operation, Option<model::Answer>)>,
    events: Vec<Event>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(server: &'a ServerProcess) -> Self {
        Self {
            server,
            record: Mutex::default(),
        }
    }

    pub(crate) fn call(&self, operation: Operation) -> model::Answer {
        let record = || self.record.lock().expect("no caller panicked");
        let call = record().start(operation);
        let answer = read(&send(self.server, operation));
        record().end(call, answer);
        answer
    }

    pub(crate) fn into_history(self) -> History {
        let record = self.record.into_inner();
        let record = record.expect("no caller panicked");
        let calls = record.calls.into_iter();
        let answered = calls.map(|(call, answer)| (call, answer.expect("every call has ended")));
        History {
            calls: answered.collect(),
            events: record.events,
        }
    }
}

impl Record {
    fn start(&mut self, operation: Operation) -> usize {
        let call = self.calls.len();
        self.calls.push((operation, None));
        self.events.push(Event::Started(call));
        call
    }

    fn end(&mut self, call: usize, answer: model::Answer) {
        self.calls[call].1 = Some(answer);
        self.events.push(Event::Ended(call));
    }
}

fn send(server: &ServerProcess, operation: Operation) -> Answer {
    let path = |guid: Uuid| format!("{ROOM}/{guid}");
    match operation {
        Operation::GetOrCreate {
            user,
            name,
            fallback,
        } => {
            let body = json!({
                "creator_email": email(user), "name": SPELLINGS[name],
                "fallback_name": fallback.map(|name| SPELLINGS[name]),
            });
            server.post(ROOM, &body)
        }
        Operation::Get(guid) => server.get(&path(guid)),
        Operation::Rename(guid, name) => server.put(&path(guid), &json!({"name": SPELLINGS[name]})),
        Operation::Delete(guid) => server.delete(&path(guid)),
    }
}

fn read(answer: &Answer) -> model::Answer {
    match answer.status {
        200 => model::Answer::Found(read_room(answer)),
        201 => model::Answer::Created(read_room(answer)),
        204 => model::Answer::Deleted,
        404 if answer.json()["code"] == 70 => model::Answer::NotFound,
        409 if answer.json()["code"] == 71 => model::Answer::NamesTaken,
        _ => panic!("{answer:?}"),
    }
}

fn read_room(answer: &Answer) -> Room {
    let room = answer.json();
    let user = (0..model::USERS).find(|user| room["creator_email"] == email(*user));
    let name = SPELLINGS.iter().position(|name| room["name"] == *name);
    Room {
        guid: answer.guid().parse().expect("a GUID"),
        user: user.expect("a user of the test"),
        name: name.expect("a name of the test"),
    }
}
