//! The fields of requests: what is sent for each, and what is kept of it.

use serde_json::{Map, Value, json};

/// A field of a request.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// How often it is sent.
    pub(crate) likely: f64,
    pub(crate) values: Vec<(Value, Kept)>,
}

/// What becomes of a value that is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kept {
    As(Value),
    /// It says nothing.
    Nothing,
    /// It is wrong.
    Refused,
}

/// Texts that people type, and the form that equal ones share.
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
const USERNAMES: &[&str] = &["ada", "Ada", "grace", "edsger"];

/// The form that equal texts share.
pub(crate) fn key(text: &str) -> &'static str {
    let known = KEYS.iter().find(|(typed, _)| *typed == text);
    known.unwrap_or_else(|| panic!("{text} has no key")).1
}

/// The form in which a part is looked for in texts of people, which are in NFC here.
pub(crate) fn lower(text: &str) -> String {
    text.to_lowercase()
}

fn field(name: &'static str, likely: f64, values: Vec<(Value, Kept)>) -> Field {
    Field {
        name,
        likely,
        values,
    }
}

fn kept(sent: impl Into<Value>, kept: impl Into<Value>) -> (Value, Kept) {
    (sent.into(), Kept::As(kept.into()))
}

fn same(sent: impl Into<Value> + Clone) -> (Value, Kept) {
    kept(sent.clone(), sent)
}

fn nothing() -> (Value, Kept) {
    (Value::Null, Kept::Nothing)
}

fn refused(sent: impl Into<Value>) -> (Value, Kept) {
    (sent.into(), Kept::Refused)
}

/// Texts of a list, several times for each that is something else.
fn texts(list: &[&str], others: Vec<(Value, Kept)>) -> Vec<(Value, Kept)> {
    let texts = list.repeat(3).into_iter().map(same);
    texts.chain(others).collect()
}

fn names() -> Vec<(Value, Kept)> {
    let others = vec![kept("  Go ", "Go"), nothing(), refused(" "), refused(7)];
    texts(NAMES, others)
}

fn emails() -> Vec<(Value, Kept)> {
    let others = vec![
        kept(" ada@example.com", "ada@example.com"),
        nothing(),
        refused("ada"),
    ];
    texts(EMAILS, others)
}

fn usernames() -> Vec<(Value, Kept)> {
    texts(USERNAMES, vec![nothing(), refused("")])
}

fn flags() -> Vec<(Value, Kept)> {
    vec![same(true), same(false), nothing(), refused("yes")]
}

fn people() -> Vec<(Value, Kept)> {
    texts(
        &["Ada", "Zoë", "O'Brien 50%"],
        vec![kept(" Ada ", "Ada"), nothing(), refused("\u{7}")],
    )
}

/// What a room can be made with.
pub(crate) fn new_room() -> Vec<Field> {
    let mut fields = vec![
        field("creator_email", 0.99, emails()),
        field("name", 0.98, names()),
        field("fallback_name", 0.4, names()),
    ];
    fields.extend(room_settings(0.15));
    fields
}

/// What can be changed of a room.
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
            vec![
                same("tr"),
                kept("en-gb", "en-GB"),
                nothing(),
                refused("en_US"),
            ],
        ),
        field(
            "tags",
            likely,
            vec![same("a, b"), same(""), same(Value::Null), refused(1)],
        ),
        field("allow_recording", likely, flags()),
        field("inaccessible_replay", likely, flags()),
        field(
            "options",
            likely,
            vec![
                kept(json!({"Chat": {"OffNewMsgSound": true}}), no_sound),
                same(sound),
                same(short),
                same(newer),
                nothing(),
                refused("none"),
            ],
        ),
    ]
}

/// What a user can be registered with.
pub(crate) fn new_user() -> Vec<Field> {
    let mut fields = vec![
        field("name", 0.99, people()),
        field("surname", 0.99, people()),
        field("email", 0.99, emails()),
        field("username", 0.99, usernames()),
    ];
    fields.extend(user_settings(0.15));
    fields
}

/// What can be changed of a user.
pub(crate) fn user_patch() -> Vec<Field> {
    let mut fields = vec![
        field("name", 0.2, people()),
        field("surname", 0.2, people()),
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
            vec![same("u"), same("e"), same("a"), nothing(), refused("x")],
        ),
        field(
            "mobile",
            likely,
            vec![same("+90 1"), same(""), nothing(), refused(1)],
        ),
        field("login_allowed", likely, flags()),
        field("active", likely, flags()),
        field("lang", likely, vec![same("de"), nothing(), refused("")]),
        field(
            "timezone",
            likely,
            vec![
                kept("europe/london", "Europe/London"),
                nothing(),
                refused("Mars"),
            ],
        ),
        field(
            "expires_at",
            likely,
            vec![past, future, same(Value::Null), refused("soon")],
        ),
    ]
}

/// What is kept of a request, or the names of all fields that are wrong. Those in `required` must
/// be there.
pub(crate) fn read(
    fields: &[Field],
    required: &[&str],
    body: &Value,
) -> Result<Map<String, Value>, Vec<String>> {
    let (mut map, mut wrong) = (Map::new(), Vec::new());
    for field in fields {
        let sent = body.get(field.name);
        let known = |(value, _): &&(Value, Kept)| Some(value) == sent;
        match field.values.iter().find(known).map(|(_, kept)| kept) {
            Some(Kept::As(value)) => {
                map.insert(field.name.to_owned(), value.clone());
            }
            Some(Kept::Refused) => wrong.push(field.name.to_owned()),
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
