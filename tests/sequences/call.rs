//! All calls of the API, and how to draw them.

use crate::fields::{self, EMAILS, Effect, Field};
use crate::support::{ROOM, USER};
use crate::world::World;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::fmt;

/// A call. It names rooms and users, existing or deleted, by an e-mail address, so that it means
/// the same when calls before it are left out.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    PostRoom(Body),
    GetRoom(Owner),
    PutRoom(Owner, Body),
    DeleteRoom(Owner),
    SearchRooms(RoomSearch),
    PostUser(Body),
    GetUser(Owner),
    GetUserByName(&'static str),
    PutUser(Owner, Body),
    DeleteUser(Owner),
    SearchUsers(UserSearch),
}

/// A JSON object whose debug output is JSON.
#[derive(Clone)]
pub(crate) struct Body(pub(crate) Value);

/// A search for rooms. Parameters that are None are not sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct RoomSearch {
    /// The text that is sent, and its folded form.
    pub(crate) query: Option<(&'static str, &'static str)>,
    pub(crate) creator_email: Option<&'static str>,
    pub(crate) user_id: Option<Owner>,
    /// The parameter that is sent, and whether every room matches it or none.
    pub(crate) created: Option<(&'static str, bool)>,
    pub(crate) sort: Option<&'static str>,
    pub(crate) page: Option<usize>,
    pub(crate) size: Option<usize>,
}

/// A search for users. Fields that are None are not sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserSearch {
    /// Parts of texts, by field.
    pub(crate) parts: Vec<(&'static str, &'static str)>,
    pub(crate) role: Option<&'static str>,
    pub(crate) user_id: Option<Owner>,
    pub(crate) page_number: Option<usize>,
    pub(crate) page_size: Option<usize>,
}

/// The e-mail address of an owner. It stands for the user last registered with it.
pub(crate) type Owner = &'static str;

/// E-mail addresses; the last is no user's.
const OWNERS: [Owner; 4] = [
    "ada@example.com",
    "edsger@example.com",
    "grace@MÜNCHEN.example",
    "",
];

fn owner() -> impl Strategy<Value = Owner> + Clone {
    prop_oneof![9 => select(&OWNERS[..3]), 1 => Just(OWNERS[3])]
}

/// Draws a call of any kind.
pub(crate) fn any() -> impl Strategy<Value = Call> {
    prop_oneof![
        9 => body(fields::new_room).prop_map(Call::PostRoom),
        4 => owner().prop_map(Call::GetRoom),
        5 => (owner(), body(fields::room_patch)).prop_map(|(room, body)| Call::PutRoom(room, body)),
        2 => owner().prop_map(Call::DeleteRoom),
        3 => room_search().prop_map(Call::SearchRooms),
        3 => body(fields::new_user).prop_map(Call::PostUser),
        2 => owner().prop_map(Call::GetUser),
        1 => select(fields::USERNAMES).prop_map(Call::GetUserByName),
        4 => (owner(), body(fields::user_patch)).prop_map(|(user, body)| Call::PutUser(user, body)),
        1 => owner().prop_map(Call::DeleteUser),
        3 => user_search().prop_map(Call::SearchUsers),
    ]
}

/// Draws a body; one in ten may have invalid values.
fn body(fields: fn() -> Vec<Field>) -> impl Strategy<Value = Body> {
    prop_oneof![
        9 => members(fields(), |effect| *effect != Effect::Invalid),
        1 => members(fields(), |_| true),
    ]
}

fn members(fields: Vec<Field>, may_be_sent: fn(&Effect) -> bool) -> impl Strategy<Value = Body> {
    let member = |field: Field| {
        let values = field.values.into_iter();
        let sent = values.filter(|(_, effect)| may_be_sent(effect));
        let sent: Vec<Value> = sent.map(|(sent, _)| sent).collect();
        let value = option::weighted(field.likely, select(sent));
        value.prop_map(move |value| value.map(|value| (field.name.to_owned(), value)))
    };
    let members: Vec<_> = fields.into_iter().map(member).collect();
    members.prop_map(|members| Body(members.into_iter().flatten().collect()))
}

fn room_search() -> impl Strategy<Value = RoomSearch> {
    let parts = [
        ("CH", "ch"),
        ("s  c", "s c"),
        ("É", "é"),
        ("e\u{301}", "é"),
        ("zz", "zz"),
        (" ", ""),
        ("%", "%"),
    ];
    let sorts = [
        "name asc",
        "name desc",
        "created_date asc",
        "created_date desc",
    ];
    let dates = [
        ("created_after=2001-01-01T00:00:00", true),
        ("created_after=2999-01-01T00:00:00Z", false),
        ("created_before=2999-01-01T00:00:00", true),
        ("created_before=2001-01-01T00:00:00Z", false),
    ];
    (
        option::weighted(0.4, select(parts.to_vec())),
        option::weighted(0.2, select(EMAILS)),
        option::weighted(0.2, owner()),
        option::weighted(0.2, select(dates.to_vec())),
        option::weighted(0.7, select(sorts.to_vec())),
        option::weighted(0.3, 1..4usize),
        option::weighted(0.5, 1..4usize),
    )
        .prop_map(
            |(query, creator_email, user_id, created, sort, page, size)| RoomSearch {
                query,
                creator_email,
                user_id,
                created,
                sort,
                page,
                size,
            },
        )
}

fn user_search() -> impl Strategy<Value = UserSearch> {
    let part = |field, parts: &[&'static str]| {
        let part = option::weighted(0.2, select(parts.to_vec()));
        part.prop_map(move |part| part.map(|part| (field, part)))
    };
    let parts = vec![
        part("name", &["AD", "ë", "%"]),
        part("surname", &["o'b", "0%", "_"]),
        part("email", &["münchen", "EXAMPLE.com", "xn--"]),
        part("username", &["A", "zz"]),
        part("mobile", &["90 ", "1"]),
    ];
    (
        parts.prop_map(|parts| parts.into_iter().flatten().collect()),
        option::weighted(0.2, select(vec!["u", "e", "a"])),
        option::weighted(0.2, owner()),
        option::weighted(0.3, 1..4usize),
        option::weighted(0.5, 1..4usize),
    )
        .prop_map(
            |(parts, role, user_id, page_number, page_size)| UserSearch {
                parts,
                role,
                user_id,
                page_number,
                page_size,
            },
        )
}

impl Call {
    /// Returns a call that registers a user.
    pub(crate) fn register((username, email): (&str, &str)) -> Self {
        let body = json!({"email": email, "username": username, "name": "Ada", "surname": "Ada"});
        Self::PostUser(Body(body))
    }

    /// Returns a call that gets or creates the room of a user.
    pub(crate) fn post_room((creator_email, name): (&str, &str)) -> Self {
        Self::PostRoom(Body(json!({"creator_email": creator_email, "name": name})))
    }

    /// Returns a search for every room, oldest first.
    pub(crate) fn all_rooms() -> Self {
        Self::SearchRooms(RoomSearch {
            sort: Some("created_date asc"),
            ..RoomSearch::default()
        })
    }

    /// Returns a search for every user.
    pub(crate) fn all_users() -> Self {
        Self::SearchUsers(UserSearch::default())
    }

    /// Returns the method, the path and the body, `null` for none.
    pub(crate) fn request(&self, world: &World) -> (&'static str, String, Value) {
        let room = |owner: &str| format!("{ROOM}/{}", world.room_guid(owner));
        let user = |owner: &str| format!("{USER}/{}", world.user_guid(owner));
        match self {
            Self::PostRoom(body) => ("POST", ROOM.to_owned(), body.0.clone()),
            Self::GetRoom(owner) => ("GET", room(owner), Value::Null),
            Self::PutRoom(owner, body) => ("PUT", room(owner), body.0.clone()),
            Self::DeleteRoom(owner) => ("DELETE", room(owner), Value::Null),
            Self::SearchRooms(search) => ("GET", search.path(world), Value::Null),
            Self::PostUser(body) => ("POST", USER.to_owned(), body.0.clone()),
            Self::GetUser(owner) => ("GET", user(owner), Value::Null),
            Self::GetUserByName(name) => ("GET", format!("{USER}/{name}"), Value::Null),
            Self::PutUser(owner, body) => ("PUT", user(owner), body.0.clone()),
            Self::DeleteUser(owner) => ("DELETE", user(owner), Value::Null),
            Self::SearchUsers(search) => ("POST", format!("{USER}/search"), search.body(world)),
        }
    }
}

impl RoomSearch {
    fn path(&self, world: &World) -> String {
        let mut url = url::Url::parse("http://server").expect("a URL");
        url.set_path(&format!("{ROOM}/search"));
        let text = |number: usize| number.to_string();
        let pairs = [
            ("query", self.query.map(|(sent, _)| sent.to_owned())),
            ("creator_email", self.creator_email.map(str::to_owned)),
            ("user_id", self.user_id.map(|owner| world.user_guid(owner))),
            ("sort", self.sort.map(str::to_owned)),
            ("page", self.page.map(text)),
            ("size", self.size.map(text)),
        ];
        let sent = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        url.query_pairs_mut().extend_pairs(sent);
        let dates = self
            .created
            .map_or(String::new(), |(dates, _)| format!("&{dates}"));
        format!("{}?{}{dates}", url.path(), url.query().unwrap_or_default())
    }
}

impl UserSearch {
    fn body(&self, world: &World) -> Value {
        let mut body = json!({
            "role": self.role, "user_id": self.user_id.map(|owner| world.user_guid(owner)),
            "page_number": self.page_number, "page_size": self.page_size,
        });
        for (field, part) in &self.parts {
            body[*field] = json!(part);
        }
        body
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}
