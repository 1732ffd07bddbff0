//! Records what many callers at once ask and are told, and looks for an order in which one caller
//! after the other would have been told the same.

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

/// How many calls `cargo test` is worth, of all callers together.
const CALLS: u64 = 4000;

/// The room that each user was last heard to have, by whatever caller.
type Known = Mutex<[Option<Uuid>; USERS]>;

/// Draws what to ask next: of few users and names, so that callers are in each other's way.
fn draw(rng: &mut Rng, known: &Known) -> Operation {
    let user = rng.usize(..USERS);
    let mut name = || rng.usize(..SPELLINGS.len());
    let (name, fallback) = (name(), name());
    let guid = known.lock().expect("nobody panicked while looking")[user];
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
fn callers_at_once_are_told_what_one_after_the_other_would_be() {
    let mut rng = Rng::with_seed(seed());
    let folder = Folder::new();
    folder.add_users(USERS);
    let server = folder.serve(&[]).with_key(&folder.add_key());
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
                        known.lock().expect("nobody panicked while noting")[room.user] =
                            Some(room.guid);
                    }
                }
            });
        }
    });
    let history = recorder.into_history();
    match checker::check(&history) {
        Ok(explanations) => say(&format!(
            "{} calls, at the most {explanations} explanations at a time",
            history.calls.len()
        )),
        Err(refusal) => panic!("{refusal}"),
    }
}
