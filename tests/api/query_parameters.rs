//! Parameters in the query of calls that take none, and conditions that no text meets.

use crate::support::{ROOM, TestServer, USER};
use serde_json::{Value, json};

const IN_BODY: &str = "is unknown in the query: fields belong into the JSON object of the body";
const FIELDS_OR_IN_BODY: &str = "is unknown in the query, where this call takes only fields: other \
                                 fields belong into the JSON object of the body";
const NONE: &str = "is unknown: this call takes no parameters in the query";
const FIELDS: &str = "is unknown: the only parameter of this call is fields";
const UNSEEN: &str = "must have a character that shows";

#[test]
fn a_parameter_that_a_call_does_not_take_is_an_error() {
    let server = TestServer::start();
    let user = server.register("new@example.com", json!({}));
    let user = format!("{USER}/{}", user["user_guid"].as_str().expect("a GUID"));
    let room = server.room_of("new@example.com").guid();
    let room = format!("{ROOM}/{room}");
    let search = format!("{USER}/search");
    let default = format!("{ROOM}/default");
    for (method, path, message) in [
        ("POST", search.as_str(), IN_BODY),
        ("POST", USER, IN_BODY),
        ("PUT", &user, IN_BODY),
        ("POST", ROOM, FIELDS_OR_IN_BODY),
        ("POST", &default, FIELDS_OR_IN_BODY),
        ("PUT", &room, FIELDS_OR_IN_BODY),
        ("POST", &format!("{room}/host-link"), IN_BODY),
        ("GET", &user, NONE),
        ("GET", &room, FIELDS),
        ("DELETE", &user, NONE),
        ("DELETE", &room, NONE),
    ] {
        let body = match method {
            "POST" | "PUT" => json!({}),
            _ => Value::Null,
        };
        let answer = server.call(method, &format!("{path}?name=zz&a"), &body);
        let errors =
            json!([{"field": "a", "message": message}, {"field": "name", "message": message}]);
        assert_eq!(
            (answer.status, &answer.json()["errors"]),
            (400, &errors),
            "{method} {path}"
        );
    }
    // In another case it is another parameter.
    let answer = server.get(&format!("{room}?Fields=rating"));
    let errors = json!([{"field": "Fields", "message": FIELDS}]);
    assert_eq!((answer.status, &answer.json()["errors"]), (400, &errors));
    assert_eq!(server.get(&room).status, 200);
    let anonymous = server.request_without_key("DELETE", &format!("{room}?a"));
    assert_eq!(server.send(anonymous, "").status, 401);
    for nothing in ["?", "?&"] {
        assert_eq!(server.get(&format!("{room}{nothing}")).status, 200);
    }
}

#[test]
fn a_condition_of_invisible_characters_finds_not_everybody_but_is_an_error() {
    let server = TestServer::start();
    for unseen in ["\u{AD}", "\u{200B}\u{2060}", "\u{2800}"] {
        for field in ["name", "surname", "username", "email", "mobile"] {
            let answer = server.post(&format!("{USER}/search"), &json!({ field: unseen }));
            let errors = json!([{"field": field, "message": UNSEEN}]);
            assert_eq!((answer.status, &answer.json()["errors"]), (400, &errors));
        }
    }
    let answer = server.get(&format!("{ROOM}/search?query=%C2%AD"));
    let errors = json!([{"field": "query", "message": UNSEEN}]);
    assert_eq!((answer.status, &answer.json()["errors"]), (400, &errors));
}
