use crate::{Database, address, assert_rule, draft, lang, paging, profile, room_name, username};
use roomd::model::{
    CreateOutcome, Error, Guid, RoomDraft, RoomPatch, SlugToken, Tags, Timestamp, UserDefaults,
    UserLookup, UserPatch, UserProfile, UserQuery,
};

contract![
    a_new_room_has_what_the_draft_says,
    the_second_call_returns_the_room_as_it_is_stored,
    a_user_has_one_room_in_any_spelling_of_the_address,
    a_room_is_found_by_owner_guid_and_slug,
    the_fallback_is_used_if_the_name_is_taken,
    names_that_are_taken_are_listed_once_and_nothing_is_stored,
    an_unknown_inactive_or_expired_user_gets_no_room,
    an_unknown_user_is_registered_with_the_profile_of_the_draft,
    an_unknown_user_gets_the_first_username_that_is_free,
    an_unknown_user_is_not_registered_without_a_room,
    errors_of_the_user_come_before_errors_of_the_name,
    an_existing_room_is_returned_whatever_became_of_the_user,
    an_update_changes_only_what_is_set,
    a_room_cannot_be_renamed_to_a_name_of_another_room,
    a_renamed_room_frees_its_name_and_keeps_its_slug_token,
    a_deleted_room_is_not_found_and_its_owner_gets_a_new_one,
    an_unknown_room_cannot_be_updated_or_deleted,
    changes_survive_reopening,
    a_closed_database_accepts_no_writes,
];

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

/// No room has this GUID.
fn unknown_guid() -> Guid {
    Guid::parse("0197A3C2-6414-7046-87A6-67730D5F9F08").expect("a GUID")
}

fn rename(name: &str) -> RoomPatch<'static> {
    RoomPatch {
        name: Some(room_name(name)),
        ..RoomPatch::default()
    }
}

async fn a_new_room_has_what_the_draft_says(database: Database) {
    database.register(&[ADA]).await;
    let tags = Tags::parse("a, b").expect("tags");
    let draft = RoomDraft {
        lang: lang("de"),
        tags: Some(tags.clone()),
        allow_recording: false,
        inaccessible_replay: true,
        ..draft(ADA, "Café  Society")
    };
    let before = Timestamp::now();
    let (room, outcome) = database.get_or_create_default(draft).await.expect("a room");
    assert_eq!(outcome, CreateOutcome::Created);
    assert_eq!(room.name.as_str(), "Café  Society");
    assert_eq!(
        (room.lang.clone(), room.tags.clone()),
        (lang("de"), Some(tags))
    );
    assert_eq!(
        (room.allow_recording, room.inaccessible_replay),
        (false, true)
    );
    assert_eq!(room.creator_email, ADA);
    assert!((before..=Timestamp::now()).contains(&room.created_at));
    assert!(room.options.as_json().contains("\"session_duration\":60"));
    assert_eq!(database.find_room(room.guid).await, Ok(Some(room)));
}

async fn the_second_call_returns_the_room_as_it_is_stored(database: Database) {
    database.register(&[ADA]).await;
    let room = database.create_room(ADA, "Chess").await;
    let other = RoomDraft {
        lang: lang("de"),
        allow_recording: false,
        ..draft(ADA, "Go")
    };
    let found = database.get_or_create_default(other).await;
    assert_eq!(found, Ok((room, CreateOutcome::Existed)));
}

async fn a_user_has_one_room_in_any_spelling_of_the_address(database: Database) {
    database.register(&["Ada@MÜNCHEN.example"]).await;
    let room = database
        .create_room("ada@xn--mnchen-3ya.example", "Chess")
        .await;
    assert_eq!(room.creator_email, "Ada@MÜNCHEN.example");
    let found = database.get_or_create_default(draft("ADA@münchen.EXAMPLE", "Go"));
    assert_eq!(found.await, Ok((room, CreateOutcome::Existed)));
}

async fn a_room_is_found_by_owner_guid_and_slug(database: Database) {
    database.register(&[ADA, GRACE]).await;
    let room = database.create_room(ADA, "Chess").await;
    let token = SlugToken::from_slug(&room.slug()).expect("a token");
    let found = Ok(Some(room.clone()));
    assert_eq!(database.find_default_room(&address(ADA)).await, found);
    assert_eq!(database.find_room(room.guid).await, found);
    assert_eq!(database.find_room_by_slug(&token).await, found);
    let other = SlugToken::from_slug("chess_0000000000").expect("a token");
    assert_eq!(database.room_of(GRACE).await, None);
    assert_eq!(database.find_room(unknown_guid()).await, Ok(None));
    assert_eq!(database.find_room_by_slug(&other).await, Ok(None));
}

async fn the_fallback_is_used_if_the_name_is_taken(database: Database) {
    database.register(&[ADA, GRACE]).await;
    database.create_room(ADA, "Café Society").await;
    let second = RoomDraft {
        fallback_name: Some(room_name("Go")),
        ..draft(GRACE, "CAFE\u{301}   society")
    };
    let created = database.get_or_create_default(second).await;
    let (room, outcome) = created.expect("a room");
    assert_eq!(
        (room.name, outcome),
        (room_name("Go"), CreateOutcome::Created)
    );
}

async fn names_that_are_taken_are_listed_once_and_nothing_is_stored(database: Database) {
    database.register(&[ADA, GRACE, "edsger@example.com"]).await;
    database.create_room(ADA, "Chess").await;
    database.create_room(GRACE, "Go").await;
    for (fallback, taken) in [
        (None, &["chess"][..]),
        (Some("CHESS"), &["chess"]),
        (Some("GO"), &["chess", "GO"]),
    ] {
        let draft = RoomDraft {
            fallback_name: fallback.map(room_name),
            ..draft("edsger@example.com", "chess")
        };
        let taken = taken.iter().map(ToString::to_string).collect();
        let created = database.get_or_create_default(draft).await;
        assert_rule(created, Error::RoomNamesTaken(taken));
    }
    assert_eq!(database.room_of("edsger@example.com").await, None);
}

async fn an_unknown_inactive_or_expired_user_gets_no_room(database: Database) {
    let past = Timestamp::parse("2001-01-01T00:00:00Z").expect("a date");
    let future = Timestamp::parse("2999-01-01T00:00:00Z").expect("a date");
    for (email, active, expires_at) in [
        ("inactive@example.com", false, None),
        ("expired@example.com", true, Some(past)),
        ("expiring@example.com", true, Some(future)),
    ] {
        let user = UserProfile {
            active,
            expires_at,
            ..profile(email)
        };
        database.insert_user(user).await.expect("a new user");
    }
    let create = async |email: &str| database.get_or_create_default(draft(email, "Chess")).await;
    assert_rule(create(ADA).await, Error::EmailNotFound);
    assert_rule(create("inactive@example.com").await, Error::UserInactive);
    assert_rule(create("expired@example.com").await, Error::UserInactive);
    let (_, outcome) = create("expiring@example.com").await.expect("a room");
    assert_eq!(outcome, CreateOutcome::Created);
}

/// Returns the draft of a room whose creator is registered if unknown.
fn registering(creator_email: &str, name: &str) -> RoomDraft<'static> {
    let profile = UserProfile::from_email(address(creator_email), &UserDefaults::default());
    RoomDraft {
        registration: Some(profile),
        ..draft(creator_email, name)
    }
}

async fn an_unknown_user_is_registered_with_the_profile_of_the_draft(database: Database) {
    let created = database.get_or_create_default(registering(ADA, "Chess"));
    let (room, outcome) = created.await.expect("a room");
    assert_eq!(outcome, CreateOutcome::Created);
    assert_eq!(room.creator_email, ADA);
    let user = database.find_user(UserLookup::parse("ada")).await;
    let user = user.expect("a database").expect("a user");
    let expected = UserProfile::from_email(address(ADA), &UserDefaults::default());
    assert_eq!(user.profile, expected);
    assert_eq!(user.updated_at, None);
    // Now the user is known.
    assert_eq!(database.delete_room(room.guid).await, Ok(()));
    let other = UserProfile {
        username: username("other"),
        ..profile(ADA)
    };
    let again = RoomDraft {
        registration: Some(other),
        ..draft(ADA, "Go")
    };
    let (_, outcome) = database.get_or_create_default(again).await.expect("a room");
    assert_eq!(outcome, CreateOutcome::Created);
    assert_eq!(database.find_user(user.guid).await, Ok(Some(user)));
}

async fn an_unknown_user_gets_the_first_username_that_is_free(database: Database) {
    for (email, name) in [
        ("1@example.com", "ADA"),
        ("2@example.com", "Grace"),
        ("3@example.com", "grace@EXAMPLE.com"),
    ] {
        let user = UserProfile {
            username: username(name),
            ..profile(email)
        };
        database.insert_user(user).await.expect("a new user");
    }
    for (email, name) in [(ADA, "Chess"), (GRACE, "Go")] {
        let created = database.get_or_create_default(registering(email, name));
        assert_eq!(created.await.expect("a room").1, CreateOutcome::Created);
    }
    let user = database.find_user(UserLookup::parse(ADA)).await;
    let user = user.expect("a database").expect("a user");
    assert_eq!(user.profile.email, address(ADA));
    let users = database
        .list_users(UserQuery::default(), paging(1, 1))
        .await;
    let last = &users.expect("a page").entries[0];
    assert_eq!(last.profile.email, address(GRACE));
    assert_eq!(last.profile.username.as_str(), last.guid.to_string());
}

async fn an_unknown_user_is_not_registered_without_a_room(database: Database) {
    database.register(&[ADA]).await;
    database.create_room(ADA, "Chess").await;
    let generation = database.generation().await;
    let created = database.get_or_create_default(registering(GRACE, "chess"));
    let taken = Error::RoomNamesTaken(vec!["chess".to_owned()]);
    assert_rule(created.await, taken);
    let users = database
        .list_users(UserQuery::default(), paging(1, 1))
        .await;
    assert_eq!(users.expect("a page").total, 1);
    assert_eq!(database.generation().await, generation);
    let with_fallback = RoomDraft {
        fallback_name: Some(room_name("Go")),
        ..registering(GRACE, "Chess")
    };
    let created = database.get_or_create_default(with_fallback).await;
    assert_eq!(created.expect("a room").0.name.as_str(), "Go");
}

async fn errors_of_the_user_come_before_errors_of_the_name(database: Database) {
    let inactive = UserProfile {
        active: false,
        ..profile(GRACE)
    };
    database.insert_user(inactive).await.expect("a new user");
    database.register(&[ADA]).await;
    database.create_room(ADA, "Chess").await;
    let create = async |email: &str| database.get_or_create_default(draft(email, "Chess")).await;
    assert_rule(create("edsger@example.com").await, Error::EmailNotFound);
    assert_rule(create(GRACE).await, Error::UserInactive);
}

async fn an_existing_room_is_returned_whatever_became_of_the_user(database: Database) {
    let user = database
        .insert_user(profile(ADA))
        .await
        .expect("a new user");
    let mut room = database.create_room(ADA, "Chess").await;
    let inactive = UserPatch {
        active: Some(false),
        ..UserPatch::default()
    };
    let updated = database.update_user(user.guid, inactive).await;
    assert!(!updated.expect("a user").profile.active);
    // Nobody is host in the name of an inactive owner.
    room.host_epoch += 1;
    let found = database.get_or_create_default(draft(ADA, "Go")).await;
    assert_eq!(found, Ok((room.clone(), CreateOutcome::Existed)));
    assert_eq!(database.delete_room(room.guid).await, Ok(()));
    let created = database.get_or_create_default(draft(ADA, "Go")).await;
    assert_rule(created, Error::UserInactive);
}

async fn an_update_changes_only_what_is_set(database: Database) {
    database.register(&[ADA]).await;
    let mut room = database.create_room(ADA, "Chess").await;
    let unchanged = database.update_room(room.guid, RoomPatch::default()).await;
    assert_eq!(unchanged, Ok(room.clone()));
    let tags = Tags::parse("a, b").expect("tags");
    room.tags = Some(tags.clone());
    room.lang = lang("de");
    let patch = RoomPatch {
        tags: Some(Some(tags)),
        lang: Some(lang("de")),
        ..RoomPatch::default()
    };
    assert_eq!(
        database.update_room(room.guid, patch).await,
        Ok(room.clone())
    );
    room.tags = None;
    room.name = room_name("Go");
    (room.allow_recording, room.inaccessible_replay) = (false, true);
    let patch = RoomPatch {
        tags: Some(None),
        allow_recording: Some(false),
        inaccessible_replay: Some(true),
        ..rename("Go")
    };
    assert_eq!(
        database.update_room(room.guid, patch).await,
        Ok(room.clone())
    );
    assert_eq!(database.find_room(room.guid).await, Ok(Some(room)));
}

async fn a_room_cannot_be_renamed_to_a_name_of_another_room(database: Database) {
    database.register(&[ADA, GRACE]).await;
    let room = database.create_room(ADA, "Chess").await;
    database.create_room(GRACE, "Go").await;
    let renamed = database.update_room(room.guid, rename("gO")).await;
    assert_rule(renamed, Error::RoomNamesTaken(vec!["gO".to_owned()]));
    assert_eq!(database.find_room(room.guid).await, Ok(Some(room.clone())));
    let respelled = database.update_room(room.guid, rename("CHESS")).await;
    assert_eq!(respelled.expect("a room").name.as_str(), "CHESS");
}

async fn a_renamed_room_frees_its_name_and_keeps_its_slug_token(database: Database) {
    database.register(&[ADA, GRACE]).await;
    let room = database.create_room(ADA, "Chess").await;
    let renamed = database.update_room(room.guid, rename("Go")).await;
    let renamed = renamed.expect("a room");
    assert_eq!(renamed.slug_token, room.slug_token);
    let found = database.find_room_by_slug(&room.slug_token).await;
    assert_eq!(found, Ok(Some(renamed)));
    database.create_room(GRACE, "Chess").await;
}

async fn a_deleted_room_is_not_found_and_its_owner_gets_a_new_one(database: Database) {
    database.register(&[ADA]).await;
    let room = database.create_room(ADA, "Chess").await;
    assert_eq!(database.delete_room(room.guid).await, Ok(()));
    assert_eq!(database.room_of(ADA).await, None);
    assert_eq!(database.find_room(room.guid).await, Ok(None));
    assert_eq!(database.find_room_by_slug(&room.slug_token).await, Ok(None));
    let next = database.create_room(ADA, "Chess").await;
    assert_ne!(next.guid, room.guid);
    assert_ne!(next.slug_token, room.slug_token);
    assert_eq!(database.find_room_by_slug(&room.slug_token).await, Ok(None));
}

async fn an_unknown_room_cannot_be_updated_or_deleted(database: Database) {
    let updated = database.update_room(unknown_guid(), rename("Go")).await;
    assert_rule(updated, Error::RoomNotFound);
    assert_rule(
        database.delete_room(unknown_guid()).await,
        Error::RoomNotFound,
    );
}

async fn changes_survive_reopening(database: Database) {
    database.register(&[ADA, GRACE]).await;
    let updated = database.create_room(ADA, "Chess").await;
    let deleted = database.create_room(GRACE, "Go").await;
    assert_eq!(database.delete_room(deleted.guid).await, Ok(()));
    let updated = database.update_room(updated.guid, rename("Draughts")).await;
    let updated = updated.expect("a room");
    let database = database.reopen().await;
    assert_eq!(database.room_of(ADA).await, Some(updated));
    assert_eq!(database.room_of(GRACE).await, None);
    assert_eq!(database.check_ready().await, Ok(()));
}

async fn a_closed_database_accepts_no_writes(database: Database) {
    database.register(&[ADA]).await;
    database.close().await;
    let created = database.get_or_create_default(draft(ADA, "Chess")).await;
    assert_eq!(created, Err(roomd::store::Error::Stopped));
    assert!(database.check_ready().await.is_err());
}
