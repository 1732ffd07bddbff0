//! Tries the checker on histories of which it is known whether they are linearizable.

use crate::checker::{Event, History, check};
use crate::model::{Answer, Operation, Room, SPELLINGS, State, USERS};
use fastrand::Rng;
use uuid::Uuid;

const CHESS: usize = 0;
const CHESS_AGAIN: usize = 1;
const GO: usize = 2;

/// A call between two moments.
type Timed = (Operation, Answer, [usize; 2]);

/// A history of calls; no two things happen at the same moment.
fn history(calls: &[Timed]) -> History {
    let moments = |(call, (.., [start, end])): (usize, &Timed)| {
        [(*start, Event::Started(call)), (*end, Event::Ended(call))]
    };
    let mut events: Vec<(usize, Event)> = calls.iter().enumerate().flat_map(moments).collect();
    events.sort_by_key(|(moment, _)| *moment);
    History {
        calls: calls.iter().map(|call| (call.0, call.1)).collect(),
        events: events.into_iter().map(|(_, event)| event).collect(),
    }
}

/// A history of calls one after the other.
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

fn ask(user: usize, name: usize, fallback: Option<usize>) -> Operation {
    Operation::GetOrCreate {
        user,
        name,
        fallback,
    }
}

/// Somebody asks for a room with a name, and it is made.
fn made(number: u128, user: usize, name: usize) -> (Operation, Answer) {
    (
        ask(user, name, None),
        Answer::Made(room(number, user, name)),
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
fn a_life_of_rooms_one_call_after_the_other_is_accepted() {
    let fallback = ask(1, CHESS_AGAIN, Some(GO));
    let life = sequence(&[
        made(1, 0, CHESS),
        (ask(0, GO, None), Answer::Is(room(1, 0, CHESS))),
        (ask(1, CHESS_AGAIN, None), Answer::NamesTaken),
        (fallback, Answer::Made(room(2, 1, GO))),
        rename(1, GO, Answer::NamesTaken),
        rename(1, CHESS_AGAIN, Answer::Is(room(1, 0, CHESS_AGAIN))),
        delete(2, Answer::Deleted),
        get(2, Answer::NotFound),
        rename(1, GO, Answer::Is(room(1, 0, GO))),
        made(3, 1, CHESS),
    ]);
    assert_eq!(check(&life), Ok(1));
}

#[test]
fn a_wrong_answer_to_one_caller_after_the_other_is_refused() {
    let is_chess = Answer::Is(room(1, 0, CHESS));
    for (wrong, calls) in [
        (
            "a user with two rooms",
            vec![made(1, 0, CHESS), made(2, 0, GO)],
        ),
        (
            "a room that is lost",
            vec![made(1, 0, CHESS), get(1, Answer::NotFound)],
        ),
        ("a room of nobody", vec![get(1, is_chess)]),
        (
            "a room that changes",
            vec![made(1, 0, CHESS), get(1, Answer::Is(room(1, 0, GO)))],
        ),
        (
            "another's room",
            vec![made(1, 0, CHESS), (ask(1, GO, None), is_chess)],
        ),
        (
            "a name twice",
            vec![made(1, 0, CHESS), made(2, 1, CHESS_AGAIN)],
        ),
        (
            "a GUID twice",
            vec![
                made(1, 0, CHESS),
                delete(1, Answer::Deleted),
                made(1, 0, GO),
            ],
        ),
        (
            "a name that is free and refused",
            vec![(ask(0, CHESS, None), Answer::NamesTaken)],
        ),
        (
            "a fallback too soon",
            vec![(ask(0, CHESS, Some(GO)), Answer::Made(room(1, 0, GO)))],
        ),
        (
            "a rename that did nothing",
            vec![
                made(1, 0, CHESS),
                rename(1, GO, Answer::Is(room(1, 0, GO))),
                get(1, is_chess),
            ],
        ),
        (
            "a rename to a name that is taken",
            vec![
                made(1, 0, CHESS),
                made(2, 1, GO),
                rename(2, CHESS, Answer::Is(room(2, 1, CHESS))),
            ],
        ),
        (
            "a rename refused for its own name",
            vec![
                made(1, 0, CHESS),
                rename(1, CHESS_AGAIN, Answer::NamesTaken),
            ],
        ),
        (
            "a name that a rename left and nobody gets",
            vec![
                made(1, 0, CHESS),
                rename(1, GO, Answer::Is(room(1, 0, GO))),
                (ask(1, CHESS, None), Answer::NamesTaken),
            ],
        ),
        (
            "a deletion that did nothing",
            vec![
                made(1, 0, CHESS),
                delete(1, Answer::Deleted),
                get(1, is_chess),
            ],
        ),
        (
            "two deletions",
            vec![
                made(1, 0, CHESS),
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
fn calls_at_once_may_have_either_order_but_not_both() {
    let (is_chess, is_go) = (Answer::Is(room(1, 0, CHESS)), Answer::Is(room(1, 0, GO)));
    let first = at(made(1, 0, CHESS), 0, 1);
    let renamed = at(rename(1, GO, is_go), 2, 9);
    let read = |before, after| {
        let calls = [
            first,
            renamed,
            at(get(1, before), 3, 4),
            at(get(1, after), 5, 6),
        ];
        check(&history(&calls))
    };
    assert!(read(is_chess, is_chess).is_ok());
    assert!(read(is_chess, is_go).is_ok());
    assert!(read(is_go, is_go).is_ok());
    assert!(read(is_go, is_chess).is_err());
}

#[test]
fn of_two_at_once_who_ask_for_a_room_one_makes_it() {
    let (chess, go) = (room(1, 0, CHESS), room(2, 0, GO));
    let ask_at_once = |first, second| {
        let calls = [
            at((ask(0, CHESS, None), first), 0, 2),
            at((ask(0, GO, None), second), 1, 3),
        ];
        check(&history(&calls))
    };
    assert!(ask_at_once(Answer::Made(chess), Answer::Is(chess)).is_ok());
    assert!(ask_at_once(Answer::Is(go), Answer::Made(go)).is_ok());
    assert!(ask_at_once(Answer::Made(chess), Answer::Made(go)).is_err());
    assert!(ask_at_once(Answer::Is(chess), Answer::Is(chess)).is_err());
    assert!(ask_at_once(Answer::Made(chess), Answer::NamesTaken).is_err());
}

/// One shows that a room has been renamed, the other, later, that it has not been yet.
#[test]
fn answers_that_need_different_orders_are_refused_together() {
    let first = at(made(1, 0, CHESS), 0, 1);
    let renamed = at(rename(1, GO, Answer::Is(room(1, 0, GO))), 2, 9);
    let took_its_name = at(made(2, 1, CHESS_AGAIN), 3, 4);
    let saw_its_name = at(get(1, Answer::Is(room(1, 0, CHESS))), 5, 6);
    assert!(check(&history(&[first, renamed, took_its_name])).is_ok());
    assert!(check(&history(&[first, renamed, saw_its_name])).is_ok());
    assert!(check(&history(&[first, renamed, took_its_name, saw_its_name])).is_err());
}

/// A history that a correct server may have produced: the calls have their moments in this order,
/// and each stretches around its moment as far as the other calls of its caller let it.
fn right_history(rng: &mut Rng, callers: usize, count: usize) -> (Vec<Timed>, State) {
    let (mut state, mut known) = (State::default(), vec![guid(0)]);
    let mut free_from = vec![0; callers];
    let mut calls = Vec::new();
    for number in 1..=count {
        let (caller, moment) = (rng.usize(..callers), number * 1000);
        let (name, fallback) = (rng.usize(..SPELLINGS.len()), rng.usize(..SPELLINGS.len()));
        let some_guid = known[known.len() - 1 - rng.usize(..known.len().min(6))];
        let operation = match rng.u8(0..4) {
            0 => Operation::Rename(some_guid, name),
            1 => Operation::Delete(some_guid),
            2 => Operation::Get(some_guid),
            _ => ask(rng.usize(..USERS), name, Some(fallback)),
        };
        let (answer, after) = state.execute(operation, guid(number as u128));
        state = after;
        known.extend(answer.room().map(|room| room.guid));
        let reach = rng.usize(1..8000);
        let earliest = moment.saturating_sub(reach).max(free_from[caller]);
        free_from[caller] = moment + 1 + rng.usize(..400);
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
fn what_a_correct_server_may_say_is_accepted_and_a_lost_change_at_the_end_is_not() {
    let mut rng = Rng::with_seed(crate::seed());
    for _ in 0..50 {
        let (mut calls, state) = right_history(&mut rng, 8, 60);
        assert!(check(&history(&calls)).is_ok(), "{calls:#?}");
        let user = rng.usize(..USERS);
        let (answer, _) = state.execute(ask(user, CHESS, Some(GO)), guid(9999));
        let wrong = match answer {
            Answer::Is(room) | Answer::Made(room) => Answer::Is(Room {
                guid: guid(8888),
                ..room
            }),
            _ => Answer::Made(room(8888, user, CHESS)),
        };
        calls.push((
            ask(user, CHESS, Some(GO)),
            wrong,
            [usize::MAX - 1, usize::MAX],
        ));
        assert!(check(&history(&calls)).is_err(), "{calls:#?}");
    }
}
