use crate::support::{Folder, Key, Process, TIMEOUT, email, room_path};
use serde_json::{Value, json};
use std::process::Stdio;

const ADA: &str = "ada@example.com";

/// Returns the arguments of `roomd user add` for a user, and more.
fn add<'a>(email: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let args = [
        "user",
        "add",
        "--name",
        "Ada",
        "--surname",
        "Lovelace",
        "--email",
        email,
    ];
    [&args, more].concat()
}

fn listed(folder: &Folder) -> Value {
    let printed = folder.roomd(&["user", "list", "--json"]);
    serde_json::from_str(&printed).expect("JSON")
}

#[test]
fn adding_a_user_prints_the_guid_and_nothing_else() {
    let folder = Folder::new();
    let printed = folder.roomd(&add(ADA, &[]));
    let guid = printed.strip_suffix('\n').expect("a line");
    let parsed = uuid::Uuid::parse_str(guid).expect("a GUID");
    assert_eq!(guid, parsed.hyphenated().to_string().to_uppercase());
    assert_eq!(parsed.get_version_num(), 7);
}

#[test]
fn the_list_shows_every_user_as_text_and_as_json() {
    let folder = Folder::new();
    folder.add_key();
    assert_eq!(listed(&folder), json!([]));
    let ada = folder.roomd(&add(ADA, &["--username", "countess", "--role", "a"]));
    let grace = folder.add_user("Grace@Example.com");
    let users = listed(&folder);
    let date = &users[1]["creation_date"];
    assert!(
        date.as_str().is_some_and(|date| date.ends_with("+00:00")),
        "{date}"
    );
    assert_eq!(
        users[1],
        json!({
            "user_guid": ada.trim_end(), "user_id": ada.trim_end(), "email": ADA, "username": "countess",
            "name": "Ada", "surname": "Lovelace", "role": "a", "mobile": "", "login_allowed": true,
            "active": true, "status": 1, "lang": "tr-TR", "timezone": "Europe/Istanbul",
            "expires_at": null, "creation_date": date, "updating_date": null,
        })
    );
    assert_eq!(users[0]["user_guid"], json!(grace));
    assert_eq!(users[0]["username"], json!("Grace@Example.com"));
    assert_eq!(users[0]["role"], json!("u"));

    let text = folder.roomd(&["user", "list"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].contains("Grace@Example.com") && lines[1].contains(&grace));
    for part in [ADA, "Ada Lovelace", ada.trim_end()] {
        assert!(lines[2].contains(part), "{text}");
    }
}

#[test]
fn an_e_mail_address_or_username_of_another_user_is_an_error_in_any_spelling() {
    let folder = Folder::new();
    folder.roomd(&add(ADA, &["--username", "Countess"]));
    let exit = folder.run(&add(" ADA@EXAMPLE.COM ", &["--username", "other"]));
    assert_eq!(exit.error_message(), "another user has this e-mail address");
    let exit = folder.run(&add("other@example.com", &["--username", "countESS"]));
    assert_eq!(exit.error_message(), "another user has this username");
    assert_eq!(listed(&folder).as_array().map(Vec::len), Some(1));
}

#[test]
fn a_user_with_an_invalid_field_is_wrong_usage_and_no_file_is_created() {
    let folder = Folder::new();
    let long = "x".repeat(101);
    for args in [
        add("ada", &[]),
        add("", &[]),
        add("ada@", &[]),
        add(ADA, &["--role", "x"]),
        add(ADA, &["--username", ""]),
        vec![
            "user",
            "add",
            "--email",
            ADA,
            "--name",
            " ",
            "--surname",
            "L",
        ],
        vec![
            "user",
            "add",
            "--email",
            ADA,
            "--name",
            "A",
            "--surname",
            &long,
        ],
        vec!["user", "remove", "", "--yes"],
    ] {
        let exit = folder.run(&args);
        assert_eq!(exit.status.code(), Some(2), "{args:?}: {exit:?}");
        assert!(
            exit.stdout.is_empty() && !exit.stderr.is_empty(),
            "{exit:?}"
        );
    }
    assert!(folder.files().is_empty());
}

#[test]
fn a_user_may_have_no_surname() {
    let folder = Folder::new();
    let add = ["user", "add", "--email", ADA, "--name", "Ada"];
    folder.roomd(&add);
    assert_eq!(listed(&folder)[0]["surname"], json!(""));
    folder.roomd(&["user", "remove", ADA, "--yes"]);
    folder.roomd(&[&add[..], &["--surname", ""]].concat());
    assert_eq!(listed(&folder)[0]["surname"], json!(""));
}

#[test]
fn an_unknown_user_cannot_be_removed() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let exit = folder.run(&["user", "remove", "grace@example.com"]);
    assert!(
        exit.error_message().contains("no user is registered"),
        "{exit:?}"
    );
    assert_eq!(listed(&folder).as_array().map(Vec::len), Some(1));
}

#[test]
fn a_user_is_added_and_removed_while_the_server_runs() {
    let folder = Folder::new();
    let server = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(server.room_of(ADA).status, 404);
    let first_user = folder.add_user(ADA);
    let first = server.room_of(ADA);
    assert_eq!(first.status, 201);
    let path = room_path(&first.json());
    assert_eq!(server.get(&path).status, 200);

    let printed = folder.roomd(&["user", "remove", "ADA@example.com", "--yes"]);
    assert!(printed.starts_with("removed the user ada@"), "{printed}");
    assert!(printed.contains(&first.guid()), "{printed}");
    assert_eq!(server.room_of(ADA).status, 404);
    assert_eq!(server.get(&path).status, 404);
    assert_eq!(listed(&folder), json!([]));

    assert_ne!(folder.add_user(ADA), first_user);
    let second = server.room_of(ADA);
    assert_eq!(second.status, 201);
    assert_ne!(second.guid(), first.guid());
}

#[test]
fn a_room_keeps_its_name_from_others_only_until_its_owner_is_removed() {
    let folder = Folder::new();
    folder.add_user(ADA);
    folder.add_user("grace@example.com");
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let ask = |email: &str| server.get_or_create(email, "Wanted").status;
    assert_eq!(ask(ADA), 201);
    assert_eq!(ask("grace@example.com"), 409);
    folder.roomd(&["user", "remove", ADA, "--yes"]);
    assert_eq!(ask("grace@example.com"), 201);
}

#[test]
fn the_list_is_complete_while_callers_create_rooms() {
    let folder = Folder::new();
    folder.add_users(250);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..100 {
                assert_eq!(server.room_of(&email(n)).status, 201);
            }
        });
        for (page, users) in [("1", 100), ("2", 100), ("3", 50), ("4", 0)] {
            let printed = folder.roomd(&["user", "list", "--json", "--page", page]);
            let listed: Vec<Value> = serde_json::from_str(&printed).expect("JSON");
            assert_eq!(listed.len(), users, "page {page}");
        }
    });
}

#[test]
fn a_long_list_has_pages_that_say_their_number() {
    let folder = Folder::new();
    folder.add_users(250);
    let page = |args: &[&str]| folder.roomd(&[&["user", "list"], args].concat());
    for (args, users, newest, last_line) in [
        (&[][..], 100, "user249@", "page 1 of 3, 250 users"),
        (&["--page", "3"], 50, "user49@", "page 3 of 3, 250 users"),
        (
            &["--page", "2", "--size", "7"],
            7,
            "user242@",
            "page 2 of 36, 250 users",
        ),
        (
            &["--size", "1", "--page", "250"],
            1,
            "user0@",
            "page 250 of 250, 250 users",
        ),
    ] {
        let printed = page(args);
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines.len(), 1 + users + 1, "{args:?}: {printed}");
        assert!(lines[1].starts_with(newest), "{args:?}: {}", lines[1]);
        assert_eq!(lines.last(), Some(&last_line), "{args:?}");
    }
    let past_the_end = page(&["--page", "4"]);
    assert_eq!(past_the_end.lines().count(), 2, "{past_the_end}");
    assert!(past_the_end.ends_with("page 4 of 3, 250 users\n"));
    assert_eq!(page(&["--page", "4", "--json"]), "[]\n");
}

#[test]
fn a_list_on_one_page_has_no_line_about_pages() {
    let folder = Folder::new();
    folder.add_users(100);
    let printed = folder.roomd(&["user", "list"]);
    assert_eq!(printed.lines().count(), 101);
    assert!(!printed.contains("page"), "{printed}");
}

#[test]
fn a_page_or_size_out_of_range_is_wrong_usage() {
    let folder = Folder::new();
    for (flag, value) in [
        ("--page", "0"),
        ("--page", "-1"),
        ("--page", "two"),
        ("--page", "1.5"),
        ("--page", "99999999999999999999"),
        ("--size", "0"),
        ("--size", "101"),
        ("--size", ""),
    ] {
        let exit = folder.run(&["user", "list", &format!("{flag}={value}")]);
        assert_eq!(exit.status.code(), Some(2), "{flag} {value}: {exit:?}");
        assert!(exit.stderr.contains(flag), "{exit:?}");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn output_without_a_reader_is_not_a_failure() {
    let folder = Folder::new();
    folder.add_users(3);
    for args in [
        &["user", "list"][..],
        &["user", "list", "--json"],
        &["key", "list"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = folder.command(args);
        command.stdout(writer).stderr(Stdio::piped());
        let exit = Process::spawn_as_is(&mut command).wait(TIMEOUT);
        assert_eq!(
            (exit.status.code(), exit.stderr.as_str()),
            (Some(0), ""),
            "{args:?}"
        );
    }
}

#[test]
fn a_failure_without_a_reader_exits_with_1() {
    let folder = Folder::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = folder.command(&["user", "remove", ADA]);
    command.stdout(Stdio::piped()).stderr(writer);
    let exit = Process::spawn_as_is(&mut command).wait(TIMEOUT);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
}

#[test]
fn an_error_shows_a_wrong_argument_shortened_and_without_what_a_terminal_obeys() {
    let folder = Folder::new();
    let long = format!("\u{1B}[31m\u{202E}{}", "x".repeat(3000));
    let name = ["user", "add", "--email", "a@b.test", "--name", &long];
    for args in [&name[..], &["user", &long]] {
        let exit = folder.run(args);
        assert_eq!(exit.status.code(), Some(2), "{exit:?}");
        assert!(exit.stderr.contains("'\u{FFFD}[31m\u{FFFD}xxx"), "{exit:?}");
        assert!(exit.stderr.len() < 1000, "{exit:?}");
    }
}

/// A name with a byte order mark and the characters at which some programs break lines.
const SEPARATED: &str = "\u{FEFF}A\u{2028}B\u{2029}C";

#[test]
fn a_name_with_line_separators_is_stored_as_typed_and_shown_on_one_line() {
    let folder = Folder::new();
    let add = ["user", "add", "--email", ADA, "--name", SEPARATED];
    folder.roomd(&[&add[..], &["--username", SEPARATED]].concat());
    let key = folder.roomd(&["key", "create", "--json", "--name", SEPARATED]);
    let key: Key = serde_json::from_str(&key).expect("a key");
    for verb in ["user", "key"] {
        let listed = folder.roomd(&[verb, "list"]);
        assert!(listed.contains("A B C"), "{listed:?}");
        assert!(!listed.contains(['\u{2028}', '\u{2029}']), "{listed:?}");
        let json = folder.roomd(&[verb, "list", "--json"]);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json[0]["name"], SEPARATED);
    }

    folder.write("config.toml", "[log]\nrequests = true\n");
    let server = folder.serve(&[]).with_key(&key);
    let room = |email: &str, name: &str| server.get_or_create(email, name);
    assert_eq!(room(ADA, SEPARATED).json()["name"], SEPARATED);
    let same = [
        "user",
        "add",
        "--email",
        "b@example.com",
        "--name",
        "B",
        "--username",
    ];
    let exit = folder.run(&[&same[..], &["a b  C"]].concat());
    assert!(
        exit.error_message().contains("has this username"),
        "{exit:?}"
    );
    folder.add_user("b@example.com");
    assert_eq!(room("b@example.com", "a b c").status, 409);
    let log = server.stop().stderr;
    assert!(log.contains("A B C"), "{log:?}");
    assert!(!log.contains(['\u{2028}', '\u{2029}']), "{log:?}");

    folder.roomd(&["backup", "copy.db"]);
    folder.roomd(&["user", "remove", ADA, "--yes"]);
    let exit = folder.run(&["restore", "copy.db"]);
    assert!(exit.stderr.contains("A B C of ada@"), "{exit:?}");
}
