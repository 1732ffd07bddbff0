use super::time_limit::TimeLimit;
use super::token::Person;
use crate::meeting::handoff::Visit;
use crate::meeting::handoff::testing::{NOW, assert_that_the_table_is_true, visit, visits};
use crate::meeting::options::Column;
use crate::meeting::role::Role;
use crate::model::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn claims(role: Role, options: &Value) -> Map<String, Value> {
    Person::new(&visit(role, options), None).claims("north")
}

/// Returns all that is sent for a visit, without what differs each time.
fn sent(visit: &Visit) -> String {
    let mut claims = Person::new(visit, None).claims("north");
    claims.remove("sub");
    claims["video"]["room"].take();
    let limit = TimeLimit::new(&visit.options).to_metadata();
    format!("{} {limit}", Value::Object(claims))
}

#[test]
fn a_token_is_for_one_person_one_room_and_minutes() {
    let mut visit = visit(Role::Guest, &json!({}));
    visit.name = "Grace \"H\"".to_owned();
    let now = NOW.as_unix();
    let ends_at = Some(Timestamp::from_unix(now + 60));
    let (first, second) = (Person::new(&visit, ends_at), Person::new(&visit, ends_at));
    let claims = first.claims("north");
    assert_eq!(claims["iss"], "north");
    assert_eq!(claims["name"], "Grace \"H\"");
    assert_ne!(claims["sub"], second.claims("north")["sub"]);
    let (nbf, exp) = (&claims["nbf"], &claims["exp"]);
    assert_eq!((nbf, exp), (&json!(now), &json!(now + 300)));
    let video = json!({
        "roomJoin": true, "room": visit.room.guid.to_string(), "canSubscribe": true, "canPublish": true,
        "canPublishData": true, "canUpdateOwnMetadata": false,
    });
    assert_eq!(claims["video"], video);
    assert_eq!(claims["attributes"], json!({"role": "guest"}));
    let metadata = claims["metadata"].as_str().expect("a text");
    let metadata: Value = serde_json::from_str(metadata).expect("JSON");
    assert_eq!(metadata["ends_at"], json!((now + 60) * 1000));
    assert_eq!(metadata["now"], json!(now * 1000));
    assert_eq!(metadata["settings"]["share_media"], true);
}

#[test]
fn a_host_is_let_in_and_manages_nothing_by_the_token() {
    let claims = claims(Role::Host, &json!({"skip_approval_on_join": false}));
    assert_eq!(claims["attributes"], json!({"role": "host"}));
    let video = claims["video"].as_object().expect("an object");
    let granted = video.iter().filter(|(_, grant)| **grant == true);
    let granted: Vec<&str> = granted.map(|(name, _)| name.as_str()).collect();
    let joining = ["canPublish", "canPublishData", "canSubscribe", "roomJoin"];
    assert_eq!(granted, joining);
}

#[test]
fn a_guest_who_waits_for_approval_can_do_nothing() {
    let claims = claims(Role::Guest, &json!({"skip_approval_on_join": false}));
    let attributes = json!({"role": "guest", "waiting": "approval"});
    assert_eq!(claims["attributes"], attributes);
    for right in ["canPublish", "canPublishData", "canSubscribe"] {
        assert_eq!(claims["video"][right], false, "{right}");
    }
}

#[test]
fn an_option_changes_something_exactly_where_the_table_says_so() {
    assert_that_the_table_is_true(Column::LiveKit, sent);
}

proptest! {
    #[test]
    fn nobody_manages_rooms_by_a_token(visit in visits(), end in any::<Option<i32>>()) {
        let ends_at = end.map(|end| Timestamp::from_unix(end.into()));
        let claims = Person::new(&visit, ends_at).claims("north");
        let video = claims["video"].as_object().expect("an object");
        let managing = ["roomAdmin", "roomCreate", "roomList", "roomRecord", "ingressAdmin", "hidden"];
        for grant in managing {
            prop_assert_eq!(video.get(grant), None);
        }
        prop_assert_eq!(&video["canUpdateOwnMetadata"], false);
        prop_assert_eq!(&claims["attributes"]["role"], &json!(visit.role));
        prop_assert_eq!(&claims["name"], &json!(visit.name));
    }
}
