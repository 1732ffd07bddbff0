use crate::support::{Folder, ROOM, assert_intact, room_path, user_path};
use serde_json::json;

/// In every value that is deleted or replaced below, and in no other.
const MARK: &str = "qzxv";

/// Asserts that no file has a byte of what was erased.
#[track_caller]
fn assert_erased(folder: &Folder) {
    for (name, bytes) in folder.files() {
        let found = bytes
            .windows(MARK.len())
            .filter(|part| part.eq_ignore_ascii_case(MARK.as_bytes()))
            .count();
        assert_eq!(found, 0, "{name} has {found} of them");
    }
}

/// Users whose names sort all over the indexes: every other one has the mark.
fn emails(count: usize) -> Vec<String> {
    let random = |n: usize| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let name = |n: usize| if n.is_multiple_of(2) { MARK } else { "stays" };
    (0..count)
        .map(|n| format!("{:08x}.{}@example.com", random(n + 1), name(n)))
        .collect()
}

#[test]
fn nothing_of_what_was_deleted_or_replaced_is_left_in_any_file() {
    let folder = Folder::new();
    let emails = emails(120);
    folder.import(&emails);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    for (n, email) in emails.iter().enumerate() {
        let mark = if email.contains(MARK) { MARK } else { "stays" };
        // Options of several pages, and of a few bytes.
        let custom = mark.repeat([1, 30, 1000, 3000][n % 4]);
        let body = json!({
            "creator_email": email, "name": format!("{email} {mark}"), "tags": mark.repeat(40),
            "ui_options": {"custom": custom},
        });
        let answer = server.post(ROOM, &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        let room = answer.json();
        if mark != MARK || n % 3 == 0 {
            continue; // stays, or goes with its user
        }
        if n % 3 == 1 {
            assert_eq!(server.delete(&room_path(&room)).status, 204);
        } else {
            let body = json!({"name": format!("{n}"), "tags": "", "ui_options": {"custom": null}});
            let answer = server.put(&room_path(&room), &body);
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    for (n, email) in emails.iter().enumerate() {
        if !email.contains(MARK) {
            continue;
        }
        let found = server.post("/xapi/v2/user/search", &json!({"email": email}));
        let user = &found.json()[0];
        if n % 4 == 0 {
            folder.roomd(&["user", "remove", email, "--yes"]);
        } else if n % 3 == 2 {
            let body = json!({"email": format!("{n}@example.com"), "username": format!("u{n}")});
            let answer = server.put(&user_path(user), &body);
            assert_eq!(answer.status, 200, "{answer:?}");
        } else {
            assert_eq!(server.delete(&user_path(user)).status, 204);
        }
    }
    folder.roomd(&["backup", "copy.db"]);
    server.stop();
    assert_erased(&folder);
    assert_intact(&folder.database());
    assert_intact(&folder.path("copy.db"));
}
