//! What the tests of every meeting server need: visits, all kinds of them, and the check that the table
//! of options says of a server what is really sent to it.

use super::Visit;
use crate::meeting::options::{Column, Effect, names_with};
use crate::meeting::role::Role;
use crate::meeting::room_options::MeetingOptions;
use crate::model::options::table::{Entry, Kind, OPTIONS};
use crate::model::{
    Guid, LangTag, Room, RoomName, RoomOptions, SlugToken, Timestamp, WithoutHost, text,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// The owner of the room of every visit.
pub(super) const OWNER: &str = "ada.lovelace@owner.example";

/// The moment of every visit.
pub(super) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// Names that break what takes apart or puts together texts without care.
const HARD_NAMES: &[&str] = &[
    "a",
    "0",
    "%",
    "%2F",
    "+",
    "&config.x=1",
    "#jwt=x",
    "../../etc",
    "?x=1",
    "\\&",
    "\"",
    "\u{201C}quoted\u{201D} \u{2018}too\u{2019}",
    "' OR \"1\"='1",
    "<script>",
    "{slug}{jwt}",
    "true",
    "null",
    "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
    "\u{645}\u{631}\u{62D}\u{628}\u{627}",
    "\u{5E9}\u{5DC}\u{5D5}\u{5DD} abc",
    "I\u{307}stanbul",
];

/// Returns a visit to the room "Physics", whose options are the defaults but for those given.
pub(super) fn visit(role: Role, options: &Value) -> Visit {
    let options = options.to_string();
    Visit {
        room: Room {
            guid: Guid::generate(),
            name: RoomName::from_stored("Physics".into()),
            lang: LangTag::from_stored("en-US".into()),
            slug_token: SlugToken::from_stored("k3p9x0ab1z".into()),
            created_at: NOW,
            tags: None,
            inaccessible_replay: false,
            allow_recording: true,
            creator_email: OWNER.into(),
            host_epoch: 0,
            host_link_given: true,
            options: RoomOptions::from_stored(options.clone()),
        },
        options: MeetingOptions::from_json(&options),
        role,
        name: "Grace".into(),
        page_url: "https://rooms.example/groups/room/physics_k3p9x0ab1z".into(),
        now: NOW,
    }
}

/// Returns visits with every kind of name, both roles, and any options.
pub(super) fn visits() -> impl Strategy<Value = Visit> {
    let flips = vec(any::<bool>(), changes().len());
    let lang = select(vec!["tr-TR", "en", "pt-BR", "zh-Hant-HK", "x-private"]);
    let inputs = (
        names(RoomName::MAX_CHARS),
        names(100),
        any::<bool>(),
        any::<bool>(),
        lang,
        flips,
    );
    inputs.prop_map(|(room, person, is_host, allow_recording, lang, flips)| {
        let mut options = json!({});
        let flipped = changes().into_iter().zip(flips).filter(|(_, flip)| *flip);
        for ((path, value), _) in flipped {
            set(&mut options, &path, value);
        }
        let role = if is_host { Role::Host } else { Role::Guest };
        let mut visit = visit(role, &options);
        visit.room.name = RoomName::from_stored(room);
        visit.room.lang = LangTag::from_stored(lang.into());
        visit.room.allow_recording = allow_recording;
        visit.name = person;
        visit
    })
}

/// Returns names as they are stored, of at most so many characters.
fn names(max: usize) -> impl Strategy<Value = String> {
    let any_name = vec(any::<char>(), 1..=max).prop_map(String::from_iter);
    let longest = any::<char>().prop_map(move |c| c.to_string().repeat(max));
    let hard = select(HARD_NAMES).prop_map(str::to_owned);
    prop_oneof![any_name, longest, hard].prop_filter_map("no name", move |name| {
        text::line(&name, max).ok().map(str::to_owned)
    })
}

/// Asserts that what is sent to a server, or whether people wait for a host, depends on exactly those
/// options that the table does not call ignored. `sent` returns all that is sent for a visit, without
/// what differs each time.
#[track_caller]
pub(super) fn assert_that_the_table_is_true(column: Column, sent: impl Fn(&Visit) -> String) {
    let acts = |path: &str| {
        let values = changes().into_iter().filter(|(changed, _)| changed == path);
        values
            .flat_map(|(_, value)| contexts(path, &value))
            .any(|(role, before, after)| {
                let outcome = |options: &Value| {
                    let visit = visit(role, options);
                    let waits = visit.options.waits_for_host(WithoutHost::Auto, true);
                    (waits, sent(&visit))
                };
                outcome(&before) != outcome(&after)
            })
    };
    for effect in [Effect::Applied, Effect::ClientOnly, Effect::Ignored] {
        for name in names_with(effect, Some(column)) {
            let says = effect != Effect::Ignored;
            assert_eq!(acts(name), says, "{name} is {effect:?} for {column:?}");
        }
    }
}

/// Returns roles, and options before and after a change of one of them. Some options act only beside
/// others.
fn contexts(path: &str, value: &Value) -> Vec<(Role, Value, Value)> {
    let others = [
        json!({}),
        json!({"allow_rating": false}),
        json!({"return_url": "https://example.org/before"}),
        json!({"enable_session_auto_finish": true}),
    ];
    let mut contexts = Vec::new();
    for before in others {
        for role in [Role::Host, Role::Guest] {
            let mut after = before.clone();
            set(&mut after, path, value.clone());
            contexts.push((role, before.clone(), after));
        }
    }
    contexts
}

/// Returns every option with each value that is not its default; with one, where there are many.
fn changes() -> Vec<(String, Value)> {
    fn of(entries: &[Entry], group: &str) -> Vec<(String, Value)> {
        let changes = entries.iter().flat_map(|entry| {
            let path = format!("{group}{}", entry.key);
            let values = match entry.kind {
                Kind::Group(members) => return of(members, &format!("{path}.")),
                Kind::Flag { default } => vec![json!(!default)],
                Kind::OpenFlag => vec![json!(true), json!(false)],
                Kind::Minutes { default, .. } => vec![json!(default + 1)],
                Kind::ReturnUrl => vec![json!("https://example.org/bye?a=1&b=%20#c")],
            };
            let changes = values.into_iter().map(|value| (path.clone(), value));
            changes.collect()
        });
        changes.collect()
    }
    of(OPTIONS, "")
}

/// Sets an option, which may be in a group.
fn set(options: &mut Value, path: &str, value: Value) {
    match path.split_once('.') {
        Some((group, key)) => options[group][key] = value,
        None => options[path] = value,
    }
}
