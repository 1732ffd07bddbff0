use super::rejection::check_rejection;
use crate::http::{read_draft, read_room_patch};
use crate::model::{Guid, NewRoom, RoomName, SlugToken, Tags};
use serde::Serialize;
use serde_json::value::RawValue;

/// The body of a get-or-create: an accepted one reads back equal when it is written as responses
/// are, and the response to a rejected one names the fields.
pub fn body(input: &[u8]) {
    let draft = match read_draft(input, &[]) {
        Ok((draft, _)) => draft,
        Err(error) => return check_rejection(&error, input),
    };
    // A change has the same rules for the same fields.
    let (patch, _) = read_room_patch(input, &[]).expect("a draft is a valid change");
    assert_eq!(patch.name.as_ref(), Some(&draft.name));

    let room = NewRoom::new(draft);
    let text = written(&room);
    match read_draft(text.as_bytes(), &[]) {
        Ok((again, _)) => assert_eq!(written(&NewRoom::new(again)), text),
        // With all the defaults the options can be more than a request may send.
        Err(error) => assert_eq!(error.to_string(), "options must have at most 16 KiB"),
    }
    check_slug(room);
}

/// A request for a room.
#[derive(Serialize)]
struct Request<'a> {
    creator_email: &'a str,
    name: &'a str,
    fallback_name: Option<&'a str>,
    lang: &'a str,
    options: &'a RawValue,
    tags: Option<&'a str>,
    allow_recording: bool,
    inaccessible_replay: bool,
}

/// Returns the request for a room with all of its fields.
fn written(room: &NewRoom) -> String {
    let request = Request {
        creator_email: room.creator_email.as_str(),
        name: room.names[0].as_str(),
        fallback_name: room.names.get(1).map(RoomName::as_str),
        lang: room.lang.as_str(),
        options: serde_json::from_str(room.options.as_json()).expect("JSON"),
        tags: room.tags.as_ref().map(Tags::as_str),
        allow_recording: room.allow_recording,
        inaccessible_replay: room.inaccessible_replay,
    };
    serde_json::to_string(&request).expect("texts and booleans are JSON")
}

/// Checks that the slug is safe in a URL, whatever the name.
fn check_slug(mut room: NewRoom) {
    let name = room.names.remove(0);
    let creator_email = room.creator_email.as_str().to_owned();
    let (guid, token) = (Guid::generate(), SlugToken::from_number(9));
    let room = room.into_room(name, creator_email, guid, token, guid.created_at());
    let slug = room.slug();
    let is_safe =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    assert!(slug.bytes().all(is_safe), "{slug}");
    assert!((12..=71).contains(&slug.len()), "{slug}");
    assert_eq!(SlugToken::from_slug(&slug), Some(room.slug_token));
}
