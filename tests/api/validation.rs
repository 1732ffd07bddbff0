use crate::support::{ROOM, TestServer, USER};
use serde_json::{Value, json};

const NOT_EMAIL: &str = "must be an e-mail address, such as ada@example.com";
const NOT_LANG: &str = "must be a language tag, such as en-US (BCP 47)";
pub(crate) const INVISIBLE: &str = "must not contain control characters or bidirectional overrides";
pub(crate) const NOT_STRING: &str = "must be a string";
pub(crate) const NOT_BOOL: &str = "must be true or false";
pub(crate) const TWICE: &str = "is given twice";

/// A field, and the error message that it must get.
pub(crate) type Wrong<'a> = (&'a str, &'a str);

/// Asserts that a body gets an answer that names these wrong fields and no others.
#[track_caller]
pub(crate) fn assert_invalid(server: &TestServer, body: &str, wrong: &[Wrong<'_>]) {
    let details = match wrong {
        [(field, message)] => format!("{field} {message}"),
        many => format!("{} fields are wrong", many.len()),
    };
    let named = |(field, message): &Wrong<'_>| json!({"field": field, "message": message});
    let errors: Vec<Value> = wrong.iter().map(named).collect();
    let answer = server.post_text(ROOM, body);
    let expected = json!({"code": 12, "details": details, "errors": errors});
    assert_eq!((answer.status, answer.json()), (400, expected), "{body}");
}

/// Returns a request that is valid except for a field.
pub(crate) fn with(field: &str, value: impl Into<Value>) -> String {
    let mut request = json!({"creator_email": "ada@example.com", "name": "Test Room"});
    request[field] = value.into();
    request.to_string()
}

/// Returns a request that is valid except for its options, given as JSON text.
pub(crate) fn with_options(options: &str) -> String {
    format!(
        "{{\"creator_email\":\"ada@example.com\",\"name\":\"Test Room\",\"options\":{options}}}"
    )
}

/// Asserts that no room of ada exists, and none with the name of the requests above.
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
        assert_invalid(&server, &body.to_string(), &required);
    }
    let empty = json!({"creator_email": "", "name": "", "fallback_name": " ", "lang": " "});
    let wrong = [
        ("creator_email", "must not be empty"),
        ("name", "must not be empty"),
        ("fallback_name", "must not be empty"),
        ("lang", NOT_LANG),
    ];
    assert_invalid(&server, &empty.to_string(), &wrong);
    let long = |chars: usize| "ğ".repeat(chars);
    let too_long = json!({
        "creator_email": format!("{}@example.com", long(243)), "name": long(256), "fallback_name": long(256),
        "lang": format!("en{}", "-abcdefgh".repeat(11)), "tags": long(1001),
    });
    let wrong = [
        ("creator_email", "must have at most 254 characters"),
        ("name", "must have at most 255 characters"),
        ("fallback_name", "must have at most 255 characters"),
        ("lang", "must have at most 100 characters"),
        ("tags", "must have at most 1000 characters"),
    ];
    assert_invalid(&server, &too_long.to_string(), &wrong);
    let wrong_types = json!({
        "creator_email": 1, "name": true, "fallback_name": [], "lang": {}, "options": "x", "tags": 0.5,
        "allow_recording": "true", "inaccessible_replay": 1,
    });
    let wrong = [
        ("creator_email", NOT_STRING),
        ("name", NOT_STRING),
        ("fallback_name", NOT_STRING),
        ("lang", NOT_STRING),
        ("options", "must be an object"),
        ("tags", NOT_STRING),
        ("allow_recording", NOT_BOOL),
        ("inaccessible_replay", NOT_BOOL),
    ];
    assert_invalid(&server, &wrong_types.to_string(), &wrong);
    assert_nothing_changed(&server);
}

#[test]
fn only_e_mail_addresses_are_valid_e_mail_addresses() {
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
        let wrong = ("creator_email", NOT_EMAIL);
        assert_invalid(&server, &with("creator_email", email), &[wrong]);
    }
    for email in [
        "ada\0@example.com",
        "ada@exam\nple.com",
        "\u{202E}ada@example.com",
    ] {
        let wrong = ("creator_email", INVISIBLE);
        assert_invalid(&server, &with("creator_email", email), &[wrong]);
    }
    let domain = |last: usize| ["b".repeat(63), "c".repeat(63), "d".repeat(last)].join(".");
    let long = |last: usize| format!("{}@{}", "a".repeat(64), domain(last));
    assert_eq!(long(61).len(), 254);
    let too_long = ("creator_email", "must have at most 254 characters");
    assert_invalid(&server, &with("creator_email", long(62)), &[too_long]);
    // The longest address is valid, though no user has it.
    assert_eq!(server.get_or_create(&long(61), "Test Room").status, 404);
    assert_nothing_changed(&server);
}

#[test]
fn only_language_tags_are_valid_languages() {
    let server = TestServer::start();
    let plain = "en- -en e 1 en--US en__US _en toolonglanguage de-419-DE en-a türkçe *";
    for lang in plain.split(' ').chain([" ", "e n", "en-US\0"]) {
        assert_invalid(&server, &with("lang", lang), &[("lang", NOT_LANG)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn names_and_tags_have_no_invisible_characters() {
    let server = TestServer::start();
    assert_invalid(&server, &with("name", ""), &[("name", "must not be empty")]);
    for name in [" ", "\t\r\n", "\u{a0}", "\u{2003}\u{3000}"] {
        for field in ["name", "fallback_name"] {
            assert_invalid(&server, &with(field, name), &[(field, "must not be empty")]);
        }
    }
    let c0 = (0..0x20).filter_map(char::from_u32);
    let c1 = (0x7f..0xa0).filter_map(char::from_u32);
    let bidi = ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}');
    for character in c0.chain(c1).chain(bidi) {
        let text = format!("Test{character}Room");
        for field in ["name", "fallback_name", "tags"] {
            assert_invalid(&server, &with(field, text.as_str()), &[(field, INVISIBLE)]);
        }
    }
    let half_a_pair = r#"{"creator_email": "ada@example.com", "name": "Test\ud800Room"}"#;
    let message = "must not contain half of a surrogate pair";
    assert_invalid(&server, half_a_pair, &[("name", message)]);
    assert_nothing_changed(&server);
}

#[test]
fn the_longest_texts_are_stored_whole() {
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
    assert_eq!(answer.json()["tags"], Value::Null);
}

#[test]
fn a_field_that_is_given_twice_is_invalid() {
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
        assert_invalid(&server, &body, &[(field, TWICE)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn a_field_that_is_given_twice_is_named_once() {
    let server = TestServer::start();
    for field in ["creator_email", "name"] {
        let body = with_options("{}").replace("\"options\":{}", &format!("\"{field}\":null"));
        assert_invalid(&server, &body, &[(field, TWICE)]);
    }
    assert_nothing_changed(&server);
}

#[test]
fn unknown_fields_are_ignored() {
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
    let wrong = ("lang", "must be one of tr, en-GB");
    for lang in ["en-US", "en", "tr-TR", "de"] {
        assert_invalid(&server, &with("lang", lang), &[wrong]);
    }
    assert_invalid(&server, &with("lang", "en_G"), &[("lang", NOT_LANG)]);
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

#[test]
fn a_number_beyond_64_bits_is_out_of_range() {
    let server = TestServer::start();
    for number in ["99999999999999999999", "-99999999999999999999", "1e999"] {
        let sent = format!("{{\"page_number\": {number}, \"page_size\": {number}}}");
        server.post_text(&format!("{USER}/search"), &sent).assert(
            400,
            &json!({"code": 12, "details": "2 fields are wrong", "errors": [
                {"field": "page_number", "message": "must be a whole number from 1 to 2147483647"},
                {"field": "page_size", "message": "must be a whole number from 1 to 100"},
            ]}),
        );
        let sent = format!(
            "{{\"email\": \"new@example.com\", \"username\": \"new\", \"name\": \"New\", \
             \"status\": {number}}}"
        );
        let answer = server.post_text(USER, &sent);
        assert_eq!(
            answer.json()["errors"],
            json!([{"field": "status", "message": "must be 1 (active) or 0 (not active)"}])
        );
    }
}
