//! Tests the checker with histories that are known to be linearizable or not.

use crate::checker::{Event, History, check};
use crate::model::{Answer, Operation, Room, SPELLINGS, State, USERS};
use fastrand::Rng;
use uuid::Uuid;

const CHESS: usize = 0;
const CHESS_AGAIN: usize = 1;
const GO: usize = 2;

/// A call with its start and its end.
type Timed = (Operation, Answer, [usize; 2]);

/// Returns a history of calls. No two events may have the same time.
fn history(calls: &[Timed]) -> History {
    let events_of = |(call, (.., [start, end])): (usize, &Timed)| {
        [(*start, Event::Started(call)), (*end, Event::Ended(call))]
    };
    let mut events: Vec<(usize, Event)> = calls.iter().enumerate().flat_map(events_of).collect();
    events.sort_by_key(|(time, _)| *time);
    History {
        calls: calls.iter().map(|call| (call.0, call.1)).collect(),
        events: events.into_iter().map(|(_, event)| event).collect(),
    }
}

/// Returns a history of calls one after the other.
fn sequence(calls: &[(Operation, Answer)]) -> History {
    let timed = |(at, call): (usize, &(Operation, Answer))| (call.0, call.1, [2 * at, 2 * at + 1]);
    history(&calls.iter().enumerate().map(timed).collect::<Vec<_>>())
}

fn guid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn room(number: u128, user: usize, name: usize) -> Room {
    Room {
        guid: guid(number),
        user,
        name,
    }
}

fn get_or_create(user: usize, name: usize, fallback: Option<usize>) -> Operation {
    Operation::GetOrCreate {
        user,
        name,
        fallback,
    }
}

/// Returns a call that creates a room.
fn created(number: u128, user: usize, name: usize) -> (Operation, Answer) {
    (
        get_or_create(user, name, None),
        Answer::Created(room(number, user, name)),
    )
}

fn get(number: u128, answer: Answer) -> (Operation, Answer) {
    (Operation::Get(guid(number)), answer)
}

fn rename(number: u128, name: usize, answer: Answer) -> (Operation, Answer) {
    (Operation::Rename(guid(number), name), answer)
}

fn delete(number: u128, answer: Answer) -> (Operation, Answer) {
    (Operation::Delete(guid(number)), answer)
}

fn at(call: (Operation, Answer), start: usize, end: usize) -> Timed {
    (call.0, call.1, [start, end])
}

#[test]
fn a_correct_sequence_is_linearizable() {
    let fallback = get_or_create(1, CHESS_AGAIN, Some(GO));
    let life = sequence(&[
        created(1, 0, CHESS),
        (get_or_create(0, GO, None), Answer::Found(room(1, 0, CHESS))),
        (get_or_create(1, CHESS_AGAIN, None), Answer::NamesTaken),
        (fallback, Answer::Created(room(2, 1, GO))),
        rename(1, GO, Answer::NamesTaken),
        rename(1, CHESS_AGAIN, Answer::Found(room(1, 0, CHESS_AGAIN))),
        delete(2, Answer::Deleted),
        get(2, Answer::NotFound),
        rename(1, GO, Answer::Found(room(1, 0, GO))),
        created(3, 1, CHESS),
    ]);
    assert_eq!(check(&life), Ok(1));
}

#[test]
fn a_sequence_with_a_wrong_answer_is_not_linearizable() {
    let found_chess = Answer::Found(room(1, 0, CHESS));
    for (wrong, calls) in [
        (
            "a user with two rooms",
            vec![created(1, 0, CHESS), created(2, 0, GO)],
        ),
        (
            "a room that is lost",
            vec![created(1, 0, CHESS), get(1, Answer::NotFound)],
        ),
        ("a room that was not created", vec![get(1, found_chess)]),
        (
            "a room that changes",
            vec![created(1, 0, CHESS), get(1, Answer::Found(room(1, 0, GO)))],
        ),
        (
            "another's room",
            vec![
                created(1, 0, CHESS),
                (get_or_create(1, GO, None), found_chess),
            ],
        ),
        (
            "a name twice",
            vec![created(1, 0, CHESS), created(2, 1, CHESS_AGAIN)],
        ),
        (
            "a GUID twice",
            vec![
                created(1, 0, CHESS),
                delete(1, Answer::Deleted),
                created(1, 0, GO),
            ],
        ),
        (
            "a conflict about a free name",
            vec![(get_or_create(0, CHESS, None), Answer::NamesTaken)],
        ),
        (
            "a fallback too soon",
            vec![(
                get_or_create(0, CHESS, Some(GO)),
                Answer::Created(room(1, 0, GO)),
            )],
        ),
        (
            "a rename that did nothing",
            vec![
                created(1, 0, CHESS),
                rename(1, GO, Answer::Found(room(1, 0, GO))),
                get(1, found_chess),
            ],
        ),
        (
            "a rename to a name that is taken",
            vec![
                created(1, 0, CHESS),
                created(2, 1, GO),
                rename(2, CHESS, Answer::Found(room(2, 1, CHESS))),
            ],
        ),
        (
            "a conflict with the room's own name",
            vec![
                created(1, 0, CHESS),
                rename(1, CHESS_AGAIN, Answer::NamesTaken),
            ],
        ),
        (
            "a conflict about a name that a rename freed",
            vec![
                created(1, 0, CHESS),
                rename(1, GO, Answer::Found(room(1, 0, GO))),
                (get_or_create(1, CHESS, None), Answer::NamesTaken),
            ],
        ),
        (
            "a deletion that did nothing",
            vec![
                created(1, 0, CHESS),
                delete(1, Answer::Deleted),
                get(1, found_chess),
            ],
        ),
        (
            "two deletions",
            vec![
                created(1, 0, CHESS),
                delete(1, Answer::Deleted),
                delete(1, Answer::Deleted),
            ],
        ),
    ] {
        assert!(check(&sequence(&calls)).is_err(), "{wrong}");
        let but_last = &calls[..calls.len() - 1];
        assert!(check(&sequence(but_last)).is_ok(), "{wrong}: not the last");
    }
}

#[test]
fn concurrent_calls_may_have_either_order_but_not_both() {
    let (found_chess, found_go) = (
        Answer::Found(room(1, 0, CHESS)),
        Answer::Found(room(1, 0, GO)),
    );
    let first = at(created(1, 0, CHESS), 0, 1);
    let renamed = at(rename(1, GO, found_go), 2, 9);
    let read = |before, after| {
        let calls = [
            first,
            renamed,
            at(get(1, before), 3, 4),
            at(get(1, after), 5, 6),
        ];
        check(&history(&calls))
    };
    assert!(read(found_chess, found_chess).is_ok());
    assert!(read(found_chess, found_go).is_ok());
    assert!(read(found_go, found_go).is_ok());
    assert!(read(found_go, found_chess).is_err());
}

#[test]
fn of_two_concurrent_calls_for_a_room_one_creates_it() {
    let (chess, go) = (room(1, 0, CHESS), room(2, 0, GO));
    let ask_at_once = |first, second| {
        let calls = [
            at((get_or_create(0, CHESS, None), first), 0, 2),
            at((get_or_create(0, GO, None), second), 1, 3),
        ];
        check(&history(&calls))
    };
    assert!(ask_at_once(Answer::Created(chess), Answer::Found(chess)).is_ok());
    assert!(ask_at_once(Answer::Found(go), Answer::Created(go)).is_ok());
    assert!(ask_at_once(Answer::Created(chess), Answer::Created(go)).is_err());
    assert!(ask_at_once(Answer::Found(chess), Answer::Found(chess)).is_err());
    assert!(ask_at_once(Answer::Created(chess), Answer::NamesTaken).is_err());
}

/// One answer shows that a room was renamed, a later one that it was not renamed yet.
#[test]
fn answers_that_need_different_orders_are_not_linearizable_together() {
    let first = at(created(1, 0, CHESS), 0, 1);
    let renamed = at(rename(1, GO, Answer::Found(room(1, 0, GO))), 2, 9);
    let took_its_name = at(created(2, 1, CHESS_AGAIN), 3, 4);
    let saw_its_name = at(get(1, Answer::Found(room(1, 0, CHESS))), 5, 6);
    assert!(check(&history(&[first, renamed, took_its_name])).is_ok());
    assert!(check(&history(&[first, renamed, saw_its_name])).is_ok());
    assert!(check(&history(&[first, renamed, took_its_name, saw_its_name])).is_err());
}

/// Returns a history that a correct server may have produced. The calls are linearized in this
/// order, and each extends around its point in time as far as the other calls of its caller allow.
fn linearizable_history(rng: &mut Rng, callers: usize, count: usize) -> (Vec<Timed>, State) {
    let (mut state, mut known) = (State::default(), vec![guid(0)]);
    let mut free_from = vec![0; callers];
    let mut calls = Vec::new();
    for number in 1..=count {
        let (caller, time) = (rng.usize(..callers), number * 1000);
        let (name, fallback) = (rng.usize(..SPELLINGS.len()), rng.usize(..SPELLINGS.len()));
        let some_guid = known[known.len() - 1 - rng.usize(..known.len().min(6))];
        let operation = match rng.u8(0..4) {
            0 => Operation::Rename(some_guid, name),
            1 => Operation::Delete(some_guid),
            2 => Operation::Get(some_guid),
            _ => get_or_create(rng.usize(..USERS), name, Some(fallback)),
        };
        let (answer, after) = state.execute(operation, guid(number as u128));
        state = after;
        known.extend(answer.room().map(|room| room.guid));
        let reach = rng.usize(1..8000);
        let earliest = time.saturating_sub(reach).max(free_from[caller]);
        free_from[caller] = time + 1 + rng.usize(..400);
        calls.push((
            operation,
            answer,
            [earliest * 32 + caller, free_from[caller] * 32 + caller],
        ));
        free_from[caller] += 1;
    }
    (calls, state)
}

#[test]
fn a_history_of_a_correct_server_is_linearizable_until_a_change_is_lost() {
    let mut rng = Rng::with_seed(crate::seed());
    for _ in 0..50 {
        let (mut calls, state) = linearizable_history(&mut rng, 8, 60);
        assert!(check(&history(&calls)).is_ok(), "{calls:#?}");
        let user = rng.usize(..USERS);
        let (answer, _) = state.execute(get_or_create(user, CHESS, Some(GO)), guid(9999));
        let wrong = match answer {
            Answer::Found(room) | Answer::Created(room) => Answer::Found(Room {
                guid: guid(8888),
                ..room
            }),
            _ => Answer::Created(room(8888, user, CHESS)),
        };
        calls.push((
            get_or_create(user, CHESS, Some(GO)),
            wrong,
            [usize::MAX - 1, usize::MAX],
        ));
        assert!(check(&history(&calls)).is_err(), "{calls:#?}");
    }
}
