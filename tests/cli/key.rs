use crate::support::{Folder, Key, skip};
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";

#[test]
fn a_key_is_printed_as_json_with_the_header_that_it_makes() {
    let folder = Folder::new();
    let key = folder.add_key();
    assert!(!key.access_key.is_empty() && key.secret_key.len() >= 32);
    assert_eq!(
        key.authorization,
        format!("Bearer {}|{}", key.access_key, key.hash())
    );
}

#[test]
fn a_key_is_printed_as_text_with_the_header_that_it_makes() {
    let folder = Folder::new();
    let printed = folder.roomd(&["key", "create", "--name", "chat"]);
    let after = |label: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(label));
        line.expect(label).trim().to_owned()
    };
    let key = Key {
        access_key: after("access key:"),
        secret_key: after("secret key:"),
        authorization: after("Authorization:"),
    };
    assert_eq!(
        key.authorization,
        format!("Bearer {}|{}", key.access_key, key.hash())
    );
}

#[test]
fn no_two_keys_are_the_same() {
    let folder = Folder::new();
    let (first, second) = (folder.add_key(), folder.add_key());
    assert_ne!(first.access_key, second.access_key);
    assert_ne!(first.secret_key, second.secret_key);
}

#[test]
fn a_key_is_valid_from_the_next_request_until_it_is_revoked() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let server = folder.serve(&[]);
    assert_eq!(server.room_of(ADA).status, 401);
    let (key, other) = (folder.add_key(), folder.add_key());
    let server = server.with_key(&key);
    assert_eq!(server.room_of(ADA).status, 201);
    assert_eq!(server.room_of(ADA).status, 200);
    let printed = folder.roomd(&["key", "revoke", &key.access_key, "--yes"]);
    assert_eq!(printed, format!("the key {} is revoked\n", key.access_key));
    assert_eq!(server.room_of(ADA).status, 401);
    assert_eq!(server.with_key(&other).room_of(ADA).status, 200);
}

#[test]
fn a_revoked_key_stays_revoked() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let key = folder.add_key();
    folder.revoke_key(&key);
    // Nothing ends now, so this is no question.
    folder.roomd(&["key", "revoke", &key.access_key]);
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of(ADA).status, 401);
}

#[test]
fn what_would_be_revoked_is_said() {
    let folder = Folder::new();
    let created = folder.roomd(&["key", "create", "--json", "--name", "chat"]);
    let key: Key = serde_json::from_str(&created).expect("a key");
    let revoke = ["key", "revoke", &key.access_key];
    let printed = folder.roomd(&[&revoke[..], &["--dry-run"]].concat());
    let what = format!("the key {} (chat)", key.access_key);
    assert_eq!(printed, format!("would revoke {what}\n"));
    let printed = folder.roomd(&[&revoke[..], &["--dry-run", "--json"]].concat());
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    let expected = json!({"dry_run": true, "revoked": key.access_key});
    assert_eq!(printed, expected);
    assert!(
        !folder
            .roomd(&["key", "list", "--json"])
            .contains("\"revoked_at\":\"")
    );
    folder.revoke_key(&key);
    let printed = folder.roomd(&[&revoke[..], &["--dry-run"]].concat());
    assert_eq!(printed, format!("{what} is revoked already\n"));
}

/// A script revokes at once, and a person is asked.
#[test]
fn a_key_is_revoked_without_a_question_where_there_is_no_terminal() {
    let folder = Folder::new();
    let key = folder.add_key();
    let revoke = ["key", "revoke", &key.access_key];
    let Some((declined, shown)) = folder.on_terminal(&revoke, "n\n") else {
        return skip("ROOMD_TERMINAL", "there is no program `script`");
    };
    assert!(!declined.success(), "{shown}");
    let question = format!("roomd is about to revoke the key {}", key.access_key);
    assert!(shown.contains(&question), "{shown}");
    let is_valid = || {
        folder
            .roomd(&["key", "list", "--json"])
            .contains("\"revoked_at\":null")
    };
    assert!(is_valid());
    let printed = folder.roomd(&revoke);
    assert_eq!(printed, format!("the key {} is revoked\n", key.access_key));
    assert!(!is_valid());
}

#[test]
fn an_unknown_key_cannot_be_revoked() {
    let folder = Folder::new();
    let key = folder.add_key();
    for unknown in ["unknown", "", &key.secret_key] {
        let exit = folder.run(&["key", "revoke", unknown]);
        assert_eq!(
            exit.error_message(),
            "no API key has this access key",
            "{unknown}"
        );
    }
}

#[test]
fn the_list_shows_names_and_revocations() {
    let folder = Folder::new();
    let created = folder.roomd(&["key", "create", "--json", "--name", "chat"]);
    let chat: Key = serde_json::from_str(&created).expect("a key");
    let unnamed = folder.add_key();
    folder.revoke_key(&unnamed);
    let printed = folder.roomd(&["key", "list", "--json"]);
    let keys: Value = serde_json::from_str(&printed).expect("JSON");
    let (created_at, revoked) = (&keys[0]["created_at"], &keys[1]["revoked_at"]);
    assert!(created_at.is_string() && revoked.is_string(), "{keys}");
    assert_eq!(
        keys[0],
        json!({"access_key": chat.access_key, "name": "chat", "created_at": created_at, "revoked_at": null,
               "guests_only": false})
    );
    assert_eq!(keys[1]["access_key"], unnamed.access_key);
    let lines = folder.roomd(&["key", "list"]);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with(&chat.access_key) && lines[1].contains("chat"));
    assert!(
        lines[1].ends_with(" no") && lines[1].contains(" - "),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].contains(revoked.as_str().expect("a date")),
        "{}",
        lines[2]
    );
}

#[test]
fn the_secret_is_printed_once_and_stored_nowhere() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of(ADA).status, 201);
    let hash = key.hash();
    let secrets = [&key.secret_key, &hash];
    for args in [
        &["key", "list"][..],
        &["key", "list", "--json"],
        &["user", "list", "--json"],
    ] {
        let printed = folder.roomd(args);
        assert!(
            secrets.iter().all(|secret| !printed.contains(*secret)),
            "{args:?}"
        );
    }
    let raw_hash: Vec<u8> = (0..hash.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hash[at..at + 2], 16).expect("hexadecimal digits"))
        .collect();
    let files = folder.files();
    assert!(files.contains_key("roomd.db-wal"), "the server runs");
    for (name, bytes) in files {
        for secret in [secrets[0].as_bytes(), secrets[1].as_bytes(), &raw_hash] {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{name}");
        }
    }
}

#[test]
fn the_name_of_a_key_may_have_100_characters() {
    let folder = Folder::new();
    folder.roomd(&["key", "create", "--name", &"ö".repeat(100)]);
    for bad in ["x".repeat(101), "two\nlines".into(), "\u{202e}".into()] {
        let exit = folder.run(&["key", "create", "--name", &bad]);
        assert_eq!(exit.status.code(), Some(2), "{exit:?}");
        assert!(exit.stderr.contains("name"), "{exit:?}");
    }
    assert_eq!(folder.roomd(&["key", "list"]).lines().count(), 2);
}

#[test]
fn a_name_in_which_nothing_shows_is_wrong_usage() {
    let folder = Folder::new();
    let user = ["user", "add", "--email", ADA, "--name"];
    for name in [
        "",
        "  ",
        "\u{200B}",
        "\u{2028}\u{FEFF}",
        "\u{3164} \u{2800}",
    ] {
        for args in [&["key", "create", "--name"][..], &user] {
            let exit = folder.run(&[args, &[name]].concat());
            assert_eq!(exit.status.code(), Some(2), "{name:?}: {exit:?}");
            assert!(exit.stderr.contains("'--name <NAME>': must "), "{exit:?}");
        }
    }
    for args in [["user", "remove", ""], ["demo", "--key", ""]] {
        let exit = folder.run(&args);
        assert_eq!(exit.status.code(), Some(2), "{args:?}: {exit:?}");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn a_key_for_guests_only_is_listed_as_one() {
    let folder = Folder::new();
    let printed = folder.roomd(&["key", "create", "--guests-only", "--json"]);
    let key: Key = serde_json::from_str(&printed).expect("a key");
    folder.add_key();
    let keys: Value =
        serde_json::from_str(&folder.roomd(&["key", "list", "--json"])).expect("JSON");
    assert_eq!(keys[0]["access_key"], key.access_key);
    let listed = [&keys[0]["guests_only"], &keys[1]["guests_only"]];
    assert_eq!(listed, [true, false]);
    let table = folder.roomd(&["key", "list"]);
    let ends: Vec<&str> = table
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    assert_eq!(ends, ["ONLY", "yes", "no"]);
}
