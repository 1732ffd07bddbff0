use crate::support::Folder;
use crate::user_sync::{FILE, fields, sync, users};
use serde_json::{Value, json};

#[test]
fn the_report_is_in_words_too() {
    let folder = Folder::new();
    folder.add_user("old@example.com");
    folder.add_user("ada@example.com");
    folder.roomd(&["user", "disable", "ada@example.com"]);
    folder.write(FILE, "email,name\nada@example.com,Ada\n");
    let printed = folder.roomd(&["user", "sync", FILE, "--dry-run"]);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines,
        [
            "CHANGE   E-MAIL           FIELDS",
            "updated  ada@example.com  name",
            "would be: 0 added, 1 updated, 0 unchanged, 0 deactivated",
            "not in the file: 1 active user, whom --deactivate-missing would deactivate",
            "in the file: 1 inactive user; `roomd user enable` or a column `active` activates",
        ]
    );
}

#[test]
fn a_rehearsal_creates_no_database() {
    let folder = Folder::new();
    let report = sync(&folder, "email,name\na@example.com,A\n", &["--dry-run"]);
    assert_eq!(report, json!({"dry_run": true, "added": 1}));
    assert!(!folder.database().exists());
}

/// Returns a folder and a file by which many are added, one changes and one is deactivated.
fn various_changes() -> Folder {
    let folder = Folder::new();
    folder.add_users(3);
    let added: String = (0..12)
        .map(|n| format!("new{n}@example.com,New,,x{n}\n"))
        .collect();
    let rows = "user0@example.com,Test,User,\nKing@example.com,Ada,King,user1@example.com\n";
    folder.write(FILE, format!("email,name,surname,username\n{added}{rows}"));
    folder
}

#[test]
fn a_rehearsal_names_whom_it_would_change_and_which_fields() {
    let folder = various_changes();
    let args = ["user", "sync", FILE, "--dry-run", "--deactivate-missing"];
    let printed = folder.roomd(&args);
    let mut expected = vec!["CHANGE       E-MAIL                        FIELDS".to_owned()];
    expected.extend((0..10).map(|n| format!("added        new{n}@example.com")));
    expected.extend(
        [
            "added        and 2 more: --json names all",
            "updated      user1@example.com             email, name, surname",
            "deactivated  user2@example.com             active",
            "would be: 12 added, 1 updated, 1 unchanged, 1 deactivated",
        ]
        .map(str::to_owned),
    );
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    let printed = folder.roomd(&[&args[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&printed).expect("JSON");
    let changes = report["changes"].as_array().expect("a list");
    assert_eq!(changes.len(), 14);
    let guids = fields(&folder, &["user_guid"]).concat();
    let change = |change: &str, guid: &Value, email: &str, fields: &[&str]| json!({"change": change, "user_guid": guid, "email": email, "fields": fields});
    let added = change("added", &Value::Null, "new11@example.com", &[]);
    assert_eq!(changes[11], added);
    let names = ["email", "name", "surname"];
    let updated = change("updated", &guids[1], "user1@example.com", &names);
    assert_eq!(changes[12], updated);
    let deactivated = change("deactivated", &guids[2], "user2@example.com", &["active"]);
    assert_eq!(changes[13], deactivated);
    assert_eq!(users(&folder).len(), 3);
}

#[test]
fn a_rehearsal_without_a_database_names_whom_it_would_add() {
    let folder = Folder::new();
    folder.write(FILE, "email,name\nada@example.com,Ada\n");
    let printed = folder.roomd(&["user", "sync", FILE, "--dry-run"]);
    assert!(
        printed.contains("\nadded   ada@example.com\nwould be: 1 added,"),
        "{printed}"
    );
}
