use crate::{Database, address, assert_rule, profile, room_name};
use roomd::model::{
    Error, Guid, NewApiKey, RoomPatch, SlugToken, Stars, Timestamp, UserLookup, UserPatch,
};

contract![
    a_new_room_has_given_no_host_link,
    the_first_link_is_remembered_and_the_next_ones_write_nothing,
    a_revocation_starts_the_next_epoch_and_is_durable,
    other_changes_of_a_room_keep_its_epoch,
    a_changed_address_or_an_inactive_owner_starts_the_next_epoch,
    no_link_is_given_out_while_the_owner_is_inactive_or_expired,
    the_database_tells_whether_a_link_was_given_out,
    an_unknown_room_has_no_links_and_no_ratings,
    a_room_to_open_tells_of_its_owner,
    ratings_are_counted_by_stars_and_go_with_the_room,
    every_rating_changes_the_generation,
    a_key_for_guests_only_is_found_as_one,
];

const ADA: &str = "ada@example.com";

async fn with_room(database: &Database) -> Guid {
    database.register(&[ADA]).await;
    database.create_room(ADA, "Room").await.guid
}

async fn epoch(database: &Database, guid: Guid) -> u64 {
    let room = database.find_room(guid).await.expect("a database");
    room.expect("a room").host_epoch
}

async fn change_owner(database: &Database, email: &str, patch: UserPatch) {
    let changed = database.update_user(owner(email), patch).await;
    changed.expect("a user");
}

/// A user whose username is the first e-mail address.
fn owner(username: &str) -> UserLookup {
    UserLookup {
        guid: None,
        username: Some(crate::username(username)),
    }
}

fn stars(number: i64) -> Stars {
    Stars::new(number).expect("stars")
}

fn no_guid() -> Guid {
    Guid::parse("00000000-0000-0000-0000-000000000000").expect("a GUID")
}

async fn a_new_room_has_given_no_host_link(database: Database) {
    let guid = with_room(&database).await;
    let room = database.find_room(guid).await.expect("a database");
    let room = room.expect("a room");
    assert_eq!((room.host_epoch, room.host_link_given), (0, false));
    assert_eq!(database.room_of(ADA).await, Some(room));
}

async fn the_first_link_is_remembered_and_the_next_ones_write_nothing(database: Database) {
    let guid = with_room(&database).await;
    let before = database.generation().await;
    let given = database.give_host_link(guid).await.expect("a room");
    assert!(given.host_link_given);
    let after = database.generation().await;
    assert_ne!(after, before);
    assert_eq!(database.give_host_link(guid).await, Ok(given.clone()));
    assert_eq!(database.generation().await, after);
    let database = database.reopen().await;
    assert_eq!(database.room_of(ADA).await, Some(given));
}

async fn a_revocation_starts_the_next_epoch_and_is_durable(database: Database) {
    let guid = with_room(&database).await;
    let before = database.generation().await;
    assert_eq!(database.revoke_host_links(guid).await, Ok(()));
    assert_ne!(database.generation().await, before);
    assert_eq!(epoch(&database, guid).await, 1);
    assert_eq!(database.revoke_host_links(guid).await, Ok(()));
    let database = database.reopen().await;
    assert_eq!(epoch(&database, guid).await, 2);
    let given = database.give_host_link(guid).await.expect("a room");
    assert_eq!((given.host_epoch, given.host_link_given), (2, true));
}

async fn other_changes_of_a_room_keep_its_epoch(database: Database) {
    let guid = with_room(&database).await;
    assert_eq!(database.revoke_host_links(guid).await, Ok(()));
    database.give_host_link(guid).await.expect("a room");
    let patch = RoomPatch {
        name: Some(room_name("Other")),
        ..RoomPatch::default()
    };
    let room = database.update_room(guid, patch).await.expect("a room");
    assert_eq!((room.host_epoch, room.host_link_given), (1, true));
    let again = database
        .get_or_create_default(crate::draft(ADA, "Room"))
        .await;
    assert_eq!(again.expect("a room").0, room);
}

async fn a_changed_address_or_an_inactive_owner_starts_the_next_epoch(database: Database) {
    let guid = with_room(&database).await;
    database.register(&["grace@example.com"]).await;
    let other = database
        .create_room("grace@example.com", "Other")
        .await
        .guid;
    let to = |email: &str| UserPatch {
        email: Some(address(email)),
        ..UserPatch::default()
    };
    let active = |active| UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    for (patch, expected) in [
        (to("ADA@example.com"), 0),
        (to("countess@example.com"), 1),
        (active(true), 1),
        (active(false), 2),
        (active(false), 2),
        (active(true), 2),
        (to(ADA), 3),
    ] {
        change_owner(&database, ADA, patch).await;
        assert_eq!(epoch(&database, guid).await, expected);
    }
    // A registration that updates the user who exists does the same.
    let inactive = database.upsert_user(profile(ADA), active(false)).await;
    assert!(inactive.is_ok());
    assert_eq!(epoch(&database, guid).await, 4);
    assert_eq!(epoch(&database, other).await, 0);
}

async fn no_link_is_given_out_while_the_owner_is_inactive_or_expired(database: Database) {
    let guid = with_room(&database).await;
    let expires = |at: &str| UserPatch {
        expires_at: Some(Timestamp::parse(at).ok()),
        ..UserPatch::default()
    };
    let active = |active| UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    // Before the first link and after it.
    for _ in 0..2 {
        for [off, on] in [
            [expires("2020-01-01T00:00:00Z"), expires("never")],
            [active(false), active(true)],
        ] {
            let before = database.room_of(ADA).await.expect("a room");
            change_owner(&database, ADA, off).await;
            assert_rule(database.give_host_link(guid).await, Error::OwnerInactive);
            let after = database.room_of(ADA).await.expect("a room");
            assert_eq!(after.host_link_given, before.host_link_given);
            change_owner(&database, ADA, on).await;
        }
        assert!(database.give_host_link(guid).await.is_ok());
    }
}

async fn the_database_tells_whether_a_link_was_given_out(database: Database) {
    assert_eq!(database.gave_host_links().await, Ok(false));
    let guid = with_room(&database).await;
    assert_eq!(database.gave_host_links().await, Ok(false));
    database.give_host_link(guid).await.expect("a room");
    assert_eq!(database.gave_host_links().await, Ok(true));
    assert_eq!(database.delete_room(guid).await, Ok(()));
    assert_eq!(database.gave_host_links().await, Ok(false));
}

async fn an_unknown_room_has_no_links_and_no_ratings(database: Database) {
    let guid = no_guid();
    assert_rule(database.give_host_link(guid).await, Error::RoomNotFound);
    assert_rule(database.revoke_host_links(guid).await, Error::RoomNotFound);
    assert_rule(
        database.add_rating(guid, stars(5)).await,
        Error::RoomNotFound,
    );
    assert_rule(database.find_ratings(guid).await, Error::RoomNotFound);
    let token = SlugToken::from_slug("room_k3v9q2d7xm").expect("a token");
    assert_eq!(database.find_room_to_open(&token).await, Ok(None));
}

async fn a_room_to_open_tells_of_its_owner(database: Database) {
    with_room(&database).await;
    let room = database.room_of(ADA).await.expect("a room");
    let user = database.find_user(owner(ADA)).await.expect("a database");
    let open = async || {
        let found = database.find_room_to_open(&room.slug_token).await;
        found.expect("a database").expect("a room")
    };
    let found = open().await;
    assert_eq!(found.room, room);
    assert_eq!(found.owner_guid, user.expect("a user").guid);
    assert!(found.owner_is_active);
    let expires = |at: &str| UserPatch {
        expires_at: Some(Timestamp::parse(at).ok()),
        ..UserPatch::default()
    };
    change_owner(&database, ADA, expires("2020-01-01T00:00:00Z")).await;
    assert!(!open().await.owner_is_active);
    change_owner(&database, ADA, expires("9000-01-01T00:00:00Z")).await;
    assert!(open().await.owner_is_active);
    let inactive = UserPatch {
        active: Some(false),
        ..UserPatch::default()
    };
    change_owner(&database, ADA, inactive).await;
    assert!(!open().await.owner_is_active);
}

async fn ratings_are_counted_by_stars_and_go_with_the_room(database: Database) {
    let guid = with_room(&database).await;
    for number in [5, 3, 5, 1] {
        assert_eq!(database.add_rating(guid, stars(number)).await, Ok(()));
    }
    let database = database.reopen().await;
    let ratings = database.find_ratings(guid).await.expect("ratings");
    assert_eq!(ratings.by_stars(), [1, 0, 1, 0, 2]);
    assert_eq!((ratings.count(), ratings.average()), (4, Some(3.5)));
    // The next room may have the number of the deleted one.
    assert_eq!(database.delete_room(guid).await, Ok(()));
    let next = database.create_room(ADA, "Room").await.guid;
    let ratings = database.find_ratings(next).await.expect("ratings");
    assert_eq!(ratings.count(), 0);
}

async fn every_rating_changes_the_generation(database: Database) {
    let guid = with_room(&database).await;
    for number in 1..=5 {
        let before = database.generation().await;
        assert_eq!(database.add_rating(guid, stars(number)).await, Ok(()));
        assert_ne!(database.generation().await, before);
    }
    let ratings = database.find_ratings(guid).await.expect("ratings");
    assert_eq!(ratings.by_stars(), [1; 5]);
}

async fn a_key_for_guests_only_is_found_as_one(database: Database) {
    for guests_only in [true, false] {
        let mut key = NewApiKey::generate(None);
        key.guests_only = guests_only;
        assert_eq!(database.insert_key(&key).await, Ok(()));
        let found = database.find_key(&key.access_key).await;
        assert_eq!(
            found.expect("a database").expect("a key").guests_only,
            guests_only
        );
    }
    let listed = database.list_keys().await.expect("keys");
    let listed: Vec<bool> = listed.iter().map(|key| key.guests_only).collect();
    assert_eq!(listed, [true, false]);
}
