use crate::support::{Exit, Folder, Process, TIMEOUT, room_path, skip};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

const ADA: &str = "ada@example.com";

/// Returns a folder with ada, whose username is countess, and grace, and ada's GUID.
fn folder() -> (Folder, String) {
    let folder = Folder::new();
    folder.add_user("grace@example.com");
    let ada = ["user", "add", "--email", ADA, "--name", "Ada"];
    let guid = folder.roomd(&[&ada[..], &["--username", "countess"]].concat());
    (folder, guid.trim_end().to_owned())
}

fn json_of(printed: &str) -> Value {
    serde_json::from_str(printed).expect("JSON")
}

fn shown(folder: &Folder, user: &str) -> Value {
    json_of(&folder.roomd(&["user", "show", user, "--json"]))
}

/// Gives ada a room, of which a host link was given out; returns it.
fn give_room(folder: &Folder) -> Value {
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let room = server.get_or_create(ADA, "Room of Ada").json();
    server.stop();
    folder.roomd(&["room", "host-link", ADA]);
    room
}

#[test]
fn a_user_is_shown_by_any_name() {
    let (folder, guid) = folder();
    for name in [
        ADA,
        "ADA@example.com",
        "Countess",
        &guid,
        &guid.to_lowercase(),
    ] {
        let user = shown(&folder, name);
        assert_eq!(
            (&user["user_guid"], &user["room"]),
            (&json!(guid), &Value::Null)
        );
        let text = folder.roomd(&["user", "show", name]);
        assert!(text.contains(&guid) && text.contains("countess"), "{text}");
    }
    for unknown in [
        "eve",
        "eve@example.com",
        "0197A3C2-6414-7046-87A6-67730D5F9F08",
    ] {
        for verb in ["show", "export", "disable", "remove"] {
            let exit = folder.run(&["user", verb, unknown]);
            let message = exit.error_message();
            assert!(message.contains("no user is registered"), "{message}");
            assert!(message.contains(unknown), "{message}");
        }
    }
}

#[test]
fn an_e_mail_address_comes_before_a_username_that_looks_like_one() {
    let (folder, guid) = folder();
    let eve = ["user", "add", "--email", "eve@example.com", "--name", "Eve"];
    folder.roomd(&[&eve[..], &["--username", ADA]].concat());
    assert_eq!(shown(&folder, ADA)["user_guid"], json!(guid));
}

#[test]
fn the_room_of_a_user_is_shown_as_the_api_shows_it() {
    let (folder, _) = folder();
    let mut room = give_room(&folder);
    let mut found = shown(&folder, ADA)["room"].take();
    // No public URL is set, and the server took a free port.
    for room in [&mut room, &mut found] {
        assert!(room["url"].take().is_string());
    }
    assert_eq!(found, room);
    assert!(
        folder
            .roomd(&["user", "show", ADA])
            .contains("Room of Ada, http://")
    );
}

#[test]
fn what_is_given_is_changed_and_the_rest_stays() {
    let (folder, guid) = folder();
    let before = shown(&folder, ADA);
    let printed = folder.roomd(&[
        "user",
        "update",
        ADA,
        "--name",
        "Augusta",
        "--surname",
        "King",
        "--role",
        "e",
        "--lang",
        "en",
        "--timezone",
        "Europe/London",
        "--mobile",
        "+44",
    ]);
    assert_eq!(
        printed,
        "ada@example.com: name, surname, role, mobile, lang, timezone changed\n"
    );
    let mut expected = before.clone();
    for (field, value) in [
        ("name", "Augusta"),
        ("surname", "King"),
        ("role", "e"),
        ("lang", "en"),
        ("timezone", "Europe/London"),
        ("mobile", "+44"),
    ] {
        expected[field] = json!(value);
    }
    let mut after = shown(&folder, ADA);
    assert!(after["updating_date"].take().is_string());
    assert_eq!(after, expected);

    let args = [
        "user",
        "update",
        "countess",
        "--email",
        "king@example.com",
        "--json",
    ];
    let printed = json_of(&folder.roomd(&[&args[..], &["--username", "king"]].concat()));
    assert_eq!(printed["changed"], json!(["email", "username"]));
    assert_eq!(printed["user"]["user_guid"], json!(guid));
    assert_eq!(shown(&folder, "king"), shown(&folder, "king@example.com"));
}

#[test]
fn an_update_that_changes_nothing_writes_nothing() {
    let (folder, _) = folder();
    let printed = folder.roomd(&["user", "update", ADA, "--name", "Ada"]);
    assert_eq!(printed, "ada@example.com: nothing to change\n");
    assert_eq!(shown(&folder, ADA)["updating_date"], Value::Null);
    let exit = folder.run(&["user", "update", ADA]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
    assert!(exit.stderr.contains("--name"), "{exit:?}");
}

#[test]
fn a_value_of_another_user_is_an_error_and_changes_nothing() {
    let (folder, _) = folder();
    let before = shown(&folder, ADA);
    for (flag, what) in [("--email", "e-mail address"), ("--username", "username")] {
        let exit = folder.run(&[
            "user",
            "update",
            ADA,
            flag,
            "grace@example.com",
            "--name",
            "X",
        ]);
        let message = exit.error_message();
        assert_eq!(message, format!("another user has this {what}"));
    }
    assert_eq!(shown(&folder, ADA), before);
    let exit = folder.run(&["user", "update", ADA, "--email", "ada"]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
}

#[test]
fn a_disabled_user_gets_no_new_room_until_enabled() {
    let (folder, _) = folder();
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let printed = folder.roomd(&["user", "disable", ADA]);
    assert!(
        printed.starts_with("ada@example.com is inactive now"),
        "{printed}"
    );
    assert_eq!(shown(&folder, ADA)["active"], json!(false));
    assert_ne!(server.room_of(ADA).status, 201);
    let printed = folder.roomd(&["user", "enable", ADA, "--json"]);
    assert_eq!(json_of(&printed)["changed"], json!(["active"]));
    assert_eq!(server.room_of(ADA).status, 201);
    let printed = folder.roomd(&["user", "enable", ADA]);
    assert_eq!(printed, "ada@example.com: nothing to change\n");
}

#[test]
fn a_change_that_revokes_host_links_says_so() {
    let (folder, _) = folder();
    give_room(&folder);
    let link = || folder.roomd(&["room", "host-link", ADA]);
    let before = link();
    let printed = folder.roomd(&["user", "disable", ADA]);
    assert!(
        printed.contains("all host links of the room are void"),
        "{printed}"
    );
    let printed = folder.roomd(&["user", "enable", ADA]);
    assert!(!printed.contains("void"), "{printed}");
    assert_ne!(link(), before);
}

#[test]
fn an_export_has_all_that_is_stored_and_no_host_link() {
    let (folder, guid) = folder();
    let room = give_room(&folder);
    let export = json_of(&folder.roomd(&["user", "export", "countess"]));
    assert!(export["exported_at"].is_string());
    let mut user = shown(&folder, &guid);
    user.as_object_mut().expect("an object").remove("room");
    assert_eq!(export["user"], user);
    let exported = export["room"].as_object().expect("an object");
    for (name, value) in room.as_object().expect("an object") {
        assert!(name == "url" || &exported[name] == value, "{name}");
    }
    assert_eq!(exported["rating"]["stars"], json!([0, 0, 0, 0, 0]));
    assert_eq!(exported["host_link_given"], json!(true));
    assert_eq!(exported["host_links_revoked"], json!(0));
    // Every column of the tables is in it, by name or as what it means.
    let database = crate::support::open(&folder.database());
    let columns = |table: &str| -> Vec<String> {
        let sql = format!("SELECT name FROM pragma_table_info('{table}')");
        let mut statement = database.prepare(&sql).expect("SQL");
        let names = statement.query_map([], |row| row.get(0)).expect("rows");
        names.map(|name| name.expect("a text")).collect()
    };
    assert_eq!(columns("users").len(), 21, "is the new column exported?");
    assert_eq!(columns("rooms").len(), 16, "is the new column exported?");
    assert_eq!(columns("ratings").len(), 6, "is the new column exported?");
    let without_room = json_of(&folder.roomd(&["user", "export", "grace@example.com"]));
    assert_eq!(without_room["room"], Value::Null);
}

#[test]
fn nothing_is_removed_without_a_yes_where_nobody_can_be_asked() {
    let (folder, guid) = folder();
    let room = give_room(&folder);
    for args in [&["user", "remove", ADA][..], &["room", "remove", ADA]] {
        let exit = folder.run(args);
        assert_eq!(exit.status.code(), Some(2), "{exit:?}");
        assert!(
            exit.stderr.contains("--yes") && exit.stdout.is_empty(),
            "{exit:?}"
        );
        let printed = folder.roomd(&[args, &["--dry-run"]].concat());
        assert!(printed.starts_with("would remove the "), "{printed}");
        let json = json_of(&folder.roomd(&[args, &["--dry-run", "--json"]].concat()));
        assert_eq!(json["dry_run"], json!(true));
        assert_eq!(json["room"]["room_guid"], room["room_guid"]);
    }
    assert_eq!(shown(&folder, ADA)["user_guid"], json!(guid));
}

#[test]
fn a_removed_user_is_named_with_the_room() {
    let (folder, guid) = folder();
    let room = give_room(&folder);
    let printed = folder.roomd(&["user", "remove", "countess", "--yes", "--json"]);
    let json = json_of(&printed);
    assert_eq!(json["user"]["user_guid"], json!(guid));
    assert_eq!(json["room"]["room_guid"], room["room_guid"]);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(server.get(&room_path(&room)).status, 404);
    server.stop();
    let printed = folder.roomd(&["user", "remove", "grace@example.com", "-y"]);
    assert!(printed.ends_with("who has no room\n"), "{printed}");
    assert_eq!(folder.roomd(&["user", "list", "--json"]), "[]\n");
}

/// Runs the program on a terminal, where somebody types an answer. None without the program `script`.
fn answered(folder: &Folder, args: &str, answer: &str) -> Option<Exit> {
    let script = Command::new("script").arg("--version").output();
    if !script.is_ok_and(|found| String::from_utf8_lossy(&found.stdout).contains("util-linux")) {
        skip("ROOMD_SCRIPT", "script of util-linux is not installed");
        return None;
    }
    let program = env!("CARGO_BIN_EXE_roomd");
    let line = format!("stty rows 24 cols 76; {program} {args}");
    let mut command = Command::new("sh");
    let pipe = "printf '%s\\n' \"$1\" | script -qec \"$0\" /dev/null";
    command.args(["-c", pipe, &line, answer]);
    command.current_dir(folder.root()).stdin(Stdio::null());
    Some(Process::spawn(&mut command).wait(TIMEOUT))
}

#[test]
fn on_a_terminal_the_program_asks() {
    let (folder, guid) = folder();
    for answer in ["", "n", "what"] {
        let Some(exit) = answered(&folder, "user remove ada@example.com", answer) else {
            return;
        };
        assert_eq!(exit.status.code(), Some(1), "{exit:?}");
        assert!(
            exit.stdout.contains("remove the user ada@example.com"),
            "{exit:?}"
        );
        assert!(exit.stdout.contains("Continue? [y/N]"), "{exit:?}");
        assert!(exit.stdout.contains("nothing was changed"), "{exit:?}");
    }
    assert_eq!(shown(&folder, ADA)["user_guid"], json!(guid));
    let exit = answered(&folder, "user remove ada@example.com", "Y").expect("a terminal");
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    let exit = folder.run(&["user", "show", ADA]);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
}

#[test]
fn a_list_fits_the_terminal() {
    let (folder, guid) = folder();
    let args = [
        "user",
        "update",
        "countess",
        "--name",
        "田中さん",
        "--surname",
    ];
    folder.roomd(&[&args[..], &["Augusta Ada King, Countess of Lovelace"]].concat());
    let Some(exit) = answered(&folder, "user list", "") else {
        return;
    };
    let lines: Vec<&str> = exit
        .stdout
        .lines()
        .filter(|line| line.contains("  "))
        .collect();
    assert_eq!(lines.len(), 3, "{exit:?}");
    // Each of the four wide characters takes two columns.
    let columns = |line: &str| {
        line.chars()
            .map(|c| if c > '\u{3000}' { 2 } else { 1 })
            .sum()
    };
    let widths: Vec<usize> = lines.iter().map(|line| columns(line.trim_end())).collect();
    assert_eq!(widths[1..], [76, 76], "{exit:?}");
    assert!(
        exit.stdout.contains(&guid) && exit.stdout.contains('…'),
        "{exit:?}"
    );
    let whole = folder.roomd(&["user", "list"]);
    assert!(
        whole.contains("田中さん Augusta Ada King, Countess of Lovelace"),
        "{whole}"
    );
}
