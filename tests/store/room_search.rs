use crate::{Database, address, paging};
use roomd::model::{Guid, Page, Part, Room, RoomQuery, RoomSort, Timestamp, UserQuery};

/// Every order of rooms.
const SORTS: [RoomSort; 4] = [
    RoomSort::CreatedDescending,
    RoomSort::CreatedAscending,
    RoomSort::NameAscending,
    RoomSort::NameDescending,
];

contract![
    without_conditions_all_rooms_are_found_newest_first,
    rooms_are_found_by_part_of_the_name_in_any_spelling,
    rooms_are_found_by_their_creator,
    dates_include_their_start_and_exclude_their_end_in_every_order,
    every_condition_must_be_met,
    rooms_are_sorted_by_creation_or_folded_name,
    pages_have_their_part_of_the_rooms_and_the_total,
    pages_do_not_overlap_while_rooms_are_created,
];

/// Registers users and creates their rooms with these names, in this order.
async fn create(database: &Database, names: &[&str]) {
    for (n, name) in names.iter().enumerate() {
        let email = crate::support::email(n);
        database.register(&[&email]).await;
        database.create_room(&email, name).await;
    }
}

async fn search(database: &Database, query: RoomQuery) -> Page<Room> {
    let page = database.list_rooms(query, paging(1, 100)).await;
    page.expect("a page")
}

fn names(page: &Page<Room>) -> Vec<&str> {
    let rooms = page.entries.iter();
    rooms.map(|room| room.name.as_str()).collect()
}

fn part(text: &str) -> Part {
    Part::parse(text).expect("part of a name")
}

fn sorted(sort: RoomSort) -> RoomQuery {
    RoomQuery {
        sort,
        ..RoomQuery::default()
    }
}

async fn without_conditions_all_rooms_are_found_newest_first(database: Database) {
    let empty = search(&database, RoomQuery::default()).await;
    assert_eq!((empty.entries, empty.total), (Vec::new(), 0));
    create(&database, &["One", "Two", "Three"]).await;
    let page = search(&database, RoomQuery::default()).await;
    assert_eq!(names(&page), ["Three", "Two", "One"]);
    for room in page.entries {
        assert_eq!(database.find_room(room.guid).await, Ok(Some(room)));
    }
}

async fn rooms_are_found_by_part_of_the_name_in_any_spelling(database: Database) {
    let all = [
        "İstanbul Çalışma Odası",
        "Café  Society",
        "50%_off\\ [a-z]*?'\"",
    ];
    create(&database, &all).await;
    for (text, expected) in [
        ("çalışma", &all[..1]),
        ("CAFE\u{301} soc", &all[1..2]),
        ("é", &all[1..2]),
        ("%", &all[2..]),
        ("_o", &all[2..]),
        ("\\ [A-Z]*?'\"", &all[2..]),
        ("a%i", &[]),
        ("a_e", &[]),
        ("' OR 1=1 --", &[]),
    ] {
        let query = RoomQuery {
            name: part(text),
            ..RoomQuery::default()
        };
        let page = search(&database, query).await;
        assert_eq!(names(&page), expected, "{text}");
        assert_eq!(page.total, expected.len() as u64, "{text}");
    }
    let any_name = RoomQuery {
        name: part(" "),
        ..RoomQuery::default()
    };
    assert_eq!(search(&database, any_name).await.total, 3);
}

/// Returns the GUID of a user.
async fn guid_of(database: &Database, email: &str) -> Guid {
    let query = UserQuery {
        email: part(email),
        ..UserQuery::default()
    };
    let page = database.list_users(query, paging(1, 1)).await;
    page.expect("a page").entries[0].guid
}

async fn rooms_are_found_by_their_creator(database: Database) {
    create(&database, &["One", "Two"]).await;
    let by_email = |email| RoomQuery {
        creator_email: Some(address(email)),
        ..RoomQuery::default()
    };
    let by_guid = |guid| RoomQuery {
        creator_guid: Some(guid),
        ..RoomQuery::default()
    };
    let page = search(&database, by_email("USER1@Example.com")).await;
    assert_eq!(names(&page), ["Two"]);
    let guid = guid_of(&database, "user1@example.com").await;
    assert_eq!(names(&search(&database, by_guid(guid)).await), ["Two"]);
    let unknown = search(&database, by_email("ada@example.com")).await;
    assert_eq!(unknown.total, 0);
    let room = &page.entries[0];
    let not_a_user = search(&database, by_guid(room.guid)).await;
    assert_eq!(not_a_user.total, 0);
}

async fn dates_include_their_start_and_exclude_their_end_in_every_order(database: Database) {
    create(&database, &["One"]).await;
    let found = search(&database, RoomQuery::default()).await;
    let date = Some(found.entries[0].created_at);
    let past = Some(Timestamp::parse("2001-01-01T00:00:00Z").expect("a date"));
    let future = Some(Timestamp::parse("2999-01-01T00:00:00Z").expect("a date"));
    for sort in SORTS {
        for (created_from, created_before, total) in [
            (date, None, 1),
            (None, date, 0),
            (date, date, 0),
            (date, future, 1),
            (past, date, 0),
            (past, future, 1),
            (future, None, 0),
            (None, past, 0),
        ] {
            let query = RoomQuery {
                created_from,
                created_before,
                sort,
                ..RoomQuery::default()
            };
            let context = format!("{query:?}");
            assert_eq!(search(&database, query).await.total, total, "{context}");
        }
    }
}

async fn every_condition_must_be_met(database: Database) {
    create(&database, &["One", "Once"]).await;
    let guid = guid_of(&database, "user1@example.com").await;
    for (name, email, expected) in [
        ("on", "user1@example.com", &["Once"][..]),
        ("one", "user1@example.com", &[]),
        ("on", "user0@example.com", &[]),
    ] {
        let query = RoomQuery {
            name: part(name),
            creator_email: Some(address(email)),
            creator_guid: Some(guid),
            created_from: Some(Timestamp::parse("2001-01-01T00:00:00Z").expect("a date")),
            ..RoomQuery::default()
        };
        let page = search(&database, query).await;
        assert_eq!(names(&page), expected, "{name} {email}");
    }
}

async fn rooms_are_sorted_by_creation_or_folded_name(database: Database) {
    create(&database, &["beta", "Alpha", "ALPHA 2", "zoë"]).await;
    for (sort, expected) in [
        (
            RoomSort::CreatedAscending,
            ["beta", "Alpha", "ALPHA 2", "zoë"],
        ),
        (
            RoomSort::CreatedDescending,
            ["zoë", "ALPHA 2", "Alpha", "beta"],
        ),
        (RoomSort::NameAscending, ["Alpha", "ALPHA 2", "beta", "zoë"]),
        (
            RoomSort::NameDescending,
            ["zoë", "beta", "ALPHA 2", "Alpha"],
        ),
    ] {
        let page = search(&database, sorted(sort)).await;
        assert_eq!(names(&page), expected, "{sort:?}");
    }
}

async fn pages_have_their_part_of_the_rooms_and_the_total(database: Database) {
    create(&database, &["a", "b", "c", "d", "e"]).await;
    for sort in SORTS {
        let all = search(&database, sorted(sort)).await;
        for (page, size, expected) in [(1, 2, 0..2), (2, 2, 2..4), (3, 2, 4..5), (1, 5, 0..5)] {
            let found = database.list_rooms(sorted(sort), paging(page, size)).await;
            let found = found.expect("a page");
            assert_eq!(
                found.entries, all.entries[expected],
                "{sort:?} {page} {size}"
            );
            assert_eq!(found.total, 5);
        }
        for page in [4, 2_147_483_647] {
            let found = database.list_rooms(sorted(sort), paging(page, 2)).await;
            let found = found.expect("a page");
            assert_eq!((found.entries, found.total), (Vec::new(), 5));
        }
    }
}

async fn pages_do_not_overlap_while_rooms_are_created(database: Database) {
    let room = |n: usize| format!("Room {}", n * 7 % 20);
    let all: Vec<String> = (0..20).map(room).collect();
    let old: Vec<&str> = all[..10].iter().map(String::as_str).collect();
    create(&database, &old).await;
    let mut seen = Vec::new();
    for page in 1..=5 {
        let query = sorted(RoomSort::CreatedAscending);
        let found = database.list_rooms(query, paging(page, 2)).await;
        seen.extend(
            names(&found.expect("a page"))
                .into_iter()
                .map(str::to_owned),
        );
        let email = format!("new{page}@example.com");
        database.register(&[&email]).await;
        database.create_room(&email, &format!("New {page}")).await;
    }
    assert_eq!(seen, old);
}
