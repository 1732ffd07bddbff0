use crate::support::{Exit, Folder, Process, TIMEOUT, room_path};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

const FILE: &str = "users.csv";
const IMPORT: [&str; 3] = ["user", "import", FILE];

/// Returns a folder with a file to import.
fn folder_with(csv: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::new();
    folder.write(FILE, csv);
    folder
}

/// Imports a file; returns the users, in the order of the file.
#[track_caller]
fn imported(csv: impl AsRef<[u8]>) -> Vec<Value> {
    let folder = folder_with(csv);
    let printed = folder.roomd(&IMPORT);
    let users = users(&folder);
    let noun = if users.len() == 1 { "user" } else { "users" };
    assert_eq!(printed, format!("{} {noun} imported\n", users.len()));
    users
}

fn users(folder: &Folder) -> Vec<Value> {
    if !folder.database().exists() {
        return Vec::new();
    }
    let printed = folder.roomd(&["user", "list", "--json"]);
    let mut users: Vec<Value> = serde_json::from_str(&printed).expect("JSON");
    users.reverse();
    users
}

/// Returns the fields that a file can set.
fn fields(user: &Value) -> [&str; 5] {
    ["email", "name", "surname", "username", "role"].map(|name| user[name].as_str().expect(name))
}

/// Asserts that nothing was imported; returns the lines of stderr about rows.
#[track_caller]
fn bad_rows(exit: &Exit) -> Vec<&str> {
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert_eq!(exit.stdout, "");
    let mut lines = exit.stderr.lines();
    let first = lines.next();
    assert_eq!(
        first,
        Some("roomd: nothing was imported: fix the file and try again")
    );
    lines.collect()
}

/// Imports a file with one wrong row, at this line; returns the error message of the row.
#[track_caller]
fn row_error(csv: impl AsRef<[u8]>, line: u64) -> String {
    let folder = folder_with(csv);
    let exit = folder.run(&IMPORT);
    let [row] = bad_rows(&exit)[..] else {
        panic!("one row was to be wrong: {exit:?}");
    };
    assert_eq!(users(&folder), Vec::<Value>::new());
    let message = row.strip_prefix(&format!("{FILE}, line {line}: "));
    message
        .unwrap_or_else(|| panic!("not line {line}: {row}"))
        .to_owned()
}

/// Returns a file of valid rows: user0@example.com and so on.
fn rows_of_users(rows: usize) -> String {
    let row = |n| format!("user{n}@example.com,Test,User {n}\n");
    let rows: String = (0..rows).map(row).collect();
    format!("email,name,surname\n{rows}")
}

#[test]
fn columns_may_have_any_order_and_case() {
    let users = imported(
        "Role, SURNAME ,E-Mail,username,Name\n\
         a,Lovelace,Ada@Example.com,countess,Ada\n\
         e,Hopper,grace@example.com,grace,Grace\n",
    );
    let [ada, grace] = &users[..] else {
        panic!("{users:?}");
    };
    let expected = ["Ada@Example.com", "Ada", "Lovelace", "countess", "a"];
    assert_eq!(fields(ada), expected);
    let expected = ["grace@example.com", "Grace", "Hopper", "grace", "e"];
    assert_eq!(fields(grace), expected);
}

#[test]
fn an_imported_user_equals_an_added_one() {
    let folder = folder_with("email,name,surname\nada@example.com,Test,User\n");
    folder.roomd(&IMPORT);
    let mut imported = users(&folder).remove(0);
    let other = Folder::new();
    other.add_user("ada@example.com");
    let mut added = users(&other).remove(0);
    for user in [&mut imported, &mut added] {
        for generated in ["user_guid", "user_id", "creation_date"] {
            assert!(user[generated].take().is_string());
        }
    }
    assert_eq!(imported, added);
}

#[test]
fn a_blank_username_or_role_is_the_default() {
    let users = imported(
        "email,name,surname,username,role\n\
         ada@example.com,Ada,Lovelace,,\n\
         grace@example.com,Grace,Hopper,  , a \n",
    );
    assert_eq!(fields(&users[0])[3..], ["ada@example.com", "u"]);
    assert_eq!(fields(&users[1])[3..], ["grace@example.com", "a"]);
}

#[test]
fn a_surname_may_be_blank_and_its_column_may_be_missing() {
    for csv in [
        "email,name\nada@example.com,Ada\n",
        "email,name,surname\nada@example.com,Ada,\n",
        "email,name,surname\nada@example.com,Ada,  \n",
    ] {
        let expected = ["ada@example.com", "Ada", "", "ada@example.com", "u"];
        assert_eq!(fields(&imported(csv)[0]), expected);
    }
}

#[test]
fn quoted_fields_hold_commas_quotes_and_line_breaks_around_a_name() {
    let users = imported(
        "email,name,surname\n\
         \"ada@example.com\",\"Ada \"\"Countess\"\"\",\"King, Countess of Lovelace\"\n\
         grace@example.com,\"\nGrace\n\",Hopper\n",
    );
    let expected = ["Ada \"Countess\"", "King, Countess of Lovelace"];
    assert_eq!(fields(&users[0])[1..3], expected);
    assert_eq!(fields(&users[1])[1..3], ["Grace", "Hopper"]);
}

#[test]
fn files_of_spreadsheets_are_read() {
    let plain = "email,name,surname\nada@example.com,Çağrı,Öz\ngrace@example.com,Grace,Hopper\n";
    for csv in [
        plain.to_owned(),
        plain.trim_end().to_owned(),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        plain.replace('\n', "\n\n"),
        format!("\u{feff}{plain}"),
        format!("\u{feff}{}", plain.replace("email", "\"email\"")),
    ] {
        let users = imported(&csv);
        assert_eq!(users.len(), 2, "{csv:?}");
        let expected = ["ada@example.com", "Çağrı", "Öz", "ada@example.com", "u"];
        assert_eq!(fields(&users[0]), expected, "{csv:?}");
    }
}

#[test]
fn a_file_may_have_no_rows() {
    assert_eq!(imported("email,name,surname\n"), Vec::<Value>::new());
}

#[test]
fn every_bad_row_is_named_by_its_line() {
    let folder = folder_with(
        b"email,name,surname,role\n\
          ada@example.com,Ada,Lovelace,u\n\
          ada,Ada,Lovelace,u\n\
          b@example.com,,Lovelace,u\n\
          c@example.com,Ada,Lovelace,x\n\
          d@example.com,Ada,Lovelace\n\
          e@example.com,Ada,Lovelace,u,\n\
          f@example.com,\xe7,Lovelace,u\n\
          ,, ,U\n",
    );
    let exit = folder.run(&IMPORT);
    let not_an_address = "email must be an e-mail address, such as ada@example.com";
    let role = "role must be u (user), e (instructor) or a (administrator)";
    let expected = [
        (3, not_an_address.to_owned()),
        (4, "name must not be empty".into()),
        (5, role.into()),
        (6, "the row has 3 fields for 4 columns".into()),
        (7, "the row has 5 fields for 4 columns".into()),
        (
            8,
            "the row is not UTF-8: save the file as CSV in UTF-8".into(),
        ),
        (
            9,
            format!("email must not be empty; name must not be empty; {role}"),
        ),
    ];
    let expected = expected.map(|(line, message)| format!("{FILE}, line {line}: {message}"));
    assert_eq!(bad_rows(&exit), expected);
    assert_eq!(users(&folder), Vec::<Value>::new());
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let before = "email,name,surname\n\
                  a@example.com,A,B\n\
                  \n\n\
                  b@example.com,\"\n\nB\",C\n";
    let broken = format!("{before}c@example.com,C\n");
    for csv in [
        broken.clone(),
        broken.replace('\n', "\r\n"),
        broken.replace('\n', "\r"),
        format!("\u{feff}{broken}"),
    ] {
        assert_eq!(row_error(&csv, 8), "the row has 2 fields for 3 columns");
    }
    let taken = format!("{before}A@example.com,A,B\n").replace('\n', "\r\n");
    let repeated = "the person in line 2 has the e-mail address A@example.com too";
    assert_eq!(row_error(&taken, 8), repeated);
    let wrong_from_the_start = "\n\nemail,surname\n";
    assert!(row_error(wrong_from_the_start, 3).contains("\"name\" is missing"));
    let never_closed = "email,name,surname\na@example.com,A,\"B\nc@example.com,C,D\n";
    assert!(row_error(never_closed, 2).contains("is never closed"));
}

#[test]
fn no_user_is_registered_twice_in_any_spelling() {
    let folder = folder_with(
        "email,name,surname,username\n\
         new@example.com,New,One,new\n\
         ADA@example.com,Ada,Lovelace,other\n\
         second@example.com,Ada,Lovelace,Ada@Example.com\n\
         NEW@example.com,New,Two,two\n\
         third@example.com,New,Three, NEW\n",
    );
    folder.add_user("ada@example.com");
    let before = users(&folder);
    let exit = folder.run(&IMPORT);
    let expected = [
        "line 3: another user has the e-mail address ADA@example.com",
        "line 4: another user has the username Ada@Example.com",
        "line 5: the person in line 2 has the e-mail address NEW@example.com too",
        "line 6: the person in line 2 has the username NEW too",
    ]
    .map(|row| format!("{FILE}, {row}"));
    assert_eq!(bad_rows(&exit), expected);
    assert_eq!(users(&folder), before);
}

#[test]
fn columns_that_are_unknown_missing_or_repeated_are_errors() {
    for (headings, reason) in [
        (
            "email,name,surname,phone",
            "the column \"phone\" is unknown: the columns are email, name, surname, username, role, mobile, lang, timezone, login_allowed, active, expires_at",
        ),
        (
            "email|name|surname",
            "the column \"email|name|surname\" is unknown",
        ),
        (
            "ada@example.com,Ada,Lovelace",
            "the column \"ada@example.com\" is unknown",
        ),
        ("name,surname", "the column \"email\" is missing"),
        ("email,surname", "the column \"name\" is missing"),
        (
            "email,name,surname,Name",
            "the column \"name\" appears twice",
        ),
        (
            "e-mail,name,surname,email",
            "the column \"email\" appears twice",
        ),
        ("", "the column \"email\" is missing"),
    ] {
        let csv = format!("{headings}\nada@example.com,Ada,Lovelace,\n");
        let csv = if headings.is_empty() { "" } else { &csv };
        let message = row_error(csv, 1);
        assert!(message.starts_with(reason), "{headings}: {message}");
    }
    let message = row_error(b"email,name,surnam\xe9\n", 1);
    assert!(message.starts_with("the row is not UTF-8"), "{message}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let exit = folder.run(&IMPORT);
    assert!(
        exit.error_message().starts_with("cannot read users.csv: "),
        "{exit:?}"
    );
    let exit = folder.run(&["user", "import", "."]);
    assert!(
        exit.error_message().starts_with("cannot read .: "),
        "{exit:?}"
    );
}

#[test]
fn an_import_without_a_file_is_wrong_usage() {
    let exit = Folder::new().run(&["user", "import"]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
}

#[test]
fn the_outcome_is_printed_as_json() {
    let args = ["user", "import", FILE, "--json"];
    let printed = |exit: &Exit| serde_json::from_str::<Value>(&exit.stdout).expect("JSON");

    let folder = folder_with(rows_of_users(3));
    let exit = folder.run(&args);
    assert_eq!(
        (exit.status.code(), exit.stderr.as_str()),
        (Some(0), ""),
        "{exit:?}"
    );
    assert_eq!(printed(&exit), json!({"imported": 3}));

    let second = folder.run(&args);
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    let taken = [2, 3, 4].map(|line| {
        let email = format!("user{}@example.com", line - 2);
        json!({"line": line, "message": format!("another user has the e-mail address {email}")})
    });
    assert_eq!(printed(&second), json!({"imported": 0, "errors": taken}));
    assert_eq!(second.stderr.lines().count(), 4, "{second:?}");

    let missing = folder.run(&["user", "import", "missing.csv", "--json"]);
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    let errors = &printed(&missing)["errors"];
    let message = errors[0]["message"].as_str().expect("a message");
    assert!(message.starts_with("cannot read missing.csv"), "{errors}");
}

#[test]
fn after_a_failure_nothing_is_imported_and_the_corrected_file_is() {
    let folder = folder_with(format!(
        "{}user0@example.com,Again,Again\n",
        rows_of_users(1000)
    ));
    let exit = folder.run(&IMPORT);
    let expected = format!(
        "{FILE}, line 1002: the person in line 2 has the e-mail address user0@example.com too"
    );
    assert_eq!(bad_rows(&exit), [expected]);
    assert_eq!(users(&folder), Vec::<Value>::new());
    folder.write(FILE, rows_of_users(1000));
    assert_eq!(folder.roomd(&IMPORT), "1000 users imported\n");
    let listed = folder.roomd(&["user", "list", "--size", "1"]);
    assert!(listed.ends_with(", 1000 users\n"), "{listed}");
}

#[test]
fn a_running_server_knows_imported_users_and_writes_during_the_import() {
    let folder = folder_with(rows_of_users(5000));
    let caller = "grace@example.com";
    folder.add_user(caller);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(server.room_of("user4999@example.com").status, 404);
    let imported = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let import = Process::spawn(&mut folder.command(&IMPORT));
            let exit = import.wait(TIMEOUT);
            imported.store(true, Ordering::Release);
            assert_eq!(exit.stdout, "5000 users imported\n", "{exit:?}");
        });
        loop {
            let created = server.room_of(caller);
            assert_eq!(created.status, 201, "{created:?}");
            assert_eq!(server.delete(&room_path(&created.json())).status, 204);
            if imported.load(Ordering::Acquire) {
                break;
            }
        }
    });
    assert_eq!(server.room_of("user4999@example.com").status, 201);
}
