//! The operations on users.

use super::fields::{self, OrNull, with_all, with_optional};
use super::operation::{Operation, answer, invalid_field, keyed, not_an_object, response};
use super::{NamedSchema, Paths, path, schema};
use crate::model::{self, Mobile, Part, PersonName, Role, Username};
use serde_json::{Value, json};
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{HeaderBuilder, HttpMethod, ResponseBuilder};

const TAG: &str = "users";

pub(super) fn paths() -> Paths {
    vec![
        path("/user", [(HttpMethod::Post, create())]),
        path("/user/search", [(HttpMethod::Post, search())]),
        path(
            "/user/{user_guid}",
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
        ("UserRequest", request().into()),
        ("UserChange", change().into()),
        ("UserQuery", query().into()),
        ("User", user().into()),
    ]
}

fn create() -> OperationBuilder {
    let location = HeaderBuilder::new()
        .schema(Some(fields::string("Where the user is found.")))
        .build();
    let created = user_answer("The user, registered now.").header("Location", location);
    let sent = json!({"name": "Ada", "surname": "Lovelace", "email": "ada@example.com", "username": "ada"});
    keyed(TAG, "createUser", "Register a user", "")
        .takes("UserRequest", sent)
        .response("201", created)
        .refuses([
            invalid_field("surname", "is required"),
            not_an_object(),
            model::Error::UsernameTaken.into(),
            model::Error::EmailTaken.into(),
        ])
        .writes()
}

fn search() -> OperationBuilder {
    let description = "\
Finds the users that meet every condition that is given, newest first. Parts are compared without \
regard to case, composition and runs of white space, and no character has a special meaning. A \
page past the end is empty.";
    let total = HeaderBuilder::new()
        .schema(Some(fields::integer(
            0,
            i64::MAX,
            "How many users match, on all pages together.",
        )))
        .build();
    let users = ArrayBuilder::new().items(schema("User"));
    let found = answer("A page of users.", users, json!([example()]));
    keyed(TAG, "searchUsers", "Search users", description)
        .takes("UserQuery", json!({"surname": "love", "page_size": 10}))
        .response("200", found.header("X-Total-Count", total))
        .refuses([
            invalid_field("page_size", "must be a whole number from 1 to 100"),
            not_an_object(),
        ])
}

fn show() -> OperationBuilder {
    keyed(TAG, "getUser", "Get a user", "")
        .path_parameter("user_guid", guid())
        .response("200", user_answer("The user."))
        .refuses([model::Error::UserNotFound.into()])
}

fn update() -> OperationBuilder {
    let description =
        "Changes what is sent and nothing else. A new e-mail address takes the user's room along.";
    keyed(TAG, "updateUser", "Change a user", description)
        .path_parameter("user_guid", guid())
        .takes("UserChange", json!({"role": "e", "expires_at": null}))
        .response("200", user_answer("The user as it is now."))
        .refuses([
            invalid_field(
                "role",
                "must be u (user), e (instructor) or a (administrator)",
            ),
            not_an_object(),
            model::Error::UserNotFound.into(),
            model::Error::UsernameTaken.into(),
            model::Error::EmailTaken.into(),
        ])
        .writes()
}

fn delete() -> OperationBuilder {
    keyed(
        TAG,
        "deleteUser",
        "Delete a user",
        "The user's default room goes with it.",
    )
    .path_parameter("user_guid", guid())
    .response("204", response("The user is gone."))
    .refuses([model::Error::UserNotFound.into()])
    .writes()
}

fn request() -> ObjectBuilder {
    let object = with_all(
        fields::object("What is not known is ignored; null means absent."),
        [
            ("name", name("The given name.")),
            ("surname", name("The family name.")),
            ("email", fields::email("Belongs to one user.")),
            ("username", username()),
        ],
    );
    with_optional(
        object,
        [
            (
                "role",
                role_or_null().default(Some(Role::default().as_str().into())),
            ),
            ("psd", password()),
            (
                "mobile",
                mobile().default(Some("".into())).or_null(Type::String),
            ),
            (
                "login_allowed",
                fields::boolean(true, "").or_null(Type::Boolean),
            ),
            (
                "active",
                fields::boolean(true, ACTIVE).or_null(Type::Boolean),
            ),
            ("lang", fields::language(LANG).or_null(Type::String)),
            ("timezone", time_zone(TIME_ZONE).or_null(Type::String)),
            ("expires_at", expires_at()),
        ],
    )
}

fn change() -> ObjectBuilder {
    let flag = |description: &str| {
        ObjectBuilder::new()
            .description(Some(description))
            .or_null(Type::Boolean)
    };
    with_optional(
        fields::object(
            "What is not sent stays; so does what is sent as null, but for `expires_at`, which it removes.",
        ),
        [
            ("name", name("The given name.").or_null(Type::String)),
            ("surname", name("The family name.").or_null(Type::String)),
            (
                "email",
                fields::email("Belongs to one user.").or_null(Type::String),
            ),
            ("username", username().or_null(Type::String)),
            ("role", role_or_null()),
            ("psd", password()),
            ("mobile", mobile().or_null(Type::String)),
            ("login_allowed", flag("Whether the user may log in.")),
            ("active", flag(ACTIVE)),
            (
                "lang",
                fields::language("A language tag (BCP 47).").or_null(Type::String),
            ),
            (
                "timezone",
                time_zone("An IANA time zone.").or_null(Type::String),
            ),
            ("expires_at", expires_at()),
        ],
    )
}

fn query() -> ObjectBuilder {
    let part = || {
        fields::string("Part of the value.")
            .max_length(Some(Part::MAX_CHARS))
            .or_null(Type::String)
    };
    with_optional(
        fields::object("What is not known is ignored; null means absent."),
        [
            ("name", part()),
            ("surname", part()),
            ("username", part()),
            ("email", part()),
            ("mobile", part()),
            ("role", role_or_null()),
            ("user_id", guid().or_null(Type::String)),
            ("page_number", fields::page_number().or_null(Type::Integer)),
            ("page_size", fields::page_size().or_null(Type::Integer)),
        ],
    )
}

fn user() -> ObjectBuilder {
    let flag = |description: &str| {
        ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .description(Some(description))
    };
    with_all(
        fields::object("A registered user."),
        [
            ("user_guid", guid()),
            (
                "user_id",
                guid().description(Some("The same as `user_guid`.")),
            ),
            ("name", fields::string("The given name.")),
            ("surname", fields::string("The family name.")),
            ("email", fields::email("")),
            ("username", fields::string("")),
            ("role", role()),
            ("mobile", fields::string("")),
            ("login_allowed", flag("Whether the user may log in.")),
            ("active", flag(ACTIVE)),
            (
                "status",
                fields::integer(0, 1, "The same fact as `active`: 1 or 0."),
            ),
            ("lang", fields::language("")),
            ("timezone", time_zone("")),
            ("expires_at", expires_at()),
            ("creation_date", fields::date_time("")),
            (
                "updating_date",
                fields::date_time("null until the first change.").or_null(Type::String),
            ),
        ],
    )
}

const ROLE: &str = "u: user, e: instructor, a: administrator.";
const ACTIVE: &str = "An inactive user gets no new room, and keeps the one that is there.";
const LANG: &str = "A language tag (BCP 47); by default what the server's settings say (tr-TR).";
const TIME_ZONE: &str =
    "An IANA time zone; by default what the server's settings say (Europe/Istanbul).";

fn user_answer(description: &str) -> ResponseBuilder {
    answer(description, schema("User"), example())
}

fn example() -> Value {
    json!({
        "user_guid": "0197A3C2-5F00-7A11-9C3E-1B2D3F4A5B6C", "user_id": "0197A3C2-5F00-7A11-9C3E-1B2D3F4A5B6C",
        "name": "Ada", "surname": "Lovelace", "email": "ada@example.com", "username": "ada",
        "role": "u", "mobile": "", "login_allowed": true, "active": true, "status": 1,
        "lang": "tr-TR", "timezone": "Europe/Istanbul", "expires_at": null,
        "creation_date": "2026-11-23T08:40:00+00:00", "updating_date": null,
    })
}

fn guid() -> ObjectBuilder {
    fields::guid("The GUID of the user, in either case.")
}

fn name(description: &str) -> ObjectBuilder {
    fields::line(PersonName::MAX_CHARS, description)
}

fn username() -> ObjectBuilder {
    fields::line(Username::MAX_CHARS, "Belongs to one user.")
}

fn role() -> ObjectBuilder {
    fields::word(Role::ALL.map(Role::as_str), ROLE)
}

fn role_or_null() -> ObjectBuilder {
    fields::word_or_null(Role::ALL.map(Role::as_str), ROLE)
}

fn mobile() -> ObjectBuilder {
    fields::visible(Mobile::MAX_CHARS, "")
}

fn password() -> ObjectBuilder {
    fields::string("Accepted and dropped: nobody logs in here, so no password is kept.")
        .write_only(true)
        .or_null(Type::String)
}

fn time_zone(description: &str) -> ObjectBuilder {
    fields::format("time-zone", description).examples([json!("Europe/Istanbul")])
}

fn expires_at() -> ObjectBuilder {
    fields::date_time("From this moment on the user gets no new room; null: never.")
        .or_null(Type::String)
}
