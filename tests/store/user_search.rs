use crate::{Database, paging, person, profile, username};
use roomd::model::{Guid, Mobile, Page, Part, Role, User, UserProfile, UserQuery};

contract![
    without_conditions_all_users_are_found_newest_first,
    users_are_found_by_parts_of_their_fields_in_any_spelling,
    users_are_found_by_role_and_guid,
    every_condition_must_be_met,
    pages_have_their_part_of_the_users_and_the_total,
];

/// Registers three users.
async fn create(database: &Database) {
    for (email, user_name, name, surname, mobile, role) in [
        (
            "a@example.com",
            "Aa",
            "Ağaoğlu",
            "Adalet",
            "+90 1",
            Role::Instructor,
        ),
        (
            "b@MÜNCHEN.example",
            "Bb",
            "Zoe\u{308}",
            "O'Brien 50%",
            "",
            Role::User,
        ),
        ("c@example.com", "Cc", "Zoe", "Other", "+90 2", Role::User),
    ] {
        let user = UserProfile {
            username: username(user_name),
            name: person(name),
            surname: crate::surname(surname),
            mobile: Mobile::parse(mobile).expect("a number"),
            role,
            ..profile(email)
        };
        database.insert_user(user).await.expect("a new user");
    }
}

/// Returns the first letters of the e-mail addresses of a page, in its order.
fn initials(page: &Page<User>) -> String {
    let users = page.entries.iter();
    users
        .map(|user| &user.profile.email.as_str()[..1])
        .collect()
}

async fn search(database: &Database, query: UserQuery) -> String {
    let page = database.list_users(query, paging(1, 100)).await;
    let page = page.expect("a page");
    assert_eq!(page.total, page.entries.len() as u64);
    initials(&page)
}

fn part(text: &str) -> Part {
    Part::parse(text).expect("part of a text")
}

async fn without_conditions_all_users_are_found_newest_first(database: Database) {
    assert_eq!(search(&database, UserQuery::default()).await, "");
    create(&database).await;
    assert_eq!(search(&database, UserQuery::default()).await, "cba");
}

async fn users_are_found_by_parts_of_their_fields_in_any_spelling(database: Database) {
    create(&database).await;
    type Set = fn(&mut UserQuery, Part);
    let name: Set = |query, part| query.name = part;
    let surname: Set = |query, part| query.surname = part;
    let username: Set = |query, part| query.username = part;
    let email: Set = |query, part| query.email = part;
    let mobile: Set = |query, part| query.mobile = part;
    for (set, text, expected) in [
        (name, "AĞAOĞ", "a"),
        (name, "zoë", "b"),
        (name, "zo", "cb"),
        (name, "", "cba"),
        (surname, "o'b", "b"),
        (surname, "%", "b"),
        (surname, "o_h", ""),
        (username, "CC", "c"),
        (username, "d", ""),
        (email, "münchen", "b"),
        (email, "EXAMPLE.com", "ca"),
        (mobile, "90 ", "ca"),
        (mobile, "+90 2", "c"),
    ] {
        let mut query = UserQuery::default();
        set(&mut query, part(text));
        let context = format!("{query:?}");
        assert_eq!(search(&database, query).await, expected, "{context}");
    }
}

async fn users_are_found_by_role_and_guid(database: Database) {
    create(&database).await;
    let by_role = |role| UserQuery {
        role: Some(role),
        ..UserQuery::default()
    };
    let by_guid = |guid| UserQuery {
        guid: Some(guid),
        ..UserQuery::default()
    };
    assert_eq!(search(&database, by_role(Role::User)).await, "cb");
    assert_eq!(search(&database, by_role(Role::Instructor)).await, "a");
    assert_eq!(search(&database, by_role(Role::Administrator)).await, "");
    let all = database
        .list_users(UserQuery::default(), paging(1, 100))
        .await;
    for user in all.expect("a page").entries {
        let found = database
            .list_users(by_guid(user.guid), paging(1, 100))
            .await;
        assert_eq!(found.expect("a page").entries, [user]);
    }
    let unknown = Guid::parse("0197A3C2-6414-7046-87A6-67730D5F9F08").expect("a GUID");
    assert_eq!(search(&database, by_guid(unknown)).await, "");
}

async fn every_condition_must_be_met(database: Database) {
    create(&database).await;
    for (name, email, role, expected) in [
        ("zo", "example", Role::User, "cb"),
        ("zo", "example.com", Role::User, "c"),
        ("zo", "example.com", Role::Instructor, ""),
        ("ağ", "münchen", Role::Instructor, ""),
    ] {
        let query = UserQuery {
            name: part(name),
            email: part(email),
            role: Some(role),
            ..UserQuery::default()
        };
        assert_eq!(search(&database, query).await, expected, "{name} {email}");
    }
}

async fn pages_have_their_part_of_the_users_and_the_total(database: Database) {
    create(&database).await;
    for (page, size, expected) in [(1, 2, "cb"), (2, 2, "a"), (3, 2, ""), (1, 100, "cba")] {
        let found = database.list_users(UserQuery::default(), paging(page, size));
        let found = found.await.expect("a page");
        assert_eq!((initials(&found), found.total), (expected.to_owned(), 3));
    }
    let zo = UserQuery {
        name: part("zo"),
        ..UserQuery::default()
    };
    let found = database.list_users(zo, paging(2, 1)).await.expect("a page");
    assert_eq!((initials(&found), found.total), ("b".to_owned(), 2));
}
