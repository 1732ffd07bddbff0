use crate::{Database, assert_rule};
use roomd::model::{AccessKey, Error, KeyName, NewApiKey, Timestamp};

contract![
    a_key_is_found_by_its_access_key,
    a_revoked_key_is_not_found,
    an_unknown_key_is_not_found_and_cannot_be_revoked,
    a_key_that_is_revoked_again_keeps_its_date,
    keys_are_listed_in_the_order_of_their_creation,
    keys_survive_reopening,
];

/// Creates a key, without a name if it is empty.
async fn insert(database: &Database, name: &str) -> NewApiKey {
    let key = NewApiKey::generate(KeyName::parse(name).ok());
    assert_eq!(database.insert_key(&key).await, Ok(()));
    key
}

async fn is_valid(database: &Database, key: &NewApiKey) -> bool {
    let found = database.find_key(&key.access_key).await;
    found.expect("a database").is_some()
}

async fn a_key_is_found_by_its_access_key(database: Database) {
    let (key, other) = (insert(&database, "chat").await, insert(&database, "").await);
    let found = database.find_key(&key.access_key).await;
    let found = found.expect("a database").expect("a key");
    assert_eq!(found.name, "chat");
    assert!(found.digest.matches(&key.digest()));
    assert!(!found.digest.matches(&other.digest()));
}

async fn a_revoked_key_is_not_found(database: Database) {
    let (key, other) = (insert(&database, "chat").await, insert(&database, "").await);
    assert_eq!(database.revoke_key(&key.access_key).await, Ok(()));
    assert!(!is_valid(&database, &key).await);
    assert!(is_valid(&database, &other).await);
}

async fn an_unknown_key_is_not_found_and_cannot_be_revoked(database: Database) {
    let key = insert(&database, "chat").await;
    for text in [
        "",
        "unknown",
        key.secret_key(),
        &key.access_key.as_str()[1..],
    ] {
        let unknown = AccessKey::new(text);
        let found = database.find_key(&unknown).await;
        assert!(found.expect("a database").is_none(), "{text}");
        assert_rule(database.revoke_key(&unknown).await, Error::KeyNotFound);
    }
    assert!(is_valid(&database, &key).await);
}

async fn a_key_that_is_revoked_again_keeps_its_date(database: Database) {
    let key = insert(&database, "chat").await;
    let before = Timestamp::now();
    assert_eq!(database.revoke_key(&key.access_key).await, Ok(()));
    let listed = database.list_keys().await.expect("keys");
    let revoked_at = listed[0].revoked_at.expect("a date");
    assert!((before..=Timestamp::now()).contains(&revoked_at));
    assert_eq!(database.revoke_key(&key.access_key).await, Ok(()));
    assert_eq!(database.list_keys().await, Ok(listed));
}

async fn keys_are_listed_in_the_order_of_their_creation(database: Database) {
    assert_eq!(database.list_keys().await, Ok(Vec::new()));
    let mut created = Vec::new();
    for name in ["b", "", "a", "c"] {
        created.push(insert(&database, name).await);
    }
    let revoked = database.revoke_key(&created[1].access_key).await;
    assert_eq!(revoked, Ok(()));
    let listed = database.list_keys().await.expect("keys");
    assert_eq!(listed.len(), created.len());
    for (at, (listed, created)) in listed.iter().zip(&created).enumerate() {
        assert_eq!(listed.access_key, created.access_key);
        assert_eq!(listed.name, created.name);
        assert_eq!(listed.created_at, created.created_at);
        assert_eq!(listed.revoked_at.is_some(), at == 1);
    }
}

async fn keys_survive_reopening(database: Database) {
    let (key, revoked) = (insert(&database, "chat").await, insert(&database, "").await);
    assert_eq!(database.revoke_key(&revoked.access_key).await, Ok(()));
    let database = database.reopen().await;
    assert!(is_valid(&database, &key).await);
    assert!(!is_valid(&database, &revoked).await);
}
