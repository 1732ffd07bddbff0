use super::time_limit::TimeLimit;
use super::token::Person;
use crate::meeting::handoff::Visit;
use crate::meeting::options::{Column, Effect, names_with};
use crate::meeting::role::Role;
use crate::meeting::room_options::MeetingOptions;
use crate::model::options::table::{self, Entry, Kind};
use crate::model::{Guid, LangTag, Room, RoomName, RoomOptions, SlugToken, Timestamp, WithoutHost};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NOW: i64 = 1_800_000_000;

fn visit(options: &Value, role: Role, name: &str) -> Visit {
    let options = options.to_string();
    let room = Room {
        guid: Guid::parse("0197A3C2-6414-7046-87A6-67730D5F9F08").expect("a GUID"),
        name: RoomName::parse("Test Room").expect("a name"),
        lang: LangTag::parse("en").expect("a tag"),
        slug_token: SlugToken::from_slug("test-room_k3v9q2d7xm").expect("a slug"),
        created_at: Timestamp::from_unix(NOW),
        tags: None,
        inaccessible_replay: false,
        allow_recording: true,
        creator_email: "ada@example.com".to_owned(),
        options: RoomOptions::from_stored(options.clone()),
        host_epoch: 0,
        host_link_given: true,
    };
    Visit {
        options: MeetingOptions::from_json(&options),
        page_url: "https://rooms.example.com/groups/room/test-room_k3v9q2d7xm".to_owned(),
        room,
        role,
        name: name.to_owned(),
        now: Timestamp::from_unix(NOW),
    }
}

fn claims(options: &Value, role: Role) -> Map<String, Value> {
    let visit = visit(options, role, "Grace");
    Person::new(&visit, None).claims("north")
}

#[test]
fn a_token_is_for_one_person_one_room_and_minutes() {
    let visit = visit(&json!({}), Role::Guest, "Grace \"H\"");
    let ends_at = Some(Timestamp::from_unix(NOW + 60));
    let (first, second) = (Person::new(&visit, ends_at), Person::new(&visit, ends_at));
    let claims = first.claims("north");
    assert_eq!(claims["iss"], "north");
    assert_eq!(claims["name"], "Grace \"H\"");
    assert_ne!(claims["sub"], second.claims("north")["sub"]);
    assert_eq!(
        (&claims["nbf"], &claims["exp"]),
        (&json!(NOW), &json!(NOW + 300))
    );
    let video = json!({
        "roomJoin": true, "room": "0197A3C2-6414-7046-87A6-67730D5F9F08", "canSubscribe": true,
        "canPublish": true, "canPublishData": true, "canUpdateOwnMetadata": false,
    });
    assert_eq!(claims["video"], video);
    assert_eq!(claims["attributes"], json!({"role": "guest"}));
    let metadata = claims["metadata"].as_str().expect("a text");
    let metadata: Value = serde_json::from_str(metadata).expect("JSON");
    assert_eq!(metadata["ends_at"], json!((NOW + 60) * 1000));
    assert_eq!(metadata["now"], json!(NOW * 1000));
    assert_eq!(metadata["settings"]["share_media"], true);
}

#[test]
fn a_host_manages_the_room_and_nothing_else() {
    let claims = claims(&json!({"skip_approval_on_join": false}), Role::Host);
    assert_eq!(claims["attributes"], json!({"role": "host"}));
    let video = claims["video"].as_object().expect("an object");
    let granted = video.iter().filter(|(_, grant)| **grant == true);
    let granted: Vec<&str> = granted.map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        granted,
        [
            "canPublish",
            "canPublishData",
            "canSubscribe",
            "roomAdmin",
            "roomJoin"
        ]
    );
}

#[test]
fn a_guest_who_waits_for_approval_can_do_nothing() {
    let claims = claims(&json!({"skip_approval_on_join": false}), Role::Guest);
    let attributes = json!({"role": "guest", "waiting": "approval"});
    assert_eq!(claims["attributes"], attributes);
    for right in ["canPublish", "canPublishData", "canSubscribe"] {
        assert_eq!(claims["video"][right], false, "{right}");
    }
}

/// Returns all options with another value than the default, by name.
fn changes(entries: &[Entry]) -> Vec<(String, Value)> {
    let changes = entries.iter().flat_map(|entry| match entry.kind {
        Kind::Flag { default } => vec![(entry.key.to_owned(), json!(!default))],
        // The default null acts as one of the two, so that the other one must change something.
        Kind::OpenFlag if entry.key == "skip_approval_on_join" => {
            vec![(entry.key.to_owned(), json!(false))]
        }
        Kind::OpenFlag => vec![(entry.key.to_owned(), json!(true))],
        Kind::Minutes { default, .. } => vec![(entry.key.to_owned(), json!(default + 1))],
        Kind::ReturnUrl => vec![(entry.key.to_owned(), json!("https://example.com/"))],
        Kind::Group(members) => {
            let members = changes(members).into_iter();
            members
                .map(|(name, value)| (format!("{}.{name}", entry.key), value))
                .collect()
        }
    });
    changes.collect()
}

/// Returns all that options decide: what LiveKit and the page are told, and what this program does.
fn decisions(options: &Value) -> Vec<Value> {
    let parsed = MeetingOptions::from_json(&options.to_string());
    let mut decisions = vec![
        json!(TimeLimit::new(&parsed).to_metadata()),
        json!(parsed.waits_for_host(WithoutHost::Auto, true)),
        json!(parsed.allow_rating),
    ];
    for role in [Role::Host, Role::Guest] {
        let mut claims = claims(options, role);
        claims.remove("sub");
        decisions.push(claims.into());
    }
    decisions
}

#[test]
fn an_option_changes_something_exactly_where_the_table_says_so() {
    let ignored: Vec<&str> = names_with(Effect::Ignored, Some(Column::LiveKit)).collect();
    for (name, value) in changes(table::OPTIONS) {
        // A duration alone ends nothing.
        let mut options = json!({"enable_session_auto_finish": name == "session_duration"});
        let before = decisions(&options);
        match name.split_once('.') {
            Some((group, member)) => options[group] = json!({member: value}),
            None => options[&name] = value,
        }
        let acts = decisions(&options) != before;
        assert_eq!(acts, !ignored.contains(&name.as_str()), "{name}");
    }
}

/// Returns options with any values.
fn any_options() -> impl Strategy<Value = Value> {
    let names: Vec<(String, Value)> = changes(table::OPTIONS);
    let chosen = prop::collection::vec(any::<bool>(), names.len());
    chosen.prop_map(move |chosen| {
        let mut options = json!({});
        for ((name, value), _) in names.iter().zip(chosen).filter(|(_, chosen)| *chosen) {
            match name.split_once('.') {
                Some((group, member)) => options[group][member] = value.clone(),
                None => options[name] = value.clone(),
            }
        }
        options
    })
}

proptest! {
    #[test]
    fn a_guest_never_manages_rooms(options in any_options(), name in ".*", end in any::<Option<i32>>()) {
        let visit = visit(&options, Role::Guest, &name);
        let ends_at = end.map(|end| Timestamp::from_unix(end.into()));
        let claims = Person::new(&visit, ends_at).claims("north");
        let video = claims["video"].as_object().expect("an object");
        let managing = ["roomAdmin", "roomCreate", "roomList", "roomRecord", "ingressAdmin", "hidden"];
        for grant in managing {
            prop_assert_eq!(video.get(grant), None);
        }
        prop_assert_eq!(&video["canUpdateOwnMetadata"], false);
        prop_assert_eq!(&claims["attributes"]["role"], "guest");
    }
}
