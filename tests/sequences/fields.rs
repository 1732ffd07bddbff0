//! The fields of requests: the values that are sent for each, and their effects.

use serde_json::{Map, Value, json};

/// A field of a request.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The probability that it is sent.
    pub(crate) likely: f64,
    pub(crate) values: Vec<(Value, Effect)>,
}

/// The effect of a value that is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// This value is stored.
    Stored(Value),
    /// The value counts as absent.
    Absent,
    /// The request is rejected with an error for this field.
    Invalid,
}

/// Texts as callers write them, each with the key that equal texts share.
const KEYS: &[(&str, &str)] = &[
    ("Chess", "chess"),
    ("CHESS", "chess"),
    ("Chess  Club", "chess club"),
    ("chess club", "chess club"),
    ("Café", "café"),
    ("CAFE\u{301}", "café"),
    ("Go", "go"),
    ("ada@example.com", "ada@example.com"),
    ("ADA@Example.com", "ada@example.com"),
    ("grace@MÜNCHEN.example", "grace@xn--mnchen-3ya.example"),
    (
        "Grace@xn--mnchen-3ya.example",
        "grace@xn--mnchen-3ya.example",
    ),
    ("edsger@example.com", "edsger@example.com"),
    ("ada", "ada"),
    ("Ada", "ada"),
    ("grace", "grace"),
    ("edsger", "edsger"),
];

const NAMES: &[&str] = &[
    "Chess",
    "CHESS",
    "Chess  Club",
    "chess club",
    "Café",
    "CAFE\u{301}",
    "Go",
];
pub(crate) const EMAILS: &[&str] = &[
    "ada@example.com",
    "ADA@Example.com",
    "grace@MÜNCHEN.example",
    "Grace@xn--mnchen-3ya.example",
    "edsger@example.com",
];
pub(crate) const USERNAMES: &[&str] = &["ada", "Ada", "grace", "edsger"];

/// Returns the key that equal texts share.
pub(crate) fn key(text: &str) -> &'static str {
    let known = KEYS.iter().find(|(typed, _)| *typed == text);
    known.unwrap_or_else(|| panic!("{text} has no key")).1
}

/// Returns the form in which parts of users' fields are searched for. All texts are in NFC here.
pub(crate) fn lower(text: &str) -> String {
    text.to_lowercase()
}

fn field(name: &'static str, likely: f64, values: Vec<(Value, Effect)>) -> Field {
    Field {
        name,
        likely,
        values,
    }
}

fn kept(sent: impl Into<Value>, kept: impl Into<Value>) -> (Value, Effect) {
    (sent.into(), Effect::Stored(kept.into()))
}

fn stored(sent: impl Into<Value> + Clone) -> (Value, Effect) {
    kept(sent.clone(), sent)
}

fn absent() -> (Value, Effect) {
    (Value::Null, Effect::Absent)
}

/// The empty string, which means "not sent" except where it is a value.
fn empty() -> (Value, Effect) {
    (Value::from(""), Effect::Absent)
}

fn invalid(sent: impl Into<Value>) -> (Value, Effect) {
    (sent.into(), Effect::Invalid)
}

/// Returns the texts of a list, each three times as likely as one of the other values.
fn texts(list: &[&str], others: Vec<(Value, Effect)>) -> Vec<(Value, Effect)> {
    let texts = list.repeat(3).into_iter().map(stored);
    texts.chain(others).collect()
}

fn names() -> Vec<(Value, Effect)> {
    let others = vec![kept("  Go ", "Go"), absent(), invalid(" "), invalid(7)];
    texts(NAMES, others)
}

fn emails() -> Vec<(Value, Effect)> {
    let others = vec![
        kept(" ada@example.com", "ada@example.com"),
        absent(),
        invalid("ada"),
    ];
    texts(EMAILS, others)
}

fn usernames() -> Vec<(Value, Effect)> {
    texts(USERNAMES, vec![absent(), empty()])
}

fn flags() -> Vec<(Value, Effect)> {
    vec![stored(true), stored(false), absent(), invalid("yes")]
}

fn people() -> Vec<(Value, Effect)> {
    texts(
        &["Ada", "Zoë", "O'Brien 50%"],
        vec![kept(" Ada ", "Ada"), absent(), invalid("\u{7}")],
    )
}

fn surnames() -> Vec<(Value, Effect)> {
    let mut surnames = people();
    surnames.extend([stored(""), kept(" ", "")]);
    surnames
}

/// Returns the fields of a get-or-create.
pub(crate) fn new_room() -> Vec<Field> {
    let mut fields = vec![
        field("creator_email", 0.99, emails()),
        field("name", 0.98, names()),
        field("fallback_name", 0.4, names()),
    ];
    fields.extend(room_settings(0.15));
    fields
}

/// Returns the fields of an update of a room.
pub(crate) fn room_patch() -> Vec<Field> {
    let mut fields = vec![field("name", 0.6, names())];
    fields.extend(room_settings(0.25));
    fields
}

fn room_settings(likely: f64) -> Vec<Field> {
    let no_sound = json!({"chat": {"offNewMsgSound": true}});
    let sound = json!({"chat": {"offNewMsgSound": false, "offMessageModule": true}});
    let short = json!({"session_duration": 5, "skip_approval_on_join": true});
    let newer = json!({"newer": "x", "duration": {"useRemainingTime": true}});
    vec![
        field(
            "lang",
            likely,
            vec![stored("tr"), kept("en-gb", "en-GB"), absent(), invalid("e")],
        ),
        field(
            "tags",
            likely,
            vec![
                stored("a, b"),
                kept("", Value::Null),
                stored(Value::Null),
                invalid(1),
            ],
        ),
        field("allow_recording", likely, flags()),
        field("inaccessible_replay", likely, flags()),
        field(
            "options",
            likely,
            vec![
                kept(json!({"Chat": {"OffNewMsgSound": true}}), no_sound),
                stored(sound),
                stored(short),
                stored(newer),
                absent(),
                invalid("none"),
            ],
        ),
    ]
}

/// Returns the fields of a new user.
pub(crate) fn new_user() -> Vec<Field> {
    let mut fields = vec![
        field("name", 0.99, people()),
        field("surname", 0.8, surnames()),
        field("email", 0.99, emails()),
        field("username", 0.99, usernames()),
    ];
    fields.extend(user_settings(0.15));
    fields
}

/// Returns the fields of an update of a user.
pub(crate) fn user_patch() -> Vec<Field> {
    let mut fields = vec![
        field("name", 0.2, people()),
        field("surname", 0.2, surnames()),
        field("email", 0.3, emails()),
        field("username", 0.3, usernames()),
    ];
    fields.extend(user_settings(0.15));
    fields
}

fn user_settings(likely: f64) -> Vec<Field> {
    let past = kept("2001-01-01T01:00:00+01:00", "2001-01-01T00:00:00+00:00");
    let future = kept("2999-01-01T00:00:00Z", "2999-01-01T00:00:00+00:00");
    vec![
        field(
            "role",
            likely,
            vec![
                stored("u"),
                stored("e"),
                stored("a"),
                absent(),
                invalid("x"),
            ],
        ),
        field(
            "mobile",
            likely,
            vec![stored("+90 1"), stored(""), absent(), invalid(1)],
        ),
        field("login_allowed", likely, flags()),
        field("active", likely, flags()),
        field("lang", likely, vec![stored("de"), absent(), empty()]),
        field(
            "timezone",
            likely,
            vec![
                kept("europe/london", "Europe/London"),
                absent(),
                invalid("Mars"),
            ],
        ),
        field(
            "expires_at",
            likely,
            vec![past, future, stored(Value::Null), invalid("soon")],
        ),
    ]
}

/// Returns the values that a request stores, or the names of all wrong fields. The request must
/// have the fields in `required`.
pub(crate) fn read(
    fields: &[Field],
    required: &[&str],
    body: &Value,
) -> Result<Map<String, Value>, Vec<String>> {
    let (mut map, mut wrong) = (Map::new(), Vec::new());
    for field in fields {
        let sent = body.get(field.name);
        let known = |(value, _): &&(Value, Effect)| Some(value) == sent;
        match field.values.iter().find(known).map(|(_, kept)| kept) {
            Some(Effect::Stored(value)) => {
                map.insert(field.name.to_owned(), value.clone());
            }
            Some(Effect::Invalid) => wrong.push(field.name.to_owned()),
            _ if required.contains(&field.name) => wrong.push(field.name.to_owned()),
            _ => {}
        }
    }
    if wrong.is_empty() {
        Ok(map)
    } else {
        Err(wrong)
    }
}
