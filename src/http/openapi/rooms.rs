//! The operations on rooms.

use super::super::rooms::DEFAULT_LANG;
use super::fields::{self, OrNull, example, with_all, with_optional};
use super::operation::{Operation, answer, invalid_field, keyed, not_an_object, response};
use super::{NamedSchema, Paths, options, path, schema};
use crate::model::{self, Part, RoomName, RoomSort, Tags};
use serde_json::{Value, json};
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{HeaderBuilder, HttpMethod};

const TAG: &str = "rooms";
const REQUEST: &str = include_str!("../../../docs/examples/default-room.request.json");
const RESPONSE: &str = include_str!("../../../docs/examples/default-room.response.json");

pub(super) fn paths() -> Paths {
    vec![
        path(
            "/room",
            [(HttpMethod::Post, get_or_create("getOrCreateRoom"))],
        ),
        path(
            "/room/default",
            [(HttpMethod::Post, get_or_create("getOrCreateDefaultRoom"))],
        ),
        path("/room/search", [(HttpMethod::Get, search())]),
        path(
            "/room/{room_guid}",
            [
                (HttpMethod::Get, show()),
                (HttpMethod::Put, update()),
                (HttpMethod::Delete, delete()),
            ],
        ),
    ]
}

pub(super) fn schemas() -> Vec<NamedSchema> {
    vec![
        ("DefaultRoomRequest", request().into()),
        ("RoomChange", change().into()),
        ("Room", room().into()),
        ("RoomPage", page().into()),
    ]
}

fn get_or_create(id: &str) -> OperationBuilder {
    let description = "\
Returns the default room of `creator_email`, made now if there was none: under `name`, or under \
`fallback_name` if `name` belongs to another room. A room that is there is returned as it is; \
nothing in the request changes it. However many callers ask at once, one of them gets 201 and all \
get the same room. An answer is sent only when the room is safe on the disk, so the call can be \
repeated at any time.";
    let location = HeaderBuilder::new()
        .schema(Some(fields::string("Where the room is found.")))
        .build();
    let made = answer("The room, made now.", schema("Room"), example(RESPONSE));
    let taken = ["Test Room", "Test Room  Fallback"].map(str::to_owned);
    keyed(TAG, id, "Get or create the default room", description)
        .takes("DefaultRoomRequest", request_example())
        .response("200", room_answer("The room that the user had already."))
        .response("201", made.header("Location", location))
        .refuses([
            invalid_field("creator_email", "is required"),
            not_an_object(),
            model::Error::EmailNotFound.into(),
            model::Error::UserInactive.into(),
            model::Error::RoomNamesTaken(taken.into()).into(),
        ])
        .writes()
}

fn search() -> OperationBuilder {
    let description = "\
Finds the rooms that meet every condition that is given. A page past the end is empty. Pages do \
not overlap: equal dates are ordered by when the room was made.";
    let sort = fields::word(RoomSort::ALL.map(RoomSort::as_str), "")
        .default(Some(RoomSort::default().as_str().into()));
    let found = json!({
        "data": [example(RESPONSE)],
        "pagination": {"page": 1, "size": 20, "totalCount": 1, "totalPages": 1,
                       "hasNextPage": false, "hasPreviousPage": false},
    });
    keyed(TAG, "searchRooms", "Search rooms", description)
        .query_parameter(
            "query",
            fields::string("").max_length(Some(Part::MAX_CHARS)),
            "Part of the name; case, composition and runs of white space do not count, and no \
             character has a special meaning.",
        )
        .query_parameter(
            "creator_email",
            fields::email(""),
            "Whose default room it is.",
        )
        .query_parameter("user_id", fields::guid(""), "The GUID of the creator.")
        .query_parameter(
            "created_after",
            fields::date_time(""),
            "Made at this moment or later. Without an offset the time is in UTC.",
        )
        .query_parameter(
            "created_before",
            fields::date_time(""),
            "Made before this moment. Without an offset the time is in UTC.",
        )
        .query_parameter("page", fields::page_number(), "Which page.")
        .query_parameter("size", fields::page_size(), "How many rooms a page has.")
        .query_parameter(
            "page_size",
            fields::page_size(),
            "The same as `size`, which wins when both are given.",
        )
        .query_parameter("sort", sort, "The order.")
        .response("200", answer("A page of rooms.", schema("RoomPage"), found))
        .refuses([invalid_field(
            "page",
            "must be a whole number from 1 to 2147483647",
        )])
}

fn show() -> OperationBuilder {
    keyed(TAG, "getRoom", "Get a room", "")
        .path_parameter("room_guid", guid())
        .response("200", room_answer("The room."))
        .refuses([model::Error::RoomNotFound.into()])
}

fn update() -> OperationBuilder {
    let description = "\
Changes what is sent and nothing else; options are merged group by group. A new name changes the \
readable part of the `url`, and links made before go on working.";
    let change = json!({"name": "Reading Circle", "options": {"chat": {"offNewMsgSound": true}}});
    keyed(TAG, "updateRoom", "Change a room", description)
        .path_parameter("room_guid", guid())
        .takes("RoomChange", change)
        .response("200", room_answer("The room as it is now."))
        .refuses([
            invalid_field("name", "must not be empty"),
            not_an_object(),
            model::Error::RoomNotFound.into(),
            model::Error::RoomNamesTaken(vec!["Reading Circle".into()]).into(),
        ])
        .writes()
}

fn delete() -> OperationBuilder {
    let description = "The owner's next get-or-create makes a new room with another GUID.";
    keyed(TAG, "deleteRoom", "Delete a room", description)
        .path_parameter("room_guid", guid())
        .response("204", response("The room is gone."))
        .refuses([model::Error::RoomNotFound.into()])
        .writes()
}

fn request() -> ObjectBuilder {
    let object = with_all(
        fields::object("What is not known is ignored; null means absent."),
        [
            (
                "creator_email",
                fields::email("The address of a registered user."),
            ),
            ("name", room_name("A name belongs to one room.")),
        ],
    );
    let fallback = room_name("Tried when `name` belongs to another room.");
    with_optional(
        object,
        [
            ("fallback_name", fallback.or_null(Type::String)),
            (
                "lang",
                lang()
                    .default(Some(DEFAULT_LANG.into()))
                    .or_null(Type::String),
            ),
            ("options", options::request()),
            ("tags", tags()),
            (
                "allow_recording",
                fields::boolean(true, "").or_null(Type::Boolean),
            ),
            (
                "inaccessible_replay",
                fields::boolean(false, "").or_null(Type::Boolean),
            ),
        ],
    )
}

fn change() -> ObjectBuilder {
    let flag = || ObjectBuilder::new().or_null(Type::Boolean);
    with_optional(
        fields::object(
            "What is not sent stays; so does what is sent as null, but for `tags`, which it removes.",
        ),
        [
            ("name", room_name("The new name.").or_null(Type::String)),
            ("lang", lang().or_null(Type::String)),
            ("options", options::request()),
            ("tags", tags()),
            ("allow_recording", flag()),
            ("inaccessible_replay", flag()),
        ],
    )
}

fn room() -> ObjectBuilder {
    let always = |description: &str| {
        ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .description(Some(description))
    };
    with_all(
        fields::object("A default room."),
        [
            ("room_guid", guid()),
            ("name", fields::string("")),
            ("lang", lang()),
            (
                "url",
                fields::format(
                    "uri",
                    "The room's page; it cannot be guessed from the name.",
                ),
            ),
            (
                "created_date",
                fields::string("In UTC, to the second, without saying so.")
                    .pattern(Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$")),
            ),
            ("tags", fields::string("").or_null(Type::String)),
            (
                "inaccessible_replay",
                always("Whether the replay is closed to participants."),
            ),
            (
                "allow_recording",
                always("Whether sessions may be recorded."),
            ),
            ("creator_email", fields::email("The creator's address.")),
            ("ui_options", options::response()),
        ],
    )
}

fn page() -> ObjectBuilder {
    let number = |description| fields::integer(0, i64::MAX, description);
    let flag = || ObjectBuilder::new().schema_type(Type::Boolean);
    let pagination = with_all(
        fields::object(""),
        [
            ("page", number("The page that was asked for, from 1.")),
            ("size", number("How many rooms a page has.")),
            ("totalCount", number("How many rooms match.")),
            ("totalPages", number("")),
            ("hasNextPage", flag()),
            ("hasPreviousPage", flag()),
        ],
    );
    fields::object("")
        .required("data")
        .property("data", ArrayBuilder::new().items(schema("Room")))
        .required("pagination")
        .property("pagination", pagination)
}

/// The documented request, its options spelled as answers spell them.
fn request_example() -> Value {
    let mut request = example(REQUEST);
    request["options"] = example(RESPONSE)["ui_options"].take();
    request
}

fn room_answer(description: &str) -> utoipa::openapi::ResponseBuilder {
    answer(description, schema("Room"), example(RESPONSE))
}

fn guid() -> ObjectBuilder {
    fields::guid("The GUID of the room, in either case.")
}

fn room_name(description: &str) -> ObjectBuilder {
    fields::line(RoomName::MAX_CHARS, description)
}

fn lang() -> ObjectBuilder {
    fields::language("A language tag (BCP 47), one of those that the server allows.")
}

fn tags() -> ObjectBuilder {
    fields::visible(Tags::MAX_CHARS, "Separated by commas.").or_null(Type::String)
}
