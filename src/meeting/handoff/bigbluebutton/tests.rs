//! What is sent for rooms, people and options of every kind.

use super::query::Query;
use super::{BigBlueButton, create, join, name};
use crate::meeting::handoff::{Outbound, Visit};
use crate::meeting::{Column, Effect, MeetingOptions, Role, options_with};
use crate::model::{
    Checksum, Guid, LangTag, OptionsPatch, Room, RoomName, RoomOptions, SlugToken, Timestamp,
    WithoutHost,
};
use proptest::prelude::*;
use ring::digest;
use serde_json::{Value, json};
use std::sync::LazyLock;
use url::Url;

const SECRET: &str = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";

/// Returns the stored options of a room that was created without any.
fn defaults() -> Value {
    let options = RoomOptions::new(&OptionsPatch::default());
    serde_json::from_str(options.as_json()).expect("JSON")
}

/// Returns the default options with changes, as paths and values.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut options = defaults();
    for (name, value) in changes {
        *at(&mut options, name) = value.clone();
    }
    options
}

/// Returns the place of an option: `chat.offMessageModule` is inside of `chat`.
fn at<'a>(options: &'a mut Value, name: &str) -> &'a mut Value {
    let pointer = format!("/{}", name.replace('.', "/"));
    let found = options.pointer_mut(&pointer);
    found.unwrap_or_else(|| panic!("{name} is no option"))
}

fn visit(role: Role, options: &Value) -> Visit {
    Visit {
        room: Room {
            guid: Guid::generate(),
            name: RoomName::from_stored("Physics".into()),
            lang: LangTag::from_stored("pt-BR".into()),
            slug_token: SlugToken::from_number(1),
            created_at: Timestamp::from_unix(0),
            tags: None,
            inaccessible_replay: false,
            allow_recording: true,
            creator_email: "ada@example.com".into(),
            options: RoomOptions::new(&OptionsPatch::default()),
            host_epoch: 0,
            host_link_given: true,
        },
        options: MeetingOptions::from_json(&options.to_string()),
        role,
        name: "Grace Hopper".into(),
        page_url: "https://rooms.example/groups/room/physics_abc".into(),
        now: Timestamp::from_unix(0),
    }
}

fn created(role: Role, options: &Value) -> Query {
    create::query(&visit(role, options), "Physics")
}

fn joined(role: Role, options: &Value) -> Query {
    join::query(&visit(role, options), 1_718_000_000_123)
}

/// A server that is not called.
static SERVER: LazyLock<BigBlueButton> =
    LazyLock::new(|| server("https://bbb.example/bigbluebutton"));

fn server(url: &str) -> BigBlueButton {
    BigBlueButton {
        url: url.parse().expect("a URL"),
        secret: SECRET.parse().expect("a secret"),
        checksum: Checksum::default(),
        outbound: Outbound::new(),
    }
}

/// Returns the names and values that are in one query alone.
fn added(options: &Value) -> Vec<(String, String)> {
    let without = created(Role::Guest, &defaults()).decoded();
    let sent = created(Role::Guest, options).decoded().into_iter();
    sent.filter(|(name, value)| {
        name != "meetingID" && !without.contains(&(name.clone(), value.clone()))
    })
    .collect()
}

#[test]
fn a_room_without_options_leaves_the_rest_to_the_server() {
    let visit = visit(Role::Host, &defaults());
    let guid = visit.room.guid.to_string();
    let sent = create::query(&visit, "Physics").decoded();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        sent,
        [
            pair("meetingID", &guid),
            pair("name", "Physics"),
            pair(
                "logoutURL",
                "https://rooms.example/groups/room/physics_abc?left"
            ),
            pair("record", "true"),
            pair("allowStartStopRecording", "true"),
        ]
    );
}

#[test]
fn each_option_has_its_parameters() {
    for (changes, parameters) in [
        (
            &[("chat.offMessageModule", json!(true))][..],
            "disabledFeatures=chat,privateChat",
        ),
        (
            &[
                ("chat.offMessageModule", json!(true)),
                ("chat.offSpecialMsging", json!(true)),
            ],
            "disabledFeatures=chat,privateChat",
        ),
        (
            &[("chat.offSpecialMsging", json!(true))],
            "disabledFeatures=privateChat",
        ),
        (
            &[("chat.offGeneralMsging", json!(true))],
            "lockSettingsDisablePublicChat=true",
        ),
        (
            &[("chat.offSpecialMsgToUser", json!(true))],
            "lockSettingsDisablePrivateChat=true",
        ),
        (
            &[("allow_users_stream_self_cam_mic", json!(false))],
            "lockSettingsDisableCam=true lockSettingsDisableMic=true",
        ),
        (
            &[("hide_user_streams", json!(true))],
            "webcamsOnlyForModerator=true",
        ),
        (
            &[("enable_recording_auto_start", json!(true))],
            "autoStartRecording=true",
        ),
        (
            &[("enable_recording_auto_start", json!(false))],
            "autoStartRecording=false",
        ),
        (
            &[("skip_approval_on_join", json!(true))],
            "guestPolicy=ALWAYS_ACCEPT",
        ),
        (
            &[("skip_approval_on_join", json!(false))],
            "guestPolicy=ASK_MODERATOR",
        ),
        // The planned length alone ends nothing.
        (&[("session_duration", json!(90))], ""),
        (
            &[
                ("session_duration", json!(90)),
                ("enable_session_auto_finish", json!(true)),
            ],
            "duration=90 endWhenNoModerator=true endWhenNoModeratorDelayInMinutes=5",
        ),
        (&[("enable_session_auto_finish", json!(false))], ""),
        (
            &[
                ("allow_rating", json!(false)),
                ("return_url", json!("https://a.example/b?c=d")),
            ],
            "logoutURL=https://a.example/b?c=d",
        ),
    ] {
        let sent = added(&with(changes)).into_iter();
        let sent: Vec<String> = sent
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(sent.join(" "), parameters, "{changes:?}");
    }
}

#[test]
fn a_room_that_may_not_be_recorded_sends_no_more_about_it() {
    let mut visit = visit(
        Role::Host,
        &with(&[("enable_recording_auto_start", json!(true))]),
    );
    visit.room.allow_recording = false;
    let sent = create::query(&visit, "Physics");
    assert_eq!(sent.get("record").as_deref(), Some("false"));
    assert_eq!(sent.get("autoStartRecording"), None);
    assert_eq!(sent.get("allowStartStopRecording"), None);
}

#[test]
fn a_person_joins_with_the_role_that_was_shown() {
    let asks = with(&[("skip_approval_on_join", json!(false))]);
    for (role, options, name, guest) in [
        (Role::Host, &defaults(), "MODERATOR", None),
        (Role::Host, &asks, "MODERATOR", None),
        (Role::Guest, &defaults(), "VIEWER", None),
        (Role::Guest, &asks, "VIEWER", Some("true")),
    ] {
        let sent = joined(role, options);
        assert_eq!(sent.get("role").as_deref(), Some(name));
        assert_eq!(sent.get("guest").as_deref(), guest);
        assert_eq!(sent.get("createTime").as_deref(), Some("1718000000123"));
        assert_eq!(sent.get("redirect").as_deref(), Some("true"));
        let locale = sent.get("userdata-bbb_override_default_locale");
        assert_eq!(locale.as_deref(), Some("pt-BR"));
        let page = "https://rooms.example/groups/room/physics_abc";
        assert_eq!(sent.get("errorRedirectUrl").as_deref(), Some(page));
    }
    let user = || joined(Role::Guest, &defaults()).get("userID");
    assert!(user().is_some() && user() != user());
}

#[test]
fn what_has_broken_meetings_elsewhere_is_never_sent() {
    for role in [Role::Host, Role::Guest] {
        for skip in [json!(null), json!(true), json!(false)] {
            let options = with(&[
                ("skip_approval_on_join", skip),
                ("allow_users_stream_self_cam_mic", json!(false)),
                ("chat.offGeneralMsging", json!(true)),
            ]);
            for sent in [created(role, &options), joined(role, &options)] {
                for name in [
                    "attendeePW",
                    "moderatorPW",
                    "password",
                    "lockSettingsLockOnJoin",
                ] {
                    assert_eq!(sent.get(name), None);
                }
                assert_ne!(sent.get("guestPolicy").as_deref(), Some("ALWAYS_DENY"));
            }
        }
    }
}

/// Returns all that an option may act on: what is sent for hosts and guests, where the page leads in
/// the end and whether it asks for stars, and whether guests wait.
fn seen(options: &Value) -> String {
    let stable = |query: Query| {
        let mut pairs = query.decoded();
        pairs.retain(|(name, _)| name != "meetingID" && name != "userID");
        pairs
    };
    let guest = visit(Role::Guest, options);
    let MeetingOptions {
        allow_rating,
        return_url,
        ..
    } = &guest.options;
    let waits = guest
        .options
        .waits_for_host(WithoutHost::Auto, guest.room.host_link_given);
    format!(
        "{:?}",
        (
            stable(created(Role::Guest, options)),
            stable(created(Role::Host, options)),
            stable(joined(Role::Guest, options)),
            stable(joined(Role::Host, options)),
            (allow_rating, return_url, waits),
        )
    )
}

/// Returns other values than that of an option.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(is_on) => vec![json!(!is_on)],
        Value::Null => vec![json!(true), json!(false)],
        Value::Number(_) => vec![json!(45)],
        _ => vec![json!("https://elsewhere.example/")],
    }
}

#[test]
fn an_option_changes_what_happens_exactly_if_the_table_says_so() {
    // Some options act only beside others.
    let contexts = [
        defaults(),
        with(&[("enable_session_auto_finish", json!(true))]),
        with(&[("return_url", json!("https://back.example/"))]),
    ];
    let acts = |name: &str| {
        contexts.iter().any(|context| {
            let value = at(&mut context.clone(), name).clone();
            others(&value).into_iter().any(|other| {
                let mut changed = context.clone();
                *at(&mut changed, name) = other;
                seen(&changed) != seen(context)
            })
        })
    };
    for effect in [Effect::Applied, Effect::ClientOnly, Effect::Ignored] {
        for name in options_with(effect, Some(Column::BigBlueButton)) {
            assert_eq!(acts(name), effect != Effect::Ignored, "{name}");
        }
    }
}

#[test]
fn the_url_of_the_api_is_taken_with_and_without_its_end() {
    for url in [
        "https://bbb.example/bigbluebutton",
        "https://bbb.example/bigbluebutton/",
        "https://bbb.example/bigbluebutton/api",
        "https://bbb.example/bigbluebutton/api/",
        "wss://bbb.example/bigbluebutton/api",
    ] {
        assert_eq!(server(url).api(), "https://bbb.example/bigbluebutton/api");
    }
}

/// Returns the checksum of a signed URL as other code computes it, and the one in it.
fn checksums(url: &str, function: Checksum) -> (String, String) {
    let (call, query) = url
        .rsplit_once('/')
        .expect("a path")
        .1
        .split_once('?')
        .expect("a query");
    let at = query.rfind("checksum=").expect("a checksum");
    let signed = query[..at].trim_end_matches('&');
    let algorithm = match function {
        Checksum::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Checksum::Sha256 => &digest::SHA256,
        Checksum::Sha384 => &digest::SHA384,
        Checksum::Sha512 => &digest::SHA512,
    };
    let digest = digest::digest(algorithm, format!("{call}{signed}{SECRET}").as_bytes());
    let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    (digits.collect(), query[at + "checksum=".len()..].to_owned())
}

#[test]
fn a_call_without_parameters_is_signed() {
    for function in Checksum::ALL {
        let url = SERVER.signed("getMeetings", &Query::default(), function);
        let (expected, found) = checksums(&url, function);
        assert_eq!(found, expected);
        assert!(url.contains("/api/getMeetings?checksum="), "{url}");
    }
}

proptest! {
    #[test]
    fn whoever_comes_is_sent_as_who_they_are(
        person in "\\PC{1,100}",
        room in "\\PC{1,255}",
        is_host: bool,
        asks: bool,
        function in prop::sample::select(&Checksum::ALL[..]),
    ) {
        let role = if is_host { Role::Host } else { Role::Guest };
        let options = with(&[("skip_approval_on_join", json!(!asks))]);
        let mut visit = visit(role, &options);
        visit.name = person.clone();
        visit.room.name = RoomName::from_stored(room.clone());

        let query = join::query(&visit, 7);
        let url = SERVER.signed("join", &query, function);
        let (expected, found) = checksums(&url, function);
        prop_assert_eq!(found, expected);
        let parsed = Url::parse(&url).expect("a URL");
        // A browser and a proxy leave the query as it is.
        prop_assert_eq!(parsed.as_str(), &url);
        let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
        let all = |name: &str| -> Vec<String> {
            let found = pairs.iter().filter(|(found, _)| found == name);
            found.map(|(_, value)| value.clone()).collect()
        };
        prop_assert_eq!(all("fullName"), [person]);
        prop_assert_eq!(all("role"), [if is_host { "MODERATOR" } else { "VIEWER" }]);
        prop_assert_eq!(all("guest").len(), usize::from(asks && !is_host));
        prop_assert_eq!(url.contains("MODERATOR"), is_host || visit.name.contains("MODERATOR"));

        let shown = name::shown(&room);
        let query = create::query(&visit, &shown);
        prop_assert_eq!(query.get("name"), Some(shown));
        let url = SERVER.signed("create", &query, function);
        let (expected, found) = checksums(&url, function);
        prop_assert_eq!(found, expected);
    }
}
