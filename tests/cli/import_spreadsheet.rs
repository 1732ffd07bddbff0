//! Files of users as spreadsheets write them.

use crate::support::Folder;
use serde_json::{Value, json};

const FILE: &str = "users.csv";

/// Imports a file; returns the users, in the order of the file.
#[track_caller]
fn imported(csv: impl AsRef<[u8]>) -> Vec<Value> {
    let folder = Folder::new();
    folder.write(FILE, csv);
    folder.roomd(&["user", "import", FILE]);
    let printed = folder.roomd(&["user", "list", "--json"]);
    let mut users: Vec<Value> = serde_json::from_str(&printed).expect("JSON");
    users.reverse();
    users
}

/// Imports a file with bad rows; returns the lines about them.
#[track_caller]
fn errors(csv: &str) -> Vec<String> {
    let folder = Folder::new();
    folder.write(FILE, csv);
    let exit = folder.run(&["user", "import", FILE]);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    exit.stderr.lines().skip(1).map(str::to_owned).collect()
}

/// Returns the fields of a user.
fn fields<'a>(user: &'a Value, names: &[&str]) -> Vec<&'a Value> {
    names.iter().map(|name| &user[*name]).collect()
}

const PLAIN: &str =
    "email,name,surname\nada@example.com,Çağrı,Öz\ngrace@example.com,Grace,Hopper\n";

#[track_caller]
fn assert_plain(csv: impl AsRef<[u8]>) {
    let users = imported(csv);
    assert_eq!(users.len(), 2);
    let expected = [&json!("ada@example.com"), &json!("Çağrı"), &json!("Öz")];
    assert_eq!(fields(&users[0], &["email", "name", "surname"]), expected);
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(bytes)
        .collect()
}

#[test]
fn a_semicolon_or_a_tab_separates_as_well_as_a_comma() {
    for separator in [";", "\t"] {
        let csv = PLAIN.replace(',', separator);
        assert_plain(&csv);
        assert_plain(csv.replace('\n', "\r\n"));
        assert_plain(format!("\u{feff}{csv}"));
        assert_plain(format!("sep={separator}\r\n{}", csv.replace('\n', "\r\n")));
        assert_plain(format!("\u{feff}sep={separator}\n{csv}"));
        assert_plain(format!("\"sep={separator}\"\r\n{csv}"));
        let last = format!("a@example.com{separator}A\n");
        let message = &errors(&format!("sep={separator}\n{csv}{last}"))[0];
        assert!(
            message.starts_with("users.csv, line 5: the row has 2 fields"),
            "{message}"
        );
    }
    let users =
        imported("email;name;surname\nada@example.com;Ada;\"King, Countess; of Lovelace\"\n");
    assert_eq!(users[0]["surname"], "King, Countess; of Lovelace");
}

#[test]
fn unicode_text_of_a_spreadsheet_is_read() {
    let tabs = PLAIN.replace(',', "\t").replace('\n', "\r\n");
    for text in [PLAIN, &tabs] {
        assert_plain(utf_16(text, u16::to_le_bytes));
        assert_plain(utf_16(text, u16::to_be_bytes));
    }
    let folder = Folder::new();
    let mut broken = utf_16(PLAIN, u16::to_le_bytes);
    broken.pop();
    folder.write(FILE, broken);
    let exit = folder.run(&["user", "import", FILE]);
    assert!(
        exit.stderr.contains("line 1: the file is not valid UTF-16"),
        "{exit:?}"
    );
}

#[test]
fn rows_without_values_are_skipped_and_counted_as_lines() {
    for separator in [',', ';'] {
        let csv = ",,\nemail,name,surname\n,,,,\nada@example.com,Çağrı,Öz\n, ,\n,\n\
                   grace@example.com,Grace,Hopper\n,,\n,,,,,,,\n";
        assert_plain(csv.replace(',', &separator.to_string()));
    }
    let message = errors("email,name,surname\n,,,,\nada,Ada,Lovelace\n");
    assert!(
        message[0].starts_with("users.csv, line 3: email "),
        "{message:?}"
    );
}

#[test]
fn characters_that_do_not_show_are_no_values() {
    let headings = "\u{200B}email\u{200B},\u{AD}name,surname\u{2060}\n";
    let rows = PLAIN.split_once('\n').expect("two lines").1;
    assert_plain(format!(
        "{headings}\u{200B},\u{2800},\u{AD}\n{rows}\u{200B}\n"
    ));
    let users = imported("email,name,role,\nada@example.com,Ada,\u{200B},\u{200B}\n");
    assert_eq!(users[0]["role"], "u");
}

#[test]
fn headings_may_be_in_turkish_capitals() {
    let rows = PLAIN.split_once('\n').expect("two lines").1;
    for headings in [
        "EMAİL,NAME,SURNAME",
        "E-MAİL,NAME,SURNAME",
        "EMAIL,NAME,SURNAME",
        "emaıl,name,surname",
    ] {
        assert_plain(format!("{headings}\n{rows}"));
    }
}

#[test]
fn a_quote_that_is_never_closed_is_called_so() {
    let open = "the quote that begins a field here is never closed";
    for (csv, line) in [
        (
            "email,name,surname\nada@example.com,\"Ada,Lovelace\ngrace@example.com,Grace,Hopper\n",
            2,
        ),
        (
            "email;name;surname\nada@example.com;Ada;x\n\"a@example.com;A;\"\"B\n",
            3,
        ),
        (
            "sep=;\nemail;name;surname\nada@example.com;\"Ada;Lovelace\n",
            3,
        ),
        ("\"email,name,surname\nada@example.com,Ada,Lovelace\n", 1),
    ] {
        assert_eq!(
            errors(csv),
            [format!("users.csv, line {line}: {open}")],
            "{csv}"
        );
    }
    let users = imported("email,name,surname\nada@example.com,\"A \"\"d\"\" a\",5\"\n");
    assert_eq!(users.len(), 1);
}

#[test]
fn rows_that_repeat_each_other_create_no_database() {
    let folder = Folder::new();
    folder.write(
        FILE,
        "email,name,username\nada@example.com,Ada,ada\nADA@example.com,Ada,a\na@example.com,A,ADA\n",
    );
    let exit = folder.run(&["user", "import", FILE]);
    let new = exit.stderr.clone();
    assert!(!folder.database().exists());
    let lines = [
        "users.csv, line 3: the person in line 2 has the e-mail address ADA@example.com too",
        "users.csv, line 4: the person in line 2 has the username ADA too",
    ];
    assert!(exit.stderr.lines().skip(1).eq(lines), "{exit:?}");
    folder.add_user("grace@example.com");
    assert_eq!(folder.run(&["user", "import", FILE]).stderr, new);
}

#[test]
fn a_column_without_heading_and_values_is_ignored() {
    let rows = "ada@example.com,,Çağrı,Öz,\ngrace@example.com, ,Grace,Hopper\n";
    assert_plain(format!("email,,name,surname,\n{rows}"));
    assert_plain(format!("email,\u{a0},name,surname,,,\n{rows}"));
    let message = errors("email,name,surname,\na@example.com,A,B,C\n,,,D\n");
    let nameless = "column 4 has a value and no heading";
    let expected = [2, 3].map(|line| format!("users.csv, line {line}: {nameless}"));
    assert_eq!(message, expected);
}

#[test]
fn columns_of_the_api_are_read() {
    let headings =
        "email;name;surname;username;role;mobile;lang;timezone;Login Allowed;active;EXPIRES-AT";
    let row = "ada@example.com;Ada;Lovelace;ada;a;+90 555;de-DE;europe/berlin;0;FALSCH;2030-01-02T03:04:05Z";
    let user = &imported(format!("{headings}\n{row}\n"))[0];
    for (name, value) in [
        ("username", json!("ada")),
        ("role", json!("a")),
        ("mobile", json!("+90 555")),
        ("lang", json!("de-DE")),
        ("timezone", json!("Europe/Berlin")),
        ("login_allowed", json!(false)),
        ("active", json!(false)),
        ("status", json!(0)),
        ("expires_at", json!("2030-01-02T03:04:05+00:00")),
    ] {
        assert_eq!(user[name], value, "{name}");
    }
    let blank = format!("{headings}\nada@example.com;Ada;Lovelace;;;;;;;;\n");
    let user = &imported(blank)[0];
    assert_eq!(
        (&user["active"], &user["lang"]),
        (&json!(true), &json!("tr-TR"))
    );
    assert_eq!(user["expires_at"], json!(null));
}

#[test]
fn booleans_are_read_as_spreadsheets_write_them() {
    for (text, active) in [
        ("TRUE", true),
        ("False", false),
        ("1", true),
        ("DOĞRU", true),
        ("YANLIŞ", false),
        ("yanlış", false),
        ("WAHR", true),
        ("yes", true),
        ("NO", false),
    ] {
        let csv = format!("email,name,surname,active\na@example.com,A,B,{text}\n");
        assert_eq!(imported(csv)[0]["active"], active, "{text}");
    }
    let csv =
        "email,name,surname,active,expires_at,mobile\na@example.com,A,B,maybe,soon,\u{202e}\n";
    let message = &errors(csv)[0];
    for part in [
        "active must be true or false",
        "expires_at must be a date",
        "mobile must",
    ] {
        assert!(message.contains(part), "{message}");
    }
}
