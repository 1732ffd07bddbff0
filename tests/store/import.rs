use crate::{Database, assert_rule, paging, profile, username};
use roomd::model::{Error, NameOwner, RowError, RowFault, UserProfile, UserQuery};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

contract![
    all_users_of_an_import_are_registered_in_order,
    an_import_with_wrong_rows_lists_all_of_them_and_registers_no_user,
    an_import_reports_its_progress_once_per_row,
];

/// Returns the e-mail addresses of all users, oldest first.
async fn emails(database: &Database) -> Vec<String> {
    let page = database.list_users(UserQuery::default(), paging(1, 100));
    let users = page.await.expect("a page").entries;
    let emails = users.iter().rev();
    emails
        .map(|user| user.profile.email.as_str().to_owned())
        .collect()
}

async fn all_users_of_an_import_are_registered_in_order(database: Database) {
    let expected: Vec<String> = (0..50).map(crate::support::email).collect();
    let profiles = expected.iter().map(|email| profile(email)).collect();
    assert_eq!(database.insert_users(profiles, || {}).await, Ok(()));
    assert_eq!(emails(&database).await, expected);
    assert_eq!(database.insert_users(Vec::new(), || {}).await, Ok(()));
}

async fn an_import_with_wrong_rows_lists_all_of_them_and_registers_no_user(database: Database) {
    database.register(&["ada@example.com"]).await;
    let with_username = |email, text| UserProfile {
        username: username(text),
        ..profile(email)
    };
    let profiles = vec![
        profile("new@example.com"),
        // Of a registered user.
        with_username("ADA@example.com", "other"),
        with_username("second@example.com", "Ada@Example.com"),
        // Of a row above.
        with_username("NEW@example.com", "third"),
        with_username("fourth@example.com", "new@EXAMPLE.com"),
        profile("last@example.com"),
    ];
    let wrong = [
        (
            1,
            RowFault::EmailTaken("ADA@example.com".into(), NameOwner::User),
        ),
        (
            2,
            RowFault::UsernameTaken("Ada@Example.com".into(), NameOwner::User),
        ),
        (
            3,
            RowFault::EmailTaken("NEW@example.com".into(), NameOwner::Row(0)),
        ),
        (
            4,
            RowFault::UsernameTaken("new@EXAMPLE.com".into(), NameOwner::Row(0)),
        ),
    ];
    let wrong = wrong.map(|(row, fault)| RowError { row, fault });
    let inserted = database.insert_users(profiles, || {}).await;
    assert_rule(inserted, Error::InvalidRows(wrong.into()));
    assert_eq!(emails(&database).await, ["ada@example.com"]);
}

async fn an_import_reports_its_progress_once_per_row(database: Database) {
    let rows = Arc::new(AtomicUsize::new(0));
    let profiles = (0..20).map(|n| profile(&crate::support::email(n % 15)));
    let counter = Arc::clone(&rows);
    let progress = move || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let inserted = database.insert_users(profiles.collect(), progress).await;
    assert!(inserted.is_err());
    assert_eq!(rows.load(Ordering::Relaxed), 20);
}
