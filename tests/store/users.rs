use crate::{Database, address, assert_rule, lang, person, profile, surname, username};
use roomd::model::{
    CreateOutcome, Error, Guid, Mobile, Role, TimeZoneName, Timestamp, User, UserLookup, UserPatch,
    UserProfile,
};

contract![
    a_new_user_has_what_the_profile_says,
    an_e_mail_address_belongs_to_one_user_in_any_spelling,
    a_username_belongs_to_one_user_in_any_spelling,
    an_upsert_inserts_a_new_user,
    an_upsert_changes_what_the_patch_has_of_the_user_with_both,
    an_upsert_takes_nothing_from_another_user,
    an_update_changes_only_what_is_set,
    a_user_keeps_the_own_e_mail_address_and_username_in_an_update,
    an_update_cannot_take_what_another_user_has,
    a_user_is_looked_up_by_guid_and_then_by_username,
    a_changed_e_mail_address_takes_the_room_along,
    deleting_a_user_deletes_the_room,
    a_user_is_found_by_e_mail_address_and_taken_with_the_room,
    a_deleted_user_frees_the_e_mail_address_and_the_username,
    an_unknown_user_cannot_be_found_updated_or_deleted,
];

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

/// Registers a user.
async fn insert(database: &Database, email: &str) -> User {
    let inserted = database.insert_user(profile(email)).await;
    inserted.expect("a new user")
}

fn new_email(email: &str) -> UserPatch {
    UserPatch {
        email: Some(address(email)),
        ..UserPatch::default()
    }
}

async fn a_new_user_has_what_the_profile_says(database: Database) {
    let profile = UserProfile {
        username: username("Countess"),
        surname: surname("O'Brien 50%"),
        role: Role::Administrator,
        mobile: Mobile::parse("+90 1").expect("a number"),
        login_allowed: false,
        active: false,
        lang: lang("de"),
        timezone: TimeZoneName::parse("Europe/London").expect("a time zone"),
        expires_at: Some(Timestamp::parse("2030-01-01T00:00:00Z").expect("a date")),
        ..profile("Ada@MÜNCHEN.example")
    };
    let before = Timestamp::now();
    let user = database.insert_user(profile.clone()).await;
    let user = user.expect("a new user");
    assert_eq!((&user.profile, user.updated_at), (&profile, None));
    assert!((before..=Timestamp::now()).contains(&user.created_at));
    assert_eq!(database.find_user(user.guid).await, Ok(Some(user)));
}

async fn an_e_mail_address_belongs_to_one_user_in_any_spelling(database: Database) {
    insert(&database, "ada@münchen.example").await;
    let other = UserProfile {
        username: username("other"),
        ..profile("ADA@xn--mnchen-3ya.example")
    };
    assert_rule(database.insert_user(other).await, Error::EmailTaken);
}

async fn a_username_belongs_to_one_user_in_any_spelling(database: Database) {
    for (email, text) in [(ADA, "Café"), (GRACE, "Go")] {
        let user = UserProfile {
            username: username(text),
            ..profile(email)
        };
        database.insert_user(user).await.expect("a new user");
    }
    let other = |email, text| UserProfile {
        username: username(text),
        ..profile(email)
    };
    let inserted = database
        .insert_user(other("b@example.com", "CAFE\u{301}"))
        .await;
    assert_rule(inserted, Error::UsernameTaken);
    // Both are taken, by different users.
    let inserted = database.insert_user(other(ADA, "gO")).await;
    assert_rule(inserted, Error::EmailTaken);
}

async fn an_upsert_inserts_a_new_user(database: Database) {
    let patch = UserPatch {
        role: Some(Role::Administrator),
        ..UserPatch::default()
    };
    let upserted = database.upsert_user(profile(ADA), patch).await;
    let (user, outcome) = upserted.expect("a user");
    assert_eq!(outcome, CreateOutcome::Created);
    assert_eq!((&user.profile, user.updated_at), (&profile(ADA), None));
    assert_eq!(database.find_user(user.guid).await, Ok(Some(user)));
}

async fn an_upsert_changes_what_the_patch_has_of_the_user_with_both(database: Database) {
    let mut user = insert(&database, ADA).await;
    let room = database.create_room(ADA, "Chess").await;
    let generation = database.generation().await;
    let other_names = UserProfile {
        name: person("Other"),
        ..profile("ADA@Example.com")
    };
    let unchanged = database
        .upsert_user(other_names.clone(), UserPatch::default())
        .await;
    assert_eq!(unchanged, Ok((user.clone(), CreateOutcome::Existed)));
    assert_eq!(database.generation().await, generation);
    let patch = UserPatch {
        role: Some(Role::Instructor),
        ..new_email("ADA@Example.com")
    };
    let upserted = database.upsert_user(other_names, patch).await;
    let (changed, outcome) = upserted.expect("a user");
    assert_eq!(outcome, CreateOutcome::Existed);
    assert!(changed.updated_at.is_some());
    user.updated_at = changed.updated_at;
    user.profile.role = Role::Instructor;
    user.profile.email = address("ADA@Example.com");
    assert_eq!(changed, user);
    assert_eq!(database.find_user(user.guid).await, Ok(Some(user)));
    let found = database.room_of(ADA).await.expect("a room");
    assert_eq!(found.guid, room.guid);
}

async fn an_upsert_takes_nothing_from_another_user(database: Database) {
    let (user, other) = (insert(&database, ADA).await, insert(&database, GRACE).await);
    for (email, name, error) in [
        (ADA, GRACE, Error::EmailTaken),
        (GRACE, ADA, Error::EmailTaken),
        (ADA, "new", Error::EmailTaken),
        ("new@example.com", ADA, Error::UsernameTaken),
    ] {
        let profile = UserProfile {
            username: username(name),
            ..profile(email)
        };
        let patch = UserPatch {
            role: Some(Role::Instructor),
            ..UserPatch::default()
        };
        assert_rule(database.upsert_user(profile, patch).await, error);
    }
    for user in [user, other] {
        assert_eq!(database.find_user(user.guid).await, Ok(Some(user)));
    }
}

async fn an_update_changes_only_what_is_set(database: Database) {
    let mut user = insert(&database, ADA).await;
    let unchanged = database.update_user(user.guid, UserPatch::default()).await;
    assert_eq!(unchanged, Ok(user.clone()));
    let patch = UserPatch {
        surname: Some(surname("Lovelace")),
        role: Some(Role::Instructor),
        expires_at: Some(Some(user.created_at)),
        ..UserPatch::default()
    };
    let updated = database.update_user(user.guid, patch).await;
    let updated = updated.expect("a user");
    assert!(updated.updated_at.is_some_and(|at| at >= user.created_at));
    user.updated_at = updated.updated_at;
    user.profile.surname = surname("Lovelace");
    user.profile.role = Role::Instructor;
    user.profile.expires_at = Some(user.created_at);
    assert_eq!(updated, user);
    let patch = UserPatch {
        expires_at: Some(None),
        ..UserPatch::default()
    };
    let updated = database.update_user(user.guid, patch).await;
    assert_eq!(updated.expect("a user").profile.expires_at, None);
}

async fn a_user_keeps_the_own_e_mail_address_and_username_in_an_update(database: Database) {
    let user = insert(&database, ADA).await;
    let respelled = UserPatch {
        username: Some(username("ADA@example.com")),
        ..new_email("Ada@Example.com")
    };
    let updated = database.update_user(user.guid, respelled).await;
    let profile = updated.expect("a user").profile;
    assert_eq!(profile.email.as_str(), "Ada@Example.com");
    assert_eq!(profile.username.as_str(), "ADA@example.com");
}

async fn an_update_cannot_take_what_another_user_has(database: Database) {
    let (user, _) = (insert(&database, ADA).await, insert(&database, GRACE).await);
    let taken_username = UserPatch {
        username: Some(username("GRACE@example.com")),
        ..UserPatch::default()
    };
    let both_taken = UserPatch {
        email: Some(address(GRACE)),
        ..taken_username.clone()
    };
    for (patch, error) in [
        (new_email("Grace@Example.com"), Error::EmailTaken),
        (taken_username, Error::UsernameTaken),
        (both_taken, Error::EmailTaken),
    ] {
        assert_rule(database.update_user(user.guid, patch).await, error);
    }
    assert_eq!(database.find_user(user.guid).await, Ok(Some(user)));
}

async fn a_user_is_looked_up_by_guid_and_then_by_username(database: Database) {
    let user = insert(&database, ADA).await;
    let by_username = || UserLookup::parse("ADA@Example.com");
    assert_eq!(
        database.find_user(by_username()).await,
        Ok(Some(user.clone()))
    );
    // The username of this user is the GUID of the other.
    let other = UserProfile {
        username: username(&user.guid.to_string()),
        ..profile(GRACE)
    };
    let other = database.insert_user(other).await.expect("a new user");
    let by_guid = || UserLookup::parse(&user.guid.to_string());
    assert_eq!(database.find_user(by_guid()).await, Ok(Some(user.clone())));
    let deactivate = || UserPatch {
        active: Some(false),
        ..UserPatch::default()
    };
    let updated = database.update_user(by_username(), deactivate()).await;
    assert_eq!(updated.expect("a user").guid, user.guid);
    assert_eq!(database.delete_user(by_username()).await, Ok(()));
    let updated = database.update_user(by_guid(), deactivate()).await;
    assert_eq!(updated.expect("a user").guid, other.guid);
    assert_eq!(database.delete_user(by_guid()).await, Ok(()));
    assert_rule(database.delete_user(by_guid()).await, Error::UserNotFound);
}

async fn a_changed_e_mail_address_takes_the_room_along(database: Database) {
    let user = insert(&database, ADA).await;
    let mut room = database.create_room(ADA, "Chess").await;
    let updated = database.update_user(user.guid, new_email("Countess@example.com"));
    updated.await.expect("a user");
    room.creator_email = "Countess@example.com".to_owned();
    // Whoever had a host link had it from the owner of the old address.
    room.host_epoch += 1;
    let found = database.room_of("countess@example.com").await;
    assert_eq!(found.as_ref(), Some(&room));
    assert_eq!(database.find_room(room.guid).await, Ok(Some(room)));
    assert_eq!(database.room_of(ADA).await, None);
    // The old address is free for another user, who has no room.
    let other = UserProfile {
        username: username("other"),
        ..profile(ADA)
    };
    database.insert_user(other).await.expect("a new user");
    database.create_room(ADA, "Go").await;
}

async fn deleting_a_user_deletes_the_room(database: Database) {
    let (user, other) = (insert(&database, ADA).await, insert(&database, GRACE).await);
    let room = database.create_room(ADA, "Chess").await;
    let other_room = database.create_room(GRACE, "Go").await;
    assert_eq!(database.delete_user(user.guid).await, Ok(()));
    assert_eq!(database.find_user(user.guid).await, Ok(None));
    assert_eq!(database.find_room(room.guid).await, Ok(None));
    assert_eq!(database.find_room_by_slug(&room.slug_token).await, Ok(None));
    assert_eq!(database.find_user(other.guid).await, Ok(Some(other)));
    let found = database.find_room(other_room.guid).await;
    assert_eq!(found, Ok(Some(other_room)));
}

async fn a_user_is_found_by_e_mail_address_and_taken_with_the_room(database: Database) {
    let user = insert(&database, ADA).await;
    database.create_room(ADA, "Chess").await;
    let found = database
        .find_user_by_email(&address("ADA@example.com"))
        .await;
    assert_eq!(found, Ok(Some(user.clone())));
    let room = database.room_of(ADA).await;
    let deleted = database.take_user(user.guid).await;
    assert_eq!(deleted, Ok((user.clone(), room)));
    assert_eq!(database.find_user(user.guid).await, Ok(None));
    assert_eq!(database.room_of(ADA).await, None);
    let found = database.find_user_by_email(&address(ADA)).await;
    assert_eq!(found, Ok(None));
    let deleted = database.take_user(user.guid).await;
    assert_rule(deleted, Error::UserNotFound);
}

async fn a_deleted_user_frees_the_e_mail_address_and_the_username(database: Database) {
    let user = insert(&database, ADA).await;
    let room = database.create_room(ADA, "Chess").await;
    assert_eq!(database.delete_user(user.guid).await, Ok(()));
    assert_ne!(insert(&database, ADA).await.guid, user.guid);
    assert_ne!(database.create_room(ADA, "Chess").await.guid, room.guid);
}

async fn an_unknown_user_cannot_be_found_updated_or_deleted(database: Database) {
    let guid = Guid::parse("0197A3C2-6414-7046-87A6-67730D5F9F08").expect("a GUID");
    assert_eq!(database.find_user(guid).await, Ok(None));
    let updated = database.update_user(guid, new_email(ADA)).await;
    assert_rule(updated, Error::UserNotFound);
    assert_rule(database.delete_user(guid).await, Error::UserNotFound);
}
