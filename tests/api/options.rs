use crate::support::{ROOM, TestServer};
use crate::validation::{
    INVISIBLE, NOT_BOOL, NOT_STRING, TWICE, Wrong, assert_invalid, assert_nothing_changed, with,
    with_options,
};
use serde_json::{Map, Value, json};

const NOT_MINUTES: &str = "must be a whole number";
const NOT_URL: &str = "must be empty or an absolute http or https URL without user info";
const TOO_DEEP: &str = "must be nested at most 8 levels deep";
const TOO_LARGE: &str = "must have at most 16 KiB";

/// Returns the options of a room that is created with these, given as JSON text.
#[track_caller]
fn options_of_new_room(options: &str) -> Value {
    let server = TestServer::start();
    let answer = server.post_text(ROOM, &with_options(options));
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["ui_options"].clone()
}

#[test]
fn every_option_has_a_type() {
    let server = TestServer::start();
    let documented = include_str!("../../docs/examples/default-room.response.json");
    let documented: Value = serde_json::from_str(documented).expect("JSON");
    let mut errors = Vec::new();
    let wrong = spoiled(&documented["ui_options"], "options", &mut errors);
    assert_eq!(errors.len(), 27);
    let errors: Vec<Wrong<'_>> = errors
        .iter()
        .map(|(path, message)| (path.as_str(), *message))
        .collect();
    assert_invalid(&server, &with("options", wrong), &errors);
    assert_nothing_changed(&server);
}

/// Replaces every value by an array; appends the error that each must get.
fn spoiled(options: &Value, path: &str, errors: &mut Vec<(String, &'static str)>) -> Value {
    let message = match options {
        Value::Object(members) => {
            let spoil = |(key, value): (&String, &Value)| {
                (
                    key.clone(),
                    spoiled(value, &format!("{path}.{key}"), errors),
                )
            };
            return Value::Object(members.iter().map(spoil).collect::<Map<_, _>>());
        }
        Value::Bool(_) => NOT_BOOL,
        Value::Number(_) => NOT_MINUTES,
        Value::String(_) => NOT_STRING,
        _ => "must be true, false or null",
    };
    errors.push((path.to_owned(), message));
    json!([])
}

#[test]
fn options_are_an_object() {
    let server = TestServer::start();
    for options in ["[]", "5", "\"{}\"", "true", "[{}]"] {
        let error = ("options", "must be an object");
        assert_invalid(&server, &with_options(options), &[error]);
    }
    for group in ["chat", "duration"] {
        for value in ["[]", "5", "\"{}\"", "false"] {
            let path = format!("options.{group}");
            let options = format!("{{\"{group}\": {value}}}");
            assert_invalid(
                &server,
                &with_options(&options),
                &[(&path, "must be an object")],
            );
        }
    }
    assert_nothing_changed(&server);
}

#[test]
fn a_wrong_option_is_named_by_its_path_as_answers_spell_it() {
    let server = TestServer::start();
    let options = r#"{"allow_rating": "yes", "Chat": {"OffNewMsgSound": 1, "offMessageModule": "true"},
        "Duration": {"allowExtendTime": 0}, "enable_session_auto_finish": "null", "start_active": true}"#;
    let errors = [
        ("options.allow_rating", NOT_BOOL),
        ("options.chat.offNewMsgSound", NOT_BOOL),
        ("options.chat.offMessageModule", NOT_BOOL),
        ("options.duration.allowExtendTime", NOT_BOOL),
        (
            "options.enable_session_auto_finish",
            "must be true, false or null",
        ),
    ];
    assert_invalid(&server, &with_options(options), &errors);
    let mixed = with_options(r#"{"hide_user_streams": 1}"#).replace("ada@", "ada");
    let errors = [
        (
            "creator_email",
            "must be an e-mail address, such as ada@example.com",
        ),
        ("options.hide_user_streams", NOT_BOOL),
    ];
    assert_invalid(&server, &mixed, &errors);
    assert_nothing_changed(&server);
}

#[test]
fn minutes_are_whole_and_in_range() {
    let server = TestServer::start();
    let preparation = "must be from 0 to 1440 minutes";
    let session = "must be from 1 to 1440 minutes";
    for (key, value, message) in [
        ("preparation_time", "-1", preparation),
        ("preparation_time", "1441", preparation),
        ("preparation_time", "9223372036854775807", preparation),
        ("session_duration", "0", session),
        ("session_duration", "1441", session),
        ("preparation_time", "-99999999999999999999", preparation),
        ("session_duration", "99999999999999999999", session),
        ("session_duration", "1e999", session),
        ("session_duration", "1.5", NOT_MINUTES),
        ("session_duration", "\"60\"", NOT_MINUTES),
        ("session_duration", "true", NOT_MINUTES),
    ] {
        let options = format!("{{\"{key}\": {value}}}");
        let path = format!("options.{key}");
        assert_invalid(&server, &with_options(&options), &[(&path, message)]);
    }
    assert_nothing_changed(&server);
    for (preparation, session, stored) in [("0", "1", [0, 1]), ("1440", "1.44e3", [1440, 1440])] {
        let sent =
            format!("{{\"preparation_time\": {preparation}, \"session_duration\": {session}}}");
        let options = options_of_new_room(&sent);
        let found = [&options["preparation_time"], &options["session_duration"]];
        assert_eq!(found, [&json!(stored[0]), &json!(stored[1])]);
    }
}

#[test]
fn a_return_url_is_absolute_and_without_user_info() {
    let server = TestServer::start();
    let assert_not_url = |url: &str, message| {
        let body = with("options", json!({"return_url": url}));
        assert_invalid(&server, &body, &[("options.return_url", message)]);
    };
    for url in [
        "example.com",
        "/a",
        "//example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "https:example.com",
        "https:///example.com",
        "https://",
        "https://ada@example.com",
        "https://ada:secret@example.com",
        "https://:secret@example.com",
        "https://exa mple.com",
        " https://example.com",
        "https:\\\\example.com",
    ] {
        assert_not_url(url, NOT_URL);
    }
    let long = |chars: usize| format!("https://example.com/{}", "a".repeat(chars - 20));
    assert_not_url(&long(2049), "must have at most 2048 characters");
    assert_not_url("https://example.com/\n", INVISIBLE);
    assert_nothing_changed(&server);
    for url in [
        "",
        "HTTP://example.com:8080/a?b=c#d",
        "https://örnek.example/çay",
        &long(2048),
    ] {
        let options = json!({"return_url": url}).to_string();
        assert_eq!(options_of_new_room(&options)["return_url"], url);
    }
    assert_eq!(
        options_of_new_room(r#"{"return_url": null}"#)["return_url"],
        ""
    );
}

#[test]
fn a_key_that_is_given_twice_in_either_spelling_is_invalid() {
    let server = TestServer::start();
    for (options, path) in [
        (
            r#"{"start_active": true, "start_active": true}"#,
            "start_active",
        ),
        (
            r#"{"start_active": null, "start\u005factive": true}"#,
            "start_active",
        ),
        (r#"{"chat": {}, "chat": {}}"#, "chat"),
        (r#"{"Chat": {}, "chat": {}}"#, "chat"),
        (r#"{"Duration": null, "duration": {}}"#, "duration"),
        (
            r#"{"chat": {"offNewMsgSound": true, "OffNewMsgSound": true}}"#,
            "chat.offNewMsgSound",
        ),
        (
            r#"{"Duration": {"UseRemainingTime": true, "useRemainingTime": null}}"#,
            "duration.useRemainingTime",
        ),
        (r#"{"new": 1, "new": 1}"#, "new"),
        (r#"{"new": {"a": [{"b": 1, "b": 2}]}}"#, "new.a.0.b"),
        (r#"{"chat": {"new": 1, "new": 2}}"#, "chat.new"),
    ] {
        let path = format!("options.{path}");
        assert_invalid(&server, &with_options(options), &[(&path, TWICE)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn a_key_that_is_given_twice_is_named_once() {
    let server = TestServer::start();
    for (options, path) in [
        (r#"{"start_active": 1, "start_active": 1}"#, "start_active"),
        (r#"{"new": {"a": 1, "a": "\ud800"}}"#, "new.a"),
    ] {
        let path = format!("options.{path}");
        assert_invalid(&server, &with_options(options), &[(&path, TWICE)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn options_have_at_most_8_levels() {
    let server = TestServer::start();
    let arrays = |levels: usize| {
        format!(
            "{{\"new\":{}{}}}",
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let objects = |levels: usize| format!("{}1{}", "{\"new\":".repeat(levels), "}".repeat(levels));
    for options in [arrays(9), objects(9), arrays(8000), objects(1800)] {
        assert_invalid(&server, &with_options(&options), &[("options", TOO_DEEP)]);
    }
    assert_nothing_changed(&server);
    for options in [
        arrays(8),
        objects(8),
        r#"{"new": "[[[[[[[[[[\"[[{{"}"#.to_owned(),
    ] {
        let sent: Value = serde_json::from_str(&options).expect("JSON");
        assert_eq!(options_of_new_room(&options)["new"], sent["new"]);
    }
}

#[test]
fn options_have_at_most_16_kib() {
    let server = TestServer::start();
    let wide = |bytes: usize| format!("{{\"new\":\"{}\"}}", "x".repeat(bytes - 10));
    assert_eq!(wide(16 * 1024).len(), 16 * 1024);
    let padded = format!("{{{}}}", " ".repeat(16 * 1024));
    let deep = format!("{{\"new\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    for options in [wide(16 * 1024 + 1), padded, deep] {
        assert_invalid(&server, &with_options(&options), &[("options", TOO_LARGE)]);
    }
    assert_nothing_changed(&server);
    let stored = &options_of_new_room(&wide(16 * 1024))["new"];
    assert_eq!(stored.as_str().map(str::len), Some(16 * 1024 - 10));
}

#[test]
fn an_unknown_option_is_returned_as_it_was_sent() {
    let server = TestServer::start();
    let new = r#""new":{"b":[1.50,1e300,123456789012345678901234567890,null],"a":"\u0000\u00e9"},"Start_active":7"#;
    let answer = server.post_text(ROOM, &with_options(&format!("{{{new}}}")));
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(answer.body.contains(new), "{}", answer.body);
    // Values for which some JSON parsers would reject the whole answer.
    let errors = [
        ("options.new.0", "must not contain half of a surrogate pair"),
        ("options.new.1", "must be a number that a double can hold"),
    ];
    assert_invalid(
        &server,
        &with_options(r#"{"new": ["\ud800", 1e400]}"#),
        &errors,
    );
}
