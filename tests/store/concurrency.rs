use crate::support::{all_at_once, email};
use crate::{Database, assert_rule, block_on, draft, paging, profile, room_name};
use roomd::model::{CreateOutcome, Error, Room, RoomDraft, RoomPatch, RoomQuery, UserQuery};
use std::collections::HashSet;
use std::rc::Rc;
use tokio::task::{JoinSet, LocalSet};

contract![
    of_many_callers_for_one_user_one_creates_the_room_and_all_get_it,
    of_many_callers_for_one_unknown_user_one_creates_user_and_room,
    of_many_users_one_gets_the_name_and_the_others_their_fallback,
    of_many_users_without_a_fallback_one_gets_the_name,
    of_many_registrations_with_one_address_one_succeeds,
    of_many_updates_to_one_name_one_succeeds,
    a_room_is_deleted_once,
    changes_of_many_callers_are_all_stored,
    many_tasks_of_one_thread_are_all_served,
];

const CALLERS: usize = 32;

/// Runs a call in as many threads as there are callers, at the same moment.
fn at_once<T: Send>(call: impl AsyncFn(usize) -> T + Sync) -> Vec<T> {
    all_at_once(CALLERS, |n| block_on(call(n)))
}

/// Registers a user for each caller.
async fn register(database: &Database) {
    let profiles = (0..CALLERS).map(|n| profile(&email(n))).collect();
    let inserted = database.insert_users(profiles, || {}).await;
    inserted.expect("new users");
}

fn created(results: &[(Room, CreateOutcome)]) -> usize {
    let outcomes = results.iter().map(|(_, outcome)| outcome);
    outcomes.filter(|it| **it == CreateOutcome::Created).count()
}

async fn of_many_callers_for_one_user_one_creates_the_room_and_all_get_it(database: Database) {
    register(&database).await;
    let results = at_once(async |n| {
        let draft = draft(&email(0), &format!("Room {n}"));
        database.get_or_create_default(draft).await.expect("a room")
    });
    assert_eq!(created(&results), 1);
    assert!(results.iter().all(|(room, _)| *room == results[0].0));
}

async fn of_many_callers_for_one_unknown_user_one_creates_user_and_room(database: Database) {
    let results = at_once(async |n| {
        let draft = RoomDraft {
            registration: Some(profile(&email(0))),
            ..draft(&email(0), &format!("Room {n}"))
        };
        database.get_or_create_default(draft).await.expect("a room")
    });
    assert_eq!(created(&results), 1);
    assert!(results.iter().all(|(room, _)| *room == results[0].0));
    let users = database.list_users(UserQuery::default(), paging(1, 1));
    assert_eq!(users.await.expect("a page").total, 1);
}

async fn of_many_users_one_gets_the_name_and_the_others_their_fallback(database: Database) {
    register(&database).await;
    let results = at_once(async |n| {
        let draft = RoomDraft {
            fallback_name: Some(room_name(&format!("Fallback {n}"))),
            ..draft(&email(n), "Wanted")
        };
        database.get_or_create_default(draft).await.expect("a room")
    });
    assert_eq!(created(&results), CALLERS);
    let wanted = results
        .iter()
        .filter(|(room, _)| room.name.as_str() == "Wanted");
    assert_eq!(wanted.count(), 1);
    let tokens: HashSet<_> = results
        .iter()
        .map(|(room, _)| room.slug_token.as_str())
        .collect();
    assert_eq!(tokens.len(), CALLERS);
}

async fn of_many_users_without_a_fallback_one_gets_the_name(database: Database) {
    register(&database).await;
    let create = async |n| {
        database
            .get_or_create_default(draft(&email(n), "Wanted"))
            .await
    };
    let (rooms, errors): (Vec<_>, Vec<_>) = at_once(create).into_iter().partition(Result::is_ok);
    assert_eq!(rooms.len(), 1);
    for error in errors {
        assert_rule(error, Error::RoomNamesTaken(vec!["Wanted".to_owned()]));
    }
}

async fn of_many_registrations_with_one_address_one_succeeds(database: Database) {
    let insert = async |_| database.insert_user(profile("ada@example.com")).await;
    let (users, errors): (Vec<_>, Vec<_>) = at_once(insert).into_iter().partition(Result::is_ok);
    assert_eq!(users.len(), 1);
    for error in errors {
        assert_rule(error, Error::EmailTaken);
    }
}

async fn of_many_updates_to_one_name_one_succeeds(database: Database) {
    register(&database).await;
    let mut rooms = Vec::new();
    for n in 0..CALLERS {
        rooms.push(database.create_room(&email(n), &format!("Room {n}")).await);
    }
    let rename = async |n: usize| {
        let patch = RoomPatch {
            name: Some(room_name("Wanted")),
            ..RoomPatch::default()
        };
        database.update_room(rooms[n].guid, patch).await
    };
    let (renamed, errors): (Vec<_>, Vec<_>) = at_once(rename).into_iter().partition(Result::is_ok);
    assert_eq!(renamed.len(), 1);
    for error in errors {
        assert_rule(error, Error::RoomNamesTaken(vec!["Wanted".to_owned()]));
    }
}

async fn a_room_is_deleted_once(database: Database) {
    register(&database).await;
    let room = database.create_room(&email(0), "Chess").await;
    let delete = async |_| database.delete_room(room.guid).await;
    let (deleted, errors): (Vec<_>, Vec<_>) = at_once(delete).into_iter().partition(Result::is_ok);
    assert_eq!(deleted.len(), 1);
    for error in errors {
        assert_rule(error, Error::RoomNotFound);
    }
}

/// Each caller changes its own room; the engine may commit changes of different callers together,
/// and a change that violates a rule must not undo others.
async fn changes_of_many_callers_are_all_stored(database: Database) {
    register(&database).await;
    let rooms = at_once(async |n| {
        let mut room = database.create_room(&email(n), &format!("Room {n}")).await;
        for round in 0..10 {
            let patch = RoomPatch {
                name: Some(room_name(&format!("Room {n} in round {round}"))),
                allow_recording: Some(round % 2 == 0),
                ..RoomPatch::default()
            };
            room = database
                .update_room(room.guid, patch)
                .await
                .expect("a room");
            let taken = database.insert_user(profile(&email(n))).await;
            assert_rule(taken, Error::EmailTaken);
        }
        room
    });
    let database = database.reopen().await;
    for room in rooms {
        assert_eq!(database.find_room(room.guid).await, Ok(Some(room)));
    }
}

async fn many_tasks_of_one_thread_are_all_served(database: Database) {
    const TASKS: usize = 500;

    let profiles = (0..TASKS).map(|n| profile(&email(n))).collect();
    let inserted = database.insert_users(profiles, || {}).await;
    inserted.expect("new users");
    let database = Rc::new(database);
    let mut rooms = Vec::new();
    let calls = async {
        let mut tasks = JoinSet::new();
        for n in 0..TASKS {
            let database = Rc::clone(&database);
            let draft = draft(&email(n), &format!("Room {n}"));
            tasks.spawn_local(async move { database.get_or_create_default(draft).await });
        }
        while let Some(ended) = tasks.join_next().await {
            rooms.push(ended.expect("no panic").expect("a room"));
        }
    };
    LocalSet::new().run_until(calls).await;
    assert_eq!(created(&rooms), TASKS);
    let page = database.list_rooms(RoomQuery::default(), paging(1, 1));
    assert_eq!(page.await.expect("a page").total, TASKS as u64);
}
