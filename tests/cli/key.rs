use crate::harness::Folder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ADA: &str = "ada@example.com";

fn text<'a>(key: &'a Value, part: &str) -> &'a str {
    key[part].as_str().expect(part)
}

/// The header that a caller makes of the two parts, as the contract tells callers to.
fn header(access_key: &str, secret_key: &str) -> String {
    let digest = Sha256::digest(format!("{access_key}|{secret_key}").as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("Bearer {access_key}|{hash}")
}

#[test]
fn a_key_is_printed_as_json_with_the_header_that_it_makes() {
    let folder = Folder::new();
    let key = folder.add_key();
    let (access_key, secret_key) = (text(&key, "access_key"), text(&key, "secret_key"));
    assert!(!access_key.is_empty() && secret_key.len() >= 32);
    assert_eq!(key.as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(text(&key, "authorization"), header(access_key, secret_key));
}

#[test]
fn a_key_is_printed_as_text_with_the_header_that_it_makes() {
    let folder = Folder::new();
    let printed = folder.done(&["key", "create", "--name", "chat"]);
    let after = |label: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(label));
        line.expect(label).trim()
    };
    let expected = header(after("access key:"), after("secret key:"));
    assert_eq!(after("Authorization:"), expected);
}

#[test]
fn no_two_keys_are_the_same() {
    let folder = Folder::new();
    let (first, second) = (folder.add_key(), folder.add_key());
    for part in ["access_key", "secret_key"] {
        assert_ne!(first[part], second[part]);
    }
}

#[test]
fn a_key_opens_the_api_from_the_next_request_on_until_it_is_revoked() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let server = folder.serve(&[]);
    assert_eq!(server.room_of(ADA).status, 401);
    let (key, other) = (folder.add_key(), folder.add_key());
    let server = server.with_key(&key);
    assert_eq!(server.room_of(ADA).status, 201);
    assert_eq!(server.room_of(ADA).status, 200);
    assert_eq!(
        folder.done(&["key", "revoke", text(&key, "access_key")]),
        ""
    );
    assert_eq!(server.room_of(ADA).status, 401);
    assert_eq!(server.with_key(&other).room_of(ADA).status, 200);
}

#[test]
fn a_revoked_key_stays_revoked() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let key = folder.add_key();
    let revoke = ["key", "revoke", text(&key, "access_key")];
    folder.done(&revoke);
    folder.done(&revoke);
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of(ADA).status, 401);
}

#[test]
fn revoking_a_key_nobody_knows_is_refused() {
    let folder = Folder::new();
    let key = folder.add_key();
    for unknown in ["unknown", "", text(&key, "secret_key")] {
        let ended = folder.run(&["key", "revoke", unknown]);
        assert_eq!(
            ended.refusal(),
            "no API key has this access key",
            "{unknown}"
        );
    }
}

#[test]
fn the_list_shows_names_and_what_was_revoked() {
    let folder = Folder::new();
    let created = folder.done(&["key", "create", "--json", "--name", "chat"]);
    let chat: Value = serde_json::from_str(&created).expect("JSON");
    let unnamed = folder.add_key();
    folder.done(&["key", "revoke", text(&unnamed, "access_key")]);
    let printed = folder.done(&["key", "list", "--json"]);
    let keys: Value = serde_json::from_str(&printed).expect("JSON");
    let (made, revoked) = (&keys[0]["created_at"], &keys[1]["revoked_at"]);
    assert!(made.is_string() && revoked.is_string(), "{keys}");
    assert_eq!(
        keys[0],
        json!({"access_key": chat["access_key"], "name": "chat", "created_at": made, "revoked_at": null})
    );
    assert_eq!(keys[1]["access_key"], unnamed["access_key"]);
    let lines = folder.done(&["key", "list"]);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with(text(&chat, "access_key")) && lines[1].contains("chat"));
    assert!(lines[1].ends_with('-'), "{}", lines[1]);
    assert!(
        lines[2].ends_with(revoked.as_str().expect("a date")),
        "{}",
        lines[2]
    );
}

#[test]
fn the_secret_is_shown_once_and_kept_nowhere() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let key = folder.add_key();
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of(ADA).status, 201);
    let (_, hash) = text(&key, "authorization").split_once('|').expect("a hash");
    let secrets = [text(&key, "secret_key"), hash];
    for args in [
        &["key", "list"][..],
        &["key", "list", "--json"],
        &["user", "list", "--json"],
    ] {
        let printed = folder.done(args);
        assert!(
            secrets.iter().all(|secret| !printed.contains(secret)),
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
    folder.done(&["key", "create", "--name", &"ö".repeat(100)]);
    for bad in ["x".repeat(101), "two\nlines".into(), "\u{202e}".into()] {
        let ended = folder.run(&["key", "create", "--name", &bad]);
        assert!(matches!(ended.status.code(), Some(1 | 2)), "{ended:?}");
        assert!(ended.stderr.contains("name"), "{ended:?}");
    }
    assert_eq!(folder.done(&["key", "list"]).lines().count(), 2);
}
