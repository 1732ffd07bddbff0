use crate::support::{Folder, ROOM, email, text};
use serde_json::{Value, json};

const URL: &str = "https://rooms.example.com";

/// Returns a folder in which user0 and so on have rooms with these names, and the rooms.
fn with_rooms(names: &[&str]) -> (Folder, Vec<Value>) {
    let folder = Folder::new();
    folder.add_users(names.len() + 1);
    folder.write("config.toml", format!("[server]\npublic_url = \"{URL}\"\n"));
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let create = |(n, name): (usize, &&str)| {
        let answer = server.post(ROOM, &json!({"creator_email": email(n), "name": name}));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    };
    let rooms = names.iter().enumerate().map(create).collect();
    server.stop();
    (folder, rooms)
}

fn listed(folder: &Folder, words: &[&str]) -> Vec<Value> {
    let args = [&["room", "list", "--json"], words].concat();
    serde_json::from_str(&folder.roomd(&args)).expect("JSON")
}

#[test]
fn rooms_are_listed_newest_first_as_the_api_shows_them() {
    let (folder, mut rooms) = with_rooms(&["Algebra", "Chess", "Go"]);
    rooms.reverse();
    assert_eq!(listed(&folder, &[]), rooms);
    let table = folder.roomd(&["room", "list"]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    for part in ["Algebra", "user0@example.com", text(&rooms[2], "url")] {
        assert!(lines[3].contains(part), "{table}");
    }
    let page = folder.roomd(&["room", "list", "--size", "2", "--page", "2"]);
    assert!(page.ends_with("page 2 of 2, 3 rooms\n"), "{page}");
}

#[test]
fn words_find_rooms_by_name_and_an_e_mail_address_finds_them_by_owner() {
    let (folder, rooms) = with_rooms(&["Linear Algebra I", "Linear Algebra II", "Chess"]);
    let found = listed(&folder, &["LINEAR", "algebra"]);
    assert_eq!(found, [rooms[1].clone(), rooms[0].clone()]);
    assert_eq!(listed(&folder, &["USER2@example.com"]), [rooms[2].clone()]);
    assert_eq!(listed(&folder, &["nothing"]), Vec::<Value>::new());
    let exit = folder.run(&["room", "list", "\u{200B}"]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
}

#[test]
fn a_room_is_shown_by_any_name() {
    let (folder, rooms) = with_rooms(&["Algebra", "Chess"]);
    let room = &rooms[0];
    let (guid, url) = (text(room, "room_guid"), text(room, "url"));
    let slug = url.rsplit('/').next().expect("a slug");
    let host = format!("{url}#host=abc");
    for name in [
        guid,
        url,
        slug,
        &host,
        "user0@example.com",
        "USER0@example.com",
    ] {
        let printed = folder.roomd(&["room", "show", name, "--json"]);
        let shown: Value = serde_json::from_str(&printed).expect("JSON");
        for (field, value) in room.as_object().expect("an object") {
            assert_eq!(&shown[field], value, "{name}: {field}");
        }
        let printed = folder.roomd(&["room", "show", name]);
        assert!(printed.contains(guid) && printed.contains(url), "{printed}");
    }
    let exit = folder.run(&["room", "show", "user2@example.com"]);
    assert!(exit.error_message().contains("has no room"), "{exit:?}");
    for name in [
        "nobody",
        "room_aaaaaaaaaa",
        "0197A3C2-6414-7046-87A6-67730D5F9F08",
    ] {
        let exit = folder.run(&["room", "show", name]);
        let start = format!("there is no room \"{name}\"");
        assert!(exit.error_message().starts_with(&start), "{exit:?}");
    }
}

#[test]
fn a_removed_room_is_named_and_its_owner_stays() {
    let (folder, rooms) = with_rooms(&["Algebra", "Chess"]);
    let printed = folder.roomd(&["room", "remove", text(&rooms[0], "url"), "--yes"]);
    let guid = text(&rooms[0], "room_guid");
    let expected = format!("removed the room \"Algebra\" ({guid}) of user0@example.com\n");
    assert_eq!(printed, expected);
    assert_eq!(listed(&folder, &[]), [rooms[1].clone()]);
    let shown = folder.roomd(&["user", "show", "user0@example.com"]);
    assert!(shown.ends_with("none\n"), "{shown}");
}
