use crate::support::{ROOM, TestServer, email, text};
use serde_json::{Value, json};

/// Starts a server with rooms of these names, created in this order.
fn server_with_rooms(names: &[&str]) -> TestServer {
    let server = TestServer::start_with_users(names.len());
    for (n, name) in names.iter().enumerate() {
        let created = server.get_or_create(&email(n), name);
        assert_eq!(created.status, 201, "{name}");
    }
    server
}

fn search(server: &TestServer, query: &str) -> Value {
    let answer = server.get(&format!("{ROOM}/search?{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.json()
}

fn names(found: &Value) -> Vec<&str> {
    let rooms = found["data"].as_array().expect("rooms").iter();
    rooms.map(|room| text(room, "name")).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_page_shows_whole_rooms_newest_first() {
    let server = server_with_rooms(&["One", "Two", "Three"]);
    let third = server.get_or_create("user2@example.com", "x").json();
    let second = server.get_or_create("user1@example.com", "x").json();
    assert_eq!(
        search(&server, "size=2"),
        json!({"data": [third, second], "pagination": {
            "page": 1, "size": 2, "totalCount": 3, "totalPages": 2, "hasNextPage": true, "hasPreviousPage": false,
        }})
    );
    let last = search(&server, "page_size=2&page=2");
    assert_eq!(names(&last), ["One"]);
    assert_eq!(
        last["pagination"],
        json!({"page": 2, "size": 2, "totalCount": 3, "totalPages": 2, "hasNextPage": false, "hasPreviousPage": true})
    );
}

#[test]
fn an_empty_result_and_a_page_past_the_end_are_valid() {
    let server = server_with_rooms(&["One"]);
    assert_eq!(
        search(&server, "query=zwei"),
        json!({"data": [], "pagination": {
            "page": 1, "size": 20, "totalCount": 0, "totalPages": 0, "hasNextPage": false, "hasPreviousPage": false,
        }})
    );
    for page in ["2", "2147483647"] {
        let found = search(&server, &format!("page={page}"));
        assert_eq!(
            (&found["data"], &found["pagination"]["totalCount"]),
            (&json!([]), &json!(1))
        );
    }
}

#[test]
fn part_of_a_name_is_found_in_any_spelling() {
    let server = server_with_rooms(&[
        "İstanbul Çalışma Odası",
        "Café  Society",
        "50%_off\\ [a-z]*?'\"",
    ]);
    for (query, name) in [
        ("çalışma", "İstanbul Çalışma Odası"),
        ("  ÇALIŞma ", ""),
        ("CAFE\u{301} soc", "Café  Society"),
        ("é", "Café  Society"),
        ("%", "50%_off\\ [a-z]*?'\""),
        ("_o", "50%_off\\ [a-z]*?'\""),
        ("\\ [A-Z]*?'\"", "50%_off\\ [a-z]*?'\""),
        ("a%i", ""),
        ("a_e", ""),
        ("' OR 1=1 --", ""),
    ] {
        let found = search(&server, &format!("query={}", encoded(query)));
        let expected: &[&str] = if name.is_empty() { &[] } else { &[name] };
        assert_eq!(names(&found), expected, "{query}");
    }
    assert_eq!(search(&server, "query=%20")["pagination"]["totalCount"], 3);
}

#[test]
fn rooms_are_found_by_their_creator() {
    let server = server_with_rooms(&["One", "Two"]);
    let users = server
        .post(
            "/xapi/v2/user/search",
            &json!({"email": "user1@example.com"}),
        )
        .json();
    let guid = text(&users[0], "user_guid");
    for query in [
        "creator_email=USER1@Example.com".to_owned(),
        format!("user_id={guid}"),
        format!(
            "user_id={}&creator_email=user1@example.com&query=tw",
            guid.to_lowercase()
        ),
    ] {
        assert_eq!(names(&search(&server, &query)), ["Two"], "{query}");
    }
    for query in [
        "creator_email=unknown@example.com".to_owned(),
        "user_id=0197A3C2-6414-7046-87A6-67730D5F9F08".to_owned(),
        format!("user_id={guid}&creator_email=user0@example.com"),
    ] {
        assert_eq!(names(&search(&server, &query)), [""; 0], "{query}");
    }
}

#[test]
fn dates_include_their_start_and_exclude_their_end_in_every_order() {
    let server = server_with_rooms(&["One"]);
    let found = search(&server, "");
    let date = text(&found["data"][0], "created_date");
    for sort in ["created_date", "name"] {
        for (query, expected) in [
            (format!("created_after={date}"), 1),
            (format!("created_after={date}Z"), 1),
            (format!("created_after={date}%2B00:00"), 1),
            (format!("created_after={date}.5"), 0),
            (format!("created_before={date}"), 0),
            (format!("created_before={date}.5"), 1),
            (format!("created_after={date}-01:00"), 0),
            (format!("created_before={date}-01:00"), 1),
            (format!("created_after={date}&created_before={date}"), 0),
            (format!("created_after={date}&query=on"), 1),
            (format!("created_after={date}&query=two"), 0),
            (
                "created_after=2001-01-01T00:00:00&created_before=2001-01-02T00:00:00".to_owned(),
                0,
            ),
        ] {
            let query = format!("{query}&sort={sort}%20asc");
            let found = search(&server, &query);
            assert_eq!(found["pagination"]["totalCount"], expected, "{query}");
        }
    }
}

#[test]
fn rooms_are_sorted_by_date_or_folded_name() {
    let server = server_with_rooms(&["beta", "Alpha", "ALPHA 2", "zoë"]);
    for (sort, expected) in [
        ("created_date%20asc", ["beta", "Alpha", "ALPHA 2", "zoë"]),
        ("created_date+desc", ["zoë", "ALPHA 2", "Alpha", "beta"]),
        ("name+asc", ["Alpha", "ALPHA 2", "beta", "zoë"]),
        ("name+desc", ["zoë", "beta", "ALPHA 2", "Alpha"]),
    ] {
        assert_eq!(
            names(&search(&server, &format!("sort={sort}"))),
            expected,
            "{sort}"
        );
    }
}

#[test]
fn pages_do_not_overlap_while_rooms_are_created() {
    let server = TestServer::start_with_users(40);
    let create = |n: usize| {
        let name = format!("Room {}", (n * 7) % 40);
        assert_eq!(server.get_or_create(&email(n), &name).status, 201);
    };
    (0..20).for_each(create);
    let mut seen = Vec::new();
    for page in 1..=10 {
        let found = search(
            &server,
            &format!("sort=created_date+asc&size=2&page={page}"),
        );
        seen.extend(names(&found).into_iter().map(str::to_owned));
        create(20 + page);
    }
    let expected: Vec<String> = (0..20).map(|n| format!("Room {}", (n * 7) % 40)).collect();
    assert_eq!(seen, expected);
}

#[test]
fn every_wrong_parameter_is_named() {
    let server = TestServer::start();
    let query = format!(
        "query={}&creator_email=x&user_id=x&created_after=yesterday&created_before=2026-13-01T00:00:00Z&sort=name\
         &page=0&size=101&page_size=",
        "x".repeat(256)
    );
    server.get(&format!("{ROOM}/search?{query}")).assert(
        400,
        &json!({"code": 12, "details": "9 fields are wrong", "errors": [
            {"field": "query", "message": "must have at most 255 characters"},
            {"field": "creator_email", "message": "must be an e-mail address, such as ada@example.com"},
            {"field": "user_id", "message": "must be a GUID, such as 0197A3C2-6414-7046-87A6-67730D5F9F08"},
            {"field": "created_after", "message": "must be a date-time, such as 2026-11-23T08:45:00 (in UTC) or 2026-11-23T08:45:00Z"},
            {"field": "created_before", "message": "must be a date-time, such as 2026-11-23T08:45:00 (in UTC) or 2026-11-23T08:45:00Z"},
            {"field": "sort", "message": "must be created_date or name, a space, then asc or desc"},
            {"field": "page", "message": "must be a whole number from 1 to 2147483647"},
            {"field": "size", "message": "must be a whole number from 1 to 100"},
            {"field": "page_size", "message": "must be a whole number"},
        ]}),
    );
    for (query, field) in [
        ("page=1&page=2", "page"),
        ("size=1&page_size=101", "page_size"),
        ("size=1e1", "size"),
    ] {
        let answer = server.get(&format!("{ROOM}/search?{query}"));
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["field"]),
            (400, &json!(field)),
            "{query}"
        );
    }
    for number in ["99999999999999999999", "-99999999999999999999"] {
        let query = format!("page={number}&size={number}&page_size={number}");
        server.get(&format!("{ROOM}/search?{query}")).assert(
            400,
            &json!({"code": 12, "details": "3 fields are wrong", "errors": [
                {"field": "page", "message": "must be a whole number from 1 to 2147483647"},
                {"field": "size", "message": "must be a whole number from 1 to 100"},
                {"field": "page_size", "message": "must be a whole number from 1 to 100"},
            ]}),
        );
    }
    assert_eq!(
        search(&server, "page_size=7&size=5")["pagination"]["size"],
        5
    );
}
