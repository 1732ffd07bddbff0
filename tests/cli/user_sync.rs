use crate::support::{Exit, Folder, Process, TIMEOUT, assert_intact, say, skip};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const FILE: &str = "people.csv";
const DOCS: &str = include_str!("../../docs/commands.md");

/// Synchronizes with a file; returns the report without the counts that are zero, and without names.
#[track_caller]
pub(crate) fn sync(folder: &Folder, csv: &str, args: &[&str]) -> Value {
    folder.write(FILE, csv);
    let args = [&["user", "sync", FILE, "--json"], args].concat();
    let mut report: Value = serde_json::from_str(&folder.roomd(&args)).expect("JSON");
    let counts = report.as_object_mut().expect("an object");
    counts.retain(|_, count| *count != json!(0) && *count != json!(false) && !count.is_array());
    report
}

fn try_sync(folder: &Folder, csv: &str, args: &[&str]) -> Exit {
    folder.write(FILE, csv);
    folder.run(&[&["user", "sync", FILE], args].concat())
}

pub(crate) fn users(folder: &Folder) -> Vec<Value> {
    let printed = folder.roomd(&["user", "list", "--json"]);
    let mut users: Vec<Value> = serde_json::from_str(&printed).expect("JSON");
    users.reverse();
    users
}

/// Returns some fields of all users, oldest first.
pub(crate) fn fields(folder: &Folder, names: &[&str]) -> Vec<Vec<Value>> {
    let of = |user: Value| names.iter().map(|name| user[name].clone()).collect();
    users(folder).into_iter().map(of).collect()
}

#[test]
fn new_people_are_added_changed_ones_updated_and_the_rest_stays() {
    let folder = Folder::new();
    let csv = "email,name,surname\n\
               ada@example.com,Ada,Lovelace\n\
               grace@example.com,Grace,Hopper\n";
    assert_eq!(sync(&folder, csv, &[]), json!({"added": 2}));
    let before = users(&folder);
    assert_eq!(sync(&folder, csv, &[]), json!({"unchanged": 2}));
    assert_eq!(users(&folder), before);
    let csv = "email,name,surname\n\
               ADA@example.com,Ada,King\n\
               edsger@example.com,Edsger,Dijkstra\n";
    let expected = json!({"added": 1, "updated": 1, "missing": 1});
    assert_eq!(sync(&folder, csv, &[]), expected);
    let after = users(&folder);
    assert_eq!(after[0]["user_guid"], before[0]["user_guid"]);
    assert_eq!(after[0]["surname"], json!("King"));
    assert_eq!(after[1], before[1]);
    assert_eq!(
        sync(&folder, csv, &[]),
        json!({"unchanged": 2, "missing": 1})
    );
}

#[test]
fn columns_that_are_missing_and_fields_that_are_blank_leave_values_as_they_are() {
    let folder = Folder::new();
    let csv = "email,name,surname,username,role,mobile,lang,timezone,login_allowed,active,expires_at\n\
               ada@example.com,Ada,Lovelace,ada,e,+44,en,Europe/London,false,false,2030-01-01T00:00:00Z\n";
    assert_eq!(sync(&folder, csv, &[]), json!({"added": 1, "inactive": 1}));
    let whole = users(&folder);
    let csv = "email,name\nada@example.com,Ada\n";
    let expected = json!({"unchanged": 1, "inactive": 1});
    assert_eq!(sync(&folder, csv, &[]), expected);
    assert_eq!(users(&folder), whole);
    let csv =
        "email,name,username,role,lang,timezone,login_allowed,active\nada@example.com,Ada,,,,,,\n";
    assert_eq!(sync(&folder, csv, &[]), expected);
    assert_eq!(users(&folder), whole);
    let csv = "email,name,surname,mobile,expires_at\nada@example.com,Ada,,,\n";
    let expected = json!({"updated": 1, "inactive": 1});
    assert_eq!(sync(&folder, csv, &[]), expected);
    let emptied = fields(&folder, &["surname", "mobile", "expires_at", "username"]);
    assert_eq!(emptied, [[json!(""), json!(""), Value::Null, json!("ada")]]);
    let csv = "email,name,active\nada@example.com,Ada,yes\n";
    assert_eq!(sync(&folder, csv, &[]), json!({"updated": 1}));
    assert_eq!(users(&folder)[0]["active"], json!(true));
}

#[test]
fn a_person_with_another_address_is_known_by_the_username() {
    let folder = Folder::new();
    let csv = "email,name,username\nada@example.com,Ada,ada\ngrace@example.com,Grace,grace\n";
    sync(&folder, csv, &[]);
    let before = users(&folder);
    let csv = "email,name,username\nking@example.com,Ada,ada\ngrace@example.com,Grace,grace\n";
    let expected = json!({"updated": 1, "unchanged": 1});
    assert_eq!(sync(&folder, csv, &[]), expected);
    let after = users(&folder);
    assert_eq!(after[0]["user_guid"], before[0]["user_guid"]);
    assert_eq!(after[0]["email"], json!("king@example.com"));
    // The user of that name is in the file herself, so this is somebody else.
    let csv = "email,name,username\nking@example.com,Ada,\neve@example.com,Eve,ada\n";
    let exit = try_sync(&folder, csv, &[]);
    let expected = "roomd: nothing was synchronized: fix the file and try again\n\
                    people.csv, line 3: the person in line 2 has the username ada too\n";
    assert_eq!(exit.stderr, expected);
    assert_eq!(users(&folder), after);
}

#[test]
fn people_may_exchange_their_usernames() {
    let folder = Folder::new();
    let csv =
        "email,name,username\na@example.com,A,one\nb@example.com,B,two\nc@example.com,C,three\n";
    sync(&folder, csv, &[]);
    let csv = "email,name,username\n\
               a@example.com,A,two\nb@example.com,B,three\nc@example.com,C,ONE\nd@example.com,D,four\n";
    let expected = json!({"added": 1, "updated": 3});
    assert_eq!(
        sync(&folder, csv, &["--dry-run"]),
        json!({"added": 1, "updated": 3, "dry_run": true})
    );
    assert_eq!(sync(&folder, csv, &[]), expected);
    let names = fields(&folder, &["username"]).concat();
    assert_eq!(names, ["two", "three", "ONE", "four"]);
    let csv = "email,name,username\na@example.com,A,five\ne@example.com,E,two\n";
    assert_eq!(
        sync(&folder, csv, &[]),
        json!({"added": 1, "updated": 1, "missing": 3})
    );
    assert_intact(&folder.database());
}

#[test]
fn who_is_missing_is_deactivated_only_if_that_is_wanted() {
    let folder = Folder::new();
    folder.add_users(3);
    let csv = "email,name,surname\nuser0@example.com,Test,User\nuser1@example.com,Test,User\n";
    let unchanged = json!({"unchanged": 2, "missing": 1});
    assert_eq!(sync(&folder, csv, &[]), unchanged);
    let expected = json!({"unchanged": 2, "missing": 1, "deactivated": 1});
    let mut rehearsed = sync(&folder, csv, &["--deactivate-missing", "--dry-run"]);
    rehearsed
        .as_object_mut()
        .expect("an object")
        .remove("dry_run");
    assert_eq!(rehearsed, expected);
    assert_eq!(fields(&folder, &["active"]).concat(), [true, true, true]);
    assert_eq!(sync(&folder, csv, &["--deactivate-missing"]), expected);
    assert_eq!(fields(&folder, &["active"]).concat(), [true, true, false]);
    let unchanged = json!({"unchanged": 2});
    assert_eq!(sync(&folder, csv, &["--deactivate-missing"]), unchanged);
}

#[test]
fn a_file_without_most_people_deactivates_nobody_without_a_yes() {
    let folder = Folder::new();
    folder.add_users(4);
    for rows in ["", "user0@example.com,X\n"] {
        let csv = format!("email,name\n{rows}");
        let exit = try_sync(&folder, &csv, &["--deactivate-missing"]);
        assert_eq!(exit.status.code(), Some(2), "{exit:?}");
        assert!(
            exit.stderr.contains("of 4 active users, because"),
            "{exit:?}"
        );
        assert!(exit.stderr.contains("--yes"), "{exit:?}");
    }
    let all = [["Test", "true"]; 4].map(|[name, _]| vec![json!(name), json!(true)]);
    assert_eq!(fields(&folder, &["name", "active"]), all);
    let csv = "email,name,surname\nuser0@example.com,Test,User\nuser1@example.com,Test,User\n";
    let half = sync(&folder, csv, &["--deactivate-missing"]);
    assert_eq!(half["deactivated"], json!(2));
    let csv = "email,name\n";
    let all = sync(&folder, csv, &["--deactivate-missing", "--yes"]);
    assert_eq!(all, json!({"deactivated": 2, "missing": 2}));
}

#[test]
fn a_deactivated_user_has_no_valid_host_link() {
    let folder = Folder::new();
    folder.add_users(2);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(server.room_of("user0@example.com").status, 201);
    let shown = || folder.roomd(&["user", "export", "user0@example.com"]);
    assert!(shown().contains("\"host_links_revoked\": 0"));
    let csv = "email,name,surname\nuser1@example.com,Test,User\n";
    sync(&folder, csv, &["--deactivate-missing"]);
    assert!(shown().contains("\"host_links_revoked\": 1"));
}

#[test]
fn every_bad_row_is_named_by_its_line_and_nothing_is_done() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let before = users(&folder);
    for (csv, lines) in [
        (
            "email,name,role\nnew@example.com,New,u\nada,Ada,u\nb@example.com,B,x\n",
            &[3, 4][..],
        ),
        (
            "email,name\nnew@example.com,New\nb@example.com,B\nB@example.com,C\nNEW@example.com,D\n",
            &[4, 5],
        ),
        (
            "email,name,username\nnew@example.com,New,\nb@example.com,B,ADA@example.com\n\
             ada@example.com,Ada,\n",
            &[3, 4],
        ),
        ("email,phone\n", &[1]),
    ] {
        let exit = try_sync(&folder, csv, &["--json"]);
        assert_eq!(exit.status.code(), Some(1), "{exit:?}");
        let printed: Value = serde_json::from_str(&exit.stdout).expect("JSON");
        let errors = printed["errors"].as_array().expect("a list");
        let found: Vec<u64> = errors
            .iter()
            .filter_map(|error| error["line"].as_u64())
            .collect();
        assert_eq!(found, lines, "{exit:?}");
        assert_eq!(users(&folder), before);
    }
}

#[test]
fn a_repeated_value_is_named_with_both_of_its_rows() {
    let repeated = "email,name,username\nnew@example.com,New,new\nb@example.com,B,\n\
                    NEW@example.com,C,c\nd@example.com,D,New\n";
    // Only the database tells that the blank username of the third line is "ada".
    let of_user = "email,name,username\nb@example.com,B,Ada\nada@example.com,Ada,\n";
    for (users, csv, rows) in [
        (
            &[][..],
            repeated,
            &[
                "line 4: the person in line 2 has the e-mail address NEW@example.com too",
                "line 5: the person in line 2 has the username New too",
            ][..],
        ),
        (
            &["ada"],
            repeated,
            &[
                "line 4: the person in line 2 has the e-mail address NEW@example.com too",
                "line 5: the person in line 2 has the username New too",
            ],
        ),
        (
            &["ada"],
            of_user,
            &[
                "line 2: another user has the username Ada",
                "line 3: the person in line 2 has the username ada too",
            ],
        ),
    ] {
        let folder = Folder::new();
        for name in users {
            let email = format!("{name}@example.com");
            let args = [
                "user",
                "add",
                "--name",
                "Ada",
                "--username",
                name,
                "--email",
            ];
            folder.roomd(&[&args[..], &[&email]].concat());
        }
        let exit = try_sync(&folder, csv, &[]);
        let rows = rows.iter().map(|row| format!("\npeople.csv, {row}"));
        let expected = "roomd: nothing was synchronized: fix the file and try again".to_owned();
        assert_eq!(exit.stderr, expected + &rows.collect::<String>() + "\n");
    }
}

#[test]
fn who_is_a_user_needs_no_name_in_the_file() {
    let folder = Folder::new();
    folder.add_users(2);
    let csv = "email,active\nuser0@example.com,no\nuser1@example.com,\n";
    let expected = json!({"updated": 1, "unchanged": 1, "inactive": 1});
    assert_eq!(sync(&folder, csv, &[]), expected);
    let expected = [[json!("Test"), json!(false)], [json!("Test"), json!(true)]];
    assert_eq!(fields(&folder, &["name", "active"]), expected);
    let csv = "email,name\nuser0@example.com,\nuser1@example.com,Grace\n";
    let expected = json!({"updated": 1, "unchanged": 1, "inactive": 1});
    assert_eq!(sync(&folder, csv, &[]), expected);
    let names = fields(&folder, &["name"]).concat();
    assert_eq!(names, ["Test", "Grace"]);
}

#[test]
fn who_is_no_user_yet_needs_a_name() {
    let csv = "email,active\nuser0@example.com,no\nnew@example.com,yes\n";
    let message = |line, name: &str| {
        format!(
            "\npeople.csv, line {line}: {name}@example.com is no user yet, and a new user needs a \
             name: fill in the column \"name\""
        )
    };
    let first = Folder::new();
    let exit = try_sync(&first, csv, &["--dry-run"]);
    let (user, new) = (message(2, "user0"), message(3, "new"));
    assert!(exit.stderr.ends_with(&format!("{user}{new}\n")), "{exit:?}");
    assert!(!first.database().exists());
    let folder = Folder::new();
    folder.add_users(1);
    let before = users(&folder);
    let exit = try_sync(&folder, csv, &[]);
    assert_eq!(exit.stderr.lines().count(), 2, "{exit:?}");
    assert!(exit.stderr.ends_with(&format!("{new}\n")), "{exit:?}");
    assert_eq!(users(&folder), before);
}

/// Returns a directory: every third person has another name than in the one with another `version`.
fn directory(people: usize, version: usize) -> String {
    let row = |n: usize| {
        let name = if n.is_multiple_of(3) { version } else { 0 };
        format!("user{n}@example.com,Test{name},User {n},u{n},u\n")
    };
    let rows: String = (0..people).map(row).collect();
    format!("email,name,surname,username,role\n{rows}")
}

#[test]
fn a_large_directory_takes_seconds() {
    // The tests' own build is several times as slow as a release.
    let people = if cfg!(debug_assertions) {
        10_000
    } else {
        50_000
    };
    let folder = Folder::new();
    let timed = |version: usize| {
        let csv = directory(people, version);
        let start = Instant::now();
        let report = sync(&folder, &csv, &["--deactivate-missing"]);
        say(&format!(
            "{people} people in {:?}: {report}",
            start.elapsed()
        ));
        (report, start.elapsed())
    };
    let (report, first) = timed(1);
    assert_eq!(report, json!({"added": people}));
    let (report, second) = timed(2);
    let changed = people.div_ceil(3);
    assert_eq!(
        report,
        json!({"updated": changed, "unchanged": people - changed})
    );
    let (report, third) = timed(2);
    assert_eq!(report, json!({"unchanged": people}));
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 10 });
    assert!(first < limit && second < limit && third < limit);
}

/// Whenever the process dies, all of the file is done or nothing.
#[test]
fn a_killed_synchronization_leaves_nothing_half_done() {
    let people = 2000;
    let folder = Folder::new();
    sync(&folder, &directory(people, 0), &[]);
    let args = ["user", "sync", FILE, "--deactivate-missing"];
    let whole = {
        let start = Instant::now();
        folder.roomd(&args);
        start.elapsed()
    };
    // Ends the first ones early, and the last ones hardly or not.
    let (mut killed, mut done) = (0, 0);
    for version in 1..=24 {
        let before = names(&folder);
        folder.write(FILE, directory(people, version));
        let process = Process::spawn(&mut folder.command(&args));
        std::thread::sleep(whole * version as u32 / 16);
        process.signal("KILL");
        let exit = process.wait(TIMEOUT);
        let after = names(&folder);
        if exit.status.success() {
            done += 1;
        } else {
            killed += 1;
        }
        let changed = people.div_ceil(3);
        let counts = [
            ("Test0".to_owned(), people - changed),
            (format!("Test{version}"), changed),
        ];
        let is_done = after == counts.map(|(name, count)| (name, count as u32));
        assert!(
            is_done || (!exit.status.success() && after == before),
            "{after:?}"
        );
        assert_intact(&folder.database());
    }
    say(&format!("{killed} killed, {done} done"));
    assert!(killed > 0, "no process was killed");
}

/// Returns how many users have each name.
fn names(folder: &Folder) -> Vec<(String, u32)> {
    let database = crate::support::open(&folder.database());
    let sql = "SELECT name, count(*) FROM users GROUP BY name ORDER BY name = 'Test0' DESC, name";
    let mut statement = database.prepare(sql).expect("SQL");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

const LDIF: &str = "\
dn: uid=ada,ou=people,dc=example,dc=com
uid: ada
mail: ada@example.com
mail: countess@example.com
givenName: Ada
sn: Lovelace

dn:: dWlkPcOnYcSfcsSx
uid: cagri
givenName:: w4dhxJ9yxLE=
sn:: w5Z6LCAiw5YiIA==
mail: cagri@example.com

dn: cn=printer,dc=example,dc=com
cn: printer

dn: uid=plato,ou=people,dc=example,dc=com
UID: plato
mail: plato-with-a-long-address
 @example.com
cn: Plato
";

#[test]
fn the_documented_command_makes_the_file_from_a_directory_server() {
    let line = DOCS
        .lines()
        .find(|line| line.starts_with("ldapsearch "))
        .expect("a documented command");
    let (_, convert) = line.split_once(" | ").expect("a pipe");
    if Command::new("python3").arg("--version").output().is_err() {
        skip("ROOMD_PYTHON", "python3 is not installed");
        return;
    }
    let folder = Folder::new();
    folder.write("people.ldif", LDIF);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("cat people.ldif | {convert}")]);
    shell.current_dir(folder.root()).stdin(Stdio::null());
    let exit = Process::spawn(&mut shell).wait(TIMEOUT);
    assert!(exit.status.success() && exit.stderr.is_empty(), "{exit:?}");
    let printed = folder.roomd(&["user", "sync", FILE]);
    assert_eq!(printed, "3 added, 0 updated, 0 unchanged, 0 deactivated\n");
    let rows = fields(&folder, &["email", "name", "surname", "username"]);
    let expected = [
        ["ada@example.com", "Ada", "Lovelace", "ada"],
        ["cagri@example.com", "Çağrı", "Öz, \"Ö\"", "cagri"],
        [
            "plato-with-a-long-address@example.com",
            "Plato",
            "",
            "plato",
        ],
    ];
    assert_eq!(json!(rows), json!(expected));
}
