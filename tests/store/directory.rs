use crate::{Database, address, assert_rule, paging, person, profile, username};
use roomd::model::{Error, NameOwner, RowError, RowFault, User, UserPatch, UserProfile, UserQuery};
use roomd::store::{Directory, DirectoryEntry, SyncChange, SyncOutcome, SyncReport};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

contract![
    a_rehearsal_tells_what_a_synchronization_does_and_changes_nothing,
    a_person_with_another_address_keeps_the_room,
    every_wrong_entry_is_reported_once_and_nothing_is_changed,
    too_many_missing_people_change_nothing,
    progress_is_reported_twice_for_each_person,
];

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

/// Returns a person of a directory that has addresses, usernames and names.
fn entry(email: &str, user: &str, name: &str) -> DirectoryEntry {
    DirectoryEntry {
        email: address(email),
        profile: Some(UserProfile {
            username: username(user),
            name: person(name),
            ..profile(email)
        }),
        patch: UserPatch {
            email: Some(address(email)),
            username: Some(username(user)),
            name: Some(person(name)),
            ..UserPatch::default()
        },
    }
}

fn directory(entries: Vec<DirectoryEntry>) -> Directory {
    Directory {
        entries,
        deactivate_missing: true,
        may_deactivate_most: false,
    }
}

/// Returns address, name and whether the user is active, of all users, oldest first.
async fn users(database: &Database) -> Vec<(String, String, bool)> {
    let page = database.list_users(UserQuery::default(), paging(1, 100));
    let users = page.await.expect("a page").entries.into_iter().rev();
    let parts = users.map(|user| user.profile).map(|profile| {
        let (email, name) = (profile.email.as_str(), profile.name.as_str());
        (email.to_owned(), name.to_owned(), profile.active)
    });
    parts.collect()
}

async fn a_rehearsal_tells_what_a_synchronization_does_and_changes_nothing(database: Database) {
    database.register(&[ADA, GRACE, "edsger@example.com"]).await;
    let before = users(&database).await;
    let directory = directory(vec![
        entry(ADA, ADA, "Test"),
        entry(GRACE, GRACE, "Grace"),
        entry("new@example.com", "new", "New"),
    ]);
    let report = SyncReport {
        added: 1,
        updated: 1,
        unchanged: 1,
        deactivated: 1,
        missing: 1,
        inactive: 0,
    };
    let rehearsed = database.rehearse_sync(&directory, || {}).await;
    let rehearsed = rehearsed.expect("a report");
    assert_eq!(rehearsed.report, report);
    let of = |user: &User| user.profile.email.as_str().to_owned();
    let changes = rehearsed.changes.iter().map(|change| match change {
        SyncChange::Added(profile) => ("added", profile.email.as_str().to_owned()),
        SyncChange::Updated { user, profile } => {
            assert_eq!(profile.name, person("Grace"));
            ("updated", of(user))
        }
        SyncChange::Deactivated(user) => ("deactivated", of(user)),
    });
    let expected = [
        ("updated", GRACE.to_owned()),
        ("added", "new@example.com".to_owned()),
        ("deactivated", "edsger@example.com".to_owned()),
    ];
    assert_eq!(changes.collect::<Vec<_>>(), expected);
    assert_eq!(users(&database).await, before);
    let done = database.sync_users(directory, || {}).await;
    assert_eq!(done, Ok(SyncOutcome::Done(report)));
    let expected = [
        (ADA, "Test", true),
        (GRACE, "Grace", true),
        ("edsger@example.com", "Test", false),
        ("new@example.com", "New", true),
    ];
    let expected = expected.map(|(email, name, active)| (email.into(), name.into(), active));
    assert_eq!(users(&database).await, expected);
}

async fn a_person_with_another_address_keeps_the_room(database: Database) {
    database.register(&[ADA]).await;
    let room = database.create_room(ADA, "Chess").await;
    let directory = directory(vec![entry(GRACE, ADA, "Test")]);
    assert!(database.sync_users(directory, || {}).await.is_ok());
    assert_eq!(database.room_of(ADA).await, None);
    let found = database.room_of(GRACE).await.expect("the room");
    assert_eq!(found.guid, room.guid);
    assert_eq!(found.host_epoch, room.host_epoch + 1);
}

async fn every_wrong_entry_is_reported_once_and_nothing_is_changed(database: Database) {
    database.register(&[ADA, GRACE]).await;
    let before = users(&database).await;
    let nameless = |email: &str| DirectoryEntry {
        profile: None,
        ..entry(email, email, "Changed")
    };
    let directory = directory(vec![
        entry(ADA, ADA, "Changed"),
        nameless(GRACE),
        entry("ADA@example.com", "other", "Test"),
        entry("new@example.com", "Ada@example.com", "Test"),
        entry("newer@example.com", "other", "Test"),
        nameless("newest@example.com"),
    ]);
    let wrong = [
        (
            2,
            RowFault::EmailTaken("ADA@example.com".into(), NameOwner::Row(0)),
        ),
        (
            3,
            RowFault::UsernameTaken("Ada@example.com".into(), NameOwner::Row(0)),
        ),
        (
            4,
            RowFault::UsernameTaken("other".into(), NameOwner::Row(2)),
        ),
        (5, RowFault::NameMissing("newest@example.com".into())),
    ];
    let wrong = wrong.map(|(row, fault)| RowError { row, fault });
    let rehearsed = database.rehearse_sync(&directory, || {}).await;
    assert_rule(rehearsed, Error::InvalidRows(wrong.clone().into()));
    let done = database.sync_users(directory, || {}).await;
    assert_rule(done, Error::InvalidRows(wrong.into()));
    assert_eq!(users(&database).await, before);
}

async fn too_many_missing_people_change_nothing(database: Database) {
    database.register(&[ADA, GRACE, "edsger@example.com"]).await;
    let before = users(&database).await;
    let mut directory = directory(vec![entry(ADA, ADA, "Changed")]);
    let refused = SyncOutcome::TooManyMissing {
        missing: 2,
        active: 3,
    };
    let done = database.sync_users(directory.clone(), || {}).await;
    assert_eq!(done, Ok(refused));
    assert_eq!(users(&database).await, before);
    directory.may_deactivate_most = true;
    let done = database.sync_users(directory, || {}).await;
    assert!(matches!(done, Ok(SyncOutcome::Done(_))), "{done:?}");
}

async fn progress_is_reported_twice_for_each_person(database: Database) {
    let steps = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&steps);
    let progress = move || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let directory = directory(vec![entry(ADA, "a", "A"), entry(GRACE, "b", "B")]);
    assert!(database.sync_users(directory, progress).await.is_ok());
    assert_eq!(steps.load(Ordering::Relaxed), 4);
}
