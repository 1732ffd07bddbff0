//! Records the calls of concurrent clients with their answers, and checks that the history is
//! linearizable: that some order of the calls, one after the other, gives the same answers.

mod checker;
mod histories;
mod model;
mod recorder;
#[path = "../support/mod.rs"]
mod support;

use fastrand::Rng;
use model::{Operation, SPELLINGS, USERS};
use recorder::Recorder;
use std::sync::Mutex;
use std::thread;
use support::{Folder, number, say, seed};
use uuid::Uuid;

const CALLERS: u64 = 8;

/// How many calls all callers send together unless `ROOMD_CALLS` is set.
const CALLS: u64 = 4000;

/// The GUID of each user's room in the last answer to any caller.
type Known = Mutex<[Option<Uuid>; USERS]>;

/// Draws the next call, about few users and names, so that callers compete for them.
fn draw(rng: &mut Rng, known: &Known) -> Operation {
    let user = rng.usize(..USERS);
    let mut name = || rng.usize(..SPELLINGS.len());
    let (name, fallback) = (name(), name());
    let guid = known.lock().expect("no caller panicked")[user];
    match (rng.u8(0..10), guid) {
        (0..=2, Some(guid)) => Operation::Rename(guid, name),
        (3..=4, Some(guid)) => Operation::Delete(guid),
        (5, Some(guid)) => Operation::Get(guid),
        _ => Operation::GetOrCreate {
            user,
            name,
            fallback: rng.bool().then_some(fallback),
        },
    }
}

#[test]
fn concurrent_calls_are_linearizable() {
    let mut rng = Rng::with_seed(seed());
    let folder = Folder::new();
    // The other users are registered by their first call.
    folder.add_users(USERS / 2);
    let mut serve = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("ROOMD_USERS_REGISTER_UNKNOWN", "example.com");
    let server = folder.start(&mut serve).expect("it starts");
    let server = server.with_key(&folder.add_key());
    let calls = number("ROOMD_CALLS").unwrap_or(CALLS) / CALLERS;
    let (recorder, known) = (Recorder::new(&server), Known::default());
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            let mut rng = rng.fork();
            let (recorder, known) = (&recorder, &known);
            scope.spawn(move || {
                for _ in 0..calls {
                    let answer = recorder.call(draw(&mut rng, known));
                    if let Some(room) = answer.room() {
                        known.lock().expect("no caller panicked")[room.user] = Some(room.guid);
                    }
                }
            });
        }
    });
    let history = recorder.into_history();
    match checker::check(&history) {
        Ok(configurations) => say(&format!(
            "{} calls, at most {configurations} configurations at a time",
            history.calls.len()
        )),
        Err(failure) => panic!("{failure}"),
    }
}
