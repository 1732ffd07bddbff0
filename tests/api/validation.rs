use crate::support::{ROOM, TestServer};
use serde_json::{Value, json};

const OTHER_EMAIL: &str = "must be an e-mail address, such as ada@example.com";
const OTHER_LANG: &str = "must be a language tag, such as en-US (BCP 47)";
pub(crate) const INVISIBLE: &str = "must not contain control characters or bidirectional overrides";
pub(crate) const NO_TEXT: &str = "must be a string";
pub(crate) const NO_FLAG: &str = "must be true or false";
pub(crate) const TWICE: &str = "is given twice";

/// A field and what is said of it.
pub(crate) type Refusal<'a> = (&'a str, &'a str);

/// Asserts that a body gets the answer that names these fields and no others.
#[track_caller]
pub(crate) fn assert_refused(server: &TestServer, body: &str, refusals: &[Refusal<'_>]) {
    let details = match refusals {
        [(field, message)] => format!("{field} {message}"),
        many => format!("{} fields are wrong", many.len()),
    };
    let named = |(field, message): &Refusal<'_>| json!({"field": field, "message": message});
    let errors: Vec<Value> = refusals.iter().map(named).collect();
    let answer = server.post_text(ROOM, body);
    let expected = json!({"code": 12, "details": details, "errors": errors});
    assert_eq!((answer.status, answer.json()), (400, expected), "{body}");
}

/// A request that is good but for a field.
pub(crate) fn with(field: &str, value: impl Into<Value>) -> String {
    let mut request = json!({"creator_email": "ada@example.com", "name": "Test Room"});
    request[field] = value.into();
    request.to_string()
}

/// A request that is good but for the options, given as they are written.
pub(crate) fn with_options(options: &str) -> String {
    format!(
        "{{\"creator_email\":\"ada@example.com\",\"name\":\"Test Room\",\"options\":{options}}}"
    )
}

/// The room of ada and its name are free: nothing before this made one.
#[track_caller]
pub(crate) fn assert_nothing_changed(server: &TestServer) {
    let answer = server.get_or_create("ada@example.com", "Test Room");
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    let server = TestServer::start();
    let required = [("creator_email", "is required"), ("name", "is required")];
    for body in [
        json!({}),
        json!({"creator_email": null, "name": null, "fallback_name": null, "lang": null, "options": null,
               "tags": null, "allow_recording": null, "inaccessible_replay": null}),
        json!({"Creator_Email": "ada@example.com", "Name": "Test Room"}),
    ] {
        assert_refused(&server, &body.to_string(), &required);
    }
    let empty = json!({"creator_email": "", "name": "", "fallback_name": "", "lang": ""});
    let refusals = [
        ("creator_email", "must not be empty"),
        ("name", "must not be empty"),
        ("fallback_name", "must not be empty"),
        ("lang", OTHER_LANG),
    ];
    assert_refused(&server, &empty.to_string(), &refusals);
    let long = |chars: usize| "ğ".repeat(chars);
    let too_long = json!({
        "creator_email": format!("{}@example.com", long(243)), "name": long(256), "fallback_name": long(256),
        "lang": format!("en{}", "-abcdefgh".repeat(11)), "tags": long(1001),
    });
    let refusals = [
        ("creator_email", "must have at most 254 characters"),
        ("name", "must have at most 255 characters"),
        ("fallback_name", "must have at most 255 characters"),
        ("lang", "must have at most 100 characters"),
        ("tags", "must have at most 1000 characters"),
    ];
    assert_refused(&server, &too_long.to_string(), &refusals);
    let wrong_types = json!({
        "creator_email": 1, "name": true, "fallback_name": [], "lang": {}, "options": "x", "tags": 0.5,
        "allow_recording": "true", "inaccessible_replay": 1,
    });
    let refusals = [
        ("creator_email", NO_TEXT),
        ("name", NO_TEXT),
        ("fallback_name", NO_TEXT),
        ("lang", NO_TEXT),
        ("options", "must be an object"),
        ("tags", NO_TEXT),
        ("allow_recording", NO_FLAG),
        ("inaccessible_replay", NO_FLAG),
    ];
    assert_refused(&server, &wrong_types.to_string(), &refusals);
    assert_nothing_changed(&server);
}

#[test]
fn only_addresses_are_taken_for_addresses() {
    let server = TestServer::start();
    for email in [
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "a b@example.com",
        "ada@exa mple.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
        "ada@example..com",
        "ada@.example.com",
        "ada@-example.com",
        "ada@exa_mple.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "mailto:ada@example.com",
        "ada@example.com, grace@example.com",
        &format!("{}@example.com", "a".repeat(65)),
    ] {
        let refusal = ("creator_email", OTHER_EMAIL);
        assert_refused(&server, &with("creator_email", email), &[refusal]);
    }
    for email in [
        "ada\0@example.com",
        "ada@exam\nple.com",
        "\u{202E}ada@example.com",
    ] {
        let refusal = ("creator_email", INVISIBLE);
        assert_refused(&server, &with("creator_email", email), &[refusal]);
    }
    let domain = |last: usize| ["b".repeat(63), "c".repeat(63), "d".repeat(last)].join(".");
    let long = |last: usize| format!("{}@{}", "a".repeat(64), domain(last));
    assert_eq!(long(61).len(), 254);
    let too_long = ("creator_email", "must have at most 254 characters");
    assert_refused(&server, &with("creator_email", long(62)), &[too_long]);
    // The longest address is one, though nobody has it.
    assert_eq!(server.get_or_create(&long(61), "Test Room").status, 404);
    assert_nothing_changed(&server);
}

#[test]
fn only_language_tags_are_taken_for_languages() {
    let server = TestServer::start();
    let plain = "en_US en- -en e 1 en--US toolonglanguage de-419-DE en-a türkçe *";
    for lang in plain.split(' ').chain(["", " ", " en", "en ", "en-US\0"]) {
        assert_refused(&server, &with("lang", lang), &[("lang", OTHER_LANG)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn names_and_tags_must_show_as_they_are() {
    let server = TestServer::start();
    for name in ["", " ", "\t\r\n", "\u{a0}", "\u{2003}\u{3000}"] {
        for field in ["name", "fallback_name"] {
            assert_refused(&server, &with(field, name), &[(field, "must not be empty")]);
        }
    }
    let c0 = (0..0x20).filter_map(char::from_u32);
    let c1 = (0x7f..0xa0).filter_map(char::from_u32);
    let bidi = ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}');
    for character in c0.chain(c1).chain(bidi) {
        let text = format!("Test{character}Room");
        for field in ["name", "fallback_name", "tags"] {
            assert_refused(&server, &with(field, text.as_str()), &[(field, INVISIBLE)]);
        }
    }
    let half_a_pair = r#"{"creator_email": "ada@example.com", "name": "Test\ud800Room"}"#;
    let message = "must not contain half of a surrogate pair";
    assert_refused(&server, half_a_pair, &[("name", message)]);
    assert_nothing_changed(&server);
}

#[test]
fn the_longest_texts_are_taken_whole() {
    let server = TestServer::start();
    let (name, tags) = ("👩".repeat(255), "ğ".repeat(1000));
    let request =
        json!({"creator_email": "ada@example.com", "name": format!(" {name} "), "tags": tags});
    let answer = server.post(ROOM, &request);
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()["name"], name);
    assert_eq!(answer.json()["tags"], tags);
    let fallback = "𝔉".repeat(255);
    let request = json!({"creator_email": "grace@example.com", "name": name, "fallback_name": fallback, "tags": ""});
    let answer = server.post(ROOM, &request);
    assert_eq!(
        (answer.status, &answer.json()["name"]),
        (201, &json!(fallback))
    );
    assert_eq!(answer.json()["tags"], "");
}

#[test]
fn a_field_that_is_given_twice_is_refused() {
    let server = TestServer::start();
    for (more, field) in [
        (r#""creator_email": "ada@example.com""#, "creator_email"),
        (r#""name": "Test Room""#, "name"),
        (r#""n\u0061me": "Other""#, "name"),
        (r#""lang": "en", "lang": "en""#, "lang"),
        (r#""tags": null, "tags": null"#, "tags"),
        (
            r#""allow_recording": true, "allow_recording": false"#,
            "allow_recording",
        ),
        (
            r#""options": {}, "options": {"start_active": true}"#,
            "options",
        ),
    ] {
        let body = with_options("null").replace("\"options\":null", more);
        assert_refused(&server, &body, &[(field, TWICE)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn a_field_that_is_given_twice_is_named_once() {
    let server = TestServer::start();
    for field in ["creator_email", "name"] {
        let body = with_options("{}").replace("\"options\":{}", &format!("\"{field}\":null"));
        assert_refused(&server, &body, &[(field, TWICE)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn fields_that_nobody_knows_are_ignored() {
    let server = TestServer::start();
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    for ignored in [
        "{\"a\":1,\"a\":2}",
        "1e999",
        "\"\\ud800\"",
        &deep,
        "1,\"new\":2",
    ] {
        let body = with_options("{}").replace("\"options\":{}", &format!("\"new\":{ignored}"));
        let status = server.post_text(ROOM, &body).status;
        assert!([200, 201].contains(&status), "{status}: {ignored:.40}");
    }
}

#[test]
fn the_settings_can_narrow_the_languages() {
    let languages = |tags: &'static [&str]| {
        TestServer::start_with(|config| {
            config.rooms.languages = tags.iter().map(|tag| tag.parse().expect(tag)).collect();
        })
    };
    let server = languages(&["tr", "en-GB"]);
    let refusal = ("lang", "must be one of tr, en-GB");
    for lang in ["en-US", "en", "tr-TR", "de"] {
        assert_refused(&server, &with("lang", lang), &[refusal]);
    }
    assert_refused(&server, &with("lang", "en_GB"), &[("lang", OTHER_LANG)]);
    let answer = server.post_text(ROOM, &with("lang", Value::Null));
    assert_eq!((answer.status, &answer.json()["lang"]), (201, &json!("tr")));
    let server = languages(&["tr", "en-GB"]);
    let answer = server.post_text(ROOM, &with("lang", "EN-gb"));
    assert_eq!(
        (answer.status, &answer.json()["lang"]),
        (201, &json!("en-GB"))
    );
    let server = languages(&["tr", "en-US"]);
    let answer = server.get_or_create("ada@example.com", "Test Room");
    assert_eq!(
        (answer.status, &answer.json()["lang"]),
        (201, &json!("en-US"))
    );
}
