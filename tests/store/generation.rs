use crate::{Database, draft, profile, room_name};
use roomd::model::{NewApiKey, RoomDraft, RoomPatch, UserPatch};
use roomd::store::Generation;

contract![
    insertions_keep_the_generation,
    every_other_commit_raises_the_generation,
    a_commit_of_another_process_raises_the_generation,
    a_generation_never_returns_to_an_older_one,
];

const ADA: &str = "ada@example.com";

/// Asserts that the generation is greater than before; returns it. An engine that cannot tell it
/// returns None and has nothing to prove.
#[track_caller]
fn assert_raised(before: Option<Generation>, after: Option<Generation>) -> Option<Generation> {
    assert!(after > before || after.is_none(), "{before:?} {after:?}");
    after
}

fn rename(name: &str) -> RoomPatch<'static> {
    RoomPatch {
        name: Some(room_name(name)),
        ..RoomPatch::default()
    }
}

fn deactivate() -> UserPatch {
    UserPatch {
        active: Some(false),
        ..UserPatch::default()
    }
}

async fn insertions_keep_the_generation(database: Database) {
    database.register(&[ADA]).await;
    let before = database.generation().await;
    database.register(&["b@example.com", "c@example.com"]).await;
    let inserted = database.insert_user(profile("d@example.com")).await;
    inserted.expect("a new user");
    database.create_room(ADA, "Chess").await;
    let key = NewApiKey::generate(None);
    assert_eq!(database.insert_key(&key).await, Ok(()));
    let registering = RoomDraft {
        registration: Some(profile("e@example.com")),
        ..draft("e@example.com", "Go")
    };
    let created = database.get_or_create_default(registering).await;
    created.expect("a room");
    // A call that finds a room commits nothing.
    let found = database.get_or_create_default(draft(ADA, "Chess")).await;
    found.expect("a room");
    assert_eq!(database.generation().await, before);
}

async fn every_other_commit_raises_the_generation(database: Database) {
    let user = database
        .insert_user(profile(ADA))
        .await
        .expect("a new user");
    let room = database.create_room(ADA, "Chess").await;
    let key = NewApiKey::generate(None);
    assert_eq!(database.insert_key(&key).await, Ok(()));
    let mut last = database.generation().await;
    let renamed = database.update_room(room.guid, rename("Go")).await;
    renamed.expect("a room");
    last = assert_raised(last, database.generation().await);
    assert_eq!(database.delete_room(room.guid).await, Ok(()));
    last = assert_raised(last, database.generation().await);
    let updated = database.update_user(user.guid, deactivate()).await;
    updated.expect("a user");
    last = assert_raised(last, database.generation().await);
    assert_eq!(database.delete_user(user.guid).await, Ok(()));
    last = assert_raised(last, database.generation().await);
    assert_eq!(database.revoke_key(&key.access_key).await, Ok(()));
    assert_raised(last, database.generation().await);
}

async fn a_commit_of_another_process_raises_the_generation(database: Database) {
    database.register(&[ADA]).await;
    let before = database.generation().await;
    database.folder.roomd(&["user", "remove", ADA, "--yes"]);
    assert_raised(before, database.generation().await);
    assert!(
        database
            .get_or_create_default(draft(ADA, "Chess"))
            .await
            .is_err()
    );
}

async fn a_generation_never_returns_to_an_older_one(database: Database) {
    database.register(&[ADA]).await;
    let room = database.create_room(ADA, "Chess").await;
    let mut last = database.generation().await;
    for n in 0..50 {
        // There and back: what is stored returns to an older state, the generation does not.
        let name = if n % 2 == 0 { "Go" } else { "Chess" };
        let renamed = database.update_room(room.guid, rename(name)).await;
        renamed.expect("a room");
        last = assert_raised(last, database.generation().await);
        database.register(&[&crate::support::email(n)]).await;
        assert_eq!(database.generation().await, last);
    }
}
